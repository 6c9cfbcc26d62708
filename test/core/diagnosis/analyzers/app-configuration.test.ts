import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContainerLog } from '../../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { analyzeAppConfiguration } from '../../../../src/core/diagnosis/analyzers/app-configuration.ts';
import { ago, hour, node, now } from '../../../support/shop-objects.ts';
import {
  api,
  database,
  logOf,
  notReady,
  running,
  service,
  theNode,
  wholeLists,
} from '../app-configuration/api-shop.ts';
import { runAnalyzer } from './run-analyzer.ts';

type More = NonNullable<Parameters<typeof runAnalyzer>[2]>;

const run = (objects: readonly WireObject[], logs: readonly (ContainerLog | string)[] = [], more: More = {}) =>
  runAnalyzer(analyzeAppConfiguration, [theNode, ...objects], {
    wholeLists,
    ...more,
    logs: logs.map((log) => (typeof log === 'string' ? logOf(log) : log)),
  });
const codes = (found: ReturnType<typeof run>) => found.map(({ code }) => code);
const dbHost = (value: string) => [
  { name: 'DB_HOST', value },
  { name: 'DB_PORT', value: '5432' },
];
const envPath = (index: number) => `spec.template.spec.containers[0].env[${index}].value`;

describe('dependency-host-wrong', () => {
  it.each<[client: string, line: string]>([
    ['Go', 'dial tcp: lookup postgers on 10.96.0.10:53: no such host'],
    ['Node', 'Error: getaddrinfo ENOTFOUND postgers'],
    ['Node on a slow resolver', 'Error: getaddrinfo EAI_AGAIN postgers postgers:5432'],
    ['libpq', 'could not translate host name "postgers" to address: Name or service not known'],
    ['Java', 'Caused by: java.net.UnknownHostException: postgers'],
    ['.NET', 'Npgsql.NpgsqlException: Name or service not known (postgers:5432)'],
    ['PHP', 'php_network_getaddresses: getaddrinfo for postgers failed: Name or service not known'],
    ['Ruby', 'could not translate host name "postgers" to address: Name or service not known (PG::ConnectionBad)'],
    ['Python requests', "Failed to resolve 'postgers' ([Errno -2] Name or service not known)"],
    ['curl', 'curl: (6) Could not resolve host: postgers'],
    [
      'JSON',
      '{"level":"error","msg":"dial tcp: lookup postgers.shop.svc.cluster.local on 10.96.0.10:53: no such host"}',
    ],
  ])(
    'is stated when %s cannot resolve the very host that the environment names and no Service has',
    (_client, line) => {
      expect(run([...api({ env: dbHost('postgers') }), ...database()], [`connecting\n${line}\n`])).toMatchObject([
        {
          code: 'dependency-host-wrong',
          object: { kind: 'Deployment', name: 'api' },
          cause: { path: envPath(0), observed: 'postgers', expected: 'postgres' },
          confidence: 'high',
          pods: ['shop/api-5d9f8-x7k2p'],
        },
      ]);
    },
  );

  it.each<[where: string, container: Record<string, unknown>, extra: WireObject[], object: object, path: string]>([
    [
      'a URL',
      { env: [{ name: 'DATABASE_URL', value: 'postgres://app:x@postgers:5432/shop?sslmode=disable' }] },
      [],
      { kind: 'Deployment' },
      envPath(0),
    ],
    [
      'a variable from a ConfigMap',
      { env: [{ name: 'DB_HOST', valueFrom: { configMapKeyRef: { name: 'api-config', key: 'db_host' } } }] },
      [
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'api-config', namespace: 'shop' },
          data: { db_host: 'postgers' },
        } as WireObject,
      ],
      { kind: 'ConfigMap', name: 'api-config' },
      'data.db_host',
    ],
    [
      'a whole ConfigMap',
      { envFrom: [{ configMapRef: { name: 'api-config' } }] },
      [
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'api-config', namespace: 'shop' },
          data: { DB_HOST: 'postgers' },
        } as WireObject,
      ],
      { kind: 'ConfigMap', name: 'api-config' },
      'data.DB_HOST',
    ],
    [
      'an argument',
      { args: ['serve', '--db-host=postgers'] },
      [],
      { kind: 'Deployment' },
      'spec.template.spec.containers[0].args[1]',
    ],
    [
      'a variable that is put together',
      {
        env: [
          { name: 'H', value: 'postgers' },
          { name: 'DATABASE_URL', value: 'postgres://$(H):5432/shop' },
        ],
      },
      [],
      { kind: 'Deployment' },
      envPath(1),
    ],
  ])('finds it in %s', (_where, container, extra, object, path) => {
    const found = run([...api({ container }), ...database(), ...extra], ['dial tcp: lookup postgers: no such host']);
    expect(found).toMatchObject([{ code: 'dependency-host-wrong', object, cause: { path } }]);
  });

  it('finds it in a file of a ConfigMap that is mounted', () => {
    const map = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'files', namespace: 'shop' },
      data: { 'application.yaml': 'spring:\n  datasource:\n    url: jdbc:postgresql://postgers:5432/shop\n' },
    } as WireObject;
    const objects = api({
      container: { volumeMounts: [{ name: 'config', mountPath: '/config' }] },
      podSpec: { volumes: [{ name: 'config', configMap: { name: 'files' } }] },
    });
    expect(run([...objects, ...database(), map], ['java.net.UnknownHostException: postgers'])).toMatchObject([
      { object: { kind: 'ConfigMap', name: 'files' }, cause: { path: 'data["application.yaml"]' } },
    ]);
  });

  it('means the Service of that name in another namespace', () => {
    const objects = [...api({ env: dbHost('postgres') }), service('postgres', 5432, { namespace: 'data' })];
    expect(run(objects, ['lookup postgres: no such host'])[0]?.cause.expected).toBe('postgres.data');
  });

  it('is no more than likely while not all Services could be read', () => {
    const found = run([...api({ env: dbHost('postgers') }), ...database()], ['lookup postgers: no such host'], {
      wholeLists: [],
    });
    expect(found).toMatchObject([{ code: 'dependency-host-wrong', confidence: 'medium' }]);
  });

  const unresolved = 'dial tcp: lookup postgers on 10.96.0.10:53: no such host';
  it.each<[why: string, objects: WireObject[], logs: (ContainerLog | string)[]]>([
    [
      'the Service exists and DNS fails',
      [...api({ env: dbHost('postgres') }), ...database()],
      ['lookup postgres: no such host'],
    ],
    [
      'the host of the log stands in no setting',
      [...api({ env: dbHost('postgres') }), ...database()],
      ['lookup evil.example: no such host'],
    ],
    [
      'the container is ready and the line was start-up noise',
      [...api({ env: dbHost('postgers'), status: running }), ...database()],
      [logOf(`${unresolved}\nready\nserving on 8080\n`, { previous: false })],
    ],
    [
      'it was got over and the container crashes for something else',
      [...api({ env: dbHost('postgers') }), ...database()],
      [`${unresolved}\n${Array.from({ length: 30 }, (_, n) => `handled request ${n}`).join('\n')}\npanic: boom\n`],
    ],
    [
      'a host alias gives the name',
      [
        ...api({ env: dbHost('postgers'), podSpec: { hostAliases: [{ ip: '10.0.0.5', hostnames: ['postgers'] }] } }),
        ...database(),
      ],
      [unresolved],
    ],
    [
      'the log is of a pod that is gone',
      [...api({ env: dbHost('postgers'), status: running }), ...database()],
      [logOf(unresolved, { pod: 'api-old-abcde' })],
    ],
  ])('is silent when %s', (_why, objects, logs) => {
    expect(codes(run(objects, logs))).not.toContain('dependency-host-wrong');
  });

  it('is never sure without a log, and silent where the log says something else', () => {
    const objects = [...api({ env: dbHost('postgers') }), ...database()];
    expect(run(objects)).toMatchObject([{ code: 'dependency-host-wrong', cause: { expected: 'postgres' } }]);
    expect(run(objects)[0]?.confidence).not.toBe('high');
    expect(run(objects, ['panic: index out of range'])).toEqual([]);
    expect(run([...api({ env: dbHost('postgers'), status: running }), ...database()])).toEqual([]);
  });

  it('is not guessed of a pod whose trouble is traced to something that was declared', () => {
    const objects = [...api({ env: dbHost('postgers') }), ...database()];
    const [known] = run(objects);
    if (known === undefined) throw new Error('nothing was found');
    const soFar = [{ ...known, code: 'command-not-found' as const }];
    expect(runAnalyzer((context) => analyzeAppConfiguration(context, soFar), objects, { wholeLists })).toEqual([]);
  });

  it('is likely when the address stands in a Secret and no such Service exists', () => {
    const env = [{ name: 'DATABASE_URL', valueFrom: { secretKeyRef: { name: 'db', key: 'url' } } }];
    expect(run([...api({ env }), ...database()], ['lookup postgers on 10.96.0.10:53: no such host'])).toMatchObject([
      {
        code: 'dependency-host-wrong',
        cause: { path: 'spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef', observed: 'postgers' },
        confidence: 'medium',
      },
    ]);
  });
});

