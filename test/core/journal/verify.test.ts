import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportLines, headLine, sealEvent } from '../../../src/core/journal/chain.ts';
import { verifyChain, verifyExport } from '../../../src/core/journal/verify.ts';
import { newEvent } from '../../support/new-event.ts';
import { sealStream } from './seal-stream.ts';

const { events, lines } = sealStream('incident/INC-1', 5);
const head = { stream: 'incident/INC-1', seq: 5, hash: events[4]?.hash ?? '' };
const other = sealStream('incident/INC-2', 2);
const exported = exportLines(events);

const at = (index: number) => lines[index] ?? '';
const withLine = (index: number, line: string) => lines.map((old, i) => (i === index ? line : old));
const rewritten = sealStream('incident/INC-1', 5, 100);
// A line that carries a right hash of its own and yet can not stand where it is.
const forged = sealEvent(newEvent(9), {
  stream: 'incident/INC-1',
  seq: 3,
  prev: 'f'.repeat(64),
  recordedAt: '2026-11-21T03:04:05.678Z',
}).line;

describe('verifyChain', () => {
  it('gives the ends of all streams, interleaved as they may be', () => {
    const mixed = [at(0), ...other.lines.slice(0, 1), at(1), at(2), ...other.lines.slice(1), at(3), at(4)];
    expect(verifyChain(mixed)).toEqual({
      ok: true,
      value: [head, { stream: 'incident/INC-2', seq: 2, hash: other.events[1]?.hash }],
    });
  });

  it('has nothing against an empty log', () => {
    expect(verifyChain([])).toEqual({ ok: true, value: [] });
  });

  it.each<[what: string, changed: string[], line: number, code: string]>([
    ['a changed text', withLine(2, at(2).replace('évidence', 'Évidence')), 3, 'chain.wrong-hash'],
    ['a changed number', withLine(2, at(2).replace('"n":3', '"n":4')), 3, 'chain.wrong-hash'],
    ['a changed hash', withLine(2, at(2).replace(/"hash":"./, '"hash":"g')), 3, 'chain.not-event'],
    ['another hash', withLine(2, at(2).replace(events[2]?.hash ?? '', 'a'.repeat(64))), 3, 'chain.wrong-hash'],
    ['a missing first line', lines.slice(1), 1, 'chain.wrong-seq'],
    ['a missing line', lines.filter((_, i) => i !== 2), 3, 'chain.wrong-seq'],
    ['two lines in the other order', [at(0), at(2), at(1), at(3), at(4)], 2, 'chain.wrong-seq'],
    ['a repeated line', [at(0), at(1), at(1), ...lines.slice(2)], 3, 'chain.wrong-seq'],
    ['a line of another chain', withLine(2, rewritten.lines[2] ?? ''), 3, 'chain.wrong-prev'],
    ['a forged line', withLine(2, forged), 3, 'chain.wrong-prev'],
    ['an empty line', [at(0), '', ...lines.slice(1)], 2, 'chain.not-json'],
    ['half a line', withLine(4, at(4).slice(0, 90)), 5, 'chain.not-json'],
    ['JSON that is no event', withLine(1, '{"seq":2}'), 2, 'chain.not-event'],
    ['a number', withLine(1, '2'), 2, 'chain.not-event'],
    ['null', withLine(1, 'null'), 2, 'chain.not-event'],
    ['an added field', withLine(1, at(1).replace('{"actor"', '{"Actor":1,"actor"')), 2, 'chain.not-event'],
    ['an owner that is no stream', withLine(1, at(1).replace('"INC-1"', '"incident/INC-1"')), 2, 'chain.not-event'],
    ['a space', withLine(1, at(1).replace('"n":2', '"n": 2')), 2, 'chain.not-canonical'],
    ['a space at the end', withLine(1, `${at(1)} `), 2, 'chain.not-canonical'],
    ['a line end of Windows', withLine(1, `${at(1)}\r`), 2, 'chain.not-canonical'],
    ['another spelling of a number', withLine(1, at(1).replace('"n":2', '"n":2.0')), 2, 'chain.not-canonical'],
    ['another spelling of a letter', withLine(1, at(1).replace('é', '\\u00e9')), 2, 'chain.not-canonical'],
    ['a lone surrogate', withLine(1, at(1).replace('é', '\\ud800')), 2, 'chain.not-canonical'],
    ['a repeated key that says the same', withLine(1, at(1).replace('"n":2', '"n":2,"n":2')), 2, 'chain.not-canonical'],
    [
      'a repeated key of the envelope',
      withLine(1, at(1).replace('"seq":2', '"seq":1,"seq":2')),
      2,
      'chain.not-canonical',
    ],
    [
      'keys in another order',
      withLine(1, at(1).replace(/"seq":2,("type":"[a-z-]+")/, '$1,"seq":2')),
      2,
      'chain.not-canonical',
    ],
  ])('names the line of %s', (_what, changed, line, code) => {
    expect(changed).not.toEqual(lines);
    expect(verifyChain(changed)).toEqual({
      ok: false,
      error: { line, code, sentence: expect.stringContaining(`Line ${line} `) },
    });
  });

  it('finds any single changed character, and names its line', () => {
    const text = lines.join('\n');
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 0xffff }), (index, delta) => {
        const changed =
          text.slice(0, index) +
          String.fromCharCode((text.charCodeAt(index) + delta) % 0x10000) +
          text.slice(index + 1);
        const line = text.slice(0, index).split('\n').length;
        const result = verifyChain(changed.split('\n'));
        expect(result.ok ? 'verified' : result.error.line).toBe(line);
      }),
      { numRuns: 500 },
    );
  });

  it('never quotes what a line says', () => {
    const secret = withLine(1, at(1).replace('évidence', 'xoxb-secret'));
    const stray = withLine(1, at(1).replace('"bot"', '"xoxb-secret"'));
    for (const changed of [secret, stray]) expect(JSON.stringify(verifyChain(changed))).not.toContain('xoxb');
  });

  it.each<[what: string, kept: string[], known: typeof head, expected: object]>([
    ['reaches it', lines, head, { ok: true }],
    ['goes beyond it', lines, { ...head, seq: 3, hash: events[2]?.hash ?? '' }, { ok: true }],
    ['ends before it', lines.slice(0, 3), head, { ok: false, error: { line: 3, code: 'chain.shorter-than-head' } }],
    ['is empty', [], head, { ok: false, error: { line: 0, code: 'chain.shorter-than-head' } }],
    [
      'was rewritten as a whole',
      rewritten.lines,
      head,
      { ok: false, error: { line: 5, code: 'chain.differs-from-head' } },
    ],
    [
      'was rewritten and went on',
      rewritten.lines,
      { ...head, seq: 2, hash: events[1]?.hash ?? '' },
      { ok: false, error: { line: 2, code: 'chain.differs-from-head' } },
    ],
    ['lacks the stream', other.lines, head, { ok: false, error: { code: 'chain.shorter-than-head' } }],
  ])('holds a chain that %s against a known head', (_what, kept, known, expected) => {
    expect(verifyChain(kept, { knownHeads: [known] })).toMatchObject(expected);
  });
});

