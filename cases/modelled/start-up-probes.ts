import { coded, type Scene } from './case.ts';
import type { ContainerState } from './pod-model.ts';
import { type App, alerts, app, crashes, serving, stamped, unhealthy } from './recipes.ts';
import type { Wire } from './wire.ts';

const unless = (well: boolean, state: ContainerState) => (well ? {} : { state });

const asked = (made: App, alert = alerts.notReady(made)) => ({
  alert,
  namespace: made.namespace,
  object: `${made.kind}/${made.namespace}/${made.name}`,
});

type Probes = {
  readonly kind: 'Readiness' | 'Liveness';
  readonly probe: Wire;
  readonly message: string;
  readonly log?: readonly string[];
};

/** A revision whose probe fails: readiness leaves it not ready, liveness kills it. */
function probed(
  s: Scene,
  well: boolean,
  make: (port: number) => { readonly good: Wire; readonly bad: Probes },
): App & { readonly ip: string } {
  const port = s.w.names.port();
  const { good, bad } = make(port);
  const field = bad.kind === 'Readiness' ? 'readinessProbe' : 'livenessProbe';
  const minutes = s.w.random.int(6, 45);
  const made = app(s.w, {
    port,
    container: { [field]: well ? good : bad.probe },
    before: { [field]: good },
    changedMinutesAgo: minutes,
    stuck: !well,
    ...unless(
      well,
      bad.kind === 'Readiness'
        ? { is: 'running', ready: false, sinceMinutesAgo: minutes - 0.1 }
        : {
            is: 'running',
            ready: true,
            sinceMinutesAgo: 0.4,
            restarts: 6,
            last: { exitCode: 137, reason: 'Error', ranSeconds: 40, endedMinutesAgo: 0.5 },
          },
    ),
  });
  for (const pod of made.pods) {
    s.w.log(pod, made.container, bad.log ?? [`server listening on 0.0.0.0:${port}`]);
    if (well) continue;
    if (bad.kind === 'Liveness' && pod.states.get(made.container)?.is === 'running')
      s.w.log(pod, made.container, bad.log ?? [`server listening on 0.0.0.0:${port}`], true);
    pod.events.push({
      ...unhealthy(bad.kind, bad.message.replaceAll('IP', pod.ip), Math.max(6, minutes * 5), minutes),
      container: made.container,
    });
    if (bad.kind === 'Liveness')
      pod.events.push({
        type: 'Normal',
        reason: 'Killing',
        message: `Container ${made.container} failed liveness probe, will be restarted`,
        count: 6,
        fromMinutesAgo: minutes - 1,
        toMinutesAgo: 0.6,
        container: made.container,
      });
  }
  return { ...made, ip: made.pod.ip };
}

const http = (path: string, port: unknown, more: Wire = {}, probe: Wire = {}): Wire => ({
  httpGet: { path, port, ...more },
  initialDelaySeconds: 5,
  ...probe,
});

const killing = [...crashes, 'liveness-probe-kills'];

