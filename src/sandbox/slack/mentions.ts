import { botUserId } from './app-identity.ts';
import type { Channels } from './channels.ts';
import type { JsonObject } from './json.ts';
import type { People } from './people.ts';
import type { Block } from './records.ts';

/** What Slack's own markup looks like inside message text: mentions, channels, groups, dates, links. */
const markup = /<(?:@[UW][A-Z0-9]+|#C[A-Z0-9]+|!subteam\^S[A-Z0-9]+|!date\^|https?:\/\/)[^<>]*>/g;

/**
 * Turns what a person typed into message text as Slack stores it: `@name`, `@handle` and `#channel` become markup, `& < >` are
 * escaped, and markup that is there already is left alone.
 */
export function encodeTyped(typed: string, names: { botName: string; people: People; channels: Channels }): string {
  let encoded = '';
  let from = 0;
  for (const match of typed.matchAll(markup)) {
    encoded += encodePlain(typed.slice(from, match.index), names) + match[0];
    from = match.index + match[0].length;
  }
  return encoded + encodePlain(typed.slice(from), names);
}

function encodePlain(
  text: string,
  { botName, people, channels }: { botName: string; people: People; channels: Channels },
): string {
  const known = new Map<string, string>([
    [`@${botName}`, `<@${botUserId}>`],
    ...people.all().map((person) => [`@${person.name}`, `<@${person.id}>`] as const),
    ...people.usergroups().map((group) => [`@${group.handle}`, `<!subteam^${group.id}|@${group.handle}>`] as const),
    ...channels.all().map((channel) => [`#${channel.name}`, `<#${channel.id}|${channel.name}>`] as const),
    ['@here', '<!here>'],
    ['@channel', '<!channel>'],
  ]);
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return escaped.replace(/(?<![\p{L}\p{N}_])[@#][\p{L}\p{N}._-]*[\p{L}\p{N}_]/gu, (word) => known.get(word) ?? word);
}

/** The rich_text block that Slack's client adds to what people write; bots get it in events beside the text. */
export function typedBlocks(encoded: string): readonly Block[] {
  const elements: JsonObject[] = [];
  let from = 0;
  const say = (text: string): void => {
    const plain = text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
    if (plain !== '') elements.push({ type: 'text', text: plain });
  };
  for (const match of encoded.matchAll(/<([^<>]+)>/g)) {
    say(encoded.slice(from, match.index));
    from = match.index + match[0].length;
    elements.push(markupElement(match[1] ?? ''));
  }
  say(encoded.slice(from));
  return [{ type: 'rich_text', block_id: 'b1', elements: [{ type: 'rich_text_section', elements }] }];
}

function markupElement(inner: string): JsonObject {
  const [target = '', label] = inner.split('|');
  if (target.startsWith('@')) return { type: 'user', user_id: target.slice(1) };
  if (target.startsWith('#')) return { type: 'channel', channel_id: target.slice(1) };
  if (target.startsWith('!subteam^')) return { type: 'usergroup', usergroup_id: target.slice('!subteam^'.length) };
  if (target.startsWith('!')) return { type: 'broadcast', range: target.slice(1) };
  return { type: 'link', url: target, ...(label === undefined ? {} : { text: label }) };
}
