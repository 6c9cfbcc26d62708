import { addressesOf } from './address.ts';
import type { ClusterView } from './cluster-view.ts';
import { type KnownKind, knownRef, secretRef } from './kinds.ts';
import { type ObjectRef, refOf, type WireObject } from './object.ts';
import { podSpecOf } from './pod-spec.ts';
import { matchesLabelSelector } from './selector.ts';
import { at, isRecord, listAt, recordsAt, stringsAt, textAt } from './wire.ts';

/** How one object needs another. `calls`: its environment, a mesh or a catalog names the other. */
export type LinkKind =
  | 'owned-by'
  | 'runs'
  | 'selects'
  | 'routes-to'
  | 'mounts'
  | 'uses'
  | 'binds'
  | 'runs-on'
  | 'scales'
  | 'guards'
  | 'restricts'
  | 'calls';

/** `from` needs (or acts on) `to`. `to` is a reference: what it names may not exist or may not have been read. */
export type Link = { readonly from: ObjectRef; readonly to: ObjectRef; readonly by: LinkKind };

/** Who needs whom among the objects of a view, built once for all analyzers. */
export interface Topology {
  /** What an object needs: a Service its pods, a pod its node, volumes, configuration and owner, an Ingress its Services. */
  needs(ref: ObjectRef): readonly Link[];
  /** What needs an object or acts on it. */
  neededBy(ref: ObjectRef): readonly Link[];
  /** The Service that a host name means from within a namespace: `db`, `db.shop`, `db.shop.svc`, `db.shop.svc.cluster.local`. Undefined for other hosts and when no such Service was read. */
  serviceOf(host: string, fromNamespace: string): WireObject | undefined;
}

/** Calls that were told from outside the cluster's objects: names as a mesh or a catalog writes them. */
export type NamedCall = { readonly from: string; readonly to: string };

const none: readonly WireObject[] = [];
const maxSettingLength = 2048;

