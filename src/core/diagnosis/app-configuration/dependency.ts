import type { ClusterView } from '../../cluster/cluster-view.ts';
import { knownRef } from '../../cluster/kinds.ts';
import { type ObjectRef, refOf, type WireObject } from '../../cluster/object.ts';
import { conditionOf, isTerminating } from '../../cluster/pod.ts';
import { matchesLabelMap } from '../../cluster/selector.ts';
import { serviceNameOf, type Topology } from '../../cluster/topology.ts';
import { at, booleanAt, listAt, numberAt, recordsAt, stringsAt, textAt } from '../../cluster/wire.ts';
import { type Workload, workloadOf } from '../../cluster/workload.ts';
import { nearestName } from '../nearest-name.ts';

export type ServicePort = { readonly port: number; readonly name: string | undefined };

/** What a host name means for a pod. */
export type Dependency =
  | {
      readonly is: 'service';
      readonly service: WireObject;
      readonly ref: ObjectRef;
      readonly ports: readonly ServicePort[];
      /** Whether somebody stands behind it. `unknown` where that cannot be told. */
      readonly behind: 'ready' | 'none' | 'unknown';
      readonly workload: Workload | undefined;
      readonly isHeadless: boolean;
    }
  /** It can only mean a Service of this namespace, and none of that name was read. `isSure`: all Services there were read. */
  | {
      readonly is: 'absent';
      readonly namespace: string;
      readonly name: string;
      readonly isSure: boolean;
      readonly nearest: string | undefined;
    }
  /** Somewhere else: an address, a name of another domain, the pod itself. */
  | { readonly is: 'outside'; readonly host: string; readonly isName: boolean };

type World = { readonly view: ClusterView; readonly topology: Topology };

const ownNames: ReadonlySet<string> = new Set([
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'host.docker.internal',
]);

/** Resolves a host as the cluster's DNS would for a pod: host aliases first, then Services and pods behind headless ones, then the rest of the world. */
export type Resolve = (host: string, pod: WireObject) => Dependency;

/** Makes a resolver that keeps what it has found: the pods of a namespace ask for the same few hosts. */
export function createResolve(world: World): Resolve {
  const known = new Map<string, Dependency>();
  return (host, pod) => {
    const name = host.toLowerCase().replace(/\.$/, '');
    const aliases = recordsAt(pod, 'spec', 'hostAliases').flatMap(({ record }) => listAt(record, 'hostnames'));
    if (ownNames.has(name) || aliases.includes(name)) return { is: 'outside', host: name, isName: false };
    const namespace = pod.metadata.namespace ?? '';
    const key = `${namespace}/${name}`;
    const found = known.get(key) ?? resolve(world, name, namespace);
    known.set(key, found);
    return found;
  };
}

function resolve({ view, topology }: World, name: string, namespace: string): Dependency {
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(name)) {
    const service = view.list('Service').find((one) => at(one, 'spec', 'clusterIP') === name);
    return service === undefined ? { is: 'outside', host: name, isName: false } : describe(view, service);
  }
  const service = topology.serviceOf(name, namespace) ?? headlessOf({ view, topology }, name, namespace);
  if (service !== undefined) return describe(view, service);
  const named = serviceNameOf(name, namespace);
  const labels = name.split('.');
  const isCluster =
    labels.length === 1 || labels[2] === 'svc' || (labels.length === 2 && isNamespace(view, labels[1] ?? ''));
  if (named === undefined || !isCluster) return { is: 'outside', host: name, isName: true };
  const isSure = view.hasAll('Service', named.namespace);
  return { is: 'absent', ...named, isSure, nearest: nearestService(view, named) };
}

/** `db-0.db`: a pod behind the headless Service `db`. */
function headlessOf({ topology }: World, name: string, namespace: string): WireObject | undefined {
  const [first = '', ...rest] = name.split('.');
  return /-\d+$/.test(first) && rest.length > 0 ? topology.serviceOf(rest.join('.'), namespace) : undefined;
}

function isNamespace(view: ClusterView, name: string): boolean {
  return view.get(knownRef('Namespace', undefined, name)) !== undefined || view.list('Service', name).length > 0;
}

