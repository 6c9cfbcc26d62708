import { type ObjectRef, refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { conditionOf, containerStatusesOf } from '../../cluster/pod.ts';
import { numberAt, textAt } from '../../cluster/wire.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import type { AnalysisContext } from '../analysis.ts';
import { fromObject } from '../support.ts';

// The DaemonSets by which network plugins put themselves on nodes.
const plugins =
  /^(?:calico-node|canal|cilium|cilium-agent|kube-flannel(?:-ds)?|flannel|weave-net|aws-node|azure-cni|azure-npm|kindnet|antrea-agent|kube-router|kube-multus(?:-ds)?|multus|ovnkube-node|ovs-node|sdn|netd|anetd)(?:-|$)/;

export type FailingPlugin = {
  readonly ref: ObjectRef;
  readonly path: string;
  readonly observed: string;
  readonly says: string;
  readonly support: readonly EvidenceDraft[];
};

/** All DaemonSets of network plugins that were read. */
function networkPlugins({ view }: AnalysisContext): readonly WireObject[] {
  return view.list('DaemonSet').filter(({ metadata }) => plugins.test(metadata.name));
}

/** The network plugin's DaemonSet when it does not run as it should on a node; undefined when it is well, or none was read. */
export function networkPluginOn(context: AnalysisContext, node: string): FailingPlugin | undefined {
  const { view, now } = context;
  for (const daemonSet of networkPlugins(context)) {
    const pods = view.podsOf(daemonSet);
    const own = pods.find((pod) => textAt(pod, 'spec', 'nodeName') === node);
    const wanted = numberAt(daemonSet, 'status', 'desiredNumberScheduled');
    const name = sayRef(refOf(daemonSet));
    if (own === undefined) {
      // Pods were read, and none of them is on this node, or the DaemonSet wants none anywhere.
      if (wanted === 0 || pods.length > 0)
        return {
          ref: refOf(daemonSet),
          path: 'spec.template.spec.nodeSelector',
          observed: `no pod of it on node ${node}`,
          says: `${name} has no pod there`,
          support: [
            fromObject(
              daemonSet,
              now,
              `${numberAt(daemonSet, 'status', 'numberReady') ?? 0} of ${wanted ?? '?'} pods ready, none on node ${node}`,
            ),
          ],
        };
      continue;
    }
    if (conditionOf(own, 'Ready')?.status === 'True') continue;
    const bad = containerStatusesOf(own).find(({ ready }) => ready !== true);
    const how =
      bad === undefined
        ? 'is not ready'
        : `container ${bad.name} is not ready${bad.state.is === 'waiting' ? ` (${bad.state.reason})` : ''}, restarts ${bad.restartCount}`;
    return {
      ref: refOf(daemonSet),
      path: 'spec.template',
      observed: `pod ${own.metadata.name}: ${how}`,
      says: `${name}: its pod there ${how}`,
      support: [fromObject(own, now, how)],
    };
  }
  return undefined;
}
