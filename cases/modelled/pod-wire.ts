import { fieldsV1 } from './fields-v1.ts';
import {
  type ContainerState,
  type ContainerWire,
  containersIn,
  type Ended,
  isReady,
  type PodModel,
} from './pod-model.ts';
import type { Random } from './random.ts';
import { isoSeconds, ownerReference, type Wire } from './wire.ts';

export type Writing = {
  readonly random: Random;
  readonly nowMs: number;
  /** Minor version of the kubelets: 28 to 35. */
  readonly minor: number;
  readonly hostIps: ReadonlyMap<string, string>;
  resourceVersion(): string;
};

/** Fills in what the API server defaults in a pod spec. */
export function completePodSpec(spec: Wire, token: string): Wire {
  const complete = (container: ContainerWire): Wire => ({
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: container.image.endsWith(':latest') ? 'Always' : 'IfNotPresent',
    ...container,
    ...Object.fromEntries(
      ['livenessProbe', 'readinessProbe', 'startupProbe']
        .filter((field) => container[field] !== undefined)
        .map((field) => [field, completeProbe(container[field])]),
    ),
    ...(token === ''
      ? {}
      : {
          volumeMounts: [
            ...((container.volumeMounts ?? []) as readonly Wire[]),
            { name: token, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
          ],
        }),
  });
  const inits = containersIn(spec, 'initContainers');
  return {
    ...(token === '' && spec.volumes === undefined
      ? {}
      : { volumes: [...((spec.volumes ?? []) as readonly Wire[]), ...(token === '' ? [] : [tokenVolume(token)])] }),
    ...(inits.length === 0 ? {} : { initContainers: inits.map(complete) }),
    containers: containersIn(spec, 'containers').map(complete),
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    ...(token === '' ? {} : { serviceAccountName: 'default', serviceAccount: 'default' }),
    securityContext: {},
    schedulerName: 'default-scheduler',
    ...Object.fromEntries(
      Object.entries(spec).filter(([key]) => !['volumes', 'initContainers', 'containers'].includes(key)),
    ),
  };
}

function completeProbe(probe: unknown): Wire {
  const given = probe as Wire;
  const http = given.httpGet as Wire | undefined;
  return {
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
    ...given,
    ...(http === undefined ? {} : { httpGet: { scheme: 'HTTP', ...http } }),
  };
}

function tokenVolume(name: string): Wire {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 420,
    },
  };
}

