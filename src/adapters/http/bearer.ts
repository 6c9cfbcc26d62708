import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether an Authorization header carries the token. Constant time in what is given; no token is right when none is configured. */
export function isBearer(header: string | undefined, token: string): boolean {
  const given = /^Bearer +(.+)$/i.exec(header ?? '')?.[1] ?? '';
  // Hashed first: the comparison needs equal lengths, and the length of a token is a secret too.
  return token !== '' && timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
