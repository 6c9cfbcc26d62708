import type { ImageBehaviour, Pace } from './images.ts';

export type Termination = {
  readonly exitCode: number;
  readonly reason: 'OOMKilled' | 'Error' | 'Completed';
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly containerId: string;
};

/** Where a container is. `untilMs` is when something happens next, if it happens by itself. */
export type ContainerState =
  | { readonly at: 'creating'; readonly untilMs: number }
  | { readonly at: 'pulling'; readonly untilMs: number }
  | { readonly at: 'pull-failed'; readonly untilMs: number }
  | { readonly at: 'pull-back-off'; readonly untilMs: number }
  | { readonly at: 'starting'; readonly untilMs: number }
  | { readonly at: 'running'; readonly sinceMs: number; readonly containerId: string }
  | { readonly at: 'exited'; readonly untilMs: number }
  | { readonly at: 'back-off'; readonly untilMs: number }
  | { readonly at: 'finished' };

export type ContainerRun = {
  readonly name: string;
  readonly image: string;
  readonly limitBytes: number | undefined;
  readonly pullAttempts: number;
  readonly restarts: number;
  readonly state: ContainerState;
  readonly last: Termination | undefined;
  /** Warned once per run that it is not ready. */
  readonly hasFailedProbe: boolean;
};

/** What happened in a step, for events and logs. */
export type ContainerHappening =
  | {
      readonly type:
        | 'pull-started'
        | 'pulled'
        | 'already-present'
        | 'pull-failed'
        | 'pull-backed-off'
        | 'started'
        | 'crash-backed-off'
        | 'probe-failed';
    }
  | { readonly type: 'ended'; readonly termination: Termination };

export type StepInput = {
  readonly nowMs: number;
  readonly behaviour: ImageBehaviour | undefined;
  readonly isPresent: boolean;
  readonly restartPolicy: string;
  readonly pace: Pace;
  readonly newContainerId: () => string;
};

const mebibyte = 2 ** 20;

/** Moves a container to its next state when that is due; undefined when nothing is. One step at a time, so that each state is seen. */
export function stepContainer(
  run: ContainerRun,
  input: StepInput,
): { run: ContainerRun; happening?: ContainerHappening } | undefined {
  const { behaviour, nowMs, pace } = input;
  const { state } = run;
  const due = nextInstant(run, input);
  if (due === undefined || due > nowMs) return undefined;
  switch (state.at) {
    case 'creating':
      if (input.isPresent && behaviour !== undefined)
        return { run: starting(run, input), happening: { type: 'already-present' } };
      return startPull(run, input);
    case 'pulling':
      if (behaviour !== undefined) return { run: starting(run, input), happening: { type: 'pulled' } };
      return {
        run: {
          ...run,
          pullAttempts: run.pullAttempts + 1,
          state: { at: 'pull-failed', untilMs: nowMs + pace.imageErrorMs },
        },
        happening: { type: 'pull-failed' },
      };
    case 'pull-failed': {
      const waitMs = pace.imageBackOffMs * 2 ** Math.min(run.pullAttempts - 1, 5);
      return {
        run: { ...run, state: { at: 'pull-back-off', untilMs: nowMs + waitMs } },
        happening: { type: 'pull-backed-off' },
      };
    }
    case 'pull-back-off':
      return startPull(run, input);
    case 'starting': {
      const running = { at: 'running', sinceMs: nowMs, containerId: input.newContainerId() } as const;
      return { run: { ...run, hasFailedProbe: false, state: running }, happening: { type: 'started' } };
    }
    case 'running': {
      const ending = endingOf(run, input);
      if (ending === undefined || ending.atMs > nowMs) {
        if (probeFailureAt(run, input) === undefined) return undefined;
        return { run: { ...run, hasFailedProbe: true }, happening: { type: 'probe-failed' } };
      }
      const { exitCode, reason } = ending;
      const termination = {
        exitCode,
        reason,
        startedAtMs: state.sinceMs,
        finishedAtMs: nowMs,
        containerId: state.containerId,
      };
      const restarts = input.restartPolicy === 'Always' || (input.restartPolicy === 'OnFailure' && exitCode !== 0);
      const next: ContainerState = restarts ? { at: 'exited', untilMs: nowMs + pace.exitedMs } : { at: 'finished' };
      return { run: { ...run, state: next, last: termination }, happening: { type: 'ended', termination } };
    }
    case 'exited':
      // The first restart comes at once, the later ones after a growing back-off, as a kubelet does it.
      if (run.restarts === 0)
        return { run: starting({ ...run, restarts: 1 }, input), happening: { type: 'already-present' } };
      return {
        run: { ...run, state: { at: 'back-off', untilMs: nowMs + crashBackOffMs(run, pace) } },
        happening: { type: 'crash-backed-off' },
      };
    case 'back-off':
      return { run: starting({ ...run, restarts: run.restarts + 1 }, input), happening: { type: 'already-present' } };
    case 'finished':
      return undefined;
    default:
      return state satisfies never;
  }
}

