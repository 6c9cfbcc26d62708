import { z } from 'zod';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A JSON object kept as it is: what was read from the API is compared and sent back byte for byte, never a copy that a schema made. */
export const jsonObjectSchema = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'expected an object',
);

export function isJsonObject(value: unknown): value is JsonObject {
  return jsonObjectSchema.safeParse(value).success;
}

/** Text of an object as a person may read it on one line: no control or direction characters, not longer than `max`. */
export function onOneLine(text: string, max = 120): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
  return clean.length <= max ? clean : `${clean.slice(0, max)}… (${clean.length} characters)`;
}
