/** A place in a text file, both from 1. */
export type Position = { readonly line: number; readonly column: number };

export type DocumentPath = readonly (string | number)[];

/**
 * A parsed document and where each of its values stands. `keys` has the place of a field's name, `values` the place of what it holds;
 * both are keyed by `pathKey`. An empty value has no place of its own: ask for its key.
 */
export type SourceDocument = {
  readonly value: unknown;
  readonly keys: ReadonlyMap<string, Position>;
  readonly values: ReadonlyMap<string, Position>;
};

/** One text per path; field names cannot collide with it, whatever characters they hold. */
export function pathKey(path: DocumentPath): string {
  return JSON.stringify(path);
}

/** Where the value (or the name) at `path` stands; what has no place of its own, such as a missing field, is where its nearest parent is. */
export function positionOf(document: SourceDocument, path: DocumentPath, at: 'key' | 'value' = 'value'): Position {
  const [first, second] = at === 'key' ? [document.keys, document.values] : [document.values, document.keys];
  for (let length = path.length; length >= 0; length -= 1) {
    const key = pathKey(path.slice(0, length));
    const found = first.get(key) ?? second.get(key);
    if (found !== undefined) return found;
  }
  return { line: 1, column: 1 };
}

/** `actions[2].validate.until`: how people read a path. */
export function sayPath(path: DocumentPath): string {
  return path.reduce<string>(
    (said, part) => (typeof part === 'number' ? `${said}[${part}]` : said === '' ? part : `${said}.${part}`),
    '',
  );
}

/** The value at `path`, or undefined; own fields only. */
export function valueAt(root: unknown, path: DocumentPath): unknown {
  let value = root;
  for (const part of path) {
    if (Array.isArray(value) && typeof part === 'number') value = value[part];
    else if (isRecord(value) && Object.hasOwn(value, String(part))) value = value[String(part)];
    else return undefined;
  }
  return value;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
