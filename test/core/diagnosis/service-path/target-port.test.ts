import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { app, codes, logOf, look, podOf, service, slice } from './service-objects.ts';

const probe = { readinessProbe: { httpGet: { path: '/ready', port: 8080 } } };
const to = (targetPort: number | string, more: object = {}) =>
  service({ name: 'checkout', ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort, ...more }] });

describe('service-port-mismatch', () => {
  it.each<[why: string, objects: WireObject[]]>([
    ['a readiness probe on the declared port', [...app({ name: 'checkout', container: probe }), to(9090)]],
    [
      'a probe that names the port',
      [...app({ name: 'checkout', container: { livenessProbe: { httpGet: { port: 'http', path: '/' } } } }), to(9090)],
    ],
    [
      'an environment variable',
      [...app({ name: 'checkout', container: { env: [{ name: 'PORT', value: '8080' }] } }), to(9090)],
    ],
    ['an argument', [...app({ name: 'checkout', container: { args: ['--listen=:8080'] } }), to(9090)]],
    ['a slip of the digits', [...app({ name: 'checkout', container: probe }), to(8008)]],
  ])('is sure by %s', (_why, objects) => {
    const [svc] = objects.slice(-1);
    expect(look(objects)).toMatchObject([
      {
        code: 'service-port-mismatch',
        object: { kind: 'Service', name: 'checkout' },
        cause: {
          path: 'spec.ports[0].targetPort',
          observed: String((svc as { spec?: { ports: { targetPort: number }[] } }).spec?.ports[0]?.targetPort),
          expected: '8080',
        },
        confidence: 'high',
      },
    ]);
  });

  it('is sure by the log of its pods, and by callers that are refused', () => {
    const pods = app({ name: 'checkout' });
    const said = logOf(podOf(pods), '2026-11-21T09:00:00Z INFO server listening on 0.0.0.0:8080\n');
    expect(look([...pods, to(9090)], { logs: [said] })).toMatchObject([
      { confidence: 'high', cause: { expected: '8080' } },
    ]);
    const caller = app({ name: 'web' });
    const refused = logOf(podOf(caller), 'dial tcp: connect to http://checkout:80/: connect: connection refused\n');
    expect(look([...pods, ...caller, to(9090)], { logs: [refused] })).toMatchObject([
      { confidence: 'high', pods: [`shop/${podOf(caller).metadata.name}`] },
    ]);
    const check = {
      from: 'shop/web',
      host: 'checkout.shop.svc.cluster.local',
      port: 80,
      ok: false,
      error: 'connect: connection refused',
    };
    expect(look([...pods, ...caller, to(9090)], { observations: { probes: [check] } })).toMatchObject([
      { confidence: 'high' },
    ]);
  });

  it('takes the log’s word where nothing is declared, as long as connections are refused', () => {
    const pods = app({ name: 'checkout', ports: [] });
    const logs = [logOf(podOf(pods), 'INFO Server is listening on: 0.0.0.0:2368\n')];
    const check = { from: 'ingress', host: 'checkout.shop', port: 80, ok: false, error: 'connection refused' };
    expect(look([...pods, to(9090)], { logs, observations: { probes: [check] } })).toMatchObject([
      { code: 'service-port-mismatch', cause: { observed: '9090', expected: '2368' }, confidence: 'high' },
    ]);
    expect(look([...pods, to(2368)], { logs, observations: { probes: [check] } })).toEqual([]);
    expect(look([...pods, to(9090)], { logs })).toEqual([]);
  });

  it('is not sure by what is declared alone', () => {
    expect(look([...app({ name: 'checkout', replicas: 1 }), to(9090)])).toMatchObject([
      { code: 'service-port-mismatch', confidence: 'medium' },
    ]);
  });

  it.each<[why: string, objects: WireObject[]]>([
    ['the number is declared', [...app({ name: 'checkout', container: probe }), to(8080)]],
    ['nothing is declared', [...app({ name: 'checkout', ports: [] }), to(9090)]],
    [
      'the kubelet probes that port',
      [...app({ name: 'checkout', container: { readinessProbe: { tcpSocket: { port: 9090 } } } }), to(9090)],
    ],
    [
      'the process is told to listen there',
      [...app({ name: 'checkout', container: { env: [{ name: 'LISTEN_ADDR', value: ':9090' }] } }), to(9090)],
    ],
    [
      'only a metrics port is declared',
      [...app({ name: 'checkout', ports: [{ name: 'metrics', containerPort: 9102 }] }), to(8080)],
    ],
    [
      'it is a second Service for a port that is merely not declared',
      [
        ...app({ name: 'checkout', container: probe }),
        service({ name: 'checkout' }),
        service({
          name: 'checkout-admin',
          selector: { app: 'checkout' },
          ports: [{ port: 9901, targetPort: 9901, protocol: 'TCP' }],
        }),
      ],
    ],
    [
      'the port beside the right one is that of metrics',
      [
        ...app({ name: 'checkout', container: probe }),
        service({
          name: 'checkout',
          ports: [
            { name: 'http', port: 80, targetPort: 8080 },
            { name: 'metrics', port: 9100, targetPort: 9100 },
          ],
        }),
      ],
    ],
    [
      'it is headless',
      [
        ...app({ name: 'checkout', container: probe }),
        service({ name: 'checkout', ports: [{ port: 5432, targetPort: 5432 }], spec: { clusterIP: 'None' } }),
      ],
    ],
    [
      'the pods use the network of the host',
      [...app({ name: 'checkout', container: probe, podSpec: { hostNetwork: true } }), to(9090)],
    ],
    [
      'the pods were read in part',
      [...app({ name: 'checkout' }).map((one) => (one.kind === 'Pod' ? { ...one, spec: {} } : one)), to(9090)],
    ],
  ])('is silent when %s', (_why, objects) => {
    expect(codes(objects)).toEqual([]);
  });

  it('is silent when a check reached it', () => {
    const check = { from: 'shop/web', host: 'checkout', port: 80, ok: true };
    expect(
      codes([...app({ name: 'checkout', container: probe }), ...app({ name: 'web' }), to(9090)], {
        observations: { probes: [check] },
      }),
    ).toEqual([]);
  });
});

