import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/**
 * The RFC 8785 (JCS) form of a JSON value: one byte sequence per value, whatever the order of its keys.
 *
 * Throws TypeError for what JSON cannot hold (NaN, Infinity, undefined at the root): such a value must never be hashed.
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('canonicalJson: the value has no JSON form');
  return text;
}

/** sha256 over UTF-8 text, lower-case hex, 64 characters. */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** sha256 of the canonical form of a JSON value. Two values have one digest exactly when they are the same JSON. */
export function digestOf(value: unknown): string {
  return sha256(canonicalJson(value));
}
