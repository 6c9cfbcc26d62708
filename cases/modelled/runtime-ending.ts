import { coded } from './case.ts';
import { type App, alerts, app, crashing, serving, unhealthy } from './recipes.ts';

const asked = (made: App, alert = alerts.crashLooping(made, made.container)) => ({
  alert,
  namespace: made.namespace,
  object: `${made.kind}/${made.namespace}/${made.name}`,
});

/** What does not end, and what goes in and out of readiness. */
export const ending = {
  ...coded(
    'finalizer-stuck',
    {
      namespace: (s, well) => {
        const { w } = s;
        const name = w.names.namespace();
        const finalizer = `${w.names.workload()}.${w.names.domain}/cleanup`;
        const owned = w.add(
          'v1',
          'ConfigMap',
          {
            name: 'instance',
            namespace: name,
            ...(well ? {} : { deletionTimestamp: w.iso(190), deletionGracePeriodSeconds: 0, finalizers: [finalizer] }),
          },
          { data: { a: '1' } },
        );
        w.add(
          'v1',
          'Namespace',
          { name, labels: { 'kubernetes.io/metadata.name': name }, ...(well ? {} : { deletionTimestamp: w.iso(190) }) },
          {
            spec: { finalizers: ['kubernetes'] },
            status: well
              ? { phase: 'Active' }
              : {
                  phase: 'Terminating',
                  conditions: [
                    {
                      type: 'NamespaceDeletionDiscoveryFailure',
                      status: 'False',
                      reason: 'ResourcesDiscovered',
                      message: 'All resources successfully discovered',
                      lastTransitionTime: w.iso(189),
                    },
                    {
                      type: 'NamespaceDeletionContentFailure',
                      status: 'False',
                      reason: 'ContentDeleted',
                      message: 'All content successfully deleted, may be waiting on finalization',
                      lastTransitionTime: w.iso(189),
                    },
                    {
                      type: 'NamespaceContentRemaining',
                      status: 'True',
                      reason: 'SomeResourcesRemain',
                      message: 'Some resources are remaining: configmaps. has 1 resource instances',
                      lastTransitionTime: w.iso(189),
                    },
                    {
                      type: 'NamespaceFinalizersRemaining',
                      status: 'True',
                      reason: 'SomeFinalizersRemain',
                      message: `Some content in the namespace has finalizers remaining: ${finalizer} in 1 resource instances`,
                      lastTransitionTime: w.iso(189),
                    },
                  ],
                },
          },
        );
        return {
          about: 'A namespace cannot go: an object in it keeps a finalizer whose controller is gone.',
          object: [`Namespace ${name}`, `ConfigMap ${name}/${owned.metadata.name}`],
          says: [finalizer],
          ask: {},
        };
      },
      claim: (s, well) => {
        const { w } = s;
        const namespace = w.names.namespace();
        w.addNamespace(namespace);
        const finalizer = 'snapshot.storage.kubernetes.io/pvc-as-source-protection';
        w.add(
          'v1',
          'PersistentVolumeClaim',
          {
            name: 'archive',
            namespace,
            finalizers: ['kubernetes.io/pvc-protection', ...(well ? [] : [finalizer])],
            ...(well ? {} : { deletionTimestamp: w.iso(300), deletionGracePeriodSeconds: 0 }),
          },
          {
            spec: {
              accessModes: ['ReadWriteOnce'],
              resources: { requests: { storage: '5Gi' } },
              storageClassName: 'std',
              volumeName: 'pv-archive',
            },
            status: { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '5Gi' } },
          },
        );
        w.add(
          'v1',
          'PersistentVolume',
          { name: 'pv-archive' },
          {
            spec: {
              accessModes: ['ReadWriteOnce'],
              capacity: { storage: '5Gi' },
              storageClassName: 'std',
              persistentVolumeReclaimPolicy: 'Retain',
              claimRef: { kind: 'PersistentVolumeClaim', namespace, name: 'archive' },
              hostPath: { path: '/x' },
            },
            status: { phase: 'Bound' },
          },
        );
        return {
          about: 'A claim that was deleted five hours ago keeps a finalizer.',
          object: `PersistentVolumeClaim ${namespace}/archive`,
          says: [finalizer],
          ask: { namespace },
        };
      },
    },
    {
      'just-deleted': (s) => {
        const { w } = s;
        const made = app(w, {});
        const [pod] = made.pods;
        if (pod !== undefined) pod.deletion = { minutesAgo: 0.1, graceSeconds: 30 };
        return {
          about: 'A pod is being deleted within its grace period: that is how a restart looks.',
          ask: { namespace: made.namespace },
        };
      },
    },
  ),
  ...coded(
    'pod-stuck-terminating',
    {
      'kill-fails': (s, well) => {
        const { w } = s;
        const made = app(w, {});
        const revision = made.model?.revisions.at(-1);
        if (revision === undefined) throw new RangeError('no revision');
        if (well) return { about: 'All pods run.', object: made.ref, ask: { namespace: made.namespace } };
        const stuck = w.addPod({
          namespace: made.namespace,
          name: `${revision.owner.name}-${w.random.suffix(5)}`,
          owner: revision.owner,
          labels: made.pod.labels,
          spec: made.pod.spec,
          createdMinutesAgo: 5000,
        });
        stuck.deletion = { minutesAgo: 55, graceSeconds: 30 };
        stuck.events.push(
          {
            type: 'Normal',
            reason: 'Killing',
            message: `Stopping container ${made.container}`,
            fromMinutesAgo: 55,
            toMinutesAgo: 55,
          },
          {
            type: 'Warning',
            reason: 'FailedKillPod',
            message: `error killing pod: [failed to "KillContainer" for "${made.container}" with KillContainerError: "rpc error: code = DeadlineExceeded desc = context deadline exceeded", failed to "KillPodSandbox" for "${stuck.uid}" with KillPodSandboxError: "rpc error: code = DeadlineExceeded desc = context deadline exceeded"]`,
            count: 26,
            fromMinutesAgo: 53,
            toMinutesAgo: 1,
          },
        );
        revision.pods.push(stuck);
        return {
          about: 'A pod does not end: its process cannot be killed.',
          object: `Pod ${made.namespace}/${stuck.name}`,
          alsoTrue: ['finalizer-stuck'],
          ask: { namespace: made.namespace, object: `Pod/${made.namespace}/${stuck.name}` },
        };
      },
    },
    {
      'node-gone': (s) => {
        const { w } = s;
        const node = w.workers[0];
        if (node === undefined) throw new RangeError('no worker');
        const made = app(w, { replicas: 2, nodes: w.workers.slice(1, 3).map(({ name }) => name) });
        const revision = made.model?.revisions.at(-1);
        if (revision === undefined) throw new RangeError('no revision');
        node.silentForMinutes = 40;
        node.taints.push(
          { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule', timeAdded: w.iso(39) },
          { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: w.iso(39) },
        );
        for (const pod of w.pods)
          if (pod.node === node.name) pod.conditions.set('Ready', { status: 'False', lastTransitionTime: w.iso(39) });
        const stuck = w.addPod({
          namespace: made.namespace,
          name: `${revision.owner.name}-${w.random.suffix(5)}`,
          owner: revision.owner,
          labels: made.pod.labels,
          spec: made.pod.spec,
          node: node.name,
          createdMinutesAgo: 5000,
        });
        stuck.deletion = { minutesAgo: 34, graceSeconds: 30 };
        stuck.conditions.set('Ready', { status: 'False', lastTransitionTime: w.iso(39) });
        revision.pods.push(stuck);
        return {
          about: 'Terminating for half an hour, because its node does not answer.',
          code: 'node-kubelet-down',
          object: `Node ${node.name}`,
          alsoTrue: [...serving, 'pod-stuck-terminating', 'kube-proxy-down', 'cni-failing'],
          ask: { object: `Node/${node.name}`, alert: alerts.node('KubeNodeUnreachable', node.name) },
        };
      },
    },
  ),
  ...coded(
    'readiness-flapping',
    {
      'in-and-out': (s, well) => {
        const { w } = s;
        const made = app(w, {});
        for (const pod of made.pods) {
          if (well) continue;
          pod.events.push({
            ...unhealthy(
              'Readiness',
              `Get "http://${pod.ip}:${made.port}/ready": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
              34,
              58,
              0.8,
            ),
            container: made.container,
          });
          pod.conditions.set('Ready', { lastTransitionTime: w.iso(0.6) });
          pod.conditions.set('ContainersReady', { lastTransitionTime: w.iso(0.6) });
        }
        w.metric(
          `kube_pod_status_ready{condition="true",namespace="${made.namespace}"}`,
          made.pods.map((pod, index) => ({
            labels: { namespace: made.namespace, pod: pod.name, condition: 'true' },
            value: Array.from({ length: 30 }, (_, minute) =>
              well || minute === 29 ? 1 : (minute + index) % 4 < 2 ? 1 : 0,
            ),
          })),
        );
        return {
          about: 'Its pods go in and out of readiness; nothing restarts.',
          object: made.ref,
          alsoTrue: ['service-no-ready-endpoints', 'probe-failing', 'probe-timing-too-short'],
          ask: asked(made, alerts.notReady(made)),
        };
      },
    },
    {
      restarts: (s) => {
        const made = app(s.w, { state: crashing(s.w, { exitCode: 1, ranSeconds: 30 }) });
        for (const pod of made.pods) {
          pod.events.push({
            ...unhealthy(
              'Readiness',
              `Get "http://${pod.ip}:${made.port}/ready": dial tcp ${pod.ip}:${made.port}: connect: connection refused`,
              20,
              50,
              1,
            ),
            container: made.container,
          });
          s.w.log(
            pod,
            made.container,
            ["Error: Cannot find module './routes/v2'", 'Require stack:', '- /app/server.js'],
            true,
          );
        }
        return {
          about: 'In and out because it crashes.',
          code: 'container-crash-looping',
          object: made.ref,
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
  ),
};
