import type { ClusterView } from '../../cluster/cluster-view.ts';
import { knownRef } from '../../cluster/kinds.ts';
import type { ObjectRef, WireObject } from '../../cluster/object.ts';
import { conditionOf } from '../../cluster/pod.ts';
import { textAt, timeAt } from '../../cluster/wire.ts';
import type { AnalysisContext } from '../analysis.ts';
import { type ComponentState, componentState } from '../control-plane/component.ts';
import { fromObject } from '../support.ts';

const systemNamespace = 'kube-system';
const scheduler = 'kube-scheduler';
/** A leader renews every two seconds; a capture may have read its lease some seconds before the end. */
const freshMs = 30_000;

/** What can be seen of the scheduler itself. `isAtWork`: its lease was renewed just now, or its pod is ready, and nothing speaks against it. */
export type SchedulerState = ComponentState & { readonly isAtWork: boolean };

export function schedulerState({ view, now }: AnalysisContext): SchedulerState {
  const state = componentState(view, scheduler, now);
  const lease = view.get(knownRef('Lease', systemNamespace, scheduler));
  const renewed = timeAt(lease, 'spec', 'renewTime');
  const isReady = state.pods.some((pod) => conditionOf(pod, 'Ready')?.status === 'True');
  const seesIt = renewed === undefined ? isReady : now - renewed < freshMs;
  if (state.pods.length > 0) return { ...state, isAtWork: state.witnesses.length === 0 && seesIt };
  const companions = view
    .list('Pod', systemNamespace)
    .filter(({ metadata }) => /^(kube-apiserver|kube-controller-manager|etcd)-/.test(metadata.name))
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  // Where the other parts are pods of the cluster, so is the scheduler; a managed control plane shows none of them.
  const [companion] = companions;
  const isGone = companion !== undefined && view.hasAll('Pod', systemNamespace);
  return {
    ...state,
    object: absentPod(view, textAt(lease, 'spec', 'holderIdentity'), companion),
    observed: isGone ? 'there is no kube-scheduler pod' : state.observed,
    witnesses: [
      ...state.witnesses,
      ...(isGone ? [fromObject(companion, now, 'it is there, and no kube-scheduler pod beside it')] : []),
    ],
    isAtWork: state.witnesses.length === 0 && seesIt && !isGone,
  };
}

/**
 * The name its static pod would have: the kubelet appends the node's. The lease tells the host that held it, the other control plane pods theirs. A host that is no node of the
 * cluster (a managed control plane) is not where somebody would look for a pod: then it is the only node of the control plane, if there is one.
 */
function absentPod(view: ClusterView, holder: string | undefined, companion: WireObject | undefined): ObjectRef {
  const nodes = view.list('Node');
  const host = /^([a-z0-9][a-z0-9.-]{0,250})_[0-9a-f-]{8,36}$/.exec(holder ?? '')?.[1];
  const isNode = nodes.length === 0 || nodes.some(({ metadata }) => metadata.name === host);
  const [only, ...others] = nodes.filter(
    ({ metadata }) => metadata.labels?.['node-role.kubernetes.io/control-plane'] !== undefined,
  );
  const node =
    (isNode ? host : undefined) ??
    (companion === undefined ? undefined : textAt(companion, 'spec', 'nodeName')) ??
    (others.length === 0 ? only?.metadata.name : undefined);
  return knownRef('Pod', systemNamespace, node === undefined ? scheduler : `${scheduler}-${node}`);
}