describe('dependency-port-wrong', () => {
  const env = [
    { name: 'DB_HOST', value: 'postgres' },
    { name: 'DB_PORT', value: '5433' },
  ];

  it.each<[client: string, line: string]>([
    ['libpq', 'connection to server at "postgres" (10.96.0.8), port 5433 failed: Connection refused'],
    ['Go', 'dial tcp 10.96.0.8:5433: connect: connection refused'],
    ['Go, late', 'dial tcp 10.96.0.8:5433: i/o timeout'],
    ['Node', 'Error: connect ECONNREFUSED 10.96.0.8:5433'],
    [
      'Java',
      'org.postgresql.util.PSQLException: Connection to postgres:5433 refused. Check that the hostname and port are correct',
    ],
    ['nobody in particular', 'Connection refused'],
  ])('names the variable of the port when %s cannot connect and the Service has no such port', (_client, line) => {
    expect(run([...api({ env }), ...database()], [line])).toMatchObject([
      {
        code: 'dependency-port-wrong',
        object: { kind: 'Deployment', name: 'api' },
        cause: { path: envPath(1), observed: '5433', expected: '5432' },
      },
    ]);
  });

  it('is high when the line names host and port', () => {
    expect(
      run([...api({ env }), ...database()], ['dial tcp 10.96.0.8:5433: connect: connection refused'])[0]?.confidence,
    ).toBe('high');
  });

  it('reads the port of a URL', () => {
    const url = [{ name: 'REDIS_URL', value: 'redis://redis:6380/0' }];
    expect(
      run(
        [...api({ env: url }), ...database({ name: 'redis', port: 6379 })],
        ['Error 111 connecting to redis:6380. Connection refused.'],
      ),
    ).toMatchObject([{ cause: { path: envPath(0), observed: 'redis:6380', expected: '6379' } }]);
  });

  it.each<[why: string, objects: WireObject[], line: string]>([
    [
      'the Service has the port',
      [...api({ env: dbHost('postgres') }), ...database()],
      'dial tcp 10.96.0.8:5432: connect: connection refused',
    ],
    [
      'another port of it is meant',
      [...api({ env }), ...database()],
      'dial tcp 10.96.0.8:5432: connect: connection refused',
    ],
    [
      'the container is well',
      [...api({ env, status: running }), ...database()],
      'dial tcp 10.96.0.8:5433: connect: connection refused',
    ],
  ])('is silent when %s', (_why, objects, line) => {
    expect(codes(run(objects, [line]))).toEqual([]);
  });
});

