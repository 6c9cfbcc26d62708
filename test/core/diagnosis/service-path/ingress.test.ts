import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { event, hour, now } from '../../../support/shop-objects.ts';
import { app, codes, ingress, ingressClass, look, object, service } from './service-objects.ts';

const shop = [...app({ name: 'checkout' }), service({ name: 'checkout' }), ingressClass('nginx')];

describe('ingress-backend-missing', () => {
  it('names the place, what stands there and the Service that was meant', () => {
    expect(look([...shop, ingress({ name: 'shop', backend: 'chekout' })])).toMatchObject([
      {
        code: 'ingress-backend-missing',
        object: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', namespace: 'shop', name: 'shop' },
        cause: { path: 'spec.rules[0].http.paths[0].backend.service.name', observed: 'chekout', expected: 'checkout' },
        confidence: 'high',
      },
    ]);
  });

  it('looks at the default backend, and tells each Service once', () => {
    const backend = { service: { name: 'gone', port: { number: 80 } } };
    const paths = [
      { path: '/', backend },
      { path: '/x', backend },
    ];
    const found = look([
      ...shop,
      ingress({ name: 'shop', backend: 'x', spec: { defaultBackend: backend, rules: [{ http: { paths } }] } }),
    ]);
    expect(found.map(({ cause }) => cause.path)).toEqual(['spec.defaultBackend.service.name']);
  });

  it('believes the controller where Services were not all read', () => {
    const target = ingress({ name: 'shop', backend: 'gone' });
    const told = event({
      about: target,
      reason: 'FailedBuildModel',
      message: 'Failed build model due to backend service "gone": services "gone" not found',
    });
    expect(codes([...shop, target], { whole: false })).toEqual([]);
    expect(look([...shop, target, told], { whole: false })).toMatchObject([
      { code: 'ingress-backend-missing', confidence: 'medium' },
    ]);
    const old = event({
      about: target,
      reason: 'FailedBuildModel',
      message: 'services "gone" not found',
      agoMs: 5 * hour,
    });
    expect(codes([...shop, target, old], { whole: false })).toEqual([]);
    const other = event({ about: target, reason: 'FailedBuildModel', message: 'services "gone-fishing" not found' });
    expect(codes([...shop, target, other], { whole: false })).toEqual([]);
  });

  it.each<[why: string, objects: WireObject[]]>([
    ['all is there', [...shop, ingress({ name: 'shop', backend: 'checkout' })]],
    [
      'the name is that of an action',
      [...shop, ingress({ name: 'shop', backend: 'ssl-redirect', port: { name: 'use-annotation' } })],
    ],
    [
      'the backend is no Service',
      [
        ...shop,
        ingress({
          name: 'shop',
          backend: 'x',
          spec: { rules: [{ http: { paths: [{ backend: { resource: { kind: 'Bucket', name: 'x' } } }] } }] },
        }),
      ],
    ],
  ])('is silent when %s', (_why, objects) => {
    expect(codes(objects)).toEqual([]);
  });
});

describe('ingress-port-mismatch', () => {
  it.each<[why: string, port: object, path: string, observed: string, expected: string, confidence: string]>([
    ['a number', { number: 8443 }, 'number', '8443', '80', 'high'],
    ['a name', { name: 'web' }, 'name', 'web', 'http', 'high'],
  ])('compares %s with the ports of the Service', (_why, port, field, observed, expected, confidence) => {
    expect(look([...shop, ingress({ name: 'shop', backend: 'checkout', port: { ...port } })])).toMatchObject([
      {
        code: 'ingress-port-mismatch',
        object: { kind: 'Ingress' },
        cause: { path: `spec.rules[0].http.paths[0].backend.service.port.${field}`, observed, expected },
        confidence,
      },
    ]);
  });

  it('knows that the port of the pods is not that of the Service, and who takes it all the same', () => {
    const direct = ingress({ name: 'shop', backend: 'checkout', port: { number: 8080 }, className: 'traefik' });
    expect(look([...shop, ingressClass('traefik'), direct])).toMatchObject([
      { code: 'ingress-port-mismatch', summary: expect.stringContaining('port of its pods') },
    ]);
    expect(codes([...shop, ingress({ name: 'shop', backend: 'checkout', port: { number: 8080 } })])).toEqual([]);
  });

  it('suspects what nginx takes all the same only while requests fail', () => {
    const direct = [...shop, ingress({ name: 'shop', backend: 'checkout', port: { number: 8080 } })];
    const fires = (service: string) => ({
      alerts: [
        { name: 'HighErrorRate', labels: { namespace: 'shop', service }, firing: true, startsAt: 0, endsAt: undefined },
      ],
    });
    expect(look(direct, { observations: fires('checkout') })).toMatchObject([
      { code: 'ingress-port-mismatch', confidence: 'medium' },
    ]);
    expect(codes(direct, { observations: fires('other') })).toEqual([]);
  });
});

