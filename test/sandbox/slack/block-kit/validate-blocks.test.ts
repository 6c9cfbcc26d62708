import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textInBlocks, validateBlocks } from '../../../../src/sandbox/slack/block-kit/validate-blocks.ts';
import { isViewTooLarge, validateView } from '../../../../src/sandbox/slack/block-kit/validate-view.ts';
import type { Json } from '../../../../src/sandbox/slack/json.ts';

const plain = (text: string) => ({ type: 'plain_text', text });
const section = (length: number) => ({ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(length) } });
const button = (over: object = {}) => ({ type: 'button', action_id: 'a', text: plain('Go'), ...over });
const actions = (...elements: object[]) => ({ type: 'actions', elements });
const option = (over: object = {}) => ({ text: plain('One'), value: '1', ...over });
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

// `as Json`: the helpers return plain objects of JSON values, which TypeScript widens to `object`.
const check = (...blocks: object[]) => validateBlocks(blocks as unknown as Json, 'message');

describe('validateBlocks', () => {
  it.each<[what: string, block: object]>([
    ['a section of 3000 characters', section(3000)],
    ['ten fields of 2000', { type: 'section', fields: times(10, () => ({ type: 'mrkdwn', text: 'x'.repeat(2000) })) }],
    ['a header of 150', { type: 'header', text: plain('x'.repeat(150)) }],
    ['25 buttons', actions(...times(25, (index) => button({ action_id: `a${index}` })))],
    [
      'button text of 75, value of 2000, label of 75',
      actions(button({ text: plain('x'.repeat(75)), value: 'x'.repeat(2000), accessibility_label: 'x'.repeat(75) })),
    ],
    ['ten context elements', { type: 'context', elements: times(10, () => plain('x')) }],
    [
      '100 options',
      actions({
        type: 'static_select',
        action_id: 's',
        options: times(100, (index) => option({ value: String(index) })),
      }),
    ],
    [
      'a table of 100 rows and 20 cells',
      { type: 'table', rows: times(100, () => times(20, () => ({ type: 'raw_text', text: 'x' }))) },
    ],
    ['a divider', { type: 'divider' }],
    ['rich text', { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [] }] }],
  ])('takes %s', (_what, block) => {
    expect(check(block)).toEqual([]);
  });

  it.each<[what: string, block: object, pointer: string, code: string]>([
    ['a section of 3001 characters', section(3001), '/blocks/0/text/text', 'too_long'],
    ['an empty section text', section(0), '/blocks/0/text/text', 'too_short'],
    ['a section without text and fields', { type: 'section' }, '/blocks/0', 'missing_required_field'],
    ['eleven fields', { type: 'section', fields: times(11, () => plain('x')) }, '/blocks/0/fields', 'too_many_items'],
    ['a field of 2001', { type: 'section', fields: [plain('x'.repeat(2001))] }, '/blocks/0/fields/0/text', 'too_long'],
    ['a header of 151', { type: 'header', text: plain('x'.repeat(151)) }, '/blocks/0/text/text', 'too_long'],
    [
      'mrkdwn in a header',
      { type: 'header', text: { type: 'mrkdwn', text: 'x' } },
      '/blocks/0/text/type',
      'invalid_enum',
    ],
    [
      'eleven context elements',
      { type: 'context', elements: times(11, () => plain('x')) },
      '/blocks/0/elements',
      'too_many_items',
    ],
    [
      '26 buttons',
      actions(...times(26, (index) => button({ action_id: `a${index}` }))),
      '/blocks/0/elements',
      'too_many_items',
    ],
    [
      'button text of 76',
      actions(button({ text: plain('x'.repeat(76)) })),
      '/blocks/0/elements/0/text/text',
      'too_long',
    ],
    ['a button value of 2001', actions(button({ value: 'x'.repeat(2001) })), '/blocks/0/elements/0/value', 'too_long'],
    [
      'an action_id of 256',
      actions(button({ action_id: 'x'.repeat(256) })),
      '/blocks/0/elements/0/action_id',
      'too_long',
    ],
    ['a made-up button style', actions(button({ style: 'warning' })), '/blocks/0/elements/0/style', 'invalid_enum'],
    ['the same action_id twice', actions(button(), button()), '/blocks/0/elements/1/action_id', 'duplicate'],
    [
      'a confirm title of 101',
      actions(button({ confirm: { title: plain('x'.repeat(101)), text: plain('x') } })),
      '/blocks/0/elements/0/confirm/title/text',
      'too_long',
    ],
    [
      'a confirm without text',
      actions(button({ confirm: { title: plain('x') } })),
      '/blocks/0/elements/0/confirm',
      'missing_required_field',
    ],
    [
      '101 options',
      actions({
        type: 'static_select',
        action_id: 's',
        options: times(101, (index) => option({ value: String(index) })),
      }),
      '/blocks/0/elements/0/options',
      'too_many_items',
    ],
    [
      'an option value of 76',
      actions({ type: 'static_select', action_id: 's', options: [option({ value: 'x'.repeat(76) })] }),
      '/blocks/0/elements/0/options/0/value',
      'too_long',
    ],
    [
      'eleven radio buttons',
      actions({
        type: 'radio_buttons',
        action_id: 'r',
        options: times(11, (index) => option({ value: String(index) })),
      }),
      '/blocks/0/elements/0/options',
      'too_many_items',
    ],
    [
      'an input among actions',
      actions({ type: 'plain_text_input', action_id: 'i' }),
      '/blocks/0/elements/0/type',
      'unsupported_type',
    ],
    ['a block nobody knows', { type: 'banner' }, '/blocks/0/type', 'unsupported_type'],
    ["a block named like one of Object's own", { type: 'constructor' }, '/blocks/0/type', 'unsupported_type'],
    ['a block without a type', { text: plain('x') }, '/blocks/0', 'missing_required_field'],
    [
      'an image without a description',
      { type: 'image', image_url: 'https://example.test/x.png' },
      '/blocks/0',
      'missing_required_field',
    ],
    ['a markdown block of 12001', { type: 'markdown', text: 'x'.repeat(12_001) }, '/blocks/0/text', 'too_long'],
    [
      'a table of 101 rows',
      { type: 'table', rows: times(101, () => [plain('x')]) },
      '/blocks/0/rows',
      'too_many_items',
    ],
    ['21 cells in a row', { type: 'table', rows: [times(21, () => plain('x'))] }, '/blocks/0/rows/0', 'too_many_items'],
    ['an alert outside of a modal', { type: 'alert', text: plain('x') }, '/blocks/0/type', 'unsupported_type'],
    [
      'a bad block inside a container',
      { type: 'container', title: plain('x'), child_blocks: [section(3001)] },
      '/blocks/0/child_blocks/0/text/text',
      'too_long',
    ],
  ])('refuses %s', (_what, block, pointer, code) => {
    expect(check(block)).toContainEqual(expect.objectContaining({ pointer, code }));
  });

  it('takes 50 blocks in a message and refuses 51', () => {
    expect(check(...times(50, () => section(1)))).toEqual([]);
    expect(check(...times(51, () => section(1)))).toContainEqual(
      expect.objectContaining({ pointer: '/blocks', code: 'too_many_items', constraint: 50 }),
    );
  });

  it('takes 100 blocks in a view', () => {
    expect(
      validateBlocks(
        times(100, () => section(1)),
        'modal',
      ),
    ).toEqual([]);
  });

  it('refuses two blocks of one id', () => {
    expect(check({ ...section(1), block_id: 'same' }, { ...section(1), block_id: 'same' })).toContainEqual(
      expect.objectContaining({ pointer: '/blocks/1/block_id' }),
    );
  });

  it('adds up the markdown blocks of a message', () => {
    expect(
      check({ type: 'markdown', text: 'x'.repeat(7000) }, { type: 'markdown', text: 'x'.repeat(7000) }),
    ).toContainEqual(expect.objectContaining({ pointer: '/blocks', code: 'too_long' }));
  });

  it('answers any JSON without throwing', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => Array.isArray(validateBlocks(value as Json, 'message'))));
    fc.assert(
      fc.property(
        fc.constantFrom('section', 'actions', 'context', 'input', 'table', 'container', 'carousel'),
        fc.dictionary(
          fc.constantFrom('text', 'fields', 'elements', 'element', 'rows', 'accessory', 'child_blocks', 'label'),
          fc.jsonValue(),
        ),
        (type, rest) => Array.isArray(validateBlocks([{ ...rest, type }] as Json, 'modal')),
      ),
    );
  });
});

