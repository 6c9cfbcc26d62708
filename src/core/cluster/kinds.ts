import type { ObjectRef } from './object.ts';
import { findResourceType, type ResourceTypeEntry, resourceTypes } from './resource-types.ts';

/** The kinds that investigations read and reason about, with their API. */
const knownKinds = {
  Pod: 'v1',
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  DaemonSet: 'apps/v1',
  ReplicaSet: 'apps/v1',
  Job: 'batch/v1',
  CronJob: 'batch/v1',
  Service: 'v1',
  Event: 'v1',
  Node: 'v1',
  Namespace: 'v1',
  ReplicationController: 'v1',
  ConfigMap: 'v1',
  ServiceAccount: 'v1',
  Endpoints: 'v1',
  EndpointSlice: 'discovery.k8s.io/v1',
  PersistentVolumeClaim: 'v1',
  PersistentVolume: 'v1',
  StorageClass: 'storage.k8s.io/v1',
  VolumeAttachment: 'storage.k8s.io/v1',
  CSINode: 'storage.k8s.io/v1',
  CSIDriver: 'storage.k8s.io/v1',
  ResourceQuota: 'v1',
  LimitRange: 'v1',
  PriorityClass: 'scheduling.k8s.io/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
  PodDisruptionBudget: 'policy/v1',
  Ingress: 'networking.k8s.io/v1',
  IngressClass: 'networking.k8s.io/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  GatewayClass: 'gateway.networking.k8s.io/v1',
  Gateway: 'gateway.networking.k8s.io/v1',
  HTTPRoute: 'gateway.networking.k8s.io/v1',
  Certificate: 'cert-manager.io/v1',
  MutatingWebhookConfiguration: 'admissionregistration.k8s.io/v1',
  ValidatingWebhookConfiguration: 'admissionregistration.k8s.io/v1',
  APIService: 'apiregistration.k8s.io/v1',
  CustomResourceDefinition: 'apiextensions.k8s.io/v1',
  ComponentStatus: 'v1',
  Lease: 'coordination.k8s.io/v1',
  ControllerRevision: 'apps/v1',
  Application: 'argoproj.io/v1alpha1',
  Kustomization: 'kustomize.toolkit.fluxcd.io/v1',
  HelmRelease: 'helm.toolkit.fluxcd.io/v2',
  GitRepository: 'source.toolkit.fluxcd.io/v1',
} as const satisfies Readonly<Record<string, string>>;

export type KnownKind = keyof typeof knownKinds;

/** All known kinds, in the order of the table. */
export const knownKindNames: readonly KnownKind[] = Object.keys(knownKinds).filter(isKnownKind);

export function isKnownKind(kind: string): kind is KnownKind {
  return Object.hasOwn(knownKinds, kind);
}

const typesByKind: ReadonlyMap<string, ResourceTypeEntry> = new Map(
  resourceTypes
    .filter(({ kind, apiVersion }) => isKnownKind(kind) && knownKinds[kind] === apiVersion)
    .map((type) => [type.kind, type]),
);

/** How a known kind is read: its row in the table of resources. */
export function typeOfKind(kind: KnownKind): ResourceTypeEntry {
  const found = typesByKind.get(kind);
  if (found === undefined) throw new TypeError(`the table of resources lacks ${knownKinds[kind]} ${kind}`);
  return found;
}

/** The kind that people mean by a word: `deploy`, `Deployment` and `deployments` are one. Undefined for words that mean no known kind. */
export function kindOfWord(word: string): KnownKind | undefined {
  const type = findResourceType(word);
  return type !== undefined && isKnownKind(type.kind) && type.apiVersion === knownKinds[type.kind]
    ? type.kind
    : undefined;
}

/** A reference to an object of a known kind. A namespace is dropped where the kind has none. */
export function knownRef(kind: KnownKind, namespace: string | undefined, name: string): ObjectRef {
  const { apiVersion, namespaced } = typeOfKind(kind);
  return namespaced && namespace !== undefined ? { apiVersion, kind, namespace, name } : { apiVersion, kind, name };
}

/** A reference to a Secret, which is no known kind: it can be spoken of, never read by name. */
export function secretRef(namespace: string | undefined, name: string): ObjectRef {
  const [apiVersion, kind] = ['v1', 'Secret'];
  return namespace === undefined ? { apiVersion, kind, name } : { apiVersion, kind, namespace, name };
}

/** The API group of `apps/v1` is `apps`; that of `v1` is the empty one. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? '' : apiVersion.slice(0, slash);
}
