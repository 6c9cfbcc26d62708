import type { ClusterEvent } from '../../cluster/cluster-event.ts';
import { sayRef, type WireObject } from '../../cluster/object.ts';
import { conditionOf, containerStatusesOf, isTerminating, phaseOf } from '../../cluster/pod.ts';
import { at, isRecord, parseTime } from '../../cluster/wire.ts';
import { type Workload, workloadOf } from '../../cluster/workload.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { groupBy } from '../group-by.ts';
import { answersAbout } from '../observations.ts';
import { fromEvent, oneLine } from '../present-events.ts';
import { liveTermination } from '../restarts.ts';
import { eventsWith, fromObject } from '../support.ts';
import { declaredContainerOf } from './declared-container.ts';

const unhealthy: ReadonlySet<string> = new Set(['Unhealthy']);
const recentChangeMs = 10 * 60_000;
const recentEventMs = 10 * 60_000;
/** A pod needs a while to become ready for the first time; failures before that are noise. */
const startUpMs = 3 * 60_000;
const leastFailures = 3;
const leastChanges = 3;

type Case = {
  readonly pod: WireObject;
  readonly workload: Workload;
  readonly container: string;
  readonly event: ClusterEvent | undefined;
  readonly changes: number;
  readonly readySince: number;
};

/**
 * `readiness-flapping`: a pod turns ready and not ready again and again: it turned lately, long after it started, without a restart, and its readiness probe has failed
 * several times since it came up; or its readiness was recorded and changed several times.
 */
export function findReadinessFlapping(context: AnalysisContext): readonly FindingDraft[] {
  const changes = recordedChanges(context);
  const cases = context.scope.pods.flatMap((pod) => caseOf(context, pod, changes.get(podKey(pod)) ?? 0));
  return groupBy(cases, ({ workload, container }) => `${sayRef(workload.ref)}\n${container}`).map((group) =>
    draft(context, group),
  );
}

function caseOf({ view, now }: AnalysisContext, pod: WireObject, changes: number): readonly Case[] {
  if (phaseOf(pod) !== 'Running' || isTerminating(pod)) return [];
  const ready = conditionOf(pod, 'Ready');
  if (ready?.since === undefined || now - ready.since > recentChangeMs) return [];
  const since = ready.since;
  const running = containerStatusesOf(pod).filter(({ list }) => list === 'containers');
  return running.flatMap((status): Case[] => {
    const { state } = status;
    if (
      state.is !== 'running' ||
      state.startedAt === undefined ||
      liveTermination(status, now, { single: true }) !== undefined
    )
      return [];
    const { startedAt } = state;
    const spec = declaredContainerOf({ ref: { apiVersion: 'v1', kind: 'Pod', name: '' }, object: pod }, pod, status);
    if (!isRecord(at(spec.record, 'readinessProbe')) || since - startedAt < startUpMs) return [];
    const event = eventsWith(view, pod, unhealthy).find(
      ({ object, message, last, first, count }) =>
        message?.startsWith('Readiness probe ') === true &&
        speaksOf(object, status.name) &&
        last !== undefined &&
        now - last <= recentEventMs &&
        count >= leastFailures &&
        // Failing since it started is not flapping but never having been ready.
        first !== undefined &&
        first - startedAt >= startUpMs,
    );
    const flaps = changes >= leastChanges || (ready.status === 'True' && event !== undefined);
    return flaps
      ? [{ pod, workload: workloadOf(view, pod), container: status.name, event, changes, readySince: since }]
      : [];
  });
}

function speaksOf(event: WireObject, container: string): boolean {
  const path = at(event, 'involvedObject', 'fieldPath') ?? at(event, 'regarding', 'fieldPath');
  return typeof path !== 'string' || path === '' || path.endsWith(`{${container}}`);
}

/** How often the recorded readiness of pods changed, by pod key. Source: kube_pod_status_ready{condition="true"} of kube-state-metrics, as a range. */
function recordedChanges({ observations }: AnalysisContext): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { query, series } of answersAbout(observations, 'kube_pod_status_ready')) {
    for (const { labels, points } of series) {
      if (labels.condition !== undefined && labels.condition !== 'true') continue;
      const key = `${labels.exported_namespace ?? labels.namespace ?? ''}/${labels.exported_pod ?? labels.pod ?? ''}`;
      const counted = /\bchanges\s*\(/.test(query)
        ? (points.at(-1)?.value ?? 0)
        : points.slice(1).filter(({ value }, index) => value !== points[index]?.value).length;
      if (Number.isFinite(counted)) found.set(key, Math.max(found.get(key) ?? 0, counted));
    }
  }
  return found;
}

function draft({ now, observations }: AnalysisContext, group: readonly [Case, ...Case[]]): FindingDraft {
  const [first] = group;
  const { workload, container, pod } = first;
  const { path } = declaredContainerOf(workload, pod, { list: 'containers', name: container });
  const failures = group.reduce((sum, { event }) => sum + (event?.count ?? 0), 0);
  const events = group.flatMap(({ pod: one, event }) => (event === undefined ? [] : [fromEvent(event, one)]));
  const changes = Math.max(...group.map((one) => one.changes));
  const said = first.event?.message === undefined ? '' : `: ${oneLine(first.event.message, 160)}`;
  const after = group.some(({ event, readySince }) => (event?.last ?? 0) > readySince);
  const query = answersAbout(observations, 'kube_pod_status_ready')[0];
  const starts = group.flatMap(({ event }) => event?.first ?? []);
  return {
    code: 'readiness-flapping',
    object: workload.ref,
    summary: `${group.length === 1 ? `Pod ${pod.metadata.name}` : `${group.length} pods`} of ${sayRef(workload.ref)} turn ready and not ready again and again${said}.`,
    cause: {
      path: `${path}.readinessProbe`,
      observed: `${failures > 0 ? `failed ${failures} times since it came up` : `ready changed ${changes} times`}, last turn at ${new Date(first.readySince).toISOString()}`,
      expected: 'a process that answers its readiness probe all the time',
    },
    support: [
      fromObject(
        pod,
        now,
        `Ready since ${new Date(first.readySince).toISOString()}, container ${container} runs without a restart since long before (created ${pod.metadata.creationTimestamp ?? 'at a time not known'})`,
      ),
      ...events.slice(0, 2),
      ...(changes < leastChanges || query === undefined
        ? []
        : [
            {
              kind: 'metric' as const,
              source: query.query.slice(0, 200),
              at: now,
              summary: `Readiness of pod ${podKey(pod)} changed ${changes} times.`,
              from: query,
            },
          ]),
    ],
    grounds: {
      basis: after || changes >= leastChanges ? 'stated' : 'likely',
      current: true,
      repeated: failures >= leastFailures || group.length > 1 || changes >= leastChanges,
    },
    pods: group.map((one) => podKey(one.pod)),
    since: starts.length === 0 ? parseTime(pod.metadata.creationTimestamp) : Math.min(...starts),
  };
}
