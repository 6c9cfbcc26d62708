import { exactQuantity, formatBytes } from './quantity.ts';
import { at, isRecord, listAt, recordsAt, textAt, type WireRecord } from './wire.ts';

/** Amounts by resource name, in the unit the scheduler counts in: thousandths of a core for `cpu`, bytes, or whole pieces. */
export type Amounts = ReadonlyMap<string, number>;

/** Reads quantities. Keeps what it has read: a cluster writes the same few quantities thousands of times. */
export type ReadAmount = (resource: string, quantity: unknown) => number | undefined;

const nanosPerMilli = 10n ** 6n;
const nanosPerUnit = 10n ** 9n;

/** Makes a reader of quantities. What is finer than the unit is rounded up, as the scheduler does. Undefined for what is no quantity. */
export function createReadAmount(): ReadAmount {
  const milli = new Map<string, number | undefined>();
  const whole = new Map<string, number | undefined>();
  return (resource, quantity) => {
    const text = typeof quantity === 'number' ? String(quantity) : quantity;
    if (typeof text !== 'string') return undefined;
    const isCpu = isCpuName(resource);
    const known = isCpu ? milli : whole;
    if (known.has(text)) return known.get(text);
    const nanos = exactQuantity(text);
    const amount = nanos === null ? undefined : divideUp(nanos, isCpu ? nanosPerMilli : nanosPerUnit);
    known.set(text, amount);
    return amount;
  };
}

function divideUp(nanos: bigint, unit: bigint): number {
  return Number(nanos > 0n ? (nanos + unit - 1n) / unit : nanos / unit);
}

// Quotas speak of `requests.cpu` and `limits.cpu`, everything else of `cpu`.
function isCpuName(resource: string): boolean {
  return resource === 'cpu' || resource === 'requests.cpu' || resource === 'limits.cpu';
}

/** An amount as people write it in an object: 1500 of cpu → `1500m`, 2147483648 of memory → `2Gi`, 3 of pods → `3`. */
export function sayAmount(resource: string, amount: number): string {
  if (isCpuName(resource)) return amount % 1000 === 0 ? String(amount / 1000) : `${amount}m`;
  if (/(^|[./])(memory|storage|ephemeral-storage)$|^(requests\.)?hugepages-/.test(resource)) return formatBytes(amount);
  return String(amount);
}

type Kind = 'requests' | 'limits';

/** Requests or limits of one container. A request that is not set is its limit, as the API server fills it in. */
export function containerAmounts(container: unknown, kind: Kind, read: ReadAmount): Map<string, number> {
  const amounts = new Map<string, number>();
  const sources = kind === 'requests' ? (['limits', 'requests'] as const) : (['limits'] as const);
  for (const source of sources) {
    const quantities = at(container, 'resources', source);
    if (!isRecord(quantities)) continue;
    for (const [resource, quantity] of Object.entries(quantities)) {
      const amount = read(resource, quantity);
      if (amount !== undefined) amounts.set(resource, amount);
    }
  }
  return amounts;
}

/** An init container that keeps running beside the main ones. */
export function isSidecar(container: WireRecord): boolean {
  return textAt(container, 'restartPolicy') === 'Always';
}

/**
 * What a pod asks for, or is limited to, as a whole (KEP-753 and `PodRequests` of component-helpers): the larger of its containers together with
 * its sidecars, and of each init container together with the sidecars started before it; then what `spec.resources` says for the whole pod, then `spec.overhead`.
 *
 * Limits: only resources that some container limits; a container without a limit counts as nothing, as quotas count it.
 */
export function podAmounts(podSpec: unknown, kind: Kind, read: ReadAmount): Map<string, number> {
  const total = new Map<string, number>();
  for (const { record } of recordsAt(podSpec, 'containers')) addAll(total, containerAmounts(record, kind, read));
  const sidecars = new Map<string, number>();
  const initial = new Map<string, number>();
  for (const { record } of recordsAt(podSpec, 'initContainers')) {
    const own = containerAmounts(record, kind, read);
    if (isSidecar(record)) {
      addAll(sidecars, own);
      raiseTo(initial, sidecars);
    } else {
      addAll(own, sidecars);
      raiseTo(initial, own);
    }
  }
  addAll(total, sidecars);
  raiseTo(total, initial);
  const whole = containerAmounts({ resources: at(podSpec, 'resources') }, kind, read);
  for (const [resource, amount] of whole) total.set(resource, amount);
  const overhead = at(podSpec, 'overhead');
  if (isRecord(overhead)) {
    for (const [resource, quantity] of Object.entries(overhead)) {
      const amount = read(resource, quantity) ?? 0;
      if (kind === 'requests' || total.has(resource)) total.set(resource, (total.get(resource) ?? 0) + amount);
    }
  }
  return total;
}

/** Adds what a pod requests to a sum. Of most pods that is what their containers say, which is added without a sum of its own: this runs for every pod of a cluster. */
export function addRequests(sum: Map<string, number>, podSpec: unknown, read: ReadAmount): void {
  const isPlain = ['initContainers', 'resources', 'overhead'].every((field) => at(podSpec, field) === undefined);
  if (!isPlain) {
    addAll(sum, podAmounts(podSpec, 'requests', read));
    return;
  }
  for (const container of listAt(podSpec, 'containers')) {
    const requests = at(container, 'resources', 'requests');
    const limits = at(container, 'resources', 'limits');
    if (isRecord(requests)) addQuantities(sum, requests, undefined, read);
    if (isRecord(limits)) addQuantities(sum, limits, isRecord(requests) ? requests : undefined, read);
  }
}

function addQuantities(
  sum: Map<string, number>,
  quantities: WireRecord,
  except: WireRecord | undefined,
  read: ReadAmount,
): void {
  for (const resource of Object.keys(quantities)) {
    if (except !== undefined && Object.hasOwn(except, resource)) continue;
    const amount = read(resource, quantities[resource]);
    if (amount !== undefined) sum.set(resource, (sum.get(resource) ?? 0) + amount);
  }
}

function addAll(to: Map<string, number>, amounts: Amounts): void {
  for (const [resource, amount] of amounts) to.set(resource, (to.get(resource) ?? 0) + amount);
}

function raiseTo(to: Map<string, number>, amounts: Amounts): void {
  for (const [resource, amount] of amounts) to.set(resource, Math.max(to.get(resource) ?? 0, amount));
}

/** The container that asks for most of a resource: where to look first when a pod asks for too much. Undefined when none asks for it. */
export function largestAsker(
  podSpec: unknown,
  resource: string,
  kind: Kind,
  read: ReadAmount,
):
  | {
      readonly list: 'containers' | 'initContainers';
      readonly index: number;
      readonly amount: number;
      readonly set: Kind;
    }
  | undefined {
  const askers = (['containers', 'initContainers'] as const).flatMap((list) =>
    recordsAt(podSpec, list).map(({ index, record }) => ({
      list,
      index,
      amount: containerAmounts(record, kind, read).get(resource) ?? 0,
      set: at(record, 'resources', kind, resource) === undefined ? ('limits' as const) : kind,
    })),
  );
  return askers.filter(({ amount }) => amount > 0).toSorted((a, b) => b.amount - a.amount)[0];
}
