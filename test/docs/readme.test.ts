import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readRunbookFolder } from '../../src/adapters/runbook-files/read-runbook-folder.ts';
import { environmentVariables } from '../../src/config/config.ts';
import { scripts } from '../../src/sandbox/demo/script.ts';
import { configurationRows } from './configuration-rows.ts';
import { codeOf, linksOf, plain, readPage, root, tableOf } from './markdown.ts';

const readme = readPage('README.md');
const pages = ['README.md', 'CONTRIBUTING.md', 'policies/README.md', 'deploy/README.md'].concat(
  globSync('docs/**/*.md', { cwd: root }),
);
const run = promisify(execFile);

describe('the two commands', () => {
  it('stand at the top, one line each', () => {
    const [, , fence, start, test] = readme.split('\n');
    expect(fence).toBe('```');
    expect(start).toMatch(/^npm ci && npm start +# \w/);
    expect(test).toMatch(/^npm ci && npm test +# \w/);
  });
});

describe('the scenarios', () => {
  const rows = tableOf(readme, ['scenario', 'story', '`--decide` → how it ends']);

  it('are those that can be played, with every decision', () => {
    const told = rows.flatMap(([scenario = '', , ends = '']) => {
      const decisions = [...ends.matchAll(/`(\w+)` →/g)].map(([, word]) => word);
      return (decisions.length === 0 ? [null] : decisions).map((decide) => ({ scenario: plain(scenario), decide }));
    });
    expect(told).toHaveLength(scripts.length);
    expect(told).toEqual(expect.arrayContaining(scripts.map(({ scenario, decide }) => ({ scenario, decide }))));
  });
});

describe('the configuration table', () => {
  const rows = tableOf(readme, ['key', 'type', 'default', 'meaning']).map(([key = '', type, value, meaning = '']) => ({
    key: plain(key),
    type,
    default: value,
    meaning,
  }));

  it('has every key of the schema with its type and default, and no other', () => {
    expect(rows.map(({ key, type, default: value }) => ({ key, type, default: value }))).toEqual(
      configurationRows().map(({ key, type, default: value }) => ({ key, type, default: value })),
    );
  });

  it('says of each key what the schema says', () => {
    const said = new Map(rows.map(({ key, meaning }) => [key, meaning]));
    for (const { key, about = '' } of configurationRows()) {
      expect(said.get(key)).toMatch(/\w{3}/);
      expect(said.get(key)?.startsWith(about)).toBe(true);
    }
  });

  it('is followed by every environment variable that is checked at start', () => {
    const told = tableOf(readme, ['environment variable', 'meaning']);
    expect(told.map(([name = '', meaning]) => [plain(name), meaning])).toEqual(Object.entries(environmentVariables));
  });

  it('leaves out no variable that the program reads', () => {
    const read = globSync('src/{main,composition/**/*,config/**/*}.ts', { cwd: root }).flatMap((file) =>
      [...readPage(file).matchAll(/\benvironment\??\.([A-Z][A-Z_]+)/g)].map(([, name]) => name),
    );
    expect(read.length).toBeGreaterThan(2);
    for (const name of new Set(read)) expect(readme).toContain(`\`${name}\``);
  });
});

describe('the command line', () => {
  const commands = [
    'serve',
    'demo',
    'investigate',
    'runbooks lint',
    'runbooks search',
    'runbooks eval',
    'eval',
    'export',
    'verify',
  ];
  const help = new Map<string, string>();
  const optionsOf = (text: string) => [...new Set(text.match(/--[a-z][a-z-]*/g) ?? [])].sort();

  beforeAll(async () => {
    const ask = async (words: string) => {
      const args = [join(root, 'src/main.ts'), ...words.split(' ').filter((word) => word !== ''), '--help'];
      help.set(words, (await run(process.execPath, args, { timeout: 15_000 })).stdout);
    };
    await Promise.all(['', 'runbooks', ...commands].map(ask));
  });

  it('knows the commands that this test asks about, and no others', () => {
    const listed = ['', 'runbooks'].flatMap((group) =>
      [...(help.get(group) ?? '').matchAll(/^ {2}([a-z]+)(?: \[| <| {2})/gm)].map(([, word]) =>
        `${group} ${word}`.trim(),
      ),
    );
    const wanted = [...commands, 'help', 'runbooks', 'runbooks help'];
    expect([...new Set(listed)].filter((word) => !wanted.includes(word))).toEqual([]);
    for (const command of commands) expect(listed).toContain(command);
  });

  it.each(commands)('has %s in its table with all its options', (command) => {
    const rows = tableOf(readme, ['command', 'what it does', 'exit codes besides 0'])
      .map(([usage = '']) => plain(usage))
      .filter((usage) => usage === command || usage.startsWith(`${command} `));
    expect(rows).not.toEqual([]);
    const offered = optionsOf((help.get(command) ?? '').replace(/Examples?:[\s\S]*$/, ''));
    expect(optionsOf(rows.join(' '))).toEqual(offered.filter((option) => option !== '--help'));
  });

  it.each(pages)('understands every line that %s shows', (page) => {
    for (const line of codeOf(readPage(page))) {
      const [, words] = /^(?:npm run (?:--silent )?copilot -- |sre-copilot )([a-z].*)$/.exec(line) ?? [];
      if (words === undefined) continue;
      const command = commands.find((one) => words === one || words.startsWith(`${one} `));
      expect(command, line).toBeDefined();
      for (const option of optionsOf(words)) expect(help.get(command ?? ''), line).toContain(option);
    }
  });

  it.each(pages)('and the scripts of %s are those of package.json', (page) => {
    const { scripts: known } = z
      .looseObject({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readPage('package.json')));
    for (const [, name = ''] of readPage(page).matchAll(/\bnpm run (?:--silent )?([a-z][a-z:]*)/g))
      expect(Object.keys(known)).toContain(name);
  });
});

describe('the safety table', () => {
  const rows = tableOf(readme, ['threat', 'mechanism', 'test']);

  it('has a row for each of the ways in', () => expect(rows.length).toBeGreaterThanOrEqual(12));

  it.each(rows)('%s: the test exists', (_threat, mechanism, proof = '') => {
    const [, file = '', title = ''] = /^\[[^\]]+\]\(([^)]+)\): “(.+)”$/.exec(proof) ?? [];
    expect(mechanism).toMatch(/\w{3}/);
    expect(file).toMatch(/^test\/.+\.test\.ts$/);
    const source = readFileSync(join(root, file), 'utf8');
    const escaped = title.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
    expect(source).toMatch(new RegExp(`(?:\\bit|\\bdescribe|\\))\\(\\s*(['"\`])${escaped}\\1`));
  });
});

describe('every page', () => {
  it.each(pages)('%s links to what exists', (page) => {
    const broken = linksOf(readPage(page))
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => !existsSync(join(root, dirname(page), target)));
    expect(broken).toEqual([]);
  });

  it.each(pages)('%s names files that exist', (page) => {
    const named = codeOf(readPage(page)).flatMap(
      (code) => /^(?:src|test|docs|deploy|policies|runbooks|bench|bin|scripts)\/[\w./-]+$/.exec(code) ?? [],
    );
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

describe('the shipped runbooks', () => {
  it('load without an error', async () => {
    const read = await readRunbookFolder(join(root, 'runbooks'), { today: '2026-11-21' });
    if (!read.ok) throw new Error(read.error.sentence);
    expect(read.value.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(read.value.runbooks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['kube-api-latency', 'memory-limit-too-low', 'rollout-bad-image']),
    );
  });
});
