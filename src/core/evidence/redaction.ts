import { sha256 } from '../digest.ts';
import { redactBase64 } from './redaction/base64.ts';
import { redactKeyValues } from './redaction/key-values.ts';
import { createPlaceholder, type Mask } from './redaction/placeholder.ts';
import { redactPrivateKeys } from './redaction/private-keys.ts';
import { redactSpokenSecrets } from './redaction/spoken-secrets.ts';
import { stripControls } from './redaction/strip-controls.ts';
import { redactStructure } from './redaction/structure.ts';
import { redactTokens } from './redaction/tokens.ts';
import { redactUserInfo } from './redaction/user-info.ts';

/** The one choke point: whatever is journalled, shown or sent away has passed it. Both functions are total and idempotent. */
export interface Redactor {
  /** Masks secrets in text and strips what cannot be seen (ANSI sequences, control, zero-width and bidi characters). Time is linear in the text. */
  redactText(text: string): string;
  /** Masks secrets in JSON by structure first (Secret data, environment values, token fields), then in all its texts. Returns a copy. */
  redactObject(value: unknown): unknown;
}

// Masking can bring a pattern together that was not there before; each further pass finds only that, and two settle all that were ever seen.
const maxPasses = 4;

/**
 * `key` makes the masks of one installation (or incident) comparable with each other and with nothing else: without it a short secret could
 * be found by trying. Throws TypeError when it is empty.
 */
export function createRedactor(dependencies: { readonly key: string }): Redactor {
  const { key } = dependencies;
  if (key === '') throw new TypeError('createRedactor: the key is empty');
  // Nested hashing as HMAC does, so that a mask says nothing of the key.
  const mask: Mask = (kind, secret) => createPlaceholder(kind, sha256(`${key}\n${sha256(`${key}\n${secret}`)}`));
  const redactText = (text: string): string => {
    let current = text;
    for (let pass = 0; pass < maxPasses; pass++) {
      const next = redactOnce(current, mask);
      if (next === current) break;
      current = next;
    }
    return current;
  };
  return { redactText, redactObject: (value) => redactStructure(value, { mask, redactText }) };
}

function redactOnce(text: string, mask: Mask): string {
  const visible = stripControls(text);
  return redactBase64(redactPatterns(visible, mask), (decoded) => redactPatterns(decoded, mask) !== decoded, mask);
}

function redactPatterns(text: string, mask: Mask): string {
  const tokens = redactTokens(redactPrivateKeys(text, mask), mask);
  return redactSpokenSecrets(redactKeyValues(redactUserInfo(tokens, mask), mask), mask);
}
