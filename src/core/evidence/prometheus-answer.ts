import { at, isRecord, listAt, stringsAt, textAt } from '../cluster/wire.ts';
import type { MetricSeries } from '../diagnosis/observations.ts';
import { fail, ok, type Problem, problem, type Result } from '../result.ts';

/** One value of a metric at an instant. Structurally the `Sample` of the metrics port. */
export type MetricSample = {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly at: string;
};
export type MetricAnswerProblem = Problem<
  'metrics.unreachable' | 'metrics.timeout' | 'metrics.bad-query' | 'metrics.bad-answer'
>;

/** Reads an answer of the query API, by status and `errorType`, never by its message. Also the shape in which snapshots keep answers (status 200). */
export function readPrometheusAnswer(
  status: number,
  answer: unknown,
): Result<readonly MetricSample[], MetricAnswerProblem> {
  const refused = problemOf(status, answer);
  if (refused !== undefined) return fail(refused);
  const result = at(answer, 'data', 'result');
  switch (at(answer, 'data', 'resultType')) {
    case 'scalar': {
      const sample = sampleOf({}, result);
      return sample === undefined ? fail(badAnswer('its scalar is none')) : ok([sample]);
    }
    case 'vector': {
      if (!Array.isArray(result)) return fail(badAnswer('its vector is no list'));
      const samples: MetricSample[] = [];
      for (const series of listAt(answer, 'data', 'result')) {
        const sample = isRecord(series) ? sampleOf(stringsAt(series, 'metric'), series.value) : undefined;
        if (sample === undefined) return fail(badAnswer('one of its samples is none'));
        samples.push(sample);
      }
      return ok(samples);
    }
    default:
      return fail(badAnswer('it is no instant value'));
  }
}

/** The same answer as series: those of a range query with all their points, instant ones with one. */
export function readPrometheusSeries(
  status: number,
  answer: unknown,
): Result<readonly MetricSeries[], MetricAnswerProblem> {
  if (at(answer, 'data', 'resultType') !== 'matrix') {
    const instant = readPrometheusAnswer(status, answer);
    if (!instant.ok) return instant;
    return ok(
      instant.value.map((one) => ({ labels: one.labels, points: [{ at: Date.parse(one.at), value: one.value }] })),
    );
  }
  const refused = problemOf(status, answer);
  if (refused !== undefined) return fail(refused);
  if (!Array.isArray(at(answer, 'data', 'result'))) return fail(badAnswer('its matrix is no list'));
  const series: MetricSeries[] = [];
  for (const raw of listAt(answer, 'data', 'result')) {
    const labels = stringsAt(raw, 'metric');
    const points = listAt(raw, 'values').map((pair) => sampleOf(labels, pair));
    if (!points.every((point) => point !== undefined)) return fail(badAnswer('one of its points is none'));
    series.push({
      labels,
      points: points.map((point) => ({ at: Date.parse(point.at), value: point.value })).toSorted((a, b) => a.at - b.at),
    });
  }
  return ok(series);
}

function problemOf(status: number, answer: unknown): MetricAnswerProblem | undefined {
  const errorType = textAt(answer, 'errorType');
  if (status === 401 || status === 403) {
    return problem(
      'metrics.unreachable',
      'The metrics server does not accept the credentials. Nothing was measured. Check them.',
    );
  }
  if (status === 400 || status === 422 || errorType === 'bad_data' || errorType === 'execution') {
    return problem(
      'metrics.bad-query',
      'The metrics server refuses the query. Nothing was measured. Check the expression.',
    );
  }
  if (errorType === 'timeout' || errorType === 'canceled' || status === 504) return tooSlow('in its own time');
  if (status >= 500 || status === 429) {
    return problem(
      'metrics.unreachable',
      `The metrics server cannot answer now (${status}). Nothing was measured. Try again later.`,
    );
  }
  if (status !== 200 || at(answer, 'status') !== 'success') return badAnswer(`status ${status}`);
  return undefined;
}

function sampleOf(labels: Readonly<Record<string, string>>, pair: unknown): MetricSample | undefined {
  if (!Array.isArray(pair)) return undefined;
  const [seconds, text]: readonly unknown[] = pair;
  const value = typeof text === 'string' ? numberOf(text) : undefined;
  // Beyond the year 9999 there is no instant of ours.
  if (typeof seconds !== 'number' || !(seconds >= 0 && seconds < 253_402_300_800) || value === undefined)
    return undefined;
  return { labels, value, at: new Date(Math.round(seconds * 1000)).toISOString() };
}

function numberOf(text: string): number | undefined {
  if (text === 'NaN') return Number.NaN;
  if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isNaN(value) ? undefined : value;
}

/** The answer did not come in time: `within 5000 ms`. */
export function tooSlow(when: string): MetricAnswerProblem {
  return problem(
    'metrics.timeout',
    `The metrics server did not answer ${when}. Nothing was measured. Ask for less, or look at the server.`,
  );
}

export function badAnswer(why: string): MetricAnswerProblem {
  return problem(
    'metrics.bad-answer',
    `The answer of the metrics server could not be read: ${why}. Nothing was measured. Check that the URL is a Prometheus server's.`,
  );
}
