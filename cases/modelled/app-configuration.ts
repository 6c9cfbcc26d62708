import { coded, family, type Outcome, type Scene } from './case.ts';
import {
  exhausted,
  expired,
  type Language,
  languages,
  noTable,
  readOnly,
  refused,
  rejected,
  timedOut,
  unknownHost,
  untrusted,
  type Wanted,
  wrongHost,
} from './client-logs.ts';
import { type App, alerts, app, crashes, crashing, serving, stamped } from './recipes.ts';
import type { Wire } from './wire.ts';

type Server = App & { readonly serverPort: number; readonly clusterIp: string };
type Config = 'env' | 'configMap' | 'url';

/** A database of the usual kind, with its Service. */
function database(
  s: Scene,
  namespace: string,
  plan: { readonly kind?: 'postgres' | 'mysql' | 'redis'; readonly state?: Parameters<typeof app>[1] } = {},
): Server {
  const { w } = s;
  const kind = plan.kind ?? 'postgres';
  const serverPort = { postgres: 5432, mysql: 3306, redis: 6379 }[kind];
  const name = `${w.names.workload()}-${w.random.pick(['db', 'pg', 'store', 'primary'])}`;
  const made = app(w, {
    kind: 'StatefulSet',
    replicas: 1,
    namespace,
    name,
    port: serverPort,
    withService: false,
    container: {
      image: `docker.io/library/${kind}:${w.random.int(7, 16)}.${w.random.int(0, 9)}`,
      ports: [{ name: 'client', containerPort: serverPort, protocol: 'TCP' }],
      readinessProbe: { tcpSocket: { port: serverPort } },
    },
    ...plan.state,
  });
  const clusterIp = `10.96.${w.random.int(100, 200)}.${w.random.int(2, 250)}`;
  w.service({
    namespace,
    name,
    selector: made.selector,
    clusterIP: clusterIp,
    ports: [{ name: 'client', port: serverPort }],
  });
  return { ...made, serverPort, clusterIp, host: `${name}.${namespace}.svc.cluster.local` };
}

type Client = App & { readonly config: string | undefined; readonly wanted: Wanted };