/** When the container changes next by itself, or undefined when it stays as it is. */
export function nextInstant(run: ContainerRun, input: Omit<StepInput, 'newContainerId'>): number | undefined {
  const { state } = run;
  switch (state.at) {
    case 'finished':
      return undefined;
    case 'running': {
      // Becoming ready is no step of the container, only a reason to report again; so it counts while it lies ahead.
      const ready = readyAt(run, input);
      const reports = ready !== undefined && ready > input.nowMs ? [ready] : [];
      const steps = [endingOf(run, input)?.atMs, probeFailureAt(run, input)].filter((instant) => instant !== undefined);
      const instants = [...reports, ...steps];
      return instants.length === 0 ? undefined : Math.min(...instants);
    }
    default:
      return state.untilMs;
  }
}

export function isContainerReady(
  run: ContainerRun,
  input: { nowMs: number; behaviour: ImageBehaviour | undefined; pace: Pace },
): boolean {
  const at = readyAt(run, input);
  return at !== undefined && at <= input.nowMs;
}

/** Resident memory now: what the process holds, and never more than its limit. */
export function workingSetBytes(
  run: ContainerRun,
  input: { nowMs: number; behaviour: ImageBehaviour | undefined; pace: Pace },
): number {
  if (run.state.at !== 'running') return 0;
  const needed = (input.behaviour?.memoryMi ?? 32) * mebibyte;
  if (run.limitBytes === undefined || needed <= run.limitBytes) return needed;
  const warmth = Math.min(1, (input.nowMs - run.state.sinceMs) / input.pace.outOfMemoryAfterMs);
  return Math.round(run.limitBytes * (0.5 + 0.47 * warmth));
}

/** The back-off a real kubelet would name: 10s, doubled at each crash, at most 5m0s. */
export function nominalBackOff(restarts: number): string {
  const seconds = Math.min(10 * 2 ** Math.max(0, restarts - 1), 300);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

function crashBackOffMs(run: ContainerRun, pace: Pace): number {
  return Math.min(pace.crashBackOffMs * 2 ** Math.max(0, run.restarts - 1), pace.maxCrashBackOffMs);
}

function starting(run: ContainerRun, { nowMs, pace }: StepInput): ContainerRun {
  return { ...run, state: { at: 'starting', untilMs: nowMs + pace.startMs } };
}

function startPull(
  run: ContainerRun,
  { behaviour, nowMs, pace }: StepInput,
): { run: ContainerRun; happening: ContainerHappening } {
  const takesMs = behaviour === undefined ? pace.failedPullMs : pace.pullMs;
  return { run: { ...run, state: { at: 'pulling', untilMs: nowMs + takesMs } }, happening: { type: 'pull-started' } };
}

function readyAt(
  run: ContainerRun,
  { behaviour, pace }: { behaviour: ImageBehaviour | undefined; pace: Pace },
): number | undefined {
  if (run.state.at !== 'running' || behaviour?.readiness === 'fails') return undefined;
  return run.state.sinceMs + pace.readyAfterMs;
}

function probeFailureAt(
  run: ContainerRun,
  { behaviour, pace }: { behaviour: ImageBehaviour | undefined; pace: Pace },
): number | undefined {
  if (run.state.at !== 'running' || behaviour?.readiness !== 'fails' || run.hasFailedProbe) return undefined;
  return run.state.sinceMs + pace.readyAfterMs;
}

type Ending = { readonly atMs: number; readonly exitCode: number; readonly reason: Termination['reason'] };

function endingOf(
  run: ContainerRun,
  { behaviour, pace }: { behaviour: ImageBehaviour | undefined; pace: Pace },
): Ending | undefined {
  if (run.state.at !== 'running' || behaviour === undefined) return undefined;
  const { sinceMs } = run.state;
  const needed = (behaviour.memoryMi ?? 0) * mebibyte;
  if (run.limitBytes !== undefined && needed > run.limitBytes) {
    return { atMs: sinceMs + pace.outOfMemoryAfterMs, exitCode: 137, reason: 'OOMKilled' };
  }
  const { exits } = behaviour;
  if (exits === undefined) return undefined;
  return {
    atMs: sinceMs + (exits.afterMs ?? 50),
    exitCode: exits.code,
    reason: exits.code === 0 ? 'Completed' : 'Error',
  };
}
