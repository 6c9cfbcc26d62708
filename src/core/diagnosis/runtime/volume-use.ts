import { knownRef } from '../../cluster/kinds.ts';
import type { ObjectRef } from '../../cluster/object.ts';
import { refKey } from '../../cluster/topology.ts';
import type { Observations } from '../observations.ts';
import { type Reading, readingsOf } from './series.ts';

/** How full a claim is, as a share of its bytes or of its inodes, whichever is fuller. */
export type VolumeUse = {
  readonly claim: ObjectRef;
  readonly used: number;
  readonly of: 'bytes' | 'inodes';
  readonly at: number;
  readonly query: string;
};

const staleMs = 15 * 60_000;
const stats = [
  [
    'bytes',
    'kubelet_volume_stats_available_bytes',
    'kubelet_volume_stats_used_bytes',
    'kubelet_volume_stats_capacity_bytes',
  ],
  ['inodes', 'kubelet_volume_stats_inodes_free', 'kubelet_volume_stats_inodes_used', 'kubelet_volume_stats_inodes'],
] as const;

/** How full the measured claims are, by reference key. Source: the kubelet's volume stats, as shares or as the plain amounts. */
export function volumeUsesOf(observations: Observations, now: number): ReadonlyMap<string, VolumeUse> {
  const found = new Map<string, VolumeUse>();
  for (const [of, free, used, capacity] of stats) {
    const take = (readings: readonly Reading[], usedShare: (reading: Reading) => number | undefined): void => {
      for (const reading of readings) {
        const claim = claimOf(reading);
        const share = usedShare(reading);
        if (claim === undefined || share === undefined || share < 0 || share > 1.01 || now - reading.at > staleMs)
          continue;
        const known = found.get(refKey(claim));
        if (known === undefined || share > known.used)
          found.set(refKey(claim), { claim, used: Math.min(1, share), of, at: reading.at, query: reading.query });
      }
    };
    const [frees, useds] = [free, used].map((metric) => readingsOf(observations, metric, 'gauge'));
    const capacities = new Map(
      readingsOf(observations, capacity, 'gauge')
        .filter(({ shape }) => shape === 'raw')
        .flatMap((reading): [string, number][] => {
          const claim = claimOf(reading);
          return claim === undefined ? [] : [[refKey(claim), reading.value]];
        }),
    );
    const ofCapacity = (reading: Reading): number | undefined => {
      const claim = claimOf(reading);
      const whole = claim === undefined ? undefined : capacities.get(refKey(claim));
      return whole === undefined || whole <= 0 ? undefined : reading.value / whole;
    };
    take(frees ?? [], (reading) => {
      // Queries that mention both are about the free share, unless they say 1 - …
      if (reading.shape === 'share') return isTurned(reading.query) ? asShare(reading) : 1 - asShare(reading);
      const share = ofCapacity(reading);
      return share === undefined ? undefined : 1 - share;
    });
    take(
      (useds ?? []).filter(({ query }) => !query.includes(free)),
      (reading) => (reading.shape === 'share' ? asShare(reading) : ofCapacity(reading)),
    );
  }
  return found;
}

function isTurned(query: string): boolean {
  return /\b1(?:00)?\s*-/.test(query);
}

function asShare({ value, query }: Reading): number {
  return /\*\s*100\b|\b100\s*\*/.test(query) ? value / 100 : value;
}

function claimOf({ labels }: Reading): ObjectRef | undefined {
  const namespace = labels.exported_namespace ?? labels.namespace;
  const name = labels.persistentvolumeclaim;
  return namespace === undefined || name === undefined ? undefined : knownRef('PersistentVolumeClaim', namespace, name);
}
