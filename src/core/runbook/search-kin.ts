import { termsOf } from './search-terms.ts';

/**
 * Words of operations that people use for one another. `0.85`: nearly the same thing; `0.6`: a hint. Kin of kin are not kin. Written from the language of the domain, by
 * subject; no set of runbooks is in it.
 */
const groups: readonly (readonly [strength: number, words: string])[] = [
  [0.6, 'runout full fill exhausted'],
  [0.6, 'runout expire'],
  [0.6, 'transmit send packet'],
  [0.6, 'receive packet'],
  [0.6, 'network packet'],
  [0.7, 'reload load read'],
  [0.7, 'flap switch change'],
  [0.6, 'interface card'],
  [0.85, 'filesystem disk'],
  [0.85, 'disk drive'],
  [0.6, 'filesystem storage partition mount volume'],
  [0.6, 'disk storage volume'],
  [0.85, 'inode files'],
  [0.85, 'full fill filling'],
  [0.6, 'full exhausted used'],
  [0.6, 'space full fill free room disk'],
  [0.6, 'almost nearly close soon'],
  [0.85, 'expire expiration expiry expires'],
  [0.6, 'certificate tls ssl'],
  [0.85, 'renewal renew rotate rotation'],
  [0.85, 'down offline dead'],
  [0.6, 'down unreachable unavailable disappeared absent gone died vanished lost respond'],
  [0.6, 'unreachable respond reach reachable'],
  [0.6, 'missing absent gone lost disappeared'],
  [0.7, 'crash restart die dying crashing'],
  [0.7, 'loop restart'],
  [0.85, 'fail failure failing'],
  [0.6, 'fail error broken reject'],
  [0.6, 'error broken'],
  [0.7, 'connect reach contact talk connectivity'],
  [0.7, 'send deliver push notify'],
  [0.7, 'notification alert page pager'],
  [0.85, 'slow latency'],
  [0.7, 'slow duration sluggish long lag'],
  [0.7, 'latency duration delay lag'],
  [0.7, 'behind lag late catch delay'],
  [0.7, 'member peer instance replica'],
  [0.7, 'insufficient enough few quorum majority'],
  [0.7, 'quorum leader member'],
  [0.85, 'leader leadership'],
  [0.7, 'wait stuck pending hang'],
  [0.6, 'rollout update upgrade deploy'],
  [0.6, 'job cronjob batch'],
  [0.7, 'complete finish done'],
  [0.85, 'node host machine'],
  [0.6, 'node worker server'],
  [0.85, 'network net'],
  [0.85, 'interface nic'],
  [0.85, 'receive incoming inbound rx'],
  [0.85, 'transmit outgoing outbound tx'],
  [0.7, 'flap unstable toggle bounce oscillate alternate'],
  [0.85, 'clock time ntp chrony'],
  [0.85, 'sync synchronize'],
  [0.6, 'sync reconcile'],
  [0.85, 'skew drift'],
  [0.85, 'raid array mdadm'],
  [0.85, 'max maximum maxed'],
  [0.6, 'max limit ceiling'],
  [0.6, 'quota limit'],
  [0.6, 'exceeded hit over reached'],
  [0.85, 'mismatch differ different inconsistent disagree'],
  [0.85, 'throttle throttled'],
  [0.7, 'hpa scale'],
  [0.85, 'misscheduled wrong'],
  [0.6, 'schedule place placed'],
  [0.85, 'reload reread'],
  [0.7, 'bad invalid wrong broken incorrect'],
  [0.7, 'sample metric datapoint series'],
  [0.85, 'ingest ingestion'],
  [0.6, 'ingest accept store append'],
  [0.6, 'target endpoint exporter scrape'],
  [0.6, 'storage endpoint receiver backend'],
  [0.85, 'duplicate twice repeated'],
  [0.85, 'evaluation evaluate'],
  [0.6, 'evaluation rule recording'],
  [0.7, 'missing skip'],
  [0.85, 'grpc rpc'],
  [0.85, 'fsync flush'],
  [0.6, 'fsync sync write'],
  [0.7, 'watchdog heartbeat'],
  [0.6, 'terminated dropped rejected killed'],
  [0.85, 'inhibit inhibitor suppress mute'],
  [0.7, 'lookup find resolve'],
  [0.6, 'bound burn budget slo'],
  [0.7, 'notready ready readiness'],
  [0.7, 'ready readiness'],
  [0.6, 'notready unhealthy'],
  [0.7, 'many high lot'],
  [0.6, 'degraded failed'],
  [0.6, 'desired expected wanted'],
  [0.6, 'replica pod'],
  [0.6, 'compact compaction merge'],
];

/** For each word its kin with their strengths, all as `termsOf` cuts them. */
export const kin: ReadonlyMap<string, ReadonlyMap<string, number>> = (() => {
  const all = new Map<string, Map<string, number>>();
  for (const [strength, words] of groups) {
    const terms = termsOf(words);
    for (const term of terms) {
      const own = all.get(term) ?? new Map<string, number>();
      all.set(term, own);
      for (const other of terms) if (other !== term) own.set(other, Math.max(strength, own.get(other) ?? 0));
    }
  }
  return all;
})();
