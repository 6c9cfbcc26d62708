import { type Catalog, emptyCatalog } from '../catalog/catalog.ts';
import type { ClusterView } from '../cluster/cluster-view.ts';
import { type ObjectRef, sayRef } from '../cluster/object.ts';
import { createTopology, refKey, type Topology } from '../cluster/topology.ts';
import { createEvidenceBook, type EvidenceBudget } from '../evidence/evidence-book.ts';
import type { Redactor } from '../evidence/redaction.ts';
import { type AnalysisContext, type FindingDraft, type MemoryReading, podKey, type ScopeView } from './analysis.ts';
import { analyzers } from './analyzers.ts';
import { changesFor, relatedChanges } from './change/related-changes.ts';
import { type Stage, stageOf } from './codes.ts';
import { confidenceOf } from './confidence.ts';
import { type Doubt, doubtsAbout, workloadKey } from './health.ts';
import type { Finding, Investigation } from './investigation.ts';
import { notesFor } from './notes.ts';
import { noObservations, type Observations } from './observations.ts';
import { scopeViewOf } from './scope-view.ts';
import { symptomsIn } from './symptoms.ts';

const maxFindings = 25;
const maxDoubtsTold = 10;

export type Diagnosis = Pick<Investigation, 'status' | 'findings' | 'evidence' | 'missing'>;

export type DiagnosisInput = {
  /** Milliseconds: when the objects were as the view says. */
  readonly now: number;
  /** What reading could not give; more is added where the objects refer to something that is not in the view. */
  readonly missing: Investigation['missing'];
  readonly redactor: Redactor;
  readonly memory?: readonly MemoryReading[];
  readonly observations?: Observations;
  readonly catalog?: Catalog;
  readonly budget?: EvidenceBudget;
};

/**
 * Concludes what is wrong in a scope: findings with the likely cause first, evidence numbered in the order of the findings.
 *
 * Ranking: what nothing else explains stands first, then the better founded (what is further from the object that was asked about counts a little less), then what
 * shows in more pods; equal ones by code and name, so that the order of the objects never shows. `diagnosed` means at least one finding. `healthy` means that every object of the scope is as it should be and nothing was missing;
 * anything else is `inconclusive`, and `missing` says why.
 */
export function diagnose(
  view: ClusterView,
  scope: { readonly namespace?: string | undefined; readonly object?: ObjectRef | undefined },
  input: DiagnosisInput,
): Diagnosis {
  const { now, memory = [], redactor, observations = noObservations, catalog = emptyCatalog } = input;
  const topology = createTopology(view, observations.calls);
  const scopeView = scopeViewOf(view, topology, scope);
  if (scopeView === undefined) {
    const what = scope.object === undefined ? 'it' : sayRef(scope.object);
    const missing = [...input.missing, { source: 'scope', why: `${what} is not among the objects that could be read` }];
    return { status: 'inconclusive', findings: [], evidence: [], missing };
  }
  const broken: Missing[] = [];
  const context: AnalysisContext = { view, topology, scope: scopeView, now, memory, observations };
  const drafts = analyzeAll(context, broken);
  const explains = explanationsOf(drafts, topology);
  const ranked = rank(drafts, scopeView, explains).slice(0, maxFindings);
  const book = createEvidenceBook({ redactor, ...(input.budget === undefined ? {} : { budget: input.budget }) });
  const changes = changesFor(context, drafts);
  const ids = new Map(ranked.map(({ draft }, index) => [draft, `F${index + 1}`]));
  const findings = ranked.map(({ draft, score, confidence }): Finding => {
    const [first, ...more] = draft.support;
    const led = relatedChanges(context, draft, changes).map((change) => change.evidence);
    const evidence = [book.add(first, true), ...[...more, ...led].map((item) => book.add(item, false))].filter(
      (id) => id !== undefined,
    );
    return {
      id: ids.get(draft) ?? '',
      code: draft.code,
      object: draft.object,
      confidence,
      score,
      summary: redactor.redactText(draft.summary),
      cause: {
        path: draft.cause.path,
        observed: redactor.redactText(draft.cause.observed),
        expected: redactor.redactText(draft.cause.expected),
      },
      ...(draft.recommendation === undefined
        ? {}
        : { recommendation: { ...draft.recommendation, text: redactor.redactText(draft.recommendation.text) } }),
      evidence: [...new Set(evidence)],
      explains: drafts.filter((other) => explains(draft, other)).flatMap((other) => ids.get(other) ?? []),
      ...(draft.since === undefined ? {} : { since: new Date(draft.since).toISOString() }),
    };
  });
  const doubts = unexplained(view, [...doubtsAbout(view, scopeView, now), ...symptomsIn(context)], drafts);
  const missing = merge([...input.missing, ...broken], doubts, redactor);
  const status = findings.length > 0 ? 'diagnosed' : missing.length === 0 ? 'healthy' : 'inconclusive';
  const objects = [...(scope.object === undefined ? [] : [scope.object]), ...findings.map(({ object }) => object)];
  for (const note of notesFor(context, { objects, isWell: findings.length === 0, catalog })) book.add(note, false);
  return { status, findings, evidence: [...book.items()], missing };
}

