import { type ObjectRef, refOf, type WireObject } from '../../cluster/object.ts';
import { sayBytes } from '../../cluster/quantity.ts';
import { recordsAt, textAt } from '../../cluster/wire.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import type { FindingCode } from '../codes.ts';
import { presentEvents } from '../present-events.ts';
import { withServices } from '../services-without-pods.ts';
import { fromFailedCheck } from '../support.ts';
import { type ComponentState, componentState } from './component.ts';
import { asksForSeconds, type Reading, readingsOf, sayMs } from './readings.ts';

/** Limits of the etcd mixin: fsync p99 0.5 s (etcdHighFsyncDurations), backend commit p99 0.25 s (etcdHighCommitDurations), database at 95 % of its quota. */
const slowFsyncSeconds = 0.5;
const slowCommitSeconds = 0.25;
const slowPeerSeconds = 0.15;
const fullShare = 0.95;
/** etcd's default --quota-backend-bytes. */
const defaultQuotaBytes = 2 * 2 ** 30;

/** What follows when the API server cannot store or read, besides everything that runs and serves. */
const followers: readonly FindingCode[] = [
  'api-server-slow',
  'api-server-unhealthy',
  'controller-manager-not-running',
  'scheduler-not-running',
  'container-crash-looping',
  'liveness-probe-kills',
  'probe-failing',
  'readiness-flapping',
];

/** etcd without a quorum, too slow, or out of space. By its metrics, its pods, the API server's own checks, and what the API server answers to writes. */
export function etcdFaults(context: AnalysisContext): readonly FindingDraft[] {
  const state = componentState(context.view, 'etcd', context.now);
  return [...noQuorum(context, state), ...outOfSpace(context, state), ...slow(context, state)];
}

function noQuorum(context: AnalysisContext, state: ComponentState): readonly FindingDraft[] {
  const { observations, now } = context;
  const leaderless = readingsOf(observations, 'etcd_server_has_leader').filter(
    ({ value, query }) => value === 0 && !/count|changes/.test(query),
  );
  const failedChecks = observations.checks.filter(({ check, ok }) => !ok && /^etcd/.test(check));
  // Half or more of the members: what is left is no majority.
  const lost = state.pods.length > 0 && state.unwellPods.length * 2 >= state.pods.length;
  const logged = context.view.logs.find(
    ({ namespace, pod, text }) =>
      namespace === 'kube-system' &&
      /^etcd/.test(pod) &&
      /etcdserver: no leader|lost leader|no leader at term|failed to reach (?:the )?(?:peer|quorum)|is starting a new election/i.test(
        text.slice(-8000),
      ),
  );
  const witnesses: EvidenceDraft[] = [
    ...leaderless
      .slice(0, 2)
      .map((reading) => metric(context, state, reading, 'it has no leader (etcd_server_has_leader 0)')),
    ...(lost ? state.witnesses : []),
    ...failedChecks.slice(0, 2).map((failed) => fromFailedCheck(failed, now)),
    ...(logged === undefined
      ? []
      : [
          {
            kind: 'log' as const,
            source: `log of ${logged.namespace}/${logged.pod}`,
            at: logged.at,
            summary: `etcd's log speaks of elections or of no leader`,
            from: logged.text,
          },
        ]),
  ];
  const [first, ...more] = witnesses;
  if (first === undefined || (leaderless.length === 0 && !lost && failedChecks.length === 0)) return [];
  const observed =
    leaderless.length > 0
      ? 'no leader'
      : lost
        ? `${state.pods.length - state.unwellPods.length} of ${state.pods.length} members run`
        : "the API server's check of it fails";
  return [
    {
      code: 'etcd-no-quorum',
      object: state.object,
      summary: `etcd has no quorum: ${observed}. The API server can store nothing, and may answer nothing.`,
      cause: {
        path: 'members of the etcd cluster',
        observed,
        expected: 'a majority of members that reach each other, and a leader',
      },
      recommendation: {
        text: 'Bring back members until a majority runs (disk, certificates, network between members); restore from a backup only when that is impossible.',
      },
      support: [first, ...more],
      grounds: {
        basis: leaderless.length > 0 || lost ? 'stated' : 'likely',
        current: true,
        repeated: witnesses.length > 1,
      },
      pods: state.unwellPods.map(podKey),
      affects: apiServerRefs(context),
      explains: followers,
    },
  ];
}

