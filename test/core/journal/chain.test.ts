import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draftEvent, exportLines, headLine, sealDraft, sealEvent } from '../../../src/core/journal/chain.ts';
import { type JournalEvent, noPrevious } from '../../../src/core/journal/event.ts';
import { newEvent } from '../../support/new-event.ts';
import { sealStream } from './seal-stream.ts';

const place = { stream: 'incident/INC-1', seq: 1, prev: noPrevious, recordedAt: '2026-11-21T03:04:05.678Z' };

describe('sealEvent', () => {
  // A pin: bytes that stored journals and exports rely on. Made once with another tool (sha256sum), never from the code.
  it('makes the line and the hash that the contract fixes', () => {
    const opening = '{"actor":{"id":"U1","kind":"user"},"body":{"a":"é","b":1e+21},"cause":"sig-1"';
    const ending = `"incident":"INC-1","occurredAt":"2026-11-21T03:00:00.000Z","prev":"${noPrevious}","recordedAt":"2026-11-21T03:04:05.678Z","seq":1,"type":"incident-opened","v":1}`;
    const hash = '1e186c6d2fd8f661d4e6c5dbf86a3bd172ff5dbde7e893a8f77609e43363918a';
    const sealed = sealEvent(
      {
        type: 'incident-opened',
        actor: { kind: 'user', id: 'U1' },
        cause: 'sig-1',
        occurredAt: '2026-11-21T03:00:00.000Z',
        body: { b: 1e21, a: 'é' },
      },
      place,
    );
    expect(sealed.line).toBe(`${opening},"hash":"${hash}",${ending}`);
    expect(sealed.event.hash).toBe(hash);
  });

  it('gives an event and a line that say the same, for any JSON body', () => {
    const key = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('hash', '__proto__', 'incident'));
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue({ stringUnit: 'binary' })), (dictionary) => {
        const body = JSON.parse(JSON.stringify(dictionary));
        const { event, line } = sealEvent(newEvent(1, { body }), place);
        expect(event).toEqual(JSON.parse(line));
        const { hash, ...rest } = JSON.parse(line);
        expect(line).not.toContain('\n');
        expect(hash).toBe(createHash('sha256').update(canonical(rest)).digest('hex'));
      }),
    );
  });

  it.each([
    ['incident/INC-7', 'INC-7'],
    ['inbox', 'inbox'],
    ['target/0a1b', 'target/0a1b'],
    ['budget/model', 'budget/model'],
  ])('writes the owner of %s as %s', (stream, incident) => {
    expect(sealEvent(newEvent(1), { ...place, stream }).event.incident).toBe(incident);
  });

  it.each(['', 'INC-1', 'incident/', 'incident/a/b', 'incident/inbox'])('refuses the stream "%s"', (stream) => {
    expect(() => sealEvent(newEvent(1), { ...place, stream })).toThrow(TypeError);
  });

  it('keeps the version it is given', () => {
    expect(sealEvent(newEvent(1, { v: 3 }), place).event.v).toBe(3);
  });

  it.each<[what: string, more: object]>([
    ['version 0', { v: 0 }],
    ['no cause', { cause: undefined }],
    ['a negative cause', { cause: -1 }],
    ['a body with a cycle', { body: cyclic() }],
    ['an infinite number', { body: { n: Number.POSITIVE_INFINITY } }],
    ['a stray field of the actor', { actor: { kind: 'bot', team: 'sre' } }],
  ])('refuses %s, naming no value', (_what, more) => {
    expect(() => draftEvent({ ...newEvent(1, { body: { secret: 'xoxb-1' } }), ...more })).toThrow(
      expect.toSatisfy((error: unknown) => error instanceof TypeError && !error.message.includes('xoxb')),
    );
  });

  it('refuses a time that is not an instant', () => {
    expect(() => sealDraft(draftEvent(newEvent(1)), { ...place, recordedAt: 'now' })).toThrow(TypeError);
  });

  it('lets a body say what JSON says of it: a date is its text, undefined is not there', () => {
    const body = { at: new Date(0), nothing: undefined };
    expect(sealEvent(newEvent(1, { body }), place).event.body).toEqual({ at: '1970-01-01T00:00:00.000Z' });
  });
});

describe('exportLines', () => {
  it('gives the lines of the events, then the head', () => {
    const { events, lines } = sealStream('incident/INC-1', 3);
    const last = events[2];
    expect(exportLines(events)).toEqual([...lines, `{"hash":"${last?.hash}","seq":3,"stream":"incident/INC-1"}`]);
    expect(headLine({ stream: 'inbox', hash: 'a', seq: 1 })).toBe('{"hash":"a","seq":1,"stream":"inbox"}');
  });

  it.each<[what: string, pick: (events: readonly JournalEvent[]) => readonly JournalEvent[]]>([
    ['no events', () => []],
    ['a stream without its beginning', (events) => events.slice(1)],
    ['a stream with a gap', (events) => events.filter((_, index) => index !== 1)],
    ['events out of order', (events) => [...events].reverse()],
  ])('refuses %s', (_what, pick) => {
    const { events } = sealStream('incident/INC-1', 3);
    expect(() => exportLines(pick(events))).toThrow(RangeError);
  });

  it('refuses two streams in one', () => {
    expect(() => exportLines([...sealStream('inbox', 1).events, ...sealStream('incident/INC-1', 1).events])).toThrow(
      RangeError,
    );
  });
});

function cyclic(): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  body.self = body;
  return body;
}

// RFC 8785 for plain JSON values, written apart from the library under test.
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`;
}
