import type { ClusterView } from '../../cluster/cluster-view.ts';
import { kindOfWord } from '../../cluster/kinds.ts';
import { type ObjectRef, refOf, type WireObject } from '../../cluster/object.ts';
import { isLivePod } from '../../cluster/pod-readiness.ts';
import { clusterAddressesOf } from '../../cluster/service.ts';
import type { Topology } from '../../cluster/topology.ts';
import { booleanAt, textAt } from '../../cluster/wire.ts';
import { workloadOf } from '../../cluster/workload.ts';
import { byName } from './service-map.ts';

type Caller = { readonly ref: ObjectRef; readonly pods: readonly WireObject[] };

/** Finds the objects behind addresses and names as checks and logs write them. */
export interface AddressBook {
  /** The Service or pod behind a host name or address. */
  find(host: string, fromNamespace: string | undefined): WireObject | undefined;
  /** Who is meant by `shop/checkout`, `checkout`, `shop/checkout-5d9f-abcde`, `deployment/checkout`. Undefined when nobody, or more than one, is. */
  callerNamed(text: string): Caller | undefined;
}

export function createAddressBook(view: ClusterView, topology: Topology): AddressBook {
  let byAddress: Map<string, WireObject> | undefined;
  let byObjectName: Map<string, WireObject[]> | undefined;
  const addresses = (): Map<string, WireObject> => {
    if (byAddress !== undefined) return byAddress;
    byAddress = new Map();
    for (const pod of view.list('Pod')) {
      const ip = textAt(pod, 'status', 'podIP');
      // Pods on the host's network share its address: it would not say which of them is meant.
      if (ip !== undefined && isLivePod(pod) && booleanAt(pod, 'spec', 'hostNetwork') !== true) byAddress.set(ip, pod);
    }
    for (const service of view.list('Service'))
      for (const ip of clusterAddressesOf(service)) byAddress.set(ip, service);
    return byAddress;
  };
  const named = (name: string): readonly WireObject[] => {
    if (byObjectName === undefined) {
      byObjectName = new Map();
      for (const kind of callerKinds) {
        for (const object of view.list(kind)) {
          const list = byObjectName.get(object.metadata.name);
          if (list === undefined) byObjectName.set(object.metadata.name, [object]);
          else list.push(object);
        }
      }
    }
    return byObjectName.get(name) ?? [];
  };
  return {
    find(host, fromNamespace) {
      if (/^[\d.]+$/.test(host) || host.includes(':')) return addresses().get(host);
      if (fromNamespace !== undefined || host.includes('.')) return topology.serviceOf(host, fromNamespace ?? '');
      const services = view.list('Service').filter(({ metadata }) => metadata.name === host);
      return services.length === 1 ? services[0] : undefined;
    },
    callerNamed(text) {
      const parts = text.split('/').filter((part) => part !== '');
      const name = parts.at(-1);
      if (name === undefined || parts.length > 3) return undefined;
      const words = parts.slice(0, -1);
      const kind = words.map(callerKindOf).find((word) => word !== undefined);
      const namespace = words.find((word) => callerKindOf(word) === undefined);
      const found = named(name).filter(
        (object) =>
          (namespace === undefined || object.metadata.namespace === namespace) &&
          (kind === undefined || object.kind === kind),
      );
      const [only, ...others] = found;
      if (only === undefined || others.length > 0) return undefined;
      if (only.kind !== 'Pod') return { ref: refOf(only), pods: view.podsOf(only).filter(isLivePod).toSorted(byName) };
      return { ref: workloadOf(view, only).ref, pods: [only] };
    },
  };
}

function callerKindOf(word: string): string | undefined {
  const kind = kindOfWord(word);
  return callerKinds.find((known) => known === kind);
}

const callerKinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Pod'] as const;
