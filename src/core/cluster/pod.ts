import type { WireObject } from './object.ts';
import { isQuantity } from './quantity.ts';
import { at, booleanAt, isRecord, numberAt, recordsAt, textAt, timeAt, type WireRecord } from './wire.ts';

export type ContainerList = 'containers' | 'initContainers';

/** A container as a pod spec declares it. `list` and `index` give its place, for paths into the object. */
export type ContainerSpec = {
  readonly list: ContainerList;
  readonly index: number;
  readonly name: string;
  readonly image: string | undefined;
  /** Memory limit and request as written, absent when none is set. */
  readonly memoryLimit: string | undefined;
  readonly memoryRequest: string | undefined;
};

export type Termination = {
  readonly reason: string | undefined;
  readonly exitCode: number | undefined;
  readonly message: string | undefined;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
};

/** What a container does right now, as the kubelet last reported it. */
type ContainerState =
  | { readonly is: 'waiting'; readonly reason: string | undefined; readonly message: string | undefined }
  | { readonly is: 'running'; readonly startedAt: number | undefined }
  | { readonly is: 'terminated'; readonly end: Termination }
  | { readonly is: 'unknown' };

export type ContainerStatus = {
  readonly list: ContainerList;
  readonly name: string;
  readonly image: string | undefined;
  readonly ready: boolean | undefined;
  readonly restartCount: number;
  readonly state: ContainerState;
  /** How its previous run ended, when there was one. */
  readonly lastEnd: Termination | undefined;
};

const lists = [
  { list: 'initContainers', statuses: 'initContainerStatuses' },
  { list: 'containers', statuses: 'containerStatuses' },
] as const;

/** Named containers of a pod spec (that of a pod or of a workload's template). Those without a name are passed over: nothing can be said of them. */
export function containersOf(podSpec: unknown): readonly ContainerSpec[] {
  return lists.flatMap(({ list }) =>
    recordsAt(podSpec, list).flatMap(({ index, record }) => {
      const name = textAt(record, 'name');
      if (name === undefined) return [];
      return [
        {
          list,
          index,
          name,
          image: textAt(record, 'image'),
          memoryLimit: quantityText(at(record, 'resources', 'limits', 'memory')),
          memoryRequest: quantityText(at(record, 'resources', 'requests', 'memory')),
        },
      ];
    }),
  );
}

// The API takes a bare number too, and only what is a quantity may be shown and computed with.
function quantityText(value: unknown): string | undefined {
  return isQuantity(value) ? String(value) : undefined;
}

/** How the pod's spec declares the container that a status speaks of. */
export function containerSpecOf(
  pod: WireObject,
  status: { readonly list: ContainerList; readonly name: string },
): ContainerSpec | undefined {
  return containersOf(at(pod, 'spec')).find(({ name, list }) => name === status.name && list === status.list);
}

/** Statuses of a pod's named init and main containers, in the order of the status lists. */
export function containerStatusesOf(pod: WireObject): readonly ContainerStatus[] {
  return lists.flatMap(({ list, statuses }) =>
    recordsAt(pod, 'status', statuses).flatMap(({ record }) => {
      const name = textAt(record, 'name');
      return name === undefined ? [] : [readStatus(list, name, record)];
    }),
  );
}

function readStatus(list: ContainerList, name: string, record: WireRecord): ContainerStatus {
  const last = at(record, 'lastState', 'terminated');
  return {
    list,
    name,
    image: textAt(record, 'image'),
    ready: booleanAt(record, 'ready'),
    restartCount: Math.max(0, numberAt(record, 'restartCount') ?? 0),
    state: readState(at(record, 'state')),
    lastEnd: isRecord(last) ? readTermination(last) : undefined,
  };
}

function readState(state: unknown): ContainerState {
  const waiting = at(state, 'waiting');
  if (isRecord(waiting))
    return { is: 'waiting', reason: textAt(waiting, 'reason'), message: textAt(waiting, 'message') };
  const running = at(state, 'running');
  if (isRecord(running)) return { is: 'running', startedAt: timeAt(running, 'startedAt') };
  const terminated = at(state, 'terminated');
  if (isRecord(terminated)) return { is: 'terminated', end: readTermination(terminated) };
  return { is: 'unknown' };
}

function readTermination(terminated: WireRecord): Termination {
  return {
    reason: textAt(terminated, 'reason'),
    exitCode: numberAt(terminated, 'exitCode'),
    message: textAt(terminated, 'message'),
    startedAt: timeAt(terminated, 'startedAt'),
    finishedAt: timeAt(terminated, 'finishedAt'),
  };
}

/** A pod that was asked to go is being replaced or removed: what it suffers is no longer a problem of its workload. */
export function isTerminating(object: WireObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

export function phaseOf(pod: WireObject): string | undefined {
  return textAt(pod, 'status', 'phase');
}

export type Condition = {
  readonly type: string;
  readonly status: string | undefined;
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly since: number | undefined;
};

/** A condition of an object's status by type (`Ready`, `Progressing`); the first when a broken status lists it twice. */
export function conditionOf(object: unknown, type: string): Condition | undefined {
  const found = recordsAt(object, 'status', 'conditions').find(({ record }) => record.type === type)?.record;
  if (found === undefined) return undefined;
  return {
    type,
    status: textAt(found, 'status'),
    reason: textAt(found, 'reason'),
    message: textAt(found, 'message'),
    since: timeAt(found, 'lastTransitionTime'),
  };
}
