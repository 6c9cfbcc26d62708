import type { ClusterView } from '../../cluster/cluster-view.ts';
import type { KnownKind } from '../../cluster/kinds.ts';
import { type ObjectRef, refOf, type WireObject } from '../../cluster/object.ts';
import { isLivePod } from '../../cluster/pod-readiness.ts';
import { type ServicePort, servicePortsOf, serviceSelectorOf } from '../../cluster/service.ts';
import { endpointsOf, type ServiceEndpoints } from '../../cluster/service-endpoints.ts';
import { refKey, type Topology } from '../../cluster/topology.ts';
import { at, stringsAt } from '../../cluster/wire.ts';
import { workloadOf } from '../../cluster/workload.ts';

/** What is known of one Service: whom it selects, what the endpoint controllers made of it, and who goes through it. */
export type ServiceFacts = {
  readonly service: WireObject;
  readonly ref: ObjectRef;
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly ports: readonly ServicePort[];
  /** Pods it selects that are meant to serve. */
  readonly pods: readonly WireObject[];
  /** Whether its labels select any pod at all, finished and leaving ones included. */
  readonly selectsAny: boolean;
  readonly endpoints: ServiceEndpoints;
  /** Ingresses and routes that send requests to it. */
  readonly entries: readonly ObjectRef[];
  /** Workloads whose environment, mesh or catalog names it. */
  readonly callers: readonly ObjectRef[];
};

/** Something that makes pods, with the labels its pods get. */
export type LabelledWorkload = {
  readonly object: WireObject;
  readonly ref: ObjectRef;
  readonly labels: Readonly<Record<string, string>>;
  readonly podSpec: unknown;
};

/** Services and workloads of the view as this family looks at them; each is worked out once, when asked for. */
export interface ServiceMap {
  of(service: WireObject): ServiceFacts;
  inNamespace(namespace: string): readonly ServiceFacts[];
  /** Workloads that make lasting pods (no Jobs), and pods that nothing controls. */
  workloadsIn(namespace: string): readonly LabelledWorkload[];
  /** Anything with a pod template, Jobs and ReplicaSets included. */
  templatesIn(namespace: string): readonly LabelledWorkload[];
}

const lastingKinds: readonly KnownKind[] = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'ReplicationController',
];

export function createServiceMap(view: ClusterView, topology: Topology): ServiceMap {
  const facts = new Map<WireObject, ServiceFacts>();
  const services = lazyGroups(() => view.list('Service'));
  const pods = lazyGroups(() => view.list('Pod'));
  const lasting = lazyGroups(() => lastingKinds.flatMap((kind) => view.list(kind)));
  const jobs = lazyGroups(() => [...view.list('Job'), ...view.list('CronJob')]);
  const map: ServiceMap = {
    of(service) {
      const known = facts.get(service);
      if (known !== undefined) return known;
      const made = factsOf(view, topology, service);
      facts.set(service, made);
      return made;
    },
    inNamespace: (namespace) => services(namespace).map(map.of),
    workloadsIn: once((namespace) => [
      ...lasting(namespace)
        .filter((object) => !isControlled(object))
        .map(labelled),
      ...pods(namespace)
        .filter((pod) => !isControlled(pod) && isLivePod(pod))
        .map(labelled),
    ]),
    templatesIn: once((namespace) => [...lasting(namespace), ...jobs(namespace)].map(labelled)),
  };
  return map;
}

function isControlled({ metadata }: WireObject): boolean {
  return metadata.ownerReferences?.some(({ controller }) => controller === true) === true;
}

function factsOf(view: ClusterView, topology: Topology, service: WireObject): ServiceFacts {
  const ref = refOf(service);
  const selected = topology
    .needs(ref)
    .filter(({ by }) => by === 'selects')
    .flatMap(({ to }) => view.get(to) ?? [])
    .toSorted(byName);
  const users = topology.neededBy(ref);
  return {
    service,
    ref,
    selector: serviceSelectorOf(service),
    ports: servicePortsOf(service),
    pods: selected.filter(isLivePod),
    selectsAny: selected.length > 0,
    endpoints: endpointsOf(view, topology, service),
    entries: unique(users.filter(({ by }) => by === 'routes-to').map(({ from }) => from)),
    callers: unique(users.filter(({ by }) => by === 'calls').flatMap(({ from }) => topOf(view, from))),
  };
}

/** A pod or ReplicaSet stands for the workload that made it. */
function topOf(view: ClusterView, ref: ObjectRef): readonly ObjectRef[] {
  const object = view.get(ref);
  return object === undefined ? [] : [workloadOf(view, object).ref];
}

function unique(refs: readonly ObjectRef[]): readonly ObjectRef[] {
  return [...new Map(refs.map((ref) => [refKey(ref), ref])).values()].toSorted((a, b) =>
    refKey(a) < refKey(b) ? -1 : 1,
  );
}

function labelled(object: WireObject): LabelledWorkload {
  const path = object.kind === 'CronJob' ? ['spec', 'jobTemplate', 'spec', 'template'] : ['spec', 'template'];
  const template = object.kind === 'Pod' ? object : at(object, ...path);
  return {
    object,
    ref: refOf(object),
    labels: stringsAt(template, 'metadata', 'labels'),
    podSpec: at(template, 'spec'),
  };
}

function once<V>(make: (key: string) => V): (key: string) => V {
  const made = new Map<string, V>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}

function lazyGroups(read: () => readonly WireObject[]): (namespace: string) => readonly WireObject[] {
  let groups: Map<string, WireObject[]> | undefined;
  return (namespace) => {
    if (groups === undefined) {
      groups = new Map();
      for (const object of read()) {
        const key = object.metadata.namespace ?? '';
        const list = groups.get(key);
        if (list === undefined) groups.set(key, [object]);
        else list.push(object);
      }
      for (const list of groups.values()) list.sort(byName);
    }
    return groups.get(namespace) ?? [];
  };
}

/** Orders objects of one namespace by name, so that the order of reading never shows. */
export function byName(a: WireObject, b: WireObject): number {
  const [left, right] = [`${a.metadata.name}/${a.kind}`, `${b.metadata.name}/${b.kind}`];
  return left < right ? -1 : left > right ? 1 : 0;
}
