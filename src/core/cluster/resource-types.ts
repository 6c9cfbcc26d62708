/** One resource the co-pilot may read. Structurally a `ResourceType` of the cluster-reader port, plus the names people type. */
export type ResourceTypeEntry = {
  readonly apiVersion: string;
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly singular: string;
  readonly shortNames: readonly string[];
};

/** Where kubectl looks when no namespace is given. */
export const defaultNamespace = 'default';

const namespaced = true;
const clusterWide = false;

function row(
  apiVersion: string,
  resource: string,
  kind: string,
  isNamespaced: boolean,
  ...shortNames: string[]
): ResourceTypeEntry {
  return { apiVersion, resource, kind, namespaced: isNamespaced, singular: kind.toLowerCase(), shortNames };
}

/**
 * The closed table of what can be read by name. Source: `kubectl api-resources` of Kubernetes 1.35, and the CRDs of the Gateway API, cert-manager, Argo CD and Flux.
 * Secrets are absent on purpose: the default role cannot read them, and no line or typed action may ask for them.
 */
export const resourceTypes: readonly ResourceTypeEntry[] = [
  row('v1', 'pods', 'Pod', namespaced, 'po'),
  row('v1', 'services', 'Service', namespaced, 'svc'),
  row('v1', 'endpoints', 'Endpoints', namespaced, 'ep'),
  row('v1', 'configmaps', 'ConfigMap', namespaced, 'cm'),
  row('v1', 'events', 'Event', namespaced, 'ev'),
  row('v1', 'limitranges', 'LimitRange', namespaced, 'limits'),
  row('v1', 'persistentvolumeclaims', 'PersistentVolumeClaim', namespaced, 'pvc'),
  row('v1', 'replicationcontrollers', 'ReplicationController', namespaced, 'rc'),
  row('v1', 'resourcequotas', 'ResourceQuota', namespaced, 'quota'),
  row('v1', 'serviceaccounts', 'ServiceAccount', namespaced, 'sa'),
  row('v1', 'namespaces', 'Namespace', clusterWide, 'ns'),
  row('v1', 'nodes', 'Node', clusterWide, 'no'),
  row('v1', 'persistentvolumes', 'PersistentVolume', clusterWide, 'pv'),
  row('v1', 'componentstatuses', 'ComponentStatus', clusterWide, 'cs'),
  row('apps/v1', 'controllerrevisions', 'ControllerRevision', namespaced),
  row('apps/v1', 'daemonsets', 'DaemonSet', namespaced, 'ds'),
  row('apps/v1', 'deployments', 'Deployment', namespaced, 'deploy'),
  row('apps/v1', 'replicasets', 'ReplicaSet', namespaced, 'rs'),
  row('apps/v1', 'statefulsets', 'StatefulSet', namespaced, 'sts'),
  row('batch/v1', 'cronjobs', 'CronJob', namespaced, 'cj'),
  row('batch/v1', 'jobs', 'Job', namespaced),
  row('autoscaling/v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler', namespaced, 'hpa'),
  row('policy/v1', 'poddisruptionbudgets', 'PodDisruptionBudget', namespaced, 'pdb'),
  row('discovery.k8s.io/v1', 'endpointslices', 'EndpointSlice', namespaced),
  row('networking.k8s.io/v1', 'ingresses', 'Ingress', namespaced, 'ing'),
  row('networking.k8s.io/v1', 'networkpolicies', 'NetworkPolicy', namespaced, 'netpol'),
  row('networking.k8s.io/v1', 'ingressclasses', 'IngressClass', clusterWide),
  row('coordination.k8s.io/v1', 'leases', 'Lease', namespaced),
  row('rbac.authorization.k8s.io/v1', 'roles', 'Role', namespaced),
  row('rbac.authorization.k8s.io/v1', 'rolebindings', 'RoleBinding', namespaced),
  row('rbac.authorization.k8s.io/v1', 'clusterroles', 'ClusterRole', clusterWide),
  row('rbac.authorization.k8s.io/v1', 'clusterrolebindings', 'ClusterRoleBinding', clusterWide),
  row('storage.k8s.io/v1', 'storageclasses', 'StorageClass', clusterWide, 'sc'),
  row('storage.k8s.io/v1', 'volumeattachments', 'VolumeAttachment', clusterWide),
  row('storage.k8s.io/v1', 'csidrivers', 'CSIDriver', clusterWide),
  row('storage.k8s.io/v1', 'csinodes', 'CSINode', clusterWide),
  row('scheduling.k8s.io/v1', 'priorityclasses', 'PriorityClass', clusterWide, 'pc'),
  row('apiextensions.k8s.io/v1', 'customresourcedefinitions', 'CustomResourceDefinition', clusterWide, 'crd', 'crds'),
  row('apiregistration.k8s.io/v1', 'apiservices', 'APIService', clusterWide),
  row('admissionregistration.k8s.io/v1', 'mutatingwebhookconfigurations', 'MutatingWebhookConfiguration', clusterWide),
  row(
    'admissionregistration.k8s.io/v1',
    'validatingwebhookconfigurations',
    'ValidatingWebhookConfiguration',
    clusterWide,
  ),
  row('gateway.networking.k8s.io/v1', 'gatewayclasses', 'GatewayClass', clusterWide, 'gc'),
  row('gateway.networking.k8s.io/v1', 'gateways', 'Gateway', namespaced, 'gtw'),
  row('gateway.networking.k8s.io/v1', 'httproutes', 'HTTPRoute', namespaced),
  row('cert-manager.io/v1', 'certificates', 'Certificate', namespaced, 'cert', 'certs'),
  row('argoproj.io/v1alpha1', 'applications', 'Application', namespaced, 'app', 'apps'),
  row('kustomize.toolkit.fluxcd.io/v1', 'kustomizations', 'Kustomization', namespaced, 'ks'),
  row('helm.toolkit.fluxcd.io/v2', 'helmreleases', 'HelmRelease', namespaced, 'hr'),
  row('source.toolkit.fluxcd.io/v1', 'gitrepositories', 'GitRepository', namespaced, 'gitrepo'),
];

