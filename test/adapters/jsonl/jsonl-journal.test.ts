import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { followLog } from '../../../src/adapters/jsonl/follow-log.ts';
import {
  type JsonlJournal,
  type JsonlJournalOptions,
  openJsonlJournal,
} from '../../../src/adapters/jsonl/jsonl-journal.ts';
import { createNodeLogFs } from '../../../src/adapters/jsonl/log-fs.ts';
import type { JournalEvent } from '../../../src/core/journal/event.ts';
import { verifyChain } from '../../../src/core/journal/verify.ts';
import type { Position } from '../../../src/ports/journal.ts';
import { journalContract } from '../../contracts/journal.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { newEvent } from '../../support/new-event.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { createFaultyLogFs } from './faulty-log-fs.ts';

const newFolder = temporaryFolders();

async function open(folder: string, more: Partial<JsonlJournalOptions> = {}): Promise<JsonlJournal> {
  const opened = await openJsonlJournal({ folder, clock: createFakeClock(), onProblem: () => {}, ...more });
  if (!opened.ok) throw new Error(opened.error.sentence);
  return opened.value;
}

async function logOf(folder: string): Promise<string> {
  const names = (await readdir(join(folder, 'journal'))).filter((name) => name.endsWith('.jsonl')).sort();
  return (await Promise.all(names.map((name) => readFile(join(folder, 'journal', name), 'utf8')))).join('');
}

journalContract('the journal on disk', async () => {
  const clock = createFakeClock();
  const journal = await open(await newFolder(), { clock });
  return { journal, now: clock.now().toISOString(), dispose: journal.close };
});

journalContract('the journal on disk in small segments', async () => {
  const clock = createFakeClock();
  const journal = await open(await newFolder(), { clock, segmentBytes: 700 });
  return { journal, now: clock.now().toISOString(), dispose: journal.close };
});

