import type { FieldPath } from '../../cluster/field-path.ts';
import type { WireObject } from '../../cluster/object.ts';
import { containerAmounts, podAmounts, type ReadAmount, sayAmount } from '../../cluster/pod-resources.ts';
import { parseQuantity } from '../../cluster/quantity.ts';
import { at, isRecord, recordsAt, type WireRecord } from '../../cluster/wire.ts';

/** One bound of a LimitRange that a pod or claim breaks. `path` leads into the pod spec (or the claim's spec). */
export type LimitBreach = {
  readonly limitRange: WireObject;
  readonly type: string;
  readonly bound: 'min' | 'max' | 'maxLimitRequestRatio';
  readonly resource: string;
  /** Where in the LimitRange. */
  readonly limitIndex: number;
  readonly allowed: string;
  readonly path: FieldPath;
  readonly observed: string;
  readonly container: string | undefined;
};

const lists = ['containers', 'initContainers'] as const;

/**
 * A pod spec as admission sees it: what a container leaves out is filled in from the LimitRanges of its namespace (`default`, `defaultRequest`), requests from limits first,
 * as the API server does when it reads the object.
 */
export function withDefaults(podSpec: unknown, limitRanges: readonly WireObject[]): unknown {
  if (!isRecord(podSpec)) return podSpec;
  const items = limitRanges.flatMap((limitRange) => itemsOf(limitRange, 'Container').map(({ record }) => record));
  const filled = (container: WireRecord): WireRecord => {
    const limits = { ...stringsOrNumbers(at(container, 'resources', 'limits')) };
    const requests = { ...limits, ...stringsOrNumbers(at(container, 'resources', 'requests')) };
    for (const item of items) {
      const defaults = { ...stringsOrNumbers(at(item, 'max')), ...stringsOrNumbers(at(item, 'default')) };
      const defaultRequests = {
        ...stringsOrNumbers(at(item, 'min')),
        ...defaults,
        ...stringsOrNumbers(at(item, 'defaultRequest')),
      };
      for (const [resource, quantity] of Object.entries(defaults)) limits[resource] ??= quantity;
      for (const [resource, quantity] of Object.entries(defaultRequests)) requests[resource] ??= quantity;
    }
    return { ...container, resources: { limits, requests } };
  };
  return {
    ...podSpec,
    ...Object.fromEntries(
      lists.flatMap((list) =>
        Array.isArray(podSpec[list])
          ? [[list, podSpec[list].map((each) => (isRecord(each) ? filled(each) : each))]]
          : [],
      ),
    ),
  };
}

function itemsOf(limitRange: WireObject, type: string) {
  return recordsAt(limitRange, 'spec', 'limits').filter(({ record }) => record.type === type);
}

function stringsOrNumbers(value: unknown): Record<string, string | number> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter(
      (pair): pair is [string, string | number] => typeof pair[1] === 'string' || typeof pair[1] === 'number',
    ),
  );
}

/** Every bound that a pod spec breaks, defaults applied (limitranger admission). */
export function podBreaches(
  podSpec: unknown,
  limitRanges: readonly WireObject[],
  read: ReadAmount,
): readonly LimitBreach[] {
  const effective = withDefaults(podSpec, limitRanges);
  return limitRanges.flatMap((limitRange) => [
    ...itemsOf(limitRange, 'Container').flatMap(({ index, record }) =>
      lists.flatMap((list) =>
        recordsAt(effective, list).flatMap(({ index: at_, record: container }) =>
          breachesOf(
            { limitRange, limitIndex: index, item: record, type: 'Container', base: [list, at_, 'resources'] },
            containerAmounts(container, 'requests', read),
            containerAmounts(container, 'limits', read),
            read,
          ).map((breach) => ({
            ...breach,
            container: typeof container.name === 'string' ? container.name : undefined,
          })),
        ),
      ),
    ),
    ...itemsOf(limitRange, 'Pod').flatMap(({ index, record }) =>
      breachesOf(
        { limitRange, limitIndex: index, item: record, type: 'Pod', base: ['containers'] },
        podAmounts(effective, 'requests', read),
        podAmounts(effective, 'limits', read),
        read,
      ),
    ),
  ]);
}

/** Bounds of type PersistentVolumeClaim that the spec of a claim breaks: they look at its request for storage alone. */
export function claimBreaches(
  claimSpec: unknown,
  limitRanges: readonly WireObject[],
  read: ReadAmount,
): readonly LimitBreach[] {
  const quantity = at(claimSpec, 'resources', 'requests', 'storage');
  const asked = read('storage', quantity);
  if (asked === undefined) return [];
  return limitRanges.flatMap((limitRange) =>
    itemsOf(limitRange, 'PersistentVolumeClaim').flatMap(({ index, record }) =>
      (['min', 'max'] as const).flatMap((bound): readonly LimitBreach[] => {
        const allowed = read('storage', at(record, bound, 'storage'));
        if (allowed === undefined || (bound === 'min' ? asked >= allowed : asked <= allowed)) return [];
        const path = ['resources', 'requests', 'storage'];
        const said = sayAmount('storage', allowed);
        return [
          {
            limitRange,
            type: 'PersistentVolumeClaim',
            bound,
            resource: 'storage',
            limitIndex: index,
            allowed: said,
            path,
            observed: String(quantity),
            container: undefined,
          },
        ];
      }),
    ),
  );
}

type Item = {
  readonly limitRange: WireObject;
  readonly limitIndex: number;
  readonly item: WireRecord;
  readonly type: 'Container' | 'Pod';
  readonly base: FieldPath;
};

function breachesOf(
  { limitRange, limitIndex, item, type, base }: Item,
  requests: ReadonlyMap<string, number>,
  limits: ReadonlyMap<string, number>,
  read: ReadAmount,
): readonly LimitBreach[] {
  const found: LimitBreach[] = [];
  const add = (
    bound: LimitBreach['bound'],
    resource: string,
    field: 'requests' | 'limits',
    observed: number | undefined,
    allowed: string,
  ) =>
    found.push({
      limitRange,
      limitIndex,
      type,
      bound,
      resource,
      allowed,
      container: undefined,
      path: type === 'Pod' ? base : [...base, field, resource],
      observed: observed === undefined ? 'not set' : sayAmount(resource, observed),
    });
  for (const [resource, quantity] of Object.entries(stringsOrNumbers(at(item, 'min')))) {
    const allowed = read(resource, quantity);
    const [request, limit] = [requests.get(resource), limits.get(resource)];
    if (allowed === undefined) continue;
    if (request === undefined || request < allowed) add('min', resource, 'requests', request, String(quantity));
    else if (limit !== undefined && limit < allowed) add('min', resource, 'limits', limit, String(quantity));
  }
  for (const [resource, quantity] of Object.entries(stringsOrNumbers(at(item, 'max')))) {
    const allowed = read(resource, quantity);
    const [request, limit] = [requests.get(resource), limits.get(resource)];
    if (allowed === undefined) continue;
    if (limit === undefined || limit > allowed) add('max', resource, 'limits', limit, String(quantity));
    else if (request !== undefined && request > allowed) add('max', resource, 'requests', request, String(quantity));
  }
  for (const [resource, quantity] of Object.entries(stringsOrNumbers(at(item, 'maxLimitRequestRatio')))) {
    const allowed = parseQuantity(quantity);
    const [request, limit] = [requests.get(resource), limits.get(resource)];
    if (allowed === undefined) continue;
    if (request === undefined || request === 0 || limit === undefined || limit / request > allowed)
      add('maxLimitRequestRatio', resource, 'limits', limit, String(quantity));
  }
  return found;
}
