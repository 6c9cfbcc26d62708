import { compose, type RedactedText } from '../evidence/redacted-text.ts';

/**
 * Puts a JSON document made by `redactJson` between the tags that the instructions speak of. In such a document every `<` is escaped, so nothing in it can close
 * the tag, and every quotation mark, so nothing can leave its string.
 */
export function untrusted(document: RedactedText): RedactedText {
  return compose`<untrusted-data>
${document}
</untrusted-data>`;
}
