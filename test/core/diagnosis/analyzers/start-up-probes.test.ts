import { describe, expect, it } from 'vitest';
import type { ContainerLog } from '../../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { analyzeStartUp } from '../../../../src/core/diagnosis/analyzers/start-up.ts';
import {
  ago,
  backOff,
  event,
  goodImage,
  hour,
  minute,
  now,
  pod,
  second,
  terminated,
} from '../../../support/shop-objects.ts';
import { app, podName, podOf, running } from '../start-up/app-objects.ts';
import { runAnalyzer } from './run-analyzer.ts';

const run = (objects: readonly WireObject[], logs: readonly ContainerLog[] = []) =>
  runAnalyzer(analyzeStartUp, objects, { logs });
const container0 = 'spec.template.spec.containers[0]';
const ports = [
  { name: 'http', containerPort: 8080 },
  { name: 'metrics', containerPort: 9090 },
];
const http = (more: object = {}) => ({ path: '/ready', port: 8080, scheme: 'HTTP', ...more });
const timing = { periodSeconds: 10, timeoutSeconds: 3, failureThreshold: 3, successThreshold: 1 };
const probe = (handler: object, more: object = {}) => ({ ...timing, ...handler, ...more });

type Given = {
  readonly container: object;
  readonly said?: readonly string[];
  readonly status?: object;
  readonly former?: object;
  readonly more?: object;
};

const unready = running(5 * minute);
function shop({ container, said = [], status = unready, former, more = {} }: Given): WireObject[] {
  const objects = app({
    container: { ports, ...container },
    status: { ...status },
    phase: 'Running',
    ...(former === undefined ? {} : { former: { container: { ports, ...former } } }),
  });
  const events = said.map((message, index) => {
    const reason = message.startsWith('Container ') ? 'Killing' : 'Unhealthy';
    const object = event({ about: podOf(objects), reason, message, count: 12, ...more });
    return {
      ...object,
      metadata: { ...object.metadata, name: `${object.metadata.name}.${index}` },
      involvedObject: {
        ...(object as unknown as { involvedObject: object }).involvedObject,
        fieldPath: 'spec.containers{checkout}',
      },
    } as WireObject;
  });
  return [...objects, ...events];
}

const refused = (port: number, what = 'Readiness') =>
  `${what} probe failed: Get "http://10.1.2.3:${port}/ready": dial tcp 10.1.2.3:${port}: connect: connection refused`;
const status = (code: number) => `Readiness probe failed: HTTP probe failed with statuscode: ${code}`;

