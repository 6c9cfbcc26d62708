import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { analyzeStorage } from '../../../../src/core/diagnosis/analyzers/storage.ts';
import { event, hour, minute, second } from '../../../support/shop-objects.ts';
import { claim, podWithClaim, storageClass, volume, workload } from '../storage/storage-objects.ts';
import { runAnalyzer } from './run-analyzer.ts';

const whole = [
  { kind: 'StorageClass' },
  { kind: 'PersistentVolume' },
  { kind: 'PersistentVolumeClaim' },
  { kind: 'CSIDriver' },
] as const;
const run = (objects: readonly WireObject[], wholeLists: Parameters<typeof runAnalyzer>[2] = { wholeLists: whole }) =>
  runAnalyzer(analyzeStorage, objects, wholeLists);
const shop = (...objects: WireObject[]) => [...workload(), podWithClaim({}), ...objects];

const pvc = { kind: 'PersistentVolumeClaim', namespace: 'shop', name: 'data' };
const inClass = (className: string, more = {}) => claim({ ...more, spec: { storageClassName: className } });
const driver = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'CSIDriver',
  metadata: { name: 'ebs.csi.aws.com' },
} as WireObject;
const provisioningFailed = (message: string, more = {}) =>
  event({ about: claim({}), reason: 'ProvisioningFailed', message, count: 6, ...more });

