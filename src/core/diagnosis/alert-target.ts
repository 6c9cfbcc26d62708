import type { ClusterView } from '../cluster/cluster-view.ts';
import { type KnownKind, knownRef } from '../cluster/kinds.ts';
import { type ObjectRef, refOf } from '../cluster/object.ts';
import { type AlertHost, checkedHostOf, objectAtHost } from './alert-host.ts';

export type AlertLabels = Readonly<Record<string, string>>;

/**
 * What the labels of an alert may mean, most telling first. `namespace` is that of the failing thing, absent when only the scraper's is known. `host` is an address it was measured at, for
 * when the labels name no object that is there: which object has it only the objects can tell.
 */
export type AlertTarget = {
  readonly namespace: string | undefined;
  readonly candidates: readonly ObjectRef[];
  readonly host?: AlertHost | undefined;
  /** The candidate that only measured: meant when nothing else is there. */
  readonly exporter?: ObjectRef | undefined;
};

// Labels that only the metric itself can carry: service discovery never sets them. `job` is the scrape job's name, so kube-state-metrics calls a Job's `job_name`.
const workloadLabels: readonly (readonly [label: string, kind: KnownKind])[] = [
  ['deployment', 'Deployment'],
  ['statefulset', 'StatefulSet'],
  ['daemonset', 'DaemonSet'],
  ['cronjob', 'CronJob'],
  ['job_name', 'Job'],
  ['replicaset', 'ReplicaSet'],
  ['horizontalpodautoscaler', 'HorizontalPodAutoscaler'],
  ['hpa', 'HorizontalPodAutoscaler'],
  ['persistentvolumeclaim', 'PersistentVolumeClaim'],
  ['poddisruptionbudget', 'PodDisruptionBudget'],
  ['resourcequota', 'ResourceQuota'],
  ['ingress', 'Ingress'],
];

// Exporters that speak about others: the pod, service, container and instance of their series are their own.
const exporter = /(?:^|[-/])(?:kube-state-metrics|node-exporter|blackbox-exporter)(?:$|[-/])/;

/**
 * Reads what an alert is about from its labels, by the conventions of kube-prometheus.
 *
 * `exported_*` labels win: Prometheus renames the metric's own labels so when they collide with those of the scraped target. The target labels (`job`,
 * `instance`, `service`, `pod`, `container`, `namespace`) of kube-state-metrics and node-exporter say where the exporter runs, not what fails; their
 * pod is the last candidate, for the case that it is the exporter itself that fails.
 */
export function alertTargetOf(labels: AlertLabels): AlertTarget {
  const label = (name: string): string | undefined => filled(labels[`exported_${name}`]) ?? filled(labels[name]);
  const checked = checkedHostOf(labels);
  const fromExporter =
    checked !== undefined ||
    exporter.test(labels.job ?? '') ||
    exporter.test(labels.pod ?? '') ||
    exporter.test(labels.service ?? '');
  const workloads = workloadLabels.flatMap(([name, kind]) => {
    const value = label(name);
    return value === undefined ? [] : [{ kind, name: value }];
  });
  const exportedPod = filled(labels.exported_pod);
  const plainPod = filled(labels.pod);
  const isExporters = fromExporter && (checked !== undefined || exporter.test(plainPod ?? ''));
  const ownPod = exportedPod ?? (isExporters ? undefined : plainPod);
  const exportersPod = ownPod === undefined ? plainPod : undefined;
  const node = label('node') ?? label('nodename') ?? (fromExporter ? hostOf(labels.instance, labels.job) : undefined);
  // An exporter may be called anything: beside labels that only a node's series have, the pod is rather its own.
  const isOfNode = fromExporter && exportedPod === undefined && speaksOfNode(labels);
  const service = fromExporter ? filled(labels.exported_service) : label('service');

  const speaksOfNamespaced =
    workloads.length > 0 || ownPod !== undefined || filled(labels.exported_namespace) !== undefined;
  const namespace = fromExporter && !speaksOfNamespaced && node !== undefined ? undefined : label('namespace');
  const inNamespace = (kind: KnownKind, name: string | undefined): ObjectRef[] =>
    name === undefined || namespace === undefined ? [] : [knownRef(kind, namespace, name)];
  return {
    namespace,
    candidates: [
      ...workloads.flatMap(({ kind, name }) => inNamespace(kind, name)),
      ...inNamespace('Certificate', certificateOf(labels)),
      ...inNamespace('Pod', ownPod),
      ...(node === undefined || (ownPod !== undefined && !isOfNode) || workloads.length > 0
        ? []
        : [knownRef('Node', undefined, node)]),
      ...inNamespace('Service', service),
      ...inNamespace('Pod', exportersPod),
    ],
    host: checked ?? addressOfNode(labels),
    exporter: inNamespace('Pod', exportersPod)[0],
  };
}

