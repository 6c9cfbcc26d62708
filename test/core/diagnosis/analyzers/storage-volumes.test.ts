import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContainerLog } from '../../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { analyzeStorage } from '../../../../src/core/diagnosis/analyzers/storage.ts';
import {
  ago,
  backOff,
  event,
  healthyShop,
  hour,
  node,
  now,
  pod,
  second,
  terminated,
  waiting,
} from '../../../support/shop-objects.ts';
import { attachment, claim, podWithClaim, storageClass, volume, workload } from '../storage/storage-objects.ts';
import { runAnalyzer } from './run-analyzer.ts';

const run = (objects: readonly WireObject[], logs: readonly ContainerLog[] = []) =>
  runAnalyzer(analyzeStorage, objects, { logs });

const waitingPod = podWithClaim({ scheduled: true });
const bound = claim({ phase: 'Bound', spec: { volumeName: 'pvc-1', storageClassName: 'fast' } });
const pv = (spec = {}) =>
  volume({ name: 'pvc-1', className: 'fast', claim: { name: 'data', uid: 'uid-pvc-data' }, spec });
const nfs = pv({ nfs: { server: 'nfs.internal', path: '/exports/data' } });
const mountFailed = (message: string, more = {}) =>
  event({ about: waitingPod, reason: 'FailedMount', message, count: 7, ...more });
const withNfs = (...objects: WireObject[]) => [...workload(), waitingPod, bound, nfs, ...objects];
const command =
  'mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t nfs nfs.internal:/exports/data /var/lib/kubelet/pods/x/volumes/kubernetes.io~nfs/pvc-1\nOutput: ';
const setUp = (output: string) => mountFailed(`MountVolume.SetUp failed for volume "pvc-1" : ${command}${output}`);

