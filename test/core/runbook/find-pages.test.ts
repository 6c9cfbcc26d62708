import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMarkdownFolder } from '../../../src/adapters/runbook-files/read-markdown-folder.ts';
import { createFindRunbooks } from '../../../src/core/runbook/find-pages.ts';
import { evaluateRetrieval, readRetrievalCases } from '../../../src/core/runbook/find-pages-eval.ts';
import { linkOf } from '../../../src/core/runbook/markdown-page.ts';
import { excerptOf, sectionsOf } from '../../../src/core/runbook/markdown-sections.ts';
import { namesInUrl } from '../../../src/core/runbook/runbook-names.ts';
import { createMatchLoaded, createMatchRunbooks, noRunbookFits } from '../../../src/core/runbook/search.ts';

const folder = await readMarkdownFolder(join(import.meta.dirname, 'pages'));
const pages = folder.ok ? folder.value.pages : [];
const find = createFindRunbooks(pages);
const casesOf = (name: string) => readFileSync(join(import.meta.dirname, 'cases', name), 'utf8');

describe('createFindRunbooks', () => {
  it('finds every page of a small folder, and none for what it has no page for', () => {
    const { cases, problems } = readRetrievalCases(casesOf('pages.jsonl'));
    expect(problems).toEqual([]);
    expect(evaluateRetrieval(cases, find)).toEqual({
      cases: 15,
      'hit@1': 1,
      'hit@3': 1,
      falseAccepts: 0,
      missed: [],
    });
  });

  it.each([
    ['a disk is nearly full of old container images', 'Diagnosis › Old images', 'old-images'],
    ['the disk is full, which logs may be removed', 'Mitigation', 'mitigation'],
    ['filesystem has little space left', 'Meaning', 'meaning'],
  ])('names the section that says most about: %s', (summary, path, anchor) => {
    const [first] = find({ summary });
    expect(first?.name).toBe('DiskAlmostFull');
    expect(first?.section?.path.join(' › ')).toBe(path);
    expect(first?.section?.anchor).toBe(anchor);
    expect(first?.section?.excerpt).toMatch(/\w{3}/);
  });

  it.each([
    'http://wiki.example.com/storage/diskalmostfull',
    'wiki.example.com/storage/DiskAlmostFull.md',
    'https://wiki.example.com/storage/DISKALMOSTFULL.html#mitigation',
    'https://wiki.example.com/storage/diskalmostfull/',
    'https://wiki.example.com/storage/DiskAlmostFull/index.html?lang=en',
    'https://wiki.example.com/all.md#alert-name-diskalmostfull',
  ])('believes the runbook URL %s before any words', (runbookUrl) => {
    const [first] = find({ alertname: 'SomethingElse', summary: 'packets are lost between nodes', runbookUrl });
    expect(first).toMatchObject({ name: 'DiskAlmostFull', by: 'url', score: 1 });
  });

  it('believes the name of the alert before its URL', () => {
    const runbookUrl = 'https://wiki.example.com/storage/diskalmostfull';
    expect(find({ alertname: 'packetlosshigh', runbookUrl })[0]).toMatchObject({ name: 'PacketLossHigh', by: 'name' });
  });

  it('hears an alert named inside of a sentence', () => {
    expect(find({ summary: 'what do I do about QueueBacklogGrowing in shop?' })[0]).toMatchObject({ by: 'name' });
  });

  it.each([
    { alertname: 'DiskSlow', summary: 'a disk' },
    { alertname: 'DiskNotAlmostFull', summary: 'the disk of a machine is not almost full' },
    { runbookUrl: 'https://wiki.example.com/web/_index' },
    { summary: 'vanished' },
    { summary: '🙂'.repeat(500) },
    {},
  ])('offers nothing for %j', (query) => expect(find(query)).toEqual([]));

  it('keeps pages of one name in two folders apart', () => {
    const [page] = pages;
    if (page === undefined) throw new Error('no pages');
    const twins = createFindRunbooks([page, { ...page, file: 'other/place.md' }]);
    expect(twins({ alertname: page.name }).map(({ file }) => file)).toEqual([page.file, 'other/place.md']);
  });

  it('has an answer for any text whatever', () => {
    const text = fc.option(fc.string({ unit: 'binary', maxLength: 300 }), { nil: undefined });
    fc.assert(
      fc.property(text, text, text, (alertname, summary, runbookUrl) => {
        const found = find({
          ...(alertname === undefined ? {} : { alertname }),
          ...(summary === undefined ? {} : { summary }),
          ...(runbookUrl === undefined ? {} : { runbookUrl }),
        });
        expect(found.every(({ score }) => score > 0 && score <= 1)).toBe(true);
      }),
    );
  });

  it('answers a question of a megabyte about no documents and about some', () => {
    const summary = 'disk full '.repeat(100_000);
    expect(createFindRunbooks([])({ summary })).toEqual([]);
    expect(find({ summary })[0]?.name).toBe('DiskAlmostFull');
  });
});

