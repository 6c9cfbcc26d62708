import { formatSlackDate } from './dates.js';
import { h } from './dom.js';
import { drawing } from './drawings.js';
import { emojiOf } from './emoji.js';
import { parseMarkdown } from './markdown.js';
import { parseMrkdwn, safeUrl } from './mrkdwn.js';

/** Draws mrkdwn. `names` resolves ids: `{ user(id), channel(id), usergroup(id) }`, and `me`, whose mentions stand out. */
export const drawMrkdwn = (text, names) => parseMrkdwn(text).map((block) => drawBlock(block, names));

/** Draws the Markdown of a `markdown` block. */
export const drawMarkdown = (text, names) => parseMarkdown(text).map((block) => drawBlock(block, names));

/** Draws a text object of Block Kit: plain text keeps its emoji only. */
export function drawTextObject(object, names) {
  if (!object) return [];
  if (object.type === 'mrkdwn') return drawMrkdwn(object.text, names);
  return drawPlain(object.text);
}

/** Plain text; only emoji by short name are more than text. */
export function drawPlain(text) {
  return String(text)
    .split(/(:[a-z0-9_+-]+:)/)
    .map((part, index) => (index % 2 === 1 ? drawEmoji(part.slice(1, -1)) : part));
}

/** The same where only text can stand: options of a menu, labels. */
export function plainText(text) {
  return String(text).replace(/:([a-z0-9_+-]+):/g, (_whole, name) => emojiOf(name));
}

/** An emoji by short name: our own drawing, the font's glyph, or the name as it was written. */
export function drawEmoji(name) {
  const glyph = drawing(name) ?? emojiOf(name);
  return glyph === `:${name}:`
    ? glyph
    : h('span', { class: 'emoji', role: 'img', 'aria-label': name.replaceAll('_', ' ') }, glyph);
}

function drawBlock(block, names) {
  const children = () => drawInline(block.children, names);
  switch (block.type) {
    case 'preformatted':
      return h('pre', { class: 'code-block', tabindex: '0' }, h('code', {}, block.text));
    case 'quote':
      return h('blockquote', {}, children());
    case 'list':
      return h(
        'ul',
        { class: 'typed-list' },
        block.items.map((item) =>
          h(
            'li',
            { class: `indent-${item.indent}` },
            h('span', { class: 'marker', 'aria-hidden': 'true' }, item.marker),
            h('span', {}, drawInline(item.children, names)),
          ),
        ),
      );
    case 'heading':
      return h(`h${Math.min(block.level + 2, 6)}`, { class: `heading level-${block.level}` }, children());
    case 'rule':
      return h('hr');
    case 'table':
      return drawTable(block.rows.map((row) => row.map((cell) => drawInline(cell, names))));
    default:
      return h('p', {}, children());
  }
}

/** A table whose first row is its head. Wide ones scroll inside themselves. */
export function drawTable(rows) {
  const [head = [], ...body] = rows;
  return h(
    'div',
    { class: 'table-scroll', tabindex: '0', role: 'region', 'aria-label': 'Table' },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          head.map((cell) => h('th', { scope: 'col' }, cell)),
        ),
      ),
      h(
        'tbody',
        {},
        body.map((row) =>
          h(
            'tr',
            {},
            row.map((cell) => h('td', {}, cell)),
          ),
        ),
      ),
    ),
  );
}

