import { classOf, isWrite, type WriteAction } from '../core/action/action.ts';
import type { PreparedChange } from '../core/action/change.ts';
import { prepareChange, prepareRollback } from '../core/action/prepare-change.ts';
import { typeOfKind } from '../core/cluster/kinds.ts';
import type { WireObject } from '../core/cluster/object.ts';
import { digestOf } from '../core/digest.ts';
import type { ActionCheck } from '../core/incident/events.ts';
import type { IncidentState, Run, RunAction } from '../core/incident/state.ts';
import type { PolicyInput } from '../core/policy/policy-input.ts';
import { timeFacts } from '../core/policy/time-facts.ts';
import { joinVerdicts, type Verdict } from '../core/policy/verdict.ts';
import { fail, ok, type Problem, type Result } from '../core/result.ts';
import { sayCondition } from '../core/runbook/plan.ts';
import type { ActionChecker, CheckProblem } from '../ports/action-checker.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterReader, ReadProblem } from '../ports/cluster-reader.ts';
import type { ClusterWriter } from '../ports/cluster-writer.ts';
import type { ConditionMeter } from '../ports/condition-meter.ts';
import type { PolicyEngine } from '../ports/policy-engine.ts';

type Dependencies = {
  readonly reader: ClusterReader;
  readonly writer: ClusterWriter;
  readonly policy: PolicyEngine;
  readonly clock: Clock;
  readonly meter: ConditionMeter;
  /** Applied to every text about the object that is journalled. */
  readonly redact: (text: string) => string;
};

type Question = Parameters<ActionChecker['check']>[0];
type Live = {
  readonly target: WireObject;
  readonly replicaSets: readonly WireObject[];
};

const deployments = typeOfKind('Deployment');
const replicaSets = typeOfKind('ReplicaSet');
const namespaces = typeOfKind('Namespace');

/** Labels and annotations by which GitOps tools mark what they own; a live change there would be undone, or would drift. */
const owners: readonly (readonly [key: string, owner: string])[] = [
  ['argocd.argoproj.io/instance', 'Argo CD'],
  ['argocd.argoproj.io/tracking-id', 'Argo CD'],
  ['kustomize.toolkit.fluxcd.io/name', 'Flux'],
  ['helm.toolkit.fluxcd.io/name', 'Flux'],
];

