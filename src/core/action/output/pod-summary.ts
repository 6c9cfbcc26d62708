import type { WireObject } from '../../cluster/object.ts';
import { conditionOf, field, listAt, numberAt, textAt } from './fields.ts';

/** A pod in one line. `lastRestartAt` is an RFC 3339 instant, absent when no restart left a trace. */
export type PodSummary = {
  readonly ready: number;
  readonly containers: number;
  readonly status: string;
  readonly restarts: number;
  readonly lastRestartAt: string | undefined;
};

/**
 * Computes READY, STATUS and RESTARTS as the API server prints them for kubectl (Kubernetes 1.35): the first unfinished init container
 * decides while the pod initialises, then the containers, the first of them last; deletion overrides what is not finished.
 */
export function summarisePod(pod: WireObject): PodSummary {
  const sidecars = new Set(
    listAt(pod, 'spec', 'initContainers')
      .filter((container) => textAt(container, 'restartPolicy') === 'Always')
      .map((container) => textAt(container, 'name')),
  );
  const init = readInitContainers(pod, sidecars);
  const isInitialized = textAt(conditionOf(pod, 'Initialized'), 'status') === 'True';
  const main = init.blockedBy === undefined || isInitialized ? readContainers(pod) : undefined;
  const counted = main === undefined ? init.all : merge(init.sidecars, main);
  return {
    ready: init.ready + (main?.ready ?? 0),
    containers: listAt(pod, 'spec', 'containers').length + sidecars.size,
    status: deletionStatus(pod) ?? main?.status ?? init.blockedBy ?? podStatus(pod),
    restarts: counted.restarts,
    lastRestartAt: counted.lastRestartAt,
  };
}

type Restarts = { readonly restarts: number; readonly lastRestartAt: string | undefined };

const noRestarts: Restarts = { restarts: 0, lastRestartAt: undefined };

function merge(a: Restarts, b: Restarts): Restarts {
  return { restarts: a.restarts + b.restarts, lastRestartAt: later(a.lastRestartAt, b.lastRestartAt) };
}

function later(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Date.parse(b) > Date.parse(a) ? b : a;
}

function restartsOf(status: unknown): Restarts {
  const finishedAt = textAt(status, 'lastState', 'terminated', 'finishedAt');
  return {
    restarts: numberAt(status, 'restartCount') ?? 0,
    lastRestartAt: Number.isNaN(Date.parse(finishedAt)) ? undefined : finishedAt,
  };
}

function podStatus(pod: WireObject): string {
  const isGated = textAt(conditionOf(pod, 'PodScheduled'), 'reason') === 'SchedulingGated';
  if (isGated) return 'SchedulingGated';
  return textAt(pod, 'status', 'reason') || textAt(pod, 'status', 'phase') || 'Unknown';
}

function deletionStatus(pod: WireObject): string | undefined {
  if (pod.metadata.deletionTimestamp === undefined) return undefined;
  if (textAt(pod, 'status', 'reason') === 'NodeLost') return 'Unknown';
  const phase = textAt(pod, 'status', 'phase');
  return phase === 'Failed' || phase === 'Succeeded' ? undefined : 'Terminating';
}

type InitState = {
  readonly all: Restarts;
  readonly sidecars: Restarts;
  readonly ready: number;
  readonly blockedBy: string | undefined;
};

function readInitContainers(pod: WireObject, sidecarNames: ReadonlySet<string>): InitState {
  let all = noRestarts;
  let sidecars = noRestarts;
  let ready = 0;
  for (const [index, status] of listAt(pod, 'status', 'initContainerStatuses').entries()) {
    const isSidecar = sidecarNames.has(textAt(status, 'name'));
    all = merge(all, restartsOf(status));
    if (isSidecar) sidecars = merge(sidecars, restartsOf(status));
    const terminated = field(status, 'state', 'terminated');
    if (terminated !== undefined && numberAt(terminated, 'exitCode') === 0) continue;
    if (isSidecar && field(status, 'started') === true) {
      if (field(status, 'ready') === true) ready += 1;
      continue;
    }
    const total = listAt(pod, 'spec', 'initContainers').length;
    return { all, sidecars, ready, blockedBy: `Init:${initReason(status) ?? `${index}/${total}`}` };
  }
  return { all, sidecars, ready, blockedBy: undefined };
}

function initReason(status: unknown): string | undefined {
  const terminated = field(status, 'state', 'terminated');
  if (terminated !== undefined) return terminationReason(terminated);
  const waiting = textAt(status, 'state', 'waiting', 'reason');
  return waiting === '' || waiting === 'PodInitializing' ? undefined : waiting;
}

function terminationReason(terminated: unknown): string {
  const reason = textAt(terminated, 'reason');
  if (reason !== '') return reason;
  const signal = numberAt(terminated, 'signal') ?? 0;
  return signal === 0 ? `ExitCode:${numberAt(terminated, 'exitCode') ?? 0}` : `Signal:${signal}`;
}

type MainState = Restarts & { readonly ready: number; readonly status: string | undefined };

function readContainers(pod: WireObject): MainState {
  let counted = noRestarts;
  let ready = 0;
  let reason: string | undefined;
  let errorReason: string | undefined;
  // From last to first, so that the first container has the last word, as kubectl does.
  for (const status of listAt(pod, 'status', 'containerStatuses').toReversed()) {
    counted = merge(counted, restartsOf(status));
    const waiting = textAt(status, 'state', 'waiting', 'reason');
    const terminated = field(status, 'state', 'terminated');
    if (waiting !== '') {
      reason = waiting;
    } else if (terminated !== undefined) {
      reason = terminationReason(terminated);
      if (numberAt(terminated, 'exitCode') !== 0) errorReason = reason;
    } else if (field(status, 'ready') === true && field(status, 'state', 'running') !== undefined) {
      ready += 1;
    }
  }
  // A finished container beside a running one does not make the pod finished.
  if (reason === 'Completed') {
    const isReady = textAt(conditionOf(pod, 'Ready'), 'status') === 'True';
    if (ready > 0 && isReady) reason = 'Running';
    else if (errorReason !== undefined) reason = errorReason;
    else if (ready > 0) reason = 'NotReady';
  }
  return { ...counted, ready, status: reason };
}
