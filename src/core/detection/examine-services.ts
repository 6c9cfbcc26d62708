import { type ObjectRef, refOf, type WireObject } from '../cluster/object.ts';
import { isTerminating } from '../cluster/pod.ts';
import { booleanAt, numberAt, recordsAt, stringsAt, textAt } from '../cluster/wire.ts';
import { type Sighting, sightingOf } from './sighting.ts';

const serviceLabel = 'kubernetes.io/service-name';

/**
 * Services that select pods and have no ready endpoint, though a workload behind them wants at least one. Where everything behind it is scaled to nothing, or nothing
 * is behind it at all, the emptiness may be meant. `since` is unknown: endpoints keep no times.
 */
export function examineServices(input: {
  readonly services: readonly WireObject[];
  readonly slices: readonly WireObject[];
  readonly workloads: readonly WireObject[];
}): Sighting[] {
  const served = new Set(input.slices.filter(hasReadyEndpoint).map((slice) => placeOf(slice, serviceNameOf(slice))));
  const wanting = new Map<string, WireObject[]>();
  for (const workload of input.workloads.filter(wantsPods)) {
    const namespace = workload.metadata.namespace ?? '';
    wanting.set(namespace, [...(wanting.get(namespace) ?? []), workload]);
  }
  return input.services.flatMap((service) => {
    const selector = stringsAt(service, 'spec', 'selector');
    const isPlain = Object.keys(selector).length > 0 && textAt(service, 'spec', 'type') !== 'ExternalName';
    if (!isPlain || isTerminating(service) || served.has(placeOf(service, service.metadata.name))) return [];
    const behind = (wanting.get(service.metadata.namespace ?? '') ?? []).filter((workload) =>
      selects(selector, stringsAt(workload, 'spec', 'template', 'metadata', 'labels')),
    );
    return behind.length === 0 ? [] : [withoutEndpoints(service, behind.map(refOf))];
  });
}

function withoutEndpoints(service: WireObject, behind: readonly ObjectRef[]): Sighting {
  const names = behind.map(({ kind, name }) => `${kind} ${name}`);
  const shown = `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
  return sightingOf(service, {
    rule: 'service-without-endpoints',
    severity: 'critical',
    summary: `No pod behind it is ready to serve; ${shown} should have some.`,
    since: undefined,
    related: behind,
  });
}

function hasReadyEndpoint(slice: WireObject): boolean {
  // `ready` absent means ready (API reference of EndpointConditions).
  return recordsAt(slice, 'endpoints').some(({ record }) => booleanAt(record, 'conditions', 'ready') !== false);
}

function serviceNameOf(slice: WireObject): string {
  return slice.metadata.labels?.[serviceLabel] ?? '';
}

function placeOf({ metadata }: WireObject, name: string): string {
  return `${metadata.namespace ?? ''}/${name}`;
}

function wantsPods(workload: WireObject): boolean {
  if (isTerminating(workload)) return false;
  if (workload.kind === 'DaemonSet') return (numberAt(workload, 'status', 'desiredNumberScheduled') ?? 0) > 0;
  return (numberAt(workload, 'spec', 'replicas') ?? 1) > 0;
}

function selects(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
}
