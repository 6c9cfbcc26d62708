import type { WireObject } from './object.ts';
import { at, isRecord, numberAt, parseTime, textAt } from './wire.ts';

/** An event of the cluster, read from either of its two APIs. `first` and `last` are milliseconds. */
export type ClusterEvent = {
  readonly object: WireObject;
  readonly about: {
    readonly kind: string;
    readonly namespace: string | undefined;
    readonly name: string;
    readonly uid: string | undefined;
  };
  readonly type: string | undefined;
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly count: number;
  readonly first: number | undefined;
  readonly last: number | undefined;
};

/**
 * Reads a core/v1 Event (`involvedObject`, `message`, `lastTimestamp`, `count`) or an events.k8s.io/v1 one (`regarding`, `note`,
 * `series`). Undefined when it does not say what it is about.
 */
export function readEvent(object: WireObject): ClusterEvent | undefined {
  const core = at(object, 'involvedObject');
  const about = isRecord(core) ? core : at(object, 'regarding');
  const kind = textAt(about, 'kind');
  const name = textAt(about, 'name');
  if (kind === undefined || name === undefined) return undefined;
  const times = [
    at(object, 'firstTimestamp'),
    at(object, 'deprecatedFirstTimestamp'),
    at(object, 'eventTime'),
    at(object, 'lastTimestamp'),
    at(object, 'deprecatedLastTimestamp'),
    at(object, 'series', 'lastObservedTime'),
    at(object, 'metadata', 'creationTimestamp'),
  ].flatMap((time) => parseTime(time) ?? []);
  return {
    object,
    about: { kind, name, namespace: textAt(about, 'namespace'), uid: textAt(about, 'uid') },
    type: textAt(object, 'type'),
    reason: textAt(object, 'reason'),
    message: textAt(object, 'message') ?? textAt(object, 'note'),
    count: numberAt(object, 'series', 'count') ?? numberAt(object, 'count') ?? numberAt(object, 'deprecatedCount') ?? 1,
    first: times.length === 0 ? undefined : Math.min(...times),
    last: times.length === 0 ? undefined : Math.max(...times),
  };
}
