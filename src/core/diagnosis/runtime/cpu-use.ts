import type { WireObject } from '../../cluster/object.ts';
import { conditionOf, containersOf, isTerminating, phaseOf } from '../../cluster/pod.ts';
import { parseQuantity } from '../../cluster/quantity.ts';
import { at, booleanAt } from '../../cluster/wire.ts';
import { isOfPresentTemplate } from '../../cluster/workload.ts';
import { type AnalysisContext, podKey } from '../analysis.ts';
import { containerOfSeries, type Reading, readingsOf } from './series.ts';

/** What was measured of the CPU of one running container. Amounts in cores. */
export type CpuUse = {
  readonly pod: WireObject;
  /** In the form that groups of cases need. */
  readonly status: { readonly name: string; readonly list: 'containers' };
  readonly limitCores: number | undefined;
  readonly limit: string | undefined;
  readonly requestCores: number | undefined;
  /** The share of scheduling periods in which the container was held back. */
  readonly throttled: Reading | undefined;
  readonly usage: Reading | undefined;
  /** Usage as a share of the limit, where a query asked for that. */
  readonly ofLimit: Reading | undefined;
};

const throttledMetric = 'container_cpu_cfs_throttled_periods_total';
const periodsMetric = 'container_cpu_cfs_periods_total';
const usageMetric = 'container_cpu_usage_seconds_total';
const limitMetric =
  /kube_pod_container_resource_limits|container_spec_cpu_quota|cpu:active:kube_pod_container_resource_limits/;
/** A reading older than this says nothing of now. */
const staleMs = 15 * 60_000;

/** The containers of the scope whose CPU was measured: pods that run now and are what their workload asks for. */
export function cpuUsesOf(context: AnalysisContext): readonly CpuUse[] {
  const { observations, scope, view, now } = context;
  const fresh = (readings: readonly Reading[]) => readings.filter((reading) => now - reading.at <= staleMs);
  const used = fresh(readingsOf(observations, usageMetric, 'counter'));
  const throttled = byContainer(throttledShares(context).filter((reading) => now - reading.at <= staleMs));
  const usage = byContainer(used.filter(({ shape }) => shape !== 'share'));
  const ofLimit = byContainer(used.filter(({ shape, query }) => shape === 'share' && limitMetric.test(query)));
  if (throttled.size + usage.size + ofLimit.size === 0) return [];
  return scope.pods.flatMap((pod) => {
    if (isTerminating(pod) || phaseOf(pod) !== 'Running') return [];
    const containers = containersOf(at(pod, 'spec')).filter(({ list }) => list === 'containers');
    return containers.flatMap(({ name, list, index }): CpuUse[] => {
      const find = (readings: ReadonlyMap<string, Reading>) =>
        readings.get(`${podKey(pod)}/${name}`) ??
        (containers.length === 1 ? readings.get(`${podKey(pod)}/`) : undefined);
      const found = { throttled: find(throttled), usage: find(usage), ofLimit: find(ofLimit) };
      if (Object.values(found).every((reading) => reading === undefined)) return [];
      const declared = at(pod, 'spec', list, index);
      const limit = at(declared, 'resources', 'limits', 'cpu');
      const limitCores = parseQuantity(limit);
      const asToday = (template: readonly { readonly name: string }[]) => template.some((other) => other.name === name);
      if (!isOfPresentTemplate(view, pod, asToday)) return [];
      return [
        {
          pod,
          status: { name, list: 'containers' },
          limitCores,
          limit: limitCores === undefined ? undefined : String(limit),
          requestCores: parseQuantity(at(declared, 'resources', 'requests', 'cpu')) ?? limitCores,
          ...found,
        },
      ];
    });
  });
}

/** Shares as asked for, or computed from the two counters where both were asked for in the same unit. */
function throttledShares({ observations }: AnalysisContext): readonly Reading[] {
  const all = readingsOf(observations, throttledMetric, 'counter');
  const shares = all.filter(
    ({ shape, query, value }) => shape === 'share' && query.includes(periodsMetric) && value <= 1.01,
  );
  const periods = byContainer(
    readingsOf(observations, periodsMetric, 'counter').filter(
      ({ shape, query }) => shape !== 'share' && !query.includes(throttledMetric),
    ),
  );
  const computed = all.flatMap((reading): Reading[] => {
    const key = keyOf(reading);
    const whole = reading.shape === 'share' || key === undefined ? undefined : periods.get(key);
    if (whole === undefined || whole.value <= 0) return [];
    const share = reading.value / whole.value;
    return share > 1.01 ? [] : [{ ...reading, shape: 'share', value: share, values: [share] }];
  });
  return [...shares, ...computed];
}

function keyOf({ labels }: Reading): string | undefined {
  const one = containerOfSeries(labels);
  return one === undefined ? undefined : `${one.namespace}/${one.pod}/${one.container ?? ''}`;
}

// Of several queries about one container the newest answer stands; of equal ones the largest.
function byContainer(readings: readonly Reading[]): ReadonlyMap<string, Reading> {
  const found = new Map<string, Reading>();
  for (const reading of readings) {
    const key = keyOf(reading);
    if (key === undefined) continue;
    const known = found.get(key);
    if (known === undefined || reading.at > known.at || (reading.at === known.at && reading.value > known.value))
      found.set(key, reading);
  }
  return found;
}

/** Allocatable cores of the largest node that takes pods. */
export function largestNodeCores({ view }: Pick<AnalysisContext, 'view'>): number | undefined {
  const amounts = view
    .list('Node')
    .filter(
      (node) => booleanAt(node, 'spec', 'unschedulable') !== true && conditionOf(node, 'Ready')?.status !== 'False',
    )
    .flatMap((node) => parseQuantity(at(node, 'status', 'allocatable', 'cpu')) ?? []);
  return amounts.length === 0 ? undefined : Math.max(...amounts);
}

/** Cores that the scheduler sets aside for the pod's other containers. */
export function coresOfOthers(pod: WireObject, container: string): number {
  return containersOf(at(pod, 'spec'))
    .filter(({ name, list }) => list === 'containers' && name !== container)
    .map(({ list, index }) => at(pod, 'spec', list, index, 'resources'))
    .reduce<number>(
      (sum, resources) =>
        sum + (parseQuantity(at(resources, 'requests', 'cpu')) ?? parseQuantity(at(resources, 'limits', 'cpu')) ?? 0),
      0,
    );
}
