import { safeUrl } from './mrkdwn.js';

/**
 * The Markdown of `markdown` blocks as a tree, with the inline nodes of `mrkdwn.js`. Pure.
 * Beyond those blocks: `heading` (level, children), `rule`, `table` (rows of cells of inline nodes).
 */
export function parseMarkdown(text) {
  const blocks = [];
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index];
    const previous = blocks.at(-1);
    const fence = /^\s*```/.exec(line);
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    const quote = /^>\s?(.*)$/.exec(line);
    const item = /^(\s*)([-*+]|\d{1,3}[.)])\s+(.*)$/.exec(line);
    if (fence) {
      const end = lines.findIndex((one, at) => at > index && /^\s*```\s*$/.test(one));
      const last = end === -1 ? lines.length : end;
      blocks.push({ type: 'preformatted', text: lines.slice(index + 1, last).join('\n') });
      index = last;
    } else if (heading)
      blocks.push({ type: 'heading', level: heading[1].length, children: parseMarkdownInline(heading[2]) });
    else if (/^\s*(?:-{3,}|\*{3,}|_{3,})\s*$/.test(line)) blocks.push({ type: 'rule' });
    else if (
      isTableRow(line) &&
      /^\s*\|?[\s:|-]+\|?\s*$/.test(lines[index + 1] ?? '') &&
      (lines[index + 1] ?? '').includes('-')
    ) {
      const rows = [cells(line)];
      index += 2;
      for (; index < lines.length && isTableRow(lines[index]); index += 1) rows.push(cells(lines[index]));
      index -= 1;
      blocks.push({ type: 'table', rows });
    } else if (quote) {
      if (previous?.type === 'quote') previous.children.push({ type: 'break' }, ...parseMarkdownInline(quote[1]));
      else blocks.push({ type: 'quote', children: parseMarkdownInline(quote[1]) });
    } else if (item) {
      const entry = {
        indent: Math.min(Math.floor(item[1].length / 2), 4),
        marker: /\d/.test(item[2]) ? item[2] : '•',
        children: parseMarkdownInline(item[3]),
      };
      if (previous?.type === 'list') previous.items.push(entry);
      else blocks.push({ type: 'list', items: [entry] });
    } else if (line.trim() === '') blocks.push({ type: 'gap' });
    else if (previous?.type === 'paragraph') previous.children.push({ type: 'break' }, ...parseMarkdownInline(line));
    else blocks.push({ type: 'paragraph', children: parseMarkdownInline(line) });
  }
  return blocks.filter(({ type }) => type !== 'gap');
}

const isTableRow = (line) => /^\s*\|.*\|\s*$/.test(line);

const cells = (line) =>
  line
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => parseMarkdownInline(cell.trim()));

// Every part is bounded: text full of opening marks must not take for ever.
const inline =
  /`([^`]{1,2000})`|\[([^[\]]{1,500})\]\(([^()\s]{1,2000})\)|\*\*(.{1,1000}?)\*\*|~~(.{1,1000}?)~~|(?<![\p{L}\p{N}])([*_])(?=\S)(.{1,1000}?)(?<=\S)\6(?![\p{L}\p{N}])|:([a-z0-9_+-]{1,60}):/gu;

function parseMarkdownInline(line) {
  const nodes = [];
  let from = 0;
  for (const match of line.matchAll(inline)) {
    const [whole, code, label, url, bold, strike, , italic, emoji] = match;
    if (match.index > from) nodes.push({ type: 'text', text: line.slice(from, match.index) });
    from = match.index + whole.length;
    if (code !== undefined) nodes.push({ type: 'code', text: code });
    else if (label !== undefined)
      nodes.push(safeUrl(url) ? { type: 'link', url, label } : { type: 'text', text: whole });
    else if (bold !== undefined) nodes.push({ type: 'bold', children: parseMarkdownInline(bold) });
    else if (strike !== undefined) nodes.push({ type: 'strike', children: parseMarkdownInline(strike) });
    else if (italic !== undefined) nodes.push({ type: 'italic', children: parseMarkdownInline(italic) });
    else nodes.push({ type: 'emoji', name: emoji });
  }
  if (from < line.length) nodes.push({ type: 'text', text: line.slice(from) });
  return nodes;
}
