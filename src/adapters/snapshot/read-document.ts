import { readFile, stat } from 'node:fs/promises';
import { loadAll } from 'js-yaml';

const maxFileBytes = 256 * 2 ** 20;

/** The text of a file, or undefined when it cannot be read or is too large to be taken. */
export async function readSmallFile(path: string, maxBytes = maxFileBytes): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    return size > maxBytes ? undefined : await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * The documents of a JSON or YAML text, as JSON values; undefined when it is neither. YAML without aliases (a few of them can stand for gigabytes) and with
 * nothing that JSON cannot say (NaN becomes null, a date stays text).
 */
export function parseDocuments(text: string, name: string): readonly unknown[] | undefined {
  try {
    if (name.endsWith('.json')) return [JSON.parse(text)];
    const documents = loadAll(text, { maxAliases: 0 });
    return documents.map((document): unknown => JSON.parse(JSON.stringify(document ?? null)));
  } catch {
    return undefined;
  }
}
