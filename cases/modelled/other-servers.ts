import { coded, family, type Outcome, type Scene, withOtherTwins } from './case.ts';
import { type App, alerts, app, crashes, crashing, stamped } from './recipes.ts';
import type { Wire } from './wire.ts';

type Plan = {
  readonly port: number;
  readonly image: string;
  readonly env: (host: string, port: number) => readonly Wire[];
  readonly lines: (host: string, port: number) => readonly string[];
};

const symptoms = [...crashes, 'probe-failing'];

/** A client of a server that is no SQL database; `at` says which address it has. */
function clientOf(
  s: Scene,
  well: boolean,
  plan: Plan,
  at: (host: string, port: number) => readonly [string, number] = (host, port) => [host, port],
): { readonly made: App; readonly server: App; readonly address: readonly [string, number] } {
  const { w } = s;
  const namespace = w.names.namespace();
  const server = app(w, {
    namespace,
    kind: 'StatefulSet',
    replicas: 1,
    port: plan.port,
    withService: false,
    container: {
      image: plan.image,
      ports: [{ name: 'client', containerPort: plan.port, protocol: 'TCP' }],
      readinessProbe: { tcpSocket: { port: plan.port } },
    },
  });
  w.service({ namespace, name: server.name, selector: server.selector, ports: [{ name: 'client', port: plan.port }] });
  const address = well ? ([server.name, plan.port] as const) : at(server.name, plan.port);
  const made = app(w, {
    namespace,
    container: { env: plan.env(...address) },
    ...(well ? {} : { state: crashing(w, { exitCode: 1, ranSeconds: 8 }) }),
  });
  for (const pod of made.pods)
    w.log(
      pod,
      made.container,
      stamped(w, well ? ['connected', 'ready'] : ['starting', ...plan.lines(...address)]),
      !well,
    );
  return { made, server, address };
}

const asked = (made: App) => ({ alert: alerts.crashLooping(made, made.container), namespace: made.namespace });

const kafka = (lines: Plan['lines']): Plan => ({
  port: 9092,
  image: 'docker.io/bitnami/kafka:3.7',
  env: (host, port) => [{ name: 'KAFKA_BOOTSTRAP_SERVERS', value: `${host}:${port}` }],
  lines,
});
const rabbit = (lines: Plan['lines']): Plan => ({
  port: 5672,
  image: 'docker.io/library/rabbitmq:3.13',
  env: (host, port) => [{ name: 'AMQP_URL', value: `amqp://app@${host}:${port}/` }],
  lines,
});
const mongo = (lines: Plan['lines']): Plan => ({
  port: 27017,
  image: 'docker.io/library/mongo:7.0',
  env: (host, port) => [{ name: 'MONGODB_URI', value: `mongodb://${host}:${port}/app` }],
  lines,
});
const redis = (lines: Plan['lines']): Plan => ({
  port: 6379,
  image: 'docker.io/library/redis:7.2',
  env: (host, port) => [
    { name: 'REDIS_HOST', value: host },
    { name: 'REDIS_PORT', value: String(port) },
  ],
  lines,
});
const mysql = (lines: Plan['lines']): Plan => ({
  port: 3306,
  image: 'docker.io/library/mysql:8.4',
  env: (host, port) => [
    { name: 'MYSQL_HOST', value: host },
    { name: 'MYSQL_PORT', value: String(port) },
  ],
  lines,
});
const grpc = (lines: Plan['lines']): Plan => ({
  port: 50051,
  image: 'ghcr.io/acme/pricing:1.2',
  env: (host, port) => [{ name: 'PRICING_ADDR', value: `${host}:${port}` }],
  lines,
});

const misspelt = (host: string, port: number) => [`${host}s`, port] as const;
const otherPort = (host: string, port: number) => [host, port + 1] as const;

function hostWrong(plan: Plan, about: string) {
  return (s: Scene, well: boolean): Outcome => {
    const { made, address } = clientOf(s, well, plan, misspelt);
    return { about, object: made.ref, says: [address[0]], alsoTrue: symptoms, ask: asked(made) };
  };
}
function portWrong(plan: Plan, about: string) {
  return (s: Scene, well: boolean): Outcome => {
    const { made, address } = clientOf(s, well, plan, otherPort);
    return { about, object: made.ref, says: [String(address[1])], alsoTrue: symptoms, ask: asked(made) };
  };
}
function ofClient(plan: Plan, about: string) {
  return (s: Scene, well: boolean): Outcome => {
    const { made } = clientOf(s, well, plan);
    return { about, object: made.ref, alsoTrue: symptoms, ask: asked(made) };
  };
}