describe('a readiness probe that cannot succeed', () => {
  it('is told by the log in a dump without any event', () => {
    const misdirected = (port: number) =>
      shop({
        container: {
          ports: [{ name: 'http', containerPort: 8080 }],
          readinessProbe: probe({ httpGet: http({ port }) }),
        },
        status: running(30 * minute),
      }).filter(({ kind }) => kind !== 'Event');
    const said: ContainerLog = {
      namespace: 'shop',
      pod: podName,
      container: 'checkout',
      previous: false,
      text: 'INFO  Server started on port 8080\n',
      at: now,
    };
    expect(run(misdirected(9090), [said])).toMatchObject([
      { code: 'probe-port-wrong', cause: { observed: '9090', expected: '8080 (http)' }, confidence: 'medium' },
    ]);
    const codes = (found: ReturnType<typeof run>) => found.map(({ code }) => code);
    expect(codes(run(misdirected(8080), [said]))).not.toContain('probe-port-wrong');
  });

  it.each<[why: string, given: Given, code: string, path: string, observed: string, confidence?: string]>([
    [
      'a port by a name that is not declared',
      { container: { readinessProbe: probe({ httpGet: http({ port: 'htpp' }) }) } },
      'probe-port-wrong',
      'readinessProbe.httpGet.port',
      'htpp',
    ],
    [
      'a port that nothing declares',
      { container: { readinessProbe: probe({ httpGet: http({ port: 8081 }) }) }, said: [refused(8081)] },
      'probe-port-wrong',
      'readinessProbe.httpGet.port',
      '8081',
    ],
    [
      'a port of a TCP probe',
      {
        container: { readinessProbe: probe({ tcpSocket: { port: 5432 } }) },
        said: ['Readiness probe failed: dial tcp 10.1.2.3:5432: connect: connection refused'],
      },
      'probe-port-wrong',
      'readinessProbe.tcpSocket.port',
      '5432',
    ],
    [
      'a path',
      { container: { readinessProbe: probe({ httpGet: http({ path: '/helthz' }) }) }, said: [status(404)] },
      'probe-path-wrong',
      'readinessProbe.httpGet.path',
      '/helthz',
    ],
    [
      'a path that wants a login',
      { container: { readinessProbe: probe({ httpGet: http() }) }, said: [status(401)] },
      'probe-path-wrong',
      'readinessProbe.httpGet.path',
      '/ready',
      'medium',
    ],
    [
      'HTTPS to a plain port',
      {
        container: { readinessProbe: probe({ httpGet: http({ scheme: 'HTTPS' }) }) },
        said: [
          'Readiness probe failed: Get "https://10.1.2.3:8080/ready": http: server gave HTTP response to HTTPS client',
        ],
      },
      'probe-scheme-wrong',
      'readinessProbe.httpGet.scheme',
      'HTTPS',
    ],
    [
      'HTTP to a TLS port',
      {
        container: { readinessProbe: probe({ httpGet: http() }) },
        said: [
          'Readiness probe failed: Get "http://10.1.2.3:8080/ready": net/http: HTTP/1.x transport connection broken: malformed HTTP response "\\x15\\x03\\x01\\x00\\x02\\x02"',
        ],
      },
      'probe-scheme-wrong',
      'readinessProbe.httpGet.scheme',
      'HTTP',
    ],
    [
      'HTTP to a gRPC port',
      {
        container: { readinessProbe: probe({ httpGet: http() }) },
        said: [
          'Readiness probe failed: Get "http://10.1.2.3:8080/ready": net/http: HTTP/1.x transport connection broken: malformed HTTP response "\\x00\\x00\\x06\\x04\\x00\\x00"',
        ],
      },
      'probe-scheme-wrong',
      'readinessProbe.httpGet',
      'httpGet',
    ],
    [
      'a gRPC health service that is not there',
      {
        container: { readinessProbe: probe({ grpc: { port: 8080 } }) },
        said: [
          'Readiness probe failed: error: this server does not implement the grpc health protocol (grpc.health.v1.Health): unknown service grpc.health.v1.Health',
        ],
      },
      'probe-scheme-wrong',
      'readinessProbe.grpc',
      'grpc',
    ],
    [
      'a program that the image lacks',
      {
        container: { readinessProbe: probe({ exec: { command: ['curl', '-f', 'localhost'] } }) },
        said: [
          'Readiness probe errored and resulted in unknown state: rpc error: code = Unknown desc = failed to exec in container: failed to start exec "x": OCI runtime exec failed: exec failed: unable to start container process: exec: "curl": executable file not found in $PATH: unknown',
        ],
      },
      'probe-exec-failing',
      'readinessProbe.exec.command[0]',
      'curl',
    ],
    [
      'a command that ends with an error',
      {
        container: { readinessProbe: probe({ exec: { command: ['cat', '/tmp/healthy'] } }) },
        said: ["Readiness probe failed: cat: can't open '/tmp/healthy': No such file or directory"],
      },
      'probe-exec-failing',
      'readinessProbe.exec.command',
      'cat /tmp/healthy',
      'medium',
    ],
    [
      'an answer that takes too long',
      {
        container: { readinessProbe: probe({ httpGet: http() }, { timeoutSeconds: 1 }) },
        said: [
          'Readiness probe failed: Get "http://10.1.2.3:8080/ready": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
        ],
      },
      'probe-timing-too-short',
      'readinessProbe.timeoutSeconds',
      '1',
      'medium',
    ],
    [
      'no more than that it fails',
      { container: { readinessProbe: probe({ httpGet: http() }) }, said: [status(503)] },
      'probe-failing',
      'readinessProbe',
      'HTTP status 503',
      'medium',
    ],
  ])('names %s', (_why, given, code, path, observed, confidence = 'high') => {
    expect(run(shop(given))).toMatchObject([
      {
        code,
        object: { kind: 'Deployment', name: 'checkout' },
        confidence,
        cause: { path: `${container0}.${path}`, observed },
        pods: [`shop/${podName}`],
      },
    ]);
  });

  it('compares with the revision that worked', () => {
    const found = run(
      shop({
        container: { readinessProbe: probe({ httpGet: http({ path: '/new' }) }) },
        former: { readinessProbe: probe({ httpGet: http({ path: '/old' }) }) },
        said: [status(404)],
      }),
    );
    expect(found).toMatchObject([
      { code: 'probe-path-wrong', cause: { observed: '/new', expected: '/old (revision 1)' } },
    ]);
    expect(found[0]?.support.map(({ kind }) => kind)).toContain('change');
  });

  it('takes 404 for a wrong port where only the port was changed', () => {
    const given = {
      container: { readinessProbe: probe({ httpGet: http({ port: 9191 }) }) },
      former: { readinessProbe: probe({ httpGet: http() }) },
      said: [status(404)],
    };
    expect(run(shop(given))).toMatchObject([
      { code: 'probe-port-wrong', cause: { observed: '9191', expected: '8080 (revision 1)' } },
    ]);
  });

  it('believes a log about the port only so far', () => {
    const log: ContainerLog = {
      namespace: 'shop',
      pod: podName,
      container: 'checkout',
      previous: false,
      text: 'Server listening on :9999',
      at: now,
    };
    const objects = shop({ container: { readinessProbe: probe({ httpGet: http() }) }, said: [refused(8080)] });
    expect(run(objects)).toMatchObject([{ code: 'probe-failing' }]);
    expect(run(objects, [log])).toMatchObject([
      { code: 'probe-port-wrong', confidence: 'medium', cause: { expected: '9999' } },
    ]);
  });

  it('does not take a port for wrong that a Service sends to, or that the process says it listens on', () => {
    const objects = shop({
      container: { readinessProbe: probe({ httpGet: http({ port: 8081 }) }) },
      said: [refused(8081)],
    });
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'checkout', namespace: 'shop', uid: 'u-svc' },
      spec: { selector: { app: 'checkout' }, ports: [{ port: 80, targetPort: 8081 }] },
    } as WireObject;
    const log: ContainerLog = {
      namespace: 'shop',
      pod: podName,
      container: 'checkout',
      previous: false,
      text: 'listening on 0.0.0.0:8081',
      at: now,
    };
    expect(run([...objects, service])).toMatchObject([{ code: 'probe-failing' }]);
    expect(run(objects, [log])).toMatchObject([{ code: 'probe-failing' }]);
  });

  it('tells one cause of two probes once', () => {
    const wrong = probe({ httpGet: http({ port: 'web' }) });
    expect(
      run(
        shop({
          container: { readinessProbe: wrong, livenessProbe: wrong, startupProbe: wrong },
          status: running(5 * minute, { started: false }),
        }),
      ),
    ).toMatchObject([{ code: 'probe-port-wrong', cause: { path: `${container0}.startupProbe.httpGet.port` } }]);
  });

  it.each<[why: string, given: Given]>([
    [
      'the container is ready',
      {
        container: { readinessProbe: probe({ httpGet: http({ port: 8081 }) }) },
        said: [refused(8081)],
        status: running(hour, { ready: true }),
      },
    ],
    [
      'it was started a moment ago',
      {
        container: { readinessProbe: probe({ httpGet: http({ port: 8081 }) }) },
        said: [refused(8081)],
        status: running(20 * second),
      },
    ],
    [
      'the event is of a former run',
      {
        container: { readinessProbe: probe({ httpGet: http({ port: 8081 }) }) },
        said: [refused(8081)],
        status: running(2 * minute),
        more: { agoMs: 10 * minute },
      },
    ],
    [
      'the event is of a former pod',
      { container: { readinessProbe: probe({ httpGet: http() }) }, said: [status(404)], more: { uid: 'former' } },
    ],
    [
      'no event was kept and it runs for less than minutes',
      { container: { readinessProbe: probe({ httpGet: http() }) }, status: running(4 * minute) },
    ],
    [
      'the startup probe has not succeeded yet',
      {
        container: { readinessProbe: probe({ httpGet: http() }), startupProbe: probe({ httpGet: http() }) },
        said: [status(404)],
        status: running(5 * minute, { started: false }),
      },
    ],
    [
      'the process crashes by itself',
      {
        container: { readinessProbe: probe({ httpGet: http() }) },
        said: [refused(8080)],
        status: backOff(terminated({ agoMs: 20 * second })),
      },
    ],
  ])('is silent when %s', (_why, given) => {
    expect(run(shop(given))).toEqual([]);
  });

  it('says no more than that it fails when no event was kept and nothing contradicts the probe', () => {
    const [found, ...rest] = run(
      shop({ container: { readinessProbe: probe({ httpGet: http() }) }, status: running(hour) }),
    );
    expect(rest).toEqual([]);
    expect(found).toMatchObject({
      code: 'probe-failing',
      confidence: 'low',
      cause: { path: `${container0}.readinessProbe` },
    });
  });

  it('takes a gRPC probe that gets no connection at an undeclared port for a wrong port, at a declared one for failing', () => {
    const said = [
      'Readiness probe failed: timeout: failed to connect service "10.1.2.3:50052" within 1s: context deadline exceeded',
    ];
    const at = (port: number) => run(shop({ container: { readinessProbe: probe({ grpc: { port } }) }, said }));
    expect(at(50_052)).toMatchObject([{ code: 'probe-port-wrong', cause: { observed: '50052' } }]);
    expect(at(8080)).toMatchObject([{ code: 'probe-failing', cause: { observed: 'no connection in time' } }]);
  });

  it('hears an event of a container by its place', () => {
    const objects = shop({ container: { readinessProbe: probe({ httpGet: http() }) }, said: [status(404)] });
    const other = JSON.parse(
      JSON.stringify(objects).replaceAll('spec.containers{checkout}', 'spec.containers{proxy}'),
    ) as WireObject[];
    expect(run(objects)).toHaveLength(1);
    expect(run(other)).toEqual([]);
  });
});

