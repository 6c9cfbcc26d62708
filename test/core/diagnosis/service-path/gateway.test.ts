import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { ago, hour, minute } from '../../../support/shop-objects.ts';
import { app, codes, look, object, service } from './service-objects.ts';

const api = 'gateway.networking.k8s.io/v1';
const shop = [...app({ name: 'checkout' }), service({ name: 'checkout' })];
const gatewayClass = object(
  'GatewayClass',
  api,
  'envoy',
  { spec: { controllerName: 'x/y' } },
  { namespace: undefined },
);
const fine = { type: 'Programmed', status: 'True', reason: 'Programmed', observedGeneration: 1 };
const gateway = (given: { className?: string; conditions?: object[]; listeners?: object[] } = {}) =>
  object('Gateway', api, 'edge', {
    spec: {
      gatewayClassName: given.className ?? 'envoy',
      listeners: [
        {
          name: 'https',
          port: 443,
          protocol: 'HTTPS',
          hostname: '*.shop.example',
          tls: { certificateRefs: [{ name: 'edge-tls' }] },
        },
      ],
    },
    status: { conditions: given.conditions ?? [fine], listeners: given.listeners ?? [] },
  });
const route = (
  given: {
    backend?: object;
    parent?: string;
    conditions?: object[];
    section?: string;
    generation?: number;
    hostnames?: string[];
  } = {},
) =>
  object(
    'HTTPRoute',
    api,
    'checkout',
    {
      spec: {
        parentRefs: [
          { name: given.parent ?? 'edge', ...(given.section === undefined ? {} : { sectionName: given.section }) },
        ],
        hostnames: given.hostnames ?? ['pay.shop.example'],
        rules: [{ backendRefs: [{ name: 'checkout', port: 80, ...given.backend }] }],
      },
      status: {
        parents: [
          {
            parentRef: { name: 'edge' },
            controllerName: 'x/y',
            conditions: given.conditions ?? [{ type: 'Accepted', status: 'True', reason: 'Accepted' }],
          },
        ],
      },
    },
    { generation: given.generation ?? 1 },
  );
const bad = (type: string, reason: string, message = 'says the controller') => ({
  type,
  status: 'False',
  reason,
  message,
  observedGeneration: 1,
  lastTransitionTime: ago(hour),
});

describe('gateway-route-rejected', () => {
  it.each<[why: string, objects: WireObject[], path: string, observed: string, expected: string]>([
    [
      'a backend that does not exist',
      [gateway(), route({ backend: { name: 'chekout' }, conditions: [bad('ResolvedRefs', 'BackendNotFound')] })],
      'spec.rules[0].backendRefs[0].name',
      'chekout',
      'checkout',
    ],
    [
      'a backend that does not exist, before a controller says so',
      [gateway(), route({ backend: { name: 'chekout' } })],
      'spec.rules[0].backendRefs[0].name',
      'chekout',
      'checkout',
    ],
    [
      'a port that the Service does not have',
      [gateway(), route({ backend: { port: 8080 } })],
      'spec.rules[0].backendRefs[0].port',
      '8080',
      '80',
    ],
    [
      'a parent that does not exist',
      [gateway(), route({ parent: 'edges' })],
      'spec.parentRefs[0].name',
      'edges',
      'edge',
    ],
    [
      'a listener that does not exist',
      [gateway(), route({ section: 'http', conditions: [bad('Accepted', 'NoMatchingParent')] })],
      'spec.parentRefs[0].sectionName',
      'http',
      'https',
    ],
    [
      'a host name that no listener takes',
      [gateway(), route({ hostnames: ['pay.example'], conditions: [bad('Accepted', 'NoMatchingListenerHostname')] })],
      'spec.hostnames',
      'pay.example',
      'a host name within *.shop.example',
    ],
    [
      'a backend elsewhere without a grant',
      [
        gateway(),
        service({ name: 'checkout', namespace: 'pay' }),
        route({ backend: { namespace: 'pay' }, conditions: [bad('ResolvedRefs', 'RefNotPermitted')] }),
      ],
      'spec.rules[0].backendRefs[0].namespace',
      'pay',
      "a ReferenceGrant in namespace pay for HTTPRoutes of shop, or a Service of the route's own namespace",
    ],
    [
      'a kind that is not supported',
      [gateway(), route({ backend: { kind: 'Bucket', group: 'x' }, conditions: [bad('ResolvedRefs', 'InvalidKind')] })],
      'spec.rules[0].backendRefs[0].kind',
      'Bucket',
      'a kind that the Gateway supports, such as Service',
    ],
  ])('tells %s', (_why, objects, path, observed, expected) => {
    expect(look([...shop, gatewayClass, ...objects])).toMatchObject([
      {
        code: 'gateway-route-rejected',
        object: { apiVersion: api, kind: 'HTTPRoute', name: 'checkout' },
        cause: { path, observed, expected },
      },
    ]);
  });

  it('is sure where objects and status agree', () => {
    expect(
      look([
        ...shop,
        gatewayClass,
        gateway(),
        route({ backend: { name: 'chekout' }, conditions: [bad('ResolvedRefs', 'BackendNotFound')] }),
      ]),
    ).toMatchObject([{ confidence: 'high' }]);
  });

  it.each<[why: string, given: Parameters<typeof gateway>[0], path: string, observed: string]>([
    ['a class that does not exist', { className: 'envoi' }, 'spec.gatewayClassName', 'envoi'],
    [
      'a Gateway that gets no address',
      { conditions: [bad('Programmed', 'AddressNotAssigned')] },
      'spec',
      'Programmed=False AddressNotAssigned',
    ],
    [
      'a listener in conflict',
      {
        listeners: [
          { name: 'https', conditions: [{ type: 'Conflicted', status: 'True', reason: 'HostnameConflict' }] },
        ],
      },
      'spec.listeners[0]',
      'Conflicted: HostnameConflict',
    ],
  ])('tells %s of the Gateway', (_why, given, path, observed) => {
    expect(look([...shop, gatewayClass, gateway(given)])).toMatchObject([
      { code: 'gateway-route-rejected', object: { kind: 'Gateway', name: 'edge' }, cause: { path, observed } },
    ]);
  });

  it('tells a missing certificate by its own code', () => {
    const listeners = [
      {
        name: 'https',
        conditions: [bad('ResolvedRefs', 'InvalidCertificateRef', 'Secret shop/edge-tls does not exist')],
      },
    ];
    expect(look([...shop, gatewayClass, gateway({ listeners })])).toMatchObject([
      {
        code: 'tls-secret-missing',
        object: { kind: 'Gateway' },
        cause: { path: 'spec.listeners[0].tls.certificateRefs[0].name', observed: 'edge-tls' },
        confidence: 'high',
      },
    ]);
  });

  it.each<[why: string, objects: WireObject[]]>([
    ['all is accepted', [gateway(), route()]],
    [
      'the status speaks of an older spec',
      [gateway(), route({ generation: 4, conditions: [bad('ResolvedRefs', 'BackendNotFound')] })],
    ],
    [
      'the controller has not looked yet',
      [
        gateway({
          conditions: [{ type: 'Programmed', status: 'False', reason: 'Pending', lastTransitionTime: ago(minute) }],
        }),
      ],
    ],
  ])('is silent when %s', (_why, objects) => {
    expect(codes([...shop, gatewayClass, ...objects])).toEqual([]);
  });
});
