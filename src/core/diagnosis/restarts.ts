import type { ContainerStatus, Termination } from '../cluster/pod.ts';

const minuteMs = 60_000;
/** After ten minutes of running the kubelet itself forgets the back-off. */
const settledMs = 10 * minuteMs;
const longestMs = 60 * minuteMs;

/** How the last run of a container ended, when that is what it is suffering from now. */
export type LiveTermination = {
  readonly end: Termination;
  /** `now`: the container is not running because of it. `before`: it runs again, and by its own rhythm will end again. */
  readonly shows: 'now' | 'before';
};

/**
 * The termination that a container still suffers from; undefined when it has recovered, never ended, or too little is known.
 *
 * Restart counts never go down, so they say nothing alone. A container that waits in back-off or lies terminated suffers now. One that runs again
 * has recovered once it outlived its own rhythm: three times its previous run, at most an hour, and at least one minute, or five after three restarts (back-off
 * alone can take that long); ten minutes where the previous run is not known. `single`: also count a container that restarted only once, for ten minutes.
 */
export function liveTermination(
  status: ContainerStatus,
  now: number,
  options: { readonly single: boolean },
): LiveTermination | undefined {
  const { state, lastEnd, restartCount } = status;
  switch (state.is) {
    case 'terminated':
      return isRecent(state.end.finishedAt, now) ? { end: state.end, shows: 'now' } : undefined;
    case 'waiting':
      return lastEnd !== undefined && state.reason === 'CrashLoopBackOff' ? { end: lastEnd, shows: 'now' } : undefined;
    case 'running': {
      if (lastEnd === undefined) return undefined;
      const startedAt = state.startedAt ?? lastEnd.finishedAt;
      if (startedAt === undefined || restartCount < (options.single ? 1 : 2)) return undefined;
      const runningMs = now - startedAt;
      return runningMs <= rhythmMs(lastEnd, restartCount) ? { end: lastEnd, shows: 'before' } : undefined;
    }
    case 'unknown':
      return undefined;
    default:
      return state satisfies never;
  }
}

function rhythmMs(lastEnd: Termination, restartCount: number): number {
  if (restartCount < 2) return settledMs;
  const { startedAt, finishedAt } = lastEnd;
  if (startedAt === undefined || finishedAt === undefined || finishedAt < startedAt) return settledMs;
  const leastMs = restartCount < 3 ? minuteMs : 5 * minuteMs;
  return Math.min(longestMs, Math.max(leastMs, 3 * (finishedAt - startedAt)));
}

// A pod that ended long ago and was left lying is history; without a time nothing speaks for now.
function isRecent(finishedAt: number | undefined, now: number): boolean {
  return finishedAt !== undefined && now - finishedAt <= longestMs;
}
