import type { DetectionSignal } from '../signal/signal.ts';
import { fingerprintOf, type Look, patienceOf, type Rule, rules, type Sighting } from './sighting.ts';

/** What one look at the cluster saw. `covers` says of a detection whether its place was read whole, so that its absence means something. */
export type Seen = {
  readonly look: Look;
  readonly source: 'watch' | 'scan';
  readonly sightings: readonly Sighting[];
  readonly covers: (namespace: string | undefined, fingerprint: string) => boolean;
};

/** A detection whose signal is due, without what only the edge adds. */
export type Due = Omit<DetectionSignal, 'kind'>;

export type WatchListSettings = {
  readonly minAgeMs: number;
  /** The list holds no more than this; what is told already is never pushed out. */
  readonly maxEntries: number;
  /** At most so many detections may begin in one minute; the others wait their turn. */
  readonly maxOpeningsPerMinute: number;
  /** How long an incident that was closed while the problem went on is left alone. */
  readonly retellAfterMs: number;
};

/** A detection that an open incident holds as firing: known from before a restart. */
export type KnownDetection = {
  readonly fingerprint: string;
  readonly rule: Rule;
  readonly object: DetectionSignal['object'];
  readonly source: 'watch' | 'scan';
  readonly since: string;
};

export type WatchList = {
  /** Takes up what open incidents hold, at the start: it is neither told again nor forgotten. */
  resume(known: readonly KnownDetection[], now: number): void;
  observe(seen: Seen, now: number): void;
  /**
   * What is to be told now, within the limits. `isHeld` says whether an open incident holds a detection as firing. Asking again gives the same until `told` is called.
   */
  due(now: number, isHeld: (fingerprint: string) => boolean): readonly Due[];
  /** A signal is in the inbox. */
  told(due: Due, now: number): void;
  /** Detections that are firing and wait for the limit of openings. */
  waiting(): number;
  /** Sightings that were not taken because the list is full. */
  dropped(): number;
  size(): number;
  /** Objects of the `events` look that must be read again to know whether they are still so. */
  toReexamine(): readonly { readonly fingerprint: string; readonly sighting: Sighting }[];
};

type Entry = {
  sighting: Sighting;
  readonly fingerprint: string;
  source: 'watch' | 'scan';
  state: 'pending' | 'firing' | 'clear';
  firstSeen: number;
  looks: number;
  misses: number;
  clearedAt: number;
  /** What the incident side heard last. */
  toldStatus: 'nothing' | 'firing' | 'resolved';
  toldAt: number[];
  /** When an open incident was last known to hold it. */
  heldAt: number;
  /** How often it began since it was last told. */
  starts: number;
};

/** Seen in two looks: one glance at a moment of transition, or at a clock that is off, opens nothing. Gone in two looks: neither does it end. */
const looksToBelieve = 2;
const hourMs = 3_600_000;
const minuteMs = 60_000;
const longestGapMs = 15 * minuteMs;
/** A detection that is over and quiet for so long is forgotten. */
const forgetAfterMs = hourMs;
const maxToldRemembered = 16;

/**
 * Turns what looks see into what is told: old enough, seen twice, one signal for each beginning and each end. A detection that begins and ends all the time is told at ever longer
 * intervals, with the number of beginnings between carried over. Deterministic: time comes as an argument (milliseconds of our own clock).
 */
