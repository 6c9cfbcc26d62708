import type { Suspect } from '../suspect.ts';

/** What the container runtime says of a container that it could not start, and whether that is its present state or the end of its last try. */
export type StartMessage = { readonly reason: string; readonly text: string; readonly tries: number };

const waitingReasons: ReadonlySet<string> = new Set([
  'RunContainerError',
  'CreateContainerError',
  'CreateContainerConfigError',
]);
const endReasons: ReadonlySet<string> = new Set(['StartError', 'ContainerCannotRun']);

/** The runtime's present words on why a container cannot start; undefined for one that was started, or waits for another reason. */
export function startMessageOf({ status }: Pick<Suspect, 'status'>): StartMessage | undefined {
  const { state, lastEnd, restartCount } = status;
  if (state.is === 'waiting') {
    const failedBefore = lastEnd !== undefined && endReasons.has(lastEnd.reason ?? '') ? lastEnd : undefined;
    const own = waitingReasons.has(state.reason ?? '') ? state.message : undefined;
    // Between two tries the status only says "Back-off restarting"; how the last try ended stands beside it.
    if (own !== undefined) return { reason: state.reason ?? '', text: own.slice(0, 8192), tries: restartCount + 1 };
    if (
      failedBefore?.message !== undefined &&
      (state.reason === 'CrashLoopBackOff' || waitingReasons.has(state.reason ?? ''))
    )
      return { reason: failedBefore.reason ?? '', text: failedBefore.message.slice(0, 8192), tries: restartCount + 1 };
    return undefined;
  }
  if (state.is !== 'terminated' || !endReasons.has(state.end.reason ?? '') || state.end.message === undefined)
    return undefined;
  return { reason: state.end.reason ?? '', text: state.end.message.slice(0, 8192), tries: restartCount + 1 };
}

/** Whether a container is stopped now and may have a start message: the cheap first look at all of them. */
export function mayHaveStartMessage(status: Suspect['status']): boolean {
  return startMessageOf({ status }) !== undefined;
}
