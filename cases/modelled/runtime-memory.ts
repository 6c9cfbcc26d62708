import { coded, type Scene } from './case.ts';
import { type App, alerts, app, crashes, crashing, stamped, unhealthy } from './recipes.ts';

const asked = (made: App, alert = alerts.crashLooping(made, made.container)) => ({
  alert,
  namespace: made.namespace,
  object: `${made.kind}/${made.namespace}/${made.name}`,
});

const mebi = 1024 * 1024;

/** A workload that the kernel kills at its memory limit. */
export function oom(s: Scene, well: boolean, limitMi: number): App {
  const limited = { limits: { memory: `${limitMi}Mi` }, requests: { cpu: '100m', memory: '64Mi' } };
  const made = app(s.w, {
    container: { resources: limited },
    ...(well ? {} : { state: crashing(s.w, { exitCode: 137, reason: 'OOMKilled', ranSeconds: 130 }) }),
  });
  s.w.metric(
    `max by (namespace, pod, container) (container_memory_working_set_bytes{namespace="${made.namespace}", container!="", image!=""})`,
    made.pods.map((pod) => ({
      labels: { namespace: made.namespace, pod: pod.name, container: made.container },
      value: Array.from({ length: 15 }, (_, index) =>
        Math.round(limitMi * mebi * (well ? 0.45 : 0.4 + (index % 5) * 0.145)),
      ),
    })),
  );
  return made;
}

/** Memory: of a container, of a node. */
export const memory = {
  ...coded(
    'container-oom-killed',
    {
      limit: (s, well) => {
        const made = oom(s, well, s.w.random.pick([96, 128, 192, 256, 384, 512]));
        return {
          about: 'The kernel kills it at its memory limit.',
          object: made.ref,
          alsoTrue: crashes,
          ask: asked(made),
        };
      },
      'after-change': (s, well) => {
        const made = app(s.w, {
          before: { resources: { limits: { memory: '1Gi' } } },
          container: { resources: { limits: { memory: well ? '1Gi' : '100Mi' } } },
          changedMinutesAgo: 20,
          stuck: !well,
          ...(well ? {} : { state: crashing(s.w, { exitCode: 137, reason: 'OOMKilled', ranSeconds: 9 }, 7) }),
        });
        for (const pod of made.pods)
          s.w.log(pod, made.container, stamped(s.w, ['loading model', 'allocating buffers']), true);
        return {
          about: 'A revision that lowered the limit is killed.',
          object: made.ref,
          says: ['100Mi'],
          alsoTrue: crashes,
          ask: asked(made),
        };
      },
      child: (s, well) => {
        const made = app(s.w, {
          kind: 'StatefulSet',
          container: { resources: { limits: { memory: '2Gi' } } },
          ...(well
            ? {}
            : {
                state: {
                  is: 'running',
                  sinceMinutesAgo: 1.5,
                  restarts: 9,
                  last: { exitCode: 137, reason: 'OOMKilled', ranSeconds: 400, endedMinutesAgo: 1.6 },
                },
              }),
        });
        return {
          about: 'Killed again and again, and up at the moment of the capture.',
          object: made.ref,
          alsoTrue: crashes,
          ask: asked(made),
        };
      },
    },
    {
      'liveness-137': (s) => {
        const made = app(s.w, {
          container: { livenessProbe: { httpGet: { path: '/alive', port: 'http' }, timeoutSeconds: 5 } },
          state: {
            is: 'running',
            sinceMinutesAgo: 2,
            restarts: 8,
            last: { exitCode: 137, reason: 'Error', ranSeconds: 600, endedMinutesAgo: 2.1 },
          },
        });
        for (const pod of made.pods) {
          pod.events.push({
            ...unhealthy(
              'Liveness',
              `Get "http://${pod.ip}:${made.port}/alive": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
              24,
              58,
              2.2,
            ),
            container: made.container,
          });
          pod.events.push({
            type: 'Normal',
            reason: 'Killing',
            message: `Container ${made.container} failed liveness probe, will be restarted`,
            count: 8,
            fromMinutesAgo: 58,
            toMinutesAgo: 2.2,
            container: made.container,
          });
        }
        return {
          about: 'Exit code 137, yet the kubelet killed it for its liveness probe.',
          code: 'liveness-probe-kills',
          object: made.ref,
          alsoTrue: crashes,
          ask: asked(made),
        };
      },
    },
  ),
  ...coded(
    'node-out-of-memory',
    {
      'system-oom': (s, well) => {
        const { w } = s;
        const node = w.workers[0];
        if (node === undefined) throw new RangeError('no worker');
        const made = app(w, { replicas: 2, nodes: [node.name], container: { resources: {} } });
        if (!well) {
          for (const pod of made.pods)
            pod.states.set(made.container, {
              is: 'running',
              sinceMinutesAgo: 3,
              restarts: 4,
              last: { exitCode: 137, reason: 'OOMKilled', ranSeconds: 800, endedMinutesAgo: 3.1 },
            });
          node.conditions.set('MemoryPressure', {
            status: 'True',
            reason: 'KubeletHasInsufficientMemory',
            message: 'kubelet has insufficient memory available',
            minutesAgo: 9,
          });
          node.taints.push({ key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule', timeAdded: w.iso(9) });
          for (const victim of ['java', 'node', 'python3'])
            w.event({
              object: { apiVersion: 'v1', kind: 'Node', name: node.name, uid: node.name },
              type: 'Warning',
              reason: 'SystemOOM',
              message: `System OOM encountered, victim process: ${victim}, pid: ${w.random.int(2000, 90000)}`,
              component: 'kubelet',
              host: node.name,
              toMinutesAgo: w.random.int(2, 10),
            });
        }
        w.metric(
          '1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes',
          w.workers.map(({ name, ip }) => ({
            labels: { instance: `${ip}:9100`, node: name },
            value: name === node.name && !well ? 0.985 : 0.51,
          })),
        );
        return {
          about: 'The node runs out of memory; its victims have no limit.',
          code: ['node-out-of-memory', 'node-memory-pressure'],
          object: `Node ${node.name}`,
          alsoTrue: [...crashes, 'node-memory-pressure', 'node-out-of-memory', 'container-oom-killed', 'pod-evicted'],
          ask: {
            alert: {
              name: 'NodeMemoryHighUtilization',
              labels: { instance: `${node.ip}:9100`, node: node.name, job: 'node-exporter' },
            },
            object: `Node/${node.name}`,
          },
        };
      },
    },
    {
      limit: (s) => {
        const made = oom(s, false, 256);
        return {
          about: 'Killed at its own limit, on a node with room.',
          code: 'container-oom-killed',
          object: made.ref,
          alsoTrue: crashes,
          notClaimed: ['node-memory-pressure'],
          ask: asked(made),
        };
      },
    },
  ),
};
