import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Checkpoint, openCheckpoint } from '../../../src/adapters/lowdb/checkpoint.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();
const threads = z.record(z.string(), z.string());
const head = { stream: 'inbox', seq: 3, hash: 'a'.repeat(64) };

async function open(folder: string, debounceMs = 1000) {
  const clock = createFakeClock();
  const problems: string[] = [];
  const checkpoint = await openCheckpoint({
    folder,
    debounceMs,
    clock,
    onProblem: ({ code, sentence }) => problems.push(`${code}: ${sentence}`),
  });
  return { checkpoint, clock, problems, file: join(folder, 'checkpoint.json') };
}

async function fileExists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function fill(checkpoint: Checkpoint): void {
  checkpoint.setReadModel({ position: 42, heads: [head], incidents: [{ reference: 'INC-1', status: 'open' }] });
  checkpoint.set('slack-thread', { position: 40, data: { 'INC-1': '1700000000.000100' } });
}

describe('the checkpoint', () => {
  it('starts with nothing, at position 0, without a problem', async () => {
    const { checkpoint, problems } = await open(await newFolder());
    expect(checkpoint.origin).toBe('nothing');
    expect(checkpoint.readModel()).toEqual({ position: 0, heads: [], incidents: [] });
    expect(checkpoint.get('slack-thread', threads)).toBeUndefined();
    expect(problems).toEqual([]);
    await checkpoint.close();
  });

  it('is the same after it was closed and opened again, falsy values included', async () => {
    const folder = await newFolder();
    const first = await open(folder);
    fill(first.checkpoint);
    first.checkpoint.set('zero', { position: 0, data: 0 });
    first.checkpoint.set('__proto__', { position: 1, data: 1 });
    await first.checkpoint.close();
    const { checkpoint, problems } = await open(folder);
    expect(checkpoint.origin).toBe('file');
    expect(checkpoint.readModel()).toEqual({
      position: 42,
      heads: [head],
      incidents: [{ reference: 'INC-1', status: 'open' }],
    });
    expect(checkpoint.get('slack-thread', threads)).toEqual({ position: 40, data: { 'INC-1': '1700000000.000100' } });
    expect(checkpoint.get('zero', z.number())).toEqual({ position: 0, data: 0 });
    expect(checkpoint.get('toString', z.unknown())).toBeUndefined();
    expect(problems).toEqual([]);
    await checkpoint.close();
  });

  it('writes once for many changes, after a while, and not only when they stop', async () => {
    const folder = await newFolder();
    const { checkpoint, clock, file } = await open(folder, 1000);
    for (let n = 0; n < 9; n += 1) {
      checkpoint.set('counter', { position: n, data: n });
      await clock.advance(100);
    }
    expect(await fileExists(file)).toBe(false);
    checkpoint.set('counter', { position: 9, data: 9 });
    await clock.advance(100);
    await expect.poll(() => fileExists(file)).toBe(true);
    expect(JSON.parse(await readFile(file, 'utf8')).projections.counter).toEqual({ position: 9, data: 9 });
    await checkpoint.flush();
    expect(clock.sleepers()).toBe(0);
    await checkpoint.close();
  });

  it('flushes when it is closed, and writes nothing afterwards', async () => {
    const folder = await newFolder();
    const { checkpoint, clock, file } = await open(folder);
    fill(checkpoint);
    await checkpoint.close();
    const written = await readFile(file, 'utf8');
    checkpoint.set('late', { position: 1, data: 1 });
    await clock.advance(10_000);
    await checkpoint.close();
    expect(await readFile(file, 'utf8')).toBe(written);
    expect(clock.sleepers()).toBe(0);
  });

  it('gives what was set at once', async () => {
    const { checkpoint } = await open(await newFolder());
    fill(checkpoint);
    expect(checkpoint.readModel().position).toBe(42);
    expect(checkpoint.get('slack-thread', threads)?.position).toBe(40);
    await checkpoint.close();
  });

  const valid = JSON.stringify({ version: 1, heads: [], position: 1, incidents: [], projections: {} });
  it.each([
    ['is empty', ''],
    ['is half', valid.slice(0, 30)],
    ['is zeros', '\0'.repeat(100)],
    ['is null', 'null'],
    ['is of a later version', valid.replace('"version":1', '"version":2')],
    ['has a field nobody knows', valid.replace('{', '{"more":1,')],
    ['has a position that is none', valid.replace('"position":1', '"position":-1')],
    ['has heads that are none', valid.replace('"heads":[]', '"heads":[{"stream":"inbox"}]')],
    ['has incidents that are none', valid.replace('"incidents":[]', '"incidents":[1]')],
  ])('is rebuilt, and says so, when its file %s', async (_what, text) => {
    const folder = await newFolder();
    await writeFile(join(folder, 'checkpoint.json'), text);
    const { checkpoint, problems } = await open(folder);
    expect(checkpoint.origin).toBe('broken');
    expect(checkpoint.readModel().position).toBe(0);
    expect(problems).toEqual([expect.stringMatching(/^checkpoint\.broken: .*rebuilt from the journal/)]);
    fill(checkpoint);
    await checkpoint.close();
    expect((await open(folder)).checkpoint.origin).toBe('file');
  });

  it('lacks a projection whose data do not fit, and says so without quoting them', async () => {
    const folder = await newFolder();
    const first = await open(folder);
    first.checkpoint.set('slack-thread', { position: 7, data: { 'INC-1': 5, secret: 'xoxb-1' } });
    await first.checkpoint.close();
    const { checkpoint, problems } = await open(folder);
    expect(checkpoint.get('slack-thread', threads)).toBeUndefined();
    expect(problems).toEqual([expect.stringMatching(/^checkpoint\.broken: .*slack-thread does not fit \(INC-1\)/)]);
    expect(problems.join()).not.toContain('xoxb');
    await checkpoint.close();
  });

  it('reports a disk that refuses once, goes on, and writes when it can', async () => {
    const folder = await newFolder();
    const { checkpoint, clock, problems, file } = await open(folder);
    // A folder of that name is in the way of the rename.
    await mkdir(file);
    fill(checkpoint);
    await checkpoint.flush();
    await checkpoint.flush();
    checkpoint.set('more', { position: 1, data: 1 });
    await checkpoint.flush();
    expect(problems).toEqual([expect.stringMatching(/^checkpoint\.unavailable: /)]);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    await rm(file, { recursive: true });
    await clock.advance(1000);
    await expect.poll(() => fileExists(file)).toBe(true);
    await checkpoint.close();
    expect(problems).toHaveLength(1);
  });

  it('never shows a reader half a file, and leaves no temporary files, also not those of a crash', async () => {
    const folder = await newFolder();
    await writeFile(join(folder, '.checkpoint.json.0123.tmp'), 'half');
    const { checkpoint, file } = await open(folder);
    fill(checkpoint);
    await checkpoint.flush();
    let reads = 0;
    const writing = (async () => {
      for (let n = 0; n < 30; n += 1) {
        checkpoint.set('big', { position: n, data: 'x'.repeat(n * 10_000) });
        await checkpoint.flush();
      }
      return true;
    })();
    let isDone = false;
    void writing.then(() => {
      isDone = true;
    });
    while (!isDone) {
      JSON.parse(await readFile(file, 'utf8'));
      reads += 1;
    }
    expect(reads).toBeGreaterThan(0);
    await checkpoint.close();
    expect(await readdir(folder)).toEqual(['checkpoint.json']);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });
});
