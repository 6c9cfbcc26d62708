import type { ContainerStatus, PodCondition, ContainerState as WireState } from 'kubernetes-types/core/v1.js';
import { timestamp } from '../store/object-writes.ts';
import type { ObjectOf } from '../store/stored-object.ts';
import { type ContainerRun, nominalBackOff, type Termination } from './container-run.ts';
import { imageIdOf, pullError } from './images.ts';

type Pod = ObjectOf<'Pod'>;
export type PodStatus = NonNullable<Pod['status']>;

export type PodRunView = {
  readonly pod: Pod;
  readonly containers: readonly { readonly run: ContainerRun; readonly isReady: boolean }[];
  readonly hostIP: string;
  readonly podIP: string;
  readonly startedAtMs: number;
  readonly nowMs: number;
};

/** The status a kubelet would report for what its containers are doing. */
export function podStatus(view: PodRunView): PodStatus {
  const { containers, hostIP, nowMs, pod, podIP } = view;
  const runs = containers.map(({ run }) => run);
  const isFinished = runs.every(({ state }) => state.at === 'finished');
  const hasStarted = runs.some(({ last, state }) => last !== undefined || state.at === 'running');
  const hasNetwork = runs.some(({ state }) => state.at !== 'creating');
  const failed = runs.some(({ last }) => last !== undefined && last.exitCode !== 0);
  const phase = isFinished ? (failed ? 'Failed' : 'Succeeded') : hasStarted ? 'Running' : 'Pending';
  const unready = containers.filter(({ isReady }) => !isReady).map(({ run }) => run.name);
  const readiness: Pick<PodCondition, 'status' | 'reason' | 'message'> =
    unready.length === 0
      ? { status: 'True' }
      : isFinished && !failed
        ? { status: 'False', reason: 'PodCompleted' }
        : {
            status: 'False',
            reason: 'ContainersNotReady',
            message: `containers with unready status: [${unready.join(' ')}]`,
          };
  const previous = pod.status?.conditions ?? [];
  const condition = (type: string, now: Pick<PodCondition, 'status' | 'reason' | 'message'>): PodCondition => {
    const before = previous.find((one) => one.type === type);
    const changedAt = before?.status === now.status ? before.lastTransitionTime : undefined;
    return { type, ...now, lastTransitionTime: changedAt ?? timestamp(nowMs) };
  };
  return {
    phase,
    conditions: [
      condition('PodReadyToStartContainers', { status: hasNetwork ? 'True' : 'False' }),
      condition('Initialized', { status: 'True' }),
      condition('Ready', readiness),
      condition('ContainersReady', readiness),
      condition('PodScheduled', { status: 'True' }),
    ],
    hostIP,
    ...(hasNetwork ? { podIP, podIPs: [{ ip: podIP }] } : {}),
    startTime: timestamp(view.startedAtMs),
    containerStatuses: containers.map(({ isReady, run }) => containerStatus(pod, run, isReady)),
    qosClass: qosClassOf(pod),
  };
}

function containerStatus(pod: Pod, run: ContainerRun, isReady: boolean): ContainerStatus {
  const hasImage = run.last !== undefined || run.state.at === 'running' || run.state.at === 'starting';
  const containerId = run.state.at === 'running' ? run.state.containerId : run.last?.containerId;
  const showsLast = run.last !== undefined && run.state.at !== 'exited' && run.state.at !== 'finished';
  return {
    name: run.name,
    state: wireState(pod, run),
    lastState: showsLast && run.last !== undefined ? { terminated: terminated(run.last) } : {},
    ready: isReady,
    restartCount: run.restarts,
    image: run.image,
    imageID: hasImage ? imageIdOf(run.image) : '',
    ...(containerId === undefined ? {} : { containerID: containerId }),
    started: run.state.at === 'running',
  };
}

function wireState(pod: Pod, run: ContainerRun): WireState {
  const { state } = run;
  switch (state.at) {
    case 'creating':
      return { waiting: { reason: 'ContainerCreating' } };
    case 'pulling':
      // While a pull is repeated the kubelet goes on showing the back-off that came before it.
      return run.pullAttempts === 0 ? { waiting: { reason: 'ContainerCreating' } } : { waiting: imagePullBackOff(run) };
    case 'starting':
      return run.last === undefined
        ? { waiting: { reason: 'ContainerCreating' } }
        : { terminated: terminated(run.last) };
    case 'pull-failed':
      return { waiting: { reason: 'ErrImagePull', message: pullError(run.image) } };
    case 'pull-back-off':
      return { waiting: imagePullBackOff(run) };
    case 'running':
      return { running: { startedAt: timestamp(state.sinceMs) } };
    case 'back-off': {
      const { name, namespace = '', uid = '' } = pod.metadata;
      const message = `back-off ${nominalBackOff(run.restarts)} restarting failed container=${run.name} pod=${name}_${namespace}(${uid})`;
      return { waiting: { reason: 'CrashLoopBackOff', message } };
    }
    case 'exited':
    case 'finished':
      return run.last === undefined ? {} : { terminated: terminated(run.last) };
    default:
      return state satisfies never;
  }
}

function imagePullBackOff(run: ContainerRun): { reason: string; message: string } {
  const message = `Back-off pulling image "${run.image}": ErrImagePull: ${pullError(run.image)}`;
  return { reason: 'ImagePullBackOff', message };
}

function terminated(termination: Termination): NonNullable<WireState['terminated']> {
  const { containerId, exitCode, finishedAtMs, reason, startedAtMs } = termination;
  return {
    exitCode,
    reason,
    startedAt: timestamp(startedAtMs),
    finishedAt: timestamp(finishedAtMs),
    containerID: containerId,
  };
}

function qosClassOf(pod: Pod): 'BestEffort' | 'Burstable' | 'Guaranteed' {
  const all = (pod.spec?.containers ?? []).map(({ resources }) => resources ?? {});
  const hasNone = all.every(({ limits, requests }) => limits === undefined && requests === undefined);
  if (hasNone) return 'BestEffort';
  const isGuaranteed = all.every(({ limits = {}, requests = limits }) =>
    ['cpu', 'memory'].every((name) => limits[name] !== undefined && limits[name] === requests[name]),
  );
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}