function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** Builds the graph: O(objects + pods × Services of their namespace). */
export function createTopology(view: ClusterView, calls: readonly NamedCall[] = []): Topology {
  const outgoing = new Map<string, Link[]>();
  const incoming = new Map<string, Link[]>();
  const add = (from: ObjectRef, to: ObjectRef | undefined, by: LinkKind): void => {
    if (to === undefined) return;
    const link = { from, to, by };
    push(outgoing, refKey(from), link);
    push(incoming, refKey(to), link);
  };
  const serviceOf = (host: string, fromNamespace: string): WireObject | undefined => {
    const named = serviceNameOf(host, fromNamespace);
    return named === undefined ? undefined : view.get(knownRef('Service', named.namespace, named.name));
  };

  // All pods of a workload carry the same environment: each setting of a namespace is read once. Nested maps, so that a lookup makes no text.
  const servicesBySetting = new Map<string, Map<string, Map<string, readonly WireObject[]>>>();
  // Only where an operator lets them be known: otherwise a link to one would lead nowhere.
  const knowsSecrets = view.list('Secret').length > 0;
  const podsByNamespace = groupByNamespace(view.list('Pod'));
  for (const pod of view.list('Pod')) linkPod(pod);
  for (const kind of templateKinds) {
    for (const workload of view.list(kind)) {
      const ref = refOf(workload);
      for (const pod of view.podsOf(workload)) add(ref, refOf(pod), 'runs');
      const controller = view.controllerOf(workload);
      if (controller !== undefined) add(ref, controller.ref, 'owned-by');
      linkPodSpec(ref, podSpecOf(workload), workload.metadata.namespace ?? '');
    }
  }
  for (const service of view.list('Service')) {
    for (const pod of view.podsOf(service)) add(refOf(service), refOf(pod), 'selects');
  }
  for (const slice of [...view.list('EndpointSlice'), ...view.list('Endpoints')]) {
    const name = slice.metadata.labels?.['kubernetes.io/service-name'] ?? slice.metadata.name;
    add(knownRef('Service', slice.metadata.namespace, name), refOf(slice), 'uses');
  }
  for (const ingress of view.list('Ingress')) linkIngress(ingress);
  for (const route of view.list('HTTPRoute')) linkRoute(route);
  for (const scaler of view.list('HorizontalPodAutoscaler')) {
    const target = at(scaler, 'spec', 'scaleTargetRef');
    const [apiVersion, kind, name] = [textAt(target, 'apiVersion'), textAt(target, 'kind'), textAt(target, 'name')];
    if (apiVersion !== undefined && kind !== undefined && name !== undefined)
      add(refOf(scaler), withNamespace({ apiVersion, kind, name }, scaler.metadata.namespace), 'scales');
  }
  for (const [kind, field, by] of podSelectors) {
    for (const object of view.list(kind)) {
      const selector = at(object, 'spec', field);
      // For these two an empty selector means every pod of the namespace.
      const isAll = isRecord(selector) && Object.keys(selector).length === 0;
      for (const pod of podsByNamespace.get(object.metadata.namespace ?? '') ?? [])
        if (isAll || matchesLabelSelector(selector, pod.metadata.labels ?? {})) add(refOf(object), refOf(pod), by);
    }
  }
  for (const claim of view.list('PersistentVolumeClaim')) {
    const volume = textAt(claim, 'spec', 'volumeName');
    const storageClass = textAt(claim, 'spec', 'storageClassName');
    if (volume !== undefined) add(refOf(claim), knownRef('PersistentVolume', undefined, volume), 'binds');
    if (storageClass !== undefined) add(refOf(claim), knownRef('StorageClass', undefined, storageClass), 'uses');
  }
  for (const { from, to } of calls)
    for (const caller of workloadsNamed(from)) add(refOf(caller), calledBy(to, caller), 'calls');

  return {
    needs: (ref) => outgoing.get(refKey(ref)) ?? [],
    neededBy: (ref) => incoming.get(refKey(ref)) ?? [],
    serviceOf,
  };

  function linkPod(pod: WireObject): void {
    const ref = refOf(pod);
    const { namespace = '' } = pod.metadata;
    const controller = view.controllerOf(pod);
    if (controller !== undefined) add(ref, controller.ref, 'owned-by');
    const node = textAt(pod, 'spec', 'nodeName');
    if (node !== undefined) add(ref, knownRef('Node', undefined, node), 'runs-on');
    linkPodSpec(ref, at(pod, 'spec'), namespace);
  }

  function linkPodSpec(ref: ObjectRef, spec: unknown, namespace: string): void {
    const account = textAt(spec, 'serviceAccountName');
    if (account !== undefined) add(ref, knownRef('ServiceAccount', namespace, account), 'uses');
    const priority = textAt(spec, 'priorityClassName');
    if (priority !== undefined) add(ref, knownRef('PriorityClass', undefined, priority), 'uses');
    for (const { record: volume } of recordsAt(spec, 'volumes')) {
      const claim =
        textAt(volume, 'persistentVolumeClaim', 'claimName') ??
        (at(volume, 'ephemeral') === undefined || ref.kind !== 'Pod'
          ? undefined
          : `${ref.name}-${textAt(volume, 'name')}`);
      if (claim !== undefined) add(ref, knownRef('PersistentVolumeClaim', namespace, claim), 'mounts');
      const map = textAt(volume, 'configMap', 'name');
      if (map !== undefined) add(ref, knownRef('ConfigMap', namespace, map), 'mounts');
      const secret = knowsSecrets ? textAt(volume, 'secret', 'secretName') : undefined;
      if (secret !== undefined) add(ref, secretRef(namespace, secret), 'mounts');
      for (const { record } of recordsAt(volume, 'projected', 'sources')) {
        const projected = textAt(record, 'configMap', 'name');
        if (projected !== undefined) add(ref, knownRef('ConfigMap', namespace, projected), 'mounts');
        const kept = knowsSecrets ? textAt(record, 'secret', 'name') : undefined;
        if (kept !== undefined) add(ref, secretRef(namespace, kept), 'mounts');
      }
    }
    for (const list of ['initContainers', 'containers']) {
      for (const { record: container } of recordsAt(spec, list)) {
        linkContainer(ref, container, namespace);
        if (knowsSecrets) for (const name of secretsOf(container)) add(ref, secretRef(namespace, name), 'uses');
      }
    }
    if (knowsSecrets)
      for (const { record } of recordsAt(spec, 'imagePullSecrets')) {
        const name = textAt(record, 'name');
        if (name !== undefined) add(ref, secretRef(namespace, name), 'uses');
      }
  }

  /** The Services that a setting names. The pods of one workload say the same: each distinct setting of a namespace is read once. */
  function servicesIn(name: string, value: unknown, namespace: string): readonly WireObject[] {
    if (typeof value !== 'string' || value.length > maxSettingLength) return none;
    const byValue = entryOf(servicesBySetting, namespace, () => new Map<string, Map<string, readonly WireObject[]>>());
    const byName = entryOf(byValue, value, () => new Map<string, readonly WireObject[]>());
    return entryOf(byName, name, () => {
      const found = addressesOf(name, value).flatMap(({ host }) => serviceOf(host, namespace) ?? []);
      return found.length === 0 ? none : found;
    });
  }

  // The one loop over every variable of every container of a cluster: nothing is made for each of them.
  function linkContainer(ref: ObjectRef, container: unknown, namespace: string): void {
    const maps = new Set<string>();
    const called = new Set<WireObject>();
    for (const source of listAt(container, 'envFrom')) {
      const map = textAt(source, 'configMapRef', 'name');
      if (map !== undefined) maps.add(map);
    }
    for (const variable of listAt(container, 'env')) {
      if (!isRecord(variable)) continue;
      const map = variable.valueFrom === undefined ? undefined : textAt(variable.valueFrom, 'configMapKeyRef', 'name');
      if (map !== undefined) maps.add(map);
      const name = typeof variable.name === 'string' ? variable.name : '';
      for (const service of servicesIn(name, variable.value, namespace)) called.add(service);
      if (map !== undefined) {
        const key = textAt(variable.valueFrom, 'configMapKeyRef', 'key') ?? '';
        const value = textAt(view.get(knownRef('ConfigMap', namespace, map)), 'data', key);
        for (const service of servicesIn(name, value, namespace)) called.add(service);
      }
    }
    for (const source of listAt(container, 'envFrom')) {
      const map = textAt(source, 'configMapRef', 'name');
      const held = map === undefined ? undefined : view.get(knownRef('ConfigMap', namespace, map));
      for (const [name, value] of Object.entries(stringsAt(held, 'data')))
        for (const service of servicesIn(name, value, namespace)) called.add(service);
    }
    for (const list of ['command', 'args']) {
      for (const argument of listAt(container, list)) {
        if (typeof argument !== 'string') continue;
        const [, name = '', value = argument] = /^--?([A-Za-z][A-Za-z0-9_.-]{0,60})=(.+)$/s.exec(argument) ?? [];
        for (const service of servicesIn(name, value, namespace)) called.add(service);
      }
    }
    for (const map of maps) add(ref, knownRef('ConfigMap', namespace, map), 'uses');
    for (const service of called) add(ref, refOf(service), 'calls');
  }

  function linkIngress(ingress: WireObject): void {
    const { namespace } = ingress.metadata;
    const backends = [
      at(ingress, 'spec', 'defaultBackend'),
      ...recordsAt(ingress, 'spec', 'rules').flatMap(({ record }) =>
        recordsAt(record, 'http', 'paths').map(({ record: path }) => at(path, 'backend')),
      ),
    ];
    const names = new Set(backends.flatMap((backend) => textAt(backend, 'service', 'name') ?? []));
    for (const name of names) add(refOf(ingress), knownRef('Service', namespace, name), 'routes-to');
    for (const { record } of knowsSecrets ? recordsAt(ingress, 'spec', 'tls') : []) {
      const secret = textAt(record, 'secretName');
      if (secret !== undefined) add(refOf(ingress), secretRef(namespace, secret), 'uses');
    }
    const ingressClass = textAt(ingress, 'spec', 'ingressClassName');
    if (ingressClass !== undefined) add(refOf(ingress), knownRef('IngressClass', undefined, ingressClass), 'uses');
  }

  function linkRoute(route: WireObject): void {
    const { namespace } = route.metadata;
    for (const { record: rule } of recordsAt(route, 'spec', 'rules')) {
      for (const { record: backend } of recordsAt(rule, 'backendRefs')) {
        const name = textAt(backend, 'name');
        if (name !== undefined && (textAt(backend, 'kind') ?? 'Service') === 'Service')
          add(refOf(route), knownRef('Service', textAt(backend, 'namespace') ?? namespace, name), 'routes-to');
      }
    }
    for (const { record: parent } of recordsAt(route, 'spec', 'parentRefs')) {
      const name = textAt(parent, 'name');
      if (name !== undefined)
        add(refOf(route), knownRef('Gateway', textAt(parent, 'namespace') ?? namespace, name), 'uses');
    }
  }

  function workloadsNamed(text: string): readonly WireObject[] {
    const [first = '', second] = text.split('/');
    const [namespace, name] = second === undefined ? [undefined, first.split('.')[0] ?? ''] : [first, second];
    return templateKinds.flatMap((kind) => view.list(kind, namespace).filter(({ metadata }) => metadata.name === name));
  }

  function calledBy(to: string, caller: WireObject): ObjectRef | undefined {
    const own = caller.metadata.namespace ?? '';
    const [first = '', second] = to.split('/');
    const service = second === undefined ? serviceOf(first, own) : view.get(knownRef('Service', first, second));
    const found =
      service ??
      workloadsNamed(to).toSorted(
        (a, b) => Number(b.metadata.namespace === own) - Number(a.metadata.namespace === own),
      )[0];
    return found === undefined ? undefined : refOf(found);
  }
}

