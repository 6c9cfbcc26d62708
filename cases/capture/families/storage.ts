import type { CaseContext, CaseDefinition } from '../case-context.ts';
import { object, workload } from '../manifests.ts';
import type { Fields, KubeObject } from '../wire.ts';

const symptoms = ['rollout-stuck', 'service-no-ready-endpoints'];

const storageClass = (name: string, fields: Fields = {}) =>
  object('storage.k8s.io/v1', 'StorageClass', name, {
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'Immediate',
    ...fields,
  });
const volume = (name: string, spec: Fields = {}, labels: Record<string, string> = {}) =>
  object(
    'v1',
    'PersistentVolume',
    name,
    {
      spec: {
        capacity: { storage: '10Gi' },
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'local',
        persistentVolumeReclaimPolicy: 'Retain',
        nfs: { server: '10.0.9.9', path: `/exports/${name}` },
        ...spec,
      },
    },
    { labels },
  );
const claim = (name: string, spec: Fields = {}) =>
  object('v1', 'PersistentVolumeClaim', name, {
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'local',
      resources: { requests: { storage: '10Gi' } },
      ...spec,
    },
  });
const mounting = (claimName: string) => ({
  replicas: 1,
  container: { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
  pod: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }] },
});
const templates = (spec: Fields) => ({
  container: { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
  spec: {
    volumeClaimTemplates: [
      {
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Gi' } }, ...spec },
      },
    ],
  },
});

const bound = (c: CaseContext, name: string) =>
  c.until(`${name} to be bound`, async () => (await c.get('PersistentVolumeClaim', name)).status?.phase === 'Bound');
const phase = (c: CaseContext, kind: string, name: string, wanted: string) =>
  c.until(`${kind} ${name} to be ${wanted}`, async () => (await c.get(kind, name)).status?.phase === wanted);

/** A claim that stays Pending, the workload that waits for it, and the volumes that do not help. */
function pending({
  name,
  about,
  code,
  volumes = [],
  classes = [storageClass('local')],
  claimSpec = {},
  says,
  more = {},
}: {
  name: string;
  about: string;
  code: string | readonly string[];
  volumes?: readonly KubeObject[];
  classes?: readonly KubeObject[];
  claimSpec?: Fields;
  says: readonly string[];
  more?: Fields;
}): CaseDefinition {
  return {
    name,
    about,
    run: async (c) => {
      await c.apply(...classes, ...volumes);
      await c.past({ hours: 30 });
      await c.apply(claim('uploads', claimSpec), workload('Deployment', 'gallery', mounting('uploads')));
      await c.event('FailedScheduling');
      return { code, object: `PersistentVolumeClaim ${c.ns}/uploads`, says, alsoTrue: symptoms, ...more };
    },
  };
}

/** A claim that finds its volume, and a workload that runs with it. */
function served(
  name: string,
  about: string,
  notClaimed: string,
  volumes: readonly KubeObject[],
  claimSpec: Fields = {},
): CaseDefinition {
  return {
    name,
    about,
    run: async (c) => {
      await c.apply(storageClass('local'), ...volumes, claim('uploads', claimSpec));
      await bound(c, 'uploads');
      await c.runs('Deployment', 'gallery', mounting('uploads'));
      return { status: 'healthy', notClaimed: [notClaimed] };
    },
  };
}

export const storage: readonly CaseDefinition[] = [
  pending({
    name: 'storage-class-missing-deployment',
    about: 'The claim names a class that does not exist.',
    code: 'storage-class-missing',
    claimSpec: { storageClassName: 'premium-ssd' },
    says: ['premium-ssd'],
  }),
  {
    name: 'storage-class-missing-statefulset',
    about: 'The claims of a StatefulSet name a class of another cloud.',
    run: async (c) => {
      await c.apply(
        storageClass('standard'),
        workload('StatefulSet', 'mongo', { replicas: 2, ...templates({ storageClassName: 'gp3' }) }),
      );
      await c.event('FailedScheduling');
      const claims = ['data-mongo-0', 'data-mongo-1'].map((name) => `PersistentVolumeClaim ${c.ns}/${name}`);
      return {
        code: 'storage-class-missing',
        object: claims,
        says: ['gp3'],
        alsoTrue: [...symptoms, 'storage-class-missing'],
        question: { object: `statefulset/${c.ns}/mongo` },
      };
    },
  },
  {
    name: 'storage-class-missing-no-default',
    about: 'The claim names no class, and no class is the default one.',
    run: async (c) => {
      await c.apply(
        storageClass('fast'),
        claim('uploads', { storageClassName: undefined }),
        workload('Deployment', 'gallery', mounting('uploads')),
      );
      await c.event('FailedScheduling');
      return { code: 'storage-class-missing', object: `PersistentVolumeClaim ${c.ns}/uploads`, alsoTrue: symptoms };
    },
  },
  served(
    'storage-class-missing-healthy',
    'A class without a StorageClass object, which a volume bears as well: they find each other.',
    'storage-class-missing',
    [volume('nfs-01', { storageClassName: 'hand-made' })],
    { storageClassName: 'hand-made' },
  ),
  pending({
    name: 'storage-class-missing-decoy',
    about: 'The class exists; no volume of it can be written by many.',
    code: 'volume-access-mode-mismatch',
    volumes: [volume('vol-01')],
    claimSpec: { accessModes: ['ReadWriteMany'] },
    says: ['ReadWriteMany'],
    more: { notClaimed: ['storage-class-missing'] },
  }),

  pending({
    name: 'volume-access-mode-mismatch-rwx',
    about: 'The claim wants to be written by many; the volumes that are free are for one.',
    code: 'volume-access-mode-mismatch',
    volumes: [volume('vol-01'), volume('vol-02', { capacity: { storage: '50Gi' } })],
    claimSpec: { accessModes: ['ReadWriteMany'] },
    says: ['ReadWriteMany'],
  }),
  served(
    'volume-access-mode-mismatch-healthy',
    'The volume allows more than the claim wants.',
    'volume-access-mode-mismatch',
    [volume('vol-01', { accessModes: ['ReadWriteOnce', 'ReadWriteMany'] })],
    { accessModes: ['ReadWriteMany'] },
  ),
  pending({
    name: 'volume-access-mode-mismatch-decoy',
    about: 'The access modes agree; the volume is too small.',
    code: 'volume-capacity-mismatch',
    volumes: [volume('vol-01', { accessModes: ['ReadWriteMany'], capacity: { storage: '5Gi' } })],
    claimSpec: { accessModes: ['ReadWriteMany'] },
    says: ['10Gi'],
    more: { notClaimed: ['volume-access-mode-mismatch'] },
  }),

  pending({
    name: 'volume-capacity-mismatch-too-large',
    about: 'The claim asks for more than the largest free volume has.',
    code: 'volume-capacity-mismatch',
    volumes: [volume('vol-01'), volume('vol-02', { capacity: { storage: '50Gi' } })],
    claimSpec: { resources: { requests: { storage: '200Gi' } } },
    says: ['200Gi'],
  }),
  served('volume-capacity-mismatch-healthy', 'The volume is larger than the claim.', 'volume-capacity-mismatch', [
    volume('vol-01', { capacity: { storage: '50Gi' } }),
  ]),
  pending({
    name: 'volume-capacity-mismatch-decoy',
    about: 'The volume is large enough; the claim selects volumes by a label that none has.',
    code: 'volume-selector-unmatched',
    volumes: [volume('vol-01', { capacity: { storage: '50Gi' } }, { tier: 'silver' })],
    claimSpec: { selector: { matchLabels: { tier: 'gold' } } },
    says: ['tier'],
    more: { notClaimed: ['volume-capacity-mismatch'] },
  }),

  pending({
    name: 'volume-selector-unmatched-expression',
    about: 'The claim selects by an expression that no volume meets.',
    code: 'volume-selector-unmatched',
    volumes: [volume('vol-01', {}, { medium: 'hdd' }), volume('vol-02', {}, { medium: 'hdd' })],
    claimSpec: { selector: { matchExpressions: [{ key: 'medium', operator: 'In', values: ['nvme', 'ssd'] }] } },
    says: ['medium'],
  }),
  served(
    'volume-selector-unmatched-healthy',
    'A volume has the label that the claim selects.',
    'volume-selector-unmatched',
    [volume('vol-01', {}, { medium: 'ssd' }), volume('vol-02', {}, { medium: 'hdd' })],
    { selector: { matchLabels: { medium: 'ssd' } } },
  ),

  pending({
    name: 'volume-selector-unmatched-decoy',
    about: 'The volume has the label that is selected; it is of another class than the claim asks for.',
    code: ['storage-class-missing', 'volume-missing', 'volume-selector-unmatched'],
    volumes: [volume('vol-01', { storageClassName: 'archive' }, { medium: 'ssd' })],
    claimSpec: { storageClassName: 'locals', selector: { matchLabels: { medium: 'ssd' } } },
    says: ['locals'],
    more: { code: 'storage-class-missing', notClaimed: ['volume-selector-unmatched'] },
  }),
  {
    name: 'volume-already-bound-by-name',
    about: 'The claim asks for a volume by name that another claim holds.',
    run: async (c) => {
      await c.apply(storageClass('local'), volume('archive-01'), claim('invoices'));
      await bound(c, 'invoices');
      await c.past({ hours: 200 });
      await c.apply(
        claim('uploads', { volumeName: 'archive-01' }),
        workload('Deployment', 'gallery', mounting('uploads')),
      );
      await c.event('FailedBinding', 'already bound');
      return {
        code: 'volume-already-bound',
        object: `PersistentVolumeClaim ${c.ns}/uploads`,
        says: ['archive-01'],
        alsoTrue: symptoms,
      };
    },
  },
  {
    name: 'volume-already-bound-healthy',
    about: 'Claims that ask for their volumes by name, each for its own.',
    run: async (c) => {
      await c.apply(
        storageClass('local'),
        volume('archive-01'),
        volume('archive-02'),
        claim('invoices', { volumeName: 'archive-01' }),
        claim('uploads', { volumeName: 'archive-02' }),
      );
      await bound(c, 'uploads');
      await c.runs('Deployment', 'gallery', mounting('uploads'));
      await c.runs('Deployment', 'accounts', mounting('invoices'));
      return { status: 'healthy', notClaimed: ['volume-already-bound'] };
    },
  },
  {
    name: 'volume-already-bound-decoy',
    about: 'The volume that is asked for by name is not held by another claim: it does not exist.',
    run: async (c) => {
      await c.apply(storageClass('local'), volume('archive-01'), claim('invoices'));
      await bound(c, 'invoices');
      await c.past({ hours: 200 });
      await c.apply(
        claim('uploads', { volumeName: 'archive-11' }),
        workload('Deployment', 'gallery', mounting('uploads')),
      );
      await c.event('FailedScheduling');
      return {
        code: 'volume-missing',
        object: `PersistentVolumeClaim ${c.ns}/uploads`,
        says: ['archive-11'],
        alsoTrue: symptoms,
        notClaimed: ['volume-already-bound'],
      };
    },
  },
  {
    name: 'volume-missing-statefulset',
    about: 'A claim was restored from a backup with the name of a volume that is no more.',
    run: async (c) => {
      await c.apply(
        storageClass('local'),
        volume('vol-of-others', { storageClassName: 'archive' }),
        claim('data-store-0', { volumeName: 'pvc-5d0f9c1a' }),
        workload('StatefulSet', 'store', { replicas: 1, ...templates({ storageClassName: 'local' }) }),
      );
      await c.event('FailedScheduling');
      return {
        code: 'volume-missing',
        object: `PersistentVolumeClaim ${c.ns}/data-store-0`,
        says: ['pvc-5d0f9c1a'],
        alsoTrue: symptoms,
        question: { namespace: c.ns },
      };
    },
  },
  {
    name: 'volume-missing-healthy',
    about: 'The claim asks for a volume by name, and has it.',
    run: async (c) => {
      await c.apply(
        storageClass('local'),
        volume('pvc-5d0f9c1a'),
        claim('data-store-0', { volumeName: 'pvc-5d0f9c1a' }),
      );
      await bound(c, 'data-store-0');
      await c.runs('StatefulSet', 'store', { replicas: 1, ...templates({ storageClassName: 'local' }) });
      return { status: 'healthy', notClaimed: ['volume-missing'] };
    },
  },
  {
    name: 'volume-released-retained',
    about: 'The claim was deleted and made anew; its old volume is kept as Released and does not come back by itself.',
    run: async (c) => {
      await c.apply(storageClass('local'), volume('orders-data'), claim('uploads'));
      await bound(c, 'uploads');
      await c.past({ hours: 300 });
      await c.remove('PersistentVolumeClaim', 'uploads');
      await phase(c, 'PersistentVolume', 'orders-data', 'Released');
      await c.apply(claim('uploads'), workload('Deployment', 'gallery', mounting('uploads')));
      await c.event('FailedScheduling');
      return {
        code: 'volume-released',
        object: 'PersistentVolume orders-data',
        says: ['orders-data'],
        alsoTrue: symptoms,
      };
    },
  },
  {
    name: 'volume-released-healthy',
    about: 'A Released volume is left over from something that is gone; the new claim has another volume.',
    run: async (c) => {
      await c.apply(storageClass('local'), volume('orders-data'), claim('uploads'));
      await bound(c, 'uploads');
      await c.remove('PersistentVolumeClaim', 'uploads');
      await phase(c, 'PersistentVolume', 'orders-data', 'Released');
      await c.past({ hours: 300 });
      await c.apply(volume('orders-data-2'), claim('pictures'));
      await bound(c, 'pictures');
      await c.runs('Deployment', 'gallery', mounting('pictures'));
      return { status: 'healthy', notClaimed: ['volume-released'] };
    },
  },
  {
    name: 'volume-released-decoy',
    about: 'A Released volume lies about, but too small for the claim: the free one is too small as well.',
    run: async (c) => {
      await c.apply(
        storageClass('local'),
        volume('old-scratch', { capacity: { storage: '1Gi' } }),
        claim('scratch', { resources: { requests: { storage: '1Gi' } } }),
      );
      await bound(c, 'scratch');
      await c.remove('PersistentVolumeClaim', 'scratch');
      await phase(c, 'PersistentVolume', 'old-scratch', 'Released');
      await c.past({ hours: 300 });
      await c.apply(
        volume('vol-01', { capacity: { storage: '5Gi' } }),
        claim('uploads'),
        workload('Deployment', 'gallery', mounting('uploads')),
      );
      await c.event('FailedScheduling');
      return {
        code: 'volume-capacity-mismatch',
        object: `PersistentVolumeClaim ${c.ns}/uploads`,
        says: ['10Gi'],
        alsoTrue: symptoms,
        notClaimed: ['volume-released'],
      };
    },
  },
  {
    name: 'volume-lost-deleted',
    about: 'Somebody deleted the volume under a bound claim. A new pod cannot have it.',
    run: async (c) => {
      await c.apply(storageClass('local'), volume('vol-01'), claim('uploads'));
      await bound(c, 'uploads');
      await c.past({ hours: 90 });
      await c.remove('PersistentVolume', 'vol-01');
      await c.patch('PersistentVolume', 'vol-01', { metadata: { finalizers: null } });
      await phase(c, 'PersistentVolumeClaim', 'uploads', 'Lost');
      await c.apply(workload('Deployment', 'gallery', mounting('uploads')));
      await c.event('FailedScheduling');
      return {
        code: 'volume-lost',
        object: `PersistentVolumeClaim ${c.ns}/uploads`,
        says: ['vol-01'],
        alsoTrue: symptoms,
      };
    },
  },
  {
    name: 'volume-lost-decoy',
    about: 'The volume is there and bound; its node selector keeps the pod in another zone than the volume.',
    run: async (c) => {
      await c.apply(
        storageClass('local'),
        volume('vol-01', {
          nodeAffinity: {
            required: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: ['eu-west-1x'] }] },
              ],
            },
          },
        }),
        claim('uploads'),
      );
      await bound(c, 'uploads');
      await c.past({ hours: 90 });
      await c.apply(workload('StatefulSet', 'gallery', mounting('uploads')));
      await c.event('FailedScheduling');
      return {
        code: 'volume-node-conflict',
        object: 'PersistentVolume vol-01',
        says: ['eu-west-1x'],
        alsoTrue: symptoms,
        notClaimed: ['volume-lost'],
      };
    },
  },
  {
    name: 'provisioner-failing-quota',
    about: 'The CSI provisioner is asked and refuses: the project has no disks left.',
    run: async (c) => {
      await c.apply(
        storageClass('block', { provisioner: 'disk.csi.example.com' }),
        claim('uploads', { storageClassName: 'block' }),
        workload('Deployment', 'gallery', mounting('uploads')),
      );
      await c.event('FailedScheduling');
      await c.event('ExternalProvisioning');
      await provisionerEvent(
        c,
        'uploads',
        'ProvisioningFailed',
        'failed to provision volume with StorageClass "block": rpc error: code = ResourceExhausted desc = disk quota of project exceeded: limit 500GiB',
        7,
      );
      return { code: 'provisioner-failing', object: 'StorageClass block', alsoTrue: symptoms };
    },
  },
  {
    name: 'provisioner-failing-not-running',
    about: 'Nobody answers for the provisioner of the class: the claim has waited for minutes.',
    run: async (c) => {
      await c.apply(
        storageClass('efs', { provisioner: 'efs.csi.example.com' }),
        workload('StatefulSet', 'files', { replicas: 1, ...templates({ storageClassName: 'efs' }) }),
      );
      await c.event('ExternalProvisioning');
      await c.event('FailedScheduling');
      return {
        code: 'provisioner-failing',
        object: 'StorageClass efs',
        says: ['efs.csi.example.com'],
        alsoTrue: symptoms,
      };
    },
  },
  {
    name: 'provisioner-failing-healthy',
    about:
      'The class binds when the first pod comes: a claim that nobody uses waits, and that is right. Another one was provisioned after one failure.',
    run: async (c) => {
      await c.apply(
        storageClass('late', { provisioner: 'disk.csi.example.com', volumeBindingMode: 'WaitForFirstConsumer' }),
        claim('spare', { storageClassName: 'late' }),
      );
      await c.apply(
        storageClass('block', { provisioner: 'disk.csi.example.com' }),
        claim('uploads', { storageClassName: 'block' }),
      );
      await c.event('WaitForFirstConsumer');
      await provisionerEvent(
        c,
        'uploads',
        'ProvisioningFailed',
        'failed to provision volume with StorageClass "block": rpc error: code = DeadlineExceeded desc = context deadline exceeded',
        1,
      );
      await c.apply(
        volume('pvc-71c2', {
          storageClassName: 'block',
          nfs: undefined,
          csi: { driver: 'disk.csi.example.com', volumeHandle: 'd-71c2' },
          claimRef: { namespace: c.ns, name: 'uploads' },
        }),
      );
      await bound(c, 'uploads');
      await c.apply(
        object('storage.k8s.io/v1', 'CSIDriver', 'disk.csi.example.com', { spec: { attachRequired: false } }),
      );
      await c.runs('Deployment', 'gallery', mounting('uploads'));
      return { notClaimed: ['provisioner-failing', 'storage-class-missing'] };
    },
  },
  {
    name: 'provisioner-failing-decoy',
    about: 'The provisioner is not asked at all: the class that is named does not exist.',
    run: async (c) => {
      await c.apply(
        storageClass('block', { provisioner: 'disk.csi.example.com' }),
        workload('StatefulSet', 'files', { replicas: 1, ...templates({ storageClassName: 'blocks' }) }),
      );
      await c.event('ProvisioningFailed');
      await c.event('FailedScheduling');
      return {
        code: 'storage-class-missing',
        object: `PersistentVolumeClaim ${c.ns}/data-files-0`,
        says: ['blocks'],
        alsoTrue: symptoms,
        notClaimed: ['provisioner-failing'],
      };
    },
  },
  {
    name: 'volume-claim-missing-deployment',
    about: 'The pod mounts a claim that nobody made.',
    run: async (c) => {
      await c.apply(workload('Deployment', 'gallery', mounting('uploads')));
      await c.event('FailedScheduling', 'not found');
      return {
        code: 'volume-claim-missing',
        object: `Deployment ${c.ns}/gallery`,
        says: ['uploads'],
        alsoTrue: symptoms,
      };
    },
  },
  {
    name: 'volume-claim-missing-cronjob',
    about: 'The claim lies in another namespace than the Job of a CronJob that mounts it.',
    run: async (c) => {
      const other = await c.namespace();
      await c.apply(storageClass('local'), volume('vol-01'), {
        ...claim('exports'),
        metadata: { name: 'exports', namespace: other },
      });
      const { replicas: _, ...request } = mounting('exports');
      await c.apply(
        workload('CronJob', 'nightly-export', {
          ...request,
          spec: { schedule: '*/1 * * * *', concurrencyPolicy: 'Forbid' },
        }),
      );
      await c.until(
        'its pod to be refused a place',
        async () => (await c.list('Event')).some(({ reason }) => reason === 'FailedScheduling'),
        80_000,
      );
      return {
        code: 'volume-claim-missing',
        object: `CronJob ${c.ns}/nightly-export`,
        says: ['exports'],
        alsoTrue: ['cron-job-missed'],
        question: { namespace: c.ns },
      };
    },
    ageMinutes: 0.8,
  },
  {
    name: 'volume-claim-missing-healthy',
    about: 'The claim came later than the pod, which runs since.',
    run: async (c) => {
      await c.apply(storageClass('local'), volume('vol-01'), workload('Deployment', 'gallery', mounting('uploads')));
      await c.event('FailedScheduling', 'not found');
      await c.apply(claim('uploads'));
      await c.until(
        'the pod to run',
        async () => (await c.get('Deployment', 'gallery')).status?.availableReplicas === 1,
        60_000,
      );
      return { status: 'healthy', notClaimed: ['volume-claim-missing'] };
    },
  },
  {
    name: 'volume-claim-missing-decoy',
    about: 'The claim is there, but waits for a volume by a selector that none meets.',
    run: async (c) => {
      await c.apply(
        storageClass('local'),
        volume('vol-01'),
        claim('uploads', { selector: { matchLabels: { site: 'north' } } }),
        workload('StatefulSet', 'gallery', mounting('uploads')),
      );
      await c.event('FailedScheduling');
      return {
        code: 'volume-selector-unmatched',
        object: `PersistentVolumeClaim ${c.ns}/uploads`,
        says: ['site'],
        alsoTrue: symptoms,
        notClaimed: ['volume-claim-missing'],
      };
    },
  },
  {
    name: 'volume-attach-failed-multi-attach',
    about: 'A disk for one node is attached to the node of the old pod; the new pod runs on another node and waits.',
    run: async (c) => {
      await csiDisk(c, 'pvc-9a1f');
      const on = (name: string) => ({
        ...mounting('uploads'),
        kubelet: 'absent' as const,
        pod: { ...mounting('uploads').pod, nodeSelector: { 'kubernetes.io/hostname': name } },
      });
      await c.apply(
        workload('Deployment', 'gallery', {
          ...on(c.nodes[0] ?? ''),
          spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
        }),
      );
      const [old] = await c.podsOf('gallery', 1, { bound: true });
      if (old === undefined) throw new Error('no pod');
      await attach(c, true);
      await c.kubelet.isReady(old);
      await c.patch(
        'Node',
        c.nodes[0] ?? '',
        { status: { volumesInUse: [`kubernetes.io/csi/disk.csi.example.com^d-${c.ns}`] } },
        { subresource: 'status', manager: 'kubelet' },
      );
      await c.past({ hours: 28 });
      await c.patch('Deployment', 'gallery', {
        spec: { template: { spec: { nodeSelector: { 'kubernetes.io/hostname': c.nodes[1] } } } },
      });
      const pods = await c.podsOf('gallery', 2, { bound: true });
      const waiting = pods.find(({ spec }) => spec?.nodeName === c.nodes[1]);
      if (waiting === undefined) throw new Error('no new pod');
      await c.event('FailedAttachVolume', 'Multi-Attach');
      await c.kubelet.cannotMount(waiting, []);
      return { code: 'volume-attach-failed', object: 'PersistentVolume pvc-9a1f', alsoTrue: symptoms };
    },
  },
  {
    name: 'volume-attach-failed-cloud-error',
    about: 'The cloud refuses to attach the disk: it does not exist any more.',
    run: async (c) => {
      await csiDisk(c, 'pvc-77e0');
      await c.apply(workload('StatefulSet', 'gallery', { ...mounting('uploads'), kubelet: 'absent' }));
      const [pod] = await c.podsOf('gallery', 1, { bound: true });
      if (pod === undefined) throw new Error('no pod');
      await attach(c, false, 'rpc error: code = NotFound desc = disk was not found');
      await c.event('FailedAttachVolume', 'was not found');
      await c.kubelet.cannotMount(pod, []);
      return { code: 'volume-attach-failed', object: 'PersistentVolume pvc-77e0', alsoTrue: symptoms };
    },
  },
  {
    name: 'volume-attach-failed-healthy',
    about: 'The disk is attached, the pod runs; the first attempt to attach it failed.',
    run: async (c) => {
      await csiDisk(c, 'pvc-77e0');
      await c.apply(workload('StatefulSet', 'gallery', { ...mounting('uploads'), kubelet: 'absent' }));
      const [pod] = await c.podsOf('gallery', 1, { bound: true });
      if (pod === undefined) throw new Error('no pod');
      await attach(c, false, 'rpc error: code = Unavailable desc = connection error');
      await c.event('FailedAttachVolume');
      await attach(c, true);
      await c.kubelet.isReady(pod);
      await c.until('it to run', async () => (await c.get('StatefulSet', 'gallery')).status?.availableReplicas === 1);
      return { status: 'healthy', notClaimed: ['volume-attach-failed'] };
    },
  },
  {
    name: 'volume-mount-failed-nfs',
    about: 'The NFS server of the volume refuses the mount.',
    run: async (c) => {
      await c.apply(storageClass('local'), volume('nfs-media'), claim('uploads'));
      await bound(c, 'uploads');
      await c.past({ hours: 10 });
      await c.apply(workload('Deployment', 'gallery', { ...mounting('uploads'), kubelet: 'absent' }));
      const [pod] = await c.podsOf('gallery', 1, { bound: true });
      if (pod === undefined) throw new Error('no pod');
      const path = `/var/lib/kubelet/pods/${pod.metadata.uid}/volumes/kubernetes.io~nfs/nfs-media`;
      await c.kubelet.cannotMount(pod, [
        `MountVolume.SetUp failed for volume "nfs-media" : mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t nfs 10.0.9.9:/exports/nfs-media ${path}\nOutput: mount.nfs: access denied by server while mounting 10.0.9.9:/exports/nfs-media`,
      ]);
      return {
        code: 'volume-mount-failed',
        object: 'PersistentVolume nfs-media',
        says: ['nfs-media'],
        alsoTrue: symptoms,
      };
    },
  },
  {
    name: 'volume-mount-failed-host-path',
    about: 'The pod mounts a directory of the node that is not there.',
    run: async (c) => {
      await c.apply(
        workload('DaemonSet', 'scanner', {
          kubelet: 'absent',
          container: { volumeMounts: [{ name: 'feeds', mountPath: '/feeds' }] },
          pod: { volumes: [{ name: 'feeds', hostPath: { path: '/srv/feeds', type: 'Directory' } }] },
        }),
      );
      for (const pod of await c.podsOf('scanner', 3, { bound: true }))
        await c.kubelet.cannotMount(pod, [
          'MountVolume.SetUp failed for volume "feeds" : hostPath type check failed: /srv/feeds is not a directory',
        ]);
      return {
        code: 'volume-mount-failed',
        object: `DaemonSet ${c.ns}/scanner`,
        says: ['/srv/feeds'],
        alsoTrue: symptoms,
      };
    },
  },
  {
    name: 'volume-mount-failed-healthy',
    about: 'One mount failed at first, as the event tells; the pod runs.',
    run: async (c) => {
      await c.apply(storageClass('local'), volume('nfs-media'), claim('uploads'));
      await bound(c, 'uploads');
      await c.runs('Deployment', 'gallery', mounting('uploads'));
      const [pod] = await c.podsOf('gallery', 1, { bound: true });
      if (pod === undefined) throw new Error('no pod');
      await c.kubelet.event(pod, {
        reason: 'FailedMount',
        message: 'MountVolume.SetUp failed for volume "nfs-media" : mount failed: exit status 32',
        count: 2,
        lastAgoSeconds: 350,
      });
      return { status: 'healthy', notClaimed: ['volume-mount-failed'] };
    },
  },
  {
    name: 'volume-mount-failed-decoy',
    about: 'The pod cannot mount: not for the storage, but because the ConfigMap that it mounts is missing.',
    run: async (c) => {
      await c.apply(storageClass('local'), volume('nfs-media'), claim('uploads'));
      await bound(c, 'uploads');
      const request = mounting('uploads');
      await c.apply(
        workload('Deployment', 'gallery', {
          ...request,
          kubelet: 'absent',
          container: {
            volumeMounts: [...request.container.volumeMounts, { name: 'settings', mountPath: '/etc/gallery' }],
          },
          pod: { volumes: [...request.pod.volumes, { name: 'settings', configMap: { name: 'gallery-settings' } }] },
        }),
      );
      const [pod] = await c.podsOf('gallery', 1, { bound: true });
      if (pod === undefined) throw new Error('no pod');
      await c.kubelet.cannotMount(pod, [
        'MountVolume.SetUp failed for volume "settings" : configmap "gallery-settings" not found',
      ]);
      return {
        code: 'config-map-missing',
        object: `Deployment ${c.ns}/gallery`,
        says: ['gallery-settings'],
        alsoTrue: symptoms,
        notClaimed: ['volume-mount-failed'],
      };
    },
  },
  {
    name: 'volume-permission-denied-log',
    about: 'The process may not write to its volume: it runs as a user to whom the files do not belong.',
    run: async (c) => {
      await c.apply(storageClass('local'), volume('vol-01'), claim('uploads'));
      await bound(c, 'uploads');
      const request = mounting('uploads');
      await c.apply(
        workload('StatefulSet', 'postgres', {
          ...request,
          kubelet: 'absent',
          pod: { ...request.pod, securityContext: { runAsUser: 1001 } },
        }),
      );
      const [pod] = await c.podsOf('postgres', 1, { bound: true });
      if (pod === undefined) throw new Error('no pod');
      await c.kubelet.crashes(pod, { container: 'postgres', exitCode: 1 });
      c.log(
        pod,
        'postgres',
        ['initdb: creating directory /data/pgdata', 'mkdir: cannot create directory ‘/data/pgdata’: Permission denied'],
        true,
      );
      return {
        code: 'volume-permission-denied',
        object: `StatefulSet ${c.ns}/postgres`,
        says: ['/data'],
        alsoTrue: [...symptoms, 'container-crash-looping'],
      };
    },
  },
  {
    name: 'volume-permission-denied-healthy',
    about: 'The same workload, to whose group the volume was given; an old log line of the time before is kept.',
    run: async (c) => {
      await c.apply(storageClass('local'), volume('vol-01'), claim('uploads'));
      await bound(c, 'uploads');
      const request = mounting('uploads');
      await c.runs('StatefulSet', 'postgres', {
        ...request,
        pod: { ...request.pod, securityContext: { runAsUser: 1001, fsGroup: 1001 } },
      });
      const [pod] = await c.podsOf('postgres', 1);
      if (pod === undefined) throw new Error('no pod');
      c.log(pod, 'postgres', ['database system is ready to accept connections']);
      return { status: 'healthy', notClaimed: ['volume-permission-denied'] };
    },
  },
  {
    name: 'volume-permission-denied-decoy',
    about: 'The process ends because its configuration is wrong, as its log says; the volume is in order.',
    run: async (c) => {
      await c.apply(storageClass('local'), volume('vol-01'), claim('uploads'));
      await bound(c, 'uploads');
      const request = mounting('uploads');
      await c.apply(workload('StatefulSet', 'postgres', { ...request, kubelet: 'absent' }));
      const [pod] = await c.podsOf('postgres', 1, { bound: true });
      if (pod === undefined) throw new Error('no pod');
      await c.kubelet.crashes(pod, { container: 'postgres', exitCode: 1 });
      c.log(
        pod,
        'postgres',
        [
          'FATAL: configuration file "/etc/postgres/postgres.conf" contains errors',
          'LOG: database system is shut down',
        ],
        true,
      );
      return {
        code: 'container-crash-looping',
        object: `StatefulSet ${c.ns}/postgres`,
        alsoTrue: [...symptoms, 'recent-change'],
        notClaimed: ['volume-permission-denied'],
      };
    },
  },
];