type Missing = Investigation['missing'][number];

/** One family that fails over an object nobody thought of must not cost the answers of the others. */
function analyzeAll(context: AnalysisContext, broken: Missing[]): readonly FindingDraft[] {
  const drafts: FindingDraft[] = [];
  for (const { family, analyze } of analyzers) {
    try {
      const before = drafts.slice();
      for (const draft of analyze(context, before)) addDraft(drafts, draft, before);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      broken.push({ source: `rules of ${family}`, why: `they failed and concluded nothing (${why.slice(0, 200)})` });
    }
  }
  return drafts;
}

/** What two families find of one place is one finding: the better founded stands, with the support of both. Those of one family are several on purpose. */
function addDraft(drafts: FindingDraft[], draft: FindingDraft, before: readonly FindingDraft[]): void {
  const known = before.find(
    ({ code, object, cause }) =>
      code === draft.code && cause.path === draft.cause.path && refKey(object) === refKey(draft.object),
  );
  const index = known === undefined ? -1 : drafts.indexOf(known);
  if (known === undefined || index === -1) drafts.push(draft);
  else drafts[index] = mergeDrafts(known, draft);
}

function mergeDrafts(one: FindingDraft, two: FindingDraft): FindingDraft {
  const score = ({ grounds, support }: FindingDraft) =>
    confidenceOf(
      grounds,
      support.map(({ kind }) => kind),
    ).score;
  const [best, other] = score(two) > score(one) ? [two, one] : [one, two];
  const recommendation = best.recommendation ?? other.recommendation;
  const begun = [best.since, other.since].filter((time) => time !== undefined);
  const explains =
    best.explains === undefined || other.explains === undefined
      ? undefined
      : [...new Set([...best.explains, ...other.explains])];
  const { explains: _explains, recommendation: _recommendation, ...rest } = best;
  return {
    ...rest,
    ...(recommendation === undefined ? {} : { recommendation }),
    ...(explains === undefined ? {} : { explains }),
    support: [...best.support, ...other.support],
    pods: [...new Set([...best.pods, ...other.pods])],
    affects: [...(best.affects ?? []), ...(other.affects ?? [])],
    explainedBy: [...(best.explainedBy ?? []), ...(other.explainedBy ?? [])],
    since: begun.length === 0 ? undefined : Math.min(...begun),
  };
}

type Ranked = { readonly draft: FindingDraft } & ReturnType<typeof confidenceOf>;

const distancePoints = 0.02;
const furthest = 6;

function rank(
  drafts: readonly FindingDraft[],
  scope: ScopeView,
  explains: (cause: FindingDraft, other: FindingDraft) => boolean,
): readonly Ranked[] {
  const explained = new Set(drafts.filter((draft) => drafts.some((other) => explains(other, draft))));
  const nearness = ({ draft: { object }, score }: Ranked): number =>
    score - distancePoints * Math.min(furthest, scope.distance(object) ?? furthest);
  return drafts
    .map(
      (draft): Ranked => ({
        draft,
        ...confidenceOf(
          draft.grounds,
          draft.support.map(({ kind }) => kind),
        ),
      }),
    )
    .toSorted(
      (a, b) =>
        Number(explained.has(a.draft)) - Number(explained.has(b.draft)) ||
        nearness(b) - nearness(a) ||
        b.draft.pods.length - a.draft.pods.length ||
        orderKey(a.draft).localeCompare(orderKey(b.draft), 'en'),
    );
}

function orderKey({ code, object, cause }: FindingDraft): string {
  return `${code} ${sayRef(object)} ${cause.path} ${cause.observed}`;
}

const stages: readonly Stage[] = ['platform', 'declared', 'running', 'serving'];

