import type { Block, Message } from '../slack/records.ts';

type NameOf = (userId: string) => string;

/** A thread as plain text, the way somebody would read it aloud: who, when, and every block's words. */
export function threadText(messages: readonly Message[], nameOf: NameOf): string {
  return messages.map((message) => sayMessage(message, nameOf)).join('\n');
}

function sayMessage({ ts, user, text, blocks, files }: Message, nameOf: NameOf): string {
  const at = new Date(Number(ts) * 1000).toISOString().slice(11, 19);
  const words = blocks === undefined || blocks.length === 0 ? [text] : blocks.flatMap(wordsOf);
  const shared = (files ?? []).map(({ name, size }) => `[file ${name}, ${size} bytes]`);
  const lines = [...words, ...shared].flatMap((part) => plain(part, nameOf).split('\n'));
  return [`── ${nameOf(user)} ${at}`, ...lines.map((line) => `   ${line}`)].join('\n');
}

function wordsOf(block: Block): string[] {
  const { text, fields, elements } = block;
  return [
    ...textsOf(text),
    ...(Array.isArray(fields) ? fields.flatMap(textsOf) : []),
    ...(Array.isArray(elements) ? [elements.flatMap(elementWords).join('  ')] : []),
  ].filter((part) => part !== '');
}

function elementWords(element: unknown): string[] {
  if (typeof element !== 'object' || element === null) return [];
  const isButton = 'type' in element && element.type === 'button';
  const words = 'text' in element ? textsOf(element.text) : [];
  return isButton ? words.map((word) => `[${word}]`) : words;
}

function textsOf(text: unknown): string[] {
  if (typeof text === 'string') return [text];
  if (typeof text !== 'object' || text === null || !('text' in text)) return [];
  return textsOf(text.text);
}

/** mrkdwn without its marks: dates and mentions in words, escapes undone. */
function plain(text: string, nameOf: NameOf): string {
  return text
    .replace(/<!date\^[^|>]*\|([^>]*)>/g, '$1')
    .replace(/<@([A-Z0-9]+)(?:\|[^>]*)?>/g, (_match, id: string) => `@${nameOf(id)}`)
    .replace(/<!subteam\^[A-Z0-9]+\|([^>]*)>/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