describe('the journal on disk', () => {
  it('is the same after it was closed and opened again', async () => {
    const folder = await newFolder();
    const first = await open(folder, { segmentBytes: 2000 });
    for (let seq = 0; seq < 10; seq += 1) {
      await Promise.all([
        first.append('inbox', seq, [newEvent(seq)]),
        first.append('incident/INC-1', seq * 2, [newEvent(seq), newEvent(seq)]),
      ]);
    }
    const before = {
      heads: first.heads(),
      inbox: await first.read('inbox'),
      incident: await first.read('incident/INC-1'),
      last: first.lastPosition(),
    };
    await first.close();
    expect((await readdir(join(folder, 'journal'))).filter((name) => name.endsWith('.jsonl')).length).toBeGreaterThan(
      3,
    );

    const second = await open(folder);
    expect({
      heads: second.heads(),
      inbox: await second.read('inbox'),
      incident: await second.read('incident/INC-1'),
      last: second.lastPosition(),
    }).toEqual(before);
    const seen: JournalEvent[] = [];
    second.subscribe(0, (event) => seen.push(event));
    await expect.poll(() => seen.length).toBe(30);
    expect(seen.filter(({ incident }) => incident === 'INC-1')).toEqual(before.incident);
    expect(await second.append('inbox', 10, [newEvent(10)])).toMatchObject({ ok: true });
    await second.close();
  });

  it('stores each append as its canonical lines and an empty line', async () => {
    const folder = await newFolder();
    const journal = await open(folder);
    await journal.append('inbox', 0, [newEvent(1), newEvent(2)]);
    await journal.append('inbox', 2, [newEvent(3)]);
    await journal.close();
    const log = await logOf(folder);
    expect(log.split('\n').map((line) => line.slice(0, 8))).toEqual(['{"actor"', '{"actor"', '', '{"actor"', '', '']);
    expect(verifyChain(log.split('\n').filter((line) => line !== ''))).toMatchObject({ ok: true });
  });

  it('stores appends that come together, or while others are stored, with one write and one sync', async () => {
    const fs = createFaultyLogFs();
    const journal = await open(await newFolder(), { fs });
    await journal.append('inbox', 0, [newEvent(0)]);
    const before = fs.ledger.length;
    const append = (n: number) => journal.append(`incident/INC-${n}`, 0, [newEvent(n), newEvent(n)]);
    const first = Array.from({ length: 30 }, (_, n) => append(n));
    await expect.poll(() => fs.ledger.length, { interval: 0 }).toBeGreaterThan(before);
    const second = Array.from({ length: 30 }, (_, n) => append(100 + n));
    expect((await Promise.all([...first, ...second])).every(({ ok }) => ok)).toBe(true);
    expect(fs.ledger.slice(before)).toEqual(['write', 'datasync', 'write', 'datasync']);
    await journal.close();
  });

  it('gives a part of the log: after one position, up to and with another', async () => {
    const folder = await newFolder();
    const journal = await open(folder, { segmentBytes: 1000 });
    const positions: Position[] = [];
    journal.subscribe(0, (_event, position) => positions.push(position));
    for (let seq = 0; seq < 6; seq += 2) await journal.append('inbox', seq, [newEvent(seq), newEvent(seq + 1)]);
    await expect.poll(() => positions.length).toBe(6);
    const part: unknown[] = [];
    const log = { fs: createNodeLogFs(), folder: join(folder, 'journal') };
    for await (const placed of followLog(log, positions[0] ?? 0, positions[4] ?? 0))
      part.push(...placed.map(({ event }) => event.body.n));
    expect(part).toEqual([1, 2, 3, 4]);
    await journal.close();
  });

  it('tells a subscriber nothing up to the position it names, also when the journal is not there yet', async () => {
    const journal = await open(await newFolder());
    const ahead: unknown[] = [];
    await journal.append('inbox', 0, [newEvent(0)]);
    journal.subscribe(journal.lastPosition() + 700, (event) => ahead.push(event.body.n));
    for (let seq = 1; seq < 6; seq += 1) await journal.append('inbox', seq, [newEvent(seq)]);
    await expect.poll(() => ahead).toEqual([2, 3, 4, 5]);
    await journal.close();
  });

  it('begins a new segment when the last one would grow beyond its size, and never splits an append', async () => {
    const folder = await newFolder();
    const journal = await open(folder, { segmentBytes: 1000 });
    for (let seq = 0; seq < 9; seq += 3)
      await journal.append('inbox', seq, [newEvent(seq), newEvent(seq), newEvent(seq)]);
    await journal.close();
    for (const name of ['00000001.jsonl', '00000002.jsonl', '00000003.jsonl']) {
      expect((await readFile(join(folder, 'journal', name), 'utf8')).match(/\n/g)).toHaveLength(4);
    }
  });

  it('reads streams whose lines lie far apart and beyond any buffer', async () => {
    const journal = await open(await newFolder(), { segmentBytes: 3_000_000 });
    const big = 'é'.repeat(700_000);
    for (let seq = 0; seq < 3; seq += 1) {
      await journal.append('inbox', seq, [newEvent(seq)]);
      await journal.append('incident/INC-1', seq, [newEvent(seq, { body: { big } })]);
    }
    expect((await journal.read('inbox')).map(({ body }) => body.n)).toEqual([0, 1, 2]);
    expect((await journal.read('incident/INC-1')).every(({ body }) => body.big === big)).toBe(true);
    const seen: number[] = [];
    journal.subscribe(0, (event) => seen.push(event.seq));
    await expect.poll(() => seen).toEqual([1, 1, 2, 2, 3, 3]);
    await journal.close();
  });

  it('can only be read by its owner', async () => {
    const folder = await newFolder();
    const journal = await open(folder);
    await journal.append('inbox', 0, [newEvent(1)]);
    await journal.close();
    expect((await stat(join(folder, 'journal'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'journal', '00000001.jsonl'))).mode & 0o777).toBe(0o600);
  });

  it('answers what was appended before it was closed, and refuses what comes after', async () => {
    const journal = await open(await newFolder());
    const before = journal.append('inbox', 0, [newEvent(1)]);
    const closing = journal.close();
    const after = journal.append('inbox', 1, [newEvent(2)]);
    expect(await before).toMatchObject({ ok: true });
    expect(await after).toMatchObject({ ok: false, error: { code: 'journal.unavailable' } });
    await closing;
    await journal.close();
  });

  it('reports a listener that throws, by event, without quoting the event', async () => {
    const problems: string[] = [];
    const journal = await open(await newFolder(), {
      onProblem: ({ code, sentence }) => problems.push(`${code}: ${sentence}`),
    });
    journal.subscribe(0, () => {
      throw new Error('no');
    });
    await journal.append('inbox', 0, [newEvent(1)]);
    await expect
      .poll(() => problems)
      .toEqual([expect.stringMatching(/^journal\.listener-failed: .*event 1 of inbox \(no\)/)]);
    await journal.close();
  });

  it('takes events in the order of the log when the clock jumps back', async () => {
    const folder = await newFolder();
    const clock = createFakeClock();
    const journal = await open(folder, { clock });
    await journal.append('inbox', 0, [newEvent(1)]);
    clock.jump(-3_600_000);
    await journal.append('inbox', 1, [newEvent(2)]);
    await journal.close();
    const again = await open(folder, { clock });
    expect((await again.read('inbox')).map(({ body }) => body.n)).toEqual([1, 2]);
    await again.close();
  });

  it('opens in a folder whose parent it may not read', async () => {
    const fs = createFaultyLogFs();
    fs.plan((operation, nth) => (operation === 'syncFolder' && nth === 2 ? { code: 'EACCES' } : undefined));
    await (await open(await newFolder(), { fs })).close();
  });

  it('says in one sentence that the data folder can not be made', async () => {
    const inTheWay = join(await newFolder(), 'file');
    await writeFile(inTheWay, '');
    for (const folder of [inTheWay, join(inTheWay, 'deeper'), '/proc/nowhere']) {
      const opened = await openJsonlJournal({ folder, clock: createFakeClock(), onProblem: () => {} });
      expect(opened).toMatchObject({
        ok: false,
        error: { code: 'journal.unavailable', sentence: expect.stringContaining(folder) },
      });
    }
  });
});
