import type { CaseContext, CaseDefinition } from '../case-context.ts';
import { dailyNow, runOnSchedule } from '../cron-run.ts';
import { object, service, workload } from '../manifests.ts';
import type { KubeObject } from '../wire.ts';

const conditionIs = (item: KubeObject, type: string) =>
  ((item.status?.conditions ?? []) as { type: string; status: string }[]).some(
    (one) => one.type === type && one.status === 'True',
  );
const failed = (c: CaseContext, name: string) =>
  c.until(`Job ${name} to fail`, async () => conditionIs(await c.get('Job', name), 'Failed'), 60_000);

export const lifecycle: readonly CaseDefinition[] = [
  {
    name: 'job-backoff-exceeded-job',
    about: 'Each pod of the Job ended with an error until its limit was reached.',
    run: async (c) => {
      await c.apply(workload('Job', 'reindex', { kubelet: 'fails', spec: { backoffLimit: 1 } }));
      await failed(c, 'reindex');
      return { code: 'job-backoff-exceeded', object: `Job ${c.ns}/reindex`, alsoTrue: ['container-crash-looping'] };
    },
  },
  {
    name: 'job-backoff-exceeded-cronjob',
    about: 'The last run of a CronJob failed for good. An alert tells of the Job.',
    run: async (c) => {
      await c.apply(
        workload('CronJob', 'nightly-report', {
          kubelet: 'fails',
          spec: { schedule: dailyNow(), jobSpec: { backoffLimit: 0 } },
        }),
      );
      await c.past({ hours: 60 });
      const run = await runOnSchedule(c, 'nightly-report');
      await failed(c, run);
      c.alert('KubeJobFailed', { namespace: c.ns, job_name: run }, 'Job failed to complete.');
      return {
        code: 'job-backoff-exceeded',
        object: [`CronJob ${c.ns}/nightly-report`, `Job ${c.ns}/${run}`],
        alsoTrue: ['container-crash-looping'],
      };
    },
  },
  {
    name: 'job-backoff-exceeded-healthy',
    about: 'One run of the CronJob failed, the next one did what it should.',
    run: async (c) => {
      await c.apply(
        workload('CronJob', 'nightly-report', {
          kubelet: 'fails',
          spec: { schedule: dailyNow(), jobSpec: { backoffLimit: 0 } },
        }),
      );
      const bad = await runOnSchedule(c, 'nightly-report');
      await failed(c, bad);
      await c.past({ hours: 24 });
      await c.patch('CronJob', 'nightly-report', {
        spec: { jobTemplate: { spec: { template: { metadata: { annotations: null } } } } },
      });
      const good = await runOnSchedule(c, 'nightly-report');
      await c.until('it to succeed', async () => conditionIs(await c.get('Job', good), 'Complete'));
      return { status: 'healthy', notClaimed: ['job-backoff-exceeded'] };
    },
  },
  {
    name: 'job-backoff-exceeded-decoy',
    about: 'The Job failed, not by its pods: it ran longer than it may.',
    run: async (c) => {
      await c.apply(
        workload('Job', 'reindex', { kubelet: 'stays', spec: { backoffLimit: 2, activeDeadlineSeconds: 4 } }),
      );
      await failed(c, 'reindex');
      return {
        code: 'job-deadline-exceeded',
        object: `Job ${c.ns}/reindex`,
        says: ['4'],
        notClaimed: ['job-backoff-exceeded'],
      };
    },
  },
  {
    name: 'job-deadline-exceeded-cronjob',
    about: 'The run of a CronJob was stopped at its deadline.',
    run: async (c) => {
      await c.apply(
        workload('CronJob', 'sync-crm', {
          kubelet: 'stays',
          spec: { schedule: dailyNow(), jobSpec: { activeDeadlineSeconds: 5 } },
        }),
      );
      await c.past({ hours: 100 });
      const run = await runOnSchedule(c, 'sync-crm');
      await failed(c, run);
      return {
        code: 'job-deadline-exceeded',
        object: [`CronJob ${c.ns}/sync-crm`, `Job ${c.ns}/${run}`],
        question: { object: `cronjob/${c.ns}/sync-crm` },
      };
    },
  },
  {
    name: 'job-deadline-exceeded-healthy',
    about: 'A Job with a deadline that was done in time, and one that still runs within its own.',
    run: async (c) => {
      await c.runs('Job', 'reindex', { spec: { activeDeadlineSeconds: 600 } });
      await c.apply(workload('Job', 'train', { kubelet: 'stays', spec: { activeDeadlineSeconds: 7200 } }));
      await c.until('it to run', async () => (await c.get('Job', 'train')).status?.ready === 1);
      return { status: 'healthy', notClaimed: ['job-deadline-exceeded', 'job-backoff-exceeded'] };
    },
  },
  {
    name: 'cron-job-suspended-asked',
    about: 'The CronJob is suspended since a migration; somebody asks why it does not run.',
    run: async (c) => {
      await c.apply(workload('CronJob', 'invoices', { spec: { schedule: '*/10 * * * *' } }));
      await c.past({ hours: 200 });
      await c.patch('CronJob', 'invoices', { spec: { suspend: true } }, { manager: 'kubectl-patch' });
      return {
        code: 'cron-job-suspended',
        object: `CronJob ${c.ns}/invoices`,
        question: { object: `cronjob/${c.ns}/invoices` },
      };
    },
  },
  {
    name: 'cron-job-suspended-healthy',
    about: 'A CronJob with its last run in time.',
    ageMinutes: 0.5,
    run: async (c) => {
      await c.apply(workload('CronJob', 'invoices', { spec: { schedule: '0 3 1 1 *', suspend: false } }));
      return {
        notClaimed: ['cron-job-suspended', 'cron-job-missed'],
        question: { object: `cronjob/${c.ns}/invoices` },
      };
    },
  },
  {
    name: 'cron-job-suspended-decoy',
    about: 'The CronJob is not suspended: its last run failed for good.',
    run: async (c) => {
      await c.apply(
        workload('CronJob', 'invoices', {
          kubelet: 'fails',
          spec: { schedule: dailyNow(), suspend: false, jobSpec: { backoffLimit: 0 } },
        }),
      );
      await c.past({ hours: 60 });
      const run = await runOnSchedule(c, 'invoices');
      await failed(c, run);
      return {
        code: 'job-backoff-exceeded',
        object: [`CronJob ${c.ns}/invoices`, `Job ${c.ns}/${run}`],
        alsoTrue: ['container-crash-looping'],
        notClaimed: ['cron-job-suspended', 'cron-job-missed'],
        question: { object: `cronjob/${c.ns}/invoices` },
      };
    },
  },
  {
    name: 'cron-job-missed-healthy',
    about: 'The last run of the CronJob began in time and is done.',
    run: async (c) => {
      await c.apply(workload('CronJob', 'poll', { spec: { schedule: dailyNow(), startingDeadlineSeconds: 60 } }));
      await c.past({ hours: 60 });
      const run = await runOnSchedule(c, 'poll');
      await c.until('it to succeed', async () => conditionIs(await c.get('Job', run), 'Complete'));
      return { status: 'healthy', notClaimed: ['cron-job-missed', 'cron-job-suspended'] };
    },
  },
  {
    name: 'cron-job-missed-decoy',
    about: 'The CronJob does not run because somebody suspended it.',
    run: async (c) => {
      await c.apply(workload('CronJob', 'poll', { spec: { schedule: '*/5 * * * *' } }));
      await c.past({ hours: 30 });
      await c.patch('CronJob', 'poll', { spec: { suspend: true } }, { manager: 'kubectl-patch' });
      c.alert('CronJobNotScheduled', { namespace: c.ns, cronjob: 'poll' }, 'The CronJob has not run for an hour.');
      return { code: 'cron-job-suspended', object: `CronJob ${c.ns}/poll`, notClaimed: ['cron-job-missed'] };
    },
  },
  {
    name: 'cron-job-missed-forbid',
    about: 'A run hangs, and concurrencyPolicy Forbid lets no other begin: nine were left out.',
    ageMinutes: 9,
    run: async (c) => {
      await c.apply(
        workload('CronJob', 'poll', { kubelet: 'stays', spec: { schedule: '* * * * *', concurrencyPolicy: 'Forbid' } }),
      );
      await c.until(
        'a run to be left out',
        async () => (await c.list('Event')).some(({ reason }) => reason === 'JobAlreadyActive'),
        150_000,
      );
      // The controller says it again each minute; the capture does not wait for that.
      const refusal = (await c.list('Event')).find(({ reason }) => reason === 'JobAlreadyActive');
      if (refusal !== undefined)
        await c.patch(
          'Event',
          refusal.metadata.name,
          { count: 10, lastTimestamp: c.at(-25) },
          { manager: 'kube-controller-manager' },
        );
      return { code: 'cron-job-missed', object: `CronJob ${c.ns}/poll`, question: { object: `cronjob/${c.ns}/poll` } };
    },
  },
  {
    name: 'finalizer-stuck-claim',
    about: 'A claim was deleted; a finalizer of an operator that is gone holds it.',
    run: async (c) => {
      await c.apply(
        object(
          'v1',
          'PersistentVolumeClaim',
          'old-data',
          {
            spec: {
              accessModes: ['ReadWriteOnce'],
              storageClassName: 'gone',
              resources: { requests: { storage: '1Gi' } },
            },
          },
          { finalizers: ['backup.example.com/keep'] },
        ),
      );
      await c.past({ hours: 400 });
      await c.remove('PersistentVolumeClaim', 'old-data');
      await c.until(
        'it to be held',
        async () => (await c.get('PersistentVolumeClaim', 'old-data')).metadata.deletionTimestamp !== undefined,
      );
      return {
        code: 'finalizer-stuck',
        object: `PersistentVolumeClaim ${c.ns}/old-data`,
        says: ['backup.example.com/keep'],
        alsoTrue: ['storage-class-missing'],
        question: { namespace: c.ns },
      };
    },
  },
  {
    name: 'finalizer-stuck-namespace',
    about: 'A namespace does not go: a ConfigMap in it has a finalizer that nobody takes away.',
    run: async (c) => {
      const old = await c.namespace();
      await c.apply(
        object(
          'v1',
          'ConfigMap',
          'tenant-state',
          { data: { state: 'active' } },
          { namespace: old, finalizers: ['tenants.example.com/cleanup'] },
        ),
      );
      await c.past({ hours: 400 });
      await c.send('DELETE', `/api/v1/namespaces/${old}`);
      await c.until('the controller to say so', async () =>
        JSON.stringify((await c.get('Namespace', old)).status ?? {}).includes('SomeFinalizersRemain'),
      );
      return {
        code: 'finalizer-stuck',
        object: [`Namespace ${old}`, `ConfigMap ${old}/tenant-state`],
        says: ['tenants.example.com/cleanup'],
        alsoTrue: ['finalizer-stuck'],
      };
    },
  },
  {
    name: 'finalizer-stuck-healthy',
    about: 'Objects with finalizers that nobody has asked to go.',
    run: async (c) => {
      await c.apply(
        object(
          'v1',
          'ConfigMap',
          'tenant-state',
          { data: { state: 'active' } },
          { finalizers: ['tenants.example.com/cleanup'] },
        ),
      );
      await c.apply({
        ...service('front', { type: 'ClusterIP' }),
        metadata: { name: 'front', finalizers: ['service.kubernetes.io/load-balancer-cleanup'] },
      });
      await c.runs('Deployment', 'front');
      return { status: 'healthy', notClaimed: ['finalizer-stuck'] };
    },
  },
  {
    name: 'finalizer-stuck-decoy',
    about: 'A pod does not go: it has no finalizer, the kubelet of its node does not confirm its end.',
    run: async (c) => {
      await c.runs('Deployment', 'worker', { replicas: 1, kubelet: 'lingers' });
      await c.past({ hours: 4 });
      const [pod] = await c.podsOf('worker', 1);
      await c.remove('Pod', pod?.metadata.name ?? '');
      await c.podsOf('worker', 1);
      return {
        code: 'pod-stuck-terminating',
        object: `Pod ${c.ns}/${pod?.metadata.name}`,
        notClaimed: ['finalizer-stuck'],
      };
    },
  },
  {
    name: 'pod-stuck-terminating-statefulset',
    about: 'A member of a StatefulSet hangs in its end, so its successor cannot come.',
    run: async (c) => {
      await c.runs('StatefulSet', 'zk', { replicas: 3, kubelet: 'lingers' });
      await c.past({ hours: 9 });
      await c.remove('Pod', 'zk-1');
      return {
        code: 'pod-stuck-terminating',
        object: `Pod ${c.ns}/zk-1`,
        alsoTrue: ['rollout-stuck'],
        question: { object: `statefulset/${c.ns}/zk` },
      };
    },
  },
  {
    name: 'pod-stuck-terminating-healthy',
    about: 'A pod takes its time to end, and may: its grace period is half an hour.',
    run: async (c) => {
      await c.runs('Deployment', 'streams', {
        replicas: 2,
        kubelet: 'lingers',
        pod: { terminationGracePeriodSeconds: 1800 },
      });
      await c.past({ hours: 9 });
      const [pod] = await c.podsOf('streams', 2);
      await c.remove('Pod', pod?.metadata.name ?? '');
      await c.until(
        'its successor',
        async () => (await c.get('Deployment', 'streams')).status?.availableReplicas === 2,
      );
      return { notClaimed: ['pod-stuck-terminating'], alsoTrue: [] };
    },
  },
  {
    name: 'pod-stuck-terminating-decoy',
    about: 'A pod has ended long ago and does not go: it bears a finalizer.',
    run: async (c) => {
      const made = workload('Pod', 'one-off', { kubelet: 'lingers' });
      await c.apply({ ...made, metadata: { ...made.metadata, finalizers: ['audit.example.com/collected'] } });
      await c.until('it to run', async () => conditionIs(await c.get('Pod', 'one-off'), 'Ready'));
      await c.past({ hours: 4 });
      await c.remove('Pod', 'one-off');
      await c.until(
        'it to be on its way',
        async () => (await c.get('Pod', 'one-off')).metadata.deletionTimestamp !== undefined,
      );
      const pod = await c.get('Pod', 'one-off');
      const ended = c.sinceCreation(pod, 4);
      await c.kubelet.patch(pod, {
        phase: 'Succeeded',
        containerStatuses: [
          {
            name: 'one-off',
            image: 'registry.example.com/team/one-off:1.8.2',
            imageID: '',
            ready: false,
            started: false,
            restartCount: 0,
            state: { terminated: { exitCode: 0, reason: 'Completed', startedAt: ended, finishedAt: ended } },
          },
        ],
      });
      return {
        code: 'finalizer-stuck',
        object: `Pod ${c.ns}/one-off`,
        says: ['audit.example.com/collected'],
        notClaimed: ['pod-stuck-terminating'],
      };
    },
  },
  {
    name: 'pod-stuck-terminating-node-down',
    about: 'The node of the pod fell silent; its pod was told to go and cannot say that it did.',
    nodes: [{}, { unmanaged: true }],
    run: async (c) => {
      const [, dead = ''] = c.nodes;
      const time = c.at(-360);
      const conditions = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].map((type) => ({
        type,
        status: type === 'Ready' ? 'True' : 'False',
        reason: type === 'Ready' ? 'KubeletReady' : 'KubeletIsFine',
        message: '',
        lastHeartbeatTime: time,
        lastTransitionTime: time,
      }));
      await c.patch(
        'Node',
        dead,
        { status: { conditions } },
        { subresource: 'status', manager: 'kubelet', type: 'strategic' },
      );
      const tolerations = ['not-ready', 'unreachable'].map((key) => ({
        key: `node.kubernetes.io/${key}`,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 3,
      }));
      await c.until(
        'the node to be usable',
        async () =>
          ((await c.get('Node', dead)).spec?.taints ?? []) &&
          !JSON.stringify((await c.get('Node', dead)).spec?.taints ?? []).includes('not-ready'),
      );
      await c.apply(
        workload('StatefulSet', 'raft', {
          replicas: 1,
          pod: { tolerations, nodeSelector: { 'kubernetes.io/hostname': dead } },
        }),
      );
      const [pod] = await c.podsOf('raft', 1, { bound: true });
      if (pod === undefined) throw new Error('no pod');
      await c.kubelet.isReady(pod);
      await c.until(
        'the node to be given up',
        async () => (await c.get('Pod', 'raft-0')).metadata.deletionTimestamp !== undefined,
        120_000,
      );
      return {
        code: ['node-kubelet-down'],
        object: `Node ${dead}`,
        alsoTrue: ['pod-stuck-terminating', 'rollout-stuck'],
        notClaimed: ['finalizer-stuck'],
      };
    },
  },
  {
    name: 'rollout-stuck-unknown-cause',
    about:
      'The pods of the new revision run and do not become ready within the deadline; the probe says only that it fails.',
    run: async (c) => {
      await c.runs('Deployment', 'api', {
        replicas: 2,
        spec: { progressDeadlineSeconds: 6 },
        container: { readinessProbe: { httpGet: { path: '/ready', port: 'http' } } },
      });
      await c.past({ hours: 50 });
      await c.patch(
        'Deployment',
        'api',
        {
          spec: {
            template: {
              metadata: { annotations: { 'capture.sre-copilot.dev/kubelet': 'absent' } },
              spec: { containers: [{ name: 'api', image: 'registry.example.com/team/api:2.0.0' }] },
            },
          },
        },
        { type: 'strategic', manager: 'kubectl-set' },
      );
      const pods = await c.podsOf('api', 3, { bound: true });
      const fresh = pods.find(({ spec }) => JSON.stringify(spec).includes('api:2.0.0'));
      if (fresh === undefined) throw new Error('no new pod');
      await c.kubelet.isUnready(fresh, { container: 'api', probe: 'HTTP probe failed with statuscode: 503' });
      await c.until('the deadline', async () =>
        JSON.stringify((await c.get('Deployment', 'api')).status).includes('ProgressDeadlineExceeded'),
      );
      return {
        code: ['probe-failing', 'rollout-stuck', 'recent-change'],
        object: `Deployment ${c.ns}/api`,
        alsoTrue: ['rollout-stuck', 'probe-failing', 'recent-change'],
        notClaimed: ['probe-port-wrong', 'probe-path-wrong', 'probe-timing-too-short'],
      };
    },
  },
];