describe('dependency-down', () => {
  const refused = 'dial tcp 10.96.0.8:5432: connect: connection refused';

  it('names the Service that nobody answers for, and who suffers', () => {
    const found = run([...api({ env: dbHost('postgres') }), ...database({ ready: false })], [refused]);
    expect(found).toMatchObject([
      { code: 'dependency-down', object: { kind: 'Service', name: 'postgres' }, pods: ['shop/api-5d9f8-x7k2p'] },
    ]);
    expect(found[0]?.explains).toContain('container-crash-looping');
  });

  it('says that it is scaled to zero', () => {
    const found = run(
      [...api({ env: dbHost('postgres'), status: notReady }), ...database({ replicas: 0 })],
      [logOf(refused, { previous: false })],
    );
    expect(found).toMatchObject([{ cause: { path: 'spec.replicas', observed: '0' } }]);
  });

  it('is inferred from the configuration when nothing was logged', () => {
    const found = run([...api({ env: dbHost('postgres') }), ...database({ ready: false })]);
    expect(found).toMatchObject([{ code: 'dependency-down' }]);
    expect(found[0]?.confidence).not.toBe('high');
  });

  it('hears a connectivity check', () => {
    const probes = [{ from: 'shop/api', host: 'postgres', port: 5432, ok: false, error: 'connection refused' }];
    const found = run([...api({ env: dbHost('postgres') }), ...database({ ready: false })], [], {
      observations: { probes },
    });
    expect(found[0]?.support.map(({ kind }) => kind)).toContain('metric');
  });

  it.each<[why: string, objects: WireObject[], logs: string[]]>([
    ['it is ready', [...api({ env: dbHost('postgres') }), ...database()], [refused]],
    [
      'the log speaks of something else',
      [...api({ env: dbHost('postgres') }), ...database({ ready: false })],
      ['panic: boom'],
    ],
    ['the caller is well', [...api({ env: dbHost('postgres'), status: running }), ...database({ ready: false })], []],
  ])('is silent when %s', (_why, objects, logs) => {
    expect(run(objects, logs)).toEqual([]);
  });
});

