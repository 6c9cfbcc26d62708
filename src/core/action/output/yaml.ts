import { isFields } from './fields.ts';

/** A JSON value as block YAML with sorted keys, for people to read. Strings that YAML could take for something else are quoted. */
export function toYaml(value: unknown): string {
  return blockLines(value).join('\n');
}

function blockLines(value: unknown): string[] {
  if (Array.isArray(value) && value.length > 0) {
    return value.flatMap((item) => {
      const [first = '', ...rest] = blockLines(item);
      return [`- ${first}`, ...rest.map((line) => `  ${line}`)];
    });
  }
  if (isFields(value) && Object.keys(value).length > 0) {
    return Object.keys(value)
      .toSorted()
      .flatMap((key) => entryLines(key, value[key]));
  }
  return [scalar(value)];
}

function entryLines(key: string, value: unknown): string[] {
  const name = plainOrQuoted(key);
  const lines = blockLines(value);
  if (Array.isArray(value) && value.length > 0) return [`${name}:`, ...lines];
  if (isFields(value) && Object.keys(value).length > 0) return [`${name}:`, ...lines.map((line) => `  ${line}`)];
  return [`${name}: ${lines.join('')}`];
}

function scalar(value: unknown): string {
  if (typeof value === 'string') return plainOrQuoted(value);
  if (Array.isArray(value)) return '[]';
  if (isFields(value)) return '{}';
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : 'null';
}

const plain = /^[A-Za-z/][A-Za-z0-9_./-]*(:[A-Za-z0-9_./-]+)*$/;
const otherMeaning = /^(true|false|null|yes|no|on|off|y|n)$/i;

// A JSON string is a YAML string.
function plainOrQuoted(text: string): string {
  return plain.test(text) && !otherMeaning.test(text) ? text : JSON.stringify(text);
}
