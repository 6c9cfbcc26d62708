// What a durable event costs: `node bench/journal.ts [events]`. All ways run in turn on one disk in one run, several rounds, so that their ratios
// hold on any machine though the figures do not. Prints one JSON document.
import { mkdtemp, open as openFile, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JsonlJournal, openJsonlJournal } from '../src/adapters/jsonl/jsonl-journal.ts';
import { verifyFolder } from '../src/adapters/jsonl/verify-folder.ts';
import { createSystemClock } from '../src/adapters/system/clock.ts';
import { sealEvent } from '../src/core/journal/chain.ts';
import { type NewEvent, noPrevious } from '../src/core/journal/event.ts';
import { verifyChain } from '../src/core/journal/verify.ts';

const eventsPerRun = Number(process.argv[2] ?? 4000);
const rounds = 5;
const clock = createSystemClock();

// About 600 bytes on disk: a usual piece of evidence.
function evidence(n: number): NewEvent {
  return {
    type: 'evidence-read',
    actor: { kind: 'bot' },
    cause: n,
    occurredAt: '2026-11-21T03:04:05.678Z',
    body: {
      id: `e${n}`,
      kind: 'object',
      object: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'checkout-7d8f9-x2x4z' },
      summary: 'container checkout waits: ImagePullBackOff, image registry.local/checkout:1.2.4 not found',
      digest: 'a'.repeat(64),
    },
  };
}

type Measured = { eventsPerSecond: number; p50Ms: number; p99Ms: number };

async function withFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-journal-'));
  try {
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function openJournal(folder: string): Promise<JsonlJournal> {
  const opened = await openJsonlJournal({ folder, clock, onProblem: (problem) => console.error(problem.sentence) });
  if (!opened.ok) throw new Error(opened.error.sentence);
  return opened.value;
}

/** What the group commit is compared with: the same lines, one write and one fdatasync for each event. */
async function syncEach(events: number): Promise<Measured> {
  return withFolder(async (folder) => {
    const file = await openFile(join(folder, 'log'), 'wx');
    const waits: number[] = [];
    const start = performance.now();
    let prev = noPrevious;
    for (let seq = 1; seq <= events; seq += 1) {
      const before = performance.now();
      const { event, line } = sealEvent(evidence(seq), {
        stream: 'inbox',
        seq,
        prev,
        recordedAt: clock.now().toISOString(),
      });
      await file.write(`${line}\n\n`);
      await file.datasync();
      prev = event.hash;
      waits.push(performance.now() - before);
    }
    const measured = measure(events, performance.now() - start, waits);
    await file.close();
    return measured;
  });
}

/** `appenders` callers, each with a stream of its own, each waiting for its acknowledgement before it appends again. */
async function groupCommit(appenders: number, events: number): Promise<Measured> {
  return withFolder(async (folder) => {
    const journal = await openJournal(folder);
    const each = Math.ceil(events / appenders);
    const waits: number[] = [];
    const start = performance.now();
    await Promise.all(
      Array.from({ length: appenders }, async (_, n) => {
        for (let seq = 0; seq < each; seq += 1) {
          const before = performance.now();
          const result = await journal.append(`incident/INC-${n}`, seq, [evidence(seq)]);
          if (!result.ok) throw new Error(result.error.sentence);
          waits.push(performance.now() - before);
        }
      }),
    );
    const measured = measure(each * appenders, performance.now() - start, waits);
    await journal.close();
    return measured;
  });
}

function measure(events: number, elapsedMs: number, waits: number[]): Measured {
  waits.sort((a, b) => a - b);
  const at = (share: number) => round(waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0);
  return { eventsPerSecond: Math.round(events / (elapsedMs / 1000)), p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** Verify lines in memory, verify a folder, open it, and read one stream of a hundred events out of many. */
async function reading(events: number) {
  return withFolder(async (folder) => {
    const journal = await openJournal(folder);
    for (let n = 0; n < events / 100; n += 1) {
      await journal.append(
        `incident/INC-${n}`,
        0,
        Array.from({ length: 100 }, (_, at) => evidence(at)),
      );
    }
    const lines: string[] = [];
    let prev = noPrevious;
    for (let seq = 1; seq <= events; seq += 1) {
      const sealed = sealEvent(evidence(seq), { stream: 'inbox', seq, prev, recordedAt: clock.now().toISOString() });
      lines.push(sealed.line);
      prev = sealed.event.hash;
    }
    const verifyLinesMs = await timed(async () => verifyChain(lines));
    const readStreamMs = await timed(() => journal.read('incident/INC-3'));
    const followAllMs = await timed(
      () =>
        new Promise<void>((resolve) => {
          let seen = 0;
          const end = journal.subscribe(0, () => {
            seen += 1;
            if (seen === events) {
              end();
              resolve();
            }
          });
        }),
    );
    await journal.close();
    const verifyFolderMs = await timed(() => verifyFolder(folder));
    let again: JsonlJournal | undefined;
    const openMs = await timed(async () => {
      again = await openJournal(folder);
    });
    await again?.close();
    return {
      events,
      lineBytes: lines[0]?.length,
      verifiedLinesPerSecond: Math.round(events / (verifyLinesMs / 1000)),
      verifiedOnDiskPerSecond: Math.round(events / (verifyFolderMs / 1000)),
      openMs: round(openMs),
      followAllMs: round(followAllMs),
      readStreamOf100Ms: round(readStreamMs),
    };
  });
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function median(runs: Measured[]): Measured {
  return (
    [...runs].sort((a, b) => a.eventsPerSecond - b.eventsPerSecond)[Math.floor(runs.length / 2)] ?? {
      eventsPerSecond: 0,
      p50Ms: 0,
      p99Ms: 0,
    }
  );
}

const ways: Record<string, () => Promise<Measured>> = {
  'one write and fdatasync for each event': () => syncEach(eventsPerRun / 4),
  'group commit, 1 appender': () => groupCommit(1, eventsPerRun / 4),
  'group commit, 64 appenders': () => groupCommit(64, eventsPerRun),
};
await groupCommit(64, eventsPerRun);
const runs = new Map<string, Measured[]>();
for (let n = 0; n < rounds; n += 1) {
  for (const [name, run] of Object.entries(ways)) runs.set(name, [...(runs.get(name) ?? []), await run()]);
}
const medians = Object.fromEntries([...runs].map(([name, all]) => [name, median(all)]));
const rate = (name: string) => medians[name]?.eventsPerSecond ?? 0;
console.log(
  JSON.stringify(
    {
      machine: { cpus: cpus().length, model: cpus()[0]?.model, node: process.version },
      rounds,
      medians,
      ratios: {
        'group commit of 64 to one sync for each event': round(
          rate('group commit, 64 appenders') / rate('one write and fdatasync for each event'),
        ),
        'group commit of 1 to one sync for each event': round(
          rate('group commit, 1 appender') / rate('one write and fdatasync for each event'),
        ),
      },
      reading: await reading(100_000),
    },
    undefined,
    2,
  ),
);
