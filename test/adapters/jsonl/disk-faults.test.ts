import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type JsonlJournal, openJsonlJournal } from '../../../src/adapters/jsonl/jsonl-journal.ts';
import type { Problem } from '../../../src/core/result.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { newEvent } from '../../support/new-event.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { createFaultyLogFs, type LogOperation } from './faulty-log-fs.ts';

const newFolder = temporaryFolders();

async function start(more: { segmentBytes?: number; folder?: string } = {}) {
  const folder = more.folder ?? (await newFolder());
  const fs = createFaultyLogFs();
  const problems: Problem[] = [];
  const clock = createFakeClock();
  const opened = await openJsonlJournal({
    folder,
    fs,
    clock,
    onProblem: (problem) => problems.push(problem),
    segmentBytes: more.segmentBytes ?? 2 ** 20,
  });
  if (!opened.ok) throw new Error(opened.error.sentence);
  return { folder, fs, problems, clock, journal: opened.value };
}

async function numbersOf(journal: JsonlJournal): Promise<unknown[]> {
  return (await journal.read('inbox')).map(({ body }) => body.n);
}

async function reopened(folder: string): Promise<{ numbers: unknown[]; problems: Problem[] }> {
  const { journal, problems } = await start({ folder });
  const numbers = await numbersOf(journal);
  await journal.close();
  return { numbers, problems };
}

const unavailable = { ok: false, error: { code: 'journal.unavailable' } };

