import { sayRef, type WireObject } from '../../cluster/object.ts';
import { conditionOf } from '../../cluster/pod.ts';
import { readinessOf } from '../../cluster/pod-readiness.ts';
import { matchesLabelMap } from '../../cluster/selector.ts';
import { publishesNotReady } from '../../cluster/service-endpoints.ts';
import { refKey } from '../../cluster/topology.ts';
import { numberAt, parseTime } from '../../cluster/wire.ts';
import { workloadOf } from '../../cluster/workload.ts';
import { type FindingDraft, podKey } from '../analysis.ts';
import { fromObject } from '../support.ts';
import type { ServiceFacts } from './service-map.ts';
import { type ServicePathContext, usersOf } from './service-path-context.ts';

/** Pods take this long to start without anything being wrong. */
const startUpMs = 60_000;

/**
 * `service-no-ready-endpoints`: a Service whose labels are right leads nowhere, because none of its pods is ready or none exists. A symptom: what keeps the
 * pods from being ready explains it, so it stays below `high` unless nothing but a readiness gate holds them back.
 */
export function findNoReadyEndpoints(context: ServicePathContext): readonly FindingDraft[] {
  const found = context.scope.list('Service').flatMap((service) => {
    const facts = context.services.of(service);
    if (facts.selector === undefined || service.metadata.deletionTimestamp !== undefined) return [];
    if (publishesNotReady(service) || facts.endpoints.ready > 0) return [];
    const draft = facts.pods.length > 0 ? noneReady(context, facts) : noneThere(context, facts);
    return draft === undefined ? [] : [{ facts, draft }];
  });
  // Whose pods call a Service that is as empty is the more likely to suffer from that one.
  return found.map(({ facts, draft }) => {
    const own = new Set((draft.affects ?? []).map(refKey));
    const waits = found.some(
      (other) =>
        other.facts !== facts && other.facts.callers.some((caller) => own.has(refKey(caller)) && !calls(facts, caller)),
    );
    return waits ? { ...draft, grounds: { ...draft.grounds, basis: 'inferred' as const } } : draft;
  });
}

/** Whether somebody is a caller of this very Service, and stands among those it affects for that reason. */
function calls(facts: ServiceFacts, caller: FindingDraft['object']): boolean {
  return facts.callers.some((one) => refKey(one) === refKey(caller));
}

function noneReady(context: ServicePathContext, facts: ServiceFacts): FindingDraft | undefined {
  const { now } = context;
  const { pods, ref, service, endpoints } = facts;
  if (!pods.every((pod) => readinessOf(pod) === false)) return undefined;
  const ages = pods.flatMap((pod) => parseTime(pod.metadata.creationTimestamp) ?? []);
  if (ages.length === pods.length && ages.every((created) => now - created < startUpMs)) return undefined;
  const gated = pods.every(isHeldByGate);
  const [first] = pods;
  const since = pods.flatMap((pod) => conditionOf(pod, 'Ready')?.since ?? []);
  const why = gated ? 'its containers are ready, a readiness gate is not' : conditionOf(first, 'Ready')?.reason;
  return {
    code: 'service-no-ready-endpoints',
    object: ref,
    summary: `${sayRef(ref)} has no ready endpoint: ${pods.length === 1 ? 'the only pod it selects is not ready' : `none of the ${pods.length} pods it selects is ready`}${why === undefined ? '' : ` (${why})`}.`,
    cause: {
      path: 'spec.selector',
      observed: `0 of ${pods.length} selected ${pods.length === 1 ? 'pod' : 'pods'} ready`,
      expected: 'at least one ready pod',
    },
    support: [
      fromObject(
        service,
        now,
        pods.length === 1 ? 'it selects 1 pod, which is not ready' : `it selects ${pods.length} pods, none is ready`,
      ),
      ...pods.slice(0, 2).map((pod) => fromObject(pod, now, sayPod(pod))),
      ...endpoints.objects
        .slice(0, 1)
        .map((object) => fromObject(object, now, `0 ready endpoints, ${endpoints.notReady} others`)),
      ...context.failures
        .to(service)
        .slice(0, 1)
        .map(({ evidence }) => evidence),
    ],
    grounds: {
      basis: gated ? 'stated' : 'likely',
      current: true,
      repeated: pods.length > 1 || endpoints.objects.length > 0,
    },
    pods: pods.map(podKey),
    affects: [...usersOf(facts), ...pods.slice(0, 50).map((pod) => workloadOf(context.view, pod).ref)],
    since: since.length === 0 ? undefined : Math.max(...since.slice(0, 1000)),
  };
}

function isHeldByGate(pod: WireObject): boolean {
  return (
    conditionOf(pod, 'ContainersReady')?.status === 'True' &&
    conditionOf(pod, 'Ready')?.reason === 'ReadinessGatesNotReady'
  );
}

function sayPod(pod: WireObject): string {
  const ready = conditionOf(pod, 'Ready');
  return `not ready${ready?.reason === undefined ? '' : ` (${ready.reason})`}${ready?.message === undefined ? '' : `: ${ready.message.slice(0, 200)}`}`;
}

/** The labels fit a workload that wants pods and has none: something keeps them from being made. */
function noneThere(context: ServicePathContext, facts: ServiceFacts): FindingDraft | undefined {
  const { now, view } = context;
  const { ref, service, selector, endpoints } = facts;
  if (facts.selectsAny || endpoints.notReady > 0) return undefined;
  const namespace = service.metadata.namespace ?? '';
  const makers = context.services
    .workloadsIn(namespace)
    .filter(({ labels, object }) => object.kind !== 'Pod' && matchesLabelMap(selector, labels));
  const [maker] = makers.filter(
    ({ object }) => (numberAt(object, 'spec', 'replicas') ?? 1) > 0 && object.kind !== 'DaemonSet',
  );
  if (maker === undefined) return undefined;
  const isKnown = view.hasAll('Pod', namespace) || endpoints.objects.length > 0;
  const wanted = numberAt(maker.object, 'spec', 'replicas') ?? 1;
  const there = numberAt(maker.object, 'status', 'replicas');
  // A status that counts pods which were not read says that the view is incomplete, not that there are none.
  if (!isKnown || (there ?? 0) > 0 || !isRecordedStatus(maker.object)) return undefined;
  return {
    code: 'service-no-ready-endpoints',
    object: ref,
    summary: `${sayRef(ref)} has no endpoint: ${sayRef(maker.ref)} wants ${wanted} ${wanted === 1 ? 'pod' : 'pods'} and has none.`,
    cause: {
      path: 'spec.selector',
      observed: 'no pod',
      expected: `${wanted} ${wanted === 1 ? 'pod' : 'pods'} of ${sayRef(maker.ref)}`,
    },
    support: [
      fromObject(service, now, 'no pod has its labels'),
      fromObject(maker.object, now, `${wanted} ${wanted === 1 ? 'pod' : 'pods'} wanted, ${there ?? 0} there`),
      ...endpoints.objects.slice(0, 1).map((object) => fromObject(object, now, 'no endpoint')),
    ],
    grounds: { basis: 'likely', current: true, repeated: endpoints.objects.length > 0 },
    pods: [],
    affects: [...usersOf(facts), maker.ref],
  };
}

function isRecordedStatus(object: WireObject): boolean {
  return 'status' in object && numberAt(object, 'status', 'observedGeneration') !== undefined;
}
