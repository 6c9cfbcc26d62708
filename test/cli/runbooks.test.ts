import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCases } from '../../src/adapters/runbook-files/read-cases.ts';
import { readMarkdownFolder } from '../../src/adapters/runbook-files/read-markdown-folder.ts';
import { readRunbookFolder } from '../../src/adapters/runbook-files/read-runbook-folder.ts';
import { evalCommand, lintCommand, searchCommand } from '../../src/cli/runbooks.ts';

const good =
  'name: good\nowners: [a]\nreviewed: 2026-08-01\nmatch: { alerts: [DiskFull] }\nactions:\n  - cmd: kubectl get pods -n shop\n';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-runbooks-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const save = async (name: string, text: string) => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};

const lint = async (paths: string[], json = false) => {
  const out: string[] = [];
  const err: string[] = [];
  const write = { out: (line: string) => out.push(line), err: (line: string) => err.push(line) };
  const code = await lintCommand(paths, { readRunbookFolder, ...write, json, today: '2026-09-01' });
  return { code, out, err };
};
const search = async (text: string, more: { from?: string; json?: boolean } = {}) => {
  const out: string[] = [];
  const err: string[] = [];
  const write = { out: (line: string) => out.push(line), err: (line: string) => err.push(line) };
  const code = await searchCommand(text, {
    readRunbookFolder,
    readMarkdownFolder,
    ...write,
    folder,
    today: '2026-09-01',
    ...more,
  });
  return { code, out, err };
};

describe('runbooks lint', () => {
  it('says nothing but the count of a good runbook', async () => {
    expect(await lint([await save('a.yaml', good)])).toEqual({
      code: 0,
      out: [],
      err: ['1 file, 0 errors, 0 warnings.'],
    });
  });

  it('names file, line and reason, and exits with 1', async () => {
    const path = await save('a.yaml', `${good}  - cmd: kubectl get pods | sh\n`);
    const { code, out, err } = await lint([path]);
    expect(code).toBe(1);
    expect(out).toHaveLength(1);
    expect(out[0]).toMatch(new RegExp(`^${path}:7: error: actions\\[1\\]\\.cmd: .*\\|`));
    expect(err).toEqual(['1 file, 1 error, 0 warnings.']);
  });

  it('exits with 0 for warnings alone', async () => {
    const { code, out } = await lint([await save('a.yaml', `${good}  - cmd: kubectl delete pod\n`)]);
    expect(code).toBe(0);
    expect(out[0]).toContain(':7: warning: ');
  });

  it('asks for a path', async () => {
    const { code, err } = await lint([]);
    expect(code).toBe(2);
    expect(err[0]).toContain('runbooks lint runbooks/');
  });

  it('lints what it can when another path cannot be read, and exits with 3', async () => {
    const bad = await save('bad.yaml', 'name: x');
    const { code, out, err } = await lint([join(folder, 'nowhere'), bad]);
    expect(code).toBe(3);
    expect(out.some((line) => line.startsWith(`${bad}:1: error:`))).toBe(true);
    expect(err[0]).toContain('it does not exist');
  });

  it('finds one name in two paths, and counts a file given twice once', async () => {
    const a = await save('a.yaml', good);
    expect((await lint([a, a])).code).toBe(0);
    const b = await save('b.yaml', good);
    const { code, out } = await lint([a, b]);
    expect(code).toBe(1);
    expect(out).toHaveLength(2);
  });

  it('prints one document with --json', async () => {
    const path = await save('a.yaml', `${good}xyzzy: 1\n`);
    const { code, out } = await lint([path], true);
    expect(code).toBe(1);
    expect(JSON.parse(out.join('\n'))).toEqual({
      files: 1,
      errors: 1,
      warnings: 0,
      problems: [
        {
          file: path,
          line: 7,
          column: 1,
          severity: 'error',
          code: 'schema.unknown-field',
          message: 'xyzzy: unknown field `xyzzy`',
        },
      ],
      unreadable: [],
    });
  });
});