describe('pages beside typed runbooks', () => {
  const linked = pages.map((page) => ({ ...page, link: linkOf(page.file, 'https://wiki.example.com/runbooks/') }));

  it('are offered with section and link, and never chosen', () => {
    const choice = createMatchRunbooks([], linked)({ alertname: 'DiskAlmostFull', summary: 'unused images fill it' });
    expect(choice.chosen).toBeNull();
    expect(choice.why).toContain('offered for reading');
    expect(choice.candidates[0]).toMatchObject({
      name: 'DiskAlmostFull',
      title: 'Disk Almost Full',
      page: { link: expect.stringMatching(/^https:\/\/wiki\.example\.com\/runbooks\/storage\/DiskAlmostFull#/) },
    });
  });

  it('leave "no runbook fits" as it is when none of them does', () => {
    const choice = createMatchRunbooks([], linked)({ summary: 'coffee machine is broken' });
    expect(choice).toEqual({ candidates: [], chosen: null, why: noRunbookFits });
  });

  it('are indexed again when another set was loaded', () => {
    const match = createMatchLoaded();
    const query = { alertname: 'DiskAlmostFull' };
    const loaded = { runbooks: [], pages: linked };
    expect(match(loaded, query).candidates).toHaveLength(1);
    expect(match({ runbooks: [] }, query).candidates).toEqual([]);
    expect(match(loaded, query).candidates).toHaveLength(1);
  });

  it.each([
    ['a b/ü.md', 'https://x.example/r', 'https://x.example/r/a%20b/%C3%BC'],
    ['a/b.markdown', 'https://x.example/r///', 'https://x.example/r/a/b'],
    ['a/b.md', undefined, 'a/b.md'],
  ])('are linked: %s under %s', (file, base, link) => expect(linkOf(file, base)).toBe(link));
});

describe('sectionsOf', () => {
  it('follows headings, leaves headings in code alone and numbers anchors that repeat', () => {
    const text = '# Title\nfirst\n## A & B\none\n```\n## no heading\n```\n### A & B ##\ntwo\n## Empty\n## C\nthree';
    expect(sectionsOf(text).map(({ path, anchor }) => [path.join('/'), anchor])).toEqual([
      ['', ''],
      ['A & B', 'a--b'],
      ['A & B/A & B', 'a--b-1'],
      ['C', 'c'],
    ]);
  });

  it.each(['#'.repeat(200_000), '## a\n'.repeat(50_000), '['.repeat(200_000), '```\n'.repeat(50_000)])(
    'takes any text in its stride',
    (text) => {
      const before = performance.now();
      for (const section of sectionsOf(text)) excerptOf(section.text);
      expect(performance.now() - before).toBeLessThan(2000);
    },
  );
});

describe('excerptOf', () => {
  it.each([
    ['See [the docs](https://example.com/x) now.', 'See the docs now.'],
    ['<details>\n<summary>More</summary>\ntext\n</details>', 'More text'],
    ['See [page]({{< ref "./x.md" >}}) there', 'See page there'],
    ['```shell\nkubectl get pods\n```', 'kubectl get pods'],
  ])('says in plain words: %j', (text, excerpt) => expect(excerptOf(text)).toBe(excerpt));

  it('cuts at a word', () => expect(excerptOf('one two three four', 12)).toBe('one two…'));
});

describe('namesInUrl', () => {
  it.each<[string, readonly string[]]>([
    ['https://x.example/runbooks/kubernetes/kubejobfailed', ['kubejobfailed']],
    ['x.example/a/_index', []],
    ['https://x.example/a/%E0%A4%A', ['e0a4a']],
    ['', []],
    ['https://', []],
  ])('reads %s', (url, names) => expect(namesInUrl(url)).toEqual(names));
});
