import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { analyzeNodes } from '../../../../src/core/diagnosis/analyzers/nodes.ts';
import { ago, event, healthyShop, hour, minute, node, pod } from '../../../support/shop-objects.ts';
import { runAnalyzer } from './run-analyzer.ts';

type Condition = Readonly<Record<string, string>>;

function nodeWith(name: string, ...conditions: readonly Condition[]): WireObject {
  return node(name, '16Gi', { status: { conditions } });
}

const ready: Condition = { type: 'Ready', status: 'True', reason: 'KubeletReady' };
const wholeCluster = { scope: {} };

describe('nodes that are not ready', () => {
  it.each<[why: string, condition: Condition, code: string]>([
    [
      'the kubelet does not report',
      { status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' },
      'node-kubelet-down',
    ],
    [
      'the runtime is down',
      {
        status: 'False',
        reason: 'KubeletNotReady',
        message: '[container runtime is down, PLEG is not healthy: pleg was last seen active 3m0s ago]',
      },
      'node-runtime-down',
    ],
    [
      'PLEG alone is not healthy',
      {
        status: 'False',
        reason: 'KubeletNotReady',
        message: 'PLEG is not healthy: pleg was last seen active 5m ago; threshold is 3m0s',
      },
      'node-runtime-down',
    ],
    [
      'the network plugin is not ready',
      {
        status: 'False',
        reason: 'KubeletNotReady',
        message:
          'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
      },
      'cni-failing',
    ],
    [
      'it shuts down',
      { status: 'False', reason: 'KubeletNotReady', message: 'node is shutting down' },
      'node-not-ready',
    ],
    [
      'it says something else',
      { status: 'False', reason: 'KubeletNotReady', message: 'something new' },
      'node-not-ready',
    ],
  ])('names the node and why: %s', (_why, condition, code) => {
    const sick = nodeWith('n1', { type: 'Ready', lastTransitionTime: ago(5 * minute), ...condition });
    const [finding, ...more] = runAnalyzer(analyzeNodes, [sick, nodeWith('n2', ready)], wholeCluster);
    expect(finding).toMatchObject({ code, object: { kind: 'Node', name: 'n1' } });
    expect(more).toEqual([]);
  });

  it('takes the host services of a support bundle as they are, runtime before kubelet', () => {
    const silent = nodeWith('n1', { type: 'Ready', status: 'Unknown' });
    const found = (services: Record<string, string>) =>
      runAnalyzer(analyzeNodes, [silent], { scope: {}, observations: { hosts: [{ node: 'n1', services }] } });
    expect(found({ kubelet: 'failed', containerd: 'active' })).toMatchObject([
      { code: 'node-kubelet-down', cause: { observed: 'service kubelet is failed' }, confidence: 'high' },
    ]);
    expect(found({ kubelet: 'activating', containerd: 'inactive' })).toMatchObject([{ code: 'node-runtime-down' }]);
  });

  it('blames the DaemonSet of the network plugin when its pod there is not well', () => {
    const calico = {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'calico-node', namespace: 'kube-system', uid: 'ds' },
      spec: { selector: { matchLabels: { k: 'calico' } } },
      status: { desiredNumberScheduled: 1, numberReady: 0 },
    } as WireObject;
    const agent = {
      ...pod({ name: 'calico-node-x', namespace: 'kube-system', owner: null, ready: false, nodeName: 'n1' }),
    };
    const owned = {
      ...agent,
      metadata: {
        ...agent.metadata,
        labels: { k: 'calico' },
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'calico-node', uid: 'ds', controller: true },
        ],
      },
    } as WireObject;
    const sick = nodeWith('n1', {
      type: 'Ready',
      status: 'False',
      reason: 'KubeletNotReady',
      message: 'NetworkReady=false reason:NetworkPluginNotReady',
    });
    expect(runAnalyzer(analyzeNodes, [sick, calico, owned], wholeCluster)).toMatchObject([
      { code: 'cni-failing', object: { kind: 'DaemonSet', name: 'calico-node' } },
    ]);
  });

  it('is silent about nodes that are ready, cordoned, without conditions, or hostile', () => {
    const objects = [
      nodeWith('n1', ready),
      nodeWith('n2'),
      node('n3', '1Gi', { spec: { unschedulable: true }, status: { conditions: [ready] } }),
      node('n4', '1Gi', { status: { conditions: 'Ready' } }),
      node('n5', '1Gi', { status: null }),
    ];
    expect(runAnalyzer(analyzeNodes, objects, wholeCluster)).toEqual([]);
  });
});

describe('nodes under pressure', () => {
  it.each([
    ['MemoryPressure', 'node-memory-pressure'],
    ['DiskPressure', 'node-disk-pressure'],
    ['PIDPressure', 'node-pid-pressure'],
  ])('%s is told as %s', (type, code) => {
    const sick = nodeWith('n1', ready, {
      type,
      status: 'True',
      reason: 'KubeletHas',
      lastTransitionTime: ago(10 * minute),
    });
    expect(runAnalyzer(analyzeNodes, [sick], wholeCluster)).toMatchObject([
      { code, object: { kind: 'Node', name: 'n1' }, confidence: 'high' },
    ]);
  });

  it('does not believe a pressure that nobody renews any more', () => {
    const silent = nodeWith('n1', { type: 'Ready', status: 'Unknown' }, { type: 'MemoryPressure', status: 'True' });
    expect(runAnalyzer(analyzeNodes, [silent], wholeCluster).map(({ code }) => code)).toEqual(['node-kubelet-down']);
  });
});

