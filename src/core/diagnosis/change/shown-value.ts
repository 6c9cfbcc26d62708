import { parseHostPort } from '../../cluster/host-port.ts';

const maxChars = 120;
const secretPath = /pass|secret|token|credential|api[-_]?key|private|auth|cert|\.data\b.*key/i;
const environmentValue = /\benv\[[^\]]{1,200}\](?:\.value)?$/;

/**
 * How a value may be shown in a difference. Environment values only where they are an address (without user info and query), and nothing under a path that sounds like a
 * secret: a bare value gives the redactor no key to know it by.
 */
export function shownValue(path: string, value: unknown): string {
  if (value === undefined || value === null) return 'not set';
  if (environmentValue.test(path)) {
    const address = parseHostPort(value);
    if (address === undefined) return '(value not shown)';
    return `${address.scheme === undefined ? '' : `${address.scheme}://`}${address.host}${address.port === undefined ? '' : `:${address.port}`}`;
  }
  if (secretPath.test(path)) return '(value not shown)';
  if (typeof value === 'object')
    return Array.isArray(value) ? `a list of ${value.length}` : `{ ${Object.keys(value).slice(0, 5).join(', ')} }`;
  const text = String(value);
  return text.length > maxChars ? `${text.slice(0, maxChars - 1)}…` : text;
}
