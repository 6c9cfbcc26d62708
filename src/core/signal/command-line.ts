/** The words that a person can give the co-pilot, as `/sre …` or `@sre …`. */
export const verbs = ['help', 'status', 'investigate', 'run', 'timeline', 'stop', 'ack', 'resolve'] as const;
export type Verb = (typeof verbs)[number];

/** `reference`: the incident named in the line (`INC-7`), upper case. `text`: the other words, single spaces. */
export type CommandLine = { readonly verb: Verb; readonly text: string; readonly reference: string | null };

const maxLength = 1000;

/**
 * Reads what follows `/sre` or the mention. Null for a word that is none of the verbs; an empty line is `help`.
 * Control and format characters are dropped: the text is shown to others and journalled.
 */
export function parseCommandLine(line: string): CommandLine | null {
  const words = line
    .slice(0, maxLength)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}]/gu, ' ')
    .split(' ')
    .filter((word) => word !== '');
  const [first = 'help', ...rest] = words;
  const verb = verbs.find((known) => known === first.toLowerCase());
  if (verb === undefined) return null;
  const reference = rest.find((word) => /^INC-\d{1,9}$/i.test(word));
  return {
    verb,
    text: rest.filter((word) => word !== reference).join(' '),
    reference: reference?.toUpperCase() ?? null,
  };
}