describe('dependency-credentials-rejected', () => {
  const secretRef = (name: string, key = 'password') => ({ valueFrom: { secretKeyRef: { name, key } } });
  const env = [
    ...dbHost('postgres'),
    { name: 'DB_USER', value: 'app' },
    { name: 'DB_PASSWORD', ...secretRef('api-db') },
  ];
  const refusal = 'FATAL: password authentication failed for user "app"';

  it('names the Secret that the password comes from', () => {
    expect(run([...api({ env }), ...database()], [refusal])).toMatchObject([
      {
        code: 'dependency-credentials-rejected',
        object: { kind: 'Deployment', name: 'api' },
        cause: {
          path: 'spec.template.spec.containers[0].env[3].valueFrom.secretKeyRef',
          observed: 'Secret api-db key password in DB_PASSWORD',
        },
        confidence: 'high',
      },
    ]);
  });

  it('says which Secret the server is set up with', () => {
    const server = database({ container: { env: [{ name: 'POSTGRES_PASSWORD', ...secretRef('postgres-auth') }] } });
    expect(run([...api({ env }), ...server], [refusal])[0]?.cause.expected).toContain(
      'Secret postgres-auth key password',
    );
  });

  it('names the user when it is not the one the server is set up with', () => {
    const server = database({ container: { env: [{ name: 'POSTGRES_USER', value: 'shop' }] } });
    expect(run([...api({ env }), ...server], [refusal])).toMatchObject([
      { cause: { path: envPath(2), observed: 'user app', expected: 'shop' }, confidence: 'high' },
    ]);
  });

  it.each<[tech: string, host: string, port: number, line: string]>([
    ['MySQL', 'mysql', 3306, "Access denied for user 'app'@'10.244.1.9' (using password: YES)"],
    ['Redis', 'redis', 6379, 'WRONGPASS invalid username-password pair or user is disabled.'],
    ['MongoDB', 'mongo', 27_017, 'MongoServerError: Authentication failed.'],
    ['RabbitMQ', 'rabbitmq', 5672, 'ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN.'],
  ])('knows how %s refuses', (_tech, host, port, line) => {
    const own = [
      { name: 'STORE_HOST', value: host },
      { name: 'STORE_USER', value: 'app' },
      { name: 'STORE_PASSWORD', ...secretRef('store') },
    ];
    expect(codes(run([...api({ env: own }), ...database({ name: host, port })], [line]))).toEqual([
      'dependency-credentials-rejected',
    ]);
  });

  it('hears a 401 only beside a host of its own configuration', () => {
    const own = [
      { name: 'PAYMENTS_URL', value: 'http://payments:8080' },
      { name: 'PAYMENTS_TOKEN', ...secretRef('payments', 'token') },
    ];
    const objects = [...api({ env: own }), ...database({ name: 'payments', port: 8080 })];
    expect(codes(run(objects, ['GET http://payments:8080/v1/charges: 401 Unauthorized']))).toEqual([
      'dependency-credentials-rejected',
    ]);
    expect(run(objects, ['request from 10.1.2.3 failed: 401 Unauthorized'])).toEqual([]);
  });

  it.each<[why: string, objects: WireObject[], logs: ContainerLog[]]>([
    [
      'the server itself logs it and is well',
      database(),
      [logOf(`${refusal}\n${refusal}\n${refusal}\n`, { pod: 'postgres-0', container: 'db', previous: false })],
    ],
    [
      'it happened once and was got over',
      [...api({ env, status: running }), ...database()],
      [logOf(`${refusal}\nready\n`, { previous: false })],
    ],
  ])('is silent when %s', (_why, objects, logs) => {
    expect(run(objects, logs)).toEqual([]);
  });
});

