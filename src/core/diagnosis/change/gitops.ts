import { refOf, type WireObject } from '../../cluster/object.ts';
import { conditionOf } from '../../cluster/pod.ts';
import { booleanAt, recordsAt, textAt } from '../../cluster/wire.ts';
import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import { oneLine } from '../present-events.ts';
import { fromObject } from '../support.ts';

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
  if (error !== undefined)
    return {
      path: 'status.conditions',
      observed: `${textAt(error, 'type')}: ${oneLine(textAt(error, 'message') ?? '', 200)}`,
      expected: 'an Application without errors',
      since: undefined,
    };
  const phase = textAt(application, 'status', 'operationState', 'phase');
  const sync = textAt(application, 'status', 'sync', 'status');
  if ((phase === 'Failed' || phase === 'Error') && sync !== 'Synced')
    return {
      path: 'status.operationState',
      observed: `${phase}: ${oneLine(textAt(application, 'status', 'operationState', 'message') ?? 'no message', 200)}`,
      expected: 'Succeeded',
      since: undefined,
    };
  return undefined;
}

function fluxFailure(object: WireObject): Failure | undefined {
  if (booleanAt(object, 'spec', 'suspend') === true) return undefined;
  const stalled = conditionOf(object, 'Stalled');
  const ready = conditionOf(object, 'Ready');
  const bad = stalled?.status === 'True' ? stalled : ready?.status === 'False' ? ready : undefined;
  // Waiting for another one, or at work: the other one, or time, decides.
  if (
    bad === undefined ||
    /^(?:DependencyNotReady|Progressing|ProgressingWithRetry|ArtifactUpToDate)$/.test(bad.reason ?? '')
  )
    return undefined;
  return {
    path: `status.conditions[?(@.type=='${bad.type}')]`,
    observed: `${bad.reason ?? bad.type}: ${oneLine(bad.message ?? 'no message', 200)}`,
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
      summary: `${object.kind} ${object.metadata.namespace}/${object.metadata.name} cannot deliver what was declared: ${observed}.`,
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
