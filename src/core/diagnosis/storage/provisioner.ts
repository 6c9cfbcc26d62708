import type { ClusterView } from '../../cluster/cluster-view.ts';
import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { podSpecOf } from '../../cluster/pod-spec.ts';
import { listAt, numberAt, recordsAt, textAt } from '../../cluster/wire.ts';

/** What runs a provisioner, and how many of its pods are there. */
export type ProvisionerState = { readonly workload: WireObject; readonly desired: number; readonly good: number };

const kinds = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;

/**
 * The workload that runs a provisioner: one whose containers are told its name (`--provisioner=x`, `PROVISIONER_NAME=x`), or else the controller that its drivers are
 * named after (`ebs.csi.aws.com` → `ebs-csi-controller`). Undefined when none was read.
 */
export function provisionerState(view: ClusterView, provisioner: string): ProvisionerState | undefined {
  const all = kinds.flatMap((kind) => view.list(kind));
  const told =
    all.find((workload) => isTold(workload, provisioner)) ??
    all.find((workload) => isNamedAfter(workload, provisioner));
  if (told === undefined) return undefined;
  return told.kind === 'DaemonSet'
    ? {
        workload: told,
        desired: numberAt(told, 'status', 'desiredNumberScheduled') ?? 0,
        good: numberAt(told, 'status', 'numberReady') ?? 0,
      }
    : {
        workload: told,
        desired: numberAt(told, 'spec', 'replicas') ?? 1,
        good: numberAt(told, 'status', 'readyReplicas') ?? 0,
      };
}

/** Whether nothing of it can answer now: scaled to zero, or none of its pods is ready. */
export function isDown({ good }: ProvisionerState): boolean {
  return good === 0;
}

export function sayProvisioner({ workload, desired, good }: ProvisionerState): string {
  return `${sayRef(refOf(workload))} has ${good} of ${desired} pods ready`;
}

function isTold(workload: WireObject, provisioner: string): boolean {
  return recordsAt(podSpecOf(workload), 'containers').some(({ record }) => {
    const words = [...listAt(record, 'command'), ...listAt(record, 'args')];
    const isArgument = words.some(
      (word) => typeof word === 'string' && (word === provisioner || word.endsWith(`=${provisioner}`)),
    );
    return (
      isArgument || recordsAt(record, 'env').some(({ record: variable }) => textAt(variable, 'value') === provisioner)
    );
  });
}

function isNamedAfter({ metadata: { name } }: WireObject, provisioner: string): boolean {
  const [domain = '', rest] = provisioner.split('/');
  const token = rest ?? domain.split('.')[0] ?? '';
  if (token.length < 2) return false;
  return (
    name === token ||
    name === `${token}-provisioner` ||
    name === `${token}-csi-controller` ||
    name === `csi-${token}-controller` ||
    name === `${token}-controller` ||
    name === `csi-${token}plugin-provisioner`
  );
}
