import type { Config } from '../config/config.ts';
import type { Actor } from '../core/journal/event.ts';
import type { Problem, Result } from '../core/result.ts';
import type { EscalationSettings } from '../core/signal/desk.ts';
import type { Signal } from '../core/signal/signal.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterReader } from '../ports/cluster-reader.ts';
import type { EventWatch } from '../ports/event-watch.ts';
import type { Incidents } from '../ports/incidents.ts';
import { createLookAtCluster } from '../workflows/look-at-cluster.ts';
import { createWatchCluster, type WatchingCluster } from '../workflows/watch-cluster.ts';

/** When the watch calls people; never when it is off. */
export function escalationOf({ watch }: Pick<Config, 'watch'>): EscalationSettings | null {
  if (watch === undefined) return null;
  return { afterMs: watch.escalateAfter, times: watch.recurrences, windowMs: watch.recurrenceWindow };
}

/** The watch of the cluster as configured; undefined when it is off. */
export function createWatch({
  config: { watch, reopenWithin },
  reader,
  events,
  clock,
  ...parts
}: {
  readonly config: Pick<Config, 'watch' | 'reopenWithin'>;
  readonly reader: ClusterReader;
  readonly events: EventWatch;
  readonly incidents: Incidents;
  readonly receive: (signal: Signal, actor: Actor) => Promise<Result<unknown, Problem>>;
  readonly clock: Clock;
  readonly redact: (text: string) => string;
  readonly onProblem: (sentence: string) => void;
}): WatchingCluster | undefined {
  if (watch === undefined) return undefined;
  const { namespaces, ignoreNamespaces, interval, minAge } = watch;
  return createWatchCluster({
    ...parts,
    events,
    clock,
    looks: createLookAtCluster({ reader, clock, namespaces, ignoreNamespaces }),
    settings: { intervalMs: interval, minAgeMs: minAge, namespaces, reopenWithinMs: reopenWithin },
  });
}
