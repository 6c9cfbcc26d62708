import type { KnownBlock, MrkdwnElement, PlainTextElement, SectionBlock } from '@slack/types';

/** Slack's limits (Block Kit reference), and below them what we allow ourselves: text of a notification, of one message altogether. */
export const limits = {
  section: 3000,
  field: 2000,
  label: 75,
  confirmText: 300,
  notification: 300,
  blocks: 50,
  allText: 11_000,
} as const;

/** Nothing that cannot be seen: no control, bidi or zero-width character hides a part, and no half of a surrogate pair breaks the request. */
function visible(text: string): string {
  return text.toWellFormed().replace(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

// Long text is cut before it is worked on: labels can be megabytes, and escaping only makes it longer.
function beginning(text: string, max: number): string {
  return text.length > max * 4 ? text.slice(0, max * 4) : text;
}

/**
 * Text from outside on one line: no mention, link or channel can come out of it, no line break begins a line that looks like ours, and no marker makes it bold
 * or code. What is cut says so.
 */
export function said(text: string, max = 400): string {
  const line = visible(beginning(text, max)).replace(/\s+/gu, ' ').trim();
  return cut(escaped(line).replaceAll('*', '∗').replaceAll('`', 'ˋ').replaceAll('~', '∼'), max);
}

/** Text from outside in a code span. */
export function code(text: string, max = 200): string {
  const line = visible(beginning(text, max)).replace(/\s+/gu, ' ').trim();
  return `\`${cut(escaped(line === '' ? ' ' : line).replaceAll('`', 'ˋ'), max)}\``;
}

/** Text from outside as a block of code, its lines kept. */
export function codeBlock(text: string, max = 1500): string {
  const lines = visible(beginning(text, max)).trimEnd();
  return `\`\`\`${cut(escaped(lines === '' ? ' ' : lines).replaceAll('`', 'ˋ'), max)}\`\`\``;
}

const cutNote = ' … (cut)';

/** Cuts and says so; what is cut must never look complete. Neither an escape such as `&lt;` nor a character of two units is cut in half. */
function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const kept = text.slice(0, max - cutNote.length).replace(/&[a-z]{0,4}$/, '');
  return kept.replace(/[\ud800-\udbff]$/, '') + cutNote;
}

// verbatim: Slack would otherwise turn bare URLs and channel names in alert text into links.
export function mrkdwn(text: string, max: number = limits.section): MrkdwnElement {
  return { type: 'mrkdwn', text: cut(text, max), verbatim: true };
}

/** Text without markup. Slack reads no mention in it; angle brackets are changed all the same, so that this need not be relied on. */
export function plain(text: string, max: number = limits.label): PlainTextElement {
  return { type: 'plain_text', text: label(text, max), emoji: false };
}

export function label(text: string, max: number = limits.label): string {
  const line = visible(beginning(text, max)).replace(/\s+/gu, ' ').trim();
  return cut(line.replaceAll('<', '‹').replaceAll('>', '›'), max);
}

export function section(text: string, max: number = limits.section): SectionBlock {
  return { type: 'section', text: mrkdwn(text, max), expand: true };
}

export function context(parts: readonly string[]): KnownBlock {
  return { type: 'context', elements: [mrkdwn(parts.join('  ·  '), 600)] };
}

/** What a phone shows and a screen reader says first. Escaped like the rest: Slack reads mentions in it too. */
export function notice(text: string): string {
  return said(text, limits.notification);
}

/** An instant in the reader's own time zone, with UTC for clients that cannot say it. */
export function when(instant: string): string {
  const seconds = Math.floor(Date.parse(instant) / 1000);
  return `<!date^${seconds}^{date_short_pretty} {time_secs}|${instant.slice(0, 19).replace('T', ' ')} UTC>`;
}
