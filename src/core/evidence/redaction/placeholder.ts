/** Masks one secret: `[REDACTED:kind:3f2a]`. The same secret under the same key has the same mask, so that it can be recognised again. */
export type Mask = (kind: string, secret: string) => string;

const whole = /^\[REDACTED:[a-z0-9-]{1,40}:[0-9a-f]{4}\]$/;

/** Sixteen bits of the digest: enough to tell the few secrets of one incident apart, too few to find one by trying. */
export function createPlaceholder(kind: string, digest: string): string {
  return `[REDACTED:${kind}:${digest.slice(0, 4)}]`;
}

/** True when the text is one mask and nothing else. A mask with something glued to it is not: the rest may be a secret. */
export function isPlaceholder(text: string): boolean {
  return text.length < 64 && whole.test(text);
}
