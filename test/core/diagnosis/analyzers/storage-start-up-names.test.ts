import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { analyzeStartUp } from '../../../../src/core/diagnosis/analyzers/start-up.ts';
import { analyzeStorage } from '../../../../src/core/diagnosis/analyzers/storage.ts';
import { ago, backOff, badImageShop, event, minute, second, waiting } from '../../../support/shop-objects.ts';
import { app, podOf, running } from '../start-up/app-objects.ts';
import { attachment, claim, podWithClaim, storageClass, volume, workload } from '../storage/storage-objects.ts';
import { runAnalyzer } from './run-analyzer.ts';

const whole = { wholeLists: [{ kind: 'StorageClass' }, { kind: 'PersistentVolume' }] as const };
const run = (objects: readonly WireObject[]) => [
  ...runAnalyzer(analyzeStartUp, objects, whole),
  ...runAnalyzer(analyzeStorage, objects, whole),
];

const unready = app({
  phase: 'Running',
  container: {
    ports: [{ containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/checkout', port: 8080 }, periodSeconds: 5 },
  },
  status: running(5 * minute),
});
const waitingPod = podWithClaim({ scheduled: true });

const cases: readonly (readonly [code: string, objects: readonly WireObject[]])[] = [
  [
    'image-pull-failed',
    badImageShop(
      waiting(
        'ImagePullBackOff',
        'Back-off pulling image "registry.example/shop/checkout:1.4.3": ErrImagePull: registry.example/shop/checkout:1.4.3: not found',
      ),
    ),
  ],
  [
    'secret-missing',
    app({
      container: { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'checkout', key: 'k' } } }] },
      status: waiting('CreateContainerConfigError', 'secret "checkout" not found'),
    }),
  ],
  [
    'command-not-found',
    app({
      container: { command: ['checkout'] },
      status: backOff({
        terminated: {
          reason: 'StartError',
          exitCode: 128,
          message:
            'failed to create containerd task: OCI runtime create failed: exec: "checkout": executable file not found in $PATH',
          finishedAt: ago(10 * second),
        },
      }),
    }),
  ],
  [
    'probe-path-wrong',
    [
      ...unready,
      event({
        about: podOf(unready),
        reason: 'Unhealthy',
        message: 'Readiness probe failed: HTTP probe failed with statuscode: 404',
      }),
    ],
  ],
  [
    'volume-capacity-mismatch',
    [
      ...workload('checkout'),
      podWithClaim({ claimName: 'checkout' }),
      claim({ name: 'checkout', size: '50Gi', spec: { storageClassName: 'checkout' } }),
      volume({ name: 'checkout', className: 'checkout' }),
      storageClass('other'),
    ],
  ],
  [
    'volume-attach-failed',
    [
      ...workload(),
      waitingPod,
      claim({ phase: 'Bound', spec: { volumeName: 'checkout' } }),
      volume({ name: 'checkout', claim: { name: 'data', uid: 'uid-pvc-data' } }),
      attachment('checkout', 'n2', { attached: true }),
      event({
        about: waitingPod,
        reason: 'FailedAttachVolume',
        message: 'Multi-Attach error for volume "checkout" Volume is already exclusively attached to one node',
      }),
    ],
  ],
];

/** Names that mean something to those who look for words. */
const loaded = [
  'not-found',
  'toomanyrequests',
  'unauthorized',
  'permission-denied',
  'no-such-host',
  'x',
  'secret',
  '404',
];
const names = fc.oneof(fc.constantFrom(...loaded), fc.stringMatching(/^[a-z][a-z0-9]{0,20}(-[a-z0-9]{1,10}){0,3}$/));

describe('names', () => {
  it.each(cases)('do not choose the code %s', (code, objects) => {
    expect(run(objects).map((found) => found.code)).toEqual([code]);
    fc.assert(
      fc.property(names, (name) => {
        const renamed = JSON.parse(JSON.stringify(objects).replaceAll('checkout', name)) as WireObject[];
        expect(run(renamed).map((found) => [found.code, found.confidence])).toEqual([
          [code, run(objects)[0]?.confidence],
        ]);
      }),
      { numRuns: 40 },
    );
  });
});
