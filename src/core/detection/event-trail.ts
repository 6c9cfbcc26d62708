import { readEvent } from '../cluster/cluster-event.ts';
import type { WireObject } from '../cluster/object.ts';

/** An object that Warning events spoke of lately, with the last thing said. Times are of our own clock: those of the cluster may be off. */
export type Suspect = {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string | undefined;
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly events: number;
  readonly heardAt: number;
};

export type EventTrail = {
  /** Takes one event of the watch. Anything that is no Warning about a namable object is passed over. Cost does not grow with what is remembered. */
  hear(event: WireObject, now: number): void;
  /** Suspects not asked for since they were last spoken of, the latest first, at most `max`; they count as asked for afterwards. */
  take(max: number, now: number): readonly Suspect[];
  /** How many objects are remembered, and how many were pushed out by newer ones so far. */
  size(): number;
  dropped(): number;
};

const maxMessage = 500;

/**
 * Remembers which objects Warning events speak of, one entry for each object however many events there are: a storm costs no more memory than `maxObjects` entries, and pushes
 * out the object that was silent longest. An event is only a hint where to look; what it says is forgotten after `forgetAfterMs`.
 */
export function createEventTrail({
  maxObjects,
  forgetAfterMs,
}: {
  readonly maxObjects: number;
  readonly forgetAfterMs: number;
}): EventTrail {
  // Insertion order is the order in which they were last spoken of.
  const heard = new Map<string, Suspect>();
  const waiting = new Set<string>();
  let droppedCount = 0;

  function forgetOldest(): void {
    const oldest = heard.keys().next();
    if (oldest.done) return;
    heard.delete(oldest.value);
    if (waiting.delete(oldest.value)) droppedCount += 1;
  }

  return {
    hear(object, now) {
      const event = readEvent(object);
      if (event === undefined || event.type === 'Normal' || event.type === undefined) return;
      const { kind, name, namespace, uid } = event.about;
      const key = uid ?? `${kind}/${namespace ?? ''}/${name}`;
      const events = (heard.get(key)?.events ?? 0) + 1;
      heard.delete(key);
      const message = event.message?.slice(0, maxMessage);
      heard.set(key, { kind, name, namespace, uid, reason: event.reason, message, events, heardAt: now });
      waiting.add(key);
      if (heard.size > maxObjects) forgetOldest();
    },
    take(max, now) {
      for (const [key, { heardAt }] of heard) {
        if (now - heardAt <= forgetAfterMs) break;
        heard.delete(key);
        waiting.delete(key);
      }
      const latest = [...waiting]
        .flatMap((key) => {
          const suspect = heard.get(key);
          return suspect === undefined ? [] : [{ key, suspect }];
        })
        .sort((a, b) => b.suspect.heardAt - a.suspect.heardAt)
        .slice(0, max);
      for (const { key } of latest) waiting.delete(key);
      return latest.map(({ suspect }) => suspect);
    },
    size: () => heard.size,
    dropped: () => droppedCount,
  };
}
