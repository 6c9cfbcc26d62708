import { knownRef } from '../../cluster/kinds.ts';
import { refOf, type WireObject } from '../../cluster/object.ts';
import { conditionOf, containerStatusesOf, isTerminating } from '../../cluster/pod.ts';
import { numberAt, textAt } from '../../cluster/wire.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { fromObject } from '../support.ts';

/** kube-proxy that does not run: as a DaemonSet with pods that are not ready (or with none at all), or as a service of a host. Services of the node's pods do not work then. */
export function kubeProxyDown(context: AnalysisContext): readonly FindingDraft[] {
  return [...daemonSets(context), ...hostServices(context)];
}

function daemonSets(context: AnalysisContext): readonly FindingDraft[] {
  const { view, scope, now } = context;
  const found = scope
    .list('DaemonSet')
    .filter(
      ({ metadata }) => metadata.labels?.['k8s-app'] === 'kube-proxy' || /^kube-proxy(?:-|$)/.test(metadata.name),
    );
  return found.flatMap((daemonSet): FindingDraft[] => {
    const wanted = numberAt(daemonSet, 'status', 'desiredNumberScheduled');
    const ready = numberAt(daemonSet, 'status', 'numberReady');
    if (wanted === undefined || ready === undefined) return [];
    const isWantedNowhere = wanted === 0 && view.list('Node').some(isLinuxNode);
    const pods = view
      .podsOf(daemonSet)
      .filter(
        (pod) => !isTerminating(pod) && conditionOf(pod, 'Ready')?.status !== 'True' && nodeIsReady(context, pod),
      );
    if (!isWantedNowhere && (ready >= wanted || pods.length === 0)) return [];
    const nodes = pods.flatMap((pod) => textAt(pod, 'spec', 'nodeName') ?? []);
    const observed = isWantedNowhere
      ? 'wanted on no node'
      : `${ready} of ${wanted} ready${nodes.length === 0 ? '' : `, not on ${nodes.slice(0, 3).join(', ')}`}`;
    return [
      {
        code: 'kube-proxy-down',
        object: refOf(daemonSet),
        summary: `kube-proxy does not run everywhere: ${observed}. Services do not work from ${nodes.length === 0 ? 'its nodes' : `node ${nodes.slice(0, 3).join(', ')}`}.`,
        cause: {
          path: isWantedNowhere ? 'spec.template.spec.nodeSelector' : 'spec.template',
          observed,
          expected: 'a ready pod on every node',
        },
        support: [
          fromObject(daemonSet, now, observed),
          ...pods.slice(0, 2).map((pod) => fromObject(pod, now, howUnwell(pod))),
        ],
        grounds: {
          basis: 'stated',
          current: true,
          repeated:
            pods.length > 1 ||
            pods.some((pod) => containerStatusesOf(pod).some(({ restartCount }) => restartCount > 1)),
        },
        pods: pods.map(podKey),
        affects: nodes.map((node) => knownRef('Node', undefined, node)),
        // Why its own pods do not start is told by the rules for any pod.
        explains: ['service-no-ready-endpoints', 'dependency-down', 'rollout-stuck', 'container-crash-looping'],
      },
    ];
  });
}

function hostServices({ scope, observations, now }: AnalysisContext): readonly FindingDraft[] {
  return observations.hosts.flatMap(({ node: name, services }): FindingDraft[] => {
    const node = scope.list('Node').find(({ metadata }) => metadata.name === name);
    const [service, state] =
      Object.entries(services).find(
        ([key, value]) => /^kube-proxy(?:\.service)?$/.test(key) && /^(?:inactive|failed|dead|stopped)/i.test(value),
      ) ?? [];
    if (node === undefined || service === undefined || state === undefined) return [];
    return [
      {
        code: 'kube-proxy-down',
        object: refOf(node),
        summary: `kube-proxy does not run on node ${name}: service ${service} is ${state}. Services do not work from there.`,
        cause: {
          path: `services of host ${name}`,
          observed: `${service} is ${state}`,
          expected: `${service} is active`,
        },
        support: [
          {
            kind: 'metric',
            source: `services of host ${name}`,
            object: refOf(node),
            at: now,
            summary: `Services of host ${name}: ${service} is ${state}`,
            from: services,
          },
          fromObject(node, now, 'is the node of that host'),
        ],
        grounds: { basis: 'stated', current: true, repeated: false },
        pods: [],
        affects: [refOf(node)],
      },
    ];
  });
}

function nodeIsReady({ view }: AnalysisContext, pod: WireObject): boolean {
  const name = textAt(pod, 'spec', 'nodeName');
  const node = name === undefined ? undefined : view.get(knownRef('Node', undefined, name));
  return node === undefined || conditionOf(node, 'Ready')?.status === 'True';
}

function isLinuxNode(node: WireObject): boolean {
  return node.metadata.labels?.['kubernetes.io/os'] !== 'windows';
}

function howUnwell(pod: WireObject): string {
  const bad = containerStatusesOf(pod).find(({ ready }) => ready !== true);
  if (bad === undefined) return 'is not ready';
  return `container ${bad.name} is not ready${bad.state.is === 'waiting' && bad.state.reason !== undefined ? ` (${bad.state.reason})` : ''}, restarts ${bad.restartCount}`;
}
