import { createSimulatedCluster, type Images, type Role, type SimulatedCluster } from '../cluster/simulated-cluster.ts';
import { type AlertSource, createAlertSource } from '../monitoring/alert-source.ts';
import { createMetricsServer, type MetricsServer } from '../monitoring/metrics-server.ts';
import type { Sample } from '../monitoring/series-table.ts';
import { apiLatency } from './api-latency.ts';
import { badImage } from './bad-image.ts';
import { healthyImages, healthyObjects } from './healthy-cluster.ts';
import { oom } from './oom.ts';
import type { Scenario, World } from './scenario.ts';
import { worldAlertRules } from './world-alert-rules.ts';

export type { Scenario } from './scenario.ts';

/** Every scenario of the sandbox, in the order in which a newcomer should meet them. */
export const scenarios: readonly Scenario[] = [badImage, oom, apiLatency];

/** `broken`: started, and no alert yet. `firing`: an alert of it fires. `recovered`: it fired, and does no longer. */
export type ScenarioState = {
  readonly phase: 'healthy' | 'broken' | 'firing' | 'recovered';
  readonly startedAt?: string;
};

export type SandboxWorld = {
  readonly cluster: SimulatedCluster;
  readonly alerts: AlertSource;
  readonly metrics: MetricsServer;
  /** All servers listen on 127.0.0.1. The cluster is healthy, and looks days old, when this resolves. */
  start(): Promise<{ clusterUrl: string; metricsUrl: string; kubeconfigFor(role: Role): string }>;
  stop(): Promise<void>;
  /** @throws when the world was not made with a scenario of that name: the sentence lists those it has. */
  startScenario(name: string): void;
  state(name: string): ScenarioState;
};

const ageMs = 3 * 24 * 60 * 60 * 1000;

/**
 * A cluster with something to go wrong in it, the alerting that notices, and the metrics to look at.
 *
 * Constructing builds the healthy cluster in memory and does no I/O. Nothing goes wrong until `startScenario`.
 */
export function createSandboxWorld(options: {
  scenarios: readonly string[];
  webhookUrl: string | (() => string);
  webhookToken: string;
  seed?: number;
  now?: () => number;
  clusterPort?: number;
  metricsPort?: number;
  groupWaitMs?: number;
  groupIntervalMs?: number;
}): SandboxWorld {
  const now = options.now ?? Date.now;
  const chosen = options.scenarios.map((name) => named(scenarios, name));
  const images: Images = Object.assign({}, healthyImages, ...chosen.map((scenario) => scenario.images));
  const timers = new Set<NodeJS.Timeout>();
  const startedAtMs = new Map<string, number>();
  // While the healthy state is built, the cluster lives in the past: what is in it should look as if it had been there for days.
  let birthMs: number | undefined = now() - ageMs;

  const cluster = createSimulatedCluster({
    name: 'sandbox',
    images,
    objects: healthyObjects(),
    now: () => birthMs ?? now(),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.clusterPort === undefined ? {} : { port: options.clusterPort }),
  });
  const metrics = createMetricsServer({
    now,
    ...(options.metricsPort === undefined ? {} : { port: options.metricsPort }),
  });
  metrics.addTarget(() => memorySamples(cluster), { outlives: true });
  metrics.addTarget(() => stateSamples(cluster));
  const world: World = {
    cluster,
    metrics,
    later(delayMs, happening) {
      const timer = setTimeout(() => {
        timers.delete(timer);
        happening();
      }, delayMs).unref();
      timers.add(timer);
    },
  };
  for (const scenario of chosen) scenario.setUp(world);
  cluster.settle({ endMs: birthMs + 60_000 });
  birthMs = undefined;
  // An API server keeps Events for an hour, so those of a start days ago are long gone.
  for (const { metadata } of cluster.list('Event')) cluster.remove('Event', metadata.namespace, metadata.name);

  let metricsUrl = 'http://127.0.0.1';
  const alerts = createAlertSource({
    webhookUrl: options.webhookUrl,
    token: options.webhookToken,
    rules: worldAlertRules(world, now),
    now,
    groupWaitMs: options.groupWaitMs ?? 500,
    groupIntervalMs: options.groupIntervalMs ?? 1000,
    generatorUrl: () => metricsUrl,
  });

  return {
    cluster,
    alerts,
    metrics,
    async start() {
      metrics.backfill(30 * 60 * 1000, 15_000);
      const { kubeconfigFor, url } = await cluster.start();
      metricsUrl = (await metrics.start()).url;
      alerts.start();
      return { clusterUrl: url, metricsUrl, kubeconfigFor };
    },
    async stop() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      await alerts.stop();
      await Promise.all([cluster.stop(), metrics.stop()]);
    },
    startScenario(name) {
      const scenario = named(chosen, name);
      startedAtMs.set(name, now());
      scenario.breakIt(world);
    },
    state(name) {
      const scenario = named(chosen, name);
      const since = startedAtMs.get(name);
      if (since === undefined) return { phase: 'healthy' };
      const isOwn = ({ labels }: { labels: Readonly<Record<string, string>> }): boolean =>
        Object.entries(scenario.alert).every(([label, value]) => labels[label] === value);
      const startedAt = new Date(since).toISOString();
      if (alerts.firing().some(isOwn)) return { phase: 'firing', startedAt };
      const hasFired = alerts.occurrences().some((alert) => isOwn(alert) && alert.startsAtMs >= since);
      return { phase: hasFired && scenario.isHealthy(world) ? 'recovered' : 'broken', startedAt };
    },
  };
}

function named(among: readonly Scenario[], name: string): Scenario {
  const found = among.find((scenario) => scenario.name === name);
  if (found === undefined)
    throw new Error(
      `there is no scenario "${name}" here; there are ${among.map((one) => one.name).join(', ') || 'none'}`,
    );
  return found;
}

/** As kubelets expose it (cAdvisor). */
function memorySamples(cluster: SimulatedCluster): Sample[] {
  return cluster.usage().map(({ container, namespace, node, pod, workingSetBytes }) => ({
    name: 'container_memory_working_set_bytes',
    labels: { job: 'kubelet', metrics_path: '/metrics/cadvisor', namespace, pod, container, node },
    value: workingSetBytes,
  }));
}

/** As kube-state-metrics exposes it, and what Prometheus itself says of its targets. */
function stateSamples(cluster: SimulatedCluster): Sample[] {
  const restarts = cluster.list('Pod').flatMap(({ metadata, status }) =>
    (status?.containerStatuses ?? []).map(({ name: container, restartCount }) => ({
      name: 'kube_pod_container_status_restarts_total',
      labels: {
        job: 'kube-state-metrics',
        namespace: metadata.namespace ?? '',
        pod: metadata.name,
        container,
        uid: metadata.uid ?? '',
      },
      value: restartCount,
    })),
  );
  return [{ name: 'up', labels: { job: 'apiserver', instance: '192.0.2.10:6443' }, value: 1 }, ...restarts];
}