export function createWatchList(settings: WatchListSettings): WatchList {
  const { minAgeMs, maxEntries, maxOpeningsPerMinute, retellAfterMs } = settings;
  const entries = new Map<string, Entry>();
  let openings: number[] = [];
  let droppedCount = 0;
  let waitingCount = 0;

  function enter(sighting: Sighting, source: 'watch' | 'scan', fingerprint: string, now: number): Entry | undefined {
    if (entries.size >= maxEntries && !makeRoom()) {
      droppedCount += 1;
      return undefined;
    }
    const entry: Entry = {
      sighting,
      fingerprint,
      source,
      state: 'pending',
      firstSeen: now,
      looks: 0,
      misses: 0,
      clearedAt: now,
      toldStatus: 'nothing',
      toldAt: [],
      heldAt: now,
      starts: 0,
    };
    entries.set(fingerprint, entry);
    return entry;
  }

  // Only what nobody was told of may go: an entry that is firing has to see its own end.
  function makeRoom(): boolean {
    for (const [fingerprint, { state, toldStatus }] of entries) {
      if (state === 'firing' || toldStatus === 'firing') continue;
      entries.delete(fingerprint);
      return true;
    }
    return false;
  }

  function sight(entry: Entry, sighting: Sighting, source: 'watch' | 'scan', now: number): void {
    entry.misses = 0;
    entry.sighting = sighting;
    if (entry.state === 'clear') {
      entry.state = 'pending';
      entry.firstSeen = now;
      entry.looks = 0;
      entry.source = source;
    }
    entry.looks += 1;
    if (entry.state === 'pending' && entry.looks >= looksToBelieve && isOldEnough(entry, now)) {
      entry.state = 'firing';
      entry.starts += 1;
    }
  }

  function isOldEnough({ firstSeen, sighting }: Entry, now: number): boolean {
    return now - Math.min(firstSeen, sighting.since ?? firstSeen) >= patienceOf(sighting.rule, minAgeMs);
  }

  function miss(entry: Entry, now: number): void {
    if (entry.state === 'clear') return;
    entry.misses += 1;
    if (entry.state === 'pending' && entry.toldStatus === 'nothing') {
      entries.delete(entry.fingerprint);
      return;
    }
    if (entry.state === 'firing' && entry.misses < looksToBelieve) return;
    entry.state = 'clear';
    entry.clearedAt = now;
  }

  /** A first beginning and its end are told at once; what comes back, no more often than once a minute, and ever less often while it flaps. */
  function mayTell({ toldAt }: Entry, now: number): boolean {
    const recent = toldAt.filter((at) => now - at < hourMs);
    const last = recent.at(-1);
    if (last === undefined || recent.length === 1) return true;
    const gapMs = Math.min(minuteMs * 2 ** (recent.length - 2), longestGapMs);
    return now - last >= gapMs;
  }

  function statusDue(entry: Entry, now: number, isHeld: (fingerprint: string) => boolean): Due['status'] | undefined {
    if (entry.state === 'clear') return entry.toldStatus === 'firing' ? 'resolved' : undefined;
    if (entry.state !== 'firing') return undefined;
    if (entry.toldStatus !== 'firing' || entry.starts > 0) return 'firing';
    // A person closed it though it goes on: that is respected for a while, counted from when they did.
    if (isHeld(entry.fingerprint)) entry.heldAt = now;
    const quietSince = Math.max(entry.heldAt, entry.toldAt.at(-1) ?? entry.heldAt);
    return now - quietSince > retellAfterMs ? 'firing' : undefined;
  }

  function dueOf(entry: Entry, status: Due['status'], now: number): Due {
    const { sighting, fingerprint, source, starts, firstSeen } = entry;
    const { rule, object, related, severity, summary, since } = sighting;
    // Clocks differ: nothing began after we saw it.
    const began = Math.min(firstSeen, since ?? firstSeen, now);
    return {
      source,
      rule,
      object,
      ...(object.namespace === undefined ? {} : { namespace: object.namespace }),
      related: [...related],
      severity,
      summary,
      fingerprint,
      status,
      at: instant(now),
      since: instant(began),
      occurrences: status === 'firing' ? starts : 0,
    };
  }

  return {
    resume(known, now) {
      for (const { fingerprint, rule, object, source, since } of known) {
        const sighting: Sighting = {
          rule,
          severity: 'warning',
          object,
          uid: undefined,
          related: [],
          summary: 'It was seen before the co-pilot was started.',
          since: Date.parse(since),
        };
        entries.set(fingerprint, {
          sighting,
          fingerprint,
          source,
          state: 'firing',
          firstSeen: now,
          looks: looksToBelieve,
          misses: 0,
          clearedAt: now,
          toldStatus: 'firing',
          toldAt: [],
          heldAt: now,
          starts: 0,
        });
      }
    },
    observe({ look, source, sightings, covers }, now) {
      const seen = new Set<string>();
      for (const sighting of sightings) {
        const fingerprint = fingerprintOf(sighting);
        // Several pods of one workload are one sighting of it, and one look.
        if (seen.has(fingerprint)) continue;
        seen.add(fingerprint);
        const entry = entries.get(fingerprint) ?? enter(sighting, source, fingerprint, now);
        if (entry !== undefined) sight(entry, sighting, source, now);
      }
      for (const entry of [...entries.values()]) {
        const { rule, object } = entry.sighting;
        if (!seen.has(entry.fingerprint) && rules[rule].look === look && covers(object.namespace, entry.fingerprint))
          miss(entry, now);
      }
    },
    due(now, isHeld) {
      const found: Due[] = [];
      openings = openings.filter((at) => now - at < minuteMs);
      let room = maxOpeningsPerMinute - openings.length;
      waitingCount = 0;
      // Where not all can be told at once, the worst goes first.
      const worstFirst = [...entries.values()].sort((a, b) => rankOf(a) - rankOf(b));
      for (const entry of worstFirst) {
        const { state, toldStatus, clearedAt, fingerprint } = entry;
        if (state === 'clear' && toldStatus !== 'firing' && now - clearedAt > forgetAfterMs)
          entries.delete(fingerprint);
        const status = statusDue(entry, now, isHeld);
        if (status === undefined || !mayTell(entry, now)) continue;
        if (status === 'firing' && toldStatus !== 'firing') {
          if (room <= 0) {
            waitingCount += 1;
            continue;
          }
          room -= 1;
        }
        found.push(dueOf(entry, status, now));
      }
      return found;
    },
    told({ fingerprint, status }, now) {
      const entry = entries.get(fingerprint);
      if (entry === undefined) return;
      if (status === 'firing' && entry.toldStatus !== 'firing') openings.push(now);
      if (status === 'firing') entry.starts = 0;
      entry.toldStatus = status;
      entry.toldAt = [...entry.toldAt, now].slice(-maxToldRemembered);
    },
    waiting: () => waitingCount,
    dropped: () => droppedCount,
    size: () => entries.size,
    toReexamine: () =>
      [...entries.values()]
        .filter(({ sighting, state }) => rules[sighting.rule].look === 'events' && state !== 'clear')
        .map(({ fingerprint, sighting }) => ({ fingerprint, sighting })),
  };
}

function rankOf({ sighting }: Entry): number {
  return sighting.severity === 'critical' ? 0 : 1;
}

const lastInstantMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

function instant(ms: number): string {
  return new Date(Math.min(Math.max(0, ms), lastInstantMs)).toISOString();
}
