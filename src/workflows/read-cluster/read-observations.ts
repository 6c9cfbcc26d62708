import type { ClusterView } from '../../core/cluster/cluster-view.ts';
import { parseTime } from '../../core/cluster/wire.ts';
import type { FileAlert } from '../../core/diagnosis/alerts-file.ts';
import type { ScopeView } from '../../core/diagnosis/analysis.ts';
import { checksOfPage } from '../../core/diagnosis/health-page.ts';
import { measuredScopeOf } from '../../core/diagnosis/measured-scope.ts';
import {
  type AuditEntry,
  type HealthCheck,
  type MetricAnswer,
  type MetricSeries,
  noObservations,
  type Observations,
  type ObservedAlert,
} from '../../core/diagnosis/observations.ts';
import { type StandardQuery, standardQueriesFor } from '../../core/evidence/standard-queries.ts';
import type { AlertSource } from '../../ports/alert-source.ts';
import type { AuditSource } from '../../ports/audit-source.ts';
import type { ClusterReader } from '../../ports/cluster-reader.ts';
import type { MetricsSource, Sample } from '../../ports/metrics-source.ts';
import type { Deadline } from './deadline.ts';
import type { Gathering } from './gathering.ts';

const healthPages = ['/readyz', '/livez'] as const;
const chart = { spanMs: 3_600_000, stepMs: 60_000 };
const maxSeries = 2000;
const silent: ReadonlySet<string> = new Set(['metrics.unreachable', 'metrics.timeout', 'source.timeout']);

type Dependencies = {
  readonly reader: ClusterReader;
  readonly metrics: MetricsSource | undefined;
  readonly alertSource: AlertSource | undefined;
  readonly audit: AuditSource | undefined;
  readonly timed: Deadline;
  readonly gathering: Gathering;
  readonly now: number;
};

export type ScopeAsked = Parameters<typeof measuredScopeOf>[2];

/** What is observed besides objects and logs. Reading begins at once; `finish` adds what can be asked only when the scope is known. */
export function readObservations(dependencies: Dependencies): {
  /** What a capture holds, before anything is asked. */
  readonly recorded: Observations;
  finish(
    view: ClusterView,
    scope: ScopeView | undefined,
    asked: ScopeAsked,
    expression: string | undefined,
  ): Promise<Observations>;
} {
  const { reader, metrics, gathering } = dependencies;
  const recorded: Observations = { ...noObservations, ...reader.recorded };
  const checks = readChecks(dependencies);
  const alerts = readFiring(dependencies);
  const audit = readAudit(dependencies);
  // An investigation that is called off before `finish` must not leave a rejection that nobody hears.
  checks.catch(() => {});
  alerts.catch(() => {});
  audit.catch(() => {});
  return {
    recorded,
    async finish(view, scope, asked, expression) {
      if (metrics?.recorded !== undefined) {
        const answers = metrics.recorded();
        if (answers.length === 0)
          gathering.unread.push({ source: 'metrics', why: 'The snapshot holds no measurements.' });
        return { ...recorded, checks: [...recorded.checks, ...(await checks)], metrics: answers, expression };
      }
      const queries = metrics === undefined ? [] : standardQueriesFor(measuredScopeOf(view, scope, asked));
      const [answers, own] = await Promise.all([
        readMetrics(dependencies, queries),
        readExpression(dependencies, expression),
      ]);
      // The Alertmanager knows since when; without one Prometheus tells which.
      const [told, changes] = await Promise.all([alerts, audit]);
      const byMetrics = answers.find(({ query }) => query.startsWith('ALERTS{'));
      return {
        ...recorded,
        checks: [...recorded.checks, ...(await checks)],
        expression,
        audit: [...recorded.audit, ...changes],
        metrics: [...own, ...answers.filter((answer) => answer !== byMetrics)],
        alerts: [...recorded.alerts, ...(told ?? (byMetrics?.series ?? []).map(firingAlert))],
      };
    },
  };
}