/** A workload that needs a server at an address, which it has from its environment or from a ConfigMap. */
function client(
  s: Scene,
  plan: {
    readonly namespace: string;
    readonly host: string;
    readonly port: number;
    readonly ip?: string;
    readonly well: boolean;
    readonly config?: Config;
    readonly lines: (language: Language, wanted: Wanted) => readonly string[];
    readonly runs?: boolean;
    readonly changedMinutesAgo?: number;
    readonly oldHost?: string;
    readonly more?: Parameters<typeof app>[1];
    readonly replicas?: number;
  },
): Client {
  const { w } = s;
  const { namespace, host, port, well } = plan;
  const language = w.random.pick(languages);
  const user = `${w.random.pick(['svc', 'app', 'rw', 'api'])}_${w.random.suffix(4)}`;
  const name = w.names.workload();
  const how = plan.config ?? w.random.pick<Config>(['env', 'configMap', 'url']);
  const configName = `${name}-config`;
  const prefix = w.random.pick(['DB', 'DATABASE', 'PG', 'POSTGRES']);
  const envFor = (address: string): Wire[] =>
    how === 'url'
      ? [{ name: `${prefix}_URL`, value: `postgres://${address}:${port}/${user}` }]
      : [
          { name: `${prefix}_HOST`, value: address },
          { name: `${prefix}_PORT`, value: String(port) },
          { name: `${prefix}_USER`, value: user },
        ];
  const secret = { name: `${prefix}_PASSWORD`, valueFrom: { secretKeyRef: { name: `${name}-db`, key: 'password' } } };
  const inContainer = (address: string): Wire =>
    how === 'configMap'
      ? { envFrom: [{ configMapRef: { name: configName } }], env: [secret] }
      : { env: [...envFor(address), secret] };
  const crash =
    plan.runs === true
      ? { is: 'running' as const, ready: false, sinceMinutesAgo: 200 }
      : crashing(w, { exitCode: 1, ranSeconds: 4 });
  const made = app(w, {
    namespace,
    name,
    container: inContainer(host),
    ...(plan.replicas === undefined ? {} : { replicas: plan.replicas }),
    ...(plan.oldHost === undefined
      ? {}
      : { before: inContainer(plan.oldHost), changedMinutesAgo: plan.changedMinutesAgo ?? 20, stuck: !well }),
    ...(well ? {} : { state: crash }),
    ...plan.more,
  });
  if (how === 'configMap')
    w.add(
      'v1',
      'ConfigMap',
      {
        name: configName,
        namespace,
        managedFields: [
          {
            manager: 'kubectl-edit',
            operation: 'Update',
            apiVersion: 'v1',
            time: w.iso(well ? 9000 : 26),
            fieldsType: 'FieldsV1',
            fieldsV1: { 'f:data': { [`f:${prefix}_HOST`]: {} } },
          },
        ],
      },
      {
        data: {
          [`${prefix}_HOST`]: host,
          [`${prefix}_PORT`]: String(port),
          [`${prefix}_USER`]: user,
          LOG_LEVEL: 'info',
        },
      },
    );
  const wanted: Wanted = { host, port, user, database: user, ip: plan.ip ?? '10.96.77.8', nowMs: w.nowMs };
  for (const pod of made.pods) {
    const lines = well ? ['connected', 'serving'] : plan.lines(language, wanted);
    if (plan.runs === true || well) w.log(pod, made.container, stamped(w, lines, 0.3));
    else for (const previous of [true, false]) w.log(pod, made.container, ['starting', ...lines], previous);
    if (!well && plan.runs === true)
      pod.events.push({
        type: 'Warning',
        reason: 'Unhealthy',
        message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
        count: 40,
        fromMinutesAgo: 58,
        toMinutesAgo: 0.2,
        container: made.container,
      });
  }
  return { ...made, config: how === 'configMap' ? `ConfigMap ${namespace}/${configName}` : undefined, wanted };
}

const either = (made: Client): readonly string[] => (made.config === undefined ? [made.ref] : [made.ref, made.config]);
const asked = (made: App) => ({
  alert: alerts.crashLooping(made, made.container),
  namespace: made.namespace,
  object: `${made.kind}/${made.namespace}/${made.name}`,
});
const symptoms = [...crashes, 'probe-failing', 'recent-change'];

function misspelt(s: Scene, well: boolean, config: Config): { readonly made: Client; readonly wrong: string } {
  const namespace = s.w.names.namespace();
  const server = database(s, namespace);
  const right = server.name;
  const wrong = `${right.slice(0, 3)}${right.slice(4)}`;
  const made = client(s, {
    namespace,
    host: well ? right : wrong,
    port: server.serverPort,
    well,
    config,
    lines: (language, wanted) => unknownHost[language](wanted),
    oldHost: right,
  });
  return { made, wrong };
}