describe('volume-mount-failed', () => {
  it.each<[why: string, output: string, path: string, observed: string]>([
    [
      'a server that cannot be resolved',
      'mount.nfs: Failed to resolve server nfs.internal: Name or service not known',
      'spec.nfs.server',
      'nfs.internal: ',
    ],
    ['a server that does not answer', 'mount.nfs: Connection timed out', 'spec.nfs.server', 'nfs.internal: '],
    [
      'an export that is closed',
      'mount.nfs: access denied by server while mounting nfs.internal:/exports/data',
      'spec.nfs.path',
      '/exports/data: ',
    ],
    [
      'an export that is not there',
      'mount.nfs: mounting nfs.internal:/exports/data failed, reason given by server: No such file or directory',
      'spec.nfs.path',
      '/exports/data: ',
    ],
  ])('names %s', (_why, output, path, observed) => {
    expect(run(withNfs(setUp(output)))).toMatchObject([
      {
        code: 'volume-mount-failed',
        object: { kind: 'PersistentVolume', name: 'pvc-1' },
        confidence: 'high',
        cause: { path, observed: expect.stringContaining(observed) },
        pods: ['shop/checkout-1-aaaaa'],
      },
    ]);
  });

  it('speaks of the workload where the volume stands in its template', () => {
    const inline = { volumes: [{ name: 'data', hostPath: { path: '/srv/data', type: 'Directory' } }] };
    const broken = podWithClaim({ scheduled: true, spec: inline });
    const said = event({
      about: broken,
      reason: 'FailedMount',
      message: 'MountVolume.SetUp failed for volume "data" : hostPath type check failed: /srv/data is not a directory',
    });
    expect(run([...workload('data', inline), broken, said])).toMatchObject([
      {
        object: { kind: 'Deployment', name: 'checkout' },
        cause: { path: 'spec.template.spec.volumes[0].hostPath.path', observed: expect.stringContaining('/srv/data') },
      },
    ]);
  });

  it('is less sure where the server is a Service of the cluster without ready pods', () => {
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'nfs', namespace: 'infra', uid: 'u-nfs' },
      spec: { clusterIP: '10.96.0.9', selector: { app: 'nfs' } },
    } as WireObject;
    const inside = pv({ nfs: { server: '10.96.0.9', path: '/exports' } });
    const server = pod({
      name: 'nfs-0',
      namespace: 'infra',
      owner: null,
      ready: false,
      metadata: { labels: { app: 'nfs' } },
    });
    const objects = [...workload(), waitingPod, bound, inside, setUp('mount.nfs: Connection timed out'), service];
    expect(run([...objects, server])).toMatchObject([{ code: 'volume-mount-failed', confidence: 'medium' }]);
    const well = pod({ name: 'nfs-0', namespace: 'infra', owner: null, metadata: { labels: { app: 'nfs' } } });
    expect(run([...objects, well])).toMatchObject([{ code: 'volume-mount-failed', confidence: 'high' }]);
  });

  it('is less sure when only time ran out', () => {
    const timeout = mountFailed(
      'Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to process volumes=[]: timed out waiting for the condition',
    );
    expect(run(withNfs(timeout))).toMatchObject([{ code: 'volume-mount-failed', confidence: 'medium' }]);
    const disk = [...workload(), node('n2'), waitingPod, bound, pv({ csi: { driver: 'ebs.csi.aws.com' } }), timeout];
    const elsewhere = attachment('pvc-1', 'n2', { attached: true });
    expect(run([...disk, elsewhere]).map(({ code }) => code)).toEqual(['volume-attach-failed']);
    expect(run([...disk, attachment('pvc-1', 'n1', { attached: true })])).toMatchObject([
      { code: 'volume-mount-failed' },
    ]);
  });

  it('names the subPath that cannot be prepared', () => {
    const containers = [
      {
        status: waiting(
          'CreateContainerConfigError',
          'failed to prepare subPath for volumeMount "data" of container "checkout"',
        ),
      },
    ];
    const mounts = {
      containers: [
        { name: 'checkout', image: 'x', volumeMounts: [{ name: 'data', mountPath: '/data', subPath: 'a/b' }] },
      ],
    };
    expect(
      run([
        ...workload('data', mounts),
        pod({ name: 'checkout-1-aaaaa', phase: 'Pending', ready: false, containers, spec: mounts }),
      ]),
    ).toMatchObject([
      {
        code: 'volume-mount-failed',
        cause: { path: 'spec.template.spec.containers[0].volumeMounts[0].subPath', observed: 'a/b' },
      },
    ]);
  });

  it.each<[why: string, objects: WireObject[]]>([
    [
      'the pod runs by now',
      [...workload(), pod({ name: 'checkout-1-aaaaa' }), bound, nfs, setUp('mount.nfs: Connection timed out')],
    ],
    [
      'its sandbox is ready, so its volumes are mounted',
      [
        ...workload(),
        podWithClaim({
          scheduled: true,
          status: { conditions: [{ type: 'PodReadyToStartContainers', status: 'True' }] },
        }),
        bound,
        nfs,
        setUp('mount.nfs: Connection timed out'),
      ],
    ],
    [
      'the event is of long ago',
      withNfs(
        mountFailed(`MountVolume.SetUp failed for volume "pvc-1" : ${command}mount.nfs: Connection timed out`, {
          agoMs: hour,
        }),
      ),
    ],
    [
      'the event is of a former pod',
      withNfs(
        mountFailed(`MountVolume.SetUp failed for volume "pvc-1" : ${command}mount.nfs: Connection timed out`, {
          uid: 'former',
        }),
      ),
    ],
    [
      'a ConfigMap is what is missing',
      withNfs(mountFailed('MountVolume.SetUp failed for volume "config" : configmap "settings" not found')),
    ],
    [
      'a token was not there in the first second',
      withNfs(
        mountFailed(
          'MountVolume.SetUp failed for volume "kube-api-access-x" : object "shop"/"kube-root-ca.crt" not registered',
        ),
      ),
    ],
    ['nothing was said', withNfs()],
  ])('is silent when %s', (_why, objects) => {
    expect(run(objects)).toEqual([]);
  });
});

