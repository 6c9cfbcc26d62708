import type { AddressInfo } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { keyOfLabels, type LabelSet } from './label-sets.ts';
import { createQueryApi } from './query-api.ts';
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

/** A little more than the hour that peaks are asked over. */
const retentionMs = 70 * 60 * 1000;
const forgetEveryMs = 60 * 1000;

/** Prometheus' query API (`createQueryApi`) over a table of series, and the scraping that fills it. Keeps the samples of the last 70 minutes. */
export function createMetricsServer(
  options: { now?: () => number; port?: number; scrapeEveryMs?: number } = {},
): MetricsServer {
  const now = options.now ?? Date.now;
  const table = createSeriesTable();
  const standing = new Map<string, Sample>();
  const targets: { scrape: () => readonly Sample[]; last: readonly Sample[]; outlives: boolean }[] = [];
  let server: ServerType | undefined;
  let timer: NodeJS.Timeout | undefined;
  let forgottenAtMs = now();
  const app = createQueryApi({ now, select: table.select });
  const keyOf = (name: string, labels: LabelSet): string => keyOfLabels({ __name__: name, ...labels });

  function scrape(nowMs: number): void {
    if (nowMs - forgottenAtMs >= forgetEveryMs) {
      forgottenAtMs = nowMs;
      table.forgetBefore(nowMs - retentionMs);
    }
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
    read(name, labels = {}) {
      const wanted = Object.entries({ ...labels, __name__: name });
      return table
        .select((of) => wanted.every(([label, value]) => of[label] === value))
        .flatMap((series) => {
          const value = series.at(now());
          return value === undefined ? [] : [{ labels: series.labels, value }];
        });
    },
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
