import { parseHostPort } from './host-port.ts';

/** Where a setting points. Never holds a password, a path or a query. */
export type Address = {
  readonly host: string;
  readonly port: number | undefined;
  readonly scheme: string | undefined;
  /** The user name in front of the host, or beside it in a connection string. */
  readonly user: string | undefined;
};

const standardPorts: Readonly<Record<string, number>> = {
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
  mariadb: 3306,
  redis: 6379,
  rediss: 6379,
  mongodb: 27_017,
  amqp: 5672,
  amqps: 5671,
  http: 80,
  https: 443,
  nats: 4222,
  sqlserver: 1433,
  ldap: 389,
};

/** The port a scheme means when an address names none. */
export function standardPortOf(scheme: string | undefined): number | undefined {
  return scheme === undefined ? undefined : standardPorts[scheme.replace(/\+.*$/, '')];
}

const hostWords =
  /(?:^|[_.\-a-z])(?:host|hostname|hosts|server|servers|addr|address|endpoint|broker|brokers|bootstrap|node|nodes|upstream|svc|service)s?$/i;
const urlWords = /(?:^|[_.-])(?:url|uri|dsn|connection|connection_?string|conn|jdbc)$/i;
const maxAddresses = 8;

/** Whether a name says that its value is a host, however the value looks. `DB_HOST`, `PGHOST`, `spring.redis.host`. */
export function isHostName(name: string): boolean {
  return hostWords.test(name);
}

/**
 * Reads the addresses of a value: URLs, `host:port`, lists of them, key-value connection strings (`host=db port=5432`, `Server=db,1433;Database=x`), and the Go form of
 * MySQL (`user:pw@tcp(db:3306)/x`). A bare word is a host only when the setting's name says so.
 */
export function addressesOf(name: string, value: string): readonly Address[] {
  const text = value.trim();
  if (text === '' || text.length > 2048 || /\n/.test(text)) return [];
  const go = /^(?:([^:@/\s]{1,100})(?::[^@\s]{0,400})?@)?(?:tcp|tcp4)\(([^()\s]{1,300})\)/.exec(text);
  if (go !== null) return withUser(parsePlain(go[2] ?? '', true), 'mysql', go[1]);
  const pairs = connectionString(text);
  if (pairs !== undefined) return pairs;
  const url =
    /^(?:jdbc:)?([a-z][a-z0-9+.-]{0,30}):\/\/(?:([^:@/?#\s]{0,200})(?::[^@/?#\s]{0,400})?@)?([^/?#;\s]{1,600})/i.exec(
      text,
    );
  if (url !== null) {
    const scheme = url[1]?.toLowerCase();
    const hosts = (url[3] ?? '').split(',').slice(0, maxAddresses);
    return hosts.flatMap((host) => withUser(parsePlain(host, true), scheme, url[2]));
  }
  const isHost = isHostName(name) || urlWords.test(name);
  return text
    .split(/[,;\s]{1,3}/)
    .slice(0, maxAddresses)
    .flatMap((part) => withUser(parsePlain(part, isHost), undefined, undefined));
}

function parsePlain(text: string, bareWords: boolean): { host: string; port: number | undefined } | undefined {
  const found = parseHostPort(text, { bareWords });
  if (found === undefined || /^\d+$/.test(found.host)) return undefined;
  return { host: found.host.replace(/\.$/, ''), port: found.port };
}

function withUser(
  found: { host: string; port: number | undefined } | undefined,
  scheme: string | undefined,
  user: string | undefined,
): readonly Address[] {
  return found === undefined ? [] : [{ ...found, scheme, user: user === undefined || user === '' ? undefined : user }];
}

// libpq (`host=db port=5432 user=x`) and ADO.NET (`Server=db,1433;User Id=x;`).
function connectionString(text: string): readonly Address[] | undefined {
  const pairs = new Map<string, string>();
  for (const part of text.split(text.includes(';') ? ';' : /\s+/).slice(0, 40)) {
    const match = /^\s*([a-z][a-z ]{0,30}?)\s*=\s*(.{0,300}?)\s*$/i.exec(part);
    if (match !== null) pairs.set((match[1] ?? '').toLowerCase().replaceAll(' ', ''), match[2] ?? '');
  }
  const said = pairs.get('host') ?? pairs.get('server') ?? pairs.get('datasource') ?? pairs.get('addr');
  if (said === undefined) return undefined;
  const [host = '', commaPort] = said.replace(/^tcp:/, '').split(',');
  const found = parsePlain(host, true);
  const port = Number(pairs.get('port') ?? commaPort);
  const user = pairs.get('user') ?? pairs.get('userid') ?? pairs.get('username') ?? pairs.get('uid');
  return withUser(
    found === undefined
      ? undefined
      : { host: found.host, port: found.port ?? (Number.isInteger(port) && port > 0 ? port : undefined) },
    undefined,
    user,
  );
}