describe('verifyExport', () => {
  it.each<[what: string, file: string | Uint8Array]>([
    ['with a line end after the head', `${exported.join('\n')}\n`],
    ['without a line end after the head', exported.join('\n')],
    ['as bytes', new TextEncoder().encode(`${exported.join('\n')}\n`)],
  ])('accepts what exportLines made, %s', (_what, file) => {
    expect(verifyExport(file)).toEqual({ ok: true, value: head });
  });

  const shortened = [...lines.slice(0, 4), headLine({ ...head, seq: 4, hash: events[3]?.hash ?? '' })];

  it.each<[what: string, file: string[], line: number, code: string]>([
    ['nothing', [''], 1, 'chain.head-missing'],
    ['a file without its head', lines, 5, 'chain.head-missing'],
    ['a head alone', exported.slice(-1), 1, 'chain.head-differs'],
    ['a file without its last event', exported.filter((_, i) => i !== 4), 5, 'chain.head-differs'],
    ['the head of another stream', [...lines, headLine({ ...head, stream: 'inbox' })], 6, 'chain.head-differs'],
    ['a head with another hash', [...lines, headLine({ ...head, hash: 'a'.repeat(64) })], 6, 'chain.head-differs'],
    ['a head with spaces', [...lines, JSON.stringify(head, null, 1).replaceAll('\n', ' ')], 6, 'chain.not-canonical'],
    ['a head with a stray field', [...lines, headLine(head).replace('}', ',"v":1}')], 6, 'chain.not-event'],
    ['an event after the head', [...exported, ...other.lines], 7, 'chain.line-added'],
    ['an empty line after the head', [...exported, '', ''], 7, 'chain.line-added'],
    ['a head in the middle', [...shortened, at(4), headLine(head)], 6, 'chain.line-added'],
    [
      'two streams',
      [at(0), ...other.lines, headLine({ stream: 'incident/INC-2', seq: 2, hash: other.events[1]?.hash ?? '' })],
      2,
      'chain.foreign-stream',
    ],
    ['a changed event', exported.map((line) => line.replace('"n":2', '"n":7')), 2, 'chain.wrong-hash'],
  ])('refuses %s', (_what, file, line, code) => {
    expect(verifyExport(file.join('\n'))).toMatchObject({ ok: false, error: { line, code } });
  });

  it('needs a head kept elsewhere to see that an export was shortened with a head of its own', () => {
    expect(verifyExport(shortened.join('\n'))).toMatchObject({ ok: true });
    expect(verifyExport(shortened.join('\n'), { knownHeads: [head] })).toMatchObject({
      ok: false,
      error: { code: 'chain.shorter-than-head' },
    });
  });

  it('compares bytes: a broken byte is not the replacement character that it is read as', () => {
    const { event, line } = sealEvent(newEvent(1, { body: { text: '\ufffd' } }), {
      stream: 'inbox',
      seq: 1,
      prev: '0'.repeat(64),
      recordedAt: '2026-11-21T03:04:05.678Z',
    });
    const text = `${line}\n${headLine({ stream: 'inbox', seq: 1, hash: event.hash })}\n`;
    const bytes = Buffer.from(text);
    expect(verifyExport(bytes)).toMatchObject({ ok: true });
    const index = bytes.indexOf('\ufffd');
    const broken = Buffer.concat([bytes.subarray(0, index), Buffer.from([0xff]), bytes.subarray(index + 3)]);
    expect(broken.toString('utf8')).toBe(text);
    expect(verifyExport(broken)).toMatchObject({ ok: false, error: { line: 1, code: 'chain.not-utf8' } });
  });

  it('takes a byte order mark for what it is, an added byte', () => {
    const bytes = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(exported.join('\n'))]);
    expect(verifyExport(bytes)).toMatchObject({ ok: false, error: { line: 1 } });
  });

  it('refuses a file with any one bit flipped', () => {
    const bytes = Buffer.from(`${exported.join('\n')}\n`);
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const flipped = Buffer.from(bytes);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(verifyExport(flipped).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
