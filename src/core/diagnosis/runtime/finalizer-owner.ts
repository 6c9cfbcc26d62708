import type { ClusterView } from '../../cluster/cluster-view.ts';
import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { numberAt } from '../../cluster/wire.ts';

/** Who takes a finalizer away, and what it waits for. `workload`: how that controller's Deployment is usually called; absent for what the control plane does itself. */
type Owner = { readonly who: string; readonly workload?: RegExp };

const known: readonly (readonly [finalizer: RegExp, owner: Owner])[] = [
  [/^kubernetes\.io\/pvc-protection$/, { who: 'the control plane, once no pod uses the claim' }],
  [/^kubernetes\.io\/pv-protection$/, { who: 'the control plane, once no claim is bound to the volume' }],
  [/^foregroundDeletion$/, { who: 'the garbage collector, once all dependents are gone' }],
  [/^orphan$/, { who: 'the garbage collector, once dependents are released' }],
  [/^batch\.kubernetes\.io\/job-tracking$/, { who: 'the Job controller, once it has counted the pod' }],
  [
    /^service\.kubernetes\.io\/load-balancer-cleanup$/,
    { who: 'the cloud controller, once the load balancer is gone', workload: /cloud-controller/ },
  ],
  [/(?:^|\.)k8s\.aws(?:\/|$)/, { who: 'the AWS Load Balancer Controller', workload: /aws-load-balancer/ }],
  [
    /^external-(?:provisioner|attacher)|volumesnapshot|snapshot\.storage\.kubernetes\.io/,
    { who: 'the CSI driver of the volume', workload: /csi/ },
  ],
  [/argocd\.argoproj\.io/, { who: 'the Argo CD application controller', workload: /argocd-application-controller/ }],
  [/fluxcd\.io/, { who: 'a Flux controller', workload: /^(?:source|kustomize|helm|notification)-controller$/ }],
  [/crossplane\.io/, { who: 'Crossplane or its provider', workload: /crossplane|provider-/ }],
  [/^kubernetes$/, { who: 'the namespace controller, once everything in the namespace is gone' }],
];

// Words that stand in many names and tell nobody apart.
const common: ReadonlySet<string> = new Set([
  'finalizer',
  'finalizers',
  'controller',
  'operator',
  'kubernetes',
  'cluster',
  'example',
  'cleanup',
  'protection',
  'resource',
  'resources',
]);

/**
 * Says whose finalizer it is. The controller is looked for among the workloads by the words of the finalizer; what is found is shown and never changed. `isDown`: it is
 * there and has no ready pod.
 */
export function finalizerOwner(
  view: ClusterView,
  finalizer: string,
): { readonly who: string; readonly controller: WireObject | undefined; readonly isDown: boolean } {
  const row = known.find(([pattern]) => pattern.test(finalizer))?.[1];
  const words = finalizer
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word.length > 3 && !common.has(word))
    .flatMap((word) => [word, word.replace(/s$/, '')]);
  const matches = (name: string): boolean =>
    row === undefined ? words.some((word) => name.includes(word)) : row.workload?.test(name) === true;
  const workloads =
    row !== undefined && row.workload === undefined ? [] : [...view.list('Deployment'), ...view.list('StatefulSet')];
  const [controller] = workloads
    .filter(
      ({ metadata }) =>
        matches(metadata.name) && (row !== undefined || /controller|operator|manager/.test(metadata.name)),
    )
    .toSorted((a, b) => (sayRef(refOf(a)) < sayRef(refOf(b)) ? -1 : 1));
  const domain = finalizer.split('/')[0] ?? finalizer;
  const isDown = controller !== undefined && (numberAt(controller, 'status', 'readyReplicas') ?? 0) === 0;
  return {
    who:
      row?.who ??
      (controller === undefined ? `the controller behind ${domain.slice(0, 100)}` : sayRef(refOf(controller))),
    controller,
    isDown,
  };
}