describe('database-connections-exhausted', () => {
  const env = dbHost('postgres');
  const full = 'FATAL: sorry, too many clients already';

  it('names the server and what it is set to', () => {
    const server = database({ container: { args: ['-c', 'max_connections=20'] } });
    expect(run([...api({ env }), ...server], [full])).toMatchObject([
      {
        code: 'database-connections-exhausted',
        object: { kind: 'StatefulSet', name: 'postgres' },
        cause: { path: 'spec.template.spec.containers[0].args[1]', observed: 'max_connections=20' },
        confidence: 'high',
      },
    ]);
  });

  it.each<[host: string, port: number, line: string]>([
    ['postgres', 5432, 'FATAL: remaining connection slots are reserved for non-replication superuser connections'],
    ['mysql', 3306, 'ERROR 1040 (HY000): Too many connections'],
    ['redis', 6379, 'ERR max number of clients reached'],
  ])('knows how %s says it', (host, port, line) => {
    const own = [{ name: 'STORE_HOST', value: host }];
    expect(run([...api({ env: own }), ...database({ name: host, port })], [line])).toMatchObject([
      { code: 'database-connections-exhausted', object: { name: host }, confidence: 'medium' },
    ]);
  });

  it('does not take a full pool of the process for a full server', () => {
    for (const line of [
      'HikariPool-1 - Connection is not available, request timed out after 30000ms',
      'QueuePool limit of size 5 overflow 10 reached, connection timed out',
    ])
      expect(run([...api({ env }), ...database()], [line])).toEqual([]);
  });
});

describe('database-read-only', () => {
  const line = 'ERROR: cannot execute INSERT in a read-only transaction';

  it('names the setting when it points to the Service of replicas', () => {
    const objects = [
      ...api({ env: dbHost('postgres-ro') }),
      ...database({ name: 'postgres-ro' }),
      service('postgres-rw', 5432),
    ];
    expect(run(objects, [line])).toMatchObject([
      {
        code: 'database-read-only',
        object: { kind: 'Deployment', name: 'api' },
        cause: { path: envPath(0), observed: 'postgres-ro', expected: 'postgres-rw' },
        confidence: 'high',
      },
    ]);
  });

  it('names the server when it is set to take no writes', () => {
    const server = database({ container: { args: ['-c', 'default_transaction_read_only=on'] } });
    expect(run([...api({ env: dbHost('postgres') }), ...server], [line])).toMatchObject([
      {
        object: { kind: 'StatefulSet', name: 'postgres' },
        cause: { path: 'spec.template.spec.containers[0].args[1]' },
        confidence: 'high',
      },
    ]);
  });

  it('is no more than likely when only the log says so', () => {
    const own = [{ name: 'REDIS_HOST', value: 'redis' }];
    const found = run(
      [...api({ env: own }), ...database({ name: 'redis', port: 6379 })],
      ["READONLY You can't write against a read only replica."],
    );
    expect(found).toMatchObject([{ object: { name: 'redis' }, confidence: 'medium' }]);
  });
});

