import { afterEach, describe, expect, it } from 'vitest';
import { createPrometheusSource } from '../../../src/adapters/prometheus/metrics-source.ts';
import { metricsSourceContract } from '../../contracts/metrics-source.ts';
import { answerJson, startLocalServer } from '../../support/local-server.ts';

const vector = (...result: unknown[]) => ({ status: 'success', data: { resultType: 'vector', result } });

metricsSourceContract('Prometheus adapter on a local server', async () => {
  const server = await startLocalServer((request, response) => {
    const query = new URLSearchParams(request.text).get('query');
    if (query === 'one')
      answerJson(response, 200, vector({ metric: { reader: 'contract' }, value: [1_795_000_000.5, '1'] }));
    else if (query === 'none') answerJson(response, 200, vector());
    else answerJson(response, 400, { status: 'error', errorType: 'bad_data', error: 'parse error' });
  });
  return {
    source: createPrometheusSource({ url: server.url }),
    one: 'one',
    none: 'none',
    refused: { query: 'sum(', code: 'metrics.bad-query' },
    close: () => server.close(),
  };
});

describe('the Prometheus source', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  async function against(answer: Parameters<typeof startLocalServer>[0], more: object = {}) {
    const server = await startLocalServer(answer);
    closing.push(() => server.close());
    return { server, source: createPrometheusSource({ url: `${server.url}/prefix/`, ...more }) };
  }

  it('posts the query under the path prefix, with the headers it was given', async () => {
    const seen: unknown[] = [];
    const { source, server } = await against(
      (request, response) => {
        seen.push(request.headers.authorization, new URLSearchParams(request.text).get('query'));
        answerJson(response, 200, vector());
      },
      { headers: { authorization: 'Bearer x' } },
    );
    await source.query('up{job="a&b"}');
    expect(server.requests).toEqual(['POST /prefix/api/v1/query']);
    expect(seen).toEqual(['Bearer x', 'up{job="a&b"}']);
  });

  it('reads a window as series, oldest point first', async () => {
    const forms: string[] = [];
    const { source, server } = await against((request, response) => {
      forms.push(request.text);
      const values = [
        [1_795_000_060, 'NaN'],
        [1_795_000_000, '1'],
      ];
      answerJson(response, 200, {
        status: 'success',
        data: { resultType: 'matrix', result: [{ metric: { pod: 'p' }, values }] },
      });
    });
    const window = { fromMs: 1_795_000_000_000, toMs: 1_795_000_060_000, stepMs: 60_000 };
    expect(await source.queryRange?.('up', window)).toEqual({
      ok: true,
      value: [
        {
          labels: { pod: 'p' },
          points: [
            { at: 1_795_000_000_000, value: 1 },
            { at: 1_795_000_060_000, value: Number.NaN },
          ],
        },
      ],
    });
    expect(server.requests).toEqual(['POST /prefix/api/v1/query_range']);
    expect(Object.fromEntries(new URLSearchParams(forms[0]))).toMatchObject({
      query: 'up',
      start: '1795000000',
      end: '1795000060',
      step: '60',
    });
  });

  it.each<[what: string, status: number, answer: object, code: string]>([
    [
      'a matrix that is none',
      200,
      { status: 'success', data: { resultType: 'matrix', result: {} } },
      'metrics.bad-answer',
    ],
    [
      'a point that is none',
      200,
      { status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, values: [['x', 'y']] }] } },
      'metrics.bad-answer',
    ],
    ['a refusal', 400, { status: 'error', errorType: 'bad_data' }, 'metrics.bad-query'],
    [
      'a matrix with an error',
      503,
      { status: 'error', data: { resultType: 'matrix', result: [] } },
      'metrics.unreachable',
    ],
  ])('tells of %s in a window', async (_what, status, answer, code) => {
    const { source } = await against((_request, response) => answerJson(response, status, answer));
    const window = { fromMs: 0, toMs: 60_000, stepMs: 60_000 };
    expect(await source.queryRange?.('up', window)).toMatchObject({ ok: false, error: { code } });
  });

  it('reads scalars and values that are no ordinary numbers', async () => {
    const answers = [
      { status: 'success', data: { resultType: 'scalar', result: [0, '2.5'] } },
      vector({ metric: {}, value: [0, 'NaN'] }, { metric: {}, value: [0, '+Inf'] }, { metric: {}, value: [0, '-Inf'] }),
    ];
    const { source } = await against((_request, response) => answerJson(response, 200, answers.shift()));
    expect(await source.query('scalar')).toEqual({
      ok: true,
      value: [{ labels: {}, value: 2.5, at: '1970-01-01T00:00:00.000Z' }],
    });
    const values = await source.query('x');
    expect(values.ok && values.value.map(({ value }) => value)).toEqual([
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]);
  });

  it.each<[status: number, body: unknown, code: string]>([
    [401, {}, 'metrics.unreachable'],
    [403, {}, 'metrics.unreachable'],
    [404, 'not here', 'metrics.bad-answer'],
    [422, { status: 'error', errorType: 'execution' }, 'metrics.bad-query'],
    [503, { status: 'error', errorType: 'timeout' }, 'metrics.timeout'],
    [503, {}, 'metrics.unreachable'],
    [200, { status: 'error', errorType: 'internal' }, 'metrics.bad-answer'],
    [200, { status: 'success', data: { resultType: 'matrix', result: [] } }, 'metrics.bad-answer'],
    [200, vector({ metric: {}, value: [0, 'many'] }), 'metrics.bad-answer'],
    [200, vector({ metric: {}, value: null }), 'metrics.bad-answer'],
    [200, vector({ metric: {}, value: [1e300, '1'] }), 'metrics.bad-answer'],
    [200, { status: 'success', data: { resultType: 'vector', result: {} } }, 'metrics.bad-answer'],
    [200, null, 'metrics.bad-answer'],
  ])('tells %i %j as %s', async (status, body, code) => {
    const { source } = await against((_request, response) => answerJson(response, status, body));
    expect(await source.query('up')).toMatchObject({ ok: false, error: { code } });
  });

  it('waits no longer than its time, reads no more than it can hold, follows nobody', async () => {
    const slow = await against(() => {}, { timeoutMs: 50 });
    expect(await slow.source.query('up')).toMatchObject({ error: { code: 'metrics.timeout' } });
    const large = await against((_request, response) => response.end(' '.repeat(11 * 2 ** 20)));
    expect(await large.source.query('up')).toMatchObject({ error: { code: 'metrics.bad-answer' } });
    const elsewhere = await against((_request, response) => response.writeHead(307, { location: '/other' }).end());
    expect(await elsewhere.source.query('up')).toMatchObject({ error: { code: 'metrics.unreachable' } });
    expect(elsewhere.server.requests).toHaveLength(1);
  });

  it('says that nobody is there, and that it was called off', async () => {
    const { source, server } = await against(() => {});
    expect(await source.query('up', AbortSignal.abort())).toMatchObject({ error: { code: 'metrics.timeout' } });
    await server.close();
    expect(await source.query('up')).toMatchObject({ error: { code: 'metrics.unreachable' } });
  });
});