async function provisionerEvent(
  c: CaseContext,
  claimName: string,
  reason: string,
  message: string,
  count: number,
): Promise<void> {
  const { metadata } = await c.get('PersistentVolumeClaim', claimName);
  const first = c.sinceCreation({ metadata }, 2);
  await c.send('POST', `/api/v1/namespaces/${c.ns}/events?fieldManager=csi-provisioner`, {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${claimName}.${Date.parse(first).toString(16)}${count}`, namespace: c.ns },
    involvedObject: {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      namespace: c.ns,
      name: claimName,
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
    },
    type: 'Warning',
    reason,
    message,
    source: { component: 'disk.csi.example.com_csi-provisioner-0_6f1c' },
    reportingComponent: 'disk.csi.example.com_csi-provisioner-0_6f1c',
    reportingInstance: '',
    count,
    firstTimestamp: first,
    lastTimestamp: count > 1 ? c.at(-40) : first,
  });
}

/** A CSI disk that one node can have, bound to the claim `uploads`. Attaching is for the real attach-detach controller; the driver is played by `attach`. */
async function csiDisk(c: CaseContext, name: string): Promise<void> {
  await c.apply(object('storage.k8s.io/v1', 'CSIDriver', 'disk.csi.example.com', { spec: { attachRequired: true } }));
  for (const node of c.nodes)
    await c.apply(
      object('storage.k8s.io/v1', 'CSINode', node, {
        spec: { drivers: [{ name: 'disk.csi.example.com', nodeID: `i-${node}`, topologyKeys: [] }] },
      }),
    );
  await c.apply(
    storageClass('block', { provisioner: 'disk.csi.example.com' }),
    volume(name, {
      storageClassName: 'block',
      nfs: undefined,
      csi: { driver: 'disk.csi.example.com', volumeHandle: `d-${c.ns}` },
      claimRef: { namespace: c.ns, name: 'uploads' },
    }),
    claim('uploads', { storageClassName: 'block' }),
  );
  await bound(c, 'uploads');
}

/** What the external-attacher writes into the VolumeAttachment that the controller made. */
async function attach(c: CaseContext, attached: boolean, message?: string): Promise<void> {
  const [one] = await c.until('a VolumeAttachment', async () => {
    const { items } = await c.send<{ items: KubeObject[] }>('GET', '/apis/storage.k8s.io/v1/volumeattachments');
    return items.length > 0 && items;
  });
  const status = attached
    ? { attached: true, attachError: null }
    : { attached: false, attachError: { time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'), message } };
  await c.patch(
    'VolumeAttachment',
    one?.metadata.name ?? '',
    { status },
    { subresource: 'status', manager: 'csi-attacher' },
  );
}