describe('claims that are not bound', () => {
  it('names what keeps a claim from volumes that are all taken and would not fit either', () => {
    const taken = { name: 'other', namespace: 'other', uid: 'u' };
    const small = volume({ name: 'pv-a', size: '1Gi', phase: 'Released', claim: taken });
    const found = run(shop(inClass('manual', { size: '50Gi' }), small));
    expect(found).toMatchObject([{ code: 'volume-capacity-mismatch', object: pvc, confidence: 'medium' }]);
    expect(found[0]?.summary).not.toContain('free');
    const large = volume({ name: 'pv-a', size: '90Gi', phase: 'Released', claim: taken });
    expect(run(shop(inClass('manual', { size: '50Gi' }), large))).toMatchObject([{ code: 'volume-released' }]);
  });

  it('misses a volume that is named, also where volumes were not listed, once a pod has waited for it in silence', () => {
    const named = (more = {}) => claim({ spec: { volumeName: 'pv-gone', storageClassName: 'manual' }, ...more });
    const partly = { wholeLists: [] };
    expect(run(shop(named()), partly)).toMatchObject([
      { code: 'volume-missing', cause: { path: 'spec.volumeName', observed: 'pv-gone' }, confidence: 'medium' },
    ]);
    expect(run([named()], partly)).toEqual([]);
    expect(run(shop(named({ createdAgoMs: 30 * second })), partly)).toEqual([]);
    const said = event({
      about: named(),
      reason: 'FailedBinding',
      message: 'volume "pv-gone" already bound to a different claim.',
    });
    expect(run(shop(named(), said), partly)).toEqual([]);
  });

  it.each<[why: string, objects: WireObject[], expected: object]>([
    [
      'a class that does not exist',
      shop(inClass('fats'), storageClass('fast'), storageClass('slow')),
      {
        code: 'storage-class-missing',
        object: pvc,
        confidence: 'high',
        cause: { path: 'spec.storageClassName', observed: 'fats', expected: 'fast' },
      },
    ],
    [
      'a class that was removed, though volumes of it still are in use',
      shop(
        inClass('gone'),
        storageClass('standard', {}, true),
        volume({
          name: 'pvc-1',
          className: 'gone',
          claim: { name: 'other' },
          annotations: { 'pv.kubernetes.io/provisioned-by': 'ebs.csi.aws.com' },
        }),
      ),
      { code: 'storage-class-missing', cause: { observed: 'gone', expected: 'standard' } },
    ],
    [
      'no class named and no default',
      shop(claim({}), storageClass('fast')),
      {
        code: 'storage-class-missing',
        object: pvc,
        confidence: 'high',
        cause: { observed: 'not set', expected: 'fast' },
      },
    ],
    [
      'the empty class and no volume without a class',
      shop(inClass(''), storageClass('fast', {}, true)),
      { code: 'storage-class-missing', cause: { observed: '""', expected: 'fast' } },
    ],
    [
      'access modes that no free volume of the class has',
      shop(
        inClass('manual', { modes: ['ReadWriteMany'] }),
        volume({ name: 'pv-a' }),
        volume({ name: 'pv-b', className: 'other', modes: ['ReadWriteMany'] }),
      ),
      {
        code: 'volume-access-mode-mismatch',
        object: pvc,
        confidence: 'high',
        cause: {
          path: 'spec.accessModes',
          observed: 'ReadWriteMany',
          expected: expect.stringContaining('ReadWriteOnce'),
        },
      },
    ],
    [
      'more than the largest free volume has',
      shop(
        inClass('manual', { size: '50Gi' }),
        volume({ name: 'pv-a', size: '10Gi' }),
        volume({ name: 'pv-b', size: '20Gi' }),
      ),
      {
        code: 'volume-capacity-mismatch',
        object: pvc,
        confidence: 'high',
        cause: {
          path: 'spec.resources.requests.storage',
          observed: '50Gi',
          expected: expect.stringContaining('20Gi (PersistentVolume pv-b)'),
        },
      },
    ],
    [
      'a selector that matches none',
      shop(
        claim({ spec: { storageClassName: 'manual', selector: { matchLabels: { disk: 'ssd' } } } }),
        volume({ name: 'pv-a', labels: { disk: 'hdd' } }),
      ),
      {
        code: 'volume-selector-unmatched',
        object: pvc,
        confidence: 'high',
        cause: { path: 'spec.selector', expected: expect.stringContaining('disk=hdd') },
      },
    ],
    [
      'a selector where volumes are made on demand',
      shop(
        claim({ spec: { storageClassName: 'fast', selector: { matchLabels: { disk: 'ssd' } } } }),
        storageClass('fast'),
        provisioningFailed('failed to provision volume with StorageClass "fast": claim Selector is not supported'),
      ),
      { code: 'volume-selector-unmatched', confidence: 'high', cause: { path: 'spec.selector' } },
    ],
    [
      'a named volume that another claim has',
      shop(
        claim({ spec: { storageClassName: 'manual', volumeName: 'pv-a' } }),
        volume({ name: 'pv-a', claim: { name: 'reports', namespace: 'bi', uid: 'u1' } }),
      ),
      {
        code: 'volume-already-bound',
        object: pvc,
        confidence: 'high',
        cause: { path: 'spec.volumeName', observed: 'pv-a, bound to bi/reports' },
      },
    ],
    [
      'the only volume of the class in the hands of another claim',
      shop(inClass('manual'), volume({ name: 'pv-a', claim: { name: 'reports', namespace: 'bi', uid: 'u1' } })),
      { code: 'volume-already-bound', object: pvc, cause: { observed: 'pv-a, bound to bi/reports' } },
    ],
    [
      'a named volume that does not exist',
      shop(claim({ spec: { storageClassName: 'manual', volumeName: 'pv-x' } }), volume({ name: 'pv-a' })),
      { code: 'volume-missing', object: pvc, confidence: 'high', cause: { path: 'spec.volumeName', observed: 'pv-x' } },
    ],
    [
      'a class that makes no volumes, and none made by hand',
      shop(inClass('local'), storageClass('local', { provisioner: 'kubernetes.io/no-provisioner' })),
      { code: 'volume-missing', object: pvc, cause: { path: 'spec.storageClassName', observed: 'local' } },
    ],
    [
      'a volume that still belongs to the claim of the same name before it',
      shop(
        inClass('manual', { uid: 'new' }),
        volume({ name: 'pv-a', phase: 'Released', claim: { name: 'data', uid: 'old' } }),
      ),
      {
        code: 'volume-released',
        object: { kind: 'PersistentVolume', name: 'pv-a' },
        confidence: 'high',
        cause: { path: 'spec.claimRef', observed: expect.stringContaining('uid old') },
      },
    ],
    [
      'a named volume that is released',
      shop(
        claim({ spec: { storageClassName: 'manual', volumeName: 'pv-a' } }),
        volume({ name: 'pv-a', phase: 'Released', claim: { name: 'gone', uid: 'old' } }),
      ),
      { code: 'volume-released', object: { kind: 'PersistentVolume', name: 'pv-a' } },
    ],
    [
      'a volume that is lost',
      shop(claim({ phase: 'Lost', spec: { volumeName: 'pv-a' } })),
      { code: 'volume-lost', object: pvc, confidence: 'high', cause: { path: 'spec.volumeName', observed: 'pv-a' } },
    ],
    [
      'a shared mode from a provisioner of block devices',
      shop(
        inClass('fast', { modes: ['ReadWriteMany'] }),
        storageClass('fast'),
        provisioningFailed(
          'failed to provision volume with StorageClass "fast": rpc error: code = InvalidArgument desc = Volume capabilities MULTI_NODE_MULTI_WRITER not supported. Only AccessModes[ReadWriteOnce] supported.',
        ),
      ),
      {
        code: 'volume-access-mode-mismatch',
        object: pvc,
        confidence: 'high',
        cause: { path: 'spec.accessModes', observed: 'ReadWriteMany' },
      },
    ],
    [
      'a provisioner that fails over a parameter',
      shop(
        inClass('fast'),
        storageClass('fast', { parameters: { type: 'gp9' } }),
        provisioningFailed(
          'failed to provision volume with StorageClass "fast": rpc error: code = InvalidArgument desc = invalid EBS volume type "gp9"',
        ),
      ),
      {
        code: 'provisioner-failing',
        object: { kind: 'StorageClass', name: 'fast' },
        confidence: 'high',
        cause: { path: 'parameters.type', observed: expect.stringContaining('gp9') },
      },
    ],
    [
      'a provisioner that is not installed',
      shop(
        inClass('fast'),
        storageClass('fast', { provisioner: 'disk.csi.example.com' }),
        event({
          about: claim({}),
          reason: 'ExternalProvisioning',
          message:
            "Waiting for a volume to be created either by the external provisioner 'disk.csi.example.com' or manually by the system administrator.",
          count: 30,
        }),
      ),
      {
        code: 'provisioner-failing',
        object: { kind: 'StorageClass', name: 'fast' },
        confidence: 'high',
        cause: { path: 'provisioner', observed: expect.stringContaining('no such CSIDriver') },
      },
    ],
    [
      'a provisioner whose pods are down',
      shop(inClass('fast'), storageClass('fast'), driver, {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'ebs-csi-controller', namespace: 'kube-system', uid: 'u-ebs' },
        spec: { replicas: 2, template: { spec: { containers: [] } } },
        status: { replicas: 2 },
      } as WireObject),
      {
        code: 'provisioner-failing',
        confidence: 'high',
        cause: { observed: expect.stringContaining('0 of 2 pods ready') },
      },
    ],
  ])('names %s', (_why, objects, expected) => {
    const found = run(objects);
    expect(found).toMatchObject([expected]);
    expect(found[0]?.pods).toEqual(['shop/checkout-1-aaaaa']);
  });

  it.each<[why: string, objects: WireObject[]]>([
    ['the claim is bound', shop(claim({ phase: 'Bound', spec: { storageClassName: 'fats' } }), storageClass('fast'))],
    [
      'the claim waits for its first pod',
      [...workload('other'), inClass('fast'), storageClass('fast', { volumeBindingMode: 'WaitForFirstConsumer' })],
    ],
    [
      'the scheduler has not chosen a node, which is told by others',
      shop(inClass('fast'), storageClass('fast', { volumeBindingMode: 'WaitForFirstConsumer' })),
    ],
    ['a volume fits and will be bound', shop(inClass('manual'), volume({ name: 'pv-a' }))],
    ['a volume is being made', shop(inClass('fast', { createdAgoMs: 20 * second }), storageClass('fast'))],
    [
      'somebody is making it',
      shop(
        inClass('fast'),
        storageClass('fast'),
        event({
          about: claim({}),
          reason: 'Provisioning',
          message: 'External provisioner is provisioning volume for claim "shop/data"',
        }),
      ),
    ],
    [
      'a released volume lies about that nobody wants',
      [
        ...workload(),
        claim({ phase: 'Bound' }),
        volume({ name: 'pv-z', phase: 'Released', claim: { name: 'gone', uid: 'x' } }),
      ],
    ],
    [
      'the claim is being deleted',
      shop({
        ...inClass('fats'),
        metadata: { ...inClass('fats').metadata, deletionTimestamp: '2026-11-21T09:59:00Z' },
      } as WireObject),
    ],
    ['the claim has no status', shop({ ...inClass('fats'), status: undefined } as unknown as WireObject)],
    ['the claim was read in part', shop({ ...claim({}), spec: {} } as WireObject, storageClass('fast'))],
    [
      'the volume was read in part',
      shop(inClass('manual'), { ...volume({ name: 'pv-a' }), spec: { storageClassName: 'manual' } } as WireObject),
    ],
    ['the class was read in part', shop(inClass('fast'), storageClass('fast', { provisioner: undefined }))],
    ['the default class will be named in a moment', shop(claim({}), storageClass('fast', {}, true))],
    [
      'an old event tells of a class that is there by now',
      shop(
        inClass('fast', { createdAgoMs: minute }),
        storageClass('fast'),
        driver,
        provisioningFailed('storageclass.storage.k8s.io "fast" not found'),
      ),
    ],
    [
      'events of a provisioner are of long ago, and it is well',
      shop(
        inClass('fast'),
        storageClass('fast'),
        driver,
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'ebs-csi-controller', namespace: 'kube-system' },
          spec: { replicas: 1 },
          status: { readyReplicas: 1 },
        } as WireObject,
        provisioningFailed('failed to provision volume: quota exceeded', { agoMs: 2 * hour }),
      ),
    ],
  ])('is silent when %s', (_why, objects) => {
    expect(run(objects)).toEqual([]);
  });

  it('asks for a second witness where not every class was read', () => {
    const objects = shop(inClass('fats'), storageClass('fast'));
    expect(run(objects, {})).toEqual([]);
    const said = event({
      about: claim({}),
      reason: 'ProvisioningFailed',
      message: 'storageclass.storage.k8s.io "fats" not found',
    });
    expect(run([...objects, said], {})).toMatchObject([{ code: 'storage-class-missing', confidence: 'high' }]);
    const stranger = event({
      about: claim({}),
      uid: 'another-claim',
      reason: 'ProvisioningFailed',
      message: 'storageclass.storage.k8s.io "fats" not found',
    });
    expect(run([...objects, stranger], {})).toEqual([]);
  });

  it('lets another lack of another volume lower its confidence', () => {
    const objects = shop(
      inClass('manual', { modes: ['ReadWriteMany'], size: '20Gi' }),
      volume({ name: 'pv-a', size: '50Gi' }),
      volume({ name: 'pv-b', size: '10Gi', modes: ['ReadWriteMany'] }),
    );
    expect(run(objects)).toMatchObject([{ code: 'volume-capacity-mismatch', confidence: 'medium' }]);
  });

  it('tells the fault of a class once for all its claims', () => {
    const failed = (name: string) =>
      event({
        about: claim({ name }),
        reason: 'ProvisioningFailed',
        message: 'rpc error: code = Unavailable desc = no backend',
      });
    const two = ['data', 'logs'].map((name) => claim({ name, spec: { storageClassName: 'fast' } }));
    expect(
      run([...workload(), podWithClaim({}), ...two, storageClass('fast'), failed('data'), failed('logs')]),
    ).toMatchObject([
      {
        code: 'provisioner-failing',
        summary: expect.stringContaining('1 more claim waits'),
        affects: expect.arrayContaining([expect.objectContaining({ name: 'logs' })]),
      },
    ]);
  });
});