describe('a disk that refuses', () => {
  it.each<[what: string, operation: LogOperation, code: string, bytesWritten: number]>([
    ['is full before the first byte', 'write', 'ENOSPC', 0],
    ['is full in the middle of a line', 'write', 'ENOSPC', 100],
    ['is full just before the commit mark', 'write', 'ENOSPC', 444],
    ['takes everything and then says no', 'write', 'EIO', 1_000_000],
    ['fails to sync', 'datasync', 'EIO', 0],
    ['is full when syncing', 'datasync', 'ENOSPC', 0],
  ])(
    'that %s loses nothing acknowledged, keeps nothing refused, and is used again by itself',
    async (_what, operation, code, bytesWritten) => {
      const { folder, fs, journal } = await start();
      expect(await journal.append('inbox', 0, [newEvent(1)])).toMatchObject({ ok: true });
      const seen: unknown[] = [];
      journal.subscribe(0, (event) => seen.push(event.body.n));

      fs.plan((at, nth) => (at === operation && nth === 1 ? { code, bytesWritten } : undefined));
      expect(await journal.append('inbox', 1, [newEvent(2), newEvent(3)])).toMatchObject(unavailable);
      expect(await numbersOf(journal)).toEqual([1]);
      expect(await readFile(join(folder, 'journal', '00000001.jsonl'), 'utf8')).not.toContain('"n":2');

      expect(await journal.append('inbox', 1, [newEvent(4)])).toMatchObject({ ok: true });
      expect(await numbersOf(journal)).toEqual([1, 4]);
      expect(seen).toEqual([1, 4]);
      await journal.close();
      expect(await reopened(folder)).toEqual({ numbers: [1, 4], problems: [] });
    },
  );

  it('says what happened, what was not stored, and what to do', async () => {
    const { fs, journal, folder } = await start();
    fs.plan((at) => (at === 'write' ? { code: 'ENOSPC' } : undefined));
    const refused = await journal.append('inbox', 0, [newEvent(1), newEvent(2)]);
    expect(refused.ok ? '' : refused.error.sentence).toBe(
      `The journal in ${folder}/journal could not be written: the disk is full (ENOSPC). 2 events of inbox were not stored. Free some space and try again; the journal goes on by itself.`,
    );
    await journal.close();
  });

  it('refuses every append while it lasts, then takes them', async () => {
    const { fs, journal, folder } = await start();
    fs.plan((at) => (at === 'write' ? { code: 'ENOSPC', bytesWritten: 10 } : undefined));
    for (let n = 0; n < 5; n += 1) expect(await journal.append('inbox', 0, [newEvent(n)])).toMatchObject(unavailable);
    fs.plan(undefined);
    expect(await journal.append('inbox', 0, [newEvent(9)])).toMatchObject({ ok: true });
    await journal.close();
    expect(await reopened(folder)).toEqual({ numbers: [9], problems: [] });
  });

  it('answers a conflict with a refused append as unavailable: it may win when it is tried again', async () => {
    const { fs, journal } = await start();
    fs.plan((at, nth) => (at === 'write' && nth === 1 ? { code: 'EIO' } : undefined));
    const results = await Promise.all([1, 2].map((n) => journal.append('inbox', 0, [newEvent(n)])));
    expect(results).toMatchObject([unavailable, unavailable]);
    expect(await journal.append('inbox', 0, [newEvent(2)])).toMatchObject({ ok: true });
    await journal.close();
  });

  it('cuts a refused append off before the next write when it could not do so at once', async () => {
    const { folder, fs, journal } = await start();
    await journal.append('inbox', 0, [newEvent(1)]);
    fs.plan((at, nth) => {
      if (at === 'write' && nth === 1) return { code: 'EIO', bytesWritten: 1_000_000 };
      return at === 'truncate' && nth <= 2 ? { code: 'EIO' } : undefined;
    });
    expect(await journal.append('inbox', 1, [newEvent(2)])).toMatchObject(unavailable);
    expect(await journal.append('inbox', 1, [newEvent(3)])).toMatchObject(unavailable);
    expect(await journal.append('inbox', 1, [newEvent(4)])).toMatchObject({ ok: true });
    await journal.close();
    expect(await reopened(folder)).toEqual({ numbers: [1, 4], problems: [] });
  });

  it('never syncs a file again after its sync failed, and goes on in a new segment', async () => {
    const { folder, fs, journal, problems } = await start();
    await journal.append('inbox', 0, [newEvent(1)]);
    fs.plan((at, nth) => (at === 'datasync' && nth === 1 ? { code: 'EIO' } : undefined));
    const before = fs.ledger.length;
    expect(await journal.append('inbox', 1, [newEvent(2)])).toMatchObject(unavailable);
    // Opened anew, cut, and only the cut is synced.
    expect(fs.ledger.slice(before)).toEqual([
      'write',
      'datasync',
      'open',
      'truncate',
      'datasync',
      'create',
      'size',
      'datasync',
      'syncFolder',
    ]);
    expect(problems.map(({ code }) => code)).toEqual(['journal.sync-failed']);
    await journal.append('inbox', 1, [newEvent(3)]);
    await journal.close();
    expect((await readdir(join(folder, 'journal'))).filter((name) => name.endsWith('.jsonl'))).toEqual([
      '00000001.jsonl',
      '00000002.jsonl',
    ]);
    expect(await reopened(folder)).toEqual({ numbers: [1, 3], problems: [] });
  });

  it('keeps what is stored when no new segment can be made, and makes it later', async () => {
    const { folder, fs, journal } = await start({ segmentBytes: 400 });
    await journal.append('inbox', 0, [newEvent(1)]);
    for (const operation of ['create', 'syncFolder', 'datasync'] as const) {
      fs.plan((at) => (at === operation ? { code: 'ENOSPC' } : undefined));
      expect(await journal.append('inbox', 1, [newEvent(2)])).toMatchObject(unavailable);
    }
    fs.plan(undefined);
    expect(await journal.append('inbox', 1, [newEvent(3)])).toMatchObject({ ok: true });
    await journal.close();
    expect(await reopened(folder)).toEqual({ numbers: [1, 3], problems: [] });
  });

  it('reports a follower that can not be served, and serves it with the next event', async () => {
    const { fs, journal, problems } = await start();
    await journal.append('inbox', 0, [newEvent(1)]);
    fs.plan((at) => (at === 'read' ? { code: 'EIO' } : undefined));
    const seen: unknown[] = [];
    journal.subscribe(0, (event) => seen.push(event.body.n));
    await expect.poll(() => problems.map(({ code }) => code)).toEqual(['journal.unreadable']);
    fs.plan(undefined);
    await journal.append('inbox', 1, [newEvent(2)]);
    await expect.poll(() => seen).toEqual([1, 2]);
    await journal.close();
  });

  it('says so when a write hangs, and takes it when it comes through', async () => {
    const folder = await newFolder();
    const real = createFaultyLogFs();
    let release = () => {};
    const hanging = new Promise<void>((resolve) => {
      release = resolve;
    });
    const fs = {
      ...real,
      open: async (path: string, mode: 'read' | 'write' | 'create') => {
        const file = await real.open(path, mode);
        return {
          ...file,
          write: async (bytes: Uint8Array, offset: number) => hanging.then(() => file.write(bytes, offset)),
        };
      },
    };
    const problems: string[] = [];
    const clock = createFakeClock();
    const opened = await openJsonlJournal({ folder, fs, clock, onProblem: ({ code }) => problems.push(code) });
    if (!opened.ok) throw new Error(opened.error.sentence);
    const appended = opened.value.append('inbox', 0, [newEvent(1)]);
    await expect.poll(() => clock.sleepers()).toBe(1);
    await clock.advance(10_000);
    expect(problems).toEqual(['journal.slow']);
    release();
    expect(await appended).toMatchObject({ ok: true });
    expect(clock.sleepers()).toBe(0);
    await opened.value.close();
  });

  // Every single operation of a small life fails once, with either error: whatever was acknowledged is there afterwards, whatever was refused is not.
  it.each(['ENOSPC', 'EIO'])('with %s at any one operation keeps every promise', async (code) => {
    const runs = await countOperations();
    expect(runs).toBeGreaterThan(20);
    for (let failing = 1; failing <= runs; failing += 1) {
      const { folder, fs, journal } = await start({ segmentBytes: 1200 });
      let operations = 0;
      fs.plan(() => (++operations === failing ? { code, bytesWritten: failing * 7 } : undefined));
      const acknowledged: number[] = [];
      await life(journal, (n) => acknowledged.push(n));
      fs.plan(undefined);
      expect(await numbersOf(journal), `operation ${failing}`).toEqual(acknowledged);
      await journal.close();
      expect(await reopened(folder), `operation ${failing}`).toEqual({ numbers: acknowledged, problems: [] });
    }
  });
});

async function life(journal: JsonlJournal, onStored: (n: number) => void): Promise<void> {
  let seq = 0;
  for (let n = 0; n < 8; n += 1) {
    const result = await journal.append('inbox', seq, [newEvent(n), newEvent(n)]);
    if (!result.ok) continue;
    seq += 2;
    onStored(n);
    onStored(n);
  }
}

async function countOperations(): Promise<number> {
  const { fs, journal } = await start({ segmentBytes: 1200 });
  const before = fs.ledger.length;
  await life(journal, () => {});
  const after = fs.ledger.length;
  await journal.close();
  return after - before;
}
