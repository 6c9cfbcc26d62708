import { refOf, type WireObject } from '../../cluster/object.ts';
import { conditionOf } from '../../cluster/pod.ts';
import { booleanAt, recordsAt, textAt } from '../../cluster/wire.ts';
import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import { bothEnds } from '../present-events.ts';
import { fromObject } from '../support.ts';

const maxSaid = 400;

type Failure = {
  readonly path: string;
  readonly observed: string;
  readonly expected: string;
  readonly since: number | undefined;
};

/** Deliveries that fail now: Argo CD Applications that cannot be synced, Flux objects that are not ready or stalled. An unhealthy Application is a symptom of its pods, and not told here. */
export function failingDeliveries(context: AnalysisContext): readonly FindingDraft[] {
  const { scope } = context;
  return [
    ...scope.list('Application').flatMap((application) => finding(context, application, argoFailure(application))),
    ...(['Kustomization', 'HelmRelease', 'GitRepository'] as const).flatMap((kind) =>
      scope.list(kind).flatMap((object) => finding(context, object, fluxFailure(object))),
    ),
  ];
}

function argoFailure(application: WireObject): Failure | undefined {
  const error = recordsAt(application, 'status', 'conditions').find(({ record }) =>
    /Error$/.test(textAt(record, 'type') ?? ''),
  )?.record;
  const type = textAt(error, 'type');
  const operation = failedOperation(application);
  // A SyncError only counts attempts; the operation says what the API server answered.
  if (error !== undefined && (type !== 'SyncError' || operation === undefined))
    return {
      path: 'status.conditions',
      observed: `${type}: ${bothEnds(textAt(error, 'message') ?? '', maxSaid)}`,
      expected: 'an Application without errors',
      since: undefined,
    };
  return operation;
}

function failedOperation(application: WireObject): Failure | undefined {
  const phase = textAt(application, 'status', 'operationState', 'phase');
  const sync = textAt(application, 'status', 'sync', 'status');
  if ((phase !== 'Failed' && phase !== 'Error') || sync === 'Synced') return undefined;
  const message = textAt(application, 'status', 'operationState', 'message');
  const refused = recordsAt(application, 'status', 'operationState', 'syncResult', 'resources').find(
    ({ record }) => record.status === 'SyncFailed' && (textAt(record, 'message') ?? '') !== '',
  )?.record;
  const answer = textAt(refused, 'message') ?? '';
  // The sentence about the whole repeats that of the first object, or says less.
  const isMore = refused !== undefined && message?.includes(answer) !== true;
  const said = isMore
    ? `${textAt(refused, 'kind') ?? 'object'} ${textAt(refused, 'name') ?? ''}: ${answer}`
    : (message ?? 'no message');
  return {
    path: isMore ? 'status.operationState.syncResult' : 'status.operationState',
    observed: `${phase}: ${bothEnds(said, maxSaid)}`,
    expected: 'Succeeded',
    since: undefined,
  };
}

// Waiting for another one, or at work: the other one, or time, decides.
const waiting = /^(?:DependencyNotReady|Progressing|ProgressingWithRetry|ArtifactUpToDate)$/;

function fluxFailure(object: WireObject): Failure | undefined {
  if (booleanAt(object, 'spec', 'suspend') === true) return undefined;
  const stalled = conditionOf(object, 'Stalled');
  const ready = conditionOf(object, 'Ready');
  const isStalled = stalled?.status === 'True';
  // Stalled says that it gave up; Ready says over what.
  const says = ready?.status === 'False' && !waiting.test(ready.reason ?? '') && (ready.message ?? '') !== '';
  const bad = isStalled && !says ? stalled : ready?.status === 'False' ? ready : undefined;
  if (bad === undefined || waiting.test(bad.reason ?? '')) return undefined;
  return {
    path: `status.conditions[?(@.type=='${bad.type}')]`,
    observed: `${bad.reason ?? bad.type}: ${bothEnds(bad.message ?? 'no message', maxSaid)}`,
    expected: 'Ready',
    since: bad.since,
  };
}

function finding({ now }: AnalysisContext, object: WireObject, failure: Failure | undefined): readonly FindingDraft[] {
  if (failure === undefined) return [];
  const { path, observed, expected, since } = failure;
  return [
    {
      code: 'gitops-sync-failing',
      object: refOf(object),
      summary: `${object.kind} ${object.metadata.namespace}/${object.metadata.name} cannot deliver what was declared: ${observed.replace(/\.$/, '')}.`,
      cause: { path, observed, expected },
      recommendation: {
        text: 'Mend what the message names in the repository (or the access to it); what runs meanwhile is the last revision that was delivered.',
      },
      support: [fromObject(object, now, observed)],
      grounds: { basis: 'stated', current: true, repeated: since === undefined || now - since > 60_000 },
      pods: [],
      since,
    },
  ];
}
