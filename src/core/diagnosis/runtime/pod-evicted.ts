import { sayRef, type WireObject } from '../../cluster/object.ts';
import { conditionOf, containersOf, isTerminating, phaseOf } from '../../cluster/pod.ts';
import { podSpecOf, podSpecPath } from '../../cluster/pod-spec.ts';
import { at, numberAt, parseTime, recordsAt, textAt, timeAt } from '../../cluster/wire.ts';
import { containerPath, type Workload, workloadOf } from '../../cluster/workload.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { groupBy } from '../group-by.ts';
import { oneLine } from '../present-events.ts';
import { fromEvents, fromObject } from '../support.ts';

const eventReasons: ReadonlySet<string> = new Set(['Evicted', 'EvictionThresholdMet', 'ExceededGracePeriod']);
/** Pods that were evicted lie around until they are collected: an old one is history. */
const recentMs = 60 * 60_000;
const recurringMs = 30 * 60_000;

/**
 * Why a kubelet evicted a pod, by the formats of `pkg/kubelet/eviction/helpers.go`. The message is the only place that says it. Names in it are checked against the
 * pod's own spec, and each format is anchored, so that a name cannot choose another.
 */
type Why =
  | { readonly is: 'container-limit'; readonly container: string }
  | { readonly is: 'pod-limit' }
  | { readonly is: 'empty-dir-limit'; readonly volume: string }
  | { readonly is: 'node-low'; readonly resource: string; readonly container: string | undefined }
  | { readonly is: 'other' };

type Case = {
  readonly pod: WireObject;
  readonly workload: Workload;
  readonly why: Why;
  readonly at: number | undefined;
};

/** `pod-evicted`: pods of a workload are evicted by the kubelet, and it still suffers from it: it lacks pods, or it happens again and again. */
export function findEvictedPods(context: AnalysisContext): readonly FindingDraft[] {
  const { view, scope, now } = context;
  const cases = scope.pods.flatMap((pod): Case[] => {
    if (isTerminating(pod) || phaseOf(pod) !== 'Failed' || textAt(pod, 'status', 'reason') !== 'Evicted') return [];
    const evictedAt = whenEvicted(context, pod);
    if (evictedAt === undefined || now - evictedAt > recentMs) return [];
    return [{ pod, workload: workloadOf(view, pod), why: readWhy(pod), at: evictedAt }];
  });
  return groupBy(cases, ({ workload, why }) => `${sayRef(workload.ref)}\n${keyOf(why)}`).flatMap((group) => {
    const [newest] = group.toSorted((a, b) => (b.at ?? 0) - (a.at ?? 0));
    const recurring = group.filter(({ at: when }) => when !== undefined && now - when <= recurringMs).length >= 2;
    return newest === undefined || !(recurring || suffers(context, newest.workload, newest.at))
      ? []
      : [draft(context, newest, group, recurring)];
  });
}

function whenEvicted({ view }: AnalysisContext, pod: WireObject): number | undefined {
  const ends = recordsAt(pod, 'status', 'containerStatuses').flatMap(
    ({ record }) => timeAt(record, 'state', 'terminated', 'finishedAt') ?? [],
  );
  const events = view.eventsAbout(pod).flatMap(({ reason, last }) => (reason === 'Evicted' ? (last ?? []) : []));
  const disrupted = conditionOf(pod, 'DisruptionTarget')?.since;
  const all = [...ends, ...events, ...(disrupted === undefined ? [] : [disrupted])];
  if (all.length > 0) return Math.max(...all);
  return timeAt(pod, 'status', 'startTime') ?? parseTime(pod.metadata.creationTimestamp);
}