describe('volume-attach-failed', () => {
  const ebs = pv({ csi: { driver: 'ebs.csi.aws.com', volumeHandle: 'vol-1' } });
  const other = pod({
    name: 'reports-1',
    owner: null,
    nodeName: 'n2',
    spec: { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] },
  });
  const attachFailed = (message: string, more = {}) =>
    event({ about: waitingPod, reason: 'FailedAttachVolume', message, ...more });
  const base = [...workload(), waitingPod, bound, ebs];
  const multi = attachFailed(
    'Multi-Attach error for volume "pvc-1" Volume is already exclusively attached to one node and can\'t be attached to another',
    { count: 1 },
  );

  it('names the node and the pod that hold the volume', () => {
    expect(run([...base, other, multi, attachment('pvc-1', 'n2', { attached: true })])).toMatchObject([
      {
        code: 'volume-attach-failed',
        object: { kind: 'PersistentVolume', name: 'pvc-1' },
        confidence: 'high',
        summary: expect.stringContaining('shop/reports-1'),
        cause: { path: 'spec.accessModes', observed: expect.stringContaining('attached to node n2') },
      },
    ]);
  });

  it('is less sure where the node that holds the volume is not well', () => {
    const gone = node('n2', '16Gi', { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } });
    expect(run([...base, other, gone, multi, attachment('pvc-1', 'n2', { attached: true })])).toMatchObject([
      { code: 'volume-attach-failed', confidence: 'medium', summary: expect.stringContaining('that node is not well') },
    ]);
  });

  it('sees it in the attachments alone', () => {
    expect(run([...base, other, attachment('pvc-1', 'n2', { attached: true })])).toMatchObject([
      { code: 'volume-attach-failed', cause: { path: 'spec.accessModes' } },
    ]);
  });

  it('names a driver that is not registered on the node', () => {
    const csiNode = {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSINode',
      metadata: { name: 'n1' },
      spec: { drivers: [{ name: 'efs.csi.aws.com' }] },
    } as WireObject;
    const said = attachFailed(
      'AttachVolume.Attach failed for volume "pvc-1" : CSINode n1 does not contain driver ebs.csi.aws.com',
    );
    expect(run([...base, csiNode, said])).toMatchObject([
      {
        code: 'volume-attach-failed',
        confidence: 'high',
        cause: { path: 'spec.csi.driver', observed: expect.stringContaining('n1') },
      },
    ]);
  });

  it('takes the reason from the attachment itself', () => {
    const refused = attachment('pvc-1', 'n1', {
      attached: false,
      attachError: {
        time: ago(10 * second),
        message:
          'rpc error: code = Internal desc = Could not attach volume "vol-1" to node "i-1": attachment limit exceeded',
      },
    });
    expect(run([...base, refused])).toMatchObject([
      { code: 'volume-attach-failed', summary: expect.stringContaining('takes no more volumes') },
    ]);
  });

  it.each<[why: string, objects: WireObject[]]>([
    ['it is attached by now', [...base, other, multi, attachment('pvc-1', 'n1', { attached: true })]],
    [
      'the event speaks of another volume',
      [...base, attachFailed('AttachVolume.Attach failed for volume "pvc-9" : rpc error')],
    ],
    ['the pod runs', [...workload(), pod({ name: 'checkout-1-aaaaa' }), bound, ebs, multi]],
  ])('is silent when %s', (_why, objects) => {
    expect(run(objects)).toEqual([]);
  });
});

