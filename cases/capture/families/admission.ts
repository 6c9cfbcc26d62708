import type { CaseDefinition } from '../case-context.ts';
import { dailyNow, runOnSchedule } from '../cron-run.ts';
import { object, requests, workload } from '../manifests.ts';
import { startPolicyServer } from '../policy-server.ts';
import type { Fields } from '../wire.ts';

const quota = (name: string, hard: Record<string, string>) => object('v1', 'ResourceQuota', name, { spec: { hard } });
const stuck = ['rollout-stuck', 'service-no-ready-endpoints'];

const denied = (
  name: string,
  text: string,
  make: () => ReturnType<typeof workload>,
  more: Partial<CaseDefinition> & { result: (ns: string) => object },
): CaseDefinition => ({
  name,
  about: more.about ?? '',
  run: async (c) => {
    await c.apply(make());
    await c.event('FailedCreate', text);
    return { ...more.result(c.ns) };
  },
});

export const admission: readonly CaseDefinition[] = [
  {
    name: 'quota-exceeded-pods',
    about: 'A quota allows three pods; the Deployment wants five.',
    run: async (c) => {
      await c.apply(quota('team-limits', { pods: '3' }), workload('Deployment', 'checkout', { replicas: 5 }));
      await c.event('FailedCreate', 'exceeded quota');
      return { code: 'quota-exceeded', object: `ResourceQuota ${c.ns}/team-limits`, says: ['pods'], alsoTrue: stuck };
    },
  },
  {
    name: 'quota-exceeded-memory-statefulset',
    about:
      'The second member of a StatefulSet does not fit into the memory quota, which another workload uses as well.',
    run: async (c) => {
      await c.apply(quota('compute', { 'requests.memory': '2Gi', 'requests.cpu': '4' }));
      await c.runs('Deployment', 'gateway', { container: requests({ cpu: '100m', memory: '512Mi' }) });
      await c.past({ hours: 26 });
      await c.apply(
        workload('StatefulSet', 'cache', { replicas: 2, container: requests({ cpu: '200m', memory: '768Mi' }) }),
      );
      await c.event('FailedCreate', 'exceeded quota');
      return {
        code: 'quota-exceeded',
        object: `ResourceQuota ${c.ns}/compute`,
        says: ['memory'],
        alsoTrue: stuck,
        question: { object: `statefulset/${c.ns}/cache` },
      };
    },
  },
  {
    name: 'quota-exceeded-cpu-scaled',
    about: "Scaling up yesterday's Deployment meets the limits.cpu quota. An alert tells of the replicas.",
    run: async (c) => {
      await c.apply(quota('cpu-budget', { 'limits.cpu': '2' }));
      const resources = {
        resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '500m', memory: '128Mi' } },
      };
      await c.runs('Deployment', 'render', { replicas: 3, container: resources });
      await c.past({ hours: 20 });
      await c.patch('Deployment', 'render', { spec: { replicas: 8 } }, { manager: 'kubectl-scale' });
      await c.event('FailedCreate', 'exceeded quota');
      c.alert(
        'KubeDeploymentReplicasMismatch',
        { namespace: c.ns, deployment: 'render', job: 'kube-state-metrics' },
        'Deployment has not matched the expected number of replicas.',
      );
      return { code: 'quota-exceeded', object: `ResourceQuota ${c.ns}/cpu-budget`, says: ['cpu'], alsoTrue: stuck };
    },
  },
  {
    name: 'quota-exceeded-claims',
    about:
      'A StatefulSet cannot have its second PersistentVolumeClaim: the quota counts two, and one is used by somebody else.',
    run: async (c) => {
      const claim = (name: string) => ({
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'fast',
        resources: { requests: { storage: '5Gi' } },
        volumeName: name,
      });
      for (const name of ['vol-a1', 'vol-a2', 'vol-a3'])
        await c.apply(
          object('v1', 'PersistentVolume', name, {
            spec: {
              capacity: { storage: '5Gi' },
              accessModes: ['ReadWriteOnce'],
              storageClassName: 'fast',
              hostPath: { path: `/data/${name}` },
            },
          }),
        );
      await c.apply(
        object('storage.k8s.io/v1', 'StorageClass', 'fast', {
          provisioner: 'kubernetes.io/no-provisioner',
          volumeBindingMode: 'Immediate',
        }),
      );
      await c.apply(
        quota('storage-budget', { persistentvolumeclaims: '2' }),
        object('v1', 'PersistentVolumeClaim', 'exports', { spec: claim('vol-a3') }),
      );
      await c.until(
        'exports to be bound',
        async () => (await c.get('PersistentVolumeClaim', 'exports')).status?.phase === 'Bound',
      );
      await c.past({ hours: 5 });
      const { volumeName: _, ...template } = claim('');
      await c.apply(
        workload('StatefulSet', 'queue', {
          replicas: 2,
          container: { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
          spec: { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: template }] },
        }),
      );
      await c.event('FailedCreate', 'exceeded quota');
      return {
        code: 'quota-exceeded',
        object: `ResourceQuota ${c.ns}/storage-budget`,
        says: ['persistentvolumeclaims'],
        alsoTrue: stuck,
      };
    },
  },
  {
    name: 'quota-exceeded-storage',
    about: 'A StatefulSet asks for more storage than the quota has left for it.',
    run: async (c) => {
      await c.apply(
        object('storage.k8s.io/v1', 'StorageClass', 'fast', { provisioner: 'kubernetes.io/no-provisioner' }),
        quota('disks', { 'requests.storage': '20Gi' }),
      );
      await c.until(
        'the quota to count',
        async () => (await c.get('ResourceQuota', 'disks')).status?.used !== undefined,
      );
      await c.past({ hours: 7 });
      await c.apply(
        workload('StatefulSet', 'timeseries', {
          replicas: 1,
          container: { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
          spec: {
            volumeClaimTemplates: [
              {
                metadata: { name: 'data' },
                spec: {
                  accessModes: ['ReadWriteOnce'],
                  storageClassName: 'fast',
                  resources: { requests: { storage: '100Gi' } },
                },
              },
            ],
          },
        }),
      );
      await c.event('FailedCreate', 'exceeded quota');
      return {
        code: 'quota-exceeded',
        object: `ResourceQuota ${c.ns}/disks`,
        says: ['storage'],
        alsoTrue: stuck,
        question: { object: `statefulset/${c.ns}/timeseries` },
      };
    },
  },
  {
    name: 'quota-exceeded-cronjob-pods',
    about: 'The Job of a CronJob cannot have its pod: its CPU request does not fit into what the quota leaves.',
    run: async (c) => {
      await c.apply(quota('batch-cpu', { 'requests.cpu': '1' }));
      await c.runs('Deployment', 'resident', { replicas: 2, container: requests({ cpu: '400m', memory: '32Mi' }) });
      await c.apply(
        workload('CronJob', 'sync', {
          spec: { schedule: dailyNow() },
          container: requests({ cpu: '500m', memory: '32Mi' }),
        }),
      );
      await c.past({ hours: 9 });
      await runOnSchedule(c, 'sync');
      await c.event('FailedCreate', 'exceeded quota');
      return {
        code: 'quota-exceeded',
        object: `ResourceQuota ${c.ns}/batch-cpu`,
        says: ['cpu'],
        alsoTrue: ['cron-job-missed'],
      };
    },
  },
  {
    name: 'quota-exceeded-replica-sets',
    about:
      'A new revision needs a second ReplicaSet, and the quota counts them: the Deployment stands still without a single new pod.',
    run: async (c) => {
      await c.apply(quota('object-counts', { 'count/replicasets.apps': '1' }));
      await c.until(
        'the quota to count',
        async () => (await c.get('ResourceQuota', 'object-counts')).status?.used !== undefined,
      );
      await c.runs('Deployment', 'resident', { replicas: 2 });
      await c.past({ hours: 9 });
      await c.patch(
        'Deployment',
        'resident',
        {
          spec: {
            template: {
              spec: { containers: [{ name: 'resident', image: 'registry.example.com/team/resident:1.8.3' }] },
            },
          },
        },
        { type: 'strategic', manager: 'kubectl-set' },
      );
      await c.event('ReplicaSetCreateError', 'exceeded quota');
      return {
        code: 'quota-exceeded',
        object: `ResourceQuota ${c.ns}/object-counts`,
        says: ['replicasets.apps'],
        alsoTrue: stuck,
      };
    },
  },
  {
    name: 'quota-exceeded-healthy',
    about: 'The quota is full to the last pod, and everything that was asked for runs.',
    run: async (c) => {
      await c.apply(quota('team-limits', { pods: '3', 'requests.memory': '384Mi' }));
      await c.runs('Deployment', 'checkout', { replicas: 3 });
      return { status: 'healthy', notClaimed: ['quota-exceeded'] };
    },
  },
  {
    name: 'quota-exceeded-recovered',
    about:
      'Pods were refused for a while; then the quota was raised, and all replicas run. The events are still there.',
    run: async (c) => {
      await c.apply(quota('team-limits', { pods: '1' }), workload('Deployment', 'checkout', { replicas: 3 }));
      await c.event('FailedCreate', 'exceeded quota');
      await c.past({ minutes: 30 });
      await c.patch('ResourceQuota', 'team-limits', { spec: { hard: { pods: '10' } } });
      await c.patch('Deployment', 'checkout', { metadata: { annotations: { 'example.com/nudged': 'yes' } } });
      await c.patch('Deployment', 'checkout', { spec: { replicas: 2 } });
      await c.patch('Deployment', 'checkout', { spec: { replicas: 3 } });
      await c.until(
        'all replicas',
        async () => (await c.get('Deployment', 'checkout')).status?.availableReplicas === 3,
      );
      return { status: 'healthy', notClaimed: ['quota-exceeded'] };
    },
  },
  {
    name: 'quota-exceeded-decoy',
    about:
      'A quota is full, but the replicas that are missing are refused by a LimitRange: their limit is above the largest allowed.',
    run: async (c) => {
      await c.apply(quota('team-limits', { pods: '4' }));
      await c.runs('Deployment', 'front', { replicas: 4 });
      await c.patch('ResourceQuota', 'team-limits', { spec: { hard: { pods: '9' } } });
      await c.apply(
        object('v1', 'LimitRange', 'bounds', { spec: { limits: [{ type: 'Container', max: { memory: '512Mi' } }] } }),
      );
      await c.past({ hours: 2 });
      await c.apply(
        workload('Deployment', 'indexer', {
          replicas: 2,
          container: { resources: { requests: { memory: '256Mi' }, limits: { memory: '2Gi' } } },
        }),
      );
      await c.event('FailedCreate', 'maximum memory usage');
      return {
        code: 'limit-range-violated',
        object: `Deployment ${c.ns}/indexer`,
        says: ['memory'],
        alsoTrue: stuck,
        notClaimed: ['quota-exceeded'],
      };
    },
  },
  {
    name: 'limit-range-violated-max-cpu',
    about: 'A DaemonSet asks for more CPU per container than the LimitRange allows.',
    run: async (c) => {
      await c.apply(
        object('v1', 'LimitRange', 'container-bounds', {
          spec: {
            limits: [
              { type: 'Container', max: { cpu: '500m' }, default: { cpu: '200m' }, defaultRequest: { cpu: '100m' } },
            ],
          },
        }),
      );
      await c.past({ hours: 48 });
      await c.apply(workload('DaemonSet', 'collector', { container: { resources: { limits: { cpu: '1' } } } }));
      await c.event('FailedCreate', 'maximum cpu usage');
      return { code: 'limit-range-violated', object: `DaemonSet ${c.ns}/collector`, says: ['cpu'], alsoTrue: stuck };
    },
  },
  {
    name: 'limit-range-violated-min-memory',
    about: 'A new revision asks for less memory than the smallest allowed; the old pods still run.',
    run: async (c) => {
      await c.apply(
        object('v1', 'LimitRange', 'floor', { spec: { limits: [{ type: 'Container', min: { memory: '64Mi' } }] } }),
      );
      await c.runs('Deployment', 'notifier', { replicas: 3 });
      await c.past({ hours: 12 });
      await c.patch(
        'Deployment',
        'notifier',
        {
          spec: {
            template: {
              spec: {
                containers: [
                  { name: 'notifier', resources: { requests: { memory: '32Mi' }, limits: { memory: '48Mi' } } },
                ],
              },
            },
          },
        },
        { type: 'strategic' },
      );
      await c.event('FailedCreate', 'minimum memory usage');
      return {
        code: 'limit-range-violated',
        object: `Deployment ${c.ns}/notifier`,
        says: ['memory'],
        alsoTrue: stuck,
        question: { namespace: c.ns },
      };
    },
  },
  {
    name: 'limit-range-violated-healthy',
    about: 'The same LimitRange, and a container inside its bounds.',
    run: async (c) => {
      await c.apply(
        object('v1', 'LimitRange', 'container-bounds', {
          spec: {
            limits: [
              {
                type: 'Container',
                min: { memory: '64Mi' },
                max: { cpu: '500m' },
                default: { cpu: '200m' },
                defaultRequest: { cpu: '100m' },
              },
            ],
          },
        }),
      );
      await c.runs('Deployment', 'notifier', { replicas: 3 });
      return { status: 'healthy', notClaimed: ['limit-range-violated'] };
    },
  },
  {
    name: 'limit-range-violated-decoy',
    about: 'A LimitRange is there and kept; the pods are refused because their ServiceAccount does not exist.',
    run: async (c) => {
      await c.apply(
        object('v1', 'LimitRange', 'bounds', { spec: { limits: [{ type: 'Container', max: { memory: '512Mi' } }] } }),
      );
      await c.past({ hours: 30 });
      await c.apply(workload('Deployment', 'exporter', { pod: { serviceAccountName: 'metrics-reader' } }));
      await c.event('FailedCreate', 'serviceaccount');
      return {
        code: 'service-account-missing',
        object: `Deployment ${c.ns}/exporter`,
        says: ['metrics-reader'],
        alsoTrue: stuck,
        notClaimed: ['limit-range-violated'],
      };
    },
  },
  {
    name: 'service-account-missing-deployment',
    about: 'The template names a ServiceAccount that nobody made.',
    run: async (c) => {
      await c.apply(workload('Deployment', 'operator', { replicas: 1, pod: { serviceAccountName: 'operator-sa' } }));
      await c.event('FailedCreate', 'serviceaccount');
      return {
        code: 'service-account-missing',
        object: `Deployment ${c.ns}/operator`,
        says: ['operator-sa'],
        alsoTrue: stuck,
      };
    },
  },
  {
    name: 'service-account-missing-job',
    about: 'A Job whose ServiceAccount is in another namespace. Its controller waits ever longer.',
    run: async (c) => {
      const other = await c.namespace();
      await c.apply(object('v1', 'ServiceAccount', 'migrator', {}, { namespace: other }));
      await c.apply(workload('Job', 'migrate', { pod: { serviceAccountName: 'migrator' } }));
      await c.event('FailedCreate', 'serviceaccount');
      return {
        code: 'service-account-missing',
        object: `Job ${c.ns}/migrate`,
        says: ['migrator'],
        question: { object: `job/${c.ns}/migrate` },
      };
    },
  },
  {
    name: 'service-account-missing-healthy',
    about: 'The ServiceAccount came a moment after the Deployment: one event of the start-up is left, and all runs.',
    run: async (c) => {
      await c.apply(workload('Deployment', 'operator', { replicas: 2, pod: { serviceAccountName: 'operator-sa' } }));
      await c.event('FailedCreate', 'serviceaccount');
      await c.apply(object('v1', 'ServiceAccount', 'operator-sa'));
      await c.until(
        'the replicas',
        async () => (await c.get('Deployment', 'operator')).status?.availableReplicas === 2,
        60_000,
      );
      return { status: 'healthy', notClaimed: ['service-account-missing'] };
    },
  },
  {
    name: 'service-account-missing-decoy',
    about:
      'Events of the start-up tell of a missing ServiceAccount, which is there since; what keeps the pods away now is the quota.',
    run: async (c) => {
      await c.apply(workload('Deployment', 'worker', { replicas: 1, pod: { serviceAccountName: 'worker-sa' } }));
      await c.event('FailedCreate', 'serviceaccount');
      await c.apply(object('v1', 'ServiceAccount', 'worker-sa'));
      await c.until(
        'the replica',
        async () => (await c.get('Deployment', 'worker')).status?.availableReplicas === 1,
        60_000,
      );
      await c.past({ minutes: 40 });
      await c.apply(quota('small', { pods: '1' }));
      await c.until(
        'the quota to count',
        async () => (await c.get('ResourceQuota', 'small')).status?.used !== undefined,
      );
      await c.patch('Deployment', 'worker', { spec: { replicas: 4 } });
      await c.event('FailedCreate', 'exceeded quota');
      return {
        code: 'quota-exceeded',
        object: `ResourceQuota ${c.ns}/small`,
        says: ['pods'],
        alsoTrue: stuck,
        notClaimed: ['service-account-missing'],
      };
    },
  },
  webhookDenies(
    'admission-webhook-denies-deployment',
    'A validating webhook refuses the pods: it wants a label that they lack.',
    'Deployment',
  ),
  webhookDenies(
    'admission-webhook-denies-cronjob',
    'A validating webhook refuses the pods of a Job that a CronJob would make: told from the Job.',
    'Job',
  ),
  {
    name: 'admission-webhook-denies-healthy',
    about: 'The same webhook, and pods that carry the label it wants.',
    run: async (c) => {
      const server = await startPolicyServer(c.lab.certificate, () => 'every pod needs the label cost-center');
      c.afterwards(server.close);
      await c.apply(webhook(c.ns, server.clientConfig, 'Fail'));
      await c.runs('Deployment', 'pricing', { podLabels: { 'cost-center': 'c-114' } });
      return { status: 'healthy', notClaimed: ['admission-webhook-denies', 'admission-webhook-unreachable'] };
    },
  },
  {
    name: 'admission-webhook-denies-decoy',
    about: 'The webhook is asked and says yes; Pod Security refuses the pods.',
    run: async (c) => {
      const server = await startPolicyServer(c.lab.certificate, () => 'every pod needs the label cost-center');
      c.afterwards(server.close);
      await c.patch('Namespace', c.ns, { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } } });
      await c.apply(webhook(c.ns, server.clientConfig, 'Fail'));
      await c.apply(
        workload('Deployment', 'sniffer', {
          replicas: 1,
          podLabels: { 'cost-center': 'c-7' },
          pod: { hostNetwork: true },
        }),
      );
      await c.event('FailedCreate', 'violates PodSecurity');
      return {
        code: 'pod-security-violated',
        object: `Deployment ${c.ns}/sniffer`,
        says: ['baseline'],
        alsoTrue: stuck,
        notClaimed: ['admission-webhook-denies', 'admission-webhook-unreachable'],
      };
    },
  },
  {
    name: 'admission-webhook-unreachable-no-endpoints',
    about: 'The Service of a webhook with failurePolicy Fail has no endpoints: its Deployment was scaled to zero.',
    run: async (c) => {
      const tools = await c.namespace();
      await c.runs('Deployment', 'policy-server', {
        namespace: tools,
        replicas: 1,
        container: { ports: [{ name: 'https', containerPort: 8443 }] },
      });
      await c.apply({
        ...object(
          'v1',
          'Service',
          'policy-server',
          { spec: { selector: { app: 'policy-server' }, ports: [{ port: 443, targetPort: 'https' }] } },
          { namespace: tools },
        ),
      });
      await c.past({ hours: 40 });
      await c.patch(
        'Deployment',
        'policy-server',
        { spec: { replicas: 0 } },
        { namespace: tools, manager: 'kubectl-scale' },
      );
      await c.until(
        'it to be gone',
        async () => (await c.get('Deployment', 'policy-server', tools)).status?.replicas === undefined,
      );
      await c.apply(
        webhook(c.ns, { service: { name: 'policy-server', namespace: tools, path: '/validate', port: 443 } }, 'Fail'),
      );
      await c.apply(workload('Deployment', 'billing', { replicas: 2 }));
      await c.event('FailedCreate', 'failed calling webhook');
      return {
        code: ['admission-webhook-unreachable', 'workload-scaled-to-zero'],
        object: ['ValidatingWebhookConfiguration require-labels', `Deployment ${tools}/policy-server`],
        says: [],
        alsoTrue: [...stuck, 'workload-scaled-to-zero', 'admission-webhook-unreachable'],
      };
    },
  },
  {
    name: 'admission-webhook-unreachable-service-missing',
    about:
      'A MutatingWebhookConfiguration outlived its Service: the operator was uninstalled, and new pods are refused.',
    run: async (c) => {
      await c.runs('StatefulSet', 'broker', { replicas: 3 });
      await c.past({ hours: 90 });
      const clientConfig = {
        service: { name: 'sidecar-injector', namespace: 'mesh-system', path: '/inject', port: 443 },
        caBundle: Buffer.from(c.lab.certificate.ca).toString('base64'),
      };
      await c.apply(webhook(c.ns, clientConfig, 'Fail', 'MutatingWebhookConfiguration', 'sidecar-injector'));
      await c.remove('Pod', 'broker-1');
      await c.event('FailedCreate', 'failed calling webhook');
      return {
        code: 'admission-webhook-unreachable',
        object: 'MutatingWebhookConfiguration sidecar-injector',
        alsoTrue: stuck,
      };
    },
  },
  {
    name: 'admission-webhook-unreachable-healthy',
    about: 'The Service of a webhook is not there, but its failurePolicy is Ignore: pods come.',
    run: async (c) => {
      await c.apply(
        webhook(c.ns, { service: { name: 'advisor', namespace: 'advice', path: '/', port: 443 } }, 'Ignore'),
      );
      await c.runs('Deployment', 'billing');
      return { status: 'healthy', notClaimed: ['admission-webhook-unreachable'] };
    },
  },
  {
    name: 'admission-webhook-unreachable-decoy',
    about: 'The webhook answers, and refuses: nothing is wrong with its reach.',
    run: async (c) => {
      const server = await startPolicyServer(c.lab.certificate, () => 'images must come from registry.internal');
      c.afterwards(server.close);
      await c.apply(webhook(c.ns, server.clientConfig, 'Fail'));
      await c.apply(workload('StatefulSet', 'vault', { replicas: 1 }));
      await c.event('FailedCreate', 'denied the request');
      return {
        code: 'admission-webhook-denies',
        object: `StatefulSet ${c.ns}/vault`,
        says: ['check.require-labels.example.com'],
        alsoTrue: stuck,
        notClaimed: ['admission-webhook-unreachable'],
      };
    },
  },
  {
    name: 'admission-policy-denies-deployment',
    about: 'A ValidatingAdmissionPolicy refuses images with the tag latest.',
    run: async (c) => {
      await c.apply(...policy(c.ns));
      await c.until(
        'the policy to hold',
        async () =>
          (
            await c.lab.admin.request(
              'POST',
              `/api/v1/namespaces/${c.ns}/pods?dryRun=All`,
              workload('Pod', 'probe', { container: { image: 'a:latest' } }),
            )
          ).status === 422,
      );
      await c.apply(
        workload('Deployment', 'landing', { container: { image: 'registry.example.com/web/landing:latest' } }),
      );
      await c.event('FailedCreate', 'ValidatingAdmissionPolicy');
      return {
        code: 'admission-policy-denies',
        object: `Deployment ${c.ns}/landing`,
        says: ['no-latest-tag'],
        alsoTrue: stuck,
      };
    },
  },
  {
    name: 'admission-policy-denies-healthy',
    about: 'The same policy, and an image with a fixed tag.',
    run: async (c) => {
      await c.apply(...policy(c.ns));
      await c.runs('Deployment', 'landing', { container: { image: 'registry.example.com/web/landing:2.0.1' } });
      return { status: 'healthy', notClaimed: ['admission-policy-denies'] };
    },
  },
  {
    name: 'admission-policy-denies-decoy',
    about: 'The policy is in force and kept; a quota refuses the pods.',
    run: async (c) => {
      await c.apply(...policy(c.ns), quota('pods-only', { pods: '2' }));
      await c.apply(workload('Deployment', 'landing', { replicas: 4 }));
      await c.event('FailedCreate', 'exceeded quota');
      return {
        code: 'quota-exceeded',
        object: `ResourceQuota ${c.ns}/pods-only`,
        says: ['pods'],
        alsoTrue: stuck,
        notClaimed: ['admission-policy-denies'],
      };
    },
  },
  {
    name: 'pod-security-violated-restricted',
    about: 'The namespace enforces the restricted profile; the container says nothing of its rights.',
    run: async (c) => {
      await c.patch('Namespace', c.ns, {
        metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
      });
      await c.apply(workload('Deployment', 'portal'));
      await c.event('FailedCreate', 'violates PodSecurity');
      return {
        code: 'pod-security-violated',
        object: `Deployment ${c.ns}/portal`,
        says: ['restricted'],
        alsoTrue: stuck,
      };
    },
  },
  {
    name: 'pod-security-violated-daemonset',
    about: 'A log shipper mounts a host path where the baseline profile is enforced.',
    run: async (c) => {
      await c.patch('Namespace', c.ns, {
        metadata: {
          labels: {
            'pod-security.kubernetes.io/enforce': 'baseline',
            'pod-security.kubernetes.io/enforce-version': 'latest',
          },
        },
      });
      await c.apply(
        workload('DaemonSet', 'log-shipper', {
          container: { volumeMounts: [{ name: 'logs', mountPath: '/var/log' }] },
          pod: { volumes: [{ name: 'logs', hostPath: { path: '/var/log' } }] },
        }),
      );
      await c.event('FailedCreate', 'violates PodSecurity');
      return {
        code: 'pod-security-violated',
        object: `DaemonSet ${c.ns}/log-shipper`,
        says: ['hostPath'],
        alsoTrue: stuck,
      };
    },
  },
  {
    name: 'pod-security-violated-healthy',
    about: 'The restricted profile is enforced, and the pods keep it.',
    run: async (c) => {
      await c.patch('Namespace', c.ns, {
        metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
      });
      const securityContext = {
        allowPrivilegeEscalation: false,
        runAsNonRoot: true,
        capabilities: { drop: ['ALL'] },
        seccompProfile: { type: 'RuntimeDefault' },
      };
      await c.runs('Deployment', 'portal', { container: { securityContext } });
      return { status: 'healthy', notClaimed: ['pod-security-violated'] };
    },
  },
  {
    name: 'pod-security-violated-decoy',
    about: 'The restricted profile only warns here; the pods are refused by a LimitRange.',
    run: async (c) => {
      await c.patch('Namespace', c.ns, {
        metadata: {
          labels: {
            'pod-security.kubernetes.io/warn': 'restricted',
            'pod-security.kubernetes.io/enforce': 'privileged',
          },
        },
      });
      await c.apply(
        object('v1', 'LimitRange', 'ratio', {
          spec: { limits: [{ type: 'Container', maxLimitRequestRatio: { cpu: '2' } }] },
        }),
      );
      await c.apply(
        workload('Deployment', 'portal', {
          container: { resources: { requests: { cpu: '100m' }, limits: { cpu: '1' } } },
        }),
      );
      await c.event('FailedCreate', 'cpu max limit to request ratio');
      return {
        code: 'limit-range-violated',
        object: `Deployment ${c.ns}/portal`,
        says: ['cpu'],
        alsoTrue: stuck,
        notClaimed: ['pod-security-violated'],
      };
    },
  },
  {
    name: 'pod-spec-invalid-statefulset-name',
    about: 'The name of a StatefulSet is so long that the labels its controller gives to the pods are not valid.',
    run: async (c) => {
      const name = 'customer-notification-preferences-replicated-store-europe';
      await c.apply(workload('StatefulSet', name, { replicas: 1, container: { name: 'store' } }));
      await c.event('FailedCreate', 'must be no more than 63');
      return { code: 'pod-spec-invalid', object: `StatefulSet ${c.ns}/${name}`, alsoTrue: stuck };
    },
  },
  {
    name: 'pod-spec-invalid-default-below-request',
    about:
      'The container asks for more memory than the limit that a LimitRange gives it by default: the pod is not valid.',
    run: async (c) => {
      await c.apply(
        object('v1', 'LimitRange', 'defaults', {
          spec: { limits: [{ type: 'Container', default: { memory: '128Mi' } }] },
        }),
      );
      await c.apply(
        workload('Deployment', 'analytics', { container: { resources: { requests: { memory: '512Mi' } } } }),
      );
      await c.event('FailedCreate', 'must be less than or equal to memory limit');
      return {
        code: ['pod-spec-invalid', 'limit-range-violated'],
        object: `Deployment ${c.ns}/analytics`,
        says: ['memory'],
        alsoTrue: stuck,
      };
    },
  },
  {
    name: 'pod-spec-invalid-priority-class',
    about: 'The template names a PriorityClass that does not exist.',
    run: async (c) => {
      await c.apply(workload('Deployment', 'payments', { pod: { priorityClassName: 'business-critical' } }));
      await c.event('FailedCreate', 'no PriorityClass');
      return {
        code: 'pod-spec-invalid',
        object: `Deployment ${c.ns}/payments`,
        says: ['business-critical'],
        alsoTrue: stuck,
      };
    },
  },
  {
    name: 'pod-spec-invalid-healthy',
    about: 'The PriorityClass is there, the default limit is above the request.',
    run: async (c) => {
      await c.apply(object('scheduling.k8s.io/v1', 'PriorityClass', 'business-critical', { value: 100_000 }));
      await c.apply(
        object('v1', 'LimitRange', 'defaults', {
          spec: { limits: [{ type: 'Container', default: { memory: '512Mi' } }] },
        }),
      );
      await c.until(
        'the class to be known',
        async () =>
          (
            await c.lab.admin.request(
              'POST',
              `/api/v1/namespaces/${c.ns}/pods?dryRun=All`,
              workload('Pod', 'probe', { pod: { priorityClassName: 'business-critical' } }),
            )
          ).status === 201,
      );
      await c.runs('Deployment', 'payments', {
        container: { resources: { requests: { memory: '128Mi' } } },
        pod: { priorityClassName: 'business-critical' },
      });
      return { status: 'healthy', notClaimed: ['pod-spec-invalid'] };
    },
  },
  denied(
    'pod-spec-invalid-decoy',
    'serviceaccount',
    () => workload('StatefulSet', 'store', { replicas: 1, pod: { serviceAccountName: 'store' } }),
    {
      about: 'The pods of a StatefulSet are refused, not for their form: their ServiceAccount is missing.',
      result: (ns) => ({
        code: 'service-account-missing',
        object: `StatefulSet ${ns}/store`,
        says: ['store'],
        alsoTrue: stuck,
        notClaimed: ['pod-spec-invalid'],
      }),
    },
  ),
];