const addresses = {
  ...coded(
    'dependency-host-wrong',
    {
      env: (s, well) => {
        const { made, wrong } = misspelt(s, well, 'env');
        return {
          about: 'A new revision misspells the host of its database.',
          object: made.ref,
          says: [wrong],
          alsoTrue: symptoms,
          ask: asked(made),
        };
      },
      'config-map': (s, well) => {
        const { made, wrong } = misspelt(s, well, 'configMap');
        return {
          about: 'A ConfigMap misspells the host of a database.',
          object: made.config ?? made.ref,
          says: [wrong],
          alsoTrue: symptoms,
          ask: asked(made),
        };
      },
      url: (s, well) => {
        const { made, wrong } = misspelt(s, well, 'url');
        return {
          about: 'A connection URL names a host that does not exist.',
          object: made.ref,
          says: [wrong],
          alsoTrue: symptoms,
          ask: asked(made),
        };
      },
      'other-namespace': (s, well) => {
        const namespace = s.w.names.namespace();
        const other = s.w.names.namespace();
        const server = database(s, other);
        const host = well ? server.host : `${server.name}.${namespace}.svc.cluster.local`;
        const made = client(s, {
          namespace,
          host,
          port: server.serverPort,
          well,
          config: 'env',
          lines: (language, wanted) => unknownHost[language](wanted),
        });
        return {
          about: 'The host is right, its namespace is not.',
          object: made.ref,
          says: [host],
          alsoTrue: symptoms,
          ask: asked(made),
        };
      },
    },
    {
      dns: (s) => {
        const namespace = s.w.names.namespace();
        const server = database(s, namespace);
        for (const pod of s.base.coredns.pods) {
          pod.states.set('coredns', crashing(s.w, { exitCode: 1, ranSeconds: 1 }, 20));
          s.w.log(
            pod,
            'coredns',
            ["/etc/coredns/Corefile:4 - Error during parsing: Unknown directive 'reloadd'"],
            true,
          );
        }
        const made = client(s, {
          namespace,
          host: server.name,
          port: server.serverPort,
          well: false,
          config: 'env',
          lines: (_language, { host }) => [
            `lookup ${host} on 10.96.0.10:53: read udp 10.244.1.9:52711->10.96.0.10:53: i/o timeout`,
          ],
        });
        return {
          about: 'The host is right; nobody answers DNS.',
          code: 'dns-failing',
          object: ['Deployment kube-system/coredns', 'ConfigMap kube-system/coredns', 'Service kube-system/kube-dns'],
          alsoTrue: [...symptoms, 'dependency-down'],
          ask: asked(made),
        };
      },
    },
  ),
  ...coded(
    'dependency-port-wrong',
    {
      env: (s, well) => {
        const namespace = s.w.names.namespace();
        const server = database(s, namespace);
        const port = well ? server.serverPort : server.serverPort + s.w.random.int(1, 9);
        const made = client(s, {
          namespace,
          host: server.name,
          port,
          ip: server.clusterIp,
          well,
          config: 'env',
          lines: (language, wanted) => refused[language](wanted),
          oldHost: server.name,
        });
        return {
          about: 'The port that the environment gives is not that of the Service.',
          object: made.ref,
          says: [String(port)],
          alsoTrue: symptoms,
          ask: asked(made),
        };
      },
      'config-map': (s, well) => {
        const namespace = s.w.names.namespace();
        const server = database(s, namespace);
        const failure = s.w.random.chance(0.5) ? refused : timedOut;
        const port = well ? server.serverPort : 3306;
        const made = client(s, {
          namespace,
          host: server.host,
          port,
          ip: server.clusterIp,
          well,
          config: 'configMap',
          lines: (language, wanted) => failure[language](wanted),
        });
        return {
          about: 'A ConfigMap gives the port of another kind of database.',
          object: made.config ?? made.ref,
          says: [String(port)],
          alsoTrue: symptoms,
          ask: asked(made),
        };
      },
    },
    {
      down: (s) => {
        const namespace = s.w.names.namespace();
        const server = database(s, namespace, { state: { state: crashing(s.w, { exitCode: 1, ranSeconds: 3 }) } });
        for (const pod of server.pods)
          s.w.log(
            pod,
            server.container,
            ['FATAL:  data directory "/var/lib/postgresql/data" has invalid permissions'],
            true,
          );
        const made = client(s, {
          namespace,
          host: server.name,
          port: server.serverPort,
          ip: server.clusterIp,
          well: false,
          config: 'env',
          lines: (language, wanted) => refused[language](wanted),
        });
        return {
          about: 'Refused, because the database itself crashes.',
          code: ['dependency-down', 'container-crash-looping', 'volume-permission-denied'],
          object: [server.ref, `Service ${namespace}/${server.name}`],
          alsoTrue: [...symptoms, 'dependency-down', 'volume-permission-denied'],
          notClaimed: ['dependency-host-wrong'],
          ask: asked(made),
        };
      },
    },
  ),
  ...coded(
    'dependency-credentials-rejected',
    {
      password: (s, well) => {
        const namespace = s.w.names.namespace();
        const server = database(s, namespace);
        const made = client(s, {
          namespace,
          host: server.name,
          port: server.serverPort,
          ip: server.clusterIp,
          well,
          lines: (language, wanted) => rejected[language](wanted),
        });
        return {
          about: 'The database refuses the password.',
          object: either(made),
          says: [],
          alsoTrue: symptoms,
          ask: asked(made),
        };
      },
      redis: (s, well) => {
        const namespace = s.w.names.namespace();
        const server = database(s, namespace, { kind: 'redis' });
        const made = client(s, {
          namespace,
          host: server.name,
          port: server.serverPort,
          ip: server.clusterIp,
          well,
          config: 'env',
          lines: () => [
            s.w.random.pick([
              'ReplyError: WRONGPASS invalid username-password pair or user is disabled.',
              'redis.exceptions.AuthenticationError: NOAUTH Authentication required.',
              'NOAUTH Authentication required.',
            ]),
          ],
        });
        return { about: 'Redis refuses the password.', object: either(made), alsoTrue: symptoms, ask: asked(made) };
      },
    },
    {
      exhausted: (s) => {
        const namespace = s.w.names.namespace();
        const server = database(s, namespace);
        const made = client(s, {
          namespace,
          host: server.name,
          port: server.serverPort,
          ip: server.clusterIp,
          well: false,
          lines: (language, wanted) => exhausted[language](wanted),
        });
        return {
          about: 'Refused too, because there are too many clients.',
          code: 'database-connections-exhausted',
          object: [server.ref, `Service ${namespace}/${server.name}`],
          alsoTrue: symptoms,
          ask: asked(made),
        };
      },
    },
  ),
  ...coded('dependency-down', {
    'scaled-away': (s, well) => {
      const namespace = s.w.names.namespace();
      const server = database(s, namespace, {
        state: well ? {} : { state: { is: 'running', ready: false, sinceMinutesAgo: 30 } },
      });
      for (const pod of well ? [] : server.pods) {
        s.w.log(
          pod,
          server.container,
          [
            'LOG:  database system was interrupted; last known up at 2025-11-02 03:11:09 UTC',
            'LOG:  redo starts at 8/1A0028',
            'FATAL:  the database system is starting up',
          ],
          false,
        );
        pod.events.push({
          type: 'Warning',
          reason: 'Unhealthy',
          message: `Readiness probe failed: dial tcp ${pod.ip}:${server.serverPort}: connect: connection refused`,
          count: 180,
          fromMinutesAgo: 30,
          toMinutesAgo: 0.1,
          container: server.container,
        });
      }
      const made = client(s, {
        namespace,
        host: server.name,
        port: server.serverPort,
        ip: server.clusterIp,
        well,
        config: 'env',
        runs: true,
        lines: (language, wanted) => refused[language](wanted),
      });
      return {
        about: 'The database is not ready; its clients cannot work.',
        code: ['dependency-down', 'probe-failing', 'service-no-ready-endpoints', 'probe-timing-too-short'],
        object: [server.ref, `Service ${namespace}/${server.name}`],
        alsoTrue: [...symptoms, 'dependency-down', 'probe-timing-too-short'],
        notClaimed: ['dependency-host-wrong', 'dependency-port-wrong'],
        ask: asked(made),
      };
    },
    'called-service': (s, well) => {
      const namespace = s.w.names.namespace();
      const server = app(s.w, {
        namespace,
        replicas: 2,
        before: {},
        container: { image: s.w.names.image('broken') },
        changedMinutesAgo: 18,
        ...(well ? {} : { state: crashing(s.w, { exitCode: 1, ranSeconds: 2 }) }),
      });
      for (const pod of well ? [] : server.pods)
        s.w.log(
          pod,
          server.container,
          [
            "TypeError: Cannot read properties of undefined (reading 'routes')",
            '    at Object.<anonymous> (/app/dist/index.js:44:19)',
          ],
          true,
        );
      const made = app(s.w, {
        namespace,
        container: { env: [{ name: 'UPSTREAM_URL', value: `http://${server.name}:${server.servicePort}` }] },
      });
      for (const pod of made.pods)
        s.w.log(
          pod,
          made.container,
          stamped(
            s.w,
            well
              ? ['GET /v1 200']
              : [
                  `ERROR call to http://${server.name}:${server.servicePort}/v1 failed: connect ECONNREFUSED`,
                  'GET /v1 502',
                  `ERROR call to http://${server.name}:${server.servicePort}/v1 failed: connect ECONNREFUSED`,
                  'GET /v1 502',
                ],
            0.2,
          ),
        );
      s.w.call(`${namespace}/${made.name}`, `${namespace}/${server.name}`);
      return {
        about: 'A service that others call crashes.',
        code: ['container-crash-looping', 'dependency-down'],
        object: [server.ref, server.service],
        alsoTrue: [...serving, 'dependency-down', 'recent-change'],
        ask: { namespace, object: `Deployment/${namespace}/${server.name}` },
      };
    },
  }),
};

