import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryPeakQuery } from '../../src/core/diagnosis/memory-query.ts';
import { printLabels } from '../../src/sandbox/monitoring/label-sets.ts';
import { createQueryApi } from '../../src/sandbox/monitoring/query-api.ts';
import { createSeriesTable, type Sample } from '../../src/sandbox/monitoring/series-table.ts';
import { findFreePorts } from './free-ports.ts';
import { readRunFacts } from './run-facts.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const { parts, scratch } = readRunFacts();
const { prometheus } = parts;
const promtool = prometheus.state === 'found' ? join(dirname(prometheus.path), 'promtool') : '';
const isPossible = existsSync(promtool);

/** A few hours ago and a whole minute, so that blocks made of it are neither in the future nor too old to keep. */
const start = Math.floor(Date.now() / 60_000) * 60_000 - 4 * 3_600_000;
const end = start + 30 * 60_000;
const instants = [start, start + 100_000, start + 600_000, start + 1_234_567, end, end + 299_000, end + 301_000];

describe.runIf(isPossible)('the stand-in and a real Prometheus over the same samples', () => {
  let server: ServerProcess | undefined;
  let url = '';
  let standIn: Hono;

  beforeAll(async () => {
    const samples = history();
    const table = createSeriesTable();
    for (const { atMs, labels, name, value } of samples) table.put(name, labels, atMs, value);
    standIn = createQueryApi({ now: Date.now, select: table.select });
    if (prometheus.state !== 'found') return;
    const folder = join(scratch, 'promql');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'samples.txt'), openMetrics(samples));
    writeFileSync(join(folder, 'prometheus.yml'), '{}');
    const made = spawnSync(promtool, ['tsdb', 'create-blocks-from', 'openmetrics', 'samples.txt', 'data'], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 30_000,
    });
    if (made.status !== 0) throw new Error(`promtool could not make blocks: ${made.stderr}`);
    const [port = 0] = await findFreePorts(1);
    url = `http://127.0.0.1:${port}`;
    server = await startServer({
      name: 'promql-prometheus',
      path: prometheus.path,
      scratch,
      args: [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=warn',
      ],
      isReady: async () => (await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(1_000) })).ok,
    });
  });
  afterAll(async () => server?.stop('SIGKILL'));

  async function both(path: string, parameters: Record<string, string>) {
    const text = `${path}?${new URLSearchParams(parameters)}`;
    const real = await fetch(`${url}${text}`, { signal: AbortSignal.timeout(5_000) });
    const ours = await standIn.request(text);
    return { real: plain(real.status, await real.json()), ours: plain(ours.status, await ours.json()) };
  }

  it('has samples to compare', async () => {
    const { real } = await both('/api/v1/query', { query: 'count({job="test"})', time: String(end / 1000) });
    expect(real.result).toMatchObject([{ values: [[end / 1000, expect.stringMatching(/^[1-9]/)]] }]);
  });

  it.each([
    'memory',
    '{__name__=~"mem.*", pod!="cart-1-a"}',
    'memory{pod=~"cart-.*", container!~"side.*", absent=""}',
    "memory{pod='cart-1-a',}",
    'memory{pod=~"(?i)CART-1-A"}',
    'memory{pod=~"cart-1"}',
    'memory{nothing=~".+"}',
    'memory{pod=~"cart\\\\-1\\\\-a"}',
    'memory{note="with \\"quotes\\" and \\\\ and \\x41"}',
    '{note=~`.*quotes.*`}',
    'memory > 100e6',
    '1e8 < memory',
    'memory > bool 100e6',
    'max_over_time(memory[10m])',
    'min_over_time(memory[7m30s])',
    'avg_over_time(memory[1h])',
    'max by (namespace, pod, container) (max_over_time(memory[1h]))',
    'max(max_over_time(memory[1h])) by (pod)',
    'sum without (pod) (memory)',
    'sum by (__name__) ({job="test"})',
    'sum by (nothing) (memory)',
    'sum by () (memory)',
    'avg(memory) > 0',
    'count by (namespace) (memory > 50e6)',
    'min without (pod, container,) (memory)',
    'MAX(memory)',
    'rate(requests_total[5m])',
    'increase(requests_total[5m])',
    'increase(requests_total[20s])',
    'sum by (code) (rate(requests_total[2m])) * 60',
    'increase(requests_total{code="500"}[10m]) > 3',
    'memory / 1024 / 1024',
    '2 ^ 3 ^ 2 - -memory % 7',
    '-memory',
    '-2 ^ 2',
    '1 + 2 * 3 == bool 7',
    '1 / 0',
    '0 / 0',
    '-1 / 0',
    '-0 * 1',
    '1 ^ NaN',
    'Inf - 0x10',
    '1e-9',
    '-12.5e-8',
    'sum(memory) * 1e20',
    'sum(sparse) * -0.5',
    '123456789012345678901234',
    'odd',
    'odd > 0',
    'max(odd)',
    'min(odd)',
    'sum(odd)',
    'count(odd)',
    'max_over_time(odd[10m])',
    'min_over_time(odd[10m])',
    'rate(odd[10m])',
    'sparse',
    'rate(sparse[30m])',
    'increase(sparse[1m])',
    '# a remark\n memory # another',
    'memory[1m]',
    'sum(memory[5m])',
    'rate(memory)',
    'rate(memory[5m]',
    'rate(memory[0s])',
    'rate(memory[5m30h])',
    'rate(memory[5])x',
    'memory[5m',
    'memory > > 1',
    'memory{pod=cart}',
    'memory{pod="cart}',
    'memory{pod=~"("}',
    'memory{pod=~"a(?=b)"}',
    'memory{__name__="other"}',
    '{}',
    '{pod=""}',
    '{pod=~".*"}',
    '',
    '1 > 2',
    '1 + bool 2',
    'sum by (1) (memory)',
    'sum(1)',
    'max_over_time(memory[5m], 1)',
    'max_over_time()',
    'no_such_function(memory)',
    'memory memory',
    'memory &',
    '{job="test"} * 1',
    'max_over_time({job="test"}[5m])',
    '-{job="test"}',
    memoryPeakQuery({ namespace: 'shop', podPrefix: 'cart-', container: 'cart' }).replaceAll(
      'container_memory_working_set_bytes',
      'memory',
    ),
  ])('agree on %s', async (query) => {
    for (const instant of instants) {
      const { ours, real } = await both('/api/v1/query', { query, time: String(instant / 1000) });
      expect(ours, `at ${(instant - start) / 1000} s`).toEqual(real);
    }
    const range = { query, start: String(start / 1000 - 60), end: String(end / 1000 + 400), step: '37s' };
    const { ours, real } = await both('/api/v1/query_range', range);
    expect(ours, 'over a range').toEqual(real);
  });
});