async function readChecks({ reader, timed, gathering }: Dependencies): Promise<readonly HealthCheck[]> {
  const pages = await Promise.all(
    healthPages.map(async (page) => {
      const read = await timed((signal) => reader.raw(`${page}?verbose`, signal));
      if (read.ok) return checksOfPage(page, read.value.body);
      if (read.error.code !== 'cluster.not-found')
        gathering.unread.push({ source: `${page} of the API server`, why: read.error.sentence });
      return [];
    }),
  );
  return pages.flat();
}

async function readFiring({
  alertSource,
  timed,
  gathering,
}: Dependencies): Promise<readonly ObservedAlert[] | undefined> {
  if (alertSource === undefined) return undefined;
  const read = await timed((signal) => alertSource.list(signal));
  if (read.ok) return read.value.map(observedAlert);
  gathering.unread.push({ source: 'alerts of Alertmanager', why: read.error.sentence });
  return undefined;
}

async function readAudit({ audit, timed, gathering }: Dependencies): Promise<readonly AuditEntry[]> {
  if (audit === undefined) return [];
  const read = await timed(() => audit.recent());
  if (read.ok) return read.value;
  gathering.unread.push({ source: 'audit log', why: read.error.sentence });
  return [];
}

function observedAlert({ alert: { name, labels }, firing, startsAt, endsAt }: FileAlert): ObservedAlert {
  return { name, labels, firing, startsAt, endsAt };
}

async function readMetrics(
  { metrics, timed, gathering }: Dependencies,
  queries: readonly StandardQuery[],
): Promise<readonly MetricAnswer[]> {
  if (metrics === undefined) return [];
  const answers = await Promise.all(
    queries.map(async ({ about, promql }): Promise<MetricAnswer[]> => {
      const read = await timed((signal) => metrics.query(promql, signal));
      if (read.ok) return [{ query: promql, series: read.value.slice(0, maxSeries).map(seriesOf) }];
      // A server that does not speak all of PromQL says so of the query, and nothing of the cluster.
      if (read.error.code === 'metrics.bad-query') return [];
      // A server that is configured and silent could have shown what objects do not (throttling, latency): nothing is called healthy over it. Named once, not a dozen times.
      const list = silent.has(read.error.code) ? gathering.missing : gathering.unread;
      if (!list.some(({ source, why }) => source.startsWith('metrics') && why === read.error.sentence))
        list.push({ source: silent.has(read.error.code) ? 'metrics' : `metrics: ${about}`, why: read.error.sentence });
      return [];
    }),
  );
  return answers.flat();
}

/** The alert's own expression, as a chart of the last hour where the source can give one. */
async function readExpression(
  { metrics, timed, gathering, now }: Dependencies,
  expression: string | undefined,
): Promise<readonly MetricAnswer[]> {
  if (metrics === undefined || expression === undefined) return [];
  if (metrics.queryRange !== undefined) {
    const { queryRange } = metrics;
    const window = { fromMs: now - chart.spanMs, toMs: now, stepMs: chart.stepMs };
    const read = await timed((signal) => queryRange(expression, window, signal));
    if (read.ok) return [{ query: expression, series: read.value.slice(0, maxSeries) }];
  }
  const read = await timed((signal) => metrics.query(expression, signal));
  if (read.ok) return [{ query: expression, series: read.value.slice(0, maxSeries).map(seriesOf) }];
  gathering.unread.push({ source: "metrics: the alert's own expression", why: read.error.sentence });
  return [];
}

function seriesOf({ labels, value, at }: Sample): MetricSeries {
  return { labels, points: [{ at: parseTime(at) ?? 0, value }] };
}

function firingAlert({ labels }: MetricSeries): ObservedAlert {
  const { alertname = '', alertstate: _state, __name__: _name, ...rest } = labels;
  return { name: alertname, labels: { alertname, ...rest }, firing: true, startsAt: undefined, endsAt: undefined };
}
