import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { openJsonlJournal } from '../../../src/adapters/jsonl/jsonl-journal.ts';
import { readJsonlJournal } from '../../../src/adapters/jsonl/read-jsonl-journal.ts';
import { verifyFolder } from '../../../src/adapters/jsonl/verify-folder.ts';
import { exportLines } from '../../../src/core/journal/chain.ts';
import type { Head } from '../../../src/core/journal/event.ts';
import { verifyExport } from '../../../src/core/journal/verify.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { newEvent } from '../../support/new-event.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

type Appender = {
  readonly child: ChildProcess;
  /** The last acknowledged seq of each stream. */
  readonly acknowledged: Map<string, number>;
  readonly count: () => number;
  readonly kill: () => Promise<void>;
};

async function startAppender(folder: string, pauseMs = 0): Promise<Appender> {
  const program = fileURLToPath(new URL('./appending-process.ts', import.meta.url));
  const child = spawn(process.execPath, [program, folder, '20000', String(pauseMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const acknowledged = new Map<string, number>();
  let count = 0;
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const [stream = '', seq] = line.split(' ');
    if (seq === undefined) return;
    acknowledged.set(stream, Number(seq));
    count += 1;
  });
  await once(lines, 'line');
  return {
    child,
    acknowledged,
    count: () => count,
    kill: async () => {
      const closed = once(lines, 'close');
      child.kill('SIGKILL');
      await closed;
    },
  };
}

const open = (folder: string) => openJsonlJournal({ folder, clock: createFakeClock(), onProblem: () => {} });

describe('two on one data folder', () => {
  it('are never both writers, not even in one process; the second is told who has it', async () => {
    const folder = await newFolder();
    const first = await open(folder);
    const second = await open(folder);
    expect(second).toMatchObject({
      ok: false,
      error: { code: 'journal.locked', sentence: expect.stringContaining(`process ${process.pid} `) },
    });
    if (first.ok) await first.value.close();
    const third = await open(folder);
    expect(third.ok).toBe(true);
    if (third.ok) await third.value.close();
  });

  it('exclude each other whatever owner.json says', async () => {
    const folder = await newFolder();
    const first = await open(folder);
    for (const owner of ['{"pid":1,"host":"elsewhere","since":"2020"}', 'not JSON', '[]']) {
      await writeFile(join(folder, 'journal', 'owner.json'), owner);
      expect(await open(folder)).toMatchObject({ ok: false, error: { code: 'journal.locked' } });
    }
    if (first.ok) await first.value.close();
  });

  it('take over at once from a process that was killed, and find everything it acknowledged', async () => {
    const folder = await newFolder();
    for (let round = 0; round < 3; round += 1) {
      const appender = await startAppender(folder);
      await expect.poll(appender.count, { timeout: 10_000 }).toBeGreaterThan(60 + round * 7);
      const locked = await open(folder);
      expect(locked).toMatchObject({
        ok: false,
        error: { code: 'journal.locked', sentence: expect.stringContaining(`process ${appender.child.pid} `) },
      });
      await appender.kill();

      const opened = await open(folder);
      if (!opened.ok) throw new Error(opened.error.sentence);
      const journal = opened.value;
      for (const [stream, seq] of appender.acknowledged) {
        const head = journal.heads().find((known) => known.stream === stream);
        expect(head?.seq, stream).toBeGreaterThanOrEqual(seq);
      }
      // Appends are atomic: two events or none.
      expect(
        journal
          .heads()
          .filter(({ stream }) => stream !== 'inbox')
          .every(({ seq }) => seq % 2 === 0),
      ).toBe(true);
      await journal.close();
      expect(await verifyFolder(folder, journal.heads())).toMatchObject({ ok: true });
    }
  });

  it('let a reader export and verify while the writer writes', async () => {
    const folder = await newFolder();
    const appender = await startAppender(folder, 2);
    let heads: readonly Head[] = [];
    for (let round = 0; round < 10; round += 1) {
      const count = appender.count();
      await expect.poll(appender.count, { interval: 5 }).toBeGreaterThan(count + 5);
      const before = new Map(appender.acknowledged);
      expect(before.size).toBeGreaterThan(0);
      const reader = await readJsonlJournal(folder, { knownHeads: heads });
      if (!reader.ok) throw new Error(reader.error.sentence);
      for (const [stream, seq] of before) {
        const events = await reader.value.read(stream);
        expect(events.length).toBeGreaterThanOrEqual(seq);
        expect(verifyExport(exportLines(events).join('\n'))).toMatchObject({ ok: true });
      }
      expect(await verifyFolder(folder, reader.value.heads())).toMatchObject({ ok: true });
      heads = reader.value.heads();
    }
    await appender.kill();
  });
});

describe('a reader', () => {
  it('sees what is committed of a torn journal, and changes nothing', async () => {
    const folder = await newFolder();
    const opened = await open(folder);
    if (!opened.ok) throw new Error(opened.error.sentence);
    await opened.value.append('inbox', 0, [newEvent(1)]);
    await opened.value.append('inbox', 1, [newEvent(2)]);
    await opened.value.close();
    const file = join(folder, 'journal', '00000001.jsonl');
    const torn = (await readFile(file)).subarray(0, -3);
    await writeFile(file, torn);
    const reader = await readJsonlJournal(folder);
    expect(reader.ok && (await reader.value.read('inbox')).length).toBe(1);
    expect(reader.ok && reader.value.streams()).toEqual(['inbox']);
    expect(await verifyFolder(folder)).toMatchObject({ ok: true, value: { events: 1, tailBytes: expect.any(Number) } });
    expect(await readFile(file)).toEqual(torn);
  });

  it('says that there is no journal where there is none', async () => {
    const folder = await newFolder();
    expect(await readJsonlJournal(folder)).toMatchObject({
      ok: false,
      error: { code: 'journal.unreadable', sentence: expect.stringContaining(folder) },
    });
    expect(await verifyFolder(folder)).toMatchObject({ ok: false, error: { code: 'journal.unreadable' } });
  });

  it('refuses a line that was changed under an open journal', async () => {
    const folder = await newFolder();
    const opened = await open(folder);
    if (!opened.ok) throw new Error(opened.error.sentence);
    await opened.value.append('inbox', 0, [newEvent(1)]);
    const file = join(folder, 'journal', '00000001.jsonl');
    await writeFile(file, (await readFile(file, 'utf8')).replace('"n":1', '"n":2'));
    await expect(opened.value.read('inbox')).rejects.toThrow(/changed while it was open \(00000001\.jsonl/);
    await opened.value.close();
  });
});