export function createActionChecker({ reader, writer, policy, clock, meter, redact }: Dependencies): ActionChecker {
  async function readLive(action: WriteAction, signal: AbortSignal): Promise<Result<Live, CheckProblem>> {
    const { namespace, name } = action.target;
    const [target, owned] = await Promise.all([
      reader.get(deployments, namespace, name, signal),
      reader.list(replicaSets, { namespace, signal }),
    ]);
    if (!target.ok) return fail(unread(target.error));
    if (!owned.ok) return fail(unread(owned.error));
    return ok({ target: target.value, replicaSets: owned.value });
  }

  /** What the runbook asks for before this one action, measured each time it is looked at. What could not be measured does not hold. A rollback is not held to it. */
  async function whyUnmet({ run, action: { planned }, role }: Question, signal: AbortSignal) {
    if (role === 'rollback') return undefined;
    const { action, preconditions } = planned;
    const about = { inputs: run.plan.inputs, ...(isWrite(action) ? { target: action.target } : {}) };
    for (const condition of preconditions) {
      const { outcome, measured } = await meter(condition, about, signal);
      if (outcome === 'succeeded') continue;
      const how = outcome === 'failed' ? 'does not hold' : 'is unknown, which is not the same as holding';
      const sentence = `Its precondition ${how}: ${sayCondition(condition)} (${measured}). Nothing was changed by this action.`;
      // What could not be measured may be measurable in a moment: the cluster was away.
      return fail({ code: 'action.precondition-unmet', sentence, retry: outcome !== 'failed' });
    }
    return undefined;
  }

  async function checkWrite(
    question: Question,
    action: WriteAction,
    signal: AbortSignal,
  ): ReturnType<ActionChecker['check']> {
    const live = await readLive(action, signal);
    if (!live.ok) return live;
    const prepared = prepare(question, action, live.value);
    if (!prepared.ok) return fail({ ...prepared.error, retry: false });
    const change = prepared.value;
    const [rehearsed, namespace] = await Promise.all([
      writer.rehearse(change.request, signal),
      reader.get(namespaces, undefined, action.target.namespace, signal),
    ]);
    if (!rehearsed.ok) {
      const retry = rehearsed.error.code !== 'write.rejected';
      return fail({
        code: rehearsed.error.code,
        sentence: `The dry run was refused: ${rehearsed.error.sentence}`,
        retry,
      });
    }
    const facts = {
      ...question,
      prepared: change,
      target: live.value.target,
      namespaceLabels: namespace.ok ? (namespace.value.metadata.labels ?? {}) : null,
    };
    const verdicts = [policy.decide(inputOf(facts, question.role))];
    if (question.role === 'action' && change.rollback.possible)
      verdicts.push(policy.decide(inputOf(facts, 'rollback')));
    return ok({ prepared: change, check: checkOf(question, change, joinVerdicts(verdicts)) });
  }

  function prepare({ role, action: at }: Question, action: WriteAction, live: Live): Result<PreparedChange, Problem> {
    if (role === 'action') return prepareChange(action, live);
    const captured = 'check' in at.state ? at.state.check.captured : null;
    if (captured === null)
      return fail({
        code: 'change.nothing-captured',
        sentence: 'Nothing was captured before the change, so it cannot be undone by itself.',
      });
    return prepareRollback(action, captured, live);
  }

  function checkOf({ action: { planned } }: Question, change: PreparedChange, verdict: Verdict): ActionCheck {
    const { request, captured, blastRadius } = change;
    const rollback =
      planned.rollback === 'none'
        ? { possible: false as const, why: 'The runbook says that this action is not rolled back.' }
        : change.rollback;
    return {
      cluster: reader.cluster,
      target: {
        apiVersion: request.apiVersion,
        kind: request.kind,
        namespace: request.namespace,
        name: request.name,
        uid: request.uid,
      },
      requestDigest: digestOf(request),
      guard: change.guard.map((field) => ({ ...field, summary: redact(field.summary) })),
      change: change.change.map(redact),
      blastRadius,
      captured,
      rollback,
      rehearsed: true,
      verdict,
      policyDigest: policy.digest,
    };
  }

  function checkRead(question: Question): ActionCheck {
    const facts = { ...question, prepared: null, target: null, namespaceLabels: null };
    return {
      cluster: reader.cluster,
      target: null,
      requestDigest: null,
      guard: [],
      change: [],
      blastRadius: { objects: 0, pods: 0, summary: 'reads only' },
      captured: null,
      rollback: { possible: false, why: 'A read changes nothing.' },
      rehearsed: false,
      verdict: policy.decide(inputOf(facts, question.role)),
      policyDigest: policy.digest,
    };
  }

  function inputOf(facts: Facts, role: 'action' | 'rollback'): PolicyInput {
    const { state, run, action, phase, prepared, target, namespaceLabels } = facts;
    const { planned } = action;
    const { kind, ...rest } = planned.action;
    const labels = target?.metadata.labels ?? {};
    const waiting =
      'approval' in action.state && action.state.approval !== null ? state.approvals[action.state.approval] : undefined;
    return {
      schema: 'sre-copilot/policy-input/v1',
      phase,
      run: { id: run.id, autonomy: state.route.autonomy, requester: run.requester?.id ?? null },
      runbook: { name: run.plan.runbook.name, digest: run.plan.runbook.digest, approvals: approvalsOf(state, run) },
      action: {
        kind,
        class: classOf(planned.action),
        role,
        reversible: planned.rollback === 'captured' && (prepared?.rollback.possible ?? false),
        arguments: rest,
      },
      target:
        target === null
          ? null
          : {
              cluster: reader.cluster,
              apiVersion: target.apiVersion,
              kind: target.kind,
              namespace: target.metadata.namespace ?? null,
              name: target.metadata.name,
              uid: target.metadata.uid ?? '',
              labels,
              namespaceLabels,
              managedBy: ownerOf(target),
            },
      blastRadius: { objects: prepared?.blastRadius.objects ?? 0, pods: prepared?.blastRadius.pods ?? 0 },
      incident: { reference: state.reference, severity: state.opened.severity, source: state.opened.source },
      evidence: { confidence: run.plan.confidence, score: run.plan.score, tainted: run.plan.tainted },
      environment: { cluster: reader.cluster },
      time: timeFacts(clock.now()),
      budgets: { writesThisIncident: writesSoFar(state, run, action) },
      approvals: (waiting?.given ?? []).map(({ by, groups }) => ({ by: by.id, groups: [...groups] })),
    };
  }

  return {
    async check(question, signal) {
      const { action } = question.action.planned;
      const unmet = await whyUnmet(question, signal);
      if (unmet !== undefined) return unmet;
      if (isWrite(action)) return checkWrite(question, action, signal);
      return ok({ prepared: null, check: checkRead(question) });
    },
  };
}

type Facts = Question & {
  readonly prepared: PreparedChange | null;
  readonly target: WireObject | null;
  readonly namespaceLabels: Readonly<Record<string, string>> | null;
};

/** Who must agree besides what policy asks: the runbook's groups and the route's. Both can only ask for more. */
function approvalsOf({ route }: IncidentState, { plan }: Run): PolicyInput['runbook']['approvals'] {
  const named = new Set(plan.approvals.map(({ group }) => group));
  return [
    ...plan.approvals,
    ...route.approvers.filter((group) => !named.has(group)).map((group) => ({ group, count: 1 })),
  ];
}

function ownerOf({ metadata }: WireObject): string | null {
  const marks = { ...metadata.labels, ...metadata.annotations };
  return owners.find(([key]) => key in marks)?.[1] ?? null;
}

/** Changes already sent for this incident, this action left out: what a budget counts. */
function writesSoFar(state: IncidentState, run: Run, action: RunAction): number {
  return state.runs
    .flatMap((it) => it.actions.filter((one) => it.id !== run.id || one.planned.id !== action.planned.id))
    .filter(
      ({ state: it }) =>
        ('wrote' in it && it.wrote) || it.step === 'intended' || it.step === 'executed' || it.step.startsWith('undo'),
    ).length;
}

function unread(problem: ReadProblem): CheckProblem {
  const retry =
    problem.code !== 'cluster.not-found' &&
    problem.code !== 'cluster.forbidden' &&
    problem.code !== 'cluster.unauthorized';
  return { ...problem, retry };
}
