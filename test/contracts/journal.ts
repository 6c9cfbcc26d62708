import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { exportLines, sealEvent } from '../../src/core/journal/chain.ts';
import { type JournalEvent, noPrevious, streamOf } from '../../src/core/journal/event.ts';
import { verifyExport } from '../../src/core/journal/verify.ts';
import type { Journal, Position } from '../../src/ports/journal.ts';
import { newEvent } from '../support/new-event.ts';

export type JournalUnderTest = {
  readonly journal: Journal;
  /** What `clock.now()` answers while the test runs. */
  readonly now: string;
  readonly dispose: () => Promise<void>;
};

/** What every journal promises (ports/journal.ts). */
export function journalContract(name: string, open: () => Promise<JournalUnderTest>): void {
  const opened: JournalUnderTest[] = [];
  const start = async () => {
    const underTest = await open();
    opened.push(underTest);
    return underTest;
  };
  afterEach(async () => {
    for (const { dispose } of opened.splice(0)) await dispose();
  });

  describe(`${name} keeps the contract of a journal`, () => {
    it('gives an appended event its place, its time and its hash', async () => {
      const { journal, now } = await start();
      const expected = sealEvent(newEvent(1), { stream: 'incident/INC-1', seq: 1, prev: noPrevious, recordedAt: now });
      expect(await journal.append('incident/INC-1', 0, [newEvent(1)])).toEqual({ ok: true, value: [expected.event] });
      expect(expected.event).toMatchObject({ v: 1, seq: 1, incident: 'INC-1', recordedAt: now });
    });

    it('reads back what was appended, in order, from any seq', async () => {
      const { journal } = await start();
      const first = stored(await journal.append('inbox', 0, [newEvent(1), newEvent(2)]));
      const second = stored(await journal.append('inbox', 2, [newEvent(3)]));
      expect(await journal.read('inbox')).toEqual([...first, ...second]);
      expect(await journal.read('inbox', 3)).toEqual(second);
      expect(await journal.read('inbox', 4)).toEqual([]);
      expect(await journal.read('inbox', 0)).toHaveLength(3);
    });

    it('chains the events of a stream, so that its export verifies', async () => {
      const { journal } = await start();
      stored(await journal.append('incident/INC-1', 0, [newEvent(1), newEvent(2)]));
      stored(await journal.append('incident/INC-2', 0, [newEvent(1)]));
      stored(await journal.append('incident/INC-1', 2, [newEvent(3)]));
      const events = await journal.read('incident/INC-1');
      const [head] = journal.heads().filter(({ stream }) => stream === 'incident/INC-1');
      expect(verifyExport(exportLines(events).join('\n'))).toEqual({ ok: true, value: head });
    });

    it('knows an unknown stream as empty', async () => {
      const { journal } = await start();
      expect(await journal.read('incident/INC-9')).toEqual([]);
      expect(journal.streams()).toEqual([]);
      expect(journal.heads()).toEqual([]);
    });

    it('lists streams and their heads', async () => {
      const { journal } = await start();
      const [a] = stored(await journal.append('inbox', 0, [newEvent(1)])).slice(-1);
      const [b] = stored(await journal.append('target/abc', 0, [newEvent(2), newEvent(3)])).slice(-1);
      expect([...journal.streams()].sort()).toEqual(['inbox', 'target/abc']);
      expect([...journal.heads()].sort((x, y) => x.seq - y.seq)).toEqual([
        { stream: 'inbox', seq: 1, hash: a?.hash },
        { stream: 'target/abc', seq: 2, hash: b?.hash },
      ]);
    });

    it.each([0, 2, -1, 1.5, Number.NaN])(
      'refuses an append at expected seq %s to a stream at 1, and stores nothing',
      async (expectedSeq) => {
        const { journal } = await start();
        stored(await journal.append('inbox', 0, [newEvent(1)]));
        const refused = await journal.append('inbox', expectedSeq, [newEvent(2)]);
        expect(refused).toMatchObject({ ok: false, error: { code: 'journal.conflict' } });
        expect(refused.ok ? '' : refused.error.sentence).toContain('not stored');
        expect(await journal.read('inbox')).toHaveLength(1);
      },
    );

    it('lets exactly one of many simultaneous appends at one expected seq win', async () => {
      const { journal } = await start();
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, n) => journal.append('inbox', 0, [newEvent(n), newEvent(n)])),
      );
      expect(results.filter(({ ok }) => ok)).toHaveLength(1);
      expect(results.filter((result) => !result.ok && result.error.code === 'journal.conflict')).toHaveLength(19);
      expect(await journal.read('inbox')).toHaveLength(2);
    });

    it('takes appends that follow each other without waiting', async () => {
      const { journal } = await start();
      const results = await Promise.all([0, 1, 2, 3].map((seq) => journal.append('inbox', seq, [newEvent(seq)])));
      expect(results.map(({ ok }) => ok)).toEqual([true, true, true, true]);
      expect((await journal.read('inbox')).map(({ body }) => body.n)).toEqual([0, 1, 2, 3]);
    });

    it('stores nothing for no events, and still compares the seq', async () => {
      const { journal } = await start();
      expect(await journal.append('inbox', 0, [])).toEqual({ ok: true, value: [] });
      expect(await journal.append('inbox', 1, [])).toMatchObject({ ok: false, error: { code: 'journal.conflict' } });
      expect(journal.streams()).toEqual([]);
    });

    it.each<[what: string, stream: string, event: object]>([
      ['NaN in a body', 'inbox', { body: { n: Number.NaN } }],
      ['a lone surrogate', 'inbox', { body: { text: '\ud800' } }],
      ['a type that is no noun-verb', 'inbox', { type: 'Evidence Read' }],
      ['an instant without milliseconds', 'inbox', { occurredAt: '2026-11-21T03:04:05Z' }],
      ['an unknown kind of actor', 'inbox', { actor: { kind: 'model' } }],
      ['a body that is a list', 'inbox', { body: [] }],
      ['a stream without a kind', 'INC-1', {}],
      ['a stream with two kinds', 'incident/target/a', {}],
    ])('rejects %s and stores nothing, not even its neighbours', async (_what, stream, more) => {
      const { journal } = await start();
      await expect(journal.append(stream, 0, [newEvent(1), { ...newEvent(2), ...more }])).rejects.toThrow(TypeError);
      expect(journal.streams()).toEqual([]);
      expect(await journal.append('inbox', 0, [newEvent(1)])).toMatchObject({ ok: true });
    });

    it('stores what the event was when it was appended, whatever happens to the object later', async () => {
      const { journal } = await start();
      const body = { list: [1] };
      const appended = journal.append('inbox', 0, [newEvent(1, { body })]);
      body.list.push(2);
      await appended;
      expect((await journal.read('inbox'))[0]?.body).toEqual({ list: [1] });
    });

    it('keeps any JSON body as it is', async () => {
      const { journal } = await start();
      let seq = 0;
      const key = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('__proto__', 'hash', 'constructor', 'toJSON'),
      );
      const body = fc.dictionary(key, fc.jsonValue({ stringUnit: 'binary' }), { noNullPrototype: true });
      await fc.assert(
        fc.asyncProperty(body, async (value) => {
          const plain = JSON.parse(JSON.stringify(value));
          stored(await journal.append('inbox', seq, [newEvent(seq, { body: plain })]));
          seq += 1;
          const [read] = await journal.read('inbox', seq);
          expect(JSON.stringify(sorted(read?.body))).toBe(JSON.stringify(sorted(plain)));
        }),
        { numRuns: 50 },
      );
    });

    it('tells a subscriber first what is there, then what comes, each event once and in order', async () => {
      const { journal } = await start();
      stored(await journal.append('inbox', 0, [newEvent(1), newEvent(2)]));
      const seen: [JournalEvent, Position][] = [];
      journal.subscribe(0, (event, position) => seen.push([event, position]));
      expect(seen).toEqual([]);
      stored(await journal.append('incident/INC-1', 0, [newEvent(3)]));
      stored(await journal.append('inbox', 2, [newEvent(4)]));
      await expect.poll(() => seen.length).toBe(4);
      expect(seen.map(([event]) => [streamOf(event.incident), event.body.n])).toEqual([
        ['inbox', 1],
        ['inbox', 2],
        ['incident/INC-1', 3],
        ['inbox', 4],
      ]);
      const positions = seen.map(([, position]) => position);
      expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
      expect(positions[0]).toBeGreaterThan(0);
    });

    it('goes on after the position where a subscriber stopped', async () => {
      const { journal } = await start();
      for (let n = 0; n < 5; n += 1) stored(await journal.append('inbox', n, [newEvent(n)]));
      const positions: Position[] = [];
      const end = journal.subscribe(0, (_event, position) => positions.push(position));
      await expect.poll(() => positions.length).toBe(5);
      end();
      for (const [index, position] of positions.entries()) {
        const later: unknown[] = [];
        const endLater = journal.subscribe(position, (event) => later.push(event.body.n));
        stored(await journal.append(`budget/b${index}`, 0, [newEvent(99)]));
        const expected = [...[0, 1, 2, 3, 4].slice(index + 1), ...Array.from({ length: index + 1 }, () => 99)];
        await expect.poll(() => later).toEqual(expected);
        endLater();
      }
      expect(positions).toHaveLength(5);
    });

    it('ends a subscription at once, also from within its listener', async () => {
      const { journal } = await start();
      stored(await journal.append('inbox', 0, [newEvent(0), newEvent(1), newEvent(2)]));
      const seen: unknown[] = [];
      const end = journal.subscribe(0, (event) => {
        seen.push(event.body.n);
        if (event.body.n === 1) end();
      });
      const never: unknown[] = [];
      journal.subscribe(0, (event) => never.push(event))();
      const others: unknown[] = [];
      journal.subscribe(0, (event) => others.push(event.body.n));
      stored(await journal.append('inbox', 3, [newEvent(3)]));
      await expect.poll(() => others).toEqual([0, 1, 2, 3]);
      expect(seen).toEqual([0, 1]);
      expect(never).toEqual([]);
    });

    it('does not let one listener that throws stop itself or the others', async () => {
      const { journal } = await start();
      const angry: unknown[] = [];
      const calm: unknown[] = [];
      journal.subscribe(0, (event) => {
        angry.push(event.body.n);
        throw new Error('no');
      });
      journal.subscribe(0, (event) => calm.push(event.body.n));
      stored(await journal.append('inbox', 0, [newEvent(0), newEvent(1)]));
      await expect.poll(() => calm).toEqual([0, 1]);
      expect(angry).toEqual([0, 1]);
    });

    it('lets a listener append', async () => {
      const { journal } = await start();
      journal.subscribe(0, (event) => {
        if (event.incident === 'inbox') void journal.append('incident/INC-1', event.seq - 1, [newEvent(event.seq)]);
      });
      stored(await journal.append('inbox', 0, [newEvent(1), newEvent(2)]));
      await expect.poll(async () => (await journal.read('incident/INC-1')).length).toBe(2);
    });

    it('tells many subscribers under many writers the same order, without loss', async () => {
      const { journal } = await start();
      const logs: string[][] = [];
      const listen = () => {
        const log: string[] = [];
        logs.push(log);
        journal.subscribe(0, (event) => log.push(`${event.incident} ${event.seq}`));
      };
      const writers = Array.from({ length: 10 }, async (_, writer) => {
        for (let seq = 0; seq < 20; seq += 1) {
          if (seq === writer * 2) listen();
          stored(await journal.append(`incident/INC-${writer}`, seq, [newEvent(seq)]));
        }
      });
      await Promise.all(writers);
      expect(logs).toHaveLength(10);
      await expect.poll(() => logs.every((log) => log.length === 200)).toBe(true);
      expect(new Set(logs.map((log) => log.join()))).toHaveLength(1);
      for (let writer = 0; writer < 10; writer += 1) {
        const own = logs[0]?.filter((entry) => entry.startsWith(`INC-${writer} `));
        expect(own).toEqual(Array.from({ length: 20 }, (_, seq) => `INC-${writer} ${seq + 1}`));
      }
    });
  });
}

function stored(result: Awaited<ReturnType<Journal['append']>>): readonly JournalEvent[] {
  if (!result.ok) throw new Error(result.error.sentence);
  return result.value;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => [key, sorted(member)]);
}