/** Which findings explain which, over all pairs. */
function explanationsOf(
  drafts: readonly FindingDraft[],
  topology: Topology,
): (cause: FindingDraft, other: FindingDraft) => boolean {
  const reach = new Map(drafts.map((draft) => [draft, reachOf(draft, topology)]));
  const reaches = (cause: FindingDraft, other: FindingDraft): boolean => {
    const keys = reach.get(cause);
    return keys !== undefined && (keys.has(refKey(other.object)) || other.pods.some((pod) => keys.has(`Pod/${pod}`)));
  };
  return (cause, other) => {
    if (isNamedAsCause(cause, other)) return true;
    if (cause === other || !reaches(cause, other)) return false;
    const byStage = stagesAllow(cause, other);
    if (cause.explains === undefined) return byStage;
    if (!cause.explains.includes(other.code)) return false;
    // What a rule names it explains, whatever the stage; but not where the other one plainly explains it.
    const isTurned =
      stagesAllow(other, cause) && reaches(other, cause) && (other.explains?.includes(cause.code) ?? true);
    return byStage || !isTurned;
  };
}

/** Whether a finding names what another one is about as its own cause. What only callers see of it, and mere changes, tell nothing of why. */
function isNamedAsCause(cause: FindingDraft, other: FindingDraft): boolean {
  const { explainedBy = [] } = other;
  if (cause === other || explainedBy.length === 0 || stageOf(cause.code) === 'serving' || cause.explains?.length === 0)
    return false;
  return explainedBy.some(
    ({ object, path }) =>
      (refKey(object) === refKey(cause.object) ||
        (object.kind === 'Pod' &&
          path === undefined &&
          cause.pods.includes(`${object.namespace ?? ''}/${object.name}`))) &&
      // Two callers tell of one that is down: neither is why.
      (path === undefined
        ? cause.code !== other.code || refKey(cause.object) !== refKey(other.object)
        : cause.cause.path.startsWith(path)),
  );
}

/** Where a fault shows: its object, its pods, what it says it affects, and the pods of the workloads among that. */
function reachOf({ object, pods, affects = [] }: FindingDraft, topology: Topology): ReadonlySet<string> {
  const running = affects.flatMap((ref) => topology.needs(ref).filter(({ by }) => by === 'runs'));
  return new Set([
    ...[object, ...affects, ...running.map(({ to }) => to)].map(refKey),
    ...pods.map((pod) => `Pod/${pod}`),
  ]);
}

function stagesAllow(cause: FindingDraft, other: FindingDraft): boolean {
  const [stage, later] = [stageOf(cause.code), stageOf(other.code)];
  // A sick node does not write a wrong image: a platform fault explains only what runs and serves.
  if (stage === 'platform' && later === 'declared') return false;
  return stages.indexOf(stage) < stages.indexOf(later);
}

/** What some finding speaks of is explained by it. */
function unexplained(view: ClusterView, doubts: readonly Doubt[], drafts: readonly FindingDraft[]): readonly Doubt[] {
  const spokenOf = new Set(
    drafts.flatMap(({ pods, object, affects = [] }) => [...pods, workloadKey(object), ...affects.map(workloadKey)]),
  );
  const pods = new Map(view.list('Pod').map((pod) => [podKey(pod), pod]));
  for (const key of drafts.flatMap((draft) => draft.pods)) {
    const pod = pods.get(key);
    if (pod !== undefined) for (const { ref } of view.ownersOf(pod)) spokenOf.add(workloadKey(ref));
  }
  // An answer about a claim, a certificate or a CronJob needs no pods.
  return doubts.filter(
    ({ is, source, keys }) =>
      !keys.some((key) => spokenOf.has(key)) && !(is === 'gap' && source === 'scope' && drafts.length > 0),
  );
}

function merge(
  missing: Investigation['missing'],
  doubts: readonly Doubt[],
  redactor: Redactor,
): Investigation['missing'] {
  const told = doubts.slice(0, maxDoubtsTold).map(({ is, source, why }) => ({
    source,
    why: is === 'trouble' ? `${why}, and no rule explains it` : why,
  }));
  const more = doubts.length - told.length;
  const rest =
    more > 0 ? [{ source: 'scope', why: `${more} more objects are not as they should be or could not be read` }] : [];
  const all = [...missing, ...told, ...rest].map(({ source, why }) => ({ source, why: redactor.redactText(why) }));
  return all.filter(
    (item, index) => all.findIndex(({ source, why }) => source === item.source && why === item.why) === index,
  );
}
