import type { Mask } from './placeholder.ts';

// At least 20 characters of either alphabet, at a border of the class so that each run is read once. Longer ones are looked at in part.
const blob = /(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{20,}={0,2}/g;
const maxDecodedChars = 64 * 1024;

/** Masks base64 (one level) whose plain text holds a secret. What does not decode to text (digests, ids) is left alone. */
export function redactBase64(text: string, holdsSecret: (decoded: string) => boolean, mask: Mask): string {
  return text.replace(blob, (encoded) => {
    const decoded = decodeText(encoded);
    return decoded !== undefined && holdsSecret(decoded) ? mask('base64', encoded) : encoded;
  });
}

function decodeText(encoded: string): string | undefined {
  const standard = encoded.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/').slice(0, maxDecodedChars);
  if (standard.length % 4 === 1) return undefined;
  const decoded = atob(standard);
  return isPrintable(decoded) ? decoded : undefined;
}

// Random bytes fail within their first few characters.
function isPrintable(decoded: string): boolean {
  for (let index = 0; index < decoded.length; index++) {
    const code = decoded.charCodeAt(index);
    if ((code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) || code === 0x7f) return false;
    if (code >= 0x80 && code < 0xa0) return false;
  }
  return true;
}