type Timed = Sample & { readonly atMs: number };

function history(): readonly Timed[] {
  const samples: Timed[] = [];
  const put = (name: string, labels: Record<string, string>, atMs: number, value: number) =>
    samples.push({ name, labels: { job: 'test', ...labels }, atMs, value });
  const note = 'with "quotes" and \\ and A';
  let [good, bad] = [0, 0];
  for (let step = 0; start + step * 15_000 <= end; step++) {
    const atMs = start + step * 15_000;
    const wave = Math.sin(step / 5);
    put('memory', { namespace: 'shop', pod: 'cart-1-a', container: 'cart' }, atMs, 180e6 + 10e6 * wave);
    put('memory', { namespace: 'shop', pod: 'cart-1-a', container: 'sidecar' }, atMs, 20e6 + step / 3);
    // Ends after ten minutes, as a pod that is replaced.
    if (step <= 40)
      put('memory', { namespace: 'shop', pod: 'cart-2-b', container: 'cart', note }, atMs + 123, 60e6 * (2 + wave));
    if (step % 7 !== 3) put('memory', { namespace: 'other', pod: 'db-0', container: 'db' }, atMs + 1_001, 500e6);
    good += 5 + (step % 3);
    // A restart at step 50, and another at step 90.
    bad = step === 50 || step === 90 ? 1 : bad + (step % 4 === 0 ? 2 : 0);
    put('requests_total', { code: '200' }, atMs, good);
    put('requests_total', { code: '500' }, atMs + 7, bad);
    put('odd', { is: 'nan' }, atMs, step % 3 === 0 ? Number.NaN : step);
    put('odd', { is: 'inf' }, atMs, step % 2 === 0 ? Number.POSITIVE_INFINITY : -step);
    put('odd', { is: 'always-nan' }, atMs, Number.NaN);
    if (step % 30 === 0) put('sparse', {}, atMs, step * 1e-9);
  }
  return samples;
}

/** OpenMetrics text: samples of one metric stand together, those of a series in order of time. */
function openMetrics(samples: readonly Timed[]): string {
  const byName = Map.groupBy(samples, ({ name }) => name);
  const lines = [...byName].flatMap(([name, of]) => [
    `# TYPE ${name} unknown`,
    ...[...Map.groupBy(of, ({ labels }) => printLabels(labels))].flatMap(([labels, series]) =>
      series.map(({ atMs, value }) => `${name}${labels.replaceAll('", ', '",')} ${say(value)} ${atMs / 1000}`),
    ),
  ]);
  return `${lines.join('\n')}\n# EOF\n`;
}

function say(value: number): string {
  return value === Number.POSITIVE_INFINITY ? '+Inf' : String(value);
}

type Series = { readonly metric: object; readonly values: readonly [number, string][] };

/** An answer in a form that can be compared: in order of labels, numbers to twelve digits, of an error only its code and type (texts are our own). */
function plain(status: number, body: ReturnType<typeof JSON.parse>) {
  if (body.status !== 'success') {
    return { status, errorType: body.errorType };
  }
  const { result, resultType } = body.data;
  const all: Series[] =
    resultType === 'scalar'
      ? [{ metric: {}, values: [result] }]
      : result.map(
          ({ metric, value, values }: { metric: object; value?: [number, string]; values?: [number, string][] }) => ({
            metric: Object.fromEntries(Object.entries(metric).toSorted()),
            values: values ?? [value],
          }),
        );
  return {
    status,
    resultType,
    result: all
      .map(({ metric, values }) => ({ metric, values: values.map(([at, value]) => [at, rounded(value)]) }))
      .toSorted((a, b) => (JSON.stringify(a.metric) < JSON.stringify(b.metric) ? -1 : 1)),
  };
}

// Sums of many samples may differ in their last digits by the order of adding. Whether an exponent is written is kept.
function rounded(text: string): string {
  const value = Number(text);
  if (!Number.isFinite(value) || Object.is(value, -0)) return text;
  return `${value.toPrecision(12)}${text.includes('e') ? ' with exponent' : ''}`;
}