describe('migration-missing', () => {
  const line = 'ERROR: relation "orders" does not exist at character 15';
  const job = (status: unknown, image = 'registry.example/api:2.1', spec = {}): WireObject =>
    ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'api-migrate', namespace: 'shop', uid: 'uid-job', creationTimestamp: ago(2 * hour) },
      spec: { template: { spec: { containers: [{ name: 'migrate', image }] } }, ...spec },
      status,
    }) as WireObject;
  const failed = { conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }] };
  const complete = { conditions: [{ type: 'Complete', status: 'True' }] };
  const objects = [...api({ env: dbHost('postgres') }), ...database()];

  it.each<[why: string, jobs: WireObject[], confidence: string]>([
    ['the Job that makes it failed', [job(failed)], 'high'],
    ['the Job ran for another version', [job(complete, 'registry.example/api:2.0')], 'high'],
    ['the Job is suspended', [job({}, undefined, { suspend: true })], 'high'],
    ['there is no such Job', [], 'medium'],
    ['the Job succeeded for this version', [job(complete)], 'medium'],
  ])('is as sure as the objects are when %s', (_why, jobs, confidence) => {
    expect(run([...objects, ...jobs], [line])).toMatchObject([
      {
        code: 'migration-missing',
        object: { kind: 'Deployment', name: 'api' },
        cause: { observed: 'table orders does not exist' },
        confidence,
      },
    ]);
  });

  it('is silent in a database that logs the mistakes of others', () => {
    expect(
      run(database(), [logOf(`${line}\n${line}\n${line}`, { pod: 'postgres-0', container: 'db', previous: false })]),
    ).toEqual([]);
  });
});

describe('certificates', () => {
  const env = [{ name: 'PAYMENTS_URL', value: 'https://payments.shop.svc:443' }];
  const certificate = (dnsNames: string[], notAfter: string, ready = 'True'): WireObject =>
    ({
      apiVersion: 'cert-manager.io/v1',
      kind: 'Certificate',
      metadata: { name: 'payments-tls', namespace: 'shop', uid: 'uid-cert' },
      spec: { secretName: 'payments-tls', dnsNames },
      status: {
        notAfter,
        conditions: [{ type: 'Ready', status: ready, reason: ready === 'True' ? 'Ready' : 'Expired' }],
      },
    }) as WireObject;
  const objects = [...api({ env }), ...database({ name: 'payments', port: 443 })];
  const expired =
    'Get "https://payments.shop.svc:443/": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-21T10:00:00Z is after 2026-11-20T00:00:00Z';

  it('names the Certificate that has expired', () => {
    expect(run([...objects, certificate(['payments.shop.svc'], ago(30 * hour), 'False')], [expired])).toMatchObject([
      {
        code: 'certificate-expired',
        object: { kind: 'Certificate', name: 'payments-tls' },
        cause: { path: 'status.notAfter' },
        confidence: 'high',
      },
    ]);
  });

  it('sees an expired Certificate without any log, and none that was renewed', () => {
    expect(run([...api({ status: running }), certificate(['x'], ago(hour), 'False')])).toMatchObject([
      { code: 'certificate-expired' },
    ]);
    expect(run([...api({ status: running }), certificate(['x'], ago(-hour))])).toEqual([]);
  });

  it('measures the host of an Ingress', () => {
    const ingress = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { rules: [{ host: 'shop.example' }], tls: [{ hosts: ['shop.example'], secretName: 's' }] },
    } as WireObject;
    const metrics = (value: number) => [
      {
        query: 'probe_ssl_earliest_cert_expiry',
        series: [{ labels: { instance: 'https://shop.example/' }, points: [{ at: now, value }] }],
      },
    ];
    const look = (value: number) =>
      run([...api({ status: running }), ingress], [], { observations: { metrics: metrics(value) } });
    expect(look(now / 1000 - 3600)).toMatchObject([
      { code: 'certificate-expired', object: { kind: 'Ingress', name: 'web' } },
    ]);
    expect(look(now / 1000 + 3600)).toEqual([]);
  });

  it('blames the names of a Certificate that lacks the host', () => {
    const line = 'x509: certificate is valid for pay.example, not payments.shop.svc';
    const mounted = objects.map((object) =>
      object.kind === 'StatefulSet'
        ? {
            ...object,
            spec: {
              ...(object as unknown as { spec: object }).spec,
              template: {
                metadata: { labels: { app: 'payments' } },
                spec: { containers: [], volumes: [{ name: 'tls', secret: { secretName: 'payments-tls' } }] },
              },
            },
          }
        : object,
    ) as WireObject[];
    expect(run([...mounted, certificate(['pay.example'], ago(-hour))], [line])).toMatchObject([
      {
        code: 'certificate-host-mismatch',
        object: { kind: 'Certificate' },
        cause: { path: 'spec.dnsNames', observed: 'pay.example' },
        confidence: 'high',
      },
    ]);
  });

  it('blames the client that does not trust', () => {
    expect(
      run(objects, ['Get "https://payments.shop.svc:443/": x509: certificate signed by unknown authority']),
    ).toMatchObject([
      { code: 'certificate-not-trusted', object: { kind: 'Deployment', name: 'api' }, confidence: 'medium' },
    ]);
  });

  it('does not blame a certificate when the clock of the client is days off', () => {
    expect(run(objects, [expired.replace('2026-11-21T10:00:00Z', '2027-03-01T10:00:00Z')])).toEqual([]);
  });
});