describe('a liveness or startup probe that kills', () => {
  const killed = (ranMs: number, agoMs = 15 * second) => backOff(terminated({ exitCode: 137, agoMs, ranMs }), 5);
  const killing = 'Container checkout failed liveness probe, will be restarted';
  const liveness = (more: object = {}) => ({
    livenessProbe: probe({ httpGet: http() }, { periodSeconds: 5, initialDelaySeconds: 5, ...more }),
  });

  it('names the port that nothing declares', () => {
    const given = {
      container: { livenessProbe: probe({ httpGet: http({ port: 8081 }) }) },
      said: [refused(8081, 'Liveness'), killing],
      status: killed(60 * second),
    };
    expect(run(shop(given))).toMatchObject([
      { code: 'probe-port-wrong', confidence: 'high', cause: { path: `${container0}.livenessProbe.httpGet.port` } },
    ]);
  });

  it('says that the time to start is too short, likely as long as nothing proves it', () => {
    const given = { container: liveness(), said: [refused(8080, 'Liveness'), killing], status: killed(50 * second) };
    expect(run(shop(given))).toMatchObject([
      {
        code: 'probe-timing-too-short',
        confidence: 'medium',
        cause: { path: `${container0}.livenessProbe.initialDelaySeconds`, observed: '5' },
      },
    ]);
  });

  it('is sure with a former revision that granted more', () => {
    const given = {
      container: liveness(),
      former: liveness({ initialDelaySeconds: 90 }),
      said: [refused(8080, 'Liveness'), killing],
      status: killed(50 * second),
    };
    expect(run(shop(given))).toMatchObject([
      { code: 'probe-timing-too-short', confidence: 'high', cause: { expected: '90 (revision 1)' } },
    ]);
  });

  it('is sure with another pod that took longer', () => {
    const slow = pod({
      name: 'checkout-1-slow',
      status: {
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: ago(hour - 45 * second) }],
        containerStatuses: [
          {
            name: 'checkout',
            image: goodImage,
            ready: true,
            restartCount: 0,
            state: { running: { startedAt: ago(hour) } },
          },
        ],
      },
    });
    const given = { container: liveness(), said: [refused(8080, 'Liveness'), killing], status: killed(50 * second) };
    expect(run([...shop(given), slow])).toMatchObject([
      {
        code: 'probe-timing-too-short',
        confidence: 'high',
        summary: expect.stringContaining('another pod needed 45 s'),
      },
    ]);
  });

  it('is sure where hardly any time is granted', () => {
    const given = {
      container: liveness({ initialDelaySeconds: 0, periodSeconds: 1, failureThreshold: 2 }),
      said: [refused(8080, 'Liveness'), killing],
      status: killed(33 * second),
    };
    expect(run(shop(given))).toMatchObject([{ code: 'probe-timing-too-short', confidence: 'high' }]);
  });

  it('speaks of the threshold of a startup probe', () => {
    const startup = { startupProbe: probe({ httpGet: http() }, { periodSeconds: 2, failureThreshold: 3 }) };
    const given = {
      container: startup,
      said: [refused(8080, 'Startup'), 'Container checkout failed startup probe, will be restarted'],
      status: killed(20 * second),
    };
    expect(run(shop(given))).toMatchObject([
      { code: 'probe-timing-too-short', cause: { path: `${container0}.startupProbe.failureThreshold`, observed: '3' } },
    ]);
  });

  it.each<[why: string, given: Given]>([
    [
      'the process ran well for long before, which is told by others',
      { container: liveness(), said: [refused(8080, 'Liveness'), killing], status: killed(20 * minute, 10 * second) },
    ],
    [
      'the process ends by itself',
      {
        container: liveness(),
        said: [refused(8080, 'Liveness')],
        status: backOff(terminated({ exitCode: 1, agoMs: 10 * second })),
      },
    ],
    [
      'it is killed for memory',
      {
        container: liveness(),
        said: [refused(8080, 'Liveness')],
        status: backOff(terminated({ reason: 'OOMKilled', exitCode: 137, agoMs: 10 * second })),
      },
    ],
    [
      'it has recovered',
      {
        container: liveness(),
        said: [refused(8080, 'Liveness')],
        status: {
          ...running(hour, { ready: true, restartCount: 2 }),
          lastState: terminated({ exitCode: 137, agoMs: hour }),
        },
        more: { agoMs: hour },
      },
    ],
  ])('is silent when %s', (_why, given) => {
    expect(run(shop(given))).toEqual([]);
  });
});
