import type { MadeCase } from '../../cases/modelled/case.ts';
import { createSnapshotReader } from '../../src/adapters/snapshot/snapshot-reader.ts';
import { questionOf } from '../../src/cli/investigate.ts';
import type { WireObject } from '../../src/core/cluster/object.ts';
import { readWireObject } from '../../src/core/cluster/wire-object.ts';
import { chooseAlert, readAlerts } from '../../src/core/diagnosis/alerts-file.ts';
import type { Investigation } from '../../src/core/diagnosis/investigation.ts';
import type { MetricAnswer } from '../../src/core/diagnosis/observations.ts';
import { parseSubject } from '../../src/core/diagnosis/subject.ts';
import { type Expectation, readExpectation } from '../../src/core/evaluation/expectation.ts';
import { readPrometheusAnswer, readPrometheusSeries } from '../../src/core/evidence/prometheus-answer.ts';
import { createRedactor } from '../../src/core/evidence/redaction.ts';
import { fail, problem } from '../../src/core/result.ts';
import type { ClusterReader, ResourceType } from '../../src/ports/cluster-reader.ts';
import type { MetricsSource } from '../../src/ports/metrics-source.ts';
import { createInvestigate } from '../../src/workflows/investigate.ts';
import { createFakeClock } from '../support/fake-clock.ts';

/** A source that is taken away: what it would have told cannot be read. */
export type Source = 'pods' | 'nodes' | 'events' | 'workloads' | 'logs' | 'metrics';

const kindsOf: Readonly<Record<string, readonly string[]>> = {
  pods: ['Pod'],
  nodes: ['Node'],
  events: ['Event'],
  workloads: ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'],
};

const redactor = createRedactor({ key: 'modelled-cases' });

/** Asks a case's question of its snapshot in memory, without the sources that are taken away. */
export async function askCase(
  made: MadeCase,
  { without }: { readonly without?: Source } = {},
): Promise<{ readonly investigation: Investigation; readonly expected: Expectation }> {
  const { snapshot } = made;
  const read = readExpectation(JSON.parse(JSON.stringify(made.expected)));
  if (!read.ok) throw new Error(`${made.name}: ${read.error.sentence}`);
  const expected = read.value;
  const asOf = new Date(made.snapshot.capturedAtMs);
  const objects: readonly WireObject[] = snapshot.objects.map((raw) => wireObject(raw, made.name));
  const alerts = readAlerts({ alerts: snapshot.alerts }) ?? [];
  const reader = createSnapshotReader({
    cluster: 'modelled',
    objects,
    asOf,
    readLog: async ({ namespace, pod, container, previous }) =>
      made.snapshot.logs.get(`${namespace}/${pod}/${container}${previous ? '.previous' : ''}.log`),
    readHealth: async (path) => made.snapshot.health.get(path.replace(/^\/|\?.*$/g, '')),
    recorded: {
      probes: snapshot.probes,
      calls: snapshot.calls,
      hosts: [...snapshot.hosts].map(([node, services]) => ({ node, services })),
      declared: snapshot.declared.map((raw) => wireObject(raw, made.name)),
      alerts: alerts.map(({ alert, firing, startsAt, endsAt }) => ({
        name: alert.name,
        labels: alert.labels,
        firing,
        startsAt,
        endsAt,
      })),
    },
  });
  const investigate = createInvestigate({
    reader: without === undefined || without === 'metrics' ? reader : deprived(reader, without),
    metrics: without === 'metrics' ? unreachableMetrics : metricsOf(snapshot.metrics),
    matchRunbooks: () => [],
    redactor,
    clock: createFakeClock(asOf),
    asOf,
  });
  const { namespace, object } = expected.question;
  const subject = object === undefined ? undefined : parseSubject(object);
  if (subject?.ok === false) throw new Error(`${made.name}: ${subject.error.sentence}`);
  const alert = namespace === undefined && object === undefined ? chooseAlert(alerts) : undefined;
  return { investigation: await investigate(questionOf(namespace, subject?.value, alert)), expected };
}

function wireObject(raw: unknown, name: string): WireObject {
  const object = readWireObject(raw);
  if (object === undefined) throw new Error(`${name} holds an object without a kind or a name`);
  return object;
}

function metricsOf(recorded: readonly { readonly query: string; readonly response: unknown }[]): MetricsSource {
  const all: MetricAnswer[] = recorded.map(({ query, response }) => {
    const series = readPrometheusSeries(200, response);
    if (!series.ok) throw new Error(`the answer to ${query} cannot be read`);
    return { query, series: series.value };
  });
  return {
    recorded: () => all,
    async query(promql) {
      const found = recorded.find(({ query }) => query === promql);
      return found === undefined
        ? fail(problem('metrics.unreachable', 'Nobody recorded this query. Nothing was measured.'))
        : readPrometheusAnswer(200, found.response);
    },
  };
}

const unreachableMetrics: MetricsSource = {
  query: async () => fail(problem('metrics.unreachable', 'The metrics server does not answer. Nothing was measured.')),
};

function deprived(reader: ClusterReader, without: Source): ClusterReader {
  const isGone = (type: ResourceType) => kindsOf[without]?.includes(type.kind) === true;
  const refused = () => fail(problem('cluster.forbidden', `The role may not read ${without}. Nothing was read.`));
  return {
    ...reader,
    get: async (type, namespace, name, signal) =>
      isGone(type) ? refused() : reader.get(type, namespace, name, signal),
    list: async (type, options) => (isGone(type) ? refused() : reader.list(type, options)),
    table: async (type, options) => (isGone(type) ? refused() : reader.table(type, options)),
    log: async (options) => (without === 'logs' ? refused() : reader.log(options)),
  };
}
