import { isPlaceholder, type Mask } from './placeholder.ts';

// A scheme is at most 20 characters here and ends at "://", found first; what follows reaches to the first character no URL holds bare.
const url = /(?<![A-Za-z0-9+.-])([A-Za-z][A-Za-z0-9+.-]{1,30}:\/\/)([^\s"'`<>\\]*)/g;

// Data source names of Go's MySQL driver: `user:password@tcp(host:3306)/db`.
const dataSource = /(?<![^\s"'`=(,;])([^\s"'`=(,;:@]{1,64}:[^\s"'`@]{1,256})(?=@(?:tcp|tcp6|unix)\()/g;

/**
 * Masks user name and password in URLs: `postgres://[REDACTED:user-info:3f2a]@db:5432/orders`. Host, port and path stay, they are what a
 * diagnosis needs. A password with unescaped `/`, `?`, `#` or `@` is masked whole.
 */
export function redactUserInfo(text: string, mask: Mask): string {
  const masked = text.includes('://')
    ? text.replace(url, (_match, scheme: string, rest: string) => scheme + withoutUserInfo(rest, mask))
    : text;
  if (!masked.includes('@')) return masked;
  return masked.replace(dataSource, (info: string) => (isPlaceholder(info) ? info : mask('user-info', info)));
}

function withoutUserInfo(rest: string, mask: Mask): string {
  const cutAt = endOfUserInfo(rest);
  if (cutAt === -1) return rest;
  const info = rest.slice(0, cutAt);
  return (info === '' || isPlaceholder(info) ? info : mask('user-info', info)) + rest.slice(cutAt);
}

function endOfUserInfo(rest: string): number {
  const authorityEnd = rest.search(/[/?#]/);
  const authority = authorityEnd === -1 ? rest : rest.slice(0, authorityEnd);
  const inAuthority = authority.lastIndexOf('@');
  if (inAuthority !== -1) return inAuthority;
  // `scheme://user:pass/word@host`: what looks like a port is none, and there is an @ further on.
  const colon = authority.lastIndexOf(':');
  if (colon === -1 || authority.endsWith(']') || /^\d{1,5}$/.test(authority.slice(colon + 1))) return -1;
  return rest.lastIndexOf('@');
}
