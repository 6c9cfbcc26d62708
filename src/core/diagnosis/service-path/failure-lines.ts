import { parseTime } from '../../cluster/wire.ts';

/** One line that tells of a failed connection, and the addresses that stand in it. */
export type LineFailure = {
  readonly how: 'timeout' | 'refused' | 'unresolved' | 'failed';
  /** A name server answered that there is no such name; otherwise none answered, or not well. */
  readonly answered: boolean;
  readonly hosts: readonly { readonly host: string; readonly port: number | undefined }[];
  /** A port that stands apart from its host: `accepting TCP/IP connections on port 5432`. */
  readonly port: number | undefined;
  readonly line: string;
};

const unresolved =
  /no such host|name does not resolve|ENOTFOUND|EAI_AGAIN|EAI_NONAME|name resolution|Name or service not known|could not resolve|couldn't resolve|could not translate host name|nodename nor servname|server misbehaving|UnknownHostException|Unknown host|bad address|NXDOMAIN|SERVFAIL|lookup [\w.-]{1,253} on [\d.:[\]a-f]{1,60}:53|lookup [\w.-]{1,253}: i\/o timeout/i;
const denied = /no such host|ENOTFOUND|EAI_NONAME|NXDOMAIN|name does not resolve/i;
const refused = /connection refused|ECONNREFUSED|actively refused/i;
const timeout = /i\/o timeout|ETIMEDOUT|timed out|time-?out|deadline exceeded|EHOSTUNREACH|no route to host/i;
const anyFailure = new RegExp(`${unresolved.source}|${refused.source}|${timeout.source}`, 'i');

/** What a sentence says of a failed connection; undefined when it says nothing of one. */
export function howItFailed(text: string): LineFailure['how'] | undefined {
  if (unresolved.test(text)) return 'unresolved';
  if (refused.test(text)) return 'refused';
  return timeout.test(text) ? 'timeout' : undefined;
}

/** Whether a failed lookup was answered: a resolver said that the name does not exist. */
export function saysNoSuchName(text: string): boolean {
  return denied.test(text);
}

const maxLines = 60;
const maxLineChars = 600;
/** What a program complained of earlier than this before its log was read may be over. */
const freshMs = 30 * 60_000;

/** Failed connections that the last lines of a log tell of. `readAt`: when the log was read, in milliseconds. */
export function readFailures(text: string, readAt: number): readonly LineFailure[] {
  if (!anyFailure.test(text)) return [];
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-maxLines)
    .flatMap((whole) => {
      const line = whole.slice(0, maxLineChars);
      const how = howItFailed(line);
      if (how === undefined || isOld(line, readAt)) return [];
      return [
        {
          how,
          answered: how === 'unresolved' && saysNoSuchName(line),
          hosts: hostsIn(line, how),
          port: lonePort(line),
          line: line.slice(0, 240),
        },
      ];
    });
}

const stamp = /(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:[.,]\d{1,9})?(Z|[+-]\d{2}:\d{2})?/;

function isOld(line: string, readAt: number): boolean {
  const match = stamp.exec(line.slice(0, 80));
  if (match === null) return false;
  const at = parseTime(`${match[1]}T${match[2]}${match[3] ?? 'Z'}`);
  // Without a zone the clock may be a local one, a day apart at the most.
  const slackMs = match[3] === undefined ? 14 * 3_600_000 : 0;
  return at !== undefined && readAt - at > freshMs + slackMs;
}

const hostPort = /([a-z0-9][a-z0-9.-]{0,252}[a-z0-9]|[a-z0-9]):(\d{1,5})\b/gi;
const address = /\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b/g;
const looked = [
  /lookup ([\w.-]{1,253})/i,
  /(?:ENOTFOUND|EAI_AGAIN|EAI_NONAME) ([\w.-]{1,253})/,
  /UnknownHostException: ([\w.-]{1,253})/,
  /(?:resolve|translate|unknown|address|host name|hostname)(?: host)?(?: name)?:? ["'“]?([\w.-]{1,253})/i,
  /host=["']?([\w.-]{1,253})/i,
];
const clusterName = /\b[a-z0-9-]{1,63}\.[a-z0-9-]{1,63}\.svc(?:\.[a-z0-9.-]{1,100})?\b/gi;

function hostsIn(line: string, how: LineFailure['how']): LineFailure['hosts'] {
  const hosts: { host: string; port: number | undefined }[] = [];
  if (how === 'unresolved') {
    for (const pattern of looked) {
      const name = pattern.exec(line)?.[1]?.replace(/\.$/, '').toLowerCase();
      if (name !== undefined && !hosts.some(({ host }) => host === name)) hosts.push({ host: name, port: undefined });
    }
  }
  for (const match of line.matchAll(hostPort)) {
    const port = Number(match[2]);
    // The name server is how a lookup failed, not what was to be reached.
    if (port < 1 || port > 65_535 || (how === 'unresolved' && port === 53)) continue;
    hosts.push({ host: (match[1] ?? '').toLowerCase(), port });
  }
  for (const [host] of line.matchAll(clusterName)) hosts.push({ host: host.toLowerCase(), port: undefined });
  if (how !== 'unresolved') for (const [host] of line.matchAll(address)) hosts.push({ host, port: undefined });
  for (const [, host = ''] of line.matchAll(/\b(?:host|server at|connect to) ["'“]([\w.-]{1,253})["'”]/gi))
    hosts.push({ host: host.toLowerCase(), port: undefined });
  return hosts.slice(0, 12);
}

function lonePort(line: string): number | undefined {
  const port = Number(/\bport:? (\d{1,5})\b/i.exec(line)?.[1]);
  return port >= 1 && port <= 65_535 ? port : undefined;
}