const databases = {
  ...coded(
    'database-connections-exhausted',
    {
      clients: (s, well) => {
        const namespace = s.w.names.namespace();
        const server = database(s, namespace);
        const made = client(s, {
          namespace,
          host: server.name,
          port: server.serverPort,
          ip: server.clusterIp,
          well,
          runs: true,
          replicas: 4,
          lines: (language, wanted) => exhausted[language](wanted),
        });
        if (!well)
          for (const pod of server.pods)
            s.w.log(
              pod,
              server.container,
              stamped(
                s.w,
                Array.from({ length: 8 }, () => 'FATAL:  sorry, too many clients already'),
              ),
            );
        s.w.metric('sum by (namespace, pod) (pg_stat_activity_count)', [
          { labels: { namespace, pod: server.pod.name }, value: well ? 31 : 100 },
        ]);
        s.w.metric('pg_settings_max_connections', [{ labels: { namespace, pod: server.pod.name }, value: 100 }]);
        return {
          about: 'All connection slots of the database are taken.',
          object: [server.ref, `Service ${namespace}/${server.name}`],
          alsoTrue: symptoms,
          ask: asked(made),
        };
      },
    },
    {
      password: (s) => {
        const namespace = s.w.names.namespace();
        const server = database(s, namespace);
        const made = client(s, {
          namespace,
          host: server.name,
          port: server.serverPort,
          ip: server.clusterIp,
          well: false,
          config: 'env',
          lines: (language, wanted) => rejected[language](wanted),
        });
        return {
          about: 'The database has room; it refuses the password.',
          code: 'dependency-credentials-rejected',
          object: made.ref,
          alsoTrue: symptoms,
          ask: asked(made),
        };
      },
    },
  ),
  ...coded('database-read-only', {
    replica: (s, well) => {
      const namespace = s.w.names.namespace();
      const server = database(s, namespace);
      const made = client(s, {
        namespace,
        host: server.name,
        port: server.serverPort,
        ip: server.clusterIp,
        well,
        config: 'env',
        runs: true,
        lines: (language, wanted) => [...readOnly[language](wanted), 'POST /orders 500', ...readOnly[language](wanted)],
      });
      return {
        about: 'Writes go to a database that only reads.',
        object: [server.ref, `Service ${namespace}/${server.name}`, ...either(made)],
        alsoTrue: symptoms,
        ask: asked(made),
      };
    },
  }),
  ...coded(
    'migration-missing',
    {
      table: (s, well) => {
        const namespace = s.w.names.namespace();
        const server = database(s, namespace);
        const table = `${s.w.random.pick(['orders', 'users', 'payments', 'events', 'sessions'])}_${s.w.random.pick(['v2', 'audit', 'index', 'new'])}`;
        const made = client(s, {
          namespace,
          host: server.name,
          port: server.serverPort,
          ip: server.clusterIp,
          well,
          config: 'env',
          lines: (language) => noTable[language](table),
          more: {
            before: {},
            container: { image: s.w.names.image('newer'), env: [{ name: 'DB_HOST', value: server.name }] },
            changedMinutesAgo: 12,
            stuck: !well,
          },
        });
        return {
          about: 'A new version wants a table that nobody made.',
          object: made.ref,
          says: [table],
          alsoTrue: symptoms,
          ask: asked(made),
        };
      },
    },
    {
      host: (s) => {
        const { made } = misspelt(s, false, 'env');
        return {
          about: 'It does not even reach the database.',
          code: 'dependency-host-wrong',
          object: made.ref,
          alsoTrue: symptoms,
          ask: asked(made),
        };
      },
    },
  ),
};

