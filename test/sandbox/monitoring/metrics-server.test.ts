import { beforeEach, describe, expect, it } from 'vitest';
import { memoryPeakQuery } from '../../../src/core/diagnosis/memory-query.ts';
import { createMetricsServer, type MetricsServer } from '../../../src/sandbox/monitoring/metrics-server.ts';

describe('createMetricsServer', () => {
  const start = Date.parse('2026-05-04T10:00:00Z');
  let nowMs: number;
  let metrics: MetricsServer;

  beforeEach(() => {
    nowMs = start;
    metrics = createMetricsServer({ now: () => nowMs });
    metrics.set('latency_p99', { verb: 'LIST', resource: 'pods' }, 2.3);
    metrics.set('latency_p99', { verb: 'GET', resource: 'pods' }, 0.1);
  });

  const ask = async (path: string, parameters: Record<string, string>) => {
    const answer = await metrics.app.request(`${path}?${new URLSearchParams(parameters)}`);
    return { code: answer.status, body: JSON.parse(await answer.text()) };
  };
  const query = (text: string, more: Record<string, string> = {}) => ask('/api/v1/query', { query: text, ...more });
  const verbs = async (text: string) => {
    const { body } = await query(text);
    return body.data.result.map(({ metric }: { metric: Record<string, string> }) => metric.verb).toSorted();
  };

  it('answers an instant query as Prometheus does', async () => {
    const answer = await query('latency_p99{verb="LIST"} > 1.5');
    expect(answer).toEqual({
      code: 200,
      body: {
        status: 'success',
        data: {
          resultType: 'vector',
          result: [
            { metric: { __name__: 'latency_p99', verb: 'LIST', resource: 'pods' }, value: [start / 1000, '2.3'] },
          ],
        },
      },
    });
  });

  it.each<[text: string, expected: string[]]>([
    ['latency_p99', ['GET', 'LIST']],
    ['{__name__="latency_p99"}', ['GET', 'LIST']],
    ['latency_p99{verb!="GET"}', ['LIST']],
    ['latency_p99{verb=~"G.*|POST"}', ['GET']],
    ['latency_p99{verb!~"G.*", resource="pods",}', ['LIST']],
    ['latency_p99{absent=""}', ['GET', 'LIST']],
    ["latency_p99{verb='LIST'}", ['LIST']],
    ['latency_p99 > 5', []],
    ['latency_p99 <= 0.1', ['GET']],
    ['latency_p99 == 2.3', ['LIST']],
    ['latency_p99 != 2.3', ['GET']],
    ['latency_p99 < 1e1', ['GET', 'LIST']],
    ['no_such_series', []],
  ])('%s', async (text, expected) => {
    expect(await verbs(text)).toEqual(expected);
  });

  it.each([
    '',
    'histogram_quantile(0.99, latency_p99)',
    'latency_p99{',
    'latency_p99{verb=LIST}',
    'latency_p99 >',
    'latency_p99 / latency_p99',
    '{}',
    'latency_p99{verb=~"("}',
    '1 > 1',
  ])('refuses what it does not understand with 400 bad_data: %s', async (text) => {
    expect(await query(text)).toEqual({
      code: 400,
      body: {
        status: 'error',
        errorType: 'bad_data',
        error: expect.stringMatching(/^invalid parameter "query": .*parse error/),
      },
    });
  });

  it.each<[text: string, data: object]>([
    ['1 + 1', { resultType: 'scalar', result: [start / 1000, '2'] }],
    ['-1 / 0', { resultType: 'scalar', result: [start / 1000, '-Inf'] }],
    ['-0.0000001', { resultType: 'scalar', result: [start / 1000, '-0.0000001'] }],
    ['max(latency_p99) * 1e-9', { resultType: 'vector', result: [{ metric: {}, value: [start / 1000, '2.3e-09'] }] }],
    ['min(latency_p99) / 0', { resultType: 'vector', result: [{ metric: {}, value: [start / 1000, '+Inf'] }] }],
    ['max(latency_p99) * NaN', { resultType: 'vector', result: [{ metric: {}, value: [start / 1000, 'NaN'] }] }],
    [
      'latency_p99{verb="LIST"}[1m]',
      {
        resultType: 'matrix',
        result: [
          { metric: { __name__: 'latency_p99', verb: 'LIST', resource: 'pods' }, values: [[start / 1000, '2.3']] },
        ],
      },
    ],
  ])('answers %s in the form of its type', async (text, data) => {
    expect(await query(text)).toEqual({ code: 200, body: { status: 'success', data } });
  });

  it('answers 422 execution where two results would have the same labels', async () => {
    metrics.set('latency_p50', { verb: 'LIST', resource: 'pods' }, 1);
    for (const answer of [
      await query('{verb="LIST"} * 2'),
      await ask('/api/v1/query_range', {
        query: 'max_over_time({verb="LIST"}[1m])',
        start: String(start / 1000),
        end: String(start / 1000),
        step: '1s',
      }),
    ]) {
      expect(answer).toEqual({
        code: 422,
        body: {
          status: 'error',
          errorType: 'execution',
          error: 'vector cannot contain metrics with the same labelset',
        },
      });
    }
  });

  it('answers the memory peak that a diagnosis asks for, of pods that are gone as well', async () => {
    let pods = [{ pod: 'cart-1-a', value: 180 }];
    metrics.addTarget(
      () =>
        pods.map(({ pod, value }) => ({
          name: 'container_memory_working_set_bytes',
          labels: { job: 'kubelet', namespace: 'shop', pod, container: 'cart', node: 'n1' },
          value,
        })),
      { outlives: true },
    );
    metrics.backfill(30 * 60_000, 15_000);
    pods = [
      { pod: 'cart-2-b', value: 62 },
      { pod: 'cartography-1-c', value: 900 },
    ];
    nowMs += 20 * 60_000;
    metrics.backfill(20 * 60_000, 15_000);
    const { body } = await query(memoryPeakQuery({ namespace: 'shop', podPrefix: 'cart-', container: 'cart' }));
    expect(body.data.result).toEqual([
      { metric: { namespace: 'shop', pod: 'cart-1-a', container: 'cart' }, value: [nowMs / 1000, '180'] },
      { metric: { namespace: 'shop', pod: 'cart-2-b', container: 'cart' }, value: [nowMs / 1000, '62'] },
    ]);
  });

  it('keeps an hour of samples while it scrapes, and forgets older ones', async () => {
    const target = (value: number) => metrics.set('latency_p99', { verb: 'LIST', resource: 'pods' }, value);
    target(9);
    nowMs += 59 * 60_000;
    target(1);
    metrics.backfill(1, 1);
    const peak = async (range: string) =>
      (await query(`max_over_time(latency_p99{verb="LIST"}[${range}])`)).body.data.result[0].value[1];
    expect(await peak('1h')).toBe('9');
    nowMs += 20 * 60_000;
    metrics.backfill(1, 1);
    expect(await peak('1d')).toBe('1');
  });

  it('takes the form in a POST, too', async () => {
    const body = new URLSearchParams({ query: 'latency_p99 > 1.5' });
    const answer = await metrics.app.request('/api/v1/query', { method: 'POST', body });
    expect(JSON.parse(await answer.text()).data.result).toHaveLength(1);
  });

  it('answers for an earlier moment, and nothing for a series that has ended or is too old', async () => {
    nowMs += 60_000;
    metrics.set('latency_p99', { verb: 'LIST', resource: 'pods' }, 0.2);
    expect(
      (await query('latency_p99{verb="LIST"}', { time: String(start / 1000 + 1) })).body.data.result[0].value[1],
    ).toBe('2.3');
    expect((await query('latency_p99{verb="LIST"}')).body.data.result[0].value[1]).toBe('0.2');
    metrics.remove('latency_p99', { verb: 'LIST', resource: 'pods' });
    expect(await verbs('latency_p99')).toEqual(['GET']);
    nowMs += 6 * 60_000;
    expect(await verbs('latency_p99')).toEqual([]);
    expect((await query('latency_p99', { time: 'yesterday' })).code).toBe(400);
  });

  it('answers a range query step by step', async () => {
    nowMs += 10_000;
    metrics.set('latency_p99', { verb: 'LIST', resource: 'pods' }, 0.2);
    const range = {
      query: 'latency_p99{verb="LIST"}',
      start: String(start / 1000),
      end: new Date(start + 15_000).toISOString(),
      step: '5s',
    };
    const { body } = await ask('/api/v1/query_range', range);
    expect(body.data).toEqual({
      resultType: 'matrix',
      result: [
        {
          metric: { __name__: 'latency_p99', verb: 'LIST', resource: 'pods' },
          values: [
            [start / 1000, '2.3'],
            [start / 1000 + 5, '2.3'],
            [start / 1000 + 10, '0.2'],
            [start / 1000 + 15, '0.2'],
          ],
        },
      ],
    });
  });

  it.each<[why: string, parameters: Record<string, string>]>([
    ['no start', { start: '' }],
    ['an end before the start', { end: '1' }],
    ['no step', { step: '0' }],
    ['too many points', { step: '1ms' }],
    ['samples for values', { query: 'latency_p99[5m]' }],
  ])('refuses a range query with %s', async (_why, parameters) => {
    const range = {
      query: 'latency_p99',
      start: String(start / 1000),
      end: String(start / 1000 + 3600),
      step: '15',
      ...parameters,
    };
    expect(await ask('/api/v1/query_range', range)).toMatchObject({ code: 400, body: { errorType: 'bad_data' } });
  });

  it('scrapes its targets, gives the past to new ones, and ends what they no longer show', async () => {
    let pods = ['a', 'b'];
    metrics.addTarget(() => pods.map((pod) => ({ name: 'memory', labels: { pod }, value: 1 })));
    metrics.backfill(60_000, 15_000);
    expect((await query('memory', { time: String(start / 1000 - 30) })).body.data.result).toHaveLength(2);
    const { url } = await metrics.start();
    pods = ['b'];
    await metrics.stop();
    nowMs += 1000;
    await metrics.start();
    expect(metrics.read('memory').map(({ labels }) => labels.pod)).toEqual(['b']);
    await metrics.stop();
    expect(new URL(url).hostname).toBe('127.0.0.1');
  });

  it('says that it is ready', async () => {
    expect((await metrics.app.request('/-/ready')).status).toBe(200);
  });
});
