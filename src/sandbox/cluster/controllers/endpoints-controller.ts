import type { Names } from '../store/names.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { toCreate } from '../store/object-writes.ts';
import { selects } from '../store/selectors.ts';
import type { KubeObject, ObjectOf } from '../store/stored-object.ts';
import type { Controller } from './control-loop.ts';
import { controlledBy, keyOf, splitKey } from './ownership.ts';
import { isReady } from './pod-state.ts';

type Pod = ObjectOf<'Pod'>;

/** Keeps the Endpoints and the EndpointSlice of each Service that has a selector. */
export function createEndpointsController(parts: { store: ObjectStore; names: Names; now: () => number }): Controller {
  const { store } = parts;

  function reconcile(key: string): undefined {
    const [namespace, name] = splitKey(key);
    const service = store.get('Service', namespace, name);
    const selector = service?.spec?.selector;
    if (service === undefined || selector === undefined) {
      if (service === undefined) for (const kind of ['Endpoints', 'EndpointSlice']) store.remove(kind, namespace, name);
      return;
    }
    const pods = store.list('Pod', namespace).filter((pod) => pod.status?.podIP !== undefined && isServing(pod));
    const selected = pods.filter((pod) => selects({ matchLabels: selector }, pod.metadata.labels));
    const ports = (service.spec?.ports ?? []).map(({ name: portName, port, protocol = 'TCP', targetPort }) => ({
      ...(portName === undefined ? {} : { name: portName }),
      port: typeof targetPort === 'number' ? targetPort : port,
      protocol,
    }));
    const target = (pod: Pod) => ({ kind: 'Pod', namespace, name: pod.metadata.name, uid: pod.metadata.uid ?? '' });
    const addresses = (of: readonly Pod[]) =>
      of.map((pod) => ({ ip: pod.status?.podIP ?? '', nodeName: pod.spec?.nodeName ?? '', targetRef: target(pod) }));
    const ready = selected.filter(isReady);
    const unready = selected.filter((pod) => !isReady(pod));
    const subset = {
      ...(ready.length === 0 ? {} : { addresses: addresses(ready) }),
      ...(unready.length === 0 ? {} : { notReadyAddresses: addresses(unready) }),
      ports,
    };
    const labels = { ...service.metadata.labels };
    const endpoints: ObjectOf<'Endpoints'> = {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name, namespace, labels },
      ...(selected.length === 0 ? {} : { subsets: [subset] }),
    };
    const slice: ObjectOf<'EndpointSlice'> = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name,
        namespace,
        labels: {
          ...labels,
          'kubernetes.io/service-name': name,
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        },
        ownerReferences: [controlledBy(service)],
      },
      addressType: 'IPv4',
      endpoints: selected.map((pod) => ({
        addresses: [pod.status?.podIP ?? ''],
        conditions: { ready: isReady(pod), serving: isReady(pod), terminating: false },
        nodeName: pod.spec?.nodeName ?? '',
        targetRef: target(pod),
      })),
      ports,
    };
    put(endpoints);
    put(slice);
  }

  function put(object: KubeObject): void {
    const before = store.get(object.kind, object.metadata.namespace, object.metadata.name);
    if (before === undefined) store.insert(toCreate(object, { names: parts.names, nowMs: parts.now() }));
    else store.replace({ ...object, metadata: { ...before.metadata, ...object.metadata } });
  }

  return {
    name: 'endpoints',
    wakes({ object, previous }) {
      if (object.kind === 'Service') return [keyOf(object)];
      if (object.kind !== 'Pod') return [];
      const labels = [object.metadata.labels, previous?.metadata.labels];
      return store
        .list('Service', object.metadata.namespace)
        .filter(
          ({ spec }) =>
            spec?.selector !== undefined && labels.some((one) => selects({ matchLabels: spec?.selector ?? {} }, one)),
        )
        .map(keyOf);
    },
    reconcile,
  };
}

function isServing(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return pod.metadata.deletionTimestamp === undefined && phase !== 'Succeeded' && phase !== 'Failed';
}
