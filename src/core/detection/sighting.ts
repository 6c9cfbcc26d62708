import { type ObjectRef, refOf, type WireObject } from '../cluster/object.ts';
import { sha256 } from '../digest.ts';

/** How bad it is when nobody looks: `critical` takes something away from users or from the whole cluster, `warning` may yet do so. */
export type Severity = 'critical' | 'warning';

/**
 * One thing that is wrong in the cluster as its objects stand right now. `rule` is a stable word, `object` what people would look at (for pods, the workload that owns them).
 * `since` is when the cluster says that it began (milliseconds; absent where it does not say). `related` are objects through which the same problem shows.
 */
export type Sighting = {
  readonly rule: Rule;
  readonly severity: Severity;
  readonly object: ObjectRef;
  readonly uid: string | undefined;
  readonly related: readonly ObjectRef[];
  readonly summary: string;
  readonly since: number | undefined;
};

/** Every rule by which something is detected, the look that sees it, and what it means. Documented in docs/watching.md. */
export const rules = {
  'pod-image-pull': { look: 'pods', meaning: 'a container waits because its image cannot be pulled' },
  'pod-crash-looping': { look: 'pods', meaning: 'a container ends again and again' },
  'pod-not-starting': { look: 'pods', meaning: 'a pod is scheduled, but its containers are not started' },
  'pod-unschedulable': { look: 'pods', meaning: 'a pod finds no node' },
  'pod-not-ready': { look: 'pods', meaning: 'a pod runs and is not ready' },
  'claim-pending': { look: 'claims', meaning: 'a PersistentVolumeClaim that is to be bound at once is not bound' },
  'claim-lost': { look: 'claims', meaning: 'a PersistentVolumeClaim has lost its volume' },
  'certificate-expired': { look: 'certificates', meaning: 'the certificate of cert-manager is past its end' },
  'certificate-renewal-overdue': {
    look: 'certificates',
    meaning: 'cert-manager should have renewed a certificate and has not',
  },
  'certificate-not-ready': { look: 'certificates', meaning: 'cert-manager cannot issue a certificate' },
  'service-without-endpoints': {
    look: 'services',
    meaning: 'a Service has no ready endpoint though a workload behind it wants pods',
  },
  'node-not-ready': { look: 'nodes', meaning: 'the kubelet of a node reports a fault, or nothing at all' },
  'node-under-pressure': { look: 'nodes', meaning: 'a node runs out of memory, disk or process ids' },
  'node-network-unavailable': { look: 'nodes', meaning: 'the network of a node is not set up' },
  'flux-stalled': { look: 'flux', meaning: 'Flux has given up on a Kustomization, HelmRelease or source' },
  'flux-not-ready': { look: 'flux', meaning: 'Flux cannot bring a Kustomization, HelmRelease or source up to date' },
  'argocd-degraded': { look: 'argo-cd', meaning: 'Argo CD finds the objects of an Application degraded' },
  'argocd-sync-failed': { look: 'argo-cd', meaning: 'the last sync of an Application failed and it is out of sync' },
  'argocd-error': { look: 'argo-cd', meaning: 'Argo CD cannot compare an Application with its source' },
  'replicas-not-created': { look: 'events', meaning: 'a controller may not create the pods of a workload' },
  'job-failed': { look: 'events', meaning: 'a Job has failed for good' },
} as const satisfies Readonly<Record<string, { readonly look: Look; readonly meaning: string }>>;

export type Rule = keyof typeof rules;

// Work that takes its time when all is well: a slow start, a volume that is attached, a release that is rolled out.
const patience: Partial<Readonly<Record<Rule, number>>> = {
  'pod-not-ready': 2.5,
  'pod-not-starting': 2.5,
  'claim-pending': 2.5,
  'flux-not-ready': 2.5,
  'service-without-endpoints': 1.5,
};

/** How long something must have been so before it is told: the configured least age, and longer for what is often slow. */
export function patienceOf(rule: Rule, minAgeMs: number): number {
  return minAgeMs * (patience[rule] ?? 1);
}

/** What is looked at together, each with its own interval, deadline and failures. `events` are objects that only Warning events speak of. */
export type Look = 'pods' | 'claims' | 'certificates' | 'services' | 'nodes' | 'flux' | 'argo-cd' | 'events';

export function isRule(word: string): word is Rule {
  return Object.hasOwn(rules, word);
}

/** Identity of a detection over its whole life: the rule and the one object, by uid where it has one, so that a later object of the same name is another. */
export function fingerprintOf({ rule, object, uid }: Pick<Sighting, 'rule' | 'object' | 'uid'>): string {
  const { apiVersion, kind, namespace = '', name } = object;
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  return sha256(JSON.stringify([rule, group, kind, namespace, uid ?? name])).slice(0, 32);
}

/** A sighting of an object itself. */
export function sightingOf(
  object: WireObject,
  seen: Pick<Sighting, 'rule' | 'severity' | 'summary' | 'since'> & { readonly related?: readonly ObjectRef[] },
): Sighting {
  const { related = [], ...rest } = seen;
  return { ...rest, object: refOf(object), uid: object.metadata.uid, related };
}