describe('volume-claim-missing', () => {
  const said = '0/3 nodes are available: persistentvolumeclaim "data" not found. preemption: 0/3 nodes are available.';
  const missing = [...workload(), podWithClaim({ message: said })];

  it('names the place in the workload, and the claim that was probably meant', () => {
    const found = run([...missing, claim({ name: 'data-1', phase: 'Bound' })]);
    expect(found).toMatchObject([
      {
        code: 'volume-claim-missing',
        object: { kind: 'Deployment', name: 'checkout' },
        confidence: 'high',
        cause: {
          path: 'spec.template.spec.volumes[0].persistentVolumeClaim.claimName',
          observed: 'data',
          expected: 'data-1',
        },
      },
    ]);
  });

  it('needs the scheduler to say so where not every claim was read', () => {
    expect(run(missing, {})).toMatchObject([{ code: 'volume-claim-missing' }]);
    expect(run([...workload(), podWithClaim({})], {})).toEqual([]);
  });

  it.each<[why: string, objects: WireObject[]]>([
    ['the claim is there', [...missing, claim({ phase: 'Bound' })]],
    ['the pod was made a moment ago', [...workload(), podWithClaim({ createdAgoMs: 5 * second, message: 'x' })]],
    ['the pod runs', [...workload(), podWithClaim({ scheduled: true, status: { phase: 'Running' } })]],
  ])('is silent when %s', (_why, objects) => {
    expect(run(objects)).toEqual([]);
  });
});
