import type { ClusterView } from '../cluster/cluster-view.ts';
import { type ObjectRef, sayRef } from '../cluster/object.ts';
import { createEvidenceBook, type EvidenceBudget } from '../evidence/evidence-book.ts';
import type { Redactor } from '../evidence/redaction.ts';
import { type Analyzer, type FindingDraft, type MemoryReading, podKey } from './analysis.ts';
import { analyzeCrashLoop } from './analyzers/crash-loop.ts';
import { analyzeImagePull } from './analyzers/image-pull.ts';
import { analyzeOomKilled } from './analyzers/oom-killed.ts';
import { analyzeRolloutStuck } from './analyzers/rollout-stuck.ts';
import { confidenceOf } from './confidence.ts';
import { type Doubt, doubtsAbout, workloadKey } from './health.ts';
import type { Finding, Investigation } from './investigation.ts';
import { scopeViewOf } from './scope-view.ts';

const analyzers: readonly Analyzer[] = [analyzeImagePull, analyzeOomKilled, analyzeCrashLoop, analyzeRolloutStuck];

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
  readonly budget?: EvidenceBudget;
};

/**
 * Concludes what is wrong in a scope: findings with the likely cause first, evidence numbered in the order of the findings.
 *
 * Ranking: what nothing else explains stands first, then the better founded, then what shows in more pods; equal ones by code and name, so that the order of
 * the objects never shows. `diagnosed` means at least one finding. `healthy` means that every object of the scope is as it should be and nothing was missing;
 * anything else is `inconclusive`, and `missing` says why.
 */
export function diagnose(
  view: ClusterView,
  scope: { readonly namespace?: string | undefined; readonly object?: ObjectRef | undefined },
  input: DiagnosisInput,
): Diagnosis {
  const { now, memory = [], redactor } = input;
  const scopeView = scopeViewOf(view, scope);
  if (scopeView === undefined) {
    const what = scope.object === undefined ? 'it' : sayRef(scope.object);
    const missing = [...input.missing, { source: 'scope', why: `${what} is not among the objects that could be read` }];
    return { status: 'inconclusive', findings: [], evidence: [], missing };
  }
  const drafts = analyzers.flatMap((analyze) => analyze({ view, scope: scopeView, now, memory }));
  const ranked = rank(drafts).slice(0, maxFindings);
  const book = createEvidenceBook({ redactor, ...(input.budget === undefined ? {} : { budget: input.budget }) });
  const ids = new Map(ranked.map(({ draft }, index) => [draft, `F${index + 1}`]));
  const findings = ranked.map(({ draft, score, confidence }): Finding => {
    const [first, ...more] = draft.support;
    const evidence = [book.add(first, true), ...more.map((item) => book.add(item, false))].filter(
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
  const doubts = unexplained(view, doubtsAbout(view, scopeView), drafts);
  const missing = merge(input.missing, doubts, redactor);
  const status = findings.length > 0 ? 'diagnosed' : missing.length === 0 ? 'healthy' : 'inconclusive';
  return { status, findings, evidence: [...book.items()], missing };
}

type Ranked = { readonly draft: FindingDraft } & ReturnType<typeof confidenceOf>;

function rank(drafts: readonly FindingDraft[]): readonly Ranked[] {
  const explained = new Set(drafts.filter((draft) => drafts.some((other) => explains(other, draft))));
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
        b.score - a.score ||
        b.draft.pods.length - a.draft.pods.length ||
        orderKey(a.draft).localeCompare(orderKey(b.draft), 'en'),
    );
}

function orderKey({ code, object, cause }: FindingDraft): string {
  return `${code} ${sayRef(object)} ${cause.path} ${cause.observed}`;
}

function explains(cause: FindingDraft, symptom: FindingDraft): boolean {
  return cause.role === 'cause' && symptom.role === 'symptom' && cause.pods.some((pod) => symptom.pods.includes(pod));
}

/** Trouble that some finding speaks of is explained by it; gaps stay. */
function unexplained(view: ClusterView, doubts: readonly Doubt[], drafts: readonly FindingDraft[]): readonly Doubt[] {
  const spokenOf = new Set(drafts.flatMap(({ pods, object }) => [...pods, workloadKey(object)]));
  const pods = new Map(view.list('Pod').map((pod) => [podKey(pod), pod]));
  for (const key of drafts.flatMap((draft) => draft.pods)) {
    const pod = pods.get(key);
    if (pod !== undefined) for (const { ref } of view.ownersOf(pod)) spokenOf.add(workloadKey(ref));
  }
  return doubts.filter(({ is, keys }) => is === 'gap' || !keys.some((key) => spokenOf.has(key)));
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
