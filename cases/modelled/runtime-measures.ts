import { coded, family, withOtherTwins } from './case.ts';
import { job } from './jobs.ts';
import { alerts, app, crashes, crashing, serving, stamped } from './recipes.ts';

const mebi = 1024 * 1024;

const cases = {
  ...coded(
    'container-oom-killed',
    {
      sidecar: (s, well) => {
        const made = app(s.w, {
          sidecars: [
            {
              name: 'envoy',
              image: s.w.names.image('envoy'),
              resources: { limits: { memory: '64Mi' }, requests: { memory: '32Mi' } },
            },
          ],
          ...(well
            ? {}
            : { states: { envoy: crashing(s.w, { exitCode: 137, reason: 'OOMKilled', ranSeconds: 700 }) } }),
        });
        return {
          about: 'The sidecar is killed at its limit.',
          object: made.ref,
          says: ['envoy'],
          alsoTrue: crashes,
          ask: { namespace: made.namespace, alert: alerts.crashLooping(made, 'envoy') },
        };
      },
      'init-container': (s, well) => {
        const made = app(s.w, {
          before: {},
          changedMinutesAgo: 24,
          stuck: !well,
          pod: {
            initContainers: [
              { name: 'warm', image: s.w.names.image('warm'), resources: { limits: { memory: '48Mi' } } },
            ],
          },
          ...(well ? {} : { states: { warm: crashing(s.w, { exitCode: 137, reason: 'OOMKilled', ranSeconds: 3 }) } }),
        });
        return {
          about: 'The init container is killed at its limit.',
          object: made.ref,
          says: ['warm'],
          alsoTrue: [...crashes, 'init-container-failing'],
          ask: { namespace: made.namespace },
        };
      },
      job: (s, well) => {
        const { w } = s;
        const namespace = w.names.namespace();
        const name = w.names.workload();
        app(w, { namespace });
        const container = { name: 'run', image: w.names.image(name), resources: { limits: { memory: '512Mi' } } };
        const made = well
          ? job(w, {
              namespace,
              name,
              startedMinutesAgo: 30,
              container,
              status: { succeeded: 1, completionTime: w.iso(20) },
              conditions: [{ type: 'Complete', status: 'True', reason: 'CompletionsReached', message: '' }],
              pods: [{ minutesAgo: 30, state: { is: 'terminated', end: { exitCode: 0, endedMinutesAgo: 20 } } }],
            })
          : job(w, {
              namespace,
              name,
              startedMinutesAgo: 30,
              container,
              spec: { backoffLimit: 2 },
              status: { failed: 3 },
              conditions: [
                {
                  type: 'Failed',
                  status: 'True',
                  reason: 'BackoffLimitExceeded',
                  message: 'Job has reached the specified backoff limit',
                },
              ],
              pods: [30, 24, 17].map((minutesAgo) => ({
                minutesAgo,
                state: {
                  is: 'terminated' as const,
                  end: { exitCode: 137, reason: 'OOMKilled', ranSeconds: 90, endedMinutesAgo: minutesAgo - 2 },
                },
              })),
              event: {
                reason: 'BackoffLimitExceeded',
                message: 'Job has reached the specified backoff limit',
                minutesAgo: 14,
              },
            });
        return {
          about: 'Every try of a Job is killed for memory.',
          object: made.ref,
          alsoTrue: ['job-backoff-exceeded'],
          ask: { namespace, alert: { name: 'KubeJobFailed', labels: { namespace, job_name: name } } },
        };
      },
    },
    {
      heap: (s) => {
        const made = app(s.w, {
          container: { resources: { limits: { memory: '2Gi' } } },
          state: crashing(s.w, { exitCode: 3, ranSeconds: 500 }),
        });
        for (const pod of made.pods)
          s.w.log(pod, made.container, ['Terminating due to java.lang.OutOfMemoryError: Java heap space'], true);
        return {
          about: 'The Java heap is too small; the kernel killed nobody.',
          code: 'container-crash-looping',
          object: made.ref,
          alsoTrue: serving,
          ask: { namespace: made.namespace },
        };
      },
    },
  ),
  ...coded('container-crash-looping', {
    'exit-zero': (s, well) => {
      const made = app(s.w, {
        before: {},
        changedMinutesAgo: 20,
        stuck: !well,
        ...(well ? {} : { state: crashing(s.w, { exitCode: 0, reason: 'Completed', ranSeconds: 1 }) }),
      });
      for (const pod of well ? [] : made.pods) s.w.log(pod, made.container, ['nothing to do, bye'], true);
      return {
        about: 'A service that ends at once, and well: exit code 0.',
        object: made.ref,
        says: ['0'],
        alsoTrue: serving,
        ask: { namespace: made.namespace, alert: alerts.crashLooping(made, made.container) },
      };
    },
  }),
  ...coded('pod-evicted', {
    'ephemeral-limit': (s, well) => {
      const { w } = s;
      const made = app(w, {
        container: {
          resources: {
            limits: { memory: '256Mi', 'ephemeral-storage': '1Gi' },
            requests: { cpu: '50m', memory: '64Mi' },
          },
        },
      });
      const revision = made.model?.revisions.at(-1);
      for (let index = 0; index < 2 && revision !== undefined && !well; index++) {
        const gone = w.addPod({
          namespace: made.namespace,
          name: `${revision.owner.name}-${w.random.suffix(5)}`,
          owner: revision.owner,
          labels: made.pod.labels,
          spec: made.pod.spec,
          createdMinutesAgo: 50 - index * 20,
        });
        gone.phase = 'Failed';
        gone.reason = 'Evicted';
        gone.message = 'Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ';
        gone.events.push({ type: 'Warning', reason: 'Evicted', message: gone.message, toMinutesAgo: 30 - index * 20 });
        revision.pods.push(gone);
      }
      return {
        about: 'Evicted for its own ephemeral storage.',
        object: made.ref,
        says: ['1Gi'],
        alsoTrue: serving,
        ask: { namespace: made.namespace },
      };
    },
  }),
  ...coded('cpu-throttled', {
    counters: (s, well) => {
      const { w } = s;
      const made = app(w, {
        container: {
          resources: { limits: { cpu: '250m', memory: '256Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
        },
      });
      const labels = (pod: string) => ({ namespace: made.namespace, pod, container: made.container });
      w.metric(
        'container_cpu_cfs_periods_total{container!=""}',
        made.pods.map(({ name }) => ({
          labels: { __name__: 'container_cpu_cfs_periods_total', ...labels(name) },
          value: Array.from({ length: 10 }, (_, index) => 90_000 + index * 600),
        })),
      );
      w.metric(
        'container_cpu_cfs_throttled_periods_total{container!=""}',
        made.pods.map(({ name }) => ({
          labels: { __name__: 'container_cpu_cfs_throttled_periods_total', ...labels(name) },
          value: Array.from({ length: 10 }, (_, index) => 20_000 + index * (well ? 5 : 480)),
        })),
      );
      return {
        about: 'Raw counters: four of five periods are throttled.',
        object: made.ref,
        ask: {
          namespace: made.namespace,
          alert: {
            name: 'CPUThrottlingHigh',
            labels: { namespace: made.namespace, pod: made.pod.name, container: made.container },
          },
        },
      };
    },
    percent: (s, well) => {
      const { w } = s;
      const made = app(w, {
        container: { resources: { limits: { cpu: '1', memory: '256Mi' }, requests: { cpu: '100m', memory: '128Mi' } } },
      });
      w.metric(
        '100 * sum by (namespace, pod) (rate(container_cpu_cfs_throttled_periods_total[10m])) / sum by (namespace, pod) (rate(container_cpu_cfs_periods_total[10m]))',
        made.pods.map(({ name }) => ({ labels: { namespace: made.namespace, pod: name }, value: well ? 3.1 : 71.5 })),
      );
      return {
        about: 'Throttling as a percentage, by pod.',
        object: made.ref,
        ask: {
          namespace: made.namespace,
          alert: { name: 'CPUThrottlingHigh', labels: { namespace: made.namespace, pod: made.pod.name } },
        },
      };
    },
  }),
  ...coded('disk-full', {
    'used-and-capacity': (s, well) => {
      const { w } = s;
      const namespace = w.names.namespace();
      const claim = `${w.names.workload()}-data`;
      app(w, {
        namespace,
        kind: 'StatefulSet',
        replicas: 1,
        container: { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
        pod: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claim } }] },
      });
      w.add(
        'v1',
        'PersistentVolumeClaim',
        { name: claim, namespace },
        {
          spec: {
            accessModes: ['ReadWriteOnce'],
            resources: { requests: { storage: '100Gi' } },
            storageClassName: 'gp3',
            volumeMode: 'Filesystem',
            volumeName: `pv-${claim}`,
          },
          status: { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '100Gi' } },
        },
      );
      w.add(
        'v1',
        'PersistentVolume',
        { name: `pv-${claim}` },
        {
          spec: {
            accessModes: ['ReadWriteOnce'],
            capacity: { storage: '100Gi' },
            storageClassName: 'gp3',
            persistentVolumeReclaimPolicy: 'Delete',
            claimRef: { kind: 'PersistentVolumeClaim', namespace, name: claim },
            csi: { driver: 'ebs.csi.aws.com', volumeHandle: 'vol-0a' },
          },
          status: { phase: 'Bound' },
        },
      );
      w.add(
        'storage.k8s.io/v1',
        'StorageClass',
        { name: 'gp3' },
        {
          provisioner: 'ebs.csi.aws.com',
          reclaimPolicy: 'Delete',
          volumeBindingMode: 'WaitForFirstConsumer',
          allowVolumeExpansion: true,
        },
      );
      const labels = { namespace, persistentvolumeclaim: claim };
      w.metric('kubelet_volume_stats_used_bytes', [
        { labels: { __name__: 'kubelet_volume_stats_used_bytes', ...labels }, value: (well ? 41 : 99.9) * 1024 * mebi },
      ]);
      w.metric('kubelet_volume_stats_capacity_bytes', [
        { labels: { __name__: 'kubelet_volume_stats_capacity_bytes', ...labels }, value: 100 * 1024 * mebi },
      ]);
      return {
        about: 'Used and capacity, each measured on its own: the volume is full.',
        object: `PersistentVolumeClaim ${namespace}/${claim}`,
        alsoTrue: serving,
        ask: {
          namespace,
          alert: {
            name: 'KubePersistentVolumeFillingUp',
            labels: { namespace, persistentvolumeclaim: claim, severity: 'critical' },
          },
        },
      };
    },
    inodes: (s, well) => {
      const { w } = s;
      const namespace = w.names.namespace();
      const made = app(w, {
        namespace,
        kind: 'StatefulSet',
        replicas: 1,
        container: { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
        pod: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'mail' } }] },
        ...(well ? {} : { state: { is: 'running', ready: false, sinceMinutesAgo: 40 } }),
      });
      w.add(
        'v1',
        'PersistentVolumeClaim',
        { name: 'mail', namespace },
        {
          spec: {
            accessModes: ['ReadWriteOnce'],
            resources: { requests: { storage: '50Gi' } },
            storageClassName: 'ssd',
            volumeMode: 'Filesystem',
            volumeName: 'pv-mail',
          },
          status: { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '50Gi' } },
        },
      );
      w.add(
        'v1',
        'PersistentVolume',
        { name: 'pv-mail' },
        {
          spec: {
            accessModes: ['ReadWriteOnce'],
            capacity: { storage: '50Gi' },
            storageClassName: 'ssd',
            persistentVolumeReclaimPolicy: 'Delete',
            claimRef: { kind: 'PersistentVolumeClaim', namespace, name: 'mail' },
            csi: { driver: 'x', volumeHandle: 'y' },
          },
          status: { phase: 'Bound' },
        },
      );
      w.add(
        'storage.k8s.io/v1',
        'StorageClass',
        { name: 'ssd' },
        { provisioner: 'x', reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
      );
      const labels = { namespace, persistentvolumeclaim: 'mail' };
      w.metric('kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes', [{ labels, value: 0.44 }]);
      w.metric('kubelet_volume_stats_inodes_free / kubelet_volume_stats_inodes', [{ labels, value: well ? 0.7 : 0 }]);
      for (const pod of well ? [] : made.pods) {
        w.log(pod, made.container, stamped(w, ['ERROR cannot create /data/queue/99812: No space left on device'], 0.3));
        pod.events.push({
          type: 'Warning',
          reason: 'Unhealthy',
          message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
          count: 90,
          fromMinutesAgo: 40,
          toMinutesAgo: 0.2,
          container: made.container,
        });
      }
      return {
        about: 'Room is left, inodes are not.',
        object: [`PersistentVolumeClaim ${namespace}/mail`, made.ref],
        alsoTrue: [...serving, 'probe-failing'],
        ask: {
          namespace,
          alert: { name: 'KubePersistentVolumeInodesFillingUp', labels: { namespace, persistentvolumeclaim: 'mail' } },
        },
      };
    },
  }),
};

/** Runtime again: other queries, sidecars, init containers, Jobs, inodes. */
export const runtimeMeasures = family('runtime', withOtherTwins(cases));
