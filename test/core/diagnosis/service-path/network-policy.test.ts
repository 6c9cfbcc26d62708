import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import type { Probe } from '../../../../src/core/diagnosis/observations.ts';
import { app, codes, logOf, look, namespaceObject, podOf, policy, service } from './service-objects.ts';

const checkout = app({ name: 'checkout' });
const db = app({ name: 'db', labels: { app: 'db' }, ports: [{ name: 'pg', containerPort: 5432 }] });
const dbService = service({ name: 'db', ports: [{ name: 'pg', port: 5432, protocol: 'TCP', targetPort: 'pg' }] });
const shop = [...checkout, ...db, dbService, namespaceObject('shop')];
const failed: Probe = {
  from: 'shop/checkout',
  host: 'db',
  port: 5432,
  ok: false,
  error: 'dial tcp 10.96.0.9:5432: i/o timeout',
};
const observations = { probes: [failed] };
const toDb = { podSelector: { matchLabels: { app: 'db' } }, policyTypes: ['Ingress'] };
const from = (labels: object, port: unknown = 5432) => [
  { from: [{ podSelector: { matchLabels: labels } }], ports: [{ protocol: 'TCP', port }] },
];

describe('network-policy-blocks', () => {
  it('is found by who asks about the Service that cannot be reached', () => {
    const scope = { object: { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'db' } };
    const deny = policy('deny', { podSelector: {}, policyTypes: ['Ingress'] });
    expect(look([...shop, deny], { observations, scope })).toMatchObject([
      { code: 'network-policy-blocks', object: { name: 'deny' } },
    ]);
    expect(codes([...shop, deny], { observations: { probes: [{ ...failed, ok: true }] }, scope })).toEqual([]);
  });

  it.each<[why: string, policies: WireObject[], name: string, path: string, observed: string, expected: string]>([
    [
      'a rule whose label is misspelt',
      [policy('db', { ...toDb, ingress: from({ app: 'chekout' }) })],
      'db',
      'spec.ingress[0].from[0].podSelector.matchLabels.app',
      'chekout',
      'checkout',
    ],
    [
      'a rule for another port',
      [policy('db', { ...toDb, ingress: from({ app: 'checkout' }, 3306) })],
      'db',
      'spec.ingress[0].ports[0].port',
      '3306',
      '5432',
    ],
    [
      'a rule for another protocol',
      [policy('db', { ...toDb, ingress: [{ from: [{ podSelector: {} }], ports: [{ protocol: 'UDP', port: 5432 }] }] })],
      'db',
      'spec.ingress[0].ports[0].protocol',
      'UDP',
      'TCP',
    ],
    [
      'a policy without a rule',
      [policy('deny', { podSelector: {}, policyTypes: ['Ingress'] })],
      'deny',
      'spec.ingress',
      'no ingress rule at all',
      'a rule from pods app=checkout on TCP 5432',
    ],
    [
      'rules for others',
      [
        policy('db', { ...toDb, ingress: from({ app: 'db' }) }),
        policy('deny', { podSelector: {}, policyTypes: ['Ingress'] }),
      ],
      'db',
      'spec.ingress',
      'no rule from pods app=checkout on TCP 5432',
      'a rule from pods app=checkout on TCP 5432',
    ],
    [
      'egress that is closed but for names',
      [
        policy('egress', {
          podSelector: { matchLabels: { app: 'checkout' } },
          policyTypes: ['Egress'],
          egress: [{ ports: [{ protocol: 'UDP', port: 53 }] }],
        }),
      ],
      'egress',
      'spec.egress',
      'no rule to pods app=db on TCP 5432',
      'a rule to pods app=db on TCP 5432',
    ],
    [
      'a namespace that is misspelt',
      [
        policy('db', {
          ...toDb,
          ingress: [{ from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shpo' } } }] }],
        }),
      ],
      'db',
      'spec.ingress[0].from[0].namespaceSelector.matchLabels["kubernetes.io/metadata.name"]',
      'shpo',
      'shop',
    ],
  ])('finds %s', (_why, policies, name, path, observed, expected) => {
    expect(look([...shop, ...policies], { observations })).toMatchObject([
      {
        code: 'network-policy-blocks',
        object: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', name },
        cause: { path, observed, expected },
        confidence: 'high',
      },
    ]);
  });

  it('sees it in the log of the caller, by address as by name', () => {
    const deny = policy('deny', { podSelector: {}, policyTypes: ['Ingress'] });
    const ip = (dbService as unknown as { spec: { clusterIP: string } }).spec.clusterIP;
    for (const line of [
      `dial tcp ${ip}:5432: connect: connection timed out`,
      'Error: connect ETIMEDOUT db.shop.svc.cluster.local:5432',
      `could not connect to server: Connection timed out: Is the server running on host "db" (${ip}) and accepting TCP/IP connections on port 5432?`,
    ]) {
      expect(look([...shop, deny], { logs: [logOf(podOf(checkout), `${line}\n`)] })).toMatchObject([
        { code: 'network-policy-blocks', confidence: 'high', pods: [`shop/${podOf(checkout).metadata.name}`] },
      ]);
    }
  });

  it('lets a caller that is not ready speak, less surely', () => {
    const calls = app({
      name: 'checkout',
      ready: false,
      container: { env: [{ name: 'DATABASE_URL', value: 'postgres://u:p@db.shop:5432/x' }] },
    });
    const deny = policy('deny', { podSelector: { matchLabels: { app: 'db' } }, policyTypes: ['Ingress'] });
    expect(look([...calls, ...db, dbService, deny])).toMatchObject([
      { code: 'network-policy-blocks', confidence: 'medium' },
    ]);
  });

  it('tells egress that closes the way to the name servers', () => {
    const deny = policy('egress', {
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [{ to: [{ podSelector: {} }] }],
    });
    const logs = [
      logOf(
        podOf(checkout),
        'dial tcp: lookup db.shop.svc.cluster.local on 10.96.0.10:53: read udp 10.244.0.7:41000->10.96.0.10:53: i/o timeout',
      ),
    ];
    expect(look([...shop, deny], { logs })).toMatchObject([
      {
        code: 'network-policy-blocks',
        object: { name: 'egress' },
        cause: { path: 'spec.egress', expected: expect.stringContaining('UDP 53') },
        confidence: 'high',
      },
    ]);
    const answered = [logOf(podOf(checkout), 'dial tcp: lookup nowhere on 10.96.0.10:53: no such host')];
    expect(codes([...shop, deny], { logs: answered })).toEqual([]);
  });

  it('makes one finding of a policy that closes several ways', () => {
    const web = app({ name: 'web' });
    const probes = [failed, { ...failed, from: 'shop/web' }];
    const deny = policy('deny', { podSelector: { matchLabels: { app: 'db' } }, policyTypes: ['Ingress'] });
    const found = look([...shop, ...web, deny], { observations: { probes } });
    expect(found).toHaveLength(1);
    expect(found[0]?.pods).toHaveLength(4);
  });

  const deny = policy('deny', { podSelector: {}, policyTypes: ['Ingress'] });
  it.each<[why: string, objects: WireObject[], probes: Probe[]]>([
    ['nobody complains', [...shop, deny], []],
    ['the connection was refused by somebody', [...shop, deny], [{ ...failed, error: 'connection refused' }]],
    ['a policy lets it pass', [...shop, deny, policy('db', { ...toDb, ingress: from({ app: 'checkout' }) })], [failed]],
    [
      'a policy lets it pass by the name of the port',
      [...shop, deny, policy('db', { ...toDb, ingress: from({ app: 'checkout' }, 'pg') })],
      [failed],
    ],
    [
      'a policy lets a range pass',
      [...shop, deny, policy('db', { ...toDb, ingress: [{ ports: [{ port: 5000, endPort: 6000 }] }] })],
      [failed],
    ],
    [
      'the policies are for other pods',
      [...shop, policy('deny', { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress', 'Egress'] })],
      [failed],
    ],
    ['the policy is of another namespace', [...shop, policy('deny', { podSelector: {} }, 'other')], [failed]],
    ['the check could not be made', [...shop, deny], [{ ...failed, ok: null }]],
    [
      'the caller is on the network of the host',
      [...app({ name: 'checkout', podSpec: { hostNetwork: true } }), ...db, dbService, deny],
      [failed],
    ],
    [
      'namespaces that a rule selects were not read',
      [
        ...checkout,
        ...db,
        dbService,
        policy('db', { ...toDb, ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'x' } } }] }] }),
      ],
      [failed],
    ],
    [
      'the block of addresses holds the caller',
      [
        ...shop,
        policy('db', {
          ...toDb,
          ingress: [{ from: [{ ipBlock: { cidr: '10.244.0.0/16', except: ['10.244.255.0/24'] } }] }],
        }),
      ],
      [failed],
    ],
  ])('is silent when %s', (_why, objects, probes) => {
    expect(codes(objects, { observations: { probes } })).toEqual([]);
  });

  it('tells a caller from another namespace, by a selector that means its own', () => {
    const web = app({ name: 'web', namespace: 'front' });
    const probes = [{ ...failed, from: 'front/web', host: 'db.shop' }];
    const rule = policy('db', { ...toDb, ingress: from({ app: 'web' }) });
    expect(look([...shop, ...web, namespaceObject('front'), rule], { observations: { probes } })).toMatchObject([
      { cause: { path: 'spec.ingress[0].from[0]', expected: 'a namespaceSelector for front beside it' } },
    ]);
  });
});
