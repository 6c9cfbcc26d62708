import { knownRef } from '../../cluster/kinds.ts';
import { refOf, type WireObject } from '../../cluster/object.ts';
import { type Condition, conditionOf } from '../../cluster/pod.ts';
import { recordsAt, textAt, timeAt } from '../../cluster/wire.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import type { FindingCode } from '../codes.ts';
import type { Grounds } from '../confidence.ts';
import { asClause, oneLine } from '../present-events.ts';
import { fromEvents, fromObject } from '../support.ts';
import { networkPluginOn } from './network-plugin.ts';
import { unwellPodsOn } from './pods-of-node.ts';

type Why = {
  readonly code: FindingCode;
  readonly what: string;
  readonly expected: string;
  readonly basis: Grounds['basis'];
  readonly todo: string;
};

const nodeReasons: ReadonlySet<string> = new Set([
  'NodeNotReady',
  'NodeNotSchedulable',
  'ContainerGCFailed',
  'ImageGCFailed',
  'InvalidDiskCapacity',
  'KubeletSetupFailed',
  'Rebooted',
  'Shutdown',
  'NodeShutdown',
]);
/** The kubelet renews its lease every ten seconds; the node controller gives up after forty (kube-controller-manager: --node-monitor-grace-period, 50 s since 1.32). */
const leaseStaleMs = 40_000;

/** Nodes that are not ready now, and why: the kubelet, the container runtime, the network plugin. Told by the Ready condition and by the host's services where a bundle has them. */
export function notReadyNodes(context: AnalysisContext): readonly FindingDraft[] {
  return context.scope.list('Node').flatMap((node) => {
    const why = whyNotReady(context, node);
    return why === undefined ? [] : [draft(context, node, why)];
  });
}

function whyNotReady(context: AnalysisContext, node: WireObject): Why | undefined {
  const ready = conditionOf(node, 'Ready');
  const services = servicesOf(context, node);
  const down = (names: RegExp) => Object.entries(services).find(([name, state]) => names.test(name) && isDown(state));
  const kubelet = down(/^kubelet(?:\.service)?$/);
  const runtime = down(/^(?:containerd|cri-?o|docker|cri-dockerd)(?:\.service)?$/);
  const message = ready?.message ?? '';
  if (runtime !== undefined && (ready?.status !== 'True' || kubelet === undefined))
    return runtimeDown(`service ${runtime[0]} is ${runtime[1]}`);
  if (kubelet !== undefined) return kubeletDown(`service ${kubelet[0]} is ${kubelet[1]}`);
  if (ready === undefined || ready.status === 'True') return undefined;
  if (ready.status === 'Unknown' || ready.reason === 'NodeStatusUnknown')
    return kubeletDown(message === '' ? 'the kubelet does not report any more' : oneLine(message, 200));
  return classify(message, ready);
}

function kubeletDown(what: string): Why {
  return {
    code: 'node-kubelet-down',
    what,
    expected: 'a kubelet that runs and reports',
    basis: 'stated',
    todo: 'Look at the host: is it up and reachable, and does its kubelet run? Its log says why it stopped. When the host is gone, remove the Node, so that its pods are made elsewhere.',
  };
}

function runtimeDown(what: string): Why {
  return {
    code: 'node-runtime-down',
    what,
    expected: 'a container runtime that answers the kubelet',
    basis: 'stated',
    todo: "Look at the host's container runtime (its service and its log, its disk) and restart it; the pods of the node start again by themselves.",
  };
}

// Texts of the kubelet's own condition (pkg/kubelet: runtime state, PLEG, network readiness), joined by commas in brackets.
function classify(message: string, ready: Condition): Why {
  const text = message.slice(0, 4000).toLowerCase();
  if (/networkpluginnotready|network plugin is not ready|networkready=false|cni (?:plugin|config)/.test(text)) {
    return {
      code: 'cni-failing',
      what: oneLine(message, 200),
      expected: 'a network plugin that is initialised on the node',
      basis: 'stated',
      todo: 'Look at the network plugin on this node: its pod, its configuration in /etc/cni/net.d and its binaries.',
    };
  }
  if (
    /container runtime is down|pleg is not healthy|runtimeready=false|container runtime (?:not|status check)|containerruntime is not ready|cri v1 runtime api is not implemented|containerd\.sock|crio\.sock/.test(
      text,
    )
  )
    return runtimeDown(oneLine(message, 200));
  if (/node is shutting down/.test(text)) {
    return {
      code: 'node-not-ready',
      what: 'the node is shutting down',
      expected: 'Ready',
      basis: 'stated',
      todo: 'The node was told to shut down: find out by whom, and bring it back or remove it.',
    };
  }
  return {
    code: 'node-not-ready',
    what: message === '' ? (ready.reason ?? 'Ready is False') : oneLine(message, 200),
    expected: 'Ready',
    basis: 'likely',
    todo: "Look at the kubelet's log on this node.",
  };
}

