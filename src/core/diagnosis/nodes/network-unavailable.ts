import { refOf } from '../../cluster/object.ts';
import { conditionOf } from '../../cluster/pod.ts';
import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import { oneLine } from '../present-events.ts';
import { fromObject } from '../support.ts';
import { networkPluginOn } from './network-plugin.ts';
import { unwellPodsOn } from './pods-of-node.ts';

/** Nodes whose network nobody has set up: the condition NetworkUnavailable, which route controllers and network plugins set. */
export function networkUnavailableNodes(context: AnalysisContext): readonly FindingDraft[] {
  return context.scope.list('Node').flatMap((node): FindingDraft[] => {
    const condition = conditionOf(node, 'NetworkUnavailable');
    if (condition?.status !== 'True') return [];
    const { name } = node.metadata;
    const plugin = networkPluginOn(context, name);
    const said = condition.message === undefined ? (condition.reason ?? '') : oneLine(condition.message, 200);
    return [
      {
        code: 'node-network-unavailable',
        object: refOf(node),
        summary: `The network of node ${name} is not set up: NetworkUnavailable${said === '' ? '' : ` (${said})`}.${plugin === undefined ? '' : ` ${plugin.says}.`}`,
        cause: {
          path: "status.conditions[?(@.type=='NetworkUnavailable')].status",
          observed: `True${said === '' ? '' : `: ${said}`}`,
          expected: 'False: routes to the node, or a network plugin that runs on it',
        },
        recommendation: {
          text:
            plugin === undefined
              ? 'Look at the route controller of the cloud, or at the network plugin on this node.'
              : `${plugin.says}: mend that first.`,
          values: { node: name },
        },
        support: [
          fromObject(
            node,
            context.now,
            `NetworkUnavailable is True${condition.reason === undefined ? '' : ` (${condition.reason})`}`,
          ),
          ...(plugin?.support ?? []),
        ],
        grounds: {
          basis: 'stated',
          current: true,
          repeated: condition.since !== undefined && context.now - condition.since > 60_000,
        },
        pods: unwellPodsOn(context, name),
        affects: [refOf(node)],
        since: condition.since,
      },
    ];
  });
}
