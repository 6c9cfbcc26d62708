import { describe, expect, it } from 'vitest';
import { fail, ok, problem } from '../../src/core/result.ts';
import type { MetricsSource, Sample } from '../../src/ports/metrics-source.ts';
import { createCheckPreconditions } from '../../src/workflows/check-preconditions.ts';
import { createConditionMeter } from '../../src/workflows/measure-condition.ts';
import { createFakeCluster } from '../support/fake-cluster.ts';
import { plan } from '../support/incident-facts.ts';
import { planned, runId } from '../support/incident-story.ts';

const { signal } = new AbortController();
const sample = (value: number): Sample => ({ labels: {}, value, at: '2026-11-21T03:04:05.000Z' });

function source(answers: Readonly<Record<string, readonly Sample[]>>): MetricsSource & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async query(promql) {
      asked.push(promql);
      const found = answers[promql];
      return found === undefined ? fail(problem('metrics.unreachable', 'Prometheus is down.')) : ok(found);
    },
  };
}
const measure = (promql: string, metrics: MetricsSource | undefined) =>
  createConditionMeter({ reader: createFakeCluster().reader, metrics })(
    { kind: 'metric', promql },
    { inputs: {} },
    signal,
  );

describe('a condition on metrics', () => {
  it.each<[why: string, promql: string, answers: Record<string, readonly Sample[]>, outcome: string, says: RegExp]>([
    ['holds when the query answers', 'p99 > 1.5', { 'p99 > 1.5': [sample(2)] }, 'succeeded', /2/],
    [
      'does not hold when it answers nothing and the series exists',
      'p99 > 1.5',
      { 'p99 > 1.5': [], p99: [sample(0.2)] },
      'failed',
      /p99 is 0.2/,
    ],
    [
      'is unknown when nobody records that series',
      'p99 > 1.5',
      { 'p99 > 1.5': [], p99: [] },
      'errored',
      /no series p99/,
    ],
    ['is unknown when more than one series is compared', 'a > b', { 'a > b': [] }, 'errored', /could not be told/],
    ['is unknown when the source is down', 'p99 > 1.5', {}, 'errored', /Prometheus is down/],
    [
      'is unknown when the source goes down in between',
      'p99 > 1.5',
      { 'p99 > 1.5': [] },
      'errored',
      /could not be told/,
    ],
    [
      'looks at the series with its labels',
      'up{job="a"} == 1',
      { 'up{job="a"} == 1': [], 'up{job="a"}': [sample(0)] },
      'failed',
      /up\{job="a"\} is 0/,
    ],
  ])('%s', async (_why, promql, answers, outcome, says) => {
    const { outcome: found, measured } = await measure(promql, source(answers));
    expect([found, measured]).toEqual([outcome, expect.stringMatching(says)]);
  });

  it('is unknown without a source, which is not holding', async () => {
    expect(await measure('p99 > 1.5', undefined)).toMatchObject({ outcome: 'errored' });
  });
});

describe('a condition on objects', () => {
  const cel = async (expression: string, cluster = createFakeCluster()) => {
    const meter = createConditionMeter({ reader: cluster.reader, metrics: undefined });
    const target = { kind: 'Deployment', namespace: 'shop', name: 'checkout' } as const;
    return meter({ kind: 'cel', expression }, { inputs: { wanted: 3 }, target }, signal);
  };
  it('is measured on the object as it is now', async () => {
    const cluster = createFakeCluster();
    expect(await cel('rolloutComplete(target)', cluster)).toMatchObject({ outcome: 'failed', definite: true });
    cluster.setImage('shop/checkout:v1');
    expect(await cel('rolloutComplete(target)', cluster)).toMatchObject({ outcome: 'succeeded' });
  });
  it('may use inputs', async () => {
    expect(await cel('target.spec.replicas == inputs.wanted')).toMatchObject({ outcome: 'succeeded' });
  });
  it('is unknown when the object cannot be read, or the expression does not compile', async () => {
    const cluster = createFakeCluster();
    cluster.breakReads(problem('cluster.timeout', 'No answer.'));
    expect(await cel('rolloutComplete(target)', cluster)).toMatchObject({ outcome: 'errored', measured: 'No answer.' });
    expect(await cel('rolloutComplete(')).toMatchObject({ outcome: 'errored' });
  });
  it('a phrase needs the output of a read', async () => {
    const meter = createConditionMeter({ reader: createFakeCluster().reader, metrics: undefined });
    const ask = (text: string, output?: Parameters<typeof meter>[1]['output']) =>
      meter({ kind: 'phrase', text }, { inputs: {}, ...(output === undefined ? {} : { output }) }, signal);
    expect(await ask('output contains ok')).toMatchObject({ outcome: 'errored' });
    const output = { text: 'ok', columns: [], rows: [], truncated: false, notes: [] };
    expect(await ask('output contains ok', output)).toMatchObject({ outcome: 'succeeded' });
    expect(await ask('output lacks ok', output)).toMatchObject({ outcome: 'failed' });
    expect(await ask('looks fine', output)).toMatchObject({ outcome: 'errored' });
  });
});

describe('the preconditions of a runbook', () => {
  const check = async (outcomes: readonly ('succeeded' | 'failed' | 'errored')[]) => {
    const preconditions = outcomes.map((_, index) => ({ kind: 'metric' as const, promql: `m${index} > 1` }));
    let asked = 0;
    const run = createCheckPreconditions({
      meter: async () => {
        const outcome = outcomes[asked] ?? 'errored';
        asked += 1;
        return { outcome, measured: 'x', definite: false };
      },
    });
    const state = planned(plan(undefined, { preconditions })).state();
    const [told] = await run({ key: 'k', kind: 'check-preconditions', run: runId }, state, signal);
    return told?.type === 'preconditions-checked' ? told.body.holds : undefined;
  };
  it.each([
    [[], true],
    [['succeeded'], true],
    [['succeeded', 'failed'], false],
    [['errored'], false],
  ] as const)('%j hold: %s', async (outcomes, holds) => {
    expect(await check(outcomes)).toBe(holds);
  });
});
