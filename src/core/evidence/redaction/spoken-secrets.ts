import type { Mask } from './placeholder.ts';

/*
 * A secret behind its word in a sentence: `invalid token 8fJ2…`, `password for app is hunter2Zq9`. Only what looks made by a machine is masked: letters of both cases with a digit, or sixteen characters with
 * letters and digits; sentences are full of words after these. `secret` is not among them: in Kubernetes it is followed by the name of one, which people need to read. Quantifiers are bounded: time is linear.
 */
const spoken =
  /(?<![A-Za-z0-9_-])(password|passwd|passphrase|token|api[- ]?key|access[- ]?key|credential)s?(?:[ \t]{1,3}(?:for|of)[ \t]{1,3}\S{1,60})?(?:[ \t]{1,3}(?:is|was|value)(?![A-Za-z0-9_-]))?[ \t]{1,3}["'`(]{0,2}([A-Za-z0-9_+/.=-]{8,512})/gi;

/** Masks what a sentence calls a password, a token or a key, when it looks like one. */
export function redactSpokenSecrets(text: string, mask: Mask): string {
  return text.replace(spoken, (whole: string, _word: string, value: string) =>
    looksMade(value) ? `${whole.slice(0, whole.length - value.length)}${mask('value', value)}` : whole,
  );
}

/** Letters of both cases with a digit, or sixteen characters with letters and digits: nobody writes such a word. */
export function looksMade(value: string): boolean {
  const [lower, upper, digit] = [/[a-z]/.test(value), /[A-Z]/.test(value), /\d/.test(value)];
  // A dotted or dashed run of plain words and numbers is a name or a version (`token-controller-7d9c`, `v1.2.3`).
  if (/^[a-z]+(?:[-.][a-z0-9]+)+$/.test(value)) return false;
  return (lower && upper && digit) || (digit && (lower || upper) && value.length >= 16);
}