const cases = {
  ...coded('dependency-host-wrong', {
    kafka: hostWrong(
      kafka((host, port) => [
        `[main] WARN org.apache.kafka.clients.ClientUtils - Couldn't resolve server ${host}:${port} from bootstrap.servers as DNS resolution failed for ${host}`,
        'Exception in thread "main" org.apache.kafka.common.KafkaException: Failed to construct kafka consumer',
        'Caused by: org.apache.kafka.common.config.ConfigException: No resolvable bootstrap urls given in bootstrap.servers',
      ]),
      'A Kafka client cannot resolve its bootstrap server.',
    ),
    mongo: hostWrong(
      mongo((host, port) => [
        `pymongo.errors.ServerSelectionTimeoutError: ${host}:${port}: [Errno -2] Name or service not known (configured timeouts: socketTimeoutMS: 20000.0ms, connectTimeoutMS: 20000.0ms), Timeout: 30s`,
      ]),
      'A MongoDB client cannot resolve its host.',
    ),
    redis: hostWrong(
      redis((host) => [
        `[ioredis] Unhandled error event: Error: getaddrinfo ENOTFOUND ${host}`,
        '    at GetAddrInfoReqWrap.onlookupall [as oncomplete] (node:dns:120:26)',
      ]),
      'A Redis client cannot resolve its host.',
    ),
    grpc: hostWrong(
      grpc((host, port) => [
        `rpc error: code = Unavailable desc = dns: A record lookup error: lookup ${host} on 10.96.0.10:53: no such host (target ${host}:${port})`,
      ]),
      'A gRPC client cannot resolve its target.',
    ),
    external: (s, well) => {
      const host = `${s.w.names.workload()}.c9akciq32.eu-west-1.rds.amazonaws.con`;
      const made = app(s.w, {
        container: {
          env: [{ name: 'DATABASE_URL', value: `postgres://${well ? host.replace(/n$/, 'm') : host}:5432/app` }],
        },
        ...(well ? {} : { state: crashing(s.w, { exitCode: 1, ranSeconds: 3 }) }),
      });
      for (const pod of well ? [] : made.pods)
        s.w.log(
          pod,
          made.container,
          [`psycopg.OperationalError: [Errno -2] Name or service not known: failed to resolve host '${host}'`],
          true,
        );
      return {
        about: 'The host of a managed database is misspelt: .con.',
        object: made.ref,
        says: [host],
        alsoTrue: symptoms,
        ask: asked(made),
      };
    },
  }),
  ...coded('dependency-port-wrong', {
    kafka: portWrong(
      kafka((host, port) => [
        `[Producer clientId=producer-1] Connection to node -1 (${host}/10.96.4.4:${port}) could not be established. Node may not be available.`,
        'org.apache.kafka.common.errors.TimeoutException: Topic orders not present in metadata after 60000 ms.',
      ]),
      'A Kafka client asks another port than the Service has.',
    ),
    redis: portWrong(
      redis((host, port) => [
        `redis.exceptions.ConnectionError: Error 111 connecting to ${host}:${port}. Connection refused.`,
      ]),
      'A Redis client asks another port than the Service has.',
    ),
    mysql: portWrong(
      mysql((host, port) => [
        `pymysql.err.OperationalError: (2003, "Can't connect to MySQL server on '${host}' ([Errno 111] Connection refused)")`,
        `giving up on ${host}:${port}`,
      ]),
      'A MySQL client asks another port than the Service has.',
    ),
  }),
  ...coded('dependency-credentials-rejected', {
    mysql: ofClient(
      mysql(() => ["ERROR 1045 (28000): Access denied for user 'app'@'10.244.2.8' (using password: YES)"]),
      'MySQL refuses the password.',
    ),
    mongo: ofClient(
      mongo(() => [
        'MongoServerError: Authentication failed.',
        '    at Connection.onMessage (/app/node_modules/mongodb/lib/cmap/connection.js:202:26) {',
        '  code: 18,',
        "  codeName: 'AuthenticationFailed'",
      ]),
      'MongoDB refuses the password.',
    ),
    rabbit: ofClient(
      rabbit(() => [
        "pika.exceptions.ProbableAuthenticationError: ConnectionClosedByBroker: (403) 'ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the broker logfile.'",
      ]),
      'RabbitMQ refuses the login.',
    ),
    kafka: ofClient(
      kafka(() => [
        'org.apache.kafka.common.errors.SaslAuthenticationException: Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-512',
      ]),
      'Kafka refuses the credentials.',
    ),
  }),
  ...coded('dependency-down', {
    'mysql-php': (s, well) => {
      const { made, server } = clientOf(
        s,
        well,
        mysql(() => [
          'PHP Fatal error:  Uncaught PDOException: SQLSTATE[HY000] [2002] Connection refused in /app/bootstrap.php:9',
          'Stack trace:',
          '#0 /app/bootstrap.php(9): PDO->__construct()',
        ]),
      );
      for (const pod of well ? [] : server.pods) {
        pod.states.set(server.container, crashing(s.w, { exitCode: 1, ranSeconds: 4 }));
        s.w.log(
          pod,
          server.container,
          ['[ERROR] [MY-010119] [Server] Aborting', '[ERROR] [MY-012574] [InnoDB] Unable to lock ./ibdata1 error: 11'],
          true,
        );
      }
      return {
        about: 'MySQL itself crashes; PHP only says that it was refused.',
        code: ['container-crash-looping', 'dependency-down'],
        object: [server.ref, `Service ${server.namespace}/${server.name}`],
        alsoTrue: [...symptoms, 'dependency-down'],
        notClaimed: ['dependency-port-wrong', 'dependency-host-wrong'],
        ask: { namespace: made.namespace },
      };
    },
  }),
  ...coded('migration-missing', {
    hibernate: ofClient(
      mysql(() => [
        'org.hibernate.tool.schema.spi.SchemaManagementException: Schema-validation: missing table [invoice_lines]',
      ]),
      'Hibernate misses a table.',
    ),
    django: ofClient(
      mysql(() => [
        'You have 3 unapplied migration(s). Your project may not work properly until you apply the migrations for app(s): billing.',
        "Run 'python manage.py migrate' to apply them.",
        "django.db.utils.ProgrammingError: (1146, \"Table 'app.billing_invoice' doesn't exist\")",
      ]),
      'Django has migrations that nobody ran.',
    ),
    prisma: ofClient(
      mysql(() => [
        'PrismaClientKnownRequestError: ',
        'Invalid `prisma.order.findMany()` invocation:',
        'The table `public.Order` does not exist in the current database.',
        "  code: 'P2021',",
      ]),
      'Prisma misses a table.',
    ),
    column: ofClient(
      mysql(() => [
        "sqlalchemy.exc.OperationalError: (pymysql.err.OperationalError) (1054, \"Unknown column 'orders.discount_cents' in 'field list'\")",
      ]),
      'A column is not there yet.',
    ),
  }),
  ...coded(
    'database-connections-exhausted',
    {
      mysql: (s, well) => {
        const { made, server } = clientOf(
          s,
          well,
          mysql(() => ['Error 1040 (08004): Too many connections', 'Error 1040 (08004): Too many connections']),
        );
        return {
          about: 'MySQL takes no more connections.',
          object: [server.ref, `Service ${server.namespace}/${server.name}`],
          alsoTrue: symptoms,
          ask: asked(made),
        };
      },
    },
    {
      pool: (s) => {
        const { made } = clientOf(
          s,
          false,
          mysql(() => [
            'java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed out after 30001ms (total=10, active=10, idle=0, waiting=41)',
          ]),
        );
        return {
          about: "The client's own pool is used up; the database says nothing.",
          code: ['container-crash-looping', 'database-connections-exhausted'],
          object: [made.ref],
          alsoTrue: ['database-connections-exhausted', ...symptoms],
          ask: asked(made),
        };
      },
    },
  ),
  ...coded('database-read-only', {
    'mysql-php': (s, well) => {
      const { made, server } = clientOf(
        s,
        well,
        mysql(() => [
          'PHP Fatal error:  Uncaught PDOException: SQLSTATE[HY000]: General error: 1290 The MySQL server is running with the --read-only option so it cannot execute this statement in /app/src/Orders.php:88',
        ]),
      );
      return {
        about: 'MySQL runs read-only.',
        object: [server.ref, `Service ${server.namespace}/${server.name}`, made.ref],
        alsoTrue: symptoms,
        ask: asked(made),
      };
    },
    redis: (s, well) => {
      const { made, server } = clientOf(
        s,
        well,
        redis(() => [
          "ReplyError: READONLY You can't write against a read only replica.",
          '    at parseError (/app/node_modules/redis-parser/lib/parser.js:179:12)',
        ]),
      );
      return {
        about: 'Redis is a replica that takes no writes.',
        object: [server.ref, `Service ${server.namespace}/${server.name}`, made.ref],
        alsoTrue: symptoms,
        ask: asked(made),
      };
    },
  }),
};

/** Clients of Kafka, RabbitMQ, MongoDB, Redis, MySQL and gRPC; managed databases; more migration tools. */
export const otherServers = family('app-configuration', withOtherTwins(cases));