describe('ingress-class-missing', () => {
  it('names the class that is not there, and the one that is near', () => {
    expect(
      look([...shop, ingress({ name: 'shop', backend: 'checkout', className: 'ngnix', address: false })]),
    ).toMatchObject([
      {
        code: 'ingress-class-missing',
        cause: { path: 'spec.ingressClassName', observed: 'ngnix', expected: 'nginx' },
        confidence: 'high',
      },
    ]);
  });

  it('is less sure when the Ingress has an address', () => {
    expect(look([...shop, ingress({ name: 'shop', backend: 'checkout', className: 'internal' })])).toMatchObject([
      { confidence: 'medium' },
    ]);
  });

  it('misses a class where none is named and none is the default', () => {
    const bare = ingress({ name: 'shop', backend: 'checkout', className: null, address: false });
    expect(look([...shop, bare])).toMatchObject([
      { code: 'ingress-class-missing', cause: { observed: 'not set', expected: 'nginx' }, confidence: 'medium' },
    ]);
    const other = ingress({ name: 'other', backend: 'checkout', host: 'other.example' });
    expect(look([...shop, bare, other])).toMatchObject([{ object: { name: 'shop' }, confidence: 'high' }]);
  });

  it.each<[why: string, objects: WireObject[]]>([
    [
      'a class is the default',
      [
        ...shop,
        ingressClass('main', true),
        ingress({ name: 'shop', backend: 'checkout', className: null, address: false }),
      ],
    ],
    [
      'the older annotation names one',
      [
        ...shop,
        ingress({
          name: 'shop',
          backend: 'checkout',
          className: null,
          address: false,
          annotations: { 'kubernetes.io/ingress.class': 'alb' },
        }),
      ],
    ],
    ['some controller serves it', [...shop, ingress({ name: 'shop', backend: 'checkout', className: null })]],
  ])('is silent when %s', (_why, objects) => {
    expect(codes(objects)).toEqual([]);
  });

  it('is silent when classes were not read', () => {
    expect(
      codes(
        [
          ...app({ name: 'checkout' }),
          service({ name: 'checkout' }),
          ingress({ name: 'shop', backend: 'checkout', className: 'x', address: false }),
        ],
        { whole: false },
      ),
    ).toEqual([]);
  });
});