describe('service-named-port-missing', () => {
  it.each<[declared: string, asked: string, expected: string]>([
    ['http', 'htpp', 'http'],
    ['http', 'http-web', 'http'],
    ['web', 'http', 'web'],
  ])('says that the pods have %s, not %s', (declared, asked, expected) => {
    const svc = to(asked);
    const objects = [
      ...app({ name: 'checkout', ports: [{ name: declared, containerPort: 8080 }] }),
      svc,
      slice(svc, 0),
    ];
    expect(look(objects)).toMatchObject([
      {
        code: 'service-named-port-missing',
        cause: { path: 'spec.ports[0].targetPort', observed: asked, expected },
        confidence: 'high',
      },
    ]);
  });

  it.each<[why: string, objects: WireObject[]]>([
    ['the name is there', [...app({ name: 'checkout' }), to('http')]],
    [
      'a sidecar has it',
      [
        ...app({
          name: 'checkout',
          podSpec: {
            initContainers: [
              { name: 'proxy', restartPolicy: 'Always', ports: [{ name: 'mesh', containerPort: 15001 }] },
            ],
          },
        }),
        to('mesh'),
      ],
    ],
    [
      'some of its pods have it',
      [
        ...app({ name: 'checkout', labels: { app: 'checkout', v: '1' } }),
        ...app({ name: 'old', labels: { app: 'checkout', v: '2' }, ports: [] }),
        to('http'),
      ],
    ],
  ])('is silent when %s', (_why, objects) => {
    expect(codes(objects)).toEqual([]);
  });

  it('does not ask it of a plain init container', () => {
    const podSpec = { initContainers: [{ name: 'setup', ports: [{ name: 'http-alt', containerPort: 1 }] }] };
    expect(codes([...app({ name: 'checkout', podSpec }), to('http-alt')])).toEqual(['service-named-port-missing']);
  });
});

describe('service-protocol-mismatch', () => {
  const dns = [{ name: 'dns', containerPort: 5353, protocol: 'UDP' }];
  it.each<[why: string, target: number | string]>([
    ['a number', 5353],
    ['a name', 'dns'],
  ])('compares the protocol of %s', (_why, target) => {
    expect(look([...app({ name: 'checkout', ports: dns }), to(target)])).toMatchObject([
      {
        code: 'service-protocol-mismatch',
        cause: { path: 'spec.ports[0].protocol', observed: 'TCP', expected: 'UDP' },
        confidence: 'high',
      },
    ]);
  });

  it('is silent when another port of the Service has the protocol that is declared', () => {
    const ports = [
      { name: 'udp', port: 53, protocol: 'UDP', targetPort: 5353 },
      { name: 'tcp', port: 53, protocol: 'TCP', targetPort: 5353 },
    ];
    expect(codes([...app({ name: 'checkout', ports: dns }), service({ name: 'checkout', ports })])).toEqual([]);
  });
});
