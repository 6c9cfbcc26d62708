import type { Mask } from './placeholder.ts';

const begin = /-----BEGIN (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)?-----/g;
const end = /-----END (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)?-----/g;
// What a key's body is made of, with line ends as they are or as JSON writes them.
const body = /[A-Za-z0-9+/=\s\\,:-]*/y;

/**
 * Masks PEM private keys, whole: header, body, footer. A key that was cut off is masked as far as its text looks like one.
 * Certificates and public keys are no secrets and stay.
 */
export function redactPrivateKeys(text: string, mask: Mask): string {
  if (!text.includes('PRIVATE KEY')) return text;
  let result = '';
  let done = 0;
  let footersEnd = false;
  begin.lastIndex = 0;
  for (let header = begin.exec(text); header !== null; header = begin.exec(text)) {
    const bodyStart = header.index + header[0].length;
    end.lastIndex = bodyStart;
    const footer: RegExpExecArray | null = footersEnd ? null : end.exec(text);
    // Looked for once in vain, it is nowhere behind either: without this, many headers would each read the whole rest.
    footersEnd = footer === null;
    const stop = footer === null ? endOfBody(text, bodyStart) : footer.index + footer[0].length;
    result += text.slice(done, header.index) + mask('private-key', text.slice(header.index, stop));
    done = stop;
    begin.lastIndex = stop;
  }
  return result + text.slice(done);
}

function endOfBody(text: string, start: number): number {
  body.lastIndex = start;
  return body.exec(text) === null ? start : body.lastIndex;
}
