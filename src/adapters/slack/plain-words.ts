/**
 * What a person wrote, as words: Slack's markup for links, channels and people is taken back to what they typed, escapes are undone, and quotation marks and
 * code marks that phones and habits put around names are dropped.
 */
export function plainWords(text: string): string {
  return text
    .slice(0, 8_000)
    .replace(/<([^<>|]*)\|([^<>]*)>/g, '$2')
    .replace(/<(?:https?:\/\/|mailto:)([^<>]*)>/g, '$1')
    .replace(/<[@#!][^<>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/[`“”„"‘’]/gu, '')
    .replace(/\s+/gu, ' ')
    .trim();
}

/** What follows the first mention of the bot. */
export function wordsAfterMention(text: string, botUserId: string): string {
  const mention = new RegExp(`<@${botUserId}(?:\\|[^<>]*)?>`);
  const found = mention.exec(text);
  return plainWords(found === null ? text : text.slice(found.index + found[0].length).replace(/^[\s,:;]+/, ''));
}