/** A service that speaks TLS with a Certificate of cert-manager, and one that calls it. */
function tls(
  s: Scene,
  well: boolean,
  lines: (language: Language, wanted: Wanted) => readonly string[],
  certificate: (w: Scene['w']) => Wire | undefined,
): { readonly server: App; readonly caller: App; readonly certificate: string | undefined; readonly host: string } {
  const { w } = s;
  const namespace = w.names.namespace();
  const tlsSecret = `${w.names.workload()}-tls`;
  const server = app(w, {
    namespace,
    port: 8443,
    withService: false,
    pod: { volumes: [{ name: 'tls', secret: { secretName: tlsSecret, defaultMode: 420 } }] },
    container: { volumeMounts: [{ name: 'tls', mountPath: '/etc/tls', readOnly: true }] },
  });
  w.service({
    namespace,
    name: server.name,
    selector: server.selector,
    ports: [{ name: 'https', port: 443, targetPort: 8443 }],
  });
  const host = `${server.name}.${namespace}.svc`;
  const status = certificate(w);
  if (status !== undefined)
    w.add(
      'cert-manager.io/v1',
      'Certificate',
      { name: `${server.name}-tls`, namespace },
      {
        spec: {
          secretName: tlsSecret,
          dnsNames: (status.dnsNames as readonly string[] | undefined) ?? [host],
          issuerRef: { name: 'internal-ca', kind: 'ClusterIssuer' },
        },
        status: { ...status, dnsNames: undefined },
      },
    );
  const language = w.random.pick(languages);
  const caller = app(w, {
    namespace,
    container: { env: [{ name: 'UPSTREAM_URL', value: `https://${host}` }] },
    ...(well ? {} : { state: { is: 'running', ready: false, sinceMinutesAgo: 600 } }),
  });
  for (const pod of caller.pods) {
    const wanted: Wanted = { host, port: 443, user: 'x', database: 'x', ip: '10.96.4.2', nowMs: w.nowMs };
    w.log(
      pod,
      caller.container,
      stamped(
        w,
        well ? ['upstream ok'] : [...lines(language, wanted), 'GET /ready 503', ...lines(language, wanted)],
        0.2,
      ),
    );
    if (!well)
      pod.events.push({
        type: 'Warning',
        reason: 'Unhealthy',
        message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
        count: 66,
        fromMinutesAgo: 58,
        toMinutesAgo: 0.2,
        container: caller.container,
      });
  }
  return {
    server,
    caller,
    certificate: status === undefined ? undefined : `Certificate ${namespace}/${server.name}-tls`,
    host,
  };
}