function drawInline(nodes, names) {
  return nodes.map((node) => {
    switch (node.type) {
      case 'text':
        return node.text;
      case 'break':
        return h('br');
      case 'bold':
        return h('strong', {}, drawInline(node.children, names));
      case 'italic':
        return h('em', {}, drawInline(node.children, names));
      case 'strike':
        return h('s', {}, drawInline(node.children, names));
      case 'code':
        return h('code', { class: 'inline-code' }, node.text);
      case 'emoji':
        return drawEmoji(node.name);
      case 'link':
        return drawLink(node.url, node.label);
      case 'user':
        return mention(`@${names.user(node.id) ?? node.label ?? node.id}`, node.id === names.me);
      case 'usergroup':
        return mention(`@${names.usergroup(node.id) ?? (node.label ?? node.id).replace(/^@/, '')}`, false);
      case 'channel':
        return mention(`#${names.channel(node.id) ?? node.label ?? node.id}`, false);
      case 'broadcast':
        return mention(`@${node.range}`, true);
      case 'date': {
        const shown = Number.isFinite(node.seconds) ? formatSlackDate(node.format, node.seconds) : node.fallback;
        const time = h(
          'time',
          {
            title: node.fallback,
            datetime: Number.isFinite(node.seconds) ? new Date(node.seconds * 1000).toISOString() : undefined,
          },
          shown,
        );
        return node.url === undefined
          ? time
          : h('a', { href: node.url, target: '_blank', rel: 'noreferrer noopener' }, time);
      }
      default:
        return '';
    }
  });
}

function mention(text, isStrong) {
  return h('span', { class: isStrong ? 'mention mine' : 'mention' }, text);
}

function drawLink(url, label) {
  // A link into this very page (a permalink) stays in it.
  const isHere = url.startsWith(`${location.origin}/#`);
  return h(
    'a',
    isHere ? { href: url.slice(location.origin.length) } : { href: url, target: '_blank', rel: 'noreferrer noopener' },
    label,
  );
}

/** Draws a `rich_text` block. */
export function drawRichText(block, names) {
  return (block.elements ?? []).map((part) => drawRichPart(part, names));
}

function drawRichPart(part, names) {
  const spans = () => (part.elements ?? []).map((element) => drawRichSpan(element, names));
  switch (part.type) {
    case 'rich_text_preformatted':
      return h('pre', { class: 'code-block', tabindex: '0' }, h('code', {}, spans()));
    case 'rich_text_quote':
      return h('blockquote', {}, spans());
    case 'rich_text_list': {
      const items = (part.elements ?? []).map((item) =>
        h(
          'li',
          {},
          (item.elements ?? []).map((element) => drawRichSpan(element, names)),
        ),
      );
      return h(
        part.style === 'ordered' ? 'ol' : 'ul',
        {
          class: `rich-list indent-${Math.min(part.indent ?? 0, 4)}`,
          start: part.offset === undefined ? undefined : part.offset + 1,
        },
        items,
      );
    }
    default:
      return h('p', {}, spans());
  }
}

function drawRichSpan(element, names) {
  const style = element.style ?? {};
  const wrap = (inner) => {
    let node = inner;
    if (style.code) node = h('code', { class: 'inline-code' }, node);
    if (style.bold) node = h('strong', {}, node);
    if (style.italic) node = h('em', {}, node);
    if (style.strike) node = h('s', {}, node);
    return node;
  };
  switch (element.type) {
    case 'text': {
      const lines = String(element.text ?? '').split('\n');
      return wrap(
        h(
          'span',
          {},
          lines.flatMap((line, index) => (index === 0 ? [line] : [h('br'), line])),
        ),
      );
    }
    case 'link':
      return safeUrl(element.url)
        ? wrap(drawLink(element.url, element.text ?? element.url))
        : String(element.text ?? element.url ?? '');
    case 'emoji':
      return drawEmoji(String(element.name));
    case 'user':
      return drawInline([{ type: 'user', id: element.user_id }], names)[0];
    case 'usergroup':
      return drawInline([{ type: 'usergroup', id: element.usergroup_id }], names)[0];
    case 'channel':
      return drawInline([{ type: 'channel', id: element.channel_id }], names)[0];
    case 'broadcast':
      return drawInline([{ type: 'broadcast', range: element.range }], names)[0];
    case 'date':
      return drawInline(
        [
          {
            type: 'date',
            seconds: element.timestamp,
            format: element.format ?? '{date_short_pretty} {time}',
            fallback: element.fallback ?? '',
          },
        ],
        names,
      )[0];
    default:
      return '';
  }
}