/** Nobody makes a bare pod again; a workload suffers while it has fewer good pods than it wants. */
function suffers({ view }: AnalysisContext, { ref, object }: Workload, since: number | undefined): boolean {
  if (ref.kind === 'Pod') return true;
  if (object === undefined) return false;
  if (object.kind === 'Job' || object.kind === 'CronJob')
    return view
      .podsOf(object)
      .every((pod) => phaseOf(pod) !== 'Succeeded' || (parseTime(pod.metadata.creationTimestamp) ?? 0) < (since ?? 0));
  const [wanted, good] =
    object.kind === 'DaemonSet'
      ? [numberAt(object, 'status', 'desiredNumberScheduled'), numberAt(object, 'status', 'numberReady')]
      : [numberAt(object, 'spec', 'replicas') ?? 1, goodReplicas(object)];
  const known = at(object, 'status') !== undefined;
  return known && (good ?? 0) < (wanted ?? 0);
}

// The API server leaves out a count of zero.
function goodReplicas(workload: WireObject): number {
  const count = (field: string) => numberAt(workload, 'status', field) ?? 0;
  return Math.max(count('readyReplicas'), count('availableReplicas'));
}

function readWhy(pod: WireObject): Why {
  const message = (textAt(pod, 'status', 'message') ?? '').slice(0, 4000);
  const containers = containersOf(at(pod, 'spec'));
  const named = (name: string | undefined) => containers.find((container) => container.name === name)?.name;
  const ownLimit = /^Container (\S{1,63}) exceeded its local ephemeral storage limit /.exec(message);
  const container = named(ownLimit?.[1]);
  if (container !== undefined) return { is: 'container-limit', container };
  if (/^Pod ephemeral local storage usage exceeds the total limit of containers /.test(message))
    return { is: 'pod-limit' };
  const emptyDir = /^Usage of EmptyDir volume "([^"]{1,63})" exceeds the limit /.exec(message)?.[1];
  if (emptyDir !== undefined && recordsAt(pod, 'spec', 'volumes').some(({ record }) => record.name === emptyDir))
    return { is: 'empty-dir-limit', volume: emptyDir };
  const low = /^The node was low on resource: ([a-z][a-z0-9./-]{0,60}[a-z0-9])\b/.exec(message)?.[1];
  if (low !== undefined)
    return { is: 'node-low', resource: low, container: named(/\. Container (\S{1,63}) was using /.exec(message)?.[1]) };
  const condition = /^The node had condition: \[([A-Za-z, ]{1,100})\]/.exec(message)?.[1];
  return condition === undefined
    ? { is: 'other' }
    : {
        is: 'node-low',
        resource: condition.includes('Memory') ? 'memory' : condition.includes('PID') ? 'pids' : 'ephemeral-storage',
        container: undefined,
      };
}

function keyOf(why: Why): string {
  switch (why.is) {
    case 'container-limit':
      return `${why.is} ${why.container}`;
    case 'empty-dir-limit':
      return `${why.is} ${why.volume}`;
    case 'node-low':
      return `${why.is} ${why.resource}`;
    case 'pod-limit':
    case 'other':
      return why.is;
    default:
      return why satisfies never;
  }
}

