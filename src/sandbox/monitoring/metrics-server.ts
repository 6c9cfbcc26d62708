import type { AddressInfo } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { parseInstantQuery } from './instant-selector.ts';
import type { LabelSet } from './label-sets.ts';
import { createSeriesTable, type Sample } from './series-table.ts';

export type MetricsServer = {
  start(): Promise<{ url: string }>;
  stop(): Promise<void>;
  /** Sets a series to a value, which stands until it is set again or removed. */
  set(name: string, labels: LabelSet, value: number): void;
  remove(name: string, labels: LabelSet): void;
  /**
   * Adds a target that is scraped at every interval. A series it no longer gives has no value from then on; with `outlives` its last sample
   * stays visible for Prometheus' lookback of 5 minutes, as it does for targets that give their own timestamps (cAdvisor).
   */
  addTarget(scrape: () => readonly Sample[], options?: { outlives: boolean }): void;
  /** What the series stand at now. */
  read(name: string, labels?: LabelSet): { labels: LabelSet; value: number }[];
  /** Scrapes as if everything had been as it is now for that long, so that the world has a past to ask about. */
  backfill(spanMs: number, stepMs: number): void;
  /** The HTTP application, for tests without a socket. */
  readonly app: Hono;
};

const maxPointsPerRange = 11_000;

/** Prometheus' HTTP API over a table of series. Understands selectors and comparisons with a number; all else is its 400 `bad_data`. */
export function createMetricsServer(
  options: { now?: () => number; port?: number; scrapeEveryMs?: number } = {},
): MetricsServer {
  const now = options.now ?? Date.now;
  const table = createSeriesTable();
  const standing = new Map<string, Sample>();
  const targets: { scrape: () => readonly Sample[]; last: readonly Sample[]; outlives: boolean }[] = [];
  let server: ServerType | undefined;
  let timer: NodeJS.Timeout | undefined;
  const keyOf = (name: string, labels: LabelSet): string => JSON.stringify([name, Object.entries(labels).toSorted()]);

  function scrape(nowMs: number): void {
    for (const { labels, name, value } of standing.values()) table.put(name, labels, nowMs, value);
    for (const target of targets) {
      const samples = target.scrape();
      const present = new Set(samples.map(({ labels, name }) => keyOf(name, labels)));
      for (const { labels, name, value } of samples) table.put(name, labels, nowMs, value);
      const ended = target.outlives ? [] : target.last;
      for (const { labels, name } of ended) if (!present.has(keyOf(name, labels))) table.end(name, labels, nowMs);
      target.last = samples;
    }
  }

  const app = new Hono();
  app.get('/-/ready', (context) => context.text('Prometheus Server is Ready.\n'));
  app.get('/-/healthy', (context) => context.text('Prometheus Server is Healthy.\n'));
  app.on(['GET', 'POST'], '/api/v1/query', async (context) => {
    const parameters = await parametersOf(context);
    const query = parseInstantQuery(parameters.get('query') ?? '');
    if (!query.ok) return badData(context, `invalid parameter "query": ${query.error}`);
    const time = parameters.has('time') ? parseTime(parameters.get('time') ?? '') : now();
    if (time === undefined)
      return badData(
        context,
        `invalid parameter "time": cannot parse ${JSON.stringify(parameters.get('time'))} to a valid timestamp`,
      );
    const found = table.at(time, query.value.matches).filter(({ value }) => query.value.keeps(value));
    const result = found.map(({ labels, value }) => ({ metric: labels, value: point(time, value) }));
    return context.json({ status: 'success', data: { resultType: 'vector', result } });
  });
  app.on(['GET', 'POST'], '/api/v1/query_range', async (context) => {
    const parameters = await parametersOf(context);
    const query = parseInstantQuery(parameters.get('query') ?? '');
    if (!query.ok) return badData(context, `invalid parameter "query": ${query.error}`);
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
    const series = new Map<string, { metric: LabelSet; values: [number, string][] }>();
    for (let time = start; time <= end; time += step) {
      for (const { labels, value } of table.at(time, query.value.matches)) {
        if (!query.value.keeps(value)) continue;
        const key = keyOf('', labels);
        const entry = series.get(key) ?? { metric: labels, values: [] };
        series.set(key, entry);
        entry.values.push(point(time, value));
      }
    }
    return context.json({ status: 'success', data: { resultType: 'matrix', result: [...series.values()] } });
  });

  return {
    app,
    set(name, labels, value) {
      standing.set(keyOf(name, labels), { name, labels, value });
      table.put(name, labels, now(), value);
    },
    remove(name, labels) {
      standing.delete(keyOf(name, labels));
      table.end(name, labels, now());
    },
    read: (name, labels = {}) =>
      table.at(
        now(),
        (of) => of.__name__ === name && Object.entries(labels).every(([label, value]) => of[label] === value),
      ),
    backfill(spanMs, stepMs) {
      for (let atMs = now() - spanMs; atMs < now(); atMs += stepMs) scrape(atMs);
    },
    addTarget(scrapeTarget, { outlives } = { outlives: false }) {
      targets.push({ scrape: scrapeTarget, last: [], outlives });
    },
    async start() {
      timer ??= setInterval(() => scrape(now()), options.scrapeEveryMs ?? 200).unref();
      scrape(now());
      const started = server ?? (await listen(app, options.port ?? 0));
      server = started;
      return { url: `http://127.0.0.1:${(started.address() as AddressInfo).port}` };
    },
    async stop() {
      clearInterval(timer);
      timer = undefined;
      const closing = server;
      server = undefined;
      if (closing === undefined) return;
      const closed = new Promise<void>((resolve) => closing.close(() => resolve()));
      if ('closeAllConnections' in closing) closing.closeAllConnections();
      await closed;
    },
  };
}

function listen(app: Hono, port: number): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, () => resolve(server));
    server.on('error', reject);
    server.unref();
  });
}

async function parametersOf(context: Context): Promise<URLSearchParams> {
  const parameters = new URL(context.req.url).searchParams;
  if (context.req.method !== 'POST') return parameters;
  for (const [name, value] of new URLSearchParams(await context.req.text())) parameters.set(name, value);
  return parameters;
}

function badData(context: Context, error: string) {
  return context.json({ status: 'error', errorType: 'bad_data', error }, 400);
}

/** Prometheus' timestamps: seconds since the epoch with a fraction, or RFC 3339. In ms. */
function parseTime(text: string): number | undefined {
  const ms = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  return text === '' || Number.isNaN(ms) ? undefined : ms;
}

/** A step in seconds or as a duration (`15s`, `1m`), in ms. */
function parseStep(text: string): number | undefined {
  const [, digits, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const factors: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  const ms = Number(digits ?? 0) * (factors[unit] ?? 0);
  return ms > 0 ? ms : undefined;
}

/** A sample on the wire: seconds, and the value as text. */
function point(timeMs: number, value: number): [number, string] {
  return [
    timeMs / 1000,
    value === Number.POSITIVE_INFINITY ? '+Inf' : value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value),
  ];
}
