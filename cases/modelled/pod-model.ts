import type { Owner, Wire } from './wire.ts';

/** How a run of a container ended. */
export type Ended = {
  readonly exitCode: number;
  readonly reason?: string;
  readonly signal?: number;
  readonly message?: string;
  /** How long it ran before. */
  readonly ranSeconds?: number;
  /** How many minutes before the capture it ended. */
  readonly endedMinutesAgo?: number;
};

/** What the kubelet says of one container. Times are minutes before the capture. */
export type ContainerState =
  | {
      readonly is: 'running';
      /** When it was started again, or, without restarts, when its readiness last turned. */
      readonly sinceMinutesAgo?: number;
      readonly ready?: boolean;
      readonly started?: boolean;
      readonly restarts?: number;
      readonly last?: Ended;
    }
  | {
      readonly is: 'waiting';
      readonly reason: string;
      readonly message?: string;
      readonly restarts?: number;
      readonly last?: Ended;
    }
  | { readonly is: 'terminated'; readonly end: Ended; readonly restarts?: number; readonly last?: Ended };

export type PodEvent = {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly count?: number;
  readonly fromMinutesAgo?: number;
  readonly toMinutesAgo?: number;
  readonly component?: string;
  readonly container?: string;
};

/** One pod of a world before it is written. Cases change it; the world writes it when all is said. */
export type PodModel = {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  owner: Owner | undefined;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** Complete pod spec without nodeName. */
  spec: Wire;
  /** Undefined while it is not scheduled. */
  node: string | undefined;
  readonly ip: string;
  createdMinutesAgo: number;
  readonly states: Map<string, ContainerState>;
  phase?: string;
  reason?: string;
  message?: string;
  deletion?: { readonly minutesAgo: number; readonly graceSeconds: number };
  finalizers?: readonly string[];
  /** Condition fields that replace what follows from the containers, by type. */
  readonly conditions: Map<string, Wire>;
  readonly events: PodEvent[];
};

export type ContainerWire = Wire & { readonly name: string; readonly image: string };

export function containersIn(spec: Wire, list: 'containers' | 'initContainers'): readonly ContainerWire[] {
  // Specs are made by this builder alone: the lists hold what `ContainerWire` says.
  return (spec[list] ?? []) as readonly ContainerWire[];
}

export function isReady(pod: PodModel): boolean {
  if (pod.conditions.get('Ready')?.status === 'False' || pod.phase === 'Failed' || pod.phase === 'Succeeded')
    return false;
  if (pod.node === undefined) return false;
  return containersIn(pod.spec, 'containers').every(({ name }) => {
    const state = pod.states.get(name);
    return state === undefined || (state.is === 'running' && state.ready !== false);
  });
}
