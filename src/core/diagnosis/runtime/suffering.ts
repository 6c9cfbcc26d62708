import type { ClusterView } from '../../cluster/cluster-view.ts';
import type { WireObject } from '../../cluster/object.ts';
import {
  type ContainerStatus,
  conditionOf,
  containerSpecOf,
  containerStatusesOf,
  isTerminating,
  phaseOf,
} from '../../cluster/pod.ts';
import { isOfPresentTemplate } from '../../cluster/workload.ts';
import { liveTermination } from '../restarts.ts';

/**
 * What a container does now that is not as it should be. `crashing`: it ends again and again, or lies ended; `not-ready`: it runs and is not ready, or an init container does
 * not come to its end; `failed`: it was the end of a pod that is not restarted, recently; `well` otherwise.
 */
export type Suffering = 'crashing' | 'not-ready' | 'failed' | 'well';

export type ContainerState = {
  readonly pod: WireObject;
  readonly status: ContainerStatus;
  readonly suffering: Suffering;
};

const recentFailureMs = 60 * 60_000;
const settledMs = 30_000;

/** The containers of a pod that still is what its workload asks for, with what each suffers. Memory kills count as `well`: they have an answer of their own. */
export function containerStatesOf(view: ClusterView, pod: WireObject, now: number): readonly ContainerState[] {
  if (isTerminating(pod) || phaseOf(pod) === 'Succeeded' || phaseOf(pod) === undefined) return [];
  return containerStatusesOf(pod).flatMap((status) => {
    const spec = containerSpecOf(pod, status);
    const asToday = (template: readonly { readonly name: string; readonly image: string | undefined }[]) =>
      template.some(({ name, image }) => name === status.name && image === spec?.image);
    return isOfPresentTemplate(view, pod, asToday) ? [{ pod, status, suffering: sufferingOf(pod, status, now) }] : [];
  });
}

function sufferingOf(pod: WireObject, status: ContainerStatus, now: number): Suffering {
  const { state } = status;
  if (phaseOf(pod) === 'Failed') {
    const end = state.is === 'terminated' ? state.end : undefined;
    const isRecent = end?.finishedAt !== undefined && now - end.finishedAt <= recentFailureMs;
    return isRecent && end.exitCode !== 0 && end.reason !== 'OOMKilled' ? 'failed' : 'well';
  }
  const live = liveTermination(status, now, { single: true });
  if (live !== undefined) {
    if (live.end.reason === 'OOMKilled') return 'well';
    if (live.end.exitCode !== 0 || (live.shows === 'now' && status.list === 'containers')) return 'crashing';
  }
  if (state.is !== 'running') return 'well';
  if (status.list === 'initContainers') {
    // Init containers that wait for something run until it is there; sidecars are ready when they run.
    const isLong = state.startedAt !== undefined && now - state.startedAt > settledMs;
    return status.ready === false && isLong && conditionOf(pod, 'Initialized')?.status === 'False'
      ? 'not-ready'
      : 'well';
  }
  return status.ready === false ? 'not-ready' : 'well';
}
