/**
 * How far a fault is from its root. A finding can explain those of a later stage that show in the same objects.
 *
 * - `platform`: nodes, control plane, storage and network under the workloads
 * - `declared`: what somebody wrote into an object: an image, a selector, a quota, a probe
 * - `running`: how a process behaves: it crashes, is throttled, is evicted
 * - `serving`: what callers see: no endpoints, a rollout that stands still
 */
export type Stage = 'platform' | 'declared' | 'running' | 'serving';

type CodeEntry = {
  readonly stage: Stage /** Which object a finding of this code names: the one that must change. */;
  readonly object: string;
};

function declared(object: string): CodeEntry {
  return { stage: 'declared', object };
}
function platform(object: string): CodeEntry {
  return { stage: 'platform', object };
}
function running(object: string): CodeEntry {
  return { stage: 'running', object };
}
function serving(object: string): CodeEntry {
  return { stage: 'serving', object };
}

const workload = 'the workload (a bare pod when nothing controls it)';

/** Every code a finding can have, by family. docs/findings.md describes each; a test holds the two together. */
const codeFamilies = {
  admission: {
    'quota-exceeded': declared('the ResourceQuota'),
    'limit-range-violated': declared(workload),
    'service-account-missing': declared(workload),
    'admission-webhook-denies': declared(workload),
    'admission-policy-denies': declared(workload),
    'admission-webhook-unreachable': platform('the webhook configuration'),
    'pod-security-violated': declared(workload),
    'pod-spec-invalid': declared(workload),
  },
  scheduling: {
    'insufficient-cpu': declared(workload),
    'insufficient-memory': declared(workload),
    'insufficient-ephemeral-storage': declared(workload),
    'insufficient-extended-resource': declared(workload),
    'node-pod-limit-reached': declared(workload),
    'node-volume-limit-reached': declared(workload),
    'node-selector-unmatched': declared(workload),
    'node-affinity-unmatched': declared(workload),
    'pod-affinity-unsatisfied': declared(workload),
    'pod-anti-affinity-conflict': declared(workload),
    'taint-not-tolerated': declared(workload),
    'nodes-cordoned': platform('the Node'),
    'topology-spread-unsatisfiable': declared(workload),
    'host-port-conflict': declared(workload),
    'volume-node-conflict': declared('the PersistentVolume'),
    'pod-preempted': declared(workload),
    'scheduler-name-unknown': declared(workload),
    'scheduling-gated': declared(workload),
  },
  storage: {
    'storage-class-missing': declared('the PersistentVolumeClaim'),
    'volume-access-mode-mismatch': declared('the PersistentVolumeClaim'),
    'volume-capacity-mismatch': declared('the PersistentVolumeClaim'),
    'volume-selector-unmatched': declared('the PersistentVolumeClaim'),
    'volume-already-bound': declared('the PersistentVolumeClaim'),
    'volume-missing': declared('the PersistentVolumeClaim'),
    'volume-released': declared('the PersistentVolume'),
    'volume-lost': platform('the PersistentVolumeClaim'),
    'provisioner-failing': platform('the StorageClass'),
    'volume-claim-missing': declared(workload),
    'volume-mount-failed': declared('the PersistentVolume, or the workload that declares the volume'),
    'volume-attach-failed': platform('the PersistentVolume'),
    'volume-permission-denied': declared(workload),
  },
  startUp: {
    'image-pull-failed': declared(workload),
    'image-access-denied': declared(workload),
    'image-registry-unreachable': declared(workload),
    'image-platform-mismatch': declared(workload),
    'image-rate-limited': declared(workload),
    'config-map-missing': declared(workload),
    'config-map-key-missing': declared(workload),
    'secret-missing': declared(workload),
    'secret-key-missing': declared(workload),
    'command-not-found': declared(workload),
    'init-container-failing': running(workload),
    'security-context-blocks': declared(workload),
    'probe-port-wrong': declared(workload),
    'probe-path-wrong': declared(workload),
    'probe-scheme-wrong': declared(workload),
    'probe-timing-too-short': declared(workload),
    'probe-exec-failing': declared(workload),
    'probe-failing': running(workload),
  },
  runtime: {
    'container-oom-killed': declared(workload),
    'node-out-of-memory': platform('the Node'),
    'cpu-throttled': declared(workload),
    'cpu-saturated': declared(workload),
    'container-crash-looping': running(workload),
    'liveness-probe-kills': running(workload),
    'container-port-conflict': declared(workload),
    'disk-full': running('the PersistentVolumeClaim, or the workload that writes'),
    'pod-evicted': running(workload),
    'job-backoff-exceeded': serving('the Job, or the CronJob that makes it'),
    'job-deadline-exceeded': declared('the Job, or the CronJob that makes it'),
    'cron-job-suspended': declared('the CronJob'),
    'cron-job-missed': running('the CronJob'),
    'finalizer-stuck': declared('the object that cannot go'),
    'pod-stuck-terminating': running('the Pod'),
    'rollout-stuck': serving('the Deployment, StatefulSet or DaemonSet'),
    'readiness-flapping': running(workload),
  },
  appConfiguration: {
    'dependency-host-wrong': declared('the workload or ConfigMap that names the host'),
    'dependency-port-wrong': declared('the workload or ConfigMap that names the port'),
    'dependency-credentials-rejected': declared(
      'the workload whose credentials are refused, or the ConfigMap that names the user',
    ),
    'dependency-down': running('the Service that is depended on, or the workload behind it'),
    'database-connections-exhausted': running('the database'),
    'database-read-only': running('the database, or what names its replica'),
    'migration-missing': declared('the workload'),
    'certificate-expired': declared('the Certificate, Ingress or workload that presents it'),
    'certificate-host-mismatch': declared('the Certificate, Ingress or workload that presents it'),
    'certificate-not-trusted': declared('the workload that does not trust it'),
  },
  servicePath: {
    'service-selector-mismatch': declared('the Service'),
    'service-port-mismatch': declared('the Service'),
    'service-named-port-missing': declared('the Service'),
    'service-protocol-mismatch': declared('the Service'),
    'service-no-ready-endpoints': serving('the Service'),
    'workload-scaled-to-zero': declared(workload),
    'dns-failing': platform(
      'the DNS workload (CoreDNS), its Service or ConfigMap, or the workload that does not ask it',
    ),
    'network-policy-blocks': declared('the NetworkPolicy'),
    'ingress-backend-missing': declared('the Ingress'),
    'ingress-port-mismatch': declared('the Ingress'),
    'ingress-class-missing': declared('the Ingress'),
    'ingress-path-conflict': declared('the newer Ingress'),
    'gateway-route-rejected': declared('the HTTPRoute or Gateway'),
    'tls-secret-missing': declared('the Ingress or Gateway'),
    'certificate-expiring': declared('the Certificate or Ingress'),
    'hpa-metrics-missing': declared('the HorizontalPodAutoscaler'),
    'hpa-target-missing': declared('the HorizontalPodAutoscaler'),
    'hpa-at-maximum': declared('the HorizontalPodAutoscaler'),
    'pdb-blocks-eviction': declared('the PodDisruptionBudget'),
  },
  nodes: {
    'node-kubelet-down': platform('the Node'),
    'node-runtime-down': platform('the Node'),
    'node-network-unavailable': platform('the Node'),
    'node-memory-pressure': platform('the Node'),
    'node-disk-pressure': platform('the Node'),
    'node-pid-pressure': platform('the Node'),
    'node-not-ready': platform('the Node'),
    'node-clock-skewed': platform('the Node'),
    'node-network-degraded': platform('the Node'),
    'kube-proxy-down': platform('the kube-proxy DaemonSet, or its Pod or Node'),
    'cni-failing': platform('the CNI DaemonSet, or the Node'),
  },
  controlPlane: {
    'scheduler-not-running': platform('the kube-scheduler'),
    'controller-manager-not-running': platform('the kube-controller-manager'),
    'api-server-slow': platform('the kube-apiserver'),
    'api-server-unhealthy': platform('the kube-apiserver'),
    'api-service-unavailable': serving('the APIService'),
    'etcd-no-quorum': platform('etcd'),
    'etcd-slow': platform('etcd'),
    'etcd-space-exceeded': platform('etcd'),
  },
  change: {
    'recent-change': declared('the object that was changed'),
    'declared-state-differs': declared('the object that differs from what was declared'),
    'gitops-sync-failing': declared('the Application, Kustomization, HelmRelease or source'),
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, CodeEntry>>>>;

type Families = typeof codeFamilies;
type FindingFamily = keyof Families;
export type FindingCode = { [F in FindingFamily]: keyof Families[F] }[FindingFamily];

const byCode: ReadonlyMap<string, CodeEntry> = new Map(
  Object.values(codeFamilies).flatMap((family): [string, CodeEntry][] => Object.entries(family)),
);

/** All codes, in the order of the families. */
export const findingCodes: readonly FindingCode[] = [...byCode.keys()].filter(isFindingCode);

function isFindingCode(code: string): code is FindingCode {
  return byCode.has(code);
}

/** The stage of a code. */
export function stageOf(code: FindingCode): Stage {
  const entry = byCode.get(code);
  if (entry === undefined) throw new TypeError(`no family has the code ${code}`);
  return entry.stage;
}