/** kube-state-metrics puts these on the conditions and taints of nodes. */
function speaksOfNode({ alertname, condition, effect }: AlertLabels): boolean {
  return filled(condition) !== undefined || filled(effect) !== undefined || /node/i.test(alertname ?? '');
}

// cert-manager's own metrics name the Certificate in a label that says only `name`.
function certificateOf({ job, alertname, issuer_name, name }: AlertLabels): string | undefined {
  return issuer_name !== undefined || /cert-?manager/i.test(`${job ?? ''} ${alertname ?? ''}`)
    ? filled(name)
    : undefined;
}

function addressOfNode({ instance, job }: AlertLabels): AlertHost | undefined {
  const host = instance?.replace(/:\d{1,5}$/, '');
  return host !== undefined && /node-exporter/.test(job ?? '') && /^\d{1,3}(?:\.\d{1,3}){3}$/.test(host)
    ? { host, path: '/' }
    : undefined;
}

// node-exporter's instance is the node's address, with a port; other exporters' instances say nothing of a node.
function hostOf(instance: string | undefined, job: string | undefined): string | undefined {
  if (instance === undefined || !/node-exporter/.test(job ?? '')) return undefined;
  const host = instance.replace(/:\d{1,5}$/, '');
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(host) ? undefined : filled(host);
}

function filled(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}

/**
 * The first candidate that is among the objects read, else what answers at the address. A pod that is gone stands for the workload that made it, told by its name: `checkout-7d9c5b6f4-x2x8k`
 * by ReplicaSet `checkout-7d9c5b6f4` or Deployment `checkout`, `db-0` by StatefulSet `db`.
 */
export function resolveAlertTarget(view: ClusterView, target: AlertTarget): ObjectRef | undefined {
  const { candidates, host, namespace, exporter: measuring } = target;
  const named = (refs: readonly ObjectRef[]) => refs.flatMap((ref) => inView(view, ref) ?? [])[0];
  const own = candidates.filter(({ kind, name }) => kind !== measuring?.kind || name !== measuring.name);
  return named(own) ?? (host === undefined ? undefined : objectAtHost(view, host, namespace)) ?? named(candidates);
}

function inView(view: ClusterView, candidate: ObjectRef): ObjectRef | undefined {
  const found = view.get(candidate);
  if (found !== undefined) return refOf(found);
  return candidate.kind === 'Pod' ? makerOf(view, candidate) : undefined;
}

/** Who may have made a pod that is gone, told by its name. */
export function makersOfPod({ namespace, name }: ObjectRef): readonly ObjectRef[] {
  const parent = name.replace(/-[a-z0-9]{1,10}$/, '');
  const grandparent = parent.replace(/-[a-z0-9]{1,10}$/, '');
  const makers: readonly (readonly [KnownKind, string])[] = [
    ['ReplicaSet', parent],
    ['StatefulSet', parent],
    ['DaemonSet', parent],
    ['Job', parent],
    ['Deployment', grandparent],
  ];
  return makers.filter(([, maker]) => maker !== name).map(([kind, maker]) => knownRef(kind, namespace, maker));
}

function makerOf(view: ClusterView, pod: ObjectRef): ObjectRef | undefined {
  for (const ref of makersOfPod(pod)) {
    const found = view.get(ref);
    if (found !== undefined) return view.ownersOf(found).at(-1)?.ref ?? refOf(found);
  }
  return undefined;
}
