import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readMarkdownFolder } from '../../../src/adapters/runbook-files/read-markdown-folder.ts';
import { readRunbookFolder } from '../../../src/adapters/runbook-files/read-runbook-folder.ts';
import { createRunbookFiles } from '../../../src/adapters/runbook-files/runbook-files.ts';

const context = { today: '2026-09-01' };
const runbook = (name: string) =>
  `name: ${name}\nowners: [a]\nreviewed: 2026-08-01\nmatch: { alerts: [A] }\nactions:\n  - cmd: kubectl get pods -n shop\n`;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runbooks-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = async (name: string, text: string | Uint8Array) => {
  await mkdir(join(folder, name, '..'), { recursive: true });
  await writeFile(join(folder, name), text);
};
const readAll = async (path = folder) => {
  const read = await readRunbookFolder(path, context);
  if (!read.ok) throw new Error(read.error.sentence);
  const { runbooks, problems, files } = read.value;
  const shown = problems.map(({ file, line, code }) => `${file.replace(`${folder}/`, '')}:${line} ${code}`);
  return { names: runbooks.map(({ name }) => name), problems: shown, files };
};

describe('readRunbookFolder', () => {
  it('reads YAML of all subfolders and nothing else', async () => {
    await write('b.yml', runbook('b'));
    await write('team/a.yaml', runbook('a'));
    await write('catalog.yaml', 'services: []');
    await write('README.md', '# no');
    await write('.hidden/c.yaml', 'broken: [');
    expect(await readAll()).toEqual({ names: ['b', 'a'], problems: [], files: 2 });
  });

  it('reads one file, called as it was given', async () => {
    await write('a.yaml', `${runbook('a')}xyzzy: 1\n`);
    expect(await readAll(join(folder, 'a.yaml'))).toEqual({
      names: [],
      problems: ['a.yaml:7 schema.unknown-field'],
      files: 1,
    });
  });

  it('goes on when one file is broken, large or not text', async () => {
    await write('big.yaml', `#${'x'.repeat(300 * 1024)}\n${runbook('big')}`);
    await write('binary.yaml', Uint8Array.from([0xff, 0xfe, 0x00]));
    await write('broken.yaml', 'a: [');
    await write('empty.yaml', '');
    await write('good.yaml', runbook('good'));
    expect(await readAll()).toEqual({
      names: ['good'],
      problems: ['big.yaml:1 file.too-large', 'binary.yaml:1 file.skipped', 'broken.yaml:1 yaml', 'empty.yaml:1 yaml'],
      files: 5,
    });
  });

  it('uses neither of two runbooks of one name', async () => {
    await write('a.yaml', runbook('same'));
    await write('b.yaml', runbook('same'));
    await write('c.yaml', runbook('other'));
    expect(await readAll()).toMatchObject({
      names: ['other'],
      problems: ['a.yaml:1 name.repeated', 'b.yaml:1 name.repeated'],
    });
  });

  it('follows links inside of the folder, as ConfigMaps are mounted, and none that lead out of it', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'outside-'));
    try {
      await writeFile(join(outside, 'x.yaml'), runbook('outside'));
      await write('..2026/in.yaml', runbook('inside'));
      await symlink('..2026', join(folder, '..data'));
      await symlink(join('..data', 'in.yaml'), join(folder, 'in.yaml'));
      await symlink(join(outside, 'x.yaml'), join(folder, 'out.yaml'));
      await symlink(outside, join(folder, 'folder.yaml'));
      await symlink('nowhere', join(folder, 'lost.yaml'));
      await symlink('round.yaml', join(folder, 'round.yaml'));
      expect(await readAll()).toMatchObject({
        names: ['inside'],
        problems: [
          'folder.yaml:1 file.skipped',
          'lost.yaml:1 file.skipped',
          'out.yaml:1 file.skipped',
          'round.yaml:1 file.skipped',
        ],
      });
    } finally {
      await rm(outside, { recursive: true, force: true });
    }
  });

  it('answers in words when the path is not there', async () => {
    const read = await readRunbookFolder(join(folder, 'nothing'), context);
    expect(read.ok ? '' : read.error.code).toBe('runbooks.unreadable');
    expect(read.ok ? '' : read.error.sentence).toMatch(/were not read: it does not exist\. Check the path/);
  });
});

