import type { WireObject } from '../../cluster/object.ts';
import { isTerminating } from '../../cluster/pod.ts';
import { isLivePod } from '../../cluster/pod-readiness.ts';
import { podSpecOf } from '../../cluster/pod-spec.ts';
import { servicePortsOf } from '../../cluster/service.ts';
import { recordsAt, textAt } from '../../cluster/wire.ts';
import { byName } from './service-map.ts';
import type { ServicePathContext } from './service-path-context.ts';

/** What answers names inside the cluster. Empty where it was not read. */
export type ClusterDns = {
  readonly workloads: readonly WireObject[];
  readonly services: readonly WireObject[];
  readonly pods: readonly WireObject[];
  /** ConfigMaps with a Corefile that the workloads mount. */
  readonly configs: readonly WireObject[];
  /** The port that the pods answer on. */
  readonly port: number;
};

/** Where clusters keep their name servers. */
export const dnsNamespaces: readonly string[] = ['kube-system', 'openshift-dns'];
const names = /^(?:[a-z0-9-]{0,40}-)?(?:coredns|kube-dns|core-dns|dns-default)$/;
const notDns = /autoscaler|node-?local|external-?dns/;

/** Finds the name servers by the labels and names that kubeadm, k3s, RKE2, EKS, GKE, AKS and OpenShift give them. */
export function clusterDnsOf({ view }: Pick<ServicePathContext, 'view'>): ClusterDns {
  const inPlace = (kind: 'Deployment' | 'DaemonSet' | 'Service') =>
    dnsNamespaces
      .flatMap((namespace) => view.list(kind, namespace))
      .filter((object) => isDns(object) && !isTerminating(object));
  const workloads = [...inPlace('Deployment'), ...inPlace('DaemonSet')].toSorted(byName);
  const services = inPlace('Service')
    .filter((service) => servicePortsOf(service).some(({ port }) => port === 53))
    .toSorted(byName);
  const pods = workloads
    .flatMap((workload) => view.podsOf(workload))
    .filter(isLivePod)
    .toSorted(byName);
  const configs = workloads.flatMap((workload) =>
    recordsAt(podSpecOf(workload), 'volumes').flatMap(({ record }) => {
      const name = textAt(record, 'configMap', 'name');
      const found =
        name === undefined
          ? undefined
          : view.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: workload.metadata.namespace, name });
      return found === undefined || textAt(found, 'data', 'Corefile') === undefined ? [] : [found];
    }),
  );
  return { workloads, services, pods, configs, port: portOf(services, pods) };
}

/** Whether a Service or workload is a name server of the cluster. */
export function isDns({ metadata }: WireObject): boolean {
  const { name, labels = {}, namespace = '' } = metadata;
  if (!dnsNamespaces.includes(namespace) || notDns.test(name)) return false;
  const app = labels['k8s-app'] ?? labels['app.kubernetes.io/name'] ?? labels['dns.operator.openshift.io/owning-dns'];
  return names.test(name) || app === 'kube-dns' || app === 'coredns';
}

function portOf(services: readonly WireObject[], pods: readonly WireObject[]): number {
  const target = services.flatMap(servicePortsOf).find(({ port }) => port === 53)?.targetPort;
  if (typeof target === 'number') return target;
  const declared = pods.flatMap((pod) =>
    recordsAt(podSpecOf(pod), 'containers').flatMap(({ record }) => recordsAt(record, 'ports')),
  );
  const found = declared.find(({ record }) => record.name === (target ?? 'dns'))?.record.containerPort;
  return typeof found === 'number' ? found : 53;
}
