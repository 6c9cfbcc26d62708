import { type Context, Hono } from 'hono';
import { keyOfLabels, type LabelSet } from './label-sets.ts';
import { createEvaluation, type QueryValue, type StoredSeries } from './promql/evaluate.ts';
import { typeOf } from './promql/expression.ts';
import { parseQuery } from './promql/parse-query.ts';

const maxPointsPerRange = 11_000;

/**
 * Prometheus' HTTP API for queries: `/api/v1/query` and `/api/v1/query_range`, by GET or POST, and its two health paths.
 *
 * Which queries are understood: `parseQuery`. All else is Prometheus' 400 `bad_data`; what fails while it is evaluated is its 422 `execution`.
 */
export function createQueryApi(dependencies: {
  now: () => number;
  select: (matches: (labels: LabelSet) => boolean) => readonly StoredSeries[];
}): Hono {
  const { now, select } = dependencies;
  const app = new Hono();
  app.get('/-/ready', (context) => context.text('Prometheus Server is Ready.\n'));
  app.get('/-/healthy', (context) => context.text('Prometheus Server is Healthy.\n'));

  app.on(['GET', 'POST'], '/api/v1/query', async (context) => {
    const parameters = await parametersOf(context);
    const query = parseQuery(parameters.get('query') ?? '');
    if (!query.ok) return badData(context, `invalid parameter "query": ${query.error}`);
    const time = parameters.has('time') ? parseTime(parameters.get('time') ?? '') : now();
    if (time === undefined)
      return badData(
        context,
        `invalid parameter "time": cannot parse ${JSON.stringify(parameters.get('time'))} to a valid timestamp`,
      );
    const value = createEvaluation(query.value, select)(time);
    return value.ok ? success(context, instantData(value.value, time)) : executionFailed(context, value.error);
  });

  app.on(['GET', 'POST'], '/api/v1/query_range', async (context) => {
    const parameters = await parametersOf(context);
    const query = parseQuery(parameters.get('query') ?? '');
    if (!query.ok) return badData(context, `invalid parameter "query": ${query.error}`);
    if (typeOf(query.value) === 'range vector')
      return badData(
        context,
        'invalid parameter "query": invalid expression type "range vector" for range query, must be Scalar or instant Vector',
      );
    const start = parseTime(parameters.get('start') ?? '');
    const end = parseTime(parameters.get('end') ?? '');
    const step = parseStep(parameters.get('step') ?? '');
    if (start === undefined) return badData(context, 'invalid parameter "start": cannot parse it to a valid timestamp');
    if (end === undefined) return badData(context, 'invalid parameter "end": cannot parse it to a valid timestamp');
    if (end < start) return badData(context, 'invalid parameter "end": end timestamp must not be before start time');
    if (step === undefined)
      return badData(
        context,
        'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
      );
    if ((end - start) / step > maxPointsPerRange) {
      return badData(
        context,
        'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
      );
    }
    const evaluate = createEvaluation(query.value, select);
    const series = new Map<string, { metric: LabelSet; values: WirePoint[] }>();
    for (let time = start; time <= end; time += step) {
      const value = evaluate(time);
      if (!value.ok) return executionFailed(context, value.error);
      for (const { labels, value: number } of samplesOf(value.value)) {
        const key = keyOfLabels(labels);
        const entry = series.get(key) ?? { metric: labels, values: [] };
        series.set(key, entry);
        entry.values.push(point(time, number));
      }
    }
    return success(context, { resultType: 'matrix', result: [...series.values()] });
  });
  return app;
}

type WirePoint = [seconds: number, value: string];

function instantData(value: QueryValue, timeMs: number) {
  switch (value.type) {
    case 'scalar':
      return { resultType: 'scalar', result: [timeMs / 1000, withoutExponent(sayValue(value.value))] };
    case 'vector':
      return {
        resultType: 'vector',
        result: value.samples.map(({ labels, value: number }) => ({ metric: labels, value: point(timeMs, number) })),
      };
    case 'matrix':
      return {
        resultType: 'matrix',
        result: value.series.map(({ labels, points: { timesMs, values } }) => ({
          metric: labels,
          values: timesMs.map((atMs, index) => point(atMs, values[index] ?? Number.NaN)),
        })),
      };
    default:
      return value satisfies never;
  }
}

function samplesOf(value: QueryValue): readonly { labels: LabelSet; value: number }[] {
  if (value.type === 'scalar') return [{ labels: {}, value: value.value }];
  return value.type === 'vector' ? value.samples : [];
}

async function parametersOf(context: Context): Promise<URLSearchParams> {
  const parameters = new URL(context.req.url).searchParams;
  if (context.req.method !== 'POST') return parameters;
  for (const [name, value] of new URLSearchParams(await context.req.text())) parameters.set(name, value);
  return parameters;
}

function success(context: Context, data: object) {
  return context.json({ status: 'success', data });
}

function badData(context: Context, error: string) {
  return context.json({ status: 'error', errorType: 'bad_data', error }, 400);
}

function executionFailed(context: Context, error: string) {
  return context.json({ status: 'error', errorType: 'execution', error }, 422);
}

/** Prometheus' timestamps: seconds since the epoch with a fraction, or RFC 3339. In ms. */
function parseTime(text: string): number | undefined {
  const ms = /^-?\d+(\.\d+)?$/.test(text) ? Math.round(Number(text) * 1000) : Date.parse(text);
  return text === '' || Number.isNaN(ms) ? undefined : ms;
}

/** A step in seconds or as a duration (`15s`, `1m`), in ms. */
function parseStep(text: string): number | undefined {
  const [, digits, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const factors: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  const ms = Math.round(Number(digits ?? 0) * (factors[unit] ?? 0));
  return ms > 0 ? ms : undefined;
}

/** A sample on the wire: seconds, and the value as Go prints it. */
function point(timeMs: number, value: number): WirePoint {
  return [timeMs / 1000, sayValue(value)];
}

function sayValue(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  // Go prints the sign of a negative zero, and at least two digits of an exponent.
  return Object.is(value, -0) ? '-0' : String(value).replace(/e([+-])(\d)$/, 'e$10$2');
}

/** `1.5e-09` as `0.0000000015`: so Prometheus prints the one value of a scalar, unlike samples. */
function withoutExponent(text: string): string {
  const [all, sign = '', whole = '', fraction = '', exponent = ''] =
    /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? [];
  if (all === undefined) return text;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  return point <= 0 ? `${sign}0.${'0'.repeat(-point)}${digits}` : `${sign}${digits.padEnd(point, '0')}`;
}