describe('createRunbookFiles', () => {
  it('is empty until it is loaded, and swaps whole', async () => {
    await write('a.yaml', runbook('a'));
    const source = createRunbookFiles({ folder, context: () => context });
    expect(source.list()).toEqual({ runbooks: [], problems: [] });
    await source.reload();
    const before = source.list();
    expect(before.runbooks.map(({ name }) => name)).toEqual(['a']);
    await write('b.yaml', runbook('b'));
    expect(source.list()).toBe(before);
    await source.reload();
    expect(source.list().runbooks.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('keeps what it had when the folder can no longer be read', async () => {
    await write('a.yaml', runbook('a'));
    const source = createRunbookFiles({ folder, context: () => context });
    await source.reload();
    await rm(folder, { recursive: true });
    expect((await source.reload()).ok).toBe(false);
    expect(source.list().runbooks.map(({ name }) => name)).toEqual(['a']);
  });
});

describe('createRunbookFiles with pages', () => {
  it('loads them redacted and linked, and names what it passes over', async () => {
    await write('typed/a.yaml', runbook('a'));
    await write('pages/etcd/NoLeader.md', '# NoLeader\n\n## Meaning\n\nThe password is hunter2.');
    await write('pages/bad.md', Uint8Array.from([0xff]));
    const skipped: string[] = [];
    const source = createRunbookFiles({
      folder: join(folder, 'typed'),
      context: () => context,
      pages: {
        folder: join(folder, 'pages'),
        url: 'https://wiki.example.com/r',
        redact: (text) => text.replace('hunter2', '[redacted]'),
      },
      onSkipped: (sentence) => skipped.push(sentence),
    });
    expect((await source.reload()).ok).toBe(true);
    const [page] = source.list().pages ?? [];
    expect(page).toMatchObject({ name: 'NoLeader', link: 'https://wiki.example.com/r/etcd/NoLeader' });
    expect(JSON.stringify(source.list().pages)).not.toContain('hunter2');
    expect(skipped).toEqual([expect.stringContaining('bad.md: it is not UTF-8 text')]);
  });

  it('uses the runbooks when the pages cannot be read, and says so', async () => {
    await write('a.yaml', runbook('a'));
    const skipped: string[] = [];
    const source = createRunbookFiles({
      folder,
      context: () => context,
      pages: { folder: join(folder, 'nowhere'), redact: (text) => text },
      onSkipped: (sentence) => skipped.push(sentence),
    });
    await source.reload();
    expect(source.list()).toMatchObject({ runbooks: [{ name: 'a' }], pages: [] });
    expect(skipped).toEqual([expect.stringContaining('it does not exist')]);
  });
});

describe('readMarkdownFolder', () => {
  it('reads pages of any layout and names what it passes over', async () => {
    await write('content/runbooks/etcd/etcdNoLeader.md', '# etcdNoLeader\n\nNo leader.');
    await write('content/runbooks/etcd/_index.md', '# etcd');
    await write('bad.md', Uint8Array.from([0xff]));
    const read = await readMarkdownFolder(folder);
    expect(read.ok && read.value.pages.map(({ name, component }) => ({ name, component }))).toEqual([
      { name: 'etcdNoLeader', component: 'etcd' },
    ]);
    expect(read.ok && read.value.skipped).toEqual(['bad.md: it is not UTF-8 text']);
  });

  it('answers in words for a path that is not a folder', async () => {
    await write('a.md', 'x');
    const read = await readMarkdownFolder(join(folder, 'a.md'));
    expect(read.ok ? '' : read.error.sentence).toContain('it is not a folder');
  });
});
