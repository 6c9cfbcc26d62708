import { createHash } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openJsonlJournal } from '../../../src/adapters/jsonl/jsonl-journal.ts';
import { verifyFolder } from '../../../src/adapters/jsonl/verify-folder.ts';
import type { Problem } from '../../../src/core/result.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { newEvent } from '../../support/new-event.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { createFaultyLogFs } from './faulty-log-fs.ts';

const newFolder = temporaryFolders();
const segment = (folder: string) => join(folder, 'journal', '00000001.jsonl');

// One append of one event, one of two events: the second is the one that is torn.
let whole: Buffer;
let lastAppendAt: number;
let folder: string;

beforeEach(async () => {
  folder = await newFolder();
  const opened = await openJsonlJournal({ folder, clock: createFakeClock(), onProblem: () => {} });
  if (!opened.ok) throw new Error(opened.error.sentence);
  await opened.value.append('inbox', 0, [newEvent(1)]);
  lastAppendAt = (await readFile(segment(folder))).length;
  await opened.value.append('incident/INC-1', 0, [newEvent(2), newEvent(3)]);
  await opened.value.close();
  whole = await readFile(segment(folder));
});

async function openWith(bytes: Buffer) {
  await writeFile(segment(folder), bytes);
  const problems: Problem[] = [];
  const opened = await openJsonlJournal({
    folder,
    clock: createFakeClock(),
    onProblem: (problem) => problems.push(problem),
  });
  if (!opened.ok) return { refused: opened.error, problems };
  const { value: journal } = opened;
  const inbox = await journal.read('inbox');
  const found = {
    problems: problems.map(({ code }) => code),
    inbox: inbox.map(({ type, body }) => (type === 'journal-repaired' ? body : body.n)),
    incident: (await journal.read('incident/INC-1')).map(({ body }) => body.n),
    isUsable: (await journal.append('inbox', inbox.length, [newEvent(9)])).ok,
  };
  await journal.close();
  expect(await verifyFolder(folder)).toMatchObject({ ok: true, value: { tailBytes: 0 } });
  return found;
}

describe('an append that was torn by a crash', () => {
  it('is cut off at whatever byte it ends, reported, and journalled; what was stored before stays', async () => {
    for (
      let end = lastAppendAt + 1;
      end < whole.length;
      end += end < lastAppendAt + 30 || end > whole.length - 60 ? 1 : 11
    ) {
      const tail = whole.subarray(lastAppendAt, end);
      const repaired = {
        segment: '00000001.jsonl',
        bytes: tail.length,
        sha256: createHash('sha256').update(tail).digest('hex'),
      };
      expect(await openWith(whole.subarray(0, end)), `cut at ${end}`).toEqual({
        problems: ['journal.repaired'],
        inbox: [1, repaired],
        incident: [],
        isUsable: true,
      });
    }
  });

  it.each([
    ['where the append begins', () => lastAppendAt, [1], []],
    ['where the append ends', () => whole.length, [1], [2, 3]],
    ['at nothing', () => 0, [], []],
  ])('is no tear %s: nothing is repaired', async (_what, end, inbox, incident) => {
    expect(await openWith(whole.subarray(0, end()))).toEqual({ problems: [], inbox, incident, isUsable: true });
  });

  it.each([1, 100, 5000])('is cut off when the disk left %s zeros of it', async (zeros) => {
    const half = whole.subarray(0, lastAppendAt + 50);
    expect(await openWith(Buffer.concat([half, Buffer.alloc(zeros)]))).toMatchObject({
      problems: ['journal.repaired'],
      incident: [],
      isUsable: true,
    });
  });

  it('is repaired once: the next start finds nothing to do', async () => {
    await openWith(whole.subarray(0, whole.length - 5));
    expect(await openWith(await readFile(segment(folder)))).toMatchObject({ problems: [], isUsable: true });
  });

  it('starts, drops only what was not acknowledged, or names the line, whatever one bit of the end says', async () => {
    for (let index = lastAppendAt; index < whole.length; index += index > whole.length - 12 ? 1 : 13) {
      const flipped = Buffer.from(whole);
      flipped[index] = (flipped[index] ?? 0) ^ (1 << (index % 8));
      // All of this was acknowledged: it must not be dropped as if it had not been.
      expect(await openWith(flipped), `byte ${index}`).toMatchObject({
        refused: { code: 'journal.damaged', segment: '00000001.jsonl', line: expect.any(Number) },
      });
      expect(await readFile(segment(folder)), 'nothing is repaired by guess').toEqual(flipped);
    }
  });

  it('keeps the tear for the next start when the disk is full, and loses nothing', async () => {
    const torn = whole.subarray(0, whole.length - 40);
    await writeFile(segment(folder), torn);
    const fs = createFaultyLogFs();
    fs.plan((operation) => (operation === 'write' ? { code: 'ENOSPC' } : undefined));
    const opened = await openJsonlJournal({ folder, fs, clock: createFakeClock(), onProblem: () => {} });
    expect(opened).toMatchObject({ ok: false, error: { code: 'journal.unavailable' } });
    expect(await openWith(await readFile(segment(folder)))).toMatchObject({
      problems: ['journal.repaired'],
      inbox: [1, { bytes: torn.length - lastAppendAt }],
    });
  });

  it('survives a crash at every operation of the repair', async () => {
    const torn = whole.subarray(0, whole.length - 40);
    for (const operation of ['write', 'datasync', 'truncate'] as const) {
      for (const nth of [1, 2]) {
        for (const bytesWritten of [0, 1, 120, 4000]) {
          await writeFile(segment(folder), torn);
          const fs = createFaultyLogFs();
          let isDown = false;
          let count = 0;
          fs.plan((at) => {
            if (at === operation) count += 1;
            if (at === operation && count === nth && !isDown) {
              isDown = true;
              return { code: 'EIO', bytesWritten };
            }
            // After a crash nothing more reaches the disk.
            return isDown ? { code: 'EIO' } : undefined;
          });
          const crashed = await openJsonlJournal({ folder, fs, clock: createFakeClock(), onProblem: () => {} });
          if (crashed.ok) await crashed.value.close();
          const after = await openWith(await readFile(segment(folder)));
          expect(after, `${operation} ${nth} ${bytesWritten}`).toMatchObject({ incident: [], isUsable: true });
          expect(JSON.stringify(after)).toContain('"inbox":[1,{"bytes":');
        }
      }
    }
  });
});

