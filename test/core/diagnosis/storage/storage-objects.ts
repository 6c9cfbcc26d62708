import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { ago, deployment, minute, node, pod, replicaSet, waiting } from '../../../support/shop-objects.ts';

type Extra = Readonly<Record<string, unknown>>;

export function storageClass(name: string, more: Extra = {}, isDefault = false): WireObject {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: {
      name,
      uid: `uid-sc-${name}`,
      ...(isDefault ? { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } } : {}),
    },
    provisioner: 'ebs.csi.aws.com',
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'Immediate',
    ...more,
  } as WireObject;
}

export function claim(given: {
  readonly name?: string;
  readonly uid?: string;
  readonly phase?: string;
  readonly size?: string;
  readonly modes?: readonly string[];
  readonly createdAgoMs?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: Extra;
}): WireObject {
  const { name = 'data', phase = 'Pending', size = '5Gi', modes = ['ReadWriteOnce'] } = given;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      namespace: 'shop',
      uid: given.uid ?? `uid-pvc-${name}`,
      creationTimestamp: ago(given.createdAgoMs ?? 10 * minute),
      ...(given.annotations === undefined ? {} : { annotations: given.annotations }),
    },
    spec: { accessModes: modes, resources: { requests: { storage: size } }, volumeMode: 'Filesystem', ...given.spec },
    status: { phase },
  } as WireObject;
}

export function volume(given: {
  readonly name: string;
  readonly phase?: string;
  readonly size?: string;
  readonly modes?: readonly string[];
  readonly className?: string;
  readonly claim?: { readonly name: string; readonly namespace?: string; readonly uid?: string };
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: Extra;
}): WireObject {
  const { name, size = '10Gi', modes = ['ReadWriteOnce'], className = 'manual', claim: held } = given;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name,
      uid: `uid-pv-${name}`,
      ...(given.labels === undefined ? {} : { labels: given.labels }),
      ...(given.annotations === undefined ? {} : { annotations: given.annotations }),
    },
    spec: {
      capacity: { storage: size },
      accessModes: modes,
      persistentVolumeReclaimPolicy: 'Retain',
      volumeMode: 'Filesystem',
      ...(className === '' ? {} : { storageClassName: className }),
      ...(held === undefined
        ? {}
        : { claimRef: { kind: 'PersistentVolumeClaim', namespace: 'shop', apiVersion: 'v1', ...held } }),
      ...given.spec,
    },
    status: { phase: given.phase ?? (held === undefined ? 'Available' : 'Bound') },
  } as WireObject;
}

/** A pod of Deployment checkout that mounts the claim; `scheduled: false` as the scheduler leaves one whose claim is not bound. */
export function podWithClaim(given: {
  readonly claimName?: string;
  readonly name?: string;
  readonly scheduled?: boolean;
  readonly message?: string;
  readonly nodeName?: string;
  readonly createdAgoMs?: number;
  readonly spec?: Extra;
  readonly status?: Extra;
}): WireObject {
  const { claimName = 'data', scheduled = false, message, nodeName = 'n1' } = given;
  const why = message ?? '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.';
  return pod({
    name: given.name ?? 'checkout-1-aaaaa',
    phase: 'Pending',
    ready: false,
    createdAgoMs: given.createdAgoMs ?? 10 * minute,
    spec: {
      nodeName: scheduled ? nodeName : undefined,
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }],
      ...given.spec,
    },
    status: scheduled
      ? {
          containerStatuses: [{ name: 'checkout', image: 'x', ...waiting('ContainerCreating') }],
          conditions: [
            { type: 'PodReadyToStartContainers', status: 'False' },
            { type: 'PodScheduled', status: 'True' },
            { type: 'Ready', status: 'False', reason: 'ContainersNotReady' },
          ],
          ...given.status,
        }
      : {
          containerStatuses: undefined,
          conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: why }],
          ...given.status,
        },
  });
}

/** The Deployment, its ReplicaSet and node, with one volume from a claim. */
export function workload(claimName = 'data', more: Extra = {}): WireObject[] {
  const template = {
    metadata: { labels: { app: 'checkout' } },
    spec: {
      containers: [{ name: 'checkout', image: 'registry.example/shop/checkout:1.4.2' }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }],
      ...more,
    },
  };
  return [node('n1'), deployment({ available: 0, spec: { template } }), replicaSet({ revision: 1, ready: 0 })];
}

export function attachment(pv: string, nodeName: string, status: Extra): WireObject {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttachment',
    metadata: { name: `csi-${pv}-${nodeName}`, uid: `uid-va-${pv}-${nodeName}` },
    spec: { attacher: 'ebs.csi.aws.com', nodeName, source: { persistentVolumeName: pv } },
    status,
  } as WireObject;
}