function outOfSpace(context: AnalysisContext, state: ComponentState): readonly FindingDraft[] {
  const { observations, view } = context;
  const quota = readingsOf(observations, 'etcd_server_quota_backend_bytes').find(({ value }) => value > 1e6);
  const sizes = readingsOf(
    observations,
    /^etcd_mvcc_db_total_size_in_bytes$|^etcd_debugging_mvcc_db_total_size_in_bytes$|^apiserver_storage_(?:db_total_)?size_bytes$/,
  );
  const size = sizes.find(({ value }) => value > 1e6);
  const share = sizes.find(({ query, value }) => /quota/.test(query) && value > 0 && value <= 100);
  const shareOf = share === undefined ? undefined : share.value > 1.5 ? share.value / 100 : share.value;
  const limit = quota?.value ?? defaultQuotaBytes;
  const isFull =
    shareOf === undefined
      ? size !== undefined && quota !== undefined && size.value >= fullShare * limit
      : shareOf >= fullShare;
  const alarms = readingsOf(observations, /^etcd_server_alarms?$|etcd_.*nospace/i).filter(({ value }) => value > 0);
  const said = view.list('Event').find((event) => spaceExceeded.test(JSON.stringify(event).slice(0, 4000)));
  const logged = view.logs.find(
    ({ pod, text }) =>
      /^(?:etcd|kube-apiserver)/.test(pod) && /database space exceeded|alarm:NOSPACE|NOSPACE/.test(text.slice(-16_000)),
  );
  const evidence: EvidenceDraft[] = [
    ...(isFull && (share ?? size) !== undefined
      ? [
          metric(
            context,
            state,
            (share ?? size) as Reading,
            shareOf === undefined
              ? `database of ${sayBytes(size?.value ?? 0)}, quota ${sayBytes(limit)}`
              : `database at ${Math.round(shareOf * 100)} % of its quota`,
          ),
        ]
      : []),
    ...alarms.slice(0, 1).map((reading) => metric(context, state, reading, 'an alarm is raised')),
    ...(said === undefined
      ? []
      : [
          {
            kind: 'event' as const,
            source: `event ${said.metadata.namespace ?? ''}/${said.metadata.name}`,
            at: context.now,
            summary: 'A write was refused: etcdserver: mvcc: database space exceeded',
            from: said,
          },
        ]),
    ...(logged === undefined
      ? []
      : [
          {
            kind: 'log' as const,
            source: `log of ${logged.namespace}/${logged.pod}`,
            at: logged.at,
            summary: 'The log says that the database space is exceeded',
            from: logged.text,
          },
        ]),
  ];
  const [first, ...more] = evidence;
  // A database near its quota without an alarm or a refused write still works: that is for tomorrow.
  if (first === undefined || (evidence.length === 1 && first.kind === 'log')) return [];
  const observed =
    shareOf !== undefined && isFull
      ? `${Math.round(shareOf * 100)} % of its quota`
      : size !== undefined && isFull
        ? `${sayBytes(size.value)} of ${sayBytes(limit)}`
        : 'database space exceeded';
  const draft: FindingDraft = {
    code: 'etcd-space-exceeded',
    object: state.object,
    summary: `etcd has no space left: ${observed}. It refuses writes, so nothing in the cluster can be changed.`,
    cause: {
      path: '--quota-backend-bytes',
      observed,
      expected: `less than ${fullShare * 100} % of the quota, no alarm`,
    },
    recommendation: {
      text: 'Compact and defragment each member, disarm the NOSPACE alarm, and find what writes so much (events, leases, a controller in a loop); raise the quota only then.',
    },
    support: [first, ...more],
    grounds: { basis: 'stated', current: true, repeated: evidence.length > 1 },
    pods: [],
    affects: [...apiServerRefs(context), ...refusedFor(context, spaceExceeded)],
    explains: [...followers, 'rollout-stuck', 'service-no-ready-endpoints'],
  };
  return [withServices(context, draft)];
}