describe('a journal that was changed', () => {
  const lines = () => whole.toString('utf8').split('\n');
  const joined = (changed: readonly string[]) => Buffer.from(changed.join('\n'));

  it.each<[what: string, change: (lines: string[]) => string[], line: number]>([
    ['a changed line', (all) => all.with(0, (all[0] ?? '').replace('évidence', 'Évidence')), 1],
    ['a missing line', (all) => all.toSpliced(2, 1), 3],
    ['a repeated line', (all) => all.toSpliced(3, 0, all[2] ?? ''), 4],
    ['lines in the other order', (all) => all.with(2, all[3] ?? '').with(3, all[2] ?? ''), 3],
    ['an empty line too much', (all) => all.toSpliced(2, 0, ''), 3],
    ['an empty line at the beginning', (all) => ['', ...all], 1],
    ['two streams in one append', (all) => all.toSpliced(1, 1), 2],
    ['a missing append', (all) => all.slice(2), -1],
    ['text at the end', (all) => [...all, 'hello'], 6],
    ['a second end', (all) => [...all, ''], 6],
  ])('is refused for %s, with its line', async (_what, change, line) => {
    const changed = joined(change(lines()));
    const found = await openWith(changed);
    // Without an event that refers to it, a missing append is only seen by a head that was kept elsewhere.
    if (line === -1) return expect(found).toMatchObject({ isUsable: true, inbox: [] });
    expect(found).toMatchObject({
      refused: {
        code: 'journal.damaged',
        segment: '00000001.jsonl',
        line,
        sentence: expect.stringContaining('00000001.jsonl'),
      },
    });
    expect(await verifyFolder(folder)).toMatchObject({ ok: false, error: { line } });
  });

  it('is refused for a broken byte that would be read as the replacement character that stood there', async () => {
    const opened = await openJsonlJournal({ folder, clock: createFakeClock(), onProblem: () => {} });
    if (!opened.ok) throw new Error(opened.error.sentence);
    await opened.value.append('inbox', 1, [newEvent(4, { body: { text: '\ufffd' } })]);
    await opened.value.close();
    const bytes = await readFile(segment(folder));
    const at = bytes.indexOf('\ufffd');
    const broken = Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff]), bytes.subarray(at + 3)]);
    expect(await openWith(broken)).toMatchObject({ refused: { code: 'journal.damaged', line: 6 } });
  });

  it('is refused when it does not reach a known head, before anything is cut', async () => {
    const verified = await verifyFolder(folder);
    const knownHeads = verified.ok ? verified.value.heads : [];
    const torn = whole.subarray(0, whole.length - 1);
    await writeFile(segment(folder), torn);
    const opened = await openJsonlJournal({ folder, clock: createFakeClock(), knownHeads, onProblem: () => {} });
    expect(opened).toMatchObject({
      ok: false,
      error: { code: 'journal.damaged', sentence: expect.stringContaining('incident/INC-1') },
    });
    expect(await readFile(segment(folder))).toEqual(torn);
    expect(await verifyFolder(folder, knownHeads)).toMatchObject({ ok: false });
  });

  it('is refused when a segment is missing, first or between', async () => {
    for (const number of [2, 3]) await cp(segment(folder), join(folder, 'journal', `0000000${number + 1}.jsonl`));
    expect(await verifyFolder(folder)).toMatchObject({
      ok: false,
      error: { code: 'journal.damaged', segment: '00000002.jsonl' },
    });
  });

  it('is refused when a segment that is not the last ends in the middle of an append', async () => {
    await cp(segment(folder), join(folder, 'journal', '00000002.jsonl'));
    expect(await openWith(whole.subarray(0, whole.length - 1))).toMatchObject({
      refused: { code: 'journal.damaged', segment: '00000001.jsonl', line: 3 },
    });
  });
});
