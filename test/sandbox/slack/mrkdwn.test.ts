import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

type Node = { readonly type: string; readonly [key: string]: unknown };
type Parse = (text: string) => readonly Node[];

// The page's scripts are plain JavaScript for the browser; these two are pure and run here as they are.
const folder = new URL('../../../src/sandbox/slack/page/', import.meta.url);
const { parseMrkdwn, safeUrl } = (await import(new URL('mrkdwn.js', folder).href)) as {
  parseMrkdwn: Parse;
  safeUrl: (url: unknown) => string | undefined;
};
const { parseMarkdown } = (await import(new URL('markdown.js', folder).href)) as { parseMarkdown: Parse };

const text = (value: string) => ({ type: 'text', text: value });
const paragraph = (...children: Node[]) => [{ type: 'paragraph', children }];

describe('mrkdwn', () => {
  it.each<[source: string, tree: readonly Node[]]>([
    ['plain', paragraph(text('plain'))],
    [
      '*bold* and _italic_ and ~gone~',
      paragraph(
        { type: 'bold', children: [text('bold')] },
        text(' and '),
        { type: 'italic', children: [text('italic')] },
        text(' and '),
        { type: 'strike', children: [text('gone')] },
      ),
    ],
    ['*_both_*', paragraph({ type: 'bold', children: [{ type: 'italic', children: [text('both')] }] })],
    ['`*not bold*` here', paragraph({ type: 'code', text: '*not bold*' }, text(' here'))],
    ['snake_case_name and 2*3*4', paragraph(text('snake_case_name and 2*3*4'))],
    ['*open', paragraph(text('*open'))],
    ['a &lt; b &amp;&amp; c', paragraph(text('a < b && c'))],
    [
      '<https://example.test/x|the page>',
      paragraph({ type: 'link', url: 'https://example.test/x', label: 'the page' }),
    ],
    [
      '<https://example.test/x?a=1&amp;b=2>',
      paragraph({ type: 'link', url: 'https://example.test/x?a=1&b=2', label: 'https://example.test/x?a=1&b=2' }),
    ],
    [
      '<@U1> <#C1|incidents> <!subteam^S1|@leads> <!here>',
      paragraph(
        { type: 'user', id: 'U1', label: undefined },
        text(' '),
        { type: 'channel', id: 'C1', label: 'incidents' },
        text(' '),
        { type: 'usergroup', id: 'S1', label: '@leads' },
        text(' '),
        { type: 'broadcast', range: 'here' },
      ),
    ],
    [
      '<!date^1700000000^{date_short_pretty} {time}|14 Nov 2023 UTC>',
      paragraph({
        type: 'date',
        seconds: 1_700_000_000,
        format: '{date_short_pretty} {time}',
        url: undefined,
        fallback: '14 Nov 2023 UTC',
      }),
    ],
    [':warning: careful', paragraph({ type: 'emoji', name: 'warning' }, text(' careful'))],
    ['&gt; said\n&gt; twice', [{ type: 'quote', children: [text('said'), { type: 'break' }, text('twice')] }]],
    ['```\n- a\n+ b\n```', [{ type: 'preformatted', text: '- a\n+ b' }]],
    [
      'before ```code``` after',
      [...paragraph(text('before ')), { type: 'preformatted', text: 'code' }, ...paragraph(text(' after'))],
    ],
    ['``` never closed', paragraph(text('``` never closed'))],
    [
      '• one\n• two',
      [
        {
          type: 'list',
          items: [
            { indent: 0, marker: '•', children: [text('one')] },
            { indent: 0, marker: '•', children: [text('two')] },
          ],
        },
      ],
    ],
    ['1. one', [{ type: 'list', items: [{ indent: 0, marker: '1.', children: [text('one')] }] }]],
  ])('reads %j', (source, tree) => {
    expect(parseMrkdwn(source)).toEqual(tree);
  });

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'JAVASCRIPT:alert(1)',
    ' https://example.test',
    'vbscript:x',
    '//example.test',
  ])('makes no link of %j', (url) => {
    expect(safeUrl(url)).toBeUndefined();
    expect(JSON.stringify(parseMrkdwn(`<${url}|click me>`))).not.toContain('"link"');
    expect(JSON.stringify(parseMarkdown(`[click me](${url})`))).not.toContain('"link"');
  });

  it('reads anything in time, and loses no plain word', () => {
    const piece = fc.constantFrom(
      '*',
      '_',
      '~',
      '`',
      '```',
      '<',
      '>',
      '|',
      '&lt;',
      '\n',
      ' ',
      'word',
      ':',
      'x:',
      '•',
      '1. ',
      '<@U1>',
      '<!date^1^{time}|x>',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const source = pieces.join('');
        const words = (value: string) => value.match(/word/g)?.length ?? 0;
        expect(words(JSON.stringify(parseMrkdwn(source)))).toBeGreaterThanOrEqual(
          words(source.replace(/<[^<>\n]*>/g, '')),
        );
        parseMarkdown(source);
      }),
    );
  });

  it('is not slow on hostile text', () => {
    const started = performance.now();
    parseMrkdwn('*a '.repeat(10_000));
    parseMarkdown(`${'_a '.repeat(5_000)}${'['.repeat(5_000)}`);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe('markdown', () => {
  it('reads headings, tables, fences, lists and rules', () => {
    const source = '## Cause\n\n| a | b |\n|---|---|\n| `1` | **2** |\n\n```yaml\nx: 1\n```\n- one\n---';
    expect(parseMarkdown(source)).toEqual([
      { type: 'heading', level: 2, children: [text('Cause')] },
      {
        type: 'table',
        rows: [
          [[text('a')], [text('b')]],
          [[{ type: 'code', text: '1' }], [{ type: 'bold', children: [text('2')] }]],
        ],
      },
      { type: 'preformatted', text: 'x: 1' },
      { type: 'list', items: [{ indent: 0, marker: '•', children: [text('one')] }] },
      { type: 'rule' },
    ]);
  });
});
