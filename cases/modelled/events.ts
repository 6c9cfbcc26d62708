import { containersIn, type PodEvent, type PodModel } from './pod-model.ts';
import type { Random } from './random.ts';
import { isoMicros, isoSeconds, type Wire } from './wire.ts';

export type EventPlan = {
  readonly object: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace?: string;
    readonly name: string;
    readonly uid: string;
  };
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly component: string;
  readonly host?: string;
  readonly count?: number;
  readonly fromMinutesAgo?: number;
  readonly toMinutesAgo?: number;
  readonly fieldPath?: string;
};

type Writing = { readonly random: Random; readonly nowMs: number; resourceVersion(): string };

/** An Event as its component writes it: counts and first and last time, or the newer form of the scheduler. */
export function writeEvent(plan: EventPlan, { random, nowMs, resourceVersion }: Writing): Wire {
  const last = nowMs - (plan.toMinutesAgo ?? 1) * 60_000;
  const first = nowMs - Math.max(plan.fromMinutesAgo ?? plan.toMinutesAgo ?? 1, plan.toMinutesAgo ?? 1) * 60_000;
  const isNewer = plan.component === 'default-scheduler' || plan.component === 'kube-proxy';
  // Events of cluster-wide objects lie in `default`.
  const namespace = plan.object.namespace ?? 'default';
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${plan.object.name}.${random.hex(16)}`,
      namespace,
      uid: random.uid(),
      resourceVersion: resourceVersion(),
      creationTimestamp: isoSeconds(first),
    },
    involvedObject: {
      apiVersion: plan.object.apiVersion,
      kind: plan.object.kind,
      ...(plan.object.namespace === undefined ? {} : { namespace: plan.object.namespace }),
      name: plan.object.name,
      uid: plan.object.uid,
      ...(plan.fieldPath === undefined ? {} : { fieldPath: plan.fieldPath }),
    },
    type: plan.type,
    reason: plan.reason,
    message: plan.message,
    ...(isNewer
      ? {
          source: {},
          firstTimestamp: null,
          lastTimestamp: null,
          eventTime: isoMicros(first),
          action: plan.reason === 'Scheduled' ? 'Binding' : 'Scheduling',
          reportingComponent: plan.component,
          reportingInstance: `${plan.component}-${plan.host ?? 'control-plane'}`,
          ...((plan.count ?? 1) > 1 ? { series: { count: plan.count, lastObservedTime: isoMicros(last) } } : {}),
        }
      : {
          source: { component: plan.component, ...(plan.host === undefined ? {} : { host: plan.host }) },
          firstTimestamp: isoSeconds(first),
          lastTimestamp: isoSeconds(last),
          count: plan.count ?? 1,
          eventTime: null,
          reportingComponent: plan.component,
          reportingInstance: plan.host ?? '',
        }),
  };
}

/** All events of a pod that the API server still keeps (an hour): those of the case, and those that its state brings with it. */
export function eventsOfPod(pod: PodModel): EventPlan[] {
  const object = { apiVersion: 'v1', kind: 'Pod', namespace: pod.namespace, name: pod.name, uid: pod.uid };
  const host = pod.node === undefined ? {} : { host: pod.node };
  const said = [...pod.events, ...implied(pod)];
  return said.map(({ container, component = 'kubelet', ...event }) => ({
    object,
    component,
    ...(component === 'kubelet' ? host : {}),
    ...event,
    ...(container === undefined
      ? {}
      : {
          fieldPath: `spec.${containersIn(pod.spec, 'initContainers').some(({ name }) => name === container) ? 'initContainers' : 'containers'}{${container}}`,
        }),
  }));
}

function implied(pod: PodModel): PodEvent[] {
  const events: PodEvent[] = [];
  const created = pod.createdMinutesAgo;
  const isYoung = created < 60;
  if (isYoung && pod.node !== undefined && pod.owner?.kind !== 'Node')
    events.push({
      type: 'Normal',
      reason: 'Scheduled',
      message: `Successfully assigned ${pod.namespace}/${pod.name} to ${pod.node}`,
      component: 'default-scheduler',
      toMinutesAgo: created,
    });
  for (const list of ['initContainers', 'containers'] as const) {
    for (const { name, image } of containersIn(pod.spec, list)) {
      const state = pod.states.get(name);
      const restarts = state?.restarts ?? 0;
      const at = { container: name };
      if (state?.is === 'waiting' && (state.reason === 'ImagePullBackOff' || state.reason === 'ErrImagePull')) {
        const count = Math.max(2, Math.round(created / 5));
        const error = state.message?.replace(/^Back-off pulling image "[^"]*": ErrImagePull: /, '') ?? 'not said';
        events.push(
          {
            ...at,
            type: 'Normal',
            reason: 'Pulling',
            message: `Pulling image "${image}"`,
            count,
            fromMinutesAgo: Math.min(59, created),
            toMinutesAgo: 2,
          },
          {
            ...at,
            type: 'Warning',
            reason: 'Failed',
            message: `Failed to pull image "${image}": ${error}`,
            count,
            fromMinutesAgo: Math.min(59, created),
            toMinutesAgo: 2,
          },
          {
            ...at,
            type: 'Warning',
            reason: 'Failed',
            message: 'Error: ErrImagePull',
            count,
            fromMinutesAgo: Math.min(59, created),
            toMinutesAgo: 2,
          },
          {
            ...at,
            type: 'Normal',
            reason: 'BackOff',
            message: `Back-off pulling image "${image}"`,
            count: count * 6,
            fromMinutesAgo: Math.min(59, created),
            toMinutesAgo: 0.3,
          },
          {
            ...at,
            type: 'Warning',
            reason: 'Failed',
            message: 'Error: ImagePullBackOff',
            count: count * 6,
            fromMinutesAgo: Math.min(59, created),
            toMinutesAgo: 0.3,
          },
        );
        continue;
      }
      const hasStarted = state === undefined || state.is !== 'waiting' || state.last !== undefined;
      if (restarts > 0 || (isYoung && hasStarted)) {
        const when = {
          count: restarts + 1,
          fromMinutesAgo: Math.min(59, created),
          toMinutesAgo: restarts > 0 ? (state?.is === 'running' ? (state.sinceMinutesAgo ?? 3) : 4) : created - 0.1,
        };
        if (when.toMinutesAgo < 60)
          events.push(
            {
              ...at,
              ...when,
              type: 'Normal',
              reason: 'Pulled',
              message: `Container image "${image}" already present on machine`,
            },
            { ...at, ...when, type: 'Normal', reason: 'Created', message: `Created container: ${name}` },
            ...(state?.last?.reason === 'StartError'
              ? []
              : [{ ...at, ...when, type: 'Normal' as const, reason: 'Started', message: `Started container ${name}` }]),
          );
      }
      if (state?.is === 'waiting' && state.reason === 'CrashLoopBackOff')
        events.push({
          ...at,
          type: 'Warning',
          reason: 'BackOff',
          message: `Back-off restarting failed container ${name} in pod ${pod.name}_${pod.namespace}(${pod.uid})`,
          count: Math.max(3, restarts * 5),
          fromMinutesAgo: Math.min(58, created),
          toMinutesAgo: 0.2,
        });
    }
  }
  return events;
}
