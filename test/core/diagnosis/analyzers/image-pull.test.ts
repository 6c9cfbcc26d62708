import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { analyzeImagePull } from '../../../../src/core/diagnosis/analyzers/image-pull.ts';
import {
  ago,
  badImage,
  badImageShop,
  deployment,
  event,
  goodImage,
  healthyShop,
  node,
  pod,
  replicaSet,
  waiting,
} from '../../../support/shop-objects.ts';
import { runAnalyzer } from './run-analyzer.ts';

const run = (objects: readonly WireObject[]) => runAnalyzer(analyzeImagePull, objects);

describe('image-pull-failed', () => {
  it('names the Deployment, the place in its template, and the image that worked before', () => {
    expect(run(badImageShop())).toMatchObject([
      {
        code: 'image-pull-failed',
        object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' },
        cause: {
          path: 'spec.template.spec.containers[0].image',
          observed: badImage,
          expected: `${goodImage} (revision 1)`,
        },
        recommendation: {
          text: expect.stringContaining('revision 1'),
          values: { container: 'checkout', image: badImage, workingImage: goodImage, revision: 1 },
        },
        confidence: 'high',
        since: Date.parse(ago(4 * 60_000)),
      },
    ]);
  });

  it.each(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull'])(
    'knows the reason %s',
    (reason) => {
      expect(run(badImageShop(waiting(reason)))).toHaveLength(1);
    },
  );

  it.each<[failure: string, message: string, said: string, confidence: string]>([
    [
      'a missing tag',
      `rpc error: code = NotFound desc = failed to pull and unpack image "${badImage}": failed to resolve reference "${badImage}": ${badImage}: not found`,
      'no such tag',
      'high',
    ],
    ['a missing tag in the words of the registry', 'manifest unknown: manifest unknown', 'no such tag', 'high'],
    ['a missing repository', 'name unknown: repository name not known to registry', 'no such repository', 'high'],
    [
      'no access',
      'pull access denied, repository does not exist or may require authorization: insufficient_scope',
      'needs credentials',
      'medium',
    ],
    ['wrong credentials', 'unexpected status from HEAD request: 401 Unauthorized', 'needs credentials', 'medium'],
    ['too many pulls', 'toomanyrequests: You have reached your pull rate limit', 'too many pulls', 'medium'],
    [
      'an unknown registry',
      'dial tcp: lookup registry.example on 10.96.0.10:53: no such host',
      'cannot be reached',
      'medium',
    ],
    ['a slow registry', 'dial tcp 10.0.0.7:443: i/o timeout', 'cannot be reached', 'medium'],
    [
      'a registry with a bad certificate',
      'tls: failed to verify certificate: x509: certificate signed by unknown authority',
      'cannot be reached',
      'medium',
    ],
    ['a wrong platform', 'no match for platform in manifest: not found', 'platform', 'high'],
    ['a message that says nothing', `Back-off pulling image "${badImage}"`, 'cannot be pulled', 'high'],
  ])('tells %s apart', (_failure, message, said, confidence) => {
    const [finding] = run(badImageShop(waiting('ImagePullBackOff', message)));
    expect(finding?.summary).toContain(said);
    expect(finding?.confidence).toBe(confidence);
  });

  it('takes the reason from the event of this very pod when the status is silent', () => {
    const objects = badImageShop();
    const broken = objects.find(({ metadata }) => metadata.name === 'checkout-2-bbbbb');
    if (broken === undefined) throw new Error('the fixture has the pod');
    const told = event({ about: broken, reason: 'Failed', message: 'Failed to pull image: manifest unknown' });
    const former = event({ about: broken, reason: 'Failed', message: 'toomanyrequests', uid: 'uid-of-a-former-pod' });
    expect(run([...objects, former])[0]?.summary).toContain('cannot be pulled');
    expect(run([...objects, former, told])[0]?.summary).toContain('no such tag');
  });

  it('lets no image name choose its class', () => {
    const image = 'registry.example/toomanyrequests/unauthorized:1';
    const objects = [
      node('n1'),
      pod({
        name: 'p',
        owner: null,
        ready: false,
        containers: [{ image, status: waiting('ImagePullBackOff', `Back-off pulling image "${image}"`) }],
      }),
    ];
    expect(run(objects)[0]?.summary).toContain('cannot be pulled');
  });

  it('is less sure with nothing to compare than with a working revision', () => {
    const first = badImageShop().filter(
      ({ metadata, kind }) => kind !== 'ReplicaSet' || metadata.name !== 'checkout-1',
    );
    expect(run(first)[0]).toMatchObject({
      confidence: 'medium',
      cause: { expected: 'an image that exists and may be pulled' },
    });
  });

  it('is less sure of a first try than of a repeated one', () => {
    const score = (reason: string) => run(badImageShop(waiting(reason, 'manifest unknown')))[0]?.score ?? 0;
    expect(score('ErrImagePull')).toBeLessThan(score('ImagePullBackOff'));
  });

  it('speaks of a bare pod by itself, and of an init container by its own list', () => {
    const bare = pod({
      name: 'bare',
      owner: null,
      ready: false,
      spec: {
        initContainers: [
          { name: 'wait', image: 'busybox:1' },
          { name: 'migrate', image: badImage },
        ],
      },
      status: { initContainerStatuses: [{ name: 'migrate', ...waiting('ImagePullBackOff') }] },
    });
    expect(run([node('n1'), bare])).toMatchObject([
      { object: { kind: 'Pod', name: 'bare' }, cause: { path: 'spec.initContainers[1].image', observed: badImage } },
    ]);
  });

  it('finds the path of a container in the template, not in the pod, where a sidecar was injected', () => {
    const containers = [{ name: 'checkout', image: badImage, status: waiting('ImagePullBackOff') }];
    const injected = [{ name: 'proxy', image: 'mesh/proxy:1' }, ...containers];
    const objects = [
      node('n1'),
      deployment({ available: 0, containers }),
      replicaSet({ revision: 1, ready: 0, containers }),
      pod({ name: 'checkout-1-aaaaa', containers: injected, ready: false }),
    ];
    expect(run(objects)).toMatchObject([{ cause: { path: 'spec.template.spec.containers[0].image' } }]);
  });

  it('makes one finding of many pods', () => {
    const containers = [{ image: badImage, status: waiting('ImagePullBackOff') }];
    const pods = ['a', 'b', 'c', 'd'].map((name) => pod({ name: `checkout-1-${name}`, containers, ready: false }));
    const findings = run([node('n1'), deployment({ containers }), replicaSet({ revision: 1, containers }), ...pods]);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      summary: expect.stringContaining('4 pods wait'),
      pods: expect.arrayContaining(['shop/checkout-1-d']),
    });
  });

  const pullingPod = pod({
    name: 'checkout-1-aaaaa',
    ready: false,
    phase: 'Pending',
    containers: [{ status: waiting('ContainerCreating') }],
  });

  it.each<[why: string, objects: WireObject[]]>([
    ['all runs', healthyShop()],
    ['an image is still being pulled', [...healthyShop().slice(0, 3), pullingPod]],
    [
      'an old event tells of a pull that later worked',
      [
        ...healthyShop(),
        event({ about: pod({ name: 'checkout-1-aaaaa' }), reason: 'Failed', message: 'Error: ErrImagePull' }),
      ],
    ],
    [
      'the pod is being deleted',
      badImageShop().map((object) =>
        object.kind === 'Pod' ? { ...object, metadata: { ...object.metadata, deletionTimestamp: ago(1000) } } : object,
      ),
    ],
    [
      'the pod belongs to a revision that was given up',
      badImageShop().map((object) => {
        if (object.kind === 'Deployment') return deployment({ revision: 3 });
        return object.kind === 'ReplicaSet' && object.metadata.name === 'checkout-1'
          ? replicaSet({ revision: 3, name: 'checkout-1' })
          : object;
      }),
    ],
    ['the container has no name', badImageShop({ ...waiting('ImagePullBackOff'), name: undefined })],
  ])('is silent when %s', (_why, objects) => {
    expect(run(objects)).toEqual([]);
  });
});
