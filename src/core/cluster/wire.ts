/** JSON objects and lists as they come: nothing is known of what they hold. */
export type WireRecord = { readonly [key: string]: unknown };

/** True for a JSON object: not null, not a list. */
export function isRecord(value: unknown): value is WireRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * What stands under a path of keys and indexes, or undefined when anything on the way is missing or of another shape.
 * Only own keys count: wire JSON may hold a key called `constructor`.
 */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let current = value;
  for (const step of path) {
    if (Array.isArray(current) && typeof step === 'number') current = current[step];
    else if (isRecord(current) && typeof step === 'string' && Object.hasOwn(current, step)) current = current[step];
    else return undefined;
  }
  return current;
}

/** A string that is not empty. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

/** A finite number. */
export function numberAt(value: unknown, ...path: readonly (string | number)[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined;
}

export function booleanAt(value: unknown, ...path: readonly (string | number)[]): boolean | undefined {
  const found = at(value, ...path);
  return typeof found === 'boolean' ? found : undefined;
}

/** The list there, empty when there is none: null, an object or a text in its place are none. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The members of a list that are objects, with their index in the list as it was sent (paths are told by that index). */
export function recordsAt(
  value: unknown,
  ...path: readonly (string | number)[]
): readonly { readonly index: number; readonly record: WireRecord }[] {
  return listAt(value, ...path).flatMap((record, index) => (isRecord(record) ? [{ index, record }] : []));
}

/** The pairs of a map whose values are strings; others are left out. */
export function stringsAt(value: unknown, ...path: readonly (string | number)[]): Readonly<Record<string, string>> {
  const found = at(value, ...path);
  if (!isRecord(found)) return {};
  return Object.fromEntries(
    Object.entries(found).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}

// Four-digit years only: `Date` reads more, but what it prints then is no instant of ours.
const wireTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/** Milliseconds since the epoch of an RFC 3339 text; undefined for anything else and for the zero time of Go. */
export function parseTime(text: unknown): number | undefined {
  if (typeof text !== 'string' || !wireTime.test(text) || text.startsWith('0001-')) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

export function timeAt(value: unknown, ...path: readonly (string | number)[]): number | undefined {
  return parseTime(at(value, ...path));
}
