import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { type Condition, conditionOf, containersOf } from '../../cluster/pod.ts';
import { isLivePod, readinessOf } from '../../cluster/pod-readiness.ts';
import { podSpecOf, podSpecPath } from '../../cluster/pod-spec.ts';
import { at, numberAt, parseTime, recordsAt, textAt } from '../../cluster/wire.ts';
import type { FindingDraft } from '../analysis.ts';
import { fromEvents, fromObject } from '../support.ts';
import { isAbsent } from './absence.ts';
import { eventReasons, sayCondition, targetOf } from './autoscaler-target.ts';
import { byName } from './service-map.ts';
import type { ServicePathContext } from './service-path-context.ts';

/** Metrics of new pods take this long to appear; the autoscaler complains meanwhile. */
const warmUpMs = 3 * 60_000;

/** `hpa-metrics-missing`: the container without a request first, then the API behind the metrics, then the metric itself. */
export function metricsMissing(context: ServicePathContext, scaler: WireObject): FindingDraft | undefined {
  const { view, now } = context;
  const active = conditionOf(scaler, 'ScalingActive');
  const target = targetOf(scaler);
  if (
    active?.status !== 'False' ||
    target === undefined ||
    !/^(?:FailedGet\w*Metric|InvalidMetricSourceType)$/.test(active.reason ?? '')
  )
    return undefined;
  const workload = target.ref === undefined ? undefined : view.get(target.ref);
  const pods = workload === undefined ? [] : view.podsOf(workload).filter(isLivePod).toSorted(byName);
  const without = workload === undefined ? undefined : withoutRequest(scaler, workload, pods);
  if (without === undefined && isWarmingUp(pods, now)) return undefined;
  const ref = refOf(scaler);
  const common = {
    code: 'hpa-metrics-missing' as const,
    object: ref,
    pods: [],
    affects: [ref, ...(target.ref === undefined ? [] : [target.ref])],
    since: active.since,
  };
  const events = fromEvents(view, scaler, eventReasons, 1);
  const condition = fromObject(scaler, now, sayCondition(active));
  if (without !== undefined && workload !== undefined) {
    const { resource, container, path, metric } = without;
    const [pod] = pods;
    return {
      ...common,
      summary: `${sayRef(ref)} cannot scale: it aims at a share of the requested ${resource}, and container ${container} of ${sayRef(refOf(workload))} requests none (${path}).`,
      cause: {
        path: `spec.metrics[${metric}].resource.name`,
        observed: `${resource}: container ${container} of ${sayRef(refOf(workload))} has no resources.requests.${resource}`,
        expected: `${path} of ${sayRef(refOf(workload))} set`,
      },
      recommendation: {
        text: `Set ${path} of ${sayRef(refOf(workload))}.`,
        values: { container, resource },
      },
      support: [
        condition,
        fromObject(workload, now, `container ${container} requests no ${resource}`),
        ...(pod === undefined ? [] : [fromObject(pod, now, `container ${container} requests no ${resource}`)]),
        ...events,
      ],
      grounds: { basis: 'stated', current: true, repeated: true },
    };
  }
  const api = metricsApi(active.reason ?? '', active.message ?? '');
  const service =
    api === undefined
      ? undefined
      : view.get({ apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', name: api });
  const unavailable = service !== undefined && conditionOf(service, 'Available')?.status === 'False';
  const unserved = api !== undefined && isAbsent(view, 'APIService', undefined, api);
  const metric = metricIndexOf(scaler, active.reason ?? '');
  return {
    ...common,
    summary: `${sayRef(ref)} cannot scale: it gets no metrics (${active.reason ?? ''}${api !== undefined && (unavailable || unserved) ? `; ${api} is ${unserved ? 'not installed' : 'not available'}` : ''}).`,
    cause: {
      path: metric === undefined ? 'spec.metrics' : `spec.metrics[${metric.index}]`,
      observed: `${metric?.name ?? active.reason ?? ''}: ${(active.message ?? 'no message').slice(0, 200)}`,
      expected: unserved
        ? `an API server extension that serves ${api} (metrics-server or an adapter)`
        : `readings of ${metric?.name ?? 'its metrics'} for ${target.kind} ${target.name}`,
    },
    support: [
      condition,
      ...(service === undefined
        ? []
        : [fromObject(service, now, sayCondition(conditionOf(service, 'Available') ?? emptyCondition))]),
      ...events,
    ],
    // When the API behind the metrics is down, that is the cause, and this is how it shows.
    grounds: unavailable
      ? { basis: 'inferred', current: false, repeated: false }
      : { basis: unserved ? 'stated' : 'likely', current: true, repeated: unserved || events.length > 0 },
  };
}

const emptyCondition: Condition = {
  type: 'Available',
  status: undefined,
  reason: undefined,
  message: undefined,
  since: undefined,
};

/** Pods that just came, or of which none is ready, have no readings yet: that is not the autoscaler's trouble. */
function isWarmingUp(pods: readonly WireObject[], now: number): boolean {
  if (pods.length === 0) return false;
  return pods.every((pod) => {
    const created = parseTime(pod.metadata.creationTimestamp);
    return readinessOf(pod) === false || (created !== undefined && now - created < warmUpMs);
  });
}

/** The API that a kind of metric is read from. */
function metricsApi(reason: string, message: string): string | undefined {
  if (/Resource/.test(reason) || /metrics\.k8s\.io/.test(message.replace(/(?:custom|external)\.metrics\.k8s\.io/g, '')))
    return 'v1beta1.metrics.k8s.io';
  if (/External/.test(reason)) return 'v1beta1.external.metrics.k8s.io';
  return /Pods|Object/.test(reason) ? 'v1beta1.custom.metrics.k8s.io' : undefined;
}

const sourceOfReason: Readonly<Record<string, string>> = {
  FailedGetResourceMetric: 'resource',
  FailedGetContainerResourceMetric: 'containerResource',
  FailedGetPodsMetric: 'pods',
  FailedGetObjectMetric: 'object',
  FailedGetExternalMetric: 'external',
};

function metricIndexOf(
  scaler: WireObject,
  reason: string,
): { readonly index: number; readonly name: string } | undefined {
  const field = Object.hasOwn(sourceOfReason, reason) ? sourceOfReason[reason] : undefined;
  if (field === undefined) return undefined;
  for (const { index, record } of recordsAt(scaler, 'spec', 'metrics')) {
    const name = textAt(record, field, 'name') ?? textAt(record, field, 'metric', 'name');
    if (name !== undefined) return { index, name };
  }
  return undefined;
}

/** The first container that requests none of the resource a share of which is aimed at: in the pods, where defaults of the namespace were filled in, else in the template. */
function withoutRequest(scaler: WireObject, workload: WireObject, pods: readonly WireObject[]) {
  for (const { index: metric, record } of recordsAt(scaler, 'spec', 'metrics')) {
    const isContainer = textAt(record, 'type') === 'ContainerResource';
    const source = at(record, isContainer ? 'containerResource' : 'resource');
    const resource = textAt(source, 'name');
    if (resource === undefined || numberAt(source, 'target', 'averageUtilization') === undefined) continue;
    const spec = at(pods[0], 'spec') ?? podSpecOf(workload);
    const named = isContainer ? textAt(source, 'container') : undefined;
    const found = containersOf(spec).find(({ list, index, name }) => {
      if (list !== 'containers' || (named !== undefined && name !== named)) return false;
      const container = recordsAt(spec, list).find((one) => one.index === index)?.record;
      // The API server fills in requests from limits.
      return (
        at(container, 'resources', 'requests', resource) === undefined &&
        at(container, 'resources', 'limits', resource) === undefined
      );
    });
    if (found === undefined) continue;
    const declared =
      containersOf(podSpecOf(workload)).find(({ name, list }) => name === found.name && list === 'containers') ?? found;
    const path = `${podSpecPath(workload.kind).join('.')}.containers[${declared.index}].resources.requests.${resource}`;
    return { resource, container: found.name, path, metric };
  }
  return undefined;
}
