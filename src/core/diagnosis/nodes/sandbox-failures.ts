import { knownRef } from '../../cluster/kinds.ts';
import type { WireObject } from '../../cluster/object.ts';
import { conditionOf, containerStatusesOf, isTerminating, phaseOf } from '../../cluster/pod.ts';
import { textAt } from '../../cluster/wire.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { groupBy } from '../group-by.ts';
import { fromEvent, oneLine, presentEvents } from '../present-events.ts';
import { fromObject } from '../support.ts';
import { networkPluginOn } from './network-plugin.ts';

const reasons: ReadonlySet<string> = new Set(['FailedCreatePodSandBox', 'FailedCreatePodSandbox', 'NetworkNotReady']);

type Case = { readonly pod: WireObject; readonly node: string; readonly message: string };

/**
 * Pods that cannot start because their sandbox gets no network: they wait for their first container, their kubelet says so now, and the message names the
 * network plugin. Sandboxes that fail for the runtime's or the registry's sake are not blamed on the network.
 */
export function sandboxFailures(context: AnalysisContext): readonly FindingDraft[] {
  const cases = context.scope.pods.flatMap((pod) => caseOf(context, pod) ?? []);
  return groupBy(cases, ({ node }) => node).flatMap((group) => {
    const [{ node }] = group;
    const ready = conditionOf(context.view.get(knownRef('Node', undefined, node)), 'Ready');
    // The node says it itself: one finding is enough.
    return ready !== undefined && ready.status !== 'True' ? [] : [draft(context, group)];
  });
}

function caseOf({ view, now }: AnalysisContext, pod: WireObject): Case | undefined {
  const node = textAt(pod, 'spec', 'nodeName');
  if (node === undefined || isTerminating(pod) || phaseOf(pod) !== 'Pending') return undefined;
  if (containerStatusesOf(pod).some(({ state }) => state.is === 'running' || state.is === 'terminated'))
    return undefined;
  const message = presentEvents(view, pod, reasons, now)
    .map(({ message: text }) => text ?? '')
    .find((text) => /\bcni\b|network|ip address|ipam|no (?:more )?ips?\b|veth/i.test(text.slice(0, 2000)));
  return message === undefined ? undefined : { pod, node, message };
}

function draft(context: AnalysisContext, cases: readonly [Case, ...Case[]]): FindingDraft {
  const { view, now } = context;
  const [{ node, message, pod }] = cases;
  const plugin = networkPluginOn(context, node);
  const noAddresses =
    /no (?:more |available )?ip|failed to (?:assign|allocate)[^.]{0,40}(?:ip|address)|ip(?:am)?[^.]{0,40}exhaust|no addresses|range is full|insufficientfreeaddresses/i.test(
      message.slice(0, 2000),
    );
  const what = noAddresses ? 'no IP addresses are left for pods' : 'the network plugin does not set up pods';
  const todo = noAddresses
    ? 'Give the node or subnet more pod addresses, or run fewer pods there.'
    : (plugin?.says ?? 'Look at the network plugin on this node: its pod, its log and its configuration.');
  return {
    code: 'cni-failing',
    object: plugin?.ref ?? knownRef('Node', undefined, node),
    summary: `On node ${node} ${what}: ${cases.length === 1 ? `pod ${pod.metadata.name} has` : `${cases.length} pods have`} no sandbox (${oneLine(message, 200)}).${plugin === undefined ? '' : ` ${plugin.says}.`}`,
    cause: {
      path: plugin?.path ?? 'status',
      observed: plugin?.observed ?? oneLine(message, 200),
      expected: noAddresses ? 'free addresses for pods' : 'a network plugin that sets up pods',
    },
    recommendation: { text: todo, values: { node } },
    support: [
      fromObject(pod, now, 'waits for its sandbox; no container has started'),
      ...cases.slice(0, 2).flatMap((found) =>
        presentEvents(view, found.pod, reasons, now)
          .slice(0, 1)
          .map((event) => fromEvent(event, found.pod)),
      ),
      ...(plugin?.support ?? []),
    ],
    grounds: {
      basis: plugin === undefined && cases.length < 2 ? 'likely' : 'stated',
      current: true,
      repeated:
        cases.length > 1 ||
        cases.some((found) => presentEvents(view, found.pod, reasons, now).some(({ count }) => count > 1)),
    },
    pods: cases.map((found) => podKey(found.pod)),
    affects: [knownRef('Node', undefined, node)],
  };
}
