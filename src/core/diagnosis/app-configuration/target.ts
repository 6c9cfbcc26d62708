import { numberAt, textAt } from '../../cluster/wire.ts';
import type { Tech } from './complaint-sign.ts';
import type { Complaint, ComplaintLine, ConfigurationContext, Speaker } from './complaints.ts';
import type { Dependency } from './dependency.ts';
import type { AddressSetting } from './settings.ts';

/** A setting of the container that a complaint is about. `isNamed`: the line itself names its host; otherwise it is the only one that it can be about. */
export type Target = {
  readonly setting: AddressSetting;
  readonly dependency: Dependency;
  readonly line: ComplaintLine;
  readonly isNamed: boolean;
  readonly times: number;
};

type Pointing = { readonly setting: AddressSetting; readonly dependency: Dependency };

/** What a container's settings point to, each host and port once. */
export function pointingsOf(context: ConfigurationContext, { pod, settings }: Speaker): readonly Pointing[] {
  const seen = new Set<string>();
  return settings.addresses.flatMap((setting) => {
    const key = `${setting.address.host}:${setting.address.port ?? ''} ${setting.path}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ setting, dependency: context.resolve(setting.address.host, pod) }];
  });
}

/**
 * The settings that a complaint is about. The log never chooses a target by itself: a line counts for a setting when it names the setting's host (or the address of the Service that
 * it means); lines that name nobody count for the only setting for which `isCandidate` holds.
 */
export function targetsOf(
  context: ConfigurationContext,
  complaint: Complaint,
  isCandidate: (pointing: Pointing, line: ComplaintLine) => boolean,
): readonly Target[] {
  const pointings = pointingsOf(context, complaint.speaker);
  const hidden = hiddenPointings(context, complaint);
  const targets = new Map<AddressSetting, Target>();
  for (const line of complaint.lines) {
    const named = pointings.filter((pointing) => names(line.text, pointing, complaint.speaker));
    // The same host may stand in several settings: those with the port that the line names come first.
    const said = named.filter(
      ({ setting }) => setting.address.port !== undefined && namesPort(line.text, setting.address.port),
    );
    const candidates = named.length > 0 ? [] : pointings.filter((pointing) => isCandidate(pointing, line));
    const chosen =
      said.length > 0
        ? said.slice(0, 1)
        : named.length > 0
          ? named.slice(0, 1)
          : isOneHost(candidates)
            ? candidates.slice(0, 1)
            : [];
    const guessed = chosen.length > 0 || named.length > 0 ? [] : hidden(line);
    for (const { setting, dependency } of [...chosen, ...guessed]) {
      const known = targets.get(setting);
      targets.set(setting, {
        setting,
        dependency,
        // The line that names the host says more than those around it.
        line: known?.isNamed === true && named.length === 0 ? known.line : line,
        isNamed: named.length > 0 || known?.isNamed === true,
        times: (known?.times ?? 0) + 1,
      });
    }
  }
  return [...targets.values()];
}

/**
 * Addresses that stand in a Secret are not read. A container that has such a variable may mean the host that its line names, or the only Service of its namespace that is
 * such a server: enough to look there, never enough to be sure.
 */
function hiddenPointings(
  context: ConfigurationContext,
  { kind, speaker }: Complaint,
): (line: ComplaintLine) => readonly Pointing[] {
  const secret = speaker.settings.secrets.find(
    ({ name, key }) => key === undefined || /url|uri|dsn|conn|host|addr|endpoint/i.test(name),
  );
  if (secret === undefined) return () => [];
  const { pod, workload } = speaker;
  const known = new Map<string, Pointing>();
  const point = (host: string, port: number | undefined): Pointing => {
    const found = known.get(host) ?? {
      setting: {
        name: secret.name,
        value: '',
        object: workload.ref,
        holder: workload.object,
        path: secret.path,
        address: { host, port, scheme: undefined, user: undefined },
        portFrom: undefined,
      },
      dependency: context.resolve(host, pod),
    };
    known.set(host, found);
    return found;
  };
  return (line) => {
    if (kind === 'unresolved' || kind === 'unreachable') {
      const said = hostIn(line.text);
      const found = said === undefined ? undefined : point(said.host, said.port);
      return found === undefined || found.dependency.is === 'outside' ? [] : [found];
    }
    const { tech } = line.sign;
    if (tech === undefined || tech === 'http') return [];
    const services = context.view.list('Service', pod.metadata.namespace).filter((service) => {
      const port = numberAt(service, 'spec', 'ports', 0, 'port');
      return mayBeTech(
        { setting: { name: '', address: { host: service.metadata.name, port, scheme: undefined } } },
        tech,
      );
    });
    const [only] = services;
    return only === undefined || services.length > 1 ? [] : [point(only.metadata.name, undefined)];
  };
}

const hostFormats: readonly RegExp[] = [
  /lookup ([A-Za-z0-9._-]{1,253})(?: on [^\s]{1,60})?: /,
  /(?:ENOTFOUND|EAI_AGAIN|EAI_NONAME) ([A-Za-z0-9._-]{1,253})/,
  /(?:host name|server at|host|server host) ["']([A-Za-z0-9._-]{1,253})["'](?: \([0-9a-f.:]{2,45}\))?(?:, port (\d{2,5}))?/,
  /UnknownHostException: ([A-Za-z0-9._-]{1,253})/,
  /(?:resolve|lookup)(?: host(?:name)?)?:? ['"]?([A-Za-z0-9._-]{1,253})['"]?/i,
  /(?:connecting to|connect to|Connection to|connection to|refused) \(?([A-Za-z][A-Za-z0-9._-]{0,252}):(\d{2,5})/,
  /\(([A-Za-z][A-Za-z0-9._-]{0,252}):(\d{2,5})\)/,
];

function hostIn(line: string): { readonly host: string; readonly port: number | undefined } | undefined {
  for (const format of hostFormats) {
    const match = format.exec(line);
    if (match?.[1] !== undefined)
      return {
        host: match[1].toLowerCase().replace(/\.$/, ''),
        port: match[2] === undefined ? undefined : Number(match[2]),
      };
  }
  return undefined;
}

function isOneHost(pointings: readonly Pointing[]): boolean {
  return new Set(pointings.map(({ setting }) => setting.address.host)).size === 1;
}

function names(text: string, { setting, dependency }: Pointing, { pod }: Speaker): boolean {
  const { host } = setting.address;
  const lower = text.toLowerCase();
  if (lower.includes(host) && hostPattern(host, pod.metadata.namespace ?? '').test(text)) return true;
  if (dependency.is !== 'service') return false;
  const address = textAt(dependency.service, 'spec', 'clusterIP');
  return (
    address !== undefined &&
    address !== 'None' &&
    text.includes(address) &&
    !new RegExp(`[\\d.]${escapeRegex(address)}|${escapeRegex(address)}[\\d]`).test(text)
  );
}

/** The host as a whole word, with or without the domains that the resolver adds. */
function hostPattern(host: string, namespace: string): RegExp {
  const domains = `(?:\\.${escapeRegex(namespace)})?(?:\\.svc)?(?:\\.cluster\\.local)?\\.?`;
  return new RegExp(`(?<![A-Za-z0-9._-])${escapeRegex(host)}${domains}(?![A-Za-z0-9_-])(?!\\.[A-Za-z0-9])`, 'i');
}

export function namesPort(text: string, port: number): boolean {
  return new RegExp(`(?:[:=\\s,'"]|port)\\s?${port}(?!\\d)`).test(text);
}

function escapeRegex(text: string): string {
  return text.slice(0, 300).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

const techWords: Readonly<Record<Tech, RegExp>> = {
  postgres: /postgres|pgsql|(?:^|[^a-z])pg(?:[^a-z]|host|bouncer|$)|timescale|cockroach/i,
  mysql: /mysql|mariadb|percona/i,
  mongo: /mongo/i,
  redis: /redis|valkey|cache/i,
  amqp: /rabbit|amqp/i,
  kafka: /kafka|broker|bootstrap/i,
  http: /https?/i,
  search: /elastic|opensearch/i,
  sqlserver: /mssql|sqlserver/i,
};
const techPorts: Readonly<Record<Tech, readonly number[]>> = {
  postgres: [5432],
  mysql: [3306],
  mongo: [27_017],
  redis: [6379],
  amqp: [5672],
  kafka: [9092],
  http: [],
  search: [9200],
  sqlserver: [1433],
};
const databases: ReadonlySet<Tech> = new Set(['postgres', 'mysql', 'mongo', 'sqlserver']);

/** As much of a setting as tells what kind of server it points to. */
type Addressed = {
  readonly setting: {
    readonly name: string;
    readonly address: Pick<AddressSetting['address'], 'host' | 'port' | 'scheme'>;
  };
};

/** Whether a setting may point to a server of this kind: by its scheme, port, host or name. Plain `db` may be any database. */
export function mayBeTech({ setting }: Addressed, tech: Tech | undefined): boolean {
  const { address, name } = setting;
  const said = `${address.scheme ?? ''} ${address.host} ${name}`;
  if (tech === undefined) return /(?:^|[^a-z])(?:db|database|sql)/i.test(said) || mayBeAnyDatabase(address.port, said);
  if (techWords[tech].test(said) || (address.port !== undefined && techPorts[tech].includes(address.port))) return true;
  const isOther = Object.entries(techWords).some(
    ([other, words]) => other !== tech && other !== 'http' && words.test(said),
  );
  return databases.has(tech) && !isOther && /(?:^|[^a-z])(?:db|database|datasource|sql)/i.test(said);
}

function mayBeAnyDatabase(port: number | undefined, said: string): boolean {
  return [...databases].some(
    (tech) => techWords[tech].test(said) || (port !== undefined && techPorts[tech].includes(port)),
  );
}