const byWord: ReadonlyMap<string, ResourceTypeEntry> = new Map(
  resourceTypes.flatMap((type) => wordsFor(type).map((word) => [word, type] as const)),
);

/**
 * Finds the resource that a word of a kubectl line or a runbook means: plural, singular or short name, in any case, alone or qualified
 * as kubectl reads it (`deployments.apps`, `deployments.v1.apps`, `pods.v1.`). Nothing is guessed: an unlisted word is `undefined`.
 */
export function findResourceType(word: string): ResourceTypeEntry | undefined {
  return byWord.get(word.toLowerCase());
}

/** The entry of a kind as wire objects spell it (`Deployment`), of that group alone when `apiVersion` is given. */
export function resourceTypeOfKind(kind: string, apiVersion?: string): ResourceTypeEntry | undefined {
  return resourceTypes.find(
    (type) => type.kind === kind && (apiVersion === undefined || type.apiVersion === apiVersion),
  );
}

/** Whether a word means Secrets, however it is qualified or written (`secret`, `Secrets`, `secrets.v1.`). */
export function meansSecrets(word: string): boolean {
  const [bare] = word.toLowerCase().split('.');
  return bare === 'secret' || bare === 'secrets';
}

function wordsFor(type: ResourceTypeEntry): string[] {
  const bare = [type.resource, type.singular, ...type.shortNames];
  const [groupOrVersion = '', version] = type.apiVersion.split('/');
  const qualified =
    version === undefined ? [`.${groupOrVersion}.`] : [`.${groupOrVersion}`, `.${version}.${groupOrVersion}`];
  return [...bare, ...bare.flatMap((word) => qualified.map((suffix) => `${word}${suffix}`))];
}