describe('volume-permission-denied', () => {
  const spec = (security: object) => ({
    securityContext: security,
    containers: [{ name: 'checkout', image: 'x', volumeMounts: [{ name: 'data', mountPath: '/var/lib/data' }] }],
  });
  const crashing = (security: object) =>
    pod({
      name: 'checkout-1-aaaaa',
      ready: false,
      containers: [{ status: backOff(terminated({ agoMs: 10 * second })) }],
      spec: { ...spec(security), volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
    });
  const shop = (security: object = { runAsUser: 1000 }) => [
    ...workload('data', spec(security)),
    crashing(security),
    bound,
    pv(),
  ];
  const log = (text: string): ContainerLog => ({
    namespace: 'shop',
    pod: 'checkout-1-aaaaa',
    container: 'checkout',
    previous: true,
    text,
    at: now,
  });

  it('names the group that is not set, and is never high on the word of a log', () => {
    const denied = log("starting\nmkdir: cannot create directory '/var/lib/data/db': Permission denied");
    const found = run(shop(), [denied]);
    expect(found).toMatchObject([
      {
        code: 'volume-permission-denied',
        object: { kind: 'Deployment' },
        cause: { path: 'spec.template.spec.securityContext.fsGroup', observed: 'not set' },
      },
    ]);
    expect(found[0]?.confidence).not.toBe('high');
    expect(run(shop({ runAsUser: 1000, fsGroup: 1000 }), [denied])[0]?.score).toBeLessThan(found[0]?.score ?? 0);
  });

  it.each<[why: string, text: string]>([
    ['it is denied elsewhere', 'open /etc/app/keys: Permission denied'],
    ['a database denies a right', 'permission denied for table orders'],
    ['the log speaks of a place beside the mount', '/var/lib/database: Permission denied'],
    ['there is no log', ''],
  ])('is silent when %s', (_why, text) => {
    expect(run(shop(), [log(text)])).toEqual([]);
  });
});

describe('the storage family', () => {
  it('says nothing of a healthy namespace', () => {
    expect(run(healthyShop())).toEqual([]);
  });

  it('answers alike in any order of the objects', () => {
    const objects = withNfs(
      setUp('mount.nfs: Connection timed out'),
      claim({ name: 'logs', spec: { storageClassName: 'manual' }, size: '50Gi' }),
      volume({ name: 'pv-a' }),
      volume({ name: 'pv-b', size: '20Gi' }),
      storageClass('fast'),
      attachment('pvc-1', 'n3', { attached: true }),
    );
    const expected = run(objects);
    expect(expected.map(({ code }) => code)).toEqual([
      'volume-capacity-mismatch',
      'volume-attach-failed',
      'volume-mount-failed',
    ]);
    fc.assert(
      fc.property(fc.shuffledSubarray(objects, { minLength: objects.length }), (shuffled) => {
        expect(run(shuffled)).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  it('never fails over objects of any shape', () => {
    const kinds = [
      'Pod',
      'PersistentVolumeClaim',
      'PersistentVolume',
      'StorageClass',
      'VolumeAttachment',
      'CSINode',
      'Event',
    ];
    const apis: Record<string, string> = {
      StorageClass: 'storage.k8s.io/v1',
      VolumeAttachment: 'storage.k8s.io/v1',
      CSINode: 'storage.k8s.io/v1',
    };
    const hostile = fc.record({ kind: fc.constantFrom(...kinds), spec: fc.jsonValue(), status: fc.jsonValue() });
    const shaped = fc.record({
      kind: fc.constant('PersistentVolumeClaim'),
      spec: fc.record({
        accessModes: fc.jsonValue(),
        storageClassName: fc.jsonValue(),
        selector: fc.jsonValue(),
        volumeName: fc.jsonValue(),
      }),
      status: fc.record({ phase: fc.constantFrom('Pending', 'Lost') }),
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(hostile, shaped), { maxLength: 6 }), (objects) => {
        const wire = objects.map(
          (object, index) =>
            ({
              apiVersion: apis[object.kind] ?? 'v1',
              metadata: { name: `o${index}`, namespace: 'shop' },
              ...object,
            }) as WireObject,
        );
        expect(() => run([...withNfs(setUp('x')), ...wire])).not.toThrow();
      }),
      { numRuns: 100 },
    );
  });
});
