import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FindRunbooks, PageQuery } from '../../../src/core/runbook/find-pages.ts';
import { evaluateRetrieval, readRetrievalCases } from '../../../src/core/runbook/find-pages-eval.ts';

const line = (summary: string, expect: string | null) => JSON.stringify({ query: { summary }, expect });

describe('readRetrievalCases', () => {
  it('does not mind a byte order mark, CRLF and empty lines, and counts them', () => {
    const { cases, problems } = readRetrievalCases(`\uFEFF${line('a', 'A')}\r\n\r\n${line('b', null)}\r\n`);
    expect(cases.map((one) => one.line)).toEqual([1, 3]);
    expect(problems).toEqual([]);
  });

  it.each([
    ['{', 'it is not JSON'],
    ['[]', 'the case: '],
    ['{"query":{"summary":"a"}}', 'expect: '],
    ['{"query":{"summary":"a"},"expect":""}', 'expect: '],
    ['{"query":{"summary":1},"expect":null}', 'query.summary: '],
    ['{"query":{"sumary":"a"},"expect":null}', 'query: '],
    ['{"query":{"summary":" "},"expect":null}', 'query: must say something'],
    ['{"query":{},"expect":null}', 'query: must say something'],
  ])('tells of %s with its line, and keeps the others', (bad, why) => {
    const { cases, problems } = readRetrievalCases([line('a', 'A'), bad, line('b', 'B')].join('\n'));
    expect(cases).toHaveLength(2);
    expect(problems).toEqual([{ line: 2, why: expect.stringContaining(why) }]);
  });

  it('has no case in an empty file', () => expect(readRetrievalCases('')).toEqual({ cases: [], problems: [] }));
});

describe('evaluateRetrieval', () => {
  const answers: Readonly<Record<string, readonly string[]>> = {
    right: ['KubeJobFailed'],
    third: ['A', 'B', 'KubeJobFailed'],
    fourth: ['A', 'B', 'C', 'KubeJobFailed'],
    none: [],
  };
  const asked: PageQuery[] = [];
  const find: FindRunbooks = (query) => {
    asked.push(query);
    return (answers[query.summary ?? ''] ?? []).map((name) => ({
      name,
      title: name,
      file: name,
      score: 1,
      by: 'words',
      why: 'so',
    }));
  };
  const measure = (...lines: string[]) => evaluateRetrieval(readRetrievalCases(lines.join('\n')).cases, find);

  it('counts hits as shares of those that expect a runbook, and false accepts of those that do not', () => {
    const report = measure(
      line('right', 'kubernetes/kubejobfailed.md'),
      line('third', 'KUBEJOBFAILED'),
      line('fourth', 'KubeJobFailed'),
      line('none', 'KubeJobFailed'),
      line('right', null),
      line('none', null),
    );
    expect(report).toMatchObject({ cases: 6, 'hit@1': 0.25, 'hit@3': 0.5, falseAccepts: 1 });
    expect(report.missed.map((one) => [one.line, one.expect, one.got.length])).toEqual([
      [2, 'KUBEJOBFAILED', 3],
      [3, 'KubeJobFailed', 4],
      [4, 'KubeJobFailed', 0],
      [5, null, 1],
    ]);
  });

  it('has no share where nothing is expected', () => {
    expect(measure(line('none', null))).toMatchObject({ 'hit@1': null, 'hit@3': null, falseAccepts: 0 });
  });

  it('asks with the URL of the case', () => {
    measure('{"query":{"runbook_url":"https://x.example/a"},"expect":null}');
    expect(asked.at(-1)).toEqual({ runbookUrl: 'https://x.example/a' });
  });
});

describe('the cases that thresholds were set and checked on', () => {
  const read = (name: string) => readRetrievalCases(readFileSync(join(import.meta.dirname, 'cases', name), 'utf8'));
  const [tuning, heldOut] = [read('tuning.jsonl'), read('held-out.jsonl')];

  it('are enough, and all of them cases', () => {
    expect([...tuning.problems, ...heldOut.problems]).toEqual([]);
    for (const { cases } of [tuning, heldOut]) {
      expect(cases.filter(({ expect: name }) => name !== null).length).toBeGreaterThanOrEqual(100);
      expect(cases.filter(({ expect: name }) => name === null).length).toBeGreaterThanOrEqual(60);
    }
  });

  it('have no question in both halves', () => {
    const asked = new Set(tuning.cases.map(({ query }) => JSON.stringify(query).toLowerCase()));
    expect(heldOut.cases.filter(({ query }) => asked.has(JSON.stringify(query).toLowerCase()))).toEqual([]);
  });
});
