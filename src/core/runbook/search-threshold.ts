import { spelledTermsOf } from './search-terms.ts';
import type { TextHit } from './text-search.ts';

/**
 * Below these a document is about something else. `named` and `linked`: the question has an alert's name or a runbook's URL that no document has, and most often nobody wrote
 * that page, so that words must say more.
 */
const thresholds = { free: 0.38, linked: 0.6, named: 0.6 } as const;

export type Strictness = keyof typeof thresholds | 'opposed';

/** Whether a document answers enough of a question to be offered at all. Kin alone are a hint and no answer. */
export function accepts({ score, isDirect }: TextHit, strictness: Strictness): boolean {
  return strictness !== 'opposed' && isDirect && score >= thresholds[strictness];
}

/** Whether two names say the same in other spellings (`KubernetesPodCrashLooping`, `KubePodCrashLooping`). A `Not` more is another name. */
export function areSameName(one: string, other: string): boolean {
  const [a, b] = [one, other].map((name) => new Set(spelledTermsOf(name.slice(0, 200))));
  return a !== undefined && b !== undefined && a.size === b.size && [...a].every((term) => b.has(term));
}

/** Whether one name says `not` or `no` and the other does not: `KubeJobNotCompleted` is not about what completes. */
export function areOpposed(one: string, other: string): boolean {
  const [a, b] = [one, other].map((name) =>
    spelledTermsOf(name.slice(0, 200)).some((term) => /^(no|not|never|without)/.test(term)),
  );
  return a !== b;
}
