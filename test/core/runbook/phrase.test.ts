import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutputRow, ReadOutput } from '../../../src/core/action/output/read-output.ts';
import { judgePhrase, parsePhrase } from '../../../src/core/runbook/phrase.ts';

const rowsOf = (...rows: OutputRow[]): ReadOutput => ({
  text: 'a table',
  columns: Object.keys(rows[0] ?? { name: '', restarts: '' }),
  rows,
  truncated: false,
  notes: [],
});
const textOf = (text: string, more: Partial<ReadOutput> = {}): ReadOutput => ({
  text,
  columns: [],
  rows: [],
  truncated: false,
  notes: [],
  ...more,
});

function judge(text: string, output: ReadOutput) {
  const phrase = parsePhrase(text);
  if (!phrase.ok) throw new Error(phrase.error.sentence);
  return judgePhrase(phrase.value, output);
}

describe('parsePhrase', () => {
  it.each<[string, object]>([
    ['output contains ok', { form: 'contains', text: 'ok' }],
    ['Output  Lacks  "connection refused" ', { form: 'lacks', text: 'connection refused' }],
    ["output contains it's", { form: 'contains', text: "it's" }],
    ['no restarts > 3', { form: 'no', column: 'restarts', operator: '>', operand: '3' }],
    ['no restarts>3', { form: 'no', column: 'restarts', operator: '>', operand: '3' }],
    ['ALL Status == Running', { form: 'all', column: 'status', operator: '=', operand: 'Running' }],
    ['all ready = desired', { form: 'all', column: 'ready', operator: '=', operand: 'desired' }],
    ['no ready < desired', { form: 'no', column: 'ready', operator: '<', operand: 'desired' }],
    ['all age >= 1h30m', { form: 'all', column: 'age', operator: '>=', operand: '1h30m' }],
    ['no memory > 500Mi', { form: 'no', column: 'memory', operator: '>', operand: '500Mi' }],
    ['no cpu% > 90', { form: 'no', column: 'cpu%', operator: '>', operand: '90' }],
    [
      'no message = "exec format error"',
      { form: 'no', column: 'message', operator: '=', operand: 'exec format error' },
    ],
  ])('reads %s', (text, phrase) => {
    expect(parsePhrase(text)).toEqual({ ok: true, value: phrase });
  });

  it.each([
    ['unreadable', ''],
    ['unreadable', 'ok'],
    ['unreadable', 'output is ok'],
    ['unreadable', 'output contains'],
    ['unreadable', 'some restarts > 3'],
    ['unreadable', 'no restarts'],
    ['unreadable', 'no restarts >'],
    ['unreadable', 'no > 3'],
    ['unreadable', 'no restarts over 3'],
    ['unreadable', 'output contains a\nno restarts > 3'],
    ['unreadable', `output contains ${'x'.repeat(500)}`],
    ['operand', 'output contains ""'],
    ['operand', 'no restarts > 3 4'],
    ['operand', 'no restarts => 3'],
    ['operand', 'no restarts >> 3'],
    ['operand', 'all status = Running and ready'],
    ['operator', 'no status > Running'],
    ['operator', 'all status <= "Not Ready"'],
  ])('refuses as %s: %s', (code, text) => {
    expect(parsePhrase(text)).toMatchObject({ ok: false, error: { code: `phrase.${code}` } });
  });

  it('never throws', () => {
    const word = fc.constantFrom(
      'no',
      'all',
      'output',
      'contains',
      'restarts',
      '>',
      '=',
      '3',
      '10m',
      '"',
      "'",
      'desired',
      '1/0',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string({ maxLength: 6 })), { maxLength: 6 }), (words) => {
        const phrase = parsePhrase(words.join(' '));
        if (phrase.ok) judgePhrase(phrase.value, rowsOf({ name: 'a', restarts: 3, ready: '0/0', age: 5, status: '' }));
      }),
    );
  });
});

describe('judgePhrase over text', () => {
  it.each<[string, ReadOutput, string]>([
    ['output contains ok', textOf('ok'), 'succeeded'],
    ['output contains ok', textOf('OK'), 'failed'],
    ['output contains ok', textOf(''), 'failed'],
    ['output lacks error', textOf('all fine'), 'succeeded'],
    ['output lacks error', textOf('an error'), 'failed'],
    ['output lacks error', textOf(''), 'succeeded'],
    ['output contains ok', textOf('cut', { truncated: true }), 'errored'],
    ['output contains ok', textOf('ok, cut', { truncated: true }), 'succeeded'],
    ['output lacks error', textOf('cut', { truncated: true }), 'errored'],
    ['output lacks error', textOf('error, cut', { truncated: true }), 'failed'],
    ['output contains ok', textOf('[+]ping ok\n[-]etcd failed', { failure: 'HTTP 500' }), 'failed'],
    ['output lacks error', textOf('', { failure: 'HTTP 500' }), 'failed'],
  ])('%s', (phrase, output, outcome) => {
    expect(judge(phrase, output).outcome).toBe(outcome);
  });
});

