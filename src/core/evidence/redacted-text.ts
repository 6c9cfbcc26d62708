import { fail, ok, type Problem, problem, type Result } from '../result.ts';
import type { Redactor } from './redaction.ts';

// Never exported: whoever holds it can make a RedactedText, and only this module does.
const maker = Symbol('redact');

/**
 * Text that has passed the redactor and holds nothing that cannot be seen. The port to the model takes nothing else, so text that was not redacted cannot
 * be sent to it: that is a type error, and the brand is looked at again when it runs.
 */
export class RedactedText {
  readonly #text: string;

  constructor(key: symbol, text: string) {
    if (key !== maker) throw new TypeError('a RedactedText can only be made by redacting');
    this.#text = text;
    Object.freeze(this);
  }

  static isGenuine(value: unknown): value is RedactedText {
    return typeof value === 'object' && value !== null && #text in value;
  }

  get text(): string {
    return this.#text;
  }
}

export type RedactionProblem = Problem<'redaction.failed'>;
type Made = Result<RedactedText, RedactionProblem>;

/** Redacts a text for the model. Fails closed: when redaction throws, or its result is not stable, there is no text. */
export function redactText(redactor: Redactor, text: string): Made {
  return make(() => {
    const once = redactor.redactText(plainCharacters(text));
    return redactor.redactText(once) === once ? once : undefined;
  });
}

/**
 * Redacts a JSON value by its structure and writes it as one line in which `<`, `>` and `&` are escaped: whatever its texts hold, none of them can end the JSON
 * string it stands in, nor the tag around the whole. Fails closed like `redactText`.
 */
export function redactJson(redactor: Redactor, value: unknown): Made {
  return make(() => {
    const once = redactor.redactObject(plainTexts(value));
    const line = JSON.stringify(once);
    const isStable = line !== undefined && JSON.stringify(redactor.redactObject(once)) === line;
    return isStable ? line.replace(/[<>&\u2028\u2029]/g, escapeSign) : undefined;
  });
}

/** Joins constants of the source and redacted texts: a template literal tag. Constants are ours, so they need no redaction. */
export function compose(constants: TemplateStringsArray, ...parts: readonly RedactedText[]): RedactedText {
  const texts = parts.map((part) => {
    if (!RedactedText.isGenuine(part)) throw new TypeError('only redacted text can be joined');
    return part.text;
  });
  return new RedactedText(maker, constants.map((constant, index) => constant + (texts[index] ?? '')).join(''));
}

function make(redact: () => string | undefined): Made {
  let text: string | undefined;
  try {
    text = redact();
  } catch {
    // What went wrong may quote the text, so it is not told.
    text = undefined;
  }
  return typeof text === 'string'
    ? ok(new RedactedText(maker, text))
    : fail(
        problem(
          'redaction.failed',
          'A text could not be searched for secrets, so it was not sent to the model. The rules go on without it; report this to the maintainers.',
        ),
      );
}

/**
 * Compatibility forms become plain ones (NFKC: a full-width `<` or letter is an ordinary one, and the redactor sees it as such), and what nobody can see goes.
 * Control characters are left to the redactor, which knows the sequences they begin.
 */
function plainCharacters(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    .normalize('NFKC')
    .replace(/\p{Cf}|[\u2028\u2029\u115f\u1160\u3164\uffa0]|[\ufe00-\ufe0f]/gu, '');
}

function plainTexts(value: unknown): unknown {
  if (typeof value === 'string') return plainCharacters(value);
  if (Array.isArray(value)) return value.map(plainTexts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [plainCharacters(key), plainTexts(item)]));
}

function escapeSign(sign: string): string {
  return `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