describe('runbooks search', () => {
  beforeEach(async () => {
    await save('good.yaml', good);
    await save(
      'KubePodCrashLooping.md',
      '---\ntitle: Kube Pod Crash Looping\n---\n\n## Meaning\n\nThe pod starts and dies.\n',
    );
  });

  it.each([
    ['DiskFull', 'good'],
    ['kubepodcrashlooping', 'KubePodCrashLooping'],
    ['pod is crash looping', 'KubePodCrashLooping'],
  ])('finds by %s', async (text, name) => {
    const { code, out } = await search(text);
    expect(code).toBe(0);
    expect(out[0]).toContain(`  ${name}  `);
  });

  it('says honestly that none fits', async () => {
    expect(await search('credit card payments fail')).toEqual({
      code: 0,
      out: ['No runbook fits. (2 runbooks searched)'],
      err: [],
    });
  });

  it('prints one document with --json', async () => {
    const { out } = await search('credit card payments fail', { json: true });
    expect(JSON.parse(out.join(''))).toEqual({
      query: 'credit card payments fail',
      searched: 2,
      results: [],
      why: 'No runbook fits.',
    });
  });

  it('mentions files that could not be used', async () => {
    await save('bad.yaml', 'name: x');
    expect((await search('DiskFull')).err).toEqual(['1 runbook file could not be used; runbooks lint says why.']);
  });

  it('exits with 2 for no text and with 3 for a folder that is not there', async () => {
    expect((await search(' ')).code).toBe(2);
    expect((await search('x', { from: join(folder, 'nowhere') })).code).toBe(3);
  });
});

describe('runbooks eval', () => {
  const measure = async (path: string, more: { from?: string; json?: boolean } = {}) => {
    const out: string[] = [];
    const err: string[] = [];
    const code = await evalCommand(path, {
      readRunbookFolder,
      readMarkdownFolder,
      readCases,
      out: (line) => out.push(line),
      err: (line) => err.push(line),
      folder,
      today: '2026-09-01',
      ...more,
    });
    return { code, out, err };
  };
  const cases = [
    { query: { alertname: 'diskfull' }, expect: 'good' },
    { query: { summary: 'pods are crash looping' }, expect: 'kubernetes/kubepodcrashlooping.md' },
    { query: { summary: 'credit card payments fail' }, expect: 'good' },
    { query: { summary: 'coffee machine is broken' }, expect: null },
  ];

  beforeEach(async () => {
    await save('good.yaml', good);
    await save('KubePodCrashLooping.md', '# KubePodCrashLooping\n\n## Meaning\n\nThe pod starts and dies.\n');
  });
  const saveCases = (text: string) => save('cases.jsonl', text);
  const asLines = () => cases.map((one) => JSON.stringify(one)).join('\n');

  it('prints one document with --json', async () => {
    const { code, out, err } = await measure(await saveCases(asLines()), { json: true });
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(JSON.parse(out.join('\n'))).toEqual({
      cases: 4,
      'hit@1': 2 / 3,
      'hit@3': 2 / 3,
      falseAccepts: 0,
      missed: [{ line: 3, query: { summary: 'credit card payments fail' }, expect: 'good', got: [] }],
    });
  });

  it('prints a short table, and what was missed', async () => {
    const { code, out } = await measure(await saveCases(asLines()));
    expect(code).toBe(0);
    expect(out.map((line) => line.replace(/\s+/g, ' '))).toEqual([
      'cases 4 3 expect a runbook, 1 expect none',
      'hit@1 66.7 % the first answer is the expected one',
      'hit@3 66.7 % one of the first three is',
      'false accepts 0 of 1 that expect none',
      '',
      'line 3: expected good, got none',
    ]);
  });

  it('leaves out a line that is no case, and says which', async () => {
    const path = await saveCases(`\uFEFF${asLines()}\r\n{ broken\r\n`);
    const { code, err } = await measure(path, { json: true });
    expect(code).toBe(0);
    expect(err).toEqual([`${path}:5: it is not JSON. It was left out.`]);
  });

  it('exits with 2 for no file, and with 3 for what cannot be read or has no case', async () => {
    expect((await measure(' ')).code).toBe(2);
    expect((await measure(join(folder, 'nowhere.jsonl'))).code).toBe(3);
    expect((await measure(folder)).code).toBe(3);
    expect((await measure(await saveCases(asLines()), { from: join(folder, 'nowhere') })).code).toBe(3);
    const { code, err } = await measure(await saveCases('\r\n'));
    expect({ code, err }).toEqual({ code: 3, err: [expect.stringContaining('has no case. Nothing was measured.')] });
  });
});
