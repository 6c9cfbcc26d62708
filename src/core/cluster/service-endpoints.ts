import type { ClusterView } from './cluster-view.ts';
import { refOf, type WireObject } from './object.ts';
import type { Topology } from './topology.ts';
import { at, booleanAt, listAt, numberAt, recordsAt } from './wire.ts';

/** What the endpoint controllers wrote for a Service. `objects` is empty when nothing of it was read: then the counts say nothing. */
export type ServiceEndpoints = {
  readonly objects: readonly WireObject[];
  readonly ready: number;
  readonly notReady: number;
  /** Numbers of the ports that traffic goes to. */
  readonly ports: ReadonlySet<number>;
};

/** Endpoints of a Service from its EndpointSlices, or from the older Endpoints object where no slice was read. Those of a former Service of the same name are left out. */
export function endpointsOf(view: ClusterView, topology: Topology, service: WireObject): ServiceEndpoints {
  const objects = topology
    .needs(refOf(service))
    .filter(({ by, to }) => by === 'uses' && to.kind.startsWith('Endpoint'))
    .flatMap(({ to }) => view.get(to) ?? [])
    .filter((object) => isOf(object, service));
  const slices = objects.filter(({ kind }) => kind === 'EndpointSlice');
  return slices.length > 0 ? fromSlices(slices) : fromEndpoints(objects);
}

function isOf(object: WireObject, service: WireObject): boolean {
  const owner = object.metadata.ownerReferences?.find(({ kind }) => kind === 'Service');
  return owner === undefined || service.metadata.uid === undefined || owner.uid === service.metadata.uid;
}

function fromSlices(slices: readonly WireObject[]): ServiceEndpoints {
  let [ready, notReady] = [0, 0];
  const ports = new Set<number>();
  for (const slice of slices) {
    const endpoints = recordsAt(slice, 'endpoints');
    for (const { record } of endpoints) {
      // Absent means unknown, which consumers read as ready.
      if (booleanAt(record, 'conditions', 'ready') === false) notReady++;
      else ready++;
    }
    for (const { record } of recordsAt(slice, 'ports')) {
      const number = numberAt(record, 'port');
      if (number !== undefined && endpoints.length > 0) ports.add(number);
    }
  }
  return { objects: slices, ready, notReady, ports };
}

function fromEndpoints(objects: readonly WireObject[]): ServiceEndpoints {
  let [ready, notReady] = [0, 0];
  const ports = new Set<number>();
  for (const object of objects) {
    for (const { record } of recordsAt(object, 'subsets')) {
      ready += listAt(record, 'addresses').length;
      notReady += listAt(record, 'notReadyAddresses').length;
      for (const { record: port } of recordsAt(record, 'ports')) {
        const number = numberAt(port, 'port');
        if (number !== undefined) ports.add(number);
      }
    }
  }
  return { objects, ready, notReady, ports };
}

/** Whether a Service hands out pods before they are ready; nobody misses their readiness then. */
export function publishesNotReady(service: WireObject): boolean {
  return at(service, 'spec', 'publishNotReadyAddresses') === true;
}