const goodCertificate = (w: Scene['w']): Wire => ({
  notBefore: w.iso(60 * 24 * 20),
  notAfter: w.iso(-60 * 24 * 70),
  renewalTime: w.iso(-60 * 24 * 40),
  revision: 4,
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      reason: 'Ready',
      message: 'Certificate is up to date and has not expired',
      lastTransitionTime: w.iso(60 * 24 * 20),
    },
  ],
});
const expiredCertificate = (w: Scene['w']): Wire => ({
  notBefore: w.iso(60 * 24 * 91),
  notAfter: w.iso(60 * 3),
  renewalTime: w.iso(60 * 24 * 30),
  revision: 4,
  conditions: [
    {
      type: 'Ready',
      status: 'False',
      reason: 'Expired',
      message: `Certificate expired on ${w.iso(180)}`,
      lastTransitionTime: w.iso(180),
    },
    {
      type: 'Issuing',
      status: 'False',
      reason: 'Failed',
      message:
        'The certificate request has failed to complete and will be retried: Failed to wait for order resource to become ready',
      lastTransitionTime: w.iso(400),
    },
  ],
});
const callerAsk = (made: App) => ({ alert: alerts.notReady(made), namespace: made.namespace });

const certificates = {
  ...coded(
    'certificate-expired',
    {
      managed: (s, well) => {
        const made = tls(
          s,
          well,
          (language, wanted) => expired[language](wanted),
          well ? goodCertificate : expiredCertificate,
        );
        return {
          about: 'A certificate of cert-manager was not renewed.',
          object: made.certificate ?? made.server.ref,
          alsoTrue: [...symptoms, 'dependency-down'],
          ask: callerAsk(made.caller),
        };
      },
      'only-log': (s, well) => {
        const made = tls(
          s,
          well,
          (language, wanted) => expired[language](wanted),
          () => undefined,
        );
        return {
          about: 'Only the log of the caller tells of an expired certificate.',
          object: [made.server.ref, `Service ${made.server.namespace}/${made.server.name}`],
          alsoTrue: [...symptoms, 'dependency-down'],
          ask: callerAsk(made.caller),
        };
      },
    },
    {
      untrusted: (s) => {
        const made = tls(s, false, (language, wanted) => untrusted[language](wanted), goodCertificate);
        return {
          about: 'The certificate is fresh; the caller does not know its authority.',
          code: 'certificate-not-trusted',
          object: made.caller.ref,
          alsoTrue: symptoms,
          ask: callerAsk(made.caller),
        };
      },
    },
  ),
  ...coded(
    'certificate-host-mismatch',
    {
      names: (s, well) => {
        const made = tls(
          s,
          well,
          (language, wanted) => wrongHost[language](wanted),
          (w) => ({ ...goodCertificate(w), ...(well ? {} : { dnsNames: ['old-name.example.org'] }) }),
        );
        return {
          about: 'The certificate is for another name.',
          object: made.certificate ?? made.server.ref,
          says: [made.host],
          alsoTrue: symptoms,
          ask: callerAsk(made.caller),
        };
      },
    },
    {
      expired: (s) => {
        const made = tls(s, false, (language, wanted) => expired[language](wanted), expiredCertificate);
        return {
          about: 'The name is right; the certificate is too old.',
          code: 'certificate-expired',
          object: made.certificate ?? '',
          alsoTrue: [...symptoms, 'dependency-down'],
          ask: callerAsk(made.caller),
        };
      },
    },
  ),
  ...coded('certificate-not-trusted', {
    authority: (s, well) => {
      const made = tls(s, well, (language, wanted) => untrusted[language](wanted), goodCertificate);
      return {
        about: 'The caller does not know the authority.',
        object: made.caller.ref,
        alsoTrue: symptoms,
        ask: callerAsk(made.caller),
      };
    },
  }),
} satisfies Record<string, (scene: Scene) => Outcome>;

/** Wrong addresses and credentials, databases that refuse, migrations, certificates; told by logs of seven languages. */
export const appConfiguration = family('app-configuration', { ...addresses, ...databases, ...certificates });
