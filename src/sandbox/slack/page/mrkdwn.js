/**
 * Slack's mrkdwn as a tree. Pure: no DOM, so that it can be tested anywhere.
 *
 * Blocks: `{ type: 'paragraph' | 'quote' | 'preformatted' | 'list', … }`; a list keeps its markers, as Slack shows what was typed.
 * Inline: `text`, `bold`, `italic`, `strike`, `code`, `link`, `user`, `channel`, `usergroup`, `broadcast`, `date`, `emoji`, `break`.
 */
export function parseMrkdwn(text) {
  const blocks = [];
  const parts = text.split(/```/);
  // Fences without a partner are text: an odd number of parts means that all are paired.
  if (parts.length % 2 === 0) {
    const last = parts.pop();
    parts[parts.length - 1] += `\`\`\`${last}`;
  }
  parts.forEach((part, index) => {
    if (index % 2 === 1)
      blocks.push({
        type: 'preformatted',
        text: unescapeEntities(plainLinks(part.replace(/^\n/, '').replace(/\n$/, ''))),
      });
    else blocks.push(...parseLines(index === 0 ? part : part.replace(/^\n/, '')));
  });
  return blocks;
}

const listMarker = /^(\s*)([•◦▪*-]|\d{1,3}[.)])\s+(\S.*)$/;

function parseLines(text) {
  const blocks = [];
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const previous = blocks.at(-1);
    const quoted = /^(?:&gt;|>)\s?(.*)$/.exec(line);
    const item = listMarker.exec(line);
    if (quoted) {
      if (previous?.type === 'quote') previous.children.push({ type: 'break' }, ...parseInline(quoted[1]));
      else blocks.push({ type: 'quote', children: parseInline(quoted[1]) });
    } else if (item) {
      const entry = {
        indent: Math.min(Math.floor(item[1].length / 2), 4),
        marker: item[2] === '-' || item[2] === '*' ? '•' : item[2],
        children: parseInline(item[3]),
      };
      if (previous?.type === 'list') previous.items.push(entry);
      else blocks.push({ type: 'list', items: [entry] });
    } else if (previous?.type === 'paragraph') {
      previous.children.push({ type: 'break' }, ...parseInline(line));
    } else {
      blocks.push({ type: 'paragraph', children: parseInline(line) });
    }
  }
  return blocks.filter((block) => block.type !== 'paragraph' || block.children.length > 0);
}

const inline = /`([^`\n]+)`|<([^<>\n]+)>|:([a-z0-9_+-]+(?:::skin-tone-\d)?):|([*_~])(?=\S)/g;

/** Parses one line. Marks open and close at word borders only, as in Slack: `snake_case_name` stays as it is. */
function parseInline(line) {
  const nodes = [];
  let from = 0;
  inline.lastIndex = 0;
  const say = (text) => {
    if (text !== '') nodes.push({ type: 'text', text: unescapeEntities(text) });
  };
  for (let match = inline.exec(line); match !== null; match = inline.exec(line)) {
    const [whole, code, markup, emoji, mark] = match;
    let node;
    let end = match.index + whole.length;
    if (code !== undefined) node = { type: 'code', text: unescapeEntities(plainLinks(code)) };
    else if (markup !== undefined) node = parseMarkup(markup);
    else if (emoji !== undefined) node = { type: 'emoji', name: emoji };
    else {
      end = closingMark(line, match.index, mark);
      if (end === -1) continue;
      node = { type: markNames[mark], children: parseInlineCopy(line.slice(match.index + 1, end)) };
      end += 1;
    }
    say(line.slice(from, match.index));
    nodes.push(node);
    from = end;
    inline.lastIndex = end;
  }
  say(line.slice(from));
  return nodes;
}

const markNames = { '*': 'bold', _: 'italic', '~': 'strike' };

// The expression keeps its position between calls, so an inner parse must not disturb the outer one.
function parseInlineCopy(text) {
  const position = inline.lastIndex;
  const nodes = parseInline(text);
  inline.lastIndex = position;
  return nodes;
}

/** Beyond this distance marks do not belong together; without an end, text full of opening marks would take for ever. */
const furthestMark = 1_000;

const wordCharacter = /[\p{L}\p{N}]/u;

/** Where the mark that opens at `start` closes, or -1. A mark inside code closes nothing. */
function closingMark(line, start, mark) {
  if (start > 0 && wordCharacter.test(line[start - 1])) return -1;
  const last = Math.min(line.length, start + furthestMark);
  let isInCode = false;
  for (let at = start + 1; at < last; at += 1) {
    if (line[at] === '`') isInCode = !isInCode;
    if (isInCode || line[at] !== mark || at === start + 1 || line[at - 1] === ' ') continue;
    if (line[at + 1] === undefined || !wordCharacter.test(line[at + 1])) return at;
  }
  return -1;
}

function parseMarkup(markup) {
  const bar = markup.indexOf('|');
  const target = bar === -1 ? markup : markup.slice(0, bar);
  const label = bar === -1 ? undefined : unescapeEntities(markup.slice(bar + 1));
  if (target.startsWith('@')) return { type: 'user', id: target.slice(1), label };
  if (target.startsWith('#')) return { type: 'channel', id: target.slice(1), label };
  if (target.startsWith('!subteam^')) return { type: 'usergroup', id: target.slice(9), label };
  if (target.startsWith('!date^')) {
    const [, seconds = '', format = '', url] = target.split('^');
    return { type: 'date', seconds: Number(seconds), format, url: safeUrl(url), fallback: label ?? '' };
  }
  if (target.startsWith('!')) return { type: 'broadcast', range: target.slice(1) };
  const url = safeUrl(unescapeEntities(target));
  return url === undefined
    ? { type: 'text', text: `<${unescapeEntities(markup)}>` }
    : { type: 'link', url, label: label ?? url.replace(/^mailto:/, '') };
}

/** Only addresses a browser may follow from a message; `javascript:` and its kind are shown as text. */
export function safeUrl(url) {
  return typeof url === 'string' && /^(?:https?:\/\/|mailto:)/i.test(url) ? url : undefined;
}

/** In code, links are shown by their address. */
function plainLinks(text) {
  return text.replace(/<((?:https?:\/\/|mailto:)[^<>|\n]+)(?:\|([^<>\n]*))?>/g, (_whole, url, label) => label ?? url);
}

/** Slack escapes exactly these three. */
function unescapeEntities(text) {
  return text.replace(/&(lt|gt|amp);/g, (_whole, name) => ({ lt: '<', gt: '>', amp: '&' })[name]);
}
