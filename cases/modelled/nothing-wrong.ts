import { family } from './case.ts';
import { alerts, app, stamped, unhealthy } from './recipes.ts';

/** Nothing is wrong (any more): what must stay silent. */
export const nothingWrong = family('nothing-wrong', {
  quiet: (s) => {
    const made = app(s.w, {});
    return {
      about: 'A cluster on a good day.',
      status: 'healthy',
      ask: { namespace: made.namespace, object: `Deployment/${made.namespace}/${made.name}` },
    };
  },
  recovered: (s) => {
    const { w } = s;
    const made = app(w, {
      state: {
        is: 'running',
        sinceMinutesAgo: 95,
        restarts: 4,
        last: { exitCode: 1, reason: 'Error', ranSeconds: 12, endedMinutesAgo: 95.2 },
      },
    });
    return {
      about: 'It crashed four times an hour and a half ago and has run since.',
      status: 'healthy',
      ask: { namespace: made.namespace, object: `Deployment/${made.namespace}/${made.name}` },
    };
  },
  'stale-alert': (s) => {
    const { w } = s;
    const made = app(w, {
      state: {
        is: 'running',
        sinceMinutesAgo: 130,
        restarts: 2,
        last: { exitCode: 137, reason: 'OOMKilled', ranSeconds: 50, endedMinutesAgo: 130.1 },
      },
    });
    return {
      about: 'An alert still stands, and what it names has been well for two hours.',
      status: 'healthy',
      ask: { always: true, alert: { ...alerts.crashLooping(made, made.container), minutesAgo: 140 } },
    };
  },
  'resolved-alert': (s) => {
    const made = app(s.w, {});
    return {
      about: 'The alert is resolved.',
      status: 'healthy',
      ask: { always: true, alert: { ...alerts.mismatch(made), resolved: true, minutesAgo: 50 } },
    };
  },
  'rollout-noise': (s) => {
    const { w } = s;
    const made = app(w, { before: { image: w.names.image('before') }, changedMinutesAgo: 12 });
    for (const pod of made.pods)
      pod.events.push({
        ...unhealthy(
          'Readiness',
          `Get "http://${pod.ip}:${made.port}/ready": dial tcp ${pod.ip}:${made.port}: connect: connection refused`,
          2,
          11.9,
          11.8,
        ),
        container: made.container,
      });
    return {
      about: 'A rollout ended ten minutes ago; its probes failed twice while it started.',
      status: 'healthy',
      ask: { namespace: made.namespace, object: `Deployment/${made.namespace}/${made.name}` },
    };
  },
  'node-back': (s) => {
    const { w } = s;
    const node = w.workers[0];
    if (node === undefined) throw new RangeError('no worker');
    node.conditions.set('Ready', { minutesAgo: 31 });
    w.event({
      object: { apiVersion: 'v1', kind: 'Node', name: node.name, uid: node.name },
      type: 'Normal',
      reason: 'NodeReady',
      message: `Node ${node.name} status is now: NodeReady`,
      component: 'kubelet',
      host: node.name,
      toMinutesAgo: 31,
    });
    w.event({
      object: { apiVersion: 'v1', kind: 'Node', name: node.name, uid: node.name },
      type: 'Normal',
      reason: 'NodeNotReady',
      message: `Node ${node.name} status is now: NodeNotReady`,
      component: 'node-controller',
      toMinutesAgo: 38,
    });
    return {
      about: 'A node was away for some minutes half an hour ago.',
      status: 'healthy',
      ask: {
        object: `Node/${node.name}`,
        alert: { ...alerts.node('KubeNodeNotReady', node.name), minutesAgo: 37, resolved: true },
      },
    };
  },
  'old-failed-pods': (s) => {
    const { w } = s;
    const made = app(w, {});
    const revision = made.model?.revisions.at(-1);
    if (revision === undefined) throw new RangeError('no revision');
    const gone = w.addPod({
      namespace: made.namespace,
      name: `${revision.owner.name}-${w.random.suffix(5)}`,
      owner: revision.owner,
      labels: made.pod.labels,
      spec: made.pod.spec,
      createdMinutesAgo: 9000,
    });
    gone.phase = 'Failed';
    gone.reason = 'NodeShutdown';
    gone.message = 'Pod was terminated in response to imminent node shutdown.';
    revision.pods.push(gone);
    return {
      about: 'A pod that a node shut down with days ago was never cleaned up; its successor runs.',
      ask: { namespace: made.namespace },
    };
  },
  'scaled-to-zero-on-purpose': (s) => {
    const { w } = s;
    const made = app(w, { withService: false, spec: {} });
    if (made.model === undefined) throw new RangeError('no model');
    made.model.replicas = 0;
    for (const pod of made.pods) w.pods.splice(w.pods.indexOf(pod), 1);
    made.model.revisions.at(-1)?.pods.splice(0);
    return { about: 'A workload without replicas that nobody calls.', ask: {} };
  },
  'metrics-quiet': (s) => {
    const { w } = s;
    const made = app(w, {
      container: {
        resources: { limits: { cpu: '500m', memory: '512Mi' }, requests: { cpu: '100m', memory: '256Mi' } },
      },
    });
    const labels = (pod: string) => ({ namespace: made.namespace, pod, container: made.container });
    w.metric(
      'container_memory_working_set_bytes{container!=""}',
      made.pods.map((pod) => ({ labels: labels(pod.name), value: 200 * 1024 * 1024 })),
    );
    w.metric(
      'rate(container_cpu_cfs_throttled_periods_total[5m]) / rate(container_cpu_cfs_periods_total[5m])',
      made.pods.map((pod) => ({ labels: labels(pod.name), value: 0.02 })),
    );
    w.metric(
      '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))',
      w.workers.map(({ ip }) => ({ labels: { instance: `${ip}:9100` }, value: 0.33 })),
    );
    return {
      about: 'Metrics of a good day.',
      status: 'healthy',
      ask: { namespace: made.namespace, object: `Deployment/${made.namespace}/${made.name}` },
    };
  },
  'chatty-logs': (s) => {
    const { w } = s;
    const made = app(w, {});
    for (const pod of made.pods)
      w.log(pod, made.container, [
        'INFO retry 1/5: connection refused (cache warming up)',
        'INFO cache connected',
        'WARN certificate expires in 45 days',
        'INFO 0 errors, 0 failures',
        'GET /error-codes 200',
        'INFO test user "out of memory" created',
      ]);
    return {
      about: 'Alarming words in the log of a workload that is well.',
      status: 'healthy',
      ask: { namespace: made.namespace, object: `Deployment/${made.namespace}/${made.name}` },
    };
  },
  'unexplained-error-rate': (s) => {
    const { w } = s;
    const made = app(w, {});
    for (const pod of made.pods)
      w.log(
        pod,
        made.container,
        stamped(
          w,
          ['ERROR NullPointerException in OrderMapper.map line 44', 'POST /orders 500', 'POST /orders 201'],
          0.1,
        ),
      );
    w.metric(
      `sum(rate(http_requests_total{namespace="${made.namespace}",code=~"5.."}[5m])) / sum(rate(http_requests_total{namespace="${made.namespace}"}[5m]))`,
      [{ labels: { service: made.name }, value: 0.08 }],
    );
    return {
      about:
        'Eight of a hundred requests fail for a reason in the code; nothing in the cluster explains it, and nothing may be blamed.',
      ask: {
        always: true,
        alert: {
          name: 'HighErrorRate',
          labels: { namespace: made.namespace, service: made.name, severity: 'critical' },
          summary: 'More than 5 % of requests fail.',
        },
      },
    };
  },
  'unexplained-latency': (s) => {
    const { w } = s;
    const made = app(w, {});
    w.metric('histogram_quantile(0.99, sum by (le, service) (rate(http_request_duration_seconds_bucket[5m])))', [
      { labels: { service: made.name, namespace: made.namespace }, value: 4.1 },
    ]);
    return {
      about: 'Slow, and nobody knows why: CPU, memory, nodes and dependencies are well.',
      ask: {
        always: true,
        alert: { name: 'RequestLatencyHigh', labels: { namespace: made.namespace, service: made.name } },
      },
    };
  },
  'only-a-heartbeat': (s) => {
    const made = app(s.w, {});
    return {
      about: 'The only alert that fires is the heartbeat of the alerting itself.',
      status: 'healthy',
      ask: {
        always: true,
        alert: {
          name: 'Watchdog',
          labels: { severity: 'none', namespace: made.namespace },
          summary: 'An alert that should always be firing.',
        },
      },
    };
  },
  'no-such-object': (s) => {
    const { w } = s;
    const namespace = w.names.namespace();
    app(w, { namespace });
    return {
      about: 'The alert names a Deployment that is not there any more: nothing is diagnosed in its place.',
      notClaimed: ['rollout-stuck'],
      ask: {
        always: true,
        alert: {
          name: 'KubeDeploymentReplicasMismatch',
          labels: { namespace, deployment: w.names.workload(), job: 'kube-state-metrics' },
        },
      },
    };
  },
});