const defaultTolerations: readonly Wire[] = ['not-ready', 'unreachable'].map((taint) => ({
  key: `node.kubernetes.io/${taint}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
}));

/** The Pod as the API server has it: spec with admission's additions, status as kubelet and controllers left it. */
export function writePod(pod: PodModel, writing: Writing): Wire {
  const { nowMs, resourceVersion } = writing;
  const created = nowMs - pod.createdMinutesAgo * 60_000;
  const spec = {
    ...pod.spec,
    ...(pod.node === undefined ? {} : { nodeName: pod.node }),
    tolerations: [...((pod.spec.tolerations ?? []) as readonly Wire[]), ...defaultTolerations],
    priority: pod.spec.priority ?? 0,
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
  };
  const status = statusOf(pod, writing);
  const creator = pod.owner === undefined ? 'kubectl-client-side-apply' : 'kube-controller-manager';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod.name,
      ...(pod.owner === undefined || pod.owner.kind === 'Node' ? {} : { generateName: `${pod.owner.name}-` }),
      namespace: pod.namespace,
      uid: pod.uid,
      resourceVersion: resourceVersion(),
      ...(writing.minor >= 34 ? { generation: 1 } : {}),
      creationTimestamp: isoSeconds(created),
      ...(pod.deletion === undefined
        ? {}
        : {
            deletionTimestamp: isoSeconds(nowMs - pod.deletion.minutesAgo * 60_000 + pod.deletion.graceSeconds * 1000),
            deletionGracePeriodSeconds: pod.deletion.graceSeconds,
          }),
      labels: pod.labels,
      ...(Object.keys(pod.annotations).length === 0 ? {} : { annotations: pod.annotations }),
      ...(pod.finalizers === undefined ? {} : { finalizers: pod.finalizers }),
      ...(pod.owner === undefined ? {} : { ownerReferences: [ownerReference(pod.owner)] }),
      managedFields: [
        {
          manager: creator,
          operation: 'Update',
          apiVersion: 'v1',
          time: isoSeconds(created),
          fieldsType: 'FieldsV1',
          fieldsV1: fieldsV1({ metadata: { labels: pod.labels } }),
        },
        {
          manager: pod.node === undefined ? 'kube-scheduler' : 'kubelet',
          operation: 'Update',
          apiVersion: 'v1',
          time: newestTime(status, isoSeconds(created)),
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:status': { 'f:conditions': {}, 'f:containerStatuses': {}, 'f:phase': {} } },
          subresource: 'status',
        },
      ],
    },
    spec,
    status,
  };
}

function newestTime(status: Wire, otherwise: string): string {
  const times = ((status.conditions ?? []) as readonly Wire[]).map(({ lastTransitionTime }) =>
    String(lastTransitionTime),
  );
  return [otherwise, ...times].toSorted().at(-1) ?? otherwise;
}

function statusOf(pod: PodModel, writing: Writing): Wire {
  const { nowMs, minor, hostIps } = writing;
  const ago = (minutes: number) => isoSeconds(nowMs - minutes * 60_000);
  const created = pod.createdMinutesAgo;
  const condition = (type: string, status: string, minutesAgo: number, more: Wire = {}): Wire => ({
    type,
    status,
    lastProbeTime: null,
    lastTransitionTime: ago(minutesAgo),
    ...more,
    ...pod.conditions.get(type),
  });
  if (pod.node === undefined) {
    return {
      phase: 'Pending',
      conditions: pod.conditions.has('PodScheduled') ? [condition('PodScheduled', 'False', created)] : [],
      qosClass: qosOf(pod),
    };
  }
  if (pod.reason === 'Evicted') {
    return {
      phase: 'Failed',
      reason: pod.reason,
      message: pod.message,
      startTime: ago(created),
      conditions: [
        condition('DisruptionTarget', 'True', created / 2, {
          reason: 'TerminationByKubelet',
          message: pod.message,
        }),
        ...(minor >= 29 ? [condition('PodReadyToStartContainers', 'False', created / 2)] : []),
        condition('Initialized', 'True', created),
        condition('Ready', 'False', created / 2, { reason: 'PodFailed' }),
        condition('ContainersReady', 'False', created / 2, { reason: 'PodFailed' }),
        condition('PodScheduled', 'True', created),
      ],
      containerStatuses: containersIn(pod.spec, 'containers').map((container) =>
        containerStatus(
          pod,
          container,
          {
            is: 'terminated',
            end: {
              exitCode: 137,
              reason: 'ContainerStatusUnknown',
              message: 'The container could not be located when the pod was terminated',
            },
          },
          writing,
        ),
      ),
      qosClass: qosOf(pod),
    };
  }
  const inits = containersIn(pod.spec, 'initContainers');
  const mains = containersIn(pod.spec, 'containers');
  const undone = inits.filter(({ name }) => {
    const state = pod.states.get(name);
    return state !== undefined && !(state.is === 'terminated' && state.end.exitCode === 0);
  });
  const stateOf = (name: string): ContainerState =>
    pod.states.get(name) ??
    (undone.length > 0
      ? { is: 'waiting', reason: 'PodInitializing' }
      : { is: 'running', sinceMinutesAgo: Math.max(0.05, created - 0.1) });
  const unready = mains.filter(({ name }) => {
    const state = stateOf(name);
    return !(state.is === 'running' && state.ready !== false);
  });
  const phase =
    pod.phase ??
    phaseOf(
      mains.map(({ name }) => stateOf(name)),
      undone.length > 0,
    );
  const changed = Math.min(created, ...mains.map(({ name }) => changedMinutesAgo(stateOf(name), created)));
  const done = phase === 'Succeeded' ? 'PodCompleted' : phase === 'Failed' ? 'PodFailed' : undefined;
  const notReady: Wire =
    done === undefined
      ? {
          reason: 'ContainersNotReady',
          message: `containers with unready status: [${unready.map(({ name }) => name).join(' ')}]`,
        }
      : { reason: done };
  const ready = isReady(pod) && done === undefined && undone.length === 0;
  const sandbox = ![...pod.states.values()].some(
    (state) => state.is === 'waiting' && state.reason === 'ContainerCreating',
  );
  return {
    phase,
    ...(pod.reason === undefined ? {} : { reason: pod.reason }),
    ...(pod.message === undefined ? {} : { message: pod.message }),
    conditions: [
      ...(minor >= 29
        ? [condition('PodReadyToStartContainers', sandbox && done === undefined ? 'True' : 'False', created)]
        : []),
      condition(
        'Initialized',
        undone.length === 0 ? 'True' : 'False',
        created,
        undone.length === 0
          ? done === 'PodCompleted'
            ? { reason: 'PodCompleted' }
            : {}
          : {
              reason: 'ContainersNotInitialized',
              message: `containers with incomplete status: [${undone.map(({ name }) => name).join(' ')}]`,
            },
      ),
      condition('Ready', ready ? 'True' : 'False', changed, unready.length === 0 && done === undefined ? {} : notReady),
      condition(
        'ContainersReady',
        unready.length === 0 && done === undefined ? 'True' : 'False',
        changed,
        unready.length === 0 && done === undefined ? {} : notReady,
      ),
      condition('PodScheduled', 'True', created),
      ...[...pod.conditions]
        .filter(
          ([type]) =>
            !['Ready', 'ContainersReady', 'Initialized', 'PodScheduled', 'PodReadyToStartContainers'].includes(type),
        )
        .map(([type]) => condition(type, 'True', changed)),
    ],
    hostIP: hostIps.get(pod.node),
    ...(minor >= 28 ? { hostIPs: [{ ip: hostIps.get(pod.node) }] } : {}),
    ...(sandbox ? { podIP: pod.ip, podIPs: [{ ip: pod.ip }] } : {}),
    startTime: ago(created),
    ...(inits.length === 0
      ? {}
      : {
          initContainerStatuses: inits.map((container) =>
            containerStatus(
              pod,
              container,
              pod.states.get(container.name) ?? {
                is: 'terminated',
                end: { exitCode: 0, reason: 'Completed', ranSeconds: 4, endedMinutesAgo: created - 0.1 },
              },
              writing,
            ),
          ),
        }),
    containerStatuses: mains.map((container) => containerStatus(pod, container, stateOf(container.name), writing)),
    qosClass: qosOf(pod),
  };
}

function phaseOf(states: readonly ContainerState[], isInitializing: boolean): string {
  if (isInitializing) return 'Pending';
  // The kubelet: a container that waits and never ran holds the whole pod at Pending.
  if (states.some((state) => state.is === 'waiting' && state.last === undefined)) return 'Pending';
  return 'Running';
}

function changedMinutesAgo(state: ContainerState, created: number): number {
  if (state.is === 'running')
    return Math.max(0, (state.sinceMinutesAgo ?? created) - (state.ready === false ? 0 : 0.2));
  if (state.is === 'terminated') return state.end.endedMinutesAgo ?? created / 2;
  return state.last?.endedMinutesAgo ?? created;
}

function containerStatus(pod: PodModel, { name, image }: ContainerWire, state: ContainerState, writing: Writing): Wire {
  const { random, nowMs } = writing;
  const neverRan = state.is === 'waiting' && state.last === undefined;
  const digest = `${image.replace(/[:@][^/]*$/, '')}@sha256:${random.hex(64)}`;
  const ended = (end: Ended): Wire => {
    const finished = nowMs - (end.endedMinutesAgo ?? 1) * 60_000;
    const neverStarted = end.reason === 'StartError' || end.reason === 'ContainerStatusUnknown';
    return {
      exitCode: end.exitCode,
      ...(end.signal === undefined ? {} : { signal: end.signal }),
      reason: end.reason ?? (end.exitCode === 0 ? 'Completed' : 'Error'),
      ...(end.message === undefined ? {} : { message: end.message }),
      startedAt: neverStarted
        ? end.reason === 'StartError'
          ? '1970-01-01T00:00:00Z'
          : null
        : isoSeconds(finished - (end.ranSeconds ?? 3) * 1000),
      finishedAt: end.reason === 'ContainerStatusUnknown' ? null : isoSeconds(finished),
      containerID: `containerd://${random.hex(64)}`,
    };
  };
  const current: Wire =
    state.is === 'running'
      ? { running: { startedAt: isoSeconds(nowMs - startedMinutesAgo(pod, state) * 60_000) } }
      : state.is === 'waiting'
        ? { waiting: { reason: state.reason, ...waitingMessage(pod, name, state) } }
        : { terminated: ended(state.end) };
  return {
    name,
    state: current,
    lastState: state.last === undefined ? {} : { terminated: ended(state.last) },
    ready:
      state.is === 'running'
        ? state.ready !== false
        : state.is === 'terminated' && state.end.exitCode === 0 && isInit(pod, name),
    restartCount: state.restarts ?? 0,
    image,
    imageID: neverRan ? '' : digest,
    ...(neverRan ? {} : { containerID: `containerd://${random.hex(64)}` }),
    started: state.is === 'running' ? state.started !== false : false,
  };
}

