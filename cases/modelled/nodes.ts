import { coded, family, type Outcome, type Scene } from './case.ts';
import type { NodeModel } from './node-model.ts';
import { alerts, app, crashing, serving } from './recipes.ts';

const symptoms = [...serving, 'kube-proxy-down', 'cni-failing', 'pod-stuck-terminating'];

function worker(s: Scene): NodeModel {
  const node = s.w.random.pick(s.w.workers);
  app(s.w, { replicas: 2, nodes: [node.name, s.w.workers.find(({ name }) => name !== node.name)?.name ?? node.name] });
  return node;
}

function nodeEvent(
  s: Scene,
  node: NodeModel,
  reason: string,
  message: string,
  options: {
    readonly type?: 'Normal' | 'Warning';
    readonly component?: string;
    readonly count?: number;
    readonly fromMinutesAgo?: number;
    readonly toMinutesAgo?: number;
  } = {},
): void {
  const { type = 'Warning', component = 'kubelet', ...when } = options;
  s.w.event({
    object: { apiVersion: 'v1', kind: 'Node', name: node.name, uid: component === 'kubelet' ? node.name : node.uid },
    type,
    reason,
    message,
    component,
    ...(component === 'kubelet' ? { host: node.name } : {}),
    ...when,
  });
}

/** The node's kubelet is silent: lease and conditions are old, the controller taints it and marks its pods. */
export function silence(s: Scene, node: NodeModel, minutes: number): void {
  const { w } = s;
  node.silentForMinutes = minutes;
  const since = w.iso(minutes - 0.7);
  node.taints.push(
    { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule', timeAdded: since },
    { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: since },
  );
  for (const pod of w.pods)
    if (pod.node === node.name) {
      pod.conditions.set('Ready', { status: 'False', lastTransitionTime: since });
      if (minutes < 59)
        pod.events.push({
          type: 'Warning',
          reason: 'NodeNotReady',
          message: 'Node is not ready',
          component: 'node-controller',
          toMinutesAgo: minutes - 0.7,
        });
    }
  if (minutes < 59)
    nodeEvent(s, node, 'NodeNotReady', `Node ${node.name} status is now: NodeNotReady`, {
      type: 'Normal',
      component: 'node-controller',
      toMinutesAgo: minutes - 0.7,
    });
}

function notReady(s: Scene, node: NodeModel, message: string, minutes: number): void {
  const { w } = s;
  node.conditions.set('Ready', { status: 'False', reason: 'KubeletNotReady', message, minutesAgo: minutes });
  node.taints.push(
    { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule', timeAdded: w.iso(minutes) },
    { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute', timeAdded: w.iso(minutes) },
  );
  for (const pod of w.pods)
    if (pod.node === node.name) pod.conditions.set('Ready', { status: 'False', lastTransitionTime: w.iso(minutes) });
  nodeEvent(s, node, 'NodeNotReady', `Node ${node.name} status is now: NodeNotReady`, {
    type: 'Normal',
    toMinutesAgo: minutes,
  });
}

const ask = (node: NodeModel, name = 'KubeNodeNotReady') => ({
  alert: alerts.node(name, node.name),
  object: `Node/${node.name}`,
});

const down = {
  ...coded(
    'node-kubelet-down',
    {
      silent: (s, well) => {
        const node = worker(s);
        if (!well) silence(s, node, s.w.random.int(3, 5));
        return {
          about: 'A kubelet stopped talking.',
          object: `Node ${node.name}`,
          alsoTrue: symptoms,
          ask: ask(node, 'KubeNodeUnreachable'),
        };
      },
      'host-says': (s, well) => {
        const node = worker(s);
        if (!well) silence(s, node, 30);
        for (const each of s.w.workers)
          s.w.hosts.set(each.name, {
            kubelet: !well && each.name === node.name ? 'failed' : 'active',
            containerd: 'active',
            'systemd-timesyncd': 'active',
          });
        return {
          about: 'The host itself says that its kubelet failed.',
          object: `Node ${node.name}`,
          says: ['kubelet'],
          alsoTrue: symptoms,
          ask: ask(node),
        };
      },
    },
    {
      runtime: (s) => {
        const node = worker(s);
        notReady(
          s,
          node,
          '[container runtime is down, PLEG is not healthy: pleg was last seen active 4m12.8s ago; threshold is 3m0s]',
          4,
        );
        return {
          about: 'The kubelet talks and says that its container runtime does not.',
          code: 'node-runtime-down',
          object: `Node ${node.name}`,
          alsoTrue: symptoms,
          ask: ask(node),
        };
      },
    },
  ),
  ...coded('node-runtime-down', {
    pleg: (s, well) => {
      const node = worker(s);
      if (!well) notReady(s, node, 'PLEG is not healthy: pleg was last seen active 7m3.1s ago; threshold is 3m0s', 6);
      return { about: 'PLEG is not healthy.', object: `Node ${node.name}`, alsoTrue: symptoms, ask: ask(node) };
    },
    'service-dead': (s, well) => {
      const node = worker(s);
      if (!well) notReady(s, node, 'container runtime status check may not have completed yet', 6);
      for (const each of s.w.workers)
        s.w.hosts.set(each.name, {
          kubelet: 'active',
          containerd: !well && each.name === node.name ? 'inactive' : 'active',
        });
      return {
        about: 'containerd is not running on the host.',
        object: `Node ${node.name}`,
        says: ['containerd'],
        alsoTrue: symptoms,
        ask: ask(node),
      };
    },
  }),
  ...coded(
    'node-not-ready',
    {
      shutdown: (s, well) => {
        const node = worker(s);
        if (!well) notReady(s, node, 'node is shutting down', 5);
        return {
          about: 'The node shuts down.',
          object: `Node ${node.name}`,
          says: ['shutting down'],
          alsoTrue: symptoms,
          ask: ask(node),
        };
      },
    },
    {
      pressure: (s) => {
        const node = worker(s);
        node.conditions.set('PIDPressure', {
          status: 'True',
          reason: 'KubeletHasInsufficientPID',
          message: 'kubelet has insufficient PID available',
          minutesAgo: 12,
        });
        node.taints.push({ key: 'node.kubernetes.io/pid-pressure', effect: 'NoSchedule', timeAdded: s.w.iso(12) });
        return {
          about: 'Ready, and short of process ids.',
          code: 'node-pid-pressure',
          object: `Node ${node.name}`,
          alsoTrue: serving,
          ask: { object: `Node/${node.name}` },
        };
      },
    },
  ),
  ...coded('node-network-unavailable', {
    route: (s, well) => {
      const node = worker(s);
      if (!well) {
        node.conditions.set('NetworkUnavailable', {
          status: 'True',
          reason: 'NoRouteCreated',
          message: 'RouteController failed to create a route',
          minutesAgo: 11,
        });
        node.taints.push({
          key: 'node.kubernetes.io/network-unavailable',
          effect: 'NoSchedule',
          timeAdded: s.w.iso(11),
        });
      }
      return {
        about: 'The cloud could not make a route to the node.',
        object: `Node ${node.name}`,
        alsoTrue: symptoms,
        ask: { object: `Node/${node.name}`, alert: alerts.node('KubeNodeNetworkUnavailable', node.name) },
      };
    },
  }),
};

function pressure(code: string, type: string, reason: string, message: string, taint: string, threshold: string) {
  return coded(
    code,
    {
      now: (s, well) => {
        const { w } = s;
        const node = worker(s);
        if (!well) {
          node.conditions.set(type, { status: 'True', reason, message, minutesAgo: 16 });
          node.taints.push({ key: `node.kubernetes.io/${taint}`, effect: 'NoSchedule', timeAdded: w.iso(16) });
          nodeEvent(
            s,
            node,
            `NodeHas${reason.replace('KubeletHas', '')}`,
            `Node ${node.name} status is now: NodeHas${reason.replace('KubeletHas', '')}`,
            { type: 'Normal', toMinutesAgo: 16 },
          );
          nodeEvent(s, node, 'EvictionThresholdMet', `Attempting to reclaim ${threshold}`, {
            count: 70,
            fromMinutesAgo: 16,
            toMinutesAgo: 0.2,
          });
        }
        return {
          about: `A node is short of ${threshold}.`,
          object: `Node ${node.name}`,
          alsoTrue: [...serving, 'pod-evicted', 'node-out-of-memory'],
          ask: {
            object: `Node/${node.name}`,
            alert: {
              name: 'KubeNodePressure',
              labels: { node: node.name, condition: type, job: 'kube-state-metrics' },
            },
          },
        };
      },
    },
    {
      past: (s) => {
        const node = worker(s);
        node.conditions.set(type, { minutesAgo: 25 });
        nodeEvent(s, node, 'EvictionThresholdMet', `Attempting to reclaim ${threshold}`, {
          count: 3,
          fromMinutesAgo: 50,
          toMinutesAgo: 41,
        });
        return {
          about: 'The node was short of it half an hour ago, and is not any more.',
          status: 'healthy',
          ask: { object: `Node/${node.name}` },
        };
      },
    },
  );
}

const pressures = {
  ...pressure(
    'node-memory-pressure',
    'MemoryPressure',
    'KubeletHasInsufficientMemory',
    'kubelet has insufficient memory available',
    'memory-pressure',
    'memory',
  ),
  ...pressure(
    'node-disk-pressure',
    'DiskPressure',
    'KubeletHasDiskPressure',
    'kubelet has disk pressure',
    'disk-pressure',
    'ephemeral-storage',
  ),
  ...pressure(
    'node-pid-pressure',
    'PIDPressure',
    'KubeletHasInsufficientPID',
    'kubelet has insufficient PID available',
    'pid-pressure',
    'pids',
  ),
};

const measured = {
  ...coded(
    'node-clock-skewed',
    {
      exporter: (s, well) => {
        const { w } = s;
        const node = worker(s);
        const offset = well ? 0.0004 : w.random.pick([-1, 1]) * (w.random.int(8, 48) / 100);
        w.metric(
          'node_timex_offset_seconds{job="node-exporter"}',
          w.workers.map(({ name, ip }) => ({
            labels: { __name__: 'node_timex_offset_seconds', instance: `${ip}:9100`, node: name, job: 'node-exporter' },
            value: name === node.name ? offset : 0.0002,
          })),
        );
        return {
          about: 'A clock that is off, by node-exporter.',
          object: `Node ${node.name}`,
          ask: {
            object: `Node/${node.name}`,
            alert: {
              name: 'NodeClockSkewDetected',
              labels: { instance: `${node.ip}:9100`, job: 'node-exporter', node: node.name },
              summary: 'Clock skew detected.',
            },
          },
        };
      },
      'time-of-day': (s, well) => {
        const { w } = s;
        const node = worker(s);
        w.metric(
          'abs(node_time_seconds - timestamp(node_time_seconds))',
          w.workers.map(({ name, ip }) => ({
            labels: { instance: `${ip}:9100`, node: name, job: 'node-exporter' },
            value: name === node.name && !well ? w.random.int(20, 4000) : 0.02,
          })),
        );
        return {
          about: 'The time of day of one node is far from that of the scraper.',
          object: `Node ${node.name}`,
          ask: {
            object: `Node/${node.name}`,
            alert: { name: 'NodeClockSkew', labels: { instance: `${node.ip}:9100`, node: node.name } },
          },
        };
      },
      unsynchronised: (s, well) => {
        const { w } = s;
        const node = worker(s);
        w.metric(
          'min_over_time(node_timex_sync_status[5m])',
          w.workers.map(({ name, ip }) => ({
            labels: { instance: `${ip}:9100`, nodename: name },
            value: name === node.name && !well ? 0 : 1,
          })),
        );
        w.metric(
          'node_timex_maxerror_seconds',
          w.workers.map(({ name, ip }) => ({
            labels: { instance: `${ip}:9100`, nodename: name },
            value: name === node.name && !well ? 16 : 0.02,
          })),
        );
        return {
          about: 'A clock that does not synchronise.',
          object: `Node ${node.name}`,
          ask: {
            alert: {
              name: 'NodeClockNotSynchronising',
              labels: { instance: `${node.ip}:9100`, job: 'node-exporter', node: node.name },
            },
            object: `Node/${node.name}`,
          },
        };
      },
      lease: (s, well) => {
        const node = worker(s);
        if (!well) node.clockAheadSeconds = s.w.random.pick([95, 240, -75]);
        return {
          about: 'The kubelet stamps its lease with another time than the API server writes it.',
          object: `Node ${node.name}`,
          ask: { object: `Node/${node.name}` },
        };
      },
    },
    {
      silent: (s) => {
        const node = worker(s);
        silence(s, node, 4);
        return {
          about: 'An old lease, because nobody renews it.',
          code: 'node-kubelet-down',
          object: `Node ${node.name}`,
          alsoTrue: symptoms,
          ask: ask(node),
        };
      },
    },
  ),
  ...coded(
    'node-network-degraded',
    {
      loss: (s, well) => {
        const { w } = s;
        const node = worker(s);
        w.metric(
          'sum by (node) (rate(node_netstat_Tcp_RetransSegs[5m])) / sum by (node) (rate(node_netstat_Tcp_OutSegs[5m]))',
          w.workers.map(({ name }) => ({
            labels: { node: name },
            value: Array.from({ length: 10 }, () =>
              name === node.name && !well ? 0.07 + w.random.int(0, 40) / 1000 : 0.0004,
            ),
          })),
        );
        for (const from of w.workers)
          for (const to of w.workers)
            if (from.name !== to.name) {
              const isBad = !well && (from.name === node.name || to.name === node.name);
              w.probe(from.name, to.ip, 10250, !isBad, isBad ? 'i/o timeout' : undefined);
            }
        return {
          about: 'Packets to and from one node get lost.',
          object: `Node ${node.name}`,
          ask: {
            alert: { name: 'NodeHighTcpRetransmission', labels: { node: node.name, job: 'node-exporter' } },
            object: `Node/${node.name}`,
          },
        };
      },
      delay: (s, well) => {
        const { w } = s;
        const node = worker(s);
        w.metric(
          'avg by (target_node) (ping_rtt_mean_seconds)',
          w.workers.map(({ name }) => ({
            labels: { target_node: name, node: name },
            value: name === node.name && !well ? 0.21 : 0.0011,
          })),
        );
        return {
          about: 'Round trips to one node take two hundred milliseconds.',
          object: `Node ${node.name}`,
          ask: { alert: { name: 'NodeNetworkLatencyHigh', labels: { node: node.name } }, object: `Node/${node.name}` },
        };
      },
    },
    {
      'one-port': (s) => {
        const { w } = s;
        const node = worker(s);
        silence(s, node, 6);
        for (const from of w.workers)
          if (from.name !== node.name) w.probe(from.name, node.ip, 10250, false, 'connect: connection refused');
        for (const from of w.workers) if (from.name !== node.name) w.probe(from.name, node.ip, 22, true);
        return {
          about: 'Only the kubelet does not answer; the node does.',
          code: 'node-kubelet-down',
          object: `Node ${node.name}`,
          alsoTrue: symptoms,
          ask: ask(node),
        };
      },
    },
  ),
};

const agents = {
  ...coded('kube-proxy-down', {
    crashes: (s, well) => {
      const { w, base } = s;
      for (const pod of well ? [] : base.proxy.pods) {
        pod.states.set('kube-proxy', crashing(w, { exitCode: 1, ranSeconds: 1 }, 12));
        w.log(
          pod,
          'kube-proxy',
          [
            'I0711 server.go:1062] "Version info"',
            'E0711 run.go:74] "command failed" err="failed complete: unknown proxy mode: iptable"',
          ],
          true,
        );
      }
      return {
        about: 'kube-proxy crashes on every node.',
        object: base.proxy.ref,
        alsoTrue: ['container-crash-looping', ...serving, 'recent-change'],
        ask: {
          alert: {
            name: 'KubeProxyDown',
            labels: { severity: 'critical' },
            summary: 'Target disappeared from Prometheus target discovery.',
          },
          namespace: 'kube-system',
        },
      };
    },
    'one-node': (s, well) => {
      const { w, base } = s;
      const pod = base.proxy.pods[1] ?? base.proxy.pod;
      if (!well) pod.states.set('kube-proxy', crashing(w, { exitCode: 255, ranSeconds: 2 }, 9));
      return {
        about: 'kube-proxy crashes on one node.',
        object: [base.proxy.ref, `Pod kube-system/${pod.name}`, `Node ${pod.node}`],
        alsoTrue: ['container-crash-looping', ...serving],
        ask: { namespace: 'kube-system', alert: alerts.crashLooping({ ...base.proxy, pod }, 'kube-proxy') },
      };
    },
  }),
  ...coded(
    'cni-failing',
    {
      daemon: (s, well) => {
        const { w, base } = s;
        const made = app(w, {
          changedMinutesAgo: 15,
          stuck: !well,
          ...(well ? {} : { state: { is: 'waiting', reason: 'ContainerCreating' } }),
        });
        for (const pod of well ? [] : base.cni.pods) {
          pod.states.set(base.cni.name, crashing(w, { exitCode: 1, ranSeconds: 5 }, 14));
          w.log(
            pod,
            base.cni.name,
            ['level=fatal msg="failed to start: unable to reach kvstore: context deadline exceeded"'],
            true,
          );
        }
        for (const pod of well ? [] : made.pods)
          pod.events.push({
            type: 'Warning',
            reason: 'FailedCreatePodSandBox',
            message: `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "${w.random.hex(64)}": plugin type="${w.cni}" failed (add): unable to connect to the agent: dial unix /var/run/${w.cni}.sock: connect: no such file or directory`,
            count: 22,
            fromMinutesAgo: 14,
            toMinutesAgo: 0.3,
          });
        return {
          about: 'The network plugin crashes; new pods get no sandbox.',
          object: [base.cni.ref],
          alsoTrue: ['container-crash-looping', ...serving],
          ask: { alert: alerts.waiting(made, made.container, 'ContainerCreating') },
        };
      },
      'not-initialised': (s, well) => {
        const node = worker(s);
        const { w, base } = s;
        const pod = base.cni.pods.find((each) => each.node === node.name);
        if (!well) {
          notReady(
            s,
            node,
            'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
            9,
          );
          pod?.states.set(base.cni.name, crashing(w, { exitCode: 1, ranSeconds: 5 }, 7));
        }
        return {
          about: 'One node never got its network plugin.',
          object: [base.cni.ref, `Node ${node.name}`, `Pod kube-system/${pod?.name}`],
          alsoTrue: ['container-crash-looping', 'node-not-ready', 'node-network-unavailable', ...symptoms],
          ask: ask(node),
        };
      },
      'no-addresses': (s, well) => {
        const { w } = s;
        const node = w.workers[0];
        if (node === undefined) throw new RangeError('no worker');
        const made = app(w, {
          replicas: 2,
          nodes: [node.name],
          changedMinutesAgo: 15,
          stuck: !well,
          ...(well ? {} : { state: { is: 'waiting', reason: 'ContainerCreating' } }),
        });
        for (const pod of well ? [] : made.pods)
          pod.events.push({
            type: 'Warning',
            reason: 'FailedCreatePodSandBox',
            message: `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "${w.random.hex(64)}": plugin type="host-local" failed (add): failed to allocate for range 0: no IP addresses available in range set: 10.244.${node.index}.1-10.244.${node.index}.254`,
            count: 31,
            fromMinutesAgo: 14,
            toMinutesAgo: 0.2,
          });
        return {
          about: 'A node has no free pod addresses.',
          object: [`Node ${node.name}`, s.base.cni.ref],
          alsoTrue: serving,
          ask: { alert: alerts.waiting(made, made.container, 'ContainerCreating'), object: `Node/${node.name}` },
        };
      },
    },
    {
      image: (s) => {
        const image = s.w.names.image('slow');
        const made = app(s.w, {
          container: { image },
          changedMinutesAgo: 0.5,
          stuck: true,
          state: { is: 'waiting', reason: 'ContainerCreating' },
          events: [{ type: 'Normal', reason: 'Pulling', message: `Pulling image "${image}"`, toMinutesAgo: 0.4 }],
        });
        return {
          about: 'It waits for its image for half a minute: nothing is wrong yet.',
          ask: { namespace: made.namespace },
        } satisfies Outcome;
      },
    },
  ),
};

/** Kubelets, runtimes, networks, pressure, clocks, kube-proxy and the network plugin. */
export const nodes = family('nodes', { ...down, ...pressures, ...measured, ...agents });
