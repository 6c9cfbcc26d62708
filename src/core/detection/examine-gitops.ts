import type { WireObject } from '../cluster/object.ts';
import { conditionOf, isTerminating } from '../cluster/pod.ts';
import { booleanAt, numberAt, recordsAt, textAt, timeAt } from '../cluster/wire.ts';
import { type Sighting, sightingOf } from './sighting.ts';

/** Reasons of Flux for "not ready" that name no fault here: it is at work, or waits for another object that is reported itself. */
const waitingReasons: ReadonlySet<string> = new Set(['Progressing', 'ProgressingWithRetry', 'DependencyNotReady']);

/**
 * A Kustomization, HelmRelease or source of Flux that stalled or is not ready (conditions of kstatus). What is suspended is somebody's decision; conditions of an older generation
 * say nothing of what was asked last.
 */
export function examineFlux(object: WireObject): Sighting | undefined {
  if (isTerminating(object) || booleanAt(object, 'spec', 'suspend') === true) return undefined;
  const observed = numberAt(object, 'status', 'observedGeneration');
  const { generation } = object.metadata;
  if (observed !== undefined && generation !== undefined && observed < generation) return undefined;
  const stalled = conditionOf(object, 'Stalled');
  if (stalled?.status === 'True') {
    return sightingOf(object, {
      rule: 'flux-stalled',
      severity: 'warning',
      summary: `Flux has given up: ${stalled.reason ?? 'Stalled'}: ${stalled.message ?? 'no reason given'}`,
      since: stalled.since,
    });
  }
  const ready = conditionOf(object, 'Ready');
  if (ready?.status !== 'False' || waitingReasons.has(ready.reason ?? '')) return undefined;
  return sightingOf(object, {
    rule: 'flux-not-ready',
    severity: 'warning',
    summary: `Flux cannot bring it up to date: ${ready.reason ?? 'not ready'}: ${ready.message ?? 'no reason given'}`,
    since: ready.since,
  });
}

const failedPhases: ReadonlySet<string> = new Set(['Failed', 'Error']);

/**
 * An Application of Argo CD (argoproj.io/v1alpha1) that cannot be compared, whose last sync failed while it is out of sync, or whose objects are degraded. Out of sync alone is
 * how every change begins where syncing is manual, and no fault.
 */
export function examineArgoApplication(application: WireObject): Sighting | undefined {
  if (isTerminating(application)) return undefined;
  const broken = recordsAt(application, 'status', 'conditions').find(({ record }) =>
    /Error$/.test(textAt(record, 'type') ?? ''),
  )?.record;
  if (broken !== undefined) {
    return sightingOf(application, {
      rule: 'argocd-error',
      severity: 'warning',
      summary: `Argo CD says ${textAt(broken, 'type')}: ${textAt(broken, 'message') ?? 'no reason given'}`,
      since: timeAt(broken, 'lastTransitionTime'),
    });
  }
  const operation = textAt(application, 'status', 'operationState', 'phase') ?? '';
  const sync = textAt(application, 'status', 'sync', 'status');
  if (failedPhases.has(operation) && sync === 'OutOfSync') {
    const message = textAt(application, 'status', 'operationState', 'message') ?? 'no reason given';
    return sightingOf(application, {
      rule: 'argocd-sync-failed',
      severity: 'warning',
      summary: `The last sync ended as ${operation}, and it is out of sync: ${message}`,
      since: timeAt(application, 'status', 'operationState', 'finishedAt'),
    });
  }
  if (textAt(application, 'status', 'health', 'status') !== 'Degraded') return undefined;
  const message = textAt(application, 'status', 'health', 'message');
  return sightingOf(application, {
    rule: 'argocd-degraded',
    severity: 'warning',
    summary: `Argo CD finds it degraded${message === undefined ? '.' : `: ${message}`}`,
    since: timeAt(application, 'status', 'health', 'lastTransitionTime'),
  });
}
