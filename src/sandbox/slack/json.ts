/** Values as they cross the wire. `undefined` members are dropped by JSON, so they may stand in an object. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json | undefined };

/** True for a JSON object: not null, not an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The string under `key`, or undefined when `value` is no object or holds something else there. */
export function textAt(value: unknown, key: string): string | undefined {
  const found = isObject(value) ? value[key] : undefined;
  return typeof found === 'string' ? found : undefined;
}

/** The list under `key`, empty when there is none. */
export function listAt(value: unknown, key: string): readonly Json[] {
  const found = isObject(value) ? value[key] : undefined;
  return isList(found) ? found : [];
}

/** True for a JSON list. `Array.isArray` alone would widen a readonly list to `any[]`. */
export function isList(value: unknown): value is readonly Json[] {
  return Array.isArray(value);
}

/** Reads JSON text; undefined when it is none. */
export function parseJson(text: string): Json | undefined {
  try {
    // JSON.parse returns nothing but JSON values.
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