describe('sandboxes that fail', () => {
  const waiting = pod({
    name: 'checkout-1-x',
    phase: 'Pending',
    ready: false,
    nodeName: 'n1',
    containers: [{ status: { state: { waiting: { reason: 'ContainerCreating' } }, ready: false, restartCount: 0 } }],
  });
  const says = (message: string, agoMs = minute) =>
    event({ about: waiting, reason: 'FailedCreatePodSandBox', message, agoMs });

  it('blames the network for what the kubelet says of it now, and nobody for the rest', () => {
    const objects = (message: string, agoMs?: number) => [...healthyShop(), waiting, says(message, agoMs)];
    const message =
      'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "ab": plugin type="calico" failed (add): no IP addresses available in range';
    const run = (text: string, agoMs?: number) =>
      runAnalyzer(analyzeNodes, objects(text, agoMs)).map(({ code }) => code);
    expect(run(message)).toEqual(['cni-failing']);
    expect(run('Failed to create pod sandbox: failed to pull image "registry.k8s.io/pause:3.10"')).toEqual([]);
    expect(run(message, 5 * hour)).toEqual([]);
  });
});

describe('clocks and networks of nodes', () => {
  const nodes = ['n1', 'n2', 'n3'].map((name) => nodeWith(name, ready));
  const answer = (query: string, values: Readonly<Record<string, number>>) => ({
    query,
    series: Object.entries(values).map(([name, value]) => ({ labels: { node: name }, points: [{ at: 0, value }] })),
  });
  const run = (query: string, values: Readonly<Record<string, number>>) =>
    runAnalyzer(analyzeNodes, nodes, { scope: {}, observations: { metrics: [answer(query, values)] } });

  it.each<[query: string, values: Record<string, number>, code: string | undefined]>([
    ['node_timex_offset_seconds', { n1: 0.3, n2: 0.0001 }, 'node-clock-skewed'],
    ['node_timex_offset_seconds', { n1: 0.01, n2: 0.0001 }, undefined],
    ['min_over_time(node_timex_sync_status[5m])', { n1: 0, n2: 1 }, 'node-clock-skewed'],
    [
      'rate(node_network_receive_errs_total[5m]) / rate(node_network_receive_packets_total[5m])',
      { n1: 0.2, n2: 0 },
      'node-network-degraded',
    ],
    ['node_network_receive_drop_total', { n1: 9000, n2: 0 }, undefined],
    ['probe_icmp_duration_seconds', { n1: 0.31, n2: 0.001, n3: 0.001 }, 'node-network-degraded'],
    ['probe_icmp_duration_seconds', { n1: 0.31, n2: 0.3, n3: 0.3 }, undefined],
    ['packet_loss_ratio', { n1: 0.3, n2: 0 }, 'node-network-degraded'],
  ])('%s %j: %s', (query, values, code) => {
    expect(run(query, values).map((finding) => [finding.code, finding.object.name])).toEqual(
      code === undefined ? [] : [[code, 'n1']],
    );
  });

  it('finds the node at whose ends all ways are slow, where both ends are named', () => {
    const ways = (slow: (from: string, to: string) => boolean) => {
      const names = ['n1', 'n2', 'n3'];
      const series = names.flatMap((from) =>
        names
          .filter((to) => to !== from)
          .map((to) => ({
            labels: { node: from, target: to },
            points: [{ at: 0, value: slow(from, to) ? 0.2 : 0.001 }],
          })),
      );
      return runAnalyzer(analyzeNodes, nodes, {
        scope: {},
        observations: { metrics: [{ query: 'ping_rtt_mean_seconds', series }] },
      }).map(({ code, object }) => [code, object.name]);
    };
    expect(ways((from, to) => from === 'n3' || to === 'n3')).toEqual([['node-network-degraded', 'n3']]);
    expect(ways((from, to) => from === 'n1' && to === 'n2')).toEqual([]);
    expect(ways(() => true)).toEqual([]);
  });

  it('tells a clock by a lease whose two clocks differ', () => {
    const lease = (name: string, renewed: string, written: string) =>
      ({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: {
          name,
          namespace: 'kube-node-lease',
          managedFields: [{ manager: 'kubelet', operation: 'Update', time: written }],
        },
        spec: { renewTime: renewed },
      }) as unknown as WireObject;
    const objects = [
      ...nodes,
      lease('n1', '2026-11-21T10:04:00.123456Z', '2026-11-21T09:59:58Z'),
      lease('n2', '2026-11-21T09:59:58.9Z', '2026-11-21T09:59:58Z'),
    ];
    expect(runAnalyzer(analyzeNodes, objects, wholeCluster)).toMatchObject([
      { code: 'node-clock-skewed', object: { name: 'n1' } },
    ]);
  });
});