const spaceExceeded = /etcdserver: (?:mvcc: database space exceeded|no space)/;
const createReasons: ReadonlySet<string> = new Set(['FailedCreate', 'ReplicaSetCreateError']);

/** Workloads that lack pods because a write of their controller was answered like this. */
function refusedFor({ scope, view, now }: AnalysisContext, says: RegExp): readonly ObjectRef[] {
  const isTold = (object: WireObject) =>
    recordsAt(object, 'status', 'conditions').some(
      ({ record }) =>
        (record.type === 'ReplicaFailure' ? record.status === 'True' : record.reason === 'ReplicaSetCreateError') &&
        says.test((textAt(record, 'message') ?? '').slice(0, 4000)),
    ) || presentEvents(view, object, createReasons, now).some(({ message = '' }) => says.test(message.slice(0, 4000)));
  return [...scope.workloads, ...scope.list('ReplicaSet')]
    .filter(isTold)
    .flatMap((object) => [refOf(object), ...view.ownersOf(object).map(({ ref }) => ref)]);
}

function slow(context: AnalysisContext, state: ComponentState): readonly FindingDraft[] {
  const seconds = (metricName: string | RegExp, limit: number, what: string) =>
    readingsOf(context.observations, metricName)
      .filter(({ query, value }) => asksForSeconds(query) && value > limit)
      .slice(0, 1)
      .map((reading) => ({
        reading,
        observed: `${what} ${sayMs(reading.value)}`,
        expected: `less than ${sayMs(limit)}`,
      }));
  const signs = [
    ...seconds(/^etcd_disk_wal_fsync_duration_seconds/, slowFsyncSeconds, 'fsync of the log takes'),
    ...seconds(/^etcd_disk_backend_commit_duration_seconds/, slowCommitSeconds, 'a commit takes'),
    ...seconds(/^etcd_network_peer_round_trip_time_seconds/, slowPeerSeconds, 'a round trip between members takes'),
    ...seconds(/^etcd_request_duration_seconds/, 1, 'a request of the API server takes'),
  ];
  const [first, ...more] = signs;
  if (first === undefined) return [];
  return [
    {
      code: 'etcd-slow',
      object: state.object,
      summary: `etcd is slow: ${signs.map(({ observed }) => observed).join('; ')}. Every write of the API server waits for it.`,
      cause: {
        path: /disk/.test(first.reading.query) ? 'disk of the etcd members' : 'etcd',
        observed: first.observed,
        expected: first.expected,
      },
      recommendation: {
        text: 'Give etcd a fast disk of its own (SSD, no noisy neighbour), look at the network between members, and at what writes so much.',
      },
      support: [
        metric(context, state, first.reading, first.observed),
        ...more.map(({ reading, observed }) => metric(context, state, reading, observed)),
        ...state.pods.slice(0, 1).map(
          (pod): EvidenceDraft => ({
            kind: 'object',
            source: `Pod ${pod.metadata.name}`,
            object: refOf(pod),
            at: context.now,
            summary: `Pod ${pod.metadata.namespace}/${pod.metadata.name} is a member of etcd`,
            from: pod,
          }),
        ),
      ],
      grounds: { basis: 'stated', current: true, repeated: true },
      pods: [],
      affects: apiServerRefs(context),
      explains: followers,
    },
  ];
}

function apiServerRefs({ view, now }: AnalysisContext) {
  const state = componentState(view, 'kube-apiserver', now);
  return [state.object, ...state.pods.map(refOf)];
}

function metric(
  context: AnalysisContext,
  state: ComponentState,
  { query, series }: Reading,
  fact: string,
): EvidenceDraft {
  const who = series.labels.pod ?? series.labels.instance ?? 'etcd';
  return {
    kind: 'metric',
    source: `metrics: ${query.slice(0, 200)}`,
    object: state.object,
    at: context.now,
    summary: `etcd (${who}): ${fact}`,
    from: series,
  };
}