// A container that was never restarted has run since its pod came.
function startedMinutesAgo(pod: PodModel, state: ContainerState & { readonly is: 'running' }): number {
  const first = Math.max(0.05, pod.createdMinutesAgo - 0.1);
  return (state.restarts ?? 0) === 0 ? first : (state.sinceMinutesAgo ?? first);
}

function isInit(pod: PodModel, name: string): boolean {
  return containersIn(pod.spec, 'initContainers').some((container) => container.name === name);
}

function waitingMessage(pod: PodModel, name: string, state: ContainerState): Wire {
  if (state.is !== 'waiting') return {};
  if (state.message !== undefined) return { message: state.message };
  if (state.reason !== 'CrashLoopBackOff') return {};
  const seconds = Math.min(300, 10 * 2 ** Math.max(0, Math.min(5, (state.restarts ?? 1) - 1)));
  const delay =
    seconds === 300 ? '5m0s' : seconds >= 60 ? `${Math.floor(seconds / 60)}m${seconds % 60}s` : `${seconds}s`;
  return {
    message: `back-off ${delay} restarting failed container=${name} pod=${pod.name}_${pod.namespace}(${pod.uid})`,
  };
}

function qosOf(pod: PodModel): string {
  const all = containersIn(pod.spec, 'containers').map(({ resources }) => (resources ?? {}) as Wire);
  if (all.every(({ requests, limits }) => requests === undefined && limits === undefined)) return 'BestEffort';
  const same = all.every(({ requests, limits }) => {
    const [asked, most] = [requests as Wire | undefined, limits as Wire | undefined];
    return (
      most?.cpu !== undefined &&
      most.memory !== undefined &&
      (asked === undefined || (asked.cpu === most.cpu && asked.memory === most.memory))
    );
  });
  return same ? 'Guaranteed' : 'Burstable';
}
