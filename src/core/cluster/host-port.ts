/** Where a text such as an environment value points: a URL (`postgres://user:pw@db:5432/app`), `host:port`, or a bare host name. User info, path and query are dropped. */
export type HostPort = {
  readonly scheme: string | undefined;
  readonly host: string;
  readonly port: number | undefined;
};

const hostName = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*\.?$/i;
const url = /^(?:jdbc:)?([a-z][a-z0-9+.-]{0,30}):\/\/(?:[^/?#@\s]{0,512}@)?([^/?#\s]{1,512})/i;

/**
 * Reads an address out of a value. Undefined for what does not look like one: a bare word counts only when it is a plausible host name with a dot, or
 * when `bareWords` is set (a variable that is called `DB_HOST` holds a host, whatever it looks like). Only the first of several hosts is read.
 */
export function parseHostPort(value: unknown, options: { readonly bareWords?: boolean } = {}): HostPort | undefined {
  if (typeof value !== 'string' || value.length > 2048) return undefined;
  const text = value.trim();
  const full = url.exec(text);
  if (full !== null) return fromAuthority(full[2] ?? '', full[1]?.toLowerCase());
  const [first = ''] = text.split(',');
  if (/^[^\s:/]+:\d{1,5}$/.test(first)) return fromAuthority(first, undefined);
  const isHost = hostName.test(text) && (options.bareWords === true || (text.includes('.') && !/^[\d.]+$/.test(text)));
  return isHost ? { scheme: undefined, host: text.toLowerCase(), port: undefined } : undefined;
}

function fromAuthority(authority: string, scheme: string | undefined): HostPort | undefined {
  const [first = ''] = authority.split(',');
  const match = /^(.*?)(?::(\d{1,5}))?$/.exec(first);
  const host = match?.[1] ?? '';
  const port = match?.[2] === undefined ? undefined : Number(match[2]);
  if (!hostName.test(host) || (port !== undefined && (port < 1 || port > 65_535))) return undefined;
  return { scheme, host: host.toLowerCase(), port };
}