function draft(context: AnalysisContext, node: WireObject, why: Why): FindingDraft {
  const { view, now } = context;
  const { name } = node.metadata;
  const ready = conditionOf(node, 'Ready');
  const pods = unwellPodsOn(context, name);
  const plugin = why.code === 'cni-failing' ? networkPluginOn(context, name) : undefined;
  const object = plugin === undefined ? refOf(node) : plugin.ref;
  const state =
    ready === undefined
      ? 'its status does not say whether it is ready'
      : `Ready is ${ready.status}${ready.reason === undefined ? '' : ` (${ready.reason})`}${ready.message === undefined ? '' : `: ${oneLine(ready.message)}`}`;
  return {
    code: why.code,
    object,
    summary: `Node ${name} ${ready?.status === 'True' ? 'will stop working' : 'is not ready'}: ${asClause(why.what)}.${plugin === undefined ? '' : ` ${plugin.says}.`}${pods.length === 0 ? '' : ` ${pods.length === 1 ? '1 pod on it suffers' : `${pods.length} pods on it suffer`}.`}`,
    cause: {
      path: plugin?.path ?? "status.conditions[?(@.type=='Ready')]",
      observed: plugin?.observed ?? why.what,
      expected: why.expected,
    },
    recommendation: { text: why.todo, values: { node: name } },
    support: [
      fromObject(node, now, state),
      ...hostEvidence(context, node),
      ...taintEvidence(node, now),
      ...leaseEvidence(context, node),
      ...(plugin?.support ?? []),
      ...fromEvents(view, node, nodeReasons, 2),
    ],
    grounds: {
      basis: why.basis,
      current: true,
      // The host says it besides the node controller, or it has been so for longer than one missed report.
      repeated:
        hostEvidence(context, node).length > 0 ||
        (ready !== undefined && ready.since !== undefined && now - ready.since > 60_000),
    },
    pods,
    affects: [refOf(node)],
    since: ready?.since,
  };
}

function servicesOf({ observations }: AnalysisContext, node: WireObject): Readonly<Record<string, string>> {
  return observations.hosts.find((host) => host.node === node.metadata.name)?.services ?? {};
}

function isDown(state: string): boolean {
  return /^(?:inactive|failed|dead|stopped|down|exited|not[ -]running|activating|deactivating)/i.test(state.trim());
}

function hostEvidence(context: AnalysisContext, node: WireObject): readonly EvidenceDraft[] {
  const down = Object.entries(servicesOf(context, node)).filter(([, state]) => isDown(state));
  if (down.length === 0) return [];
  const said = down
    .slice(0, 5)
    .map(([name, state]) => `${name} is ${state}`)
    .join(', ');
  return [
    {
      kind: 'metric',
      source: `services of host ${node.metadata.name}`,
      object: refOf(node),
      at: context.now,
      summary: `Services of host ${node.metadata.name}: ${said}`,
      from: down,
    },
  ];
}

function taintEvidence(node: WireObject, now: number): readonly EvidenceDraft[] {
  const keys = recordsAt(node, 'spec', 'taints').flatMap(({ record }) => textAt(record, 'key') ?? []);
  const own = keys.filter((key) => /^node\.kubernetes\.io\/(?:not-ready|unreachable|network-unavailable)$/.test(key));
  return own.length === 0
    ? []
    : [fromObject(node, now, `tainted ${[...new Set(own)].join(', ')} by the node controller`)];
}

function leaseEvidence({ view, now }: AnalysisContext, node: WireObject): readonly EvidenceDraft[] {
  const lease = view.get(knownRef('Lease', 'kube-node-lease', node.metadata.name));
  const renewed = timeAt(lease, 'spec', 'renewTime');
  return lease === undefined || renewed === undefined || now - renewed < leaseStaleMs
    ? []
    : [fromObject(lease, now, `the kubelet last renewed it at ${new Date(renewed).toISOString()}`)];
}