describe('textInBlocks', () => {
  it('counts what people read, not values and ids', () => {
    expect(
      textInBlocks([
        { ...section(5), block_id: 'not counted' },
        actions(button({ text: plain('abc'), value: 'not counted' })),
      ] as unknown as Json),
    ).toBe(8);
  });
});

describe('validateView', () => {
  const view = (over: object = {}): Json =>
    ({ type: 'modal', title: plain('Title'), submit: plain('Send'), blocks: [], ...over }) as Json;

  it('takes a modal within the limits', () => {
    expect(validateView(view({ private_metadata: 'x'.repeat(3000) }), 'modal')).toEqual([]);
  });

  it.each<[what: string, view: Json, pointer: string]>([
    ['a title of 25', view({ title: plain('x'.repeat(25)) }), '/view/title/text'],
    ['no title', { type: 'modal', blocks: [] }, '/view'],
    ['a submit button of 25', view({ submit: plain('x'.repeat(25)) }), '/view/submit/text'],
    ['private_metadata of 3001', view({ private_metadata: 'x'.repeat(3001) }), '/view/private_metadata'],
    ['a callback_id of 256', view({ callback_id: 'x'.repeat(256) }), '/view/callback_id'],
    [
      'an input without a submit button',
      {
        type: 'modal',
        title: plain('x'),
        blocks: [{ type: 'input', label: plain('x'), element: { type: 'plain_text_input' } }],
      },
      '/view',
    ],
    ['a home view as a modal', view({ type: 'home' }), '/view/type'],
    ['a text', 'modal', '/view'],
  ])('refuses %s', (_what, raw, pointer) => {
    expect(validateView(raw, 'modal')).toContainEqual(expect.objectContaining({ pointer }));
  });

  it('knows a view above 250 kB', () => {
    expect(isViewTooLarge({ text: 'x'.repeat(250_001) })).toBe(true);
    expect(isViewTooLarge({ text: 'x' })).toBe(false);
  });
});
