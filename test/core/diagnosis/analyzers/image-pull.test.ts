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

  it.each<[failure: string, message: string, code: string, said: string, confidence: string]>([
    [
      'a missing tag',
      `rpc error: code = NotFound desc = failed to pull and unpack image "${badImage}": failed to resolve reference "${badImage}": ${badImage}: not found`,
      'image-pull-failed',
      'no such tag',
      'high',
    ],
    [
      'a missing tag in the words of the registry',
      'manifest unknown: manifest unknown',
      'image-pull-failed',
      'no such tag',
      'high',
    ],
    [
      'a missing repository',
      'name unknown: repository name not known to registry',
      'image-pull-failed',
      'no such repository',
      'high',
    ],
    [
      'no access',
      'pull access denied, repository does not exist or may require authorization: insufficient_scope',
      'image-access-denied',
      'needs credentials',
      'high',
    ],
    [
      'wrong credentials',
      'unexpected status from HEAD request to https://registry.example/v2/x: 401 Unauthorized',
      'image-access-denied',
      'needs credentials',
      'high',
    ],
    [
      'too many pulls',
      'toomanyrequests: You have reached your pull rate limit',
      'image-rate-limited',
      'too many pulls',
      'high',
    ],
    [
      'an unknown registry',
      'failed to do request: Head "https://registry.example/v2/": dial tcp: lookup registry.example on 10.96.0.10:53: no such host',
      'image-registry-unreachable',
      'registry.example of image',
      'high',
    ],
    [
      'a slow registry',
      'dial tcp 10.0.0.7:443: i/o timeout',
      'image-registry-unreachable',
      'cannot be reached',
      'high',
    ],
    [
      'a registry with a bad certificate',
      'tls: failed to verify certificate: x509: certificate signed by unknown authority',
      'image-registry-unreachable',
      'cannot be reached',
      'high',
    ],
    ['a wrong platform', 'no match for platform in manifest: not found', 'image-platform-mismatch', 'platform', 'high'],
    [
      'a message that says nothing',
      `Back-off pulling image "${badImage}"`,
      'image-pull-failed',
      'cannot be pulled',
      'high',
    ],
  ])('tells %s apart', (_failure, message, code, said, confidence) => {
    const [finding] = run(badImageShop(waiting('ImagePullBackOff', message)));
    expect(finding?.code).toBe(code);
    expect(finding?.summary).toContain(said);
    expect(finding?.confidence).toBe(confidence);
  });

  it('leaves a node without room to those who look at nodes', () => {
    expect(run(badImageShop(waiting('ErrImagePull', 'write /var/lib/containerd/x: no space left on device')))).toEqual(
      [],
    );
  });

  const denied = 'pull access denied, repository does not exist or may require authorization';
  const bare = (image: string, message: string) => [
    node('n1'),
    pod({
      name: 'p',
      owner: null,
      ready: false,
      containers: [{ image, status: waiting('ImagePullBackOff', message) }],
    }),
  ];

  it('knows that a refused official image is one that does not exist', () => {
    expect(run(bare('ngnix:1.27', denied))).toMatchObject([
      { code: 'image-pull-failed', recommendation: { values: { part: 'repository' } } },
    ]);
    expect(run(bare('acme/shop:1', denied))).toMatchObject([{ code: 'image-access-denied', confidence: 'medium' }]);
  });

  it('takes a refusal for a misspelt name where another repository of the same registry is pulled', () => {
    const renamed = (image: string) =>
      badImageShop(waiting('ImagePullBackOff', denied)).map(
        (object) => JSON.parse(JSON.stringify(object).replaceAll(badImage, image)) as WireObject,
      );
    expect(run(renamed('registry.example/shop/chekout:1.4.2'))).toMatchObject([
      { code: 'image-pull-failed', recommendation: { values: { part: 'repository', workingImage: goodImage } } },
    ]);
    expect(run(renamed(badImage))).toMatchObject([{ code: 'image-access-denied' }]);
  });

  it.each<[part: string, image: string]>([
    ['tag', 'registry.example/shop/checkout:9'],
    ['digest', `registry.example/shop/checkout@sha256:${'0'.repeat(64)}`],
    ['repository', 'registry.example/shop/chekout:1.4.2'],
  ])('names the %s as the part that is wrong', (part, image) => {
    const objects = badImageShop(waiting('ImagePullBackOff', `${image}: not found`)).map(
      (object) => JSON.parse(JSON.stringify(object).replaceAll(badImage, image)) as WireObject,
    );
    expect(run(objects)).toMatchObject([{ code: 'image-pull-failed', recommendation: { values: { part } } }]);
  });

  describe('with a pull secret that the kubelet does not find', () => {
    const secrets = { imagePullSecrets: [{ name: 'other' }, { name: 'regcred' }] };
    const unauthorized = 'failed to authorize: 401 Unauthorized';
    const shop = (message: string) =>
      badImageShop(waiting('ImagePullBackOff', message)).map((object) => {
        const spec = (object as { spec?: { template?: { spec: object } } }).spec;
        if (object.kind === 'Pod') return { ...object, spec: { ...spec, ...secrets } } as WireObject;
        if (object.kind !== 'Deployment' || spec?.template === undefined) return object;
        const template = { ...spec.template, spec: { ...spec.template.spec, ...secrets } };
        return { ...object, spec: { ...spec, template } } as WireObject;
      });
    const lost = (objects: readonly WireObject[], uid?: string) => {
      const about = objects.find(({ metadata }) => metadata.name === 'checkout-2-bbbbb');
      if (about === undefined) throw new Error('the fixture has the pod');
      const message =
        'Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.';
      return event({
        about,
        reason: 'FailedToRetrieveImagePullSecret',
        message,
        ...(uid === undefined ? {} : { uid }),
      });
    };

    it('names the secret and where it is asked for', () => {
      const objects = shop(unauthorized);
      expect(run([...objects, lost(objects)])).toMatchObject([
        {
          code: 'image-access-denied',
          confidence: 'high',
          cause: { path: 'spec.template.spec.imagePullSecrets[1].name', observed: 'regcred' },
        },
      ]);
    });

    it('does not blame it when the tag is wrong, or when a former pod said so', () => {
      const wrongTag = shop('manifest unknown');
      expect(run([...wrongTag, lost(wrongTag)])).toMatchObject([{ code: 'image-pull-failed' }]);
      const objects = shop(unauthorized);
      expect(run([...objects, lost(objects, 'former')])[0]?.cause.path).toBe('spec.template.spec.containers[0].image');
    });
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
    const image = 'registry.example/toomanyrequests/unauthorized:401';
    const objects = [
      node('n1'),
      pod({
        name: 'p',
        owner: null,
        ready: false,
        containers: [
          {
            image,
            status: waiting(
              'ImagePullBackOff',
              `Back-off pulling image "${image}": failed at https://registry.example/v2/toomanyrequests/unauthorized/manifests/401`,
            ),
          },
        ],
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