describe('the family as a whole', () => {
  const faulty: readonly [WireObject[], string][] = [
    [[...api({ env: dbHost('postgers') }), ...database()], 'lookup postgers: no such host'],
    [
      [
        ...api({
          env: [
            { name: 'DB_HOST', value: 'postgres' },
            { name: 'DB_PORT', value: '5433' },
          ],
        }),
        ...database(),
      ],
      'dial tcp 10.96.0.8:5433: connect: connection refused',
    ],
    [
      [...api({ env: dbHost('postgres') }), ...database({ ready: false })],
      'dial tcp 10.96.0.8:5432: connect: connection refused',
    ],
  ];

  it('gives the same answer in any order of the objects', () => {
    fc.assert(
      fc.property(fc.constantFrom(...faulty), fc.infiniteStream(fc.nat()), ([objects, line], random) => {
        const shuffled = objects
          .map((object) => ({ object, key: random.next().value }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ object }) => object);
        expect(run(shuffled, [line])).toEqual(run(objects, [line]));
      }),
      { numRuns: 30 },
    );
  });

  it('does not depend on names', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z][a-z0-9]{5,12}$/), (name) => {
        const [objects, line] = faulty[2] ?? [[], ''];
        const rename = (text: string) => text.replaceAll('postgres', `${name}q`);
        const renamed = JSON.parse(rename(JSON.stringify(objects))) as WireObject[];
        expect(codes(run(renamed, [line]))).toEqual(['dependency-down']);
      }),
      { numRuns: 20 },
    );
  });

  it('never throws over hostile objects and logs', () => {
    const hostile = fc.constantFrom(null, 0, 'x', [], {}, [null], { env: 7 }, -1, true);
    fc.assert(
      fc.property(
        fc.constantFrom('Pod', 'Service', 'Deployment', 'ConfigMap', 'Certificate', 'Ingress', 'Job'),
        hostile,
        hostile,
        fc.string(),
        (kind, spec, status, text) => {
          const apiVersion = kind === 'Certificate' ? 'cert-manager.io/v1' : 'v1';
          const odd = {
            apiVersion,
            kind,
            metadata: { name: 'postgres', namespace: 'shop' },
            spec,
            status,
            data: spec,
          } as WireObject;
          expect(() =>
            run([...api({ env: dbHost('postgers') }), odd], [`${text}\nlookup postgers: no such host`]),
          ).not.toThrow();
        },
      ),
    );
  });

  it('reads ten thousand pods without logs in a moment', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => ({
      ...api({ name: `app-${index}`, status: running })[2],
    })) as WireObject[];
    const started = performance.now();
    expect(run([node('n1'), ...many])).toEqual([]);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it('stays linear over a line that was made to be slow', () => {
    const text = `${'a'.repeat(50_000)}\n${'host '.repeat(20_000)}\n${'lookup '.repeat(300)}no such host\n`;
    const started = performance.now();
    run([...api({ env: dbHost('postgers') }), ...database()], [text]);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