function draft(
  context: AnalysisContext,
  newest: Case,
  group: readonly [Case, ...Case[]],
  recurring: boolean,
): FindingDraft {
  const { view, now } = context;
  const { pod, workload, why } = newest;
  const { path, limit, what, expected } = causeOf(pod, workload, why);
  const node = textAt(pod, 'spec', 'nodeName');
  const count = group.length === 1 ? `pod ${pod.metadata.name} was` : `${group.length} pods were`;
  const times = group.flatMap(({ at: when }) => when ?? []);
  const replacements = workload.object === undefined ? [] : view.podsOf(workload.object);
  const bad = replacements.filter(
    (one) => !isTerminating(one) && phaseOf(one) !== 'Failed' && conditionOf(one, 'Ready')?.status !== 'True',
  );
  const isOwnFault = why.is === 'container-limit' || why.is === 'pod-limit' || why.is === 'empty-dir-limit';
  return {
    code: 'pod-evicted',
    object: workload.ref,
    summary: `${count} evicted of ${sayRef(workload.ref)}${node === undefined ? '' : ` from node ${node}`}: ${what}.`,
    cause: { path, observed: limit, expected },
    support: [
      fromObject(pod, now, `Failed, Evicted: ${oneLine(textAt(pod, 'status', 'message') ?? 'no message', 300)}`),
      ...group
        .filter((one) => one !== newest)
        .slice(0, 2)
        .map((one) => fromObject(one.pod, now, 'Failed, Evicted')),
      ...group.flatMap((one) => fromEvents(view, one.pod, eventReasons, 1)).slice(0, 1),
    ],
    grounds: {
      basis: isOwnFault ? 'stated' : why.is === 'node-low' ? 'likely' : 'inferred',
      current: true,
      repeated: recurring || group.length > 1,
    },
    pods: [...new Set([...group.map((one) => podKey(one.pod)), ...bad.map(podKey)])],
    since: times.length === 0 ? undefined : Math.min(...times),
  };
}

function causeOf(
  pod: WireObject,
  workload: Workload,
  why: Why,
): { path: string; limit: string; what: string; expected: string } {
  const spec = workload.object === undefined ? at(pod, 'spec') : (podSpecOf(workload.object) ?? at(pod, 'spec'));
  const base = podSpecPath(workload.ref.kind).join('.');
  const containers = containersOf(spec);
  const place = (name: string | undefined) => {
    const found =
      containers.find((container) => container.name === name) ?? containers.find(({ list }) => list === 'containers');
    return found === undefined
      ? { path: `${base}.containers`, record: undefined }
      : { path: containerPath(workload.ref.kind, found), record: at(spec, found.list, found.index) };
  };
  switch (why.is) {
    case 'container-limit': {
      const { path, record } = place(why.container);
      const limit = quantity(record, 'limits', 'ephemeral-storage');
      return {
        path: `${path}.resources.limits.ephemeral-storage`,
        limit,
        what: `container ${why.container} used more local storage than its limit of ${limit}`,
        expected: 'a limit that fits what the container writes, or a volume for it',
      };
    }
    case 'pod-limit': {
      const { path, record } = place(undefined);
      const limit = quantity(record, 'limits', 'ephemeral-storage');
      return {
        path: `${path}.resources.limits.ephemeral-storage`,
        limit,
        what: 'it used more local storage than its containers may together',
        expected: 'limits that fit what the containers write, or a volume for it',
      };
    }
    case 'empty-dir-limit': {
      const index = recordsAt(spec, 'volumes').find(({ record }) => record.name === why.volume);
      const limit = quantityText(at(index?.record, 'emptyDir', 'sizeLimit'));
      return {
        path: `${base}.volumes[${index?.index ?? 0}].emptyDir.sizeLimit`,
        limit,
        what: `its emptyDir ${why.volume} grew beyond its limit of ${limit}`,
        expected: 'a limit that fits what is written there',
      };
    }
    case 'node-low': {
      const { path, record } = place(why.container);
      const resource = why.resource === 'memory' ? 'memory' : 'ephemeral-storage';
      const request = quantity(record, 'requests', resource);
      const who = why.container === undefined ? '' : `, and container ${why.container} used more than it requests`;
      return {
        path: `${path}.resources.requests.${resource}`,
        limit: request,
        what: `the node was low on ${why.resource}${who}`,
        expected: `a request that fits what it uses, so that it runs where there is enough ${why.resource}`,
      };
    }
    case 'other':
      return {
        path: `${base}.containers`,
        limit: 'Evicted',
        what: 'the kubelet does not say why',
        expected: 'pods that are not evicted',
      };
    default:
      return why satisfies never;
  }
}

function quantity(record: unknown, kind: 'limits' | 'requests', resource: string): string {
  return quantityText(at(record, 'resources', kind, resource));
}

function quantityText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, 40) : 'not set';
}