function webhook(
  namespace: string,
  clientConfig: Fields,
  failurePolicy: 'Fail' | 'Ignore',
  kind = 'ValidatingWebhookConfiguration',
  name = 'require-labels',
) {
  return object('admissionregistration.k8s.io/v1', kind, name, {
    webhooks: [
      {
        name: `check.${name}.example.com`,
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        timeoutSeconds: 2,
        failurePolicy,
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
        clientConfig,
      },
    ],
  });
}

function webhookDenies(name: string, about: string, kind: 'Deployment' | 'Job'): CaseDefinition {
  return {
    name,
    about,
    run: async (c) => {
      const server = await startPolicyServer(c.lab.certificate, () => 'every pod needs the label cost-center');
      c.afterwards(server.close);
      await c.apply(webhook(c.ns, server.clientConfig, 'Fail'));
      await c.past({ hours: 3 });
      await c.apply(workload(kind, 'pricing', kind === 'Job' ? {} : { replicas: 2 }));
      await c.event('FailedCreate', 'denied the request');
      return {
        code: 'admission-webhook-denies',
        object: `${kind} ${c.ns}/pricing`,
        says: ['check.require-labels.example.com'],
        alsoTrue: stuck,
      };
    },
  };
}

function policy(namespace: string) {
  return [
    object('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', 'no-latest-tag', {
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
        },
        validations: [
          {
            expression: "object.spec.containers.all(c, !c.image.endsWith(':latest'))",
            message: 'images need a fixed tag',
          },
        ],
      },
    }),
    object('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicyBinding', 'no-latest-tag', {
      spec: {
        policyName: 'no-latest-tag',
        validationActions: ['Deny'],
        matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } },
      },
    }),
  ];
}