describe('tls-secret-missing', () => {
  const tls = (secretName: string) => ({ tls: [{ hosts: ['shop.example'], secretName }] });
  const target = ingress({
    name: 'shop',
    backend: 'checkout',
    spec: { ingressClassName: 'nginx', ...tls('shop-tls') },
  });
  const certificate = (secretName: string, ready: object, status: object = {}) =>
    object('Certificate', 'cert-manager.io/v1', 'shop', {
      spec: { secretName, dnsNames: ['shop.example'], issuerRef: { name: 'letsencrypt' } },
      status: { conditions: [{ type: 'Ready', ...ready }], ...status },
    });
  const notMade = certificate('shop-tls', {
    status: 'False',
    reason: 'DoesNotExist',
    message: 'Issuing certificate as Secret does not exist',
  });

  it('believes the Certificate that has not made its Secret', () => {
    expect(look([...shop, target, notMade])).toMatchObject([
      {
        code: 'tls-secret-missing',
        object: { kind: 'Ingress', name: 'shop' },
        cause: { path: 'spec.tls[0].secretName', observed: 'shop-tls' },
        confidence: 'high',
      },
    ]);
  });

  it('believes the controller, as an event or as a line of its log', () => {
    const told = event({
      about: target,
      reason: 'AddedOrUpdatedWithWarning',
      message: "TLS secret shop-tls is invalid: secret doesn't exist",
    });
    expect(look([...shop, target, told])).toMatchObject([{ code: 'tls-secret-missing', confidence: 'medium' }]);
    const text =
      'W1121 09:59:00.0 7 controller.go:1478] Error getting SSL certificate "shop/shop-tls": local SSL certificate shop/shop-tls was not found. Using default certificate';
    const logs = [
      {
        namespace: 'ingress-nginx',
        pod: 'ingress-nginx-controller-abc',
        container: 'controller',
        previous: false,
        text,
        at: now,
      },
    ];
    expect(codes([...shop, target], { logs })).toEqual(['tls-secret-missing']);
    expect(look([...shop, target, told], { logs })).toMatchObject([{ confidence: 'high' }]);
  });

  it('sees the certificate of these hosts under a near name', () => {
    const made = certificate(
      'shop-tls-v2',
      { status: 'True', reason: 'Ready' },
      { notAfter: '2027-02-01T00:00:00Z', renewalTime: '2027-01-01T00:00:00Z' },
    );
    expect(look([...shop, target, made])).toMatchObject([{ cause: { expected: 'shop-tls-v2' }, confidence: 'medium' }]);
  });

  it.each<[why: string, objects: WireObject[]]>([
    ['nothing says that the Secret is missing', [...shop, target]],
    [
      'its Certificate is ready',
      [
        ...shop,
        target,
        certificate(
          'shop-tls',
          { status: 'True', reason: 'Ready' },
          { notAfter: '2027-02-01T00:00:00Z', renewalTime: '2027-01-01T00:00:00Z' },
        ),
        event({ about: target, reason: 'Warn', message: 'secret shop-tls not found' }),
      ],
    ],
    [
      'the Certificate is new',
      [...shop, target, { ...notMade, metadata: { ...notMade.metadata, creationTimestamp: '2026-11-21T09:59:00Z' } }],
    ],
  ])('is silent when %s', (_why, objects) => {
    expect(codes(objects)).toEqual([]);
  });
});

describe('ingress-path-conflict', () => {
  const older = { ...ingress({ name: 'old', backend: 'checkout' }) };
  const newer = (more: Parameters<typeof ingress>[0]): WireObject => {
    const made = ingress(more);
    return { ...made, metadata: { ...made.metadata, creationTimestamp: '2026-11-21T09:00:00Z' } };
  };
  const two = [...shop, ...app({ name: 'cart' }), service({ name: 'cart' }), older];

  it('names the newer Ingress and the one that is served', () => {
    expect(look([newer({ name: 'new', backend: 'cart' }), ...two])).toMatchObject([
      {
        code: 'ingress-path-conflict',
        object: { name: 'new' },
        cause: { path: 'spec.rules[0].http.paths[0].path' },
        summary: expect.stringContaining('Ingress shop/old'),
        confidence: 'high',
      },
    ]);
    // Nothing says that one controller serves both.
    const bare = newer({ name: 'new', backend: 'cart' });
    expect(look([{ ...bare, status: {} } as WireObject, ...two])).toMatchObject([{ confidence: 'medium' }]);
  });

  it.each<[why: string, given: Parameters<typeof ingress>[0]]>([
    ['it is a canary', { name: 'new', backend: 'cart', annotations: { 'nginx.ingress.kubernetes.io/canary': 'true' } }],
    ['it leads to the same Service', { name: 'new', backend: 'checkout' }],
    ['it has another host', { name: 'new', backend: 'cart', host: 'cart.example' }],
  ])('is silent when %s', (_why, given) => {
    expect(codes([...two, newer(given)])).toEqual([]);
  });
});