describe('judgePhrase over rows', () => {
  const pods = rowsOf(
    { name: 'a', ready: '1/1', status: 'Running', restarts: 0, age: 3600, ip: '<none>' },
    { name: 'b', ready: '1/2', status: 'CrashLoopBackOff', restarts: 7, age: 30, ip: '10.0.0.1' },
  );
  const sets = rowsOf({ name: 'rs', desired: 3, ready: 3 }, { name: 'rs2', desired: 2, ready: 1 });
  const usage = rowsOf({ name: 'a', cpu: 0.25, memory: 128 * 2 ** 20, 'cpu%': 12 });

  it.each<[string, ReadOutput, string]>([
    ['no restarts > 3', pods, 'failed'],
    ['no restarts > 7', pods, 'succeeded'],
    ['no restarts >= 7', pods, 'failed'],
    ['all restarts < 8', pods, 'succeeded'],
    ['all restarts = 0', pods, 'failed'],
    ['no restarts > 3.5', pods, 'failed'],
    ['all status = Running', pods, 'failed'],
    ['no status = crashloopbackoff', pods, 'failed'],
    ['no status = Pending', pods, 'succeeded'],
    ['all status != Pending', pods, 'succeeded'],
    ['all ready = desired', pods, 'failed'],
    ['no ready > desired', pods, 'succeeded'],
    ['all ready >= 1', pods, 'succeeded'],
    ['all ready = 1/1', pods, 'failed'],
    ['all ready >= 1/2', pods, 'succeeded'],
    ['no ready < 2/3', pods, 'failed'],
    ['no age < 1m', pods, 'failed'],
    ['no age > 1d', pods, 'succeeded'],
    ['all ready = desired', sets, 'failed'],
    ['no ready > desired', sets, 'succeeded'],
    ['no memory > 500Mi', usage, 'succeeded'],
    ['no memory > 100Mi', usage, 'failed'],
    ['no cpu >= 250m', usage, 'failed'],
    ['no cpu% > 90', usage, 'succeeded'],
    ['all ready = desired', rowsOf({ name: 'idle', ready: '0/0' }), 'succeeded'],
    // what could not be measured
    ['no wrong > 3', pods, 'errored'],
    ['no restarts > 3', textOf('ok'), 'errored'],
    ['no restarts > 3', rowsOf(), 'errored'],
    ['all restarts < 3', rowsOf(), 'errored'],
    ['no restarts > 10m', pods, 'errored'],
    ['no restarts = Running', pods, 'errored'],
    ['no restarts > desired', pods, 'errored'],
    ['no age > 3', pods, 'errored'],
    ['no memory > 10s', usage, 'errored'],
    ['no status > 3', pods, 'errored'],
    ['no ready > 1m', pods, 'errored'],
    ['no ready > 1/2', rowsOf({ name: 'idle', ready: '0/0' }), 'errored'],
    ['no age > 1m', rowsOf({ name: 'a', age: '<unknown>' }), 'errored'],
    ['no age = word', rowsOf({ name: 'a', age: '<unknown>' }), 'errored'],
    ['no status = Pending', rowsOf({ name: 'a', status: '' }), 'errored'],
    ['no age > 1m', rowsOf({ name: 'a', age: '<unknown>' }, { name: 'b', age: 90 }), 'failed'],
    ['no restarts > 3', { ...pods, failure: 'exit 1' }, 'failed'],
  ])('%s', (phrase, output, outcome) => {
    expect(judge(phrase, output).outcome).toBe(outcome);
  });

  it('says what was measured', () => {
    expect(judge('no restarts > 3', pods).measured).toBe('1 of 2 rows have restarts > 3: b 7.');
    expect(judge('all age > 10m', pods).measured).toBe('1 of 2 rows do not have age > 10m: b 30s.');
    expect(judge('no restarts > 9', pods).measured).toBe('None of 2 rows have restarts > 9.');
    expect(judge('no restart > 9', pods).measured).toContain('its columns are name, ready, status, restarts');
    expect(judge('no restarts > 3', rowsOf()).measured).toContain('Nothing was measured');
  });

  it('agrees with plain comparison on any counts', () => {
    const operator = fc.constantFrom('=', '!=', '<', '<=', '>', '>=');
    fc.assert(
      fc.property(fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }), operator, fc.nat(9), (counts, sign, limit) => {
        const relations = {
          '=': (n: number) => n === limit,
          '!=': (n: number) => n !== limit,
          '<': (n: number) => n < limit,
          '<=': (n: number) => n <= limit,
          '>': (n: number) => n > limit,
          '>=': (n: number) => n >= limit,
        };
        const relation = relations[sign];
        const output = rowsOf(...counts.map((restarts, index) => ({ name: `p${index}`, restarts })));
        expect(judge(`no restarts ${sign} ${limit}`, output).outcome).toBe(
          counts.some(relation) ? 'failed' : 'succeeded',
        );
        expect(judge(`all restarts ${sign} ${limit}`, output).outcome).toBe(
          counts.every(relation) ? 'succeeded' : 'failed',
        );
      }),
    );
  });
});