/** Ports, paths, schemes, timing, commands of probes, and probes that are right. */
export const probes = {
  ...coded(
    'probe-port-wrong',
    {
      readiness: (s, well) => {
        const wrong = s.w.random.int(9500, 9900);
        const made = probed(s, well, (port) => ({
          good: http('/ready', port),
          bad: {
            kind: 'Readiness',
            probe: http('/ready', wrong),
            message: `Get "http://IP:${wrong}/ready": dial tcp IP:${wrong}: connect: connection refused`,
          },
        }));
        return {
          about: 'A readiness probe on a port where nobody listens.',
          object: made.ref,
          says: [String(wrong)],
          alsoTrue: serving,
          ask: asked(made),
        };
      },
      liveness: (s, well) => {
        const wrong = s.w.random.int(9500, 9900);
        const made = probed(s, well, (port) => ({
          good: { tcpSocket: { port } },
          bad: {
            kind: 'Liveness',
            probe: { tcpSocket: { port: wrong }, initialDelaySeconds: 10 },
            message: `dial tcp IP:${wrong}: connect: connection refused`,
          },
        }));
        return {
          about: 'A liveness probe on a port where nobody listens kills it.',
          object: made.ref,
          says: [String(wrong)],
          alsoTrue: killing,
          ask: asked(made, alerts.crashLooping(made, made.container)),
        };
      },
    },
    {
      'not-up-yet': (s) => {
        const made = probed(s, false, (port) => ({
          good: http('/ready', port),
          bad: { kind: 'Readiness', probe: http('/ready', port), message: 'HTTP probe failed with statuscode: 503' },
        }));
        return {
          about: 'The probe asks the right port, and the application says that it is not ready.',
          code: 'probe-failing',
          object: made.ref,
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
  ),
  ...coded(
    'probe-path-wrong',
    {
      readiness: (s, well) => {
        const wrong = `/${s.w.random.pick(['healtz', 'redy', 'api/v2/health', 'actuator/helth'])}`;
        const made = probed(s, well, (port) => ({
          good: http('/healthz', port),
          bad: {
            kind: 'Readiness',
            probe: http(wrong, 'http'),
            message: 'HTTP probe failed with statuscode: 404',
            log: [`listening on :${port}`, `10.0.0.1 - - "GET ${wrong} HTTP/1.1" 404 19 "-" "kube-probe/1.30"`],
          },
        }));
        return {
          about: 'A path that the application does not serve.',
          object: made.ref,
          says: [wrong],
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
    {
      unauthorized: (s) => {
        const made = probed(s, false, (port) => ({
          good: http('/healthz', port),
          bad: { kind: 'Readiness', probe: http('/healthz', port), message: 'HTTP probe failed with statuscode: 500' },
        }));
        return {
          about: 'The path is there, and answers with an error of its own.',
          code: 'probe-failing',
          object: made.ref,
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
  ),
  ...coded(
    'probe-scheme-wrong',
    {
      'https-to-http': (s, well) => {
        const made = probed(s, well, (port) => ({
          good: http('/healthz', port),
          bad: {
            kind: 'Readiness',
            probe: http('/healthz', port, { scheme: 'HTTPS' }),
            message: `Get "https://IP:${port}/healthz": http: server gave HTTP response to HTTPS client`,
          },
        }));
        return {
          about: 'The probe speaks HTTPS, the application HTTP.',
          object: made.ref,
          says: ['HTTPS'],
          alsoTrue: serving,
          ask: asked(made),
        };
      },
      'http-to-https': (s, well) => {
        const made = probed(s, well, (port) => ({
          good: http('/healthz', port, { scheme: 'HTTPS' }),
          bad: {
            kind: 'Liveness',
            probe: http('/healthz', port),
            message: 'HTTP probe failed with statuscode: 400',
            log: [
              `serving TLS on :${port}`,
              'http: TLS handshake error from 10.20.0.3:40122: client sent an HTTP request to an HTTPS server',
              'Client sent an HTTP request to an HTTPS server.',
            ],
          },
        }));
        return {
          about: 'The probe speaks HTTP, the application HTTPS.',
          object: made.ref,
          alsoTrue: killing,
          ask: asked(made),
        };
      },
    },
    {
      path: (s) => {
        const made = probed(s, false, (port) => ({
          good: http('/healthz', port, { scheme: 'HTTPS' }),
          bad: {
            kind: 'Readiness',
            probe: http('/helthz', port, { scheme: 'HTTPS' }),
            message: 'HTTP probe failed with statuscode: 404',
          },
        }));
        return {
          about: 'HTTPS is right; the path is not.',
          code: 'probe-path-wrong',
          object: made.ref,
          says: ['/helthz'],
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
  ),
  ...coded(
    'probe-timing-too-short',
    {
      'slow-start': (s, well) => {
        const made = probed(s, well, (port) => ({
          good: http('/healthz', port, {}, { initialDelaySeconds: 120, failureThreshold: 6 }),
          bad: {
            kind: 'Liveness',
            probe: http('/healthz', port, {}, { initialDelaySeconds: 5, periodSeconds: 5, failureThreshold: 2 }),
            message: `Get "http://IP:${port}/healthz": dial tcp IP:${port}: connect: connection refused`,
            log: stamped(s.w, [
              'INFO  Starting Application v2 using Java 21',
              'INFO  HikariPool-1 - Start completed.',
              'INFO  Loading 48000 rules into memory',
              'INFO  12000 of 48000 rules loaded',
            ]),
          },
        }));
        if (!well)
          for (const pod of made.pods)
            pod.states.set(made.container, {
              is: 'running',
              ready: false,
              sinceMinutesAgo: 0.1,
              restarts: 7,
              last: { exitCode: 143, reason: 'Error', ranSeconds: 16, endedMinutesAgo: 0.2 },
            });
        return {
          about: 'Killed while it starts: it needs longer than the liveness probe waits.',
          object: made.ref,
          alsoTrue: killing,
          ask: asked(made, alerts.crashLooping(made, made.container)),
        };
      },
      timeout: (s, well) => {
        const made = probed(s, well, (port) => ({
          good: http('/health/deep', port, {}, { timeoutSeconds: 10 }),
          bad: {
            kind: 'Readiness',
            probe: http('/health/deep', port, {}, { timeoutSeconds: 1 }),
            message: `Get "http://IP:${port}/health/deep": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
            log: stamped(s.w, [
              `listening on ${port}`,
              'GET /health/deep 200 2210ms',
              'GET /health/deep 200 2387ms',
              'GET /health/deep 200 1950ms',
            ]),
          },
        }));
        return {
          about: 'The health page takes two seconds, the probe waits one.',
          object: made.ref,
          says: ['timeoutSeconds'],
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
    {
      hangs: (s) => {
        const made = app(s.w, {
          container: { livenessProbe: http('/healthz', 'http', {}, { initialDelaySeconds: 30, timeoutSeconds: 5 }) },
          state: {
            is: 'running',
            sinceMinutesAgo: 9,
            restarts: 5,
            last: { exitCode: 137, reason: 'Error', ranSeconds: 1300, endedMinutesAgo: 9.1 },
          },
        });
        for (const pod of made.pods) {
          pod.events.push({
            ...unhealthy(
              'Liveness',
              `Get "http://${pod.ip}:${made.port}/healthz": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
              12,
              55,
              9.2,
            ),
            container: made.container,
          });
          pod.events.push({
            type: 'Normal',
            reason: 'Killing',
            message: `Container ${made.container} failed liveness probe, will be restarted`,
            count: 3,
            fromMinutesAgo: 55,
            toMinutesAgo: 9.2,
            container: made.container,
          });
          s.w.log(
            pod,
            made.container,
            stamped(
              s.w,
              ['serving', 'WARN worker pool exhausted: 64 of 64 busy', 'WARN request waited 41s for a worker'],
              9.5,
            ),
            true,
          );
        }
        return {
          about: 'It runs well for twenty minutes and then hangs: the probe is right to kill it.',
          code: 'liveness-probe-kills',
          object: made.ref,
          alsoTrue: crashes,
          ask: asked(made, alerts.crashLooping(made, made.container)),
        };
      },
    },
  ),
  ...coded(
    'probe-exec-failing',
    {
      'not-there': (s, well) => {
        const binary = s.w.random.pick(['/bin/grpc_health_probe', '/usr/local/bin/healthcheck', '/bin/curl']);
        const made = probed(s, well, (port) => ({
          good: { exec: { command: ['cat', '/tmp/ready'] } },
          bad: {
            kind: 'Readiness',
            probe: { exec: { command: [binary, `-addr=:${port}`] } },
            message: `errored: rpc error: code = Unknown desc = failed to exec in container: failed to start exec "${s.w.random.hex(64)}": OCI runtime exec failed: exec failed: unable to start container process: exec: "${binary}": stat ${binary}: no such file or directory: unknown`,
          },
        }));
        return {
          about: 'The probe runs a program that the image does not hold.',
          object: made.ref,
          says: [binary],
          alsoTrue: serving,
          ask: asked(made),
        };
      },
      'exit-code': (s, well) => {
        const made = probed(s, well, () => ({
          good: { exec: { command: ['pg_isready', '-U', 'app'] } },
          bad: {
            kind: 'Readiness',
            probe: { exec: { command: ['pg_isready', '-U', 'app', '-p', '5433'] } },
            message: '/var/run/postgresql:5433 - no response',
            log: [
              'LOG:  listening on IPv4 address "0.0.0.0", port 5432',
              'LOG:  database system is ready to accept connections',
            ],
          },
        }));
        return {
          about: 'A command probe that asks the wrong port.',
          object: made.ref,
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
    {
      http: (s) => {
        const made = probed(s, false, (port) => ({
          good: http('/ready', port),
          bad: { kind: 'Readiness', probe: http('/ready', port), message: 'HTTP probe failed with statuscode: 503' },
        }));
        return {
          about: 'An HTTP probe that the application answers with 503.',
          code: 'probe-failing',
          object: made.ref,
          alsoTrue: serving,
          ask: asked(made),
        };
      },
    },
  ),
  ...coded('probe-failing', {
    'not-ready-503': (s, well) => {
      const made = probed(s, well, (port) => ({
        good: http('/ready', port),
        bad: {
          kind: 'Readiness',
          probe: http('/ready', port),
          message: 'HTTP probe failed with statuscode: 503',
          log: stamped(s.w, [`listening on :${port}`, 'warming caches', 'GET /ready 503']),
        },
      }));
      return {
        about: 'The application answers that it is not ready.',
        object: made.ref,
        alsoTrue: serving,
        ask: asked(made),
      };
    },
  }),
};
