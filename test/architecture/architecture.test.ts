import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolders } from '../support/temporary-folder.ts';
import { cruiseRepository, root, ruleNames, violationsOf } from './cruise.ts';
import { imports, writeFixtures } from './fixtures.ts';

const newFolder = temporaryFolders();

describe('the imports of the house', () => {
  it('follow the table', async () => {
    const result = await cruiseRepository(root);
    expect(violationsOf(result)).toEqual([]);
    // A cruise that sees nothing finds nothing (dependency-cruiser beside a TypeScript it does not know).
    const own = result.modules.filter(({ source }) => source.startsWith('src/'));
    expect(own.length).toBeGreaterThan(100);
    for (const layer of ['core', 'ports', 'config', 'workflows', 'adapters', 'sandbox', 'cli', 'composition'])
      expect(own.filter(({ source }) => source.startsWith(`src/${layer}/`)).length, layer).toBeGreaterThan(0);
    expect(
      own
        .flatMap(({ dependencies }) => dependencies)
        .filter(({ dependencyTypes }) => dependencyTypes.includes('type-only')).length,
    ).toBeGreaterThan(100);
  }, 60_000);

  it('are held by rules that stop what they are meant to stop, and nothing else', async () => {
    const folder = await newFolder();
    await writeFixtures(folder);
    const { summary, modules } = await cruiseRepository(folder);
    const found = (from: string) =>
      [
        ...new Set(
          summary.violations.filter((violation) => violation.from === `src/${from}`).map(({ rule }) => rule.name),
        ),
      ].join(', ');
    const expected = imports.map(([from, statement, rules]) => [from, statement, rules ?? '']);
    expect(imports.map(([from, statement]) => [from, statement, found(from)])).toEqual(expected);
    expect(modules.length).toBeGreaterThan(imports.length);
  }, 60_000);

  it('have a fixture for every rule', () => {
    const stopped = new Set(imports.flatMap(([, , rules]) => rules?.split(', ') ?? []));
    const without = ruleNames.filter((name) => !stopped.has(name));
    // The same rule for other libraries: one of each kind is enough. What digest.ts may import is one line, looked at below.
    expect(without.sort()).toEqual([
      'digest-takes-only-crypto',
      'who-uses-commander',
      'who-uses-lowdb',
      'who-uses-open-policy-agent-opa-wasm',
      'who-uses-ulid',
      'who-uses-ws',
    ]);
  });
});

/** Files of `src` whose code (comments left out) holds something. */
async function filesWith(pattern: RegExp, under = 'src'): Promise<string[]> {
  const names = await readdir(join(root, under), { recursive: true });
  const found: string[] = [];
  for (const name of names.filter((one) => one.endsWith('.ts')).sort()) {
    const text = await readFile(join(root, under, name), 'utf8');
    if (pattern.test(codeOf(text))) found.push(`${under}/${name}`);
  }
  return found;
}

function codeOf(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/^\s*(\/\/|\/\*|\*)/.test(line))
    .map((line) => line.replace(/\s\/\/ .*$/, ''))
    .join('\n');
}

describe('what only one place may do', () => {
  it.each<[what: string, pattern: RegExp, where: string[]]>([
    ['read the environment and the command line', /process\s*(\.|\[['"`])(env|argv)\b/, ['src/main.ts']],
    ['end the process', /process\.exit\b|process\.kill\b/, ['src/main.ts']],
    ['make an AuthorizedAction', /new AuthorizedAction\b/, ['src/core/approval/authorize.ts']],
    ['send a change', /\bwriter\.apply\(/, ['src/workflows/execute-action.ts']],
    ['rehearse a change', /\bwriter\.rehearse\(/, ['src/workflows/check-action.ts']],
    ['ask policy', /\bpolicy\.decide\(/, ['src/workflows/check-action.ts']],
    [
      'decide whether a change may be intended',
      /\bmayIntend\(/,
      ['src/core/approval/authorize.ts', 'src/workflows/execute-action.ts'],
    ],
    ['hash', /from 'node:crypto'/, []],
  ])('%s', async (what, pattern, where) => {
    const found = await filesWith(pattern);
    if (what === 'hash') expect(found.filter((file) => file.startsWith('src/core/'))).toEqual(['src/core/digest.ts']);
    else expect(found).toEqual(where);
  });

  it.each<[layer: string, pattern: RegExp]>([
    [
      'src/core',
      /\bDate\.now\(|new Date\(\)|performance\.now|Math\.random|setTimeout|setInterval|queueMicrotask|crypto\.(randomUUID|getRandomValues)|\bfetch\(|\bprocess\b\s*[.[]/,
    ],
    ['src/ports', /\bDate\.now\(|new Date\(\)|Math\.random/],
    [
      'src/workflows',
      /\bDate\.now\(|new Date\(\)|performance\.now|Math\.random|setTimeout|setInterval|crypto\.|\bfetch\(|\bprocess\b\s*[.[]/,
    ],
    ['src/config', /\bDate\.now\(|Math\.random|\bprocess\b\s*[.[]/],
  ])('no clock, chance or network of its own in %s', async (layer, pattern) => {
    expect(await filesWith(pattern, layer)).toEqual([]);
  });

  it('sees what it looks for', () => {
    expect(codeOf('const a = process.env.X; // why\n * process.argv\n// process.env')).toBe('const a = process.env.X;');
  });

  it('core/digest.ts imports createHash alone', async () => {
    const text = await readFile(join(root, 'src/core/digest.ts'), 'utf8');
    expect([...text.matchAll(/^import .*$/gm)].map(([line]) => line)).toEqual([
      "import { createHash } from 'node:crypto';",
      "import canonicalize from 'canonicalize';",
    ]);
  });
});
