import { h } from './dom.js';
import { drawElement } from './elements.js';
import { drawMarkdown, drawPlain, drawRichText, drawTable, drawTextObject } from './text.js';

/**
 * Draws Block Kit blocks.
 *
 * `context`: `names` (see text.js), `act(element, block, chosen)` for what people press or choose, and for views `field(block,
 * element)` → `{ value, set }` with `errors` by block id. A block this page cannot draw says so instead of vanishing.
 */
export function drawBlocks(blocks, context) {
  return blocks.map((block) => drawBlock(block, context));
}

const drawers = {
  divider: () => h('hr'),
  header: (block, { names }) => h('h3', { class: 'block-header' }, drawTextObject(block.text, names)),
  section(block, context) {
    const fields = (block.fields ?? []).map((field) =>
      h('div', { class: 'field' }, drawTextObject(field, context.names)),
    );
    return h(
      'div',
      { class: 'section' },
      h(
        'div',
        { class: 'section-body' },
        block.text ? h('div', {}, drawTextObject(block.text, context.names)) : undefined,
        fields.length > 0 ? h('div', { class: 'fields' }, fields) : undefined,
      ),
      block.accessory ? h('div', { class: 'accessory' }, drawElement(block.accessory, block, context)) : undefined,
    );
  },
  context: (block, { names }) =>
    h(
      'div',
      { class: 'context' },
      (block.elements ?? []).map((element) =>
        element.type === 'image'
          ? drawImage(element)
          : h('span', { class: 'context-item' }, drawTextObject(element, names)),
      ),
    ),
  actions: (block, context) =>
    h(
      'div',
      { class: 'actions' },
      (block.elements ?? []).map((element) => drawElement(element, block, context)),
    ),
  context_actions: (block, context) =>
    h(
      'div',
      { class: 'actions' },
      (block.elements ?? []).map((element) => drawElement(element, block, context)),
    ),
  input(block, context) {
    const error = context.errors?.[block.block_id];
    const id = `input-${block.block_id}`;
    return h(
      'div',
      { class: error ? 'input-block invalid' : 'input-block', dataset: { testid: `input-${block.block_id}` } },
      h(
        'label',
        { for: id },
        drawPlain(block.label?.text ?? ''),
        block.optional ? h('span', { class: 'optional' }, ' (optional)') : undefined,
      ),
      drawElement(block.element, block, context, {
        id,
        'aria-describedby': `${id}-note`,
        'aria-invalid': error ? 'true' : undefined,
      }),
      h(
        'div',
        { id: `${id}-note`, class: error ? 'input-error' : 'hint', role: error ? 'alert' : undefined },
        error ?? drawPlain(block.hint?.text ?? ''),
      ),
    );
  },
  image: (block) =>
    h(
      'div',
      { class: 'image-block' },
      block.title ? h('div', { class: 'muted' }, drawPlain(block.title.text)) : undefined,
      drawImage(block),
    ),
  markdown: (block, { names }) => h('div', { class: 'markdown' }, drawMarkdown(block.text, names)),
  rich_text: (block, { names }) => h('div', { class: 'rich-text' }, drawRichText(block, names)),
  table: (block, { names }) => drawTable((block.rows ?? []).map((row) => row.map((cell) => drawCell(cell, names)))),
  alert: (block, { names }) => h('div', { class: 'alert', role: 'note' }, drawTextObject(block.text, names)),
  card: (block, context) =>
    h(
      'div',
      { class: 'card' },
      h('strong', {}, drawTextObject(block.title, context.names)),
      block.subtitle ? h('div', { class: 'muted' }, drawTextObject(block.subtitle, context.names)) : undefined,
      block.body ? h('div', {}, drawTextObject(block.body, context.names)) : undefined,
      (block.actions ?? []).length > 0
        ? h(
            'div',
            { class: 'actions' },
            block.actions.map((element) => drawElement(element, block, context)),
          )
        : undefined,
    ),
  container: (block, context) =>
    h(
      'details',
      { class: 'container', open: block.is_collapsed ? undefined : true },
      h('summary', {}, drawTextObject(block.title, context.names)),
      drawBlocks(block.child_blocks ?? block.blocks ?? [], context),
    ),
};

function drawBlock(block, context) {
  const draw = Object.hasOwn(drawers, block.type) ? drawers[block.type] : undefined;
  return draw
    ? draw(block, context)
    : h('div', { class: 'muted' }, `A block of type ${block.type} is here. This page does not draw it; Slack does.`);
}

function drawCell(cell, names) {
  if (cell?.type === 'rich_text') return drawRichText(cell, names);
  if (cell?.type === 'mrkdwn') return drawTextObject(cell, names);
  return String(cell?.text ?? cell?.value ?? '');
}

// No image is fetched from anywhere: its description stands for it.
function drawImage(image) {
  return h(
    'span',
    { class: 'image-stand-in', title: image.image_url ?? '' },
    `[image: ${image.alt_text ?? 'no description'}]`,
  );
}
