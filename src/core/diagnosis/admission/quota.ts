import type { WireObject } from '../../cluster/object.ts';
import { containerAmounts, podAmounts, type ReadAmount } from '../../cluster/pod-resources.ts';
import { at, isRecord, listAt, numberAt, recordsAt, textAt } from '../../cluster/wire.ts';

/** One bound of a ResourceQuota that an object would break. Amounts in the unit of `ReadAmount`. */
export type QuotaBreach = {
  readonly quota: WireObject;
  readonly resource: string;
  readonly hard: number;
  readonly used: number;
  readonly asked: number;
};

type Asks = ReadonlyMap<string, number>;

/** What a pod asks of quotas: by the names that quotas use (`pods`, `requests.cpu`, `limits.memory`, `requests.nvidia.com/gpu`). */
export function quotaAsksOfPod(podSpec: unknown, read: ReadAmount): Asks {
  const asks = new Map<string, number>([
    ['pods', 1],
    ['count/pods', 1],
  ]);
  for (const [resource, amount] of podAmounts(podSpec, 'requests', read)) {
    asks.set(`requests.${resource}`, amount);
    if (!resource.includes('/')) asks.set(resource, amount);
  }
  for (const [resource, amount] of podAmounts(podSpec, 'limits', read)) asks.set(`limits.${resource}`, amount);
  return asks;
}

export function quotaAsksOfClaim(claimSpec: unknown, read: ReadAmount): Asks {
  const storage = read('storage', at(claimSpec, 'resources', 'requests', 'storage')) ?? 0;
  const storageClass = textAt(claimSpec, 'storageClassName');
  const ofClass = `${storageClass}.storageclass.storage.k8s.io/`;
  return new Map([
    ['persistentvolumeclaims', 1],
    ['count/persistentvolumeclaims', 1],
    ['requests.storage', storage],
    ...(storageClass === undefined
      ? []
      : [[`${ofClass}persistentvolumeclaims`, 1] as const, [`${ofClass}requests.storage`, storage] as const]),
  ]);
}

/** What a Service asks: its ports count as node ports unless it is a ClusterIP (or does without them). */
export function quotaAsksOfService(serviceSpec: unknown): Asks {
  const type = textAt(serviceSpec, 'type') ?? 'ClusterIP';
  const ports = listAt(serviceSpec, 'ports').length;
  const hasNodePorts =
    type === 'NodePort' || (type === 'LoadBalancer' && at(serviceSpec, 'allocateLoadBalancerNodePorts') !== false);
  return new Map([
    ['services', 1],
    ['count/services', 1],
    ...(type === 'LoadBalancer' ? [['services.loadbalancers', 1] as const] : []),
    ...(hasNodePorts ? [['services.nodeports', ports] as const] : []),
  ]);
}

/** The bounds that one more object would break, of what a quota has counted so far. Undefined when its status has not been written. */
export function breachesOf(quota: WireObject, asks: Asks, read: ReadAmount): readonly QuotaBreach[] | undefined {
  const counted = at(quota, 'status', 'hard');
  const used = at(quota, 'status', 'used');
  if (!isRecord(used)) return undefined;
  const hard = isRecord(counted) ? counted : at(quota, 'spec', 'hard');
  if (!isRecord(hard)) return undefined;
  return Object.entries(hard).flatMap(([resource, quantity]) => {
    const asked = asks.get(resource);
    const [limit, taken] = [read(resource, quantity), read(resource, used[resource] ?? '0')];
    if (asked === undefined || asked <= 0 || limit === undefined || taken === undefined) return [];
    return taken + asked > limit ? [{ quota, resource, hard: limit, used: taken, asked }] : [];
  });
}

/** Whether a quota counts a pod: all of its scopes must hold. */
export function countsPod(quota: WireObject, podSpec: unknown, read: ReadAmount): boolean {
  const plain = listAt(quota, 'spec', 'scopes').map((name) => ({
    name,
    operator: 'Exists',
    values: [] as readonly unknown[],
  }));
  const selected = recordsAt(quota, 'spec', 'scopeSelector', 'matchExpressions').map(({ record }) => ({
    name: record.scopeName,
    operator: textAt(record, 'operator') ?? 'Exists',
    values: listAt(record, 'values'),
  }));
  return [...plain, ...selected].every((scope) => holds(scope, podSpec, read));
}

function holds(
  {
    name,
    operator,
    values,
  }: { readonly name: unknown; readonly operator: string; readonly values: readonly unknown[] },
  podSpec: unknown,
  read: ReadAmount,
): boolean {
  const hasDeadline = (numberAt(podSpec, 'activeDeadlineSeconds') ?? -1) >= 0;
  switch (name) {
    case 'Terminating':
      return hasDeadline;
    case 'NotTerminating':
      return !hasDeadline;
    case 'BestEffort':
      return isBestEffort(podSpec, read);
    case 'NotBestEffort':
      return !isBestEffort(podSpec, read);
    case 'PriorityClass': {
      const own = textAt(podSpec, 'priorityClassName');
      if (operator === 'Exists') return own !== undefined;
      if (operator === 'DoesNotExist') return own === undefined;
      return operator === 'NotIn' ? !values.includes(own) : values.includes(own);
    }
    default:
      return false;
  }
}

function isBestEffort(podSpec: unknown, read: ReadAmount): boolean {
  return (['requests', 'limits'] as const).every((kind) => {
    const amounts = podAmounts(podSpec, kind, read);
    return (amounts.get('cpu') ?? 0) === 0 && (amounts.get('memory') ?? 0) === 0;
  });
}

const demanded = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];

/** A field that a quota demands of every container and that one leaves out. */
export type QuotaDemand = {
  readonly quota: WireObject;
  readonly resource: string;
  readonly list: 'containers' | 'initContainers';
  readonly index: number;
  readonly container: string;
  readonly field: readonly ['requests' | 'limits', 'cpu' | 'memory'];
};

/** A quota over cpu or memory refuses pods of which a container does not say how much it asks. */
export function demandsOf(quota: WireObject, podSpec: unknown, read: ReadAmount): readonly QuotaDemand[] {
  const hard = at(quota, 'spec', 'hard');
  if (!isRecord(hard) || isRecord(at(podSpec, 'resources'))) return [];
  return demanded
    .filter((resource) => Object.hasOwn(hard, resource))
    .flatMap((resource) => {
      const kind = resource.startsWith('limits.') ? ('limits' as const) : ('requests' as const);
      const bare = resource.endsWith('cpu') ? ('cpu' as const) : ('memory' as const);
      return (['containers', 'initContainers'] as const).flatMap((list) =>
        recordsAt(podSpec, list)
          .filter(({ record }) => !containerAmounts(record, kind, read).has(bare))
          .map(({ index, record }) => ({
            quota,
            resource,
            list,
            index,
            container: textAt(record, 'name') ?? `${list}[${index}]`,
            field: [kind, bare] as const,
          })),
      );
    });
}
