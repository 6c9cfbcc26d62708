import { isObject, type Json, type JsonObject, parseJson } from '../json.ts';

/** Arguments that clients send as JSON text inside form fields. */
const jsonFields = new Set([
  'attachments',
  'blocks',
  'chunks',
  'files',
  'loading_messages',
  'metadata',
  'view',
  'unfurls',
]);

/**
 * Decodes the body of a Web API call: a form (what `@slack/web-api` sends) or JSON.
 *
 * Text in a JSON field that is not JSON stays text, so that the method can refuse it by Slack's name for that mistake.
 * The token is returned apart: it must not reach the record.
 */
export function decodeArguments(contentType: string, body: string): { arguments: JsonObject; token?: string } {
  const raw = contentType.startsWith('application/json') ? jsonBody(body) : formBody(body);
  const { token, ...rest } = raw;
  const decoded = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, decodeField(name, value)]));
  return { arguments: decoded, ...(typeof token === 'string' ? { token } : {}) };
}

function decodeField(name: string, value: Json | undefined): Json | undefined {
  return jsonFields.has(name) && typeof value === 'string' ? (parseJson(value) ?? value) : value;
}

function jsonBody(body: string): JsonObject {
  const parsed = parseJson(body);
  return isObject(parsed) ? parsed : {};
}

function formBody(body: string): JsonObject {
  return Object.fromEntries(new URLSearchParams(body));
}