/** The Secrets that fill a container's environment. */
function secretsOf(container: unknown): ReadonlySet<string> {
  return new Set([
    ...listAt(container, 'envFrom').flatMap((source) => textAt(source, 'secretRef', 'name') ?? []),
    ...listAt(container, 'env').flatMap((variable) => textAt(variable, 'valueFrom', 'secretKeyRef', 'name') ?? []),
  ]);
}

const templateKinds: readonly KnownKind[] = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'CronJob',
  'Job',
  'ReplicationController',
];
const podSelectors: readonly (readonly [KnownKind, string, LinkKind])[] = [
  ['PodDisruptionBudget', 'selector', 'guards'],
  ['NetworkPolicy', 'podSelector', 'restricts'],
];

/** Namespace and name of the Service that a host name may mean inside a cluster. Undefined for an IP address, a name with a port, or a name of another domain. */
export function serviceNameOf(
  host: string,
  fromNamespace: string,
): { readonly namespace: string; readonly name: string } | undefined {
  const labels = host.replace(/\.$/, '').toLowerCase().split('.');
  if (!labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label))) return undefined;
  const [name = '', namespace = fromNamespace, svc = 'svc', ...domain] = labels;
  if (labels.length > 2 && svc !== 'svc') return undefined;
  if (domain.length > 0 && domain.join('.') !== 'cluster.local') return undefined;
  return /^\d+$/.test(name) && labels.length > 1 ? undefined : { namespace, name };
}

/** One key per object, whatever version of its API it is referred to by. */
export function refKey(ref: {
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name: string;
}): string {
  return `${ref.kind}/${ref.namespace ?? ''}/${ref.name}`;
}

function withNamespace(
  ref: { apiVersion: string; kind: string; name: string },
  namespace: string | undefined,
): ObjectRef {
  return namespace === undefined ? ref : { ...ref, namespace };
}

function groupByNamespace(objects: readonly WireObject[]): ReadonlyMap<string, readonly WireObject[]> {
  const groups = new Map<string, WireObject[]>();
  for (const object of objects) push(groups, object.metadata.namespace ?? '', object);
  return groups;
}

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
