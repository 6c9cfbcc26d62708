import { describe, expect, it } from 'vitest';
import { readRefusal } from '../../../../src/core/diagnosis/admission/refusal-message.ts';

describe('the sentence of a refusal', () => {
  it.each<[message: string, is: string]>([
    ['pods "a-" is forbidden: exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3', 'quota'],
    ['Error creating: pods "a-" is forbidden: failed quota: q: must specify limits.cpu for: app', 'quota-unspecified'],
    [
      'create Pod db-0 in StatefulSet db failed error: pods "db-0" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
      'limit-range',
    ],
    [
      'Create Claim data-db-0 for Pod db-0 in StatefulSet db failed error: persistentvolumeclaims "data-db-0" is forbidden: exceeded quota: q, requested: requests.storage=1Gi, used: requests.storage=0, limited: requests.storage=0',
      'quota',
    ],
    [
      'create Claim data-db-1 for Pod db-1 in StatefulSet db failed error: persistentvolumeclaims "data-db-1" is forbidden: exceeded quota: q, requested: persistentvolumeclaims=1, used: persistentvolumeclaims=1, limited: persistentvolumeclaims=1',
      'quota',
    ],
    [
      'pods "a-" is forbidden: [minimum cpu usage per Container is 100m, but request is 10m, maximum memory usage per Pod is 1Gi.  No limit is specified]',
      'limit-range',
    ],
    [
      'Error creating: pods "a-" is forbidden: error looking up service account shop/a: serviceaccount "a" not found',
      'service-account',
    ],
    [
      'pods "a-" is forbidden: violates PodSecurity "baseline:v1.30": host namespaces (hostNetwork=true)',
      'pod-security',
    ],
    ['admission webhook "w.example" denied the request: no', 'webhook-denies'],
    ['admission webhook "w.example" denied the request without explanation', 'webhook-denies'],
    [
      'Internal error occurred: failed calling webhook "w.example": failed to call webhook: Post "https://w.ns.svc:443/": context deadline exceeded',
      'webhook-fails',
    ],
    ['Pod "a-b" is invalid: [spec.containers[0].name: Required value, spec.x: Forbidden: no]', 'invalid'],
    [
      'Failed to create new replica set "a-1": replicasets.apps "a-1" is forbidden: exceeded quota: q, requested: count/replicasets.apps=1, used: count/replicasets.apps=1, limited: count/replicasets.apps=1',
      'quota',
    ],
  ])('%s', (message, is) => {
    expect(readRefusal(message)?.reason.is).toBe(is);
  });

  it('takes the class from the beginning alone, whatever a webhook says', () => {
    const inner = 'pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1';
    expect(readRefusal(`admission webhook "w.example" denied the request: ${inner}`)?.reason).toMatchObject({
      is: 'webhook-denies',
      webhook: 'w.example',
    });
    expect(readRefusal(`something else: ${inner}`)).toBeUndefined();
  });

  it('reads the amounts of a quota', () => {
    const { reason } =
      readRefusal(
        'pods "a-" is forbidden: exceeded quota: q, requested: cpu=1,requests.nvidia.com/gpu=2, used: cpu=3,requests.nvidia.com/gpu=4, limited: cpu=3,requests.nvidia.com/gpu=4',
      ) ?? {};
    expect(reason).toMatchObject({
      requested: new Map([
        ['cpu', '1'],
        ['requests.nvidia.com/gpu', '2'],
      ]),
      limited: new Map([
        ['cpu', '3'],
        ['requests.nvidia.com/gpu', '4'],
      ]),
    });
  });

  it.each([
    '',
    'x'.repeat(100_000),
    `pods "a" is forbidden: exceeded quota: q, requested: ${'a=1,'.repeat(5000)}`,
    `Pod "a" is invalid: ${'['.repeat(5000)}`,
  ])('takes any text', (message) => {
    expect(() => readRefusal(message)).not.toThrow();
  });
});
