import { controlPlaneNode } from './base-system.ts';
import { kubeletAnnotation } from './kubelet-stages.ts';
import type { KubeObject } from './wire.ts';

const ours = [kubeletAnnotation, 'kwok.x-k8s.io/node'];

/**
 * Takes out of an object what only the capture put there: its annotations (with their traces in managedFields and templates) and the names of KWOK, which plays the kubelet, and of
 * this machine.
 * managedFields stay where people write. Everything else is as the API server gave it.
 */
export function tidy(object: KubeObject): KubeObject {
  const kept = heldInTheCluster(clean(object) as KubeObject); // an object without some of its keys
  const { managedFields = [], ...metadata } = kept.metadata;
  const isOurs = machineWritten.has(kept.kind) || (metadata.namespace === 'kube-system' && kept.kind !== 'Lease');
  const written = managedFields.filter(({ manager }) => !isOurs && !(kept.kind === 'Node' && isMachine(manager)));
  return { ...kept, metadata: written.length === 0 ? metadata : { ...metadata, managedFields: written } };
}

// Here the servers run on the machine of the capture; in a cluster a kubelet holds its node's lease, and the control plane runs on its own node.
function heldInTheCluster(lease: KubeObject): KubeObject {
  const { holderIdentity } = lease.spec ?? {};
  if (lease.kind !== 'Lease' || typeof holderIdentity !== 'string' || holderIdentity === '') return lease;
  const [, mark = ''] = /_([^_]+)$/.exec(holderIdentity) ?? [];
  const isNode = lease.metadata.namespace === 'kube-node-lease';
  return {
    ...lease,
    spec: { ...lease.spec, holderIdentity: isNode ? lease.metadata.name : `${controlPlaneNode}_${mark}` },
  };
}

// Nobody but controllers and kubelets writes these; who wrote them is as long as the rest of them. `kubectl get` hides it as well.
const machineWritten: ReadonlySet<string> = new Set([
  'Pod',
  'Event',
  'ReplicaSet',
  'Endpoints',
  'EndpointSlice',
  'ControllerRevision',
  'PriorityClass',
  'ServiceAccount',
  'Namespace',
]);

function isMachine(manager: string | undefined): boolean {
  return manager === 'kubelet' || manager === 'kube-controller-manager';
}

function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key]) => !ours.some((name) => key === name || key === `f:${name}`))
    .map(([key, member]): [string, unknown] => [
      key,
      key === 'manager' && member === 'kwok' ? 'kubelet' : clean(member),
    ])
    .filter(([key, member]) => !((key === 'annotations' || key === 'f:annotations') && isBare(member)));
  return Object.fromEntries(entries);
}

// `f:annotations` holds a "." beside the names; alone it says nothing.
function isBare(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).every((key) => key === '.');
}