// The same name in another namespace was meant before a name that only looks alike.
function nearestService(
  view: ClusterView,
  wanted: { readonly namespace: string; readonly name: string },
): string | undefined {
  const elsewhere = view
    .list('Service')
    .filter(({ metadata }) => metadata.name === wanted.name && metadata.namespace !== wanted.namespace);
  const [only] = elsewhere.map(({ metadata }) => metadata.namespace ?? '').toSorted();
  const near = nearestName(
    wanted.name,
    view
      .list('Service', wanted.namespace)
      .map(({ metadata }) => metadata.name)
      .toSorted(),
  );
  if (only !== undefined) return `${wanted.name}.${only}`;
  return near;
}

function describe(view: ClusterView, service: WireObject): Dependency {
  const pods = view.podsOf(service).filter((pod) => !isTerminating(pod));
  return {
    is: 'service',
    service,
    ref: refOf(service),
    ports: recordsAt(service, 'spec', 'ports').flatMap(({ record }) => {
      const port = numberAt(record, 'port');
      return port === undefined ? [] : [{ port, name: textAt(record, 'name') }];
    }),
    behind: behindOf(view, service, pods),
    workload: workloadBehind(view, service, pods),
    isHeadless: at(service, 'spec', 'clusterIP') === 'None',
  };
}

function behindOf(view: ClusterView, service: WireObject, pods: readonly WireObject[]): 'ready' | 'none' | 'unknown' {
  if (textAt(service, 'spec', 'type') === 'ExternalName') return 'unknown';
  if (pods.some((pod) => conditionOf(pod, 'Ready')?.status === 'True')) return 'ready';
  const { namespace } = service.metadata;
  const slices = view
    .list('EndpointSlice', namespace)
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name);
  const endpoints = slices.flatMap((slice) => recordsAt(slice, 'endpoints'));
  if (endpoints.some(({ record }) => booleanAt(record, 'conditions', 'ready') !== false))
    return pods.length > 0 ? 'none' : 'ready';
  const old = view.get(knownRef('Endpoints', namespace, service.metadata.name));
  if (pods.length === 0 && recordsAt(old, 'subsets').some(({ record }) => listAt(record, 'addresses').length > 0))
    return 'ready';
  if (pods.some((pod) => conditionOf(pod, 'Ready') === undefined)) return 'unknown';
  if (pods.length > 0 || slices.length > 0 || old !== undefined) return 'none';
  const hasSelector = Object.keys(stringsAt(service, 'spec', 'selector')).length > 0;
  return hasSelector && view.hasAll('Pod', namespace) ? 'none' : 'unknown';
}

const templateKinds = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;

/** Who runs the pods behind a Service: by its pods, or by the templates its selector matches when there are no pods. */
function workloadBehind(view: ClusterView, service: WireObject, pods: readonly WireObject[]): Workload | undefined {
  const [first] = pods;
  if (first !== undefined) return workloadOf(view, first);
  const selector = at(service, 'spec', 'selector');
  const found = templateKinds
    .flatMap((kind) => view.list(kind, service.metadata.namespace))
    .find((workload) => matchesLabelMap(selector, stringsAt(workload, 'spec', 'template', 'metadata', 'labels')));
  return found === undefined ? undefined : { ref: refOf(found), object: found };
}

/** Whether the cluster's own DNS is down: then a name that cannot be resolved says nothing of the name. */
export function isDnsDown(view: ClusterView): boolean {
  const pods = view
    .list('Pod', 'kube-system')
    .filter(
      ({ metadata }) => metadata.labels?.['k8s-app'] === 'kube-dns' || /^(?:coredns|kube-dns)-/.test(metadata.name),
    );
  if (pods.length > 0) return pods.every((pod) => conditionOf(pod, 'Ready')?.status === 'False' || isTerminating(pod));
  const workload = ['coredns', 'kube-dns'].flatMap(
    (name) => view.get(knownRef('Deployment', 'kube-system', name)) ?? [],
  )[0];
  return (
    workload !== undefined &&
    at(workload, 'status') !== undefined &&
    (numberAt(workload, 'status', 'readyReplicas') ?? 0) === 0
  );
}
