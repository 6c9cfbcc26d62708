import type { AlertName } from './alert-rules.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { startExporter } from './exporter.ts';
import { startMonitoring } from './monitoring.ts';
import { type RunFacts, readRunFacts } from './run-facts.ts';
import { createWorkloads, uniqueName, type Workloads } from './workloads.ts';

/** The shared cluster of a run, as a test file uses it. */
export type RealCluster = {
  readonly facts: RunFacts;
  readonly admin: ApiClient;
  readonly workloads: Workloads;
  close(): void;
};

/** Connects a test file to the cluster that run.ts started. Starts nothing. */
export function connectRealCluster(): RealCluster {
  const facts = readRunFacts();
  const { url, ca, tokens } = facts.cluster;
  const admin = createApiClient({ url, ca, token: tokens.admin });
  return { facts, admin, workloads: createWorkloads({ admin, scratch: facts.scratch }), close: () => admin.close() };
}

/** Monitoring that watches the shared cluster and posts to one webhook. */
export type Story = {
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  /** Process ids of Prometheus and Alertmanager. */
  readonly serverPids: readonly number[];
  stop(): Promise<void>;
};

/**
 * Starts the exporter, a real Prometheus and a real Alertmanager which posts to `webhookUrl`. About half a second.
 *
 * @param webhookToken Sent as `Authorization: Bearer`; none when left out.
 * @param alerts The alerts to raise; all of alert-rules.ts when left out.
 * @param namespaces What the exporter looks at. Name the story's own, or alerts of other tests come along.
 * @param constants Series that always have the given value, such as `{ apiserver_request_duration_seconds_p99: 2.1 }`.
 */
export async function startStory({
  webhookUrl,
  webhookToken,
  alerts,
  namespaces,
  constants,
}: {
  webhookUrl: string;
  webhookToken?: string;
  alerts?: readonly AlertName[];
  namespaces?: readonly string[];
  constants?: Readonly<Record<string, number>>;
}): Promise<Story> {
  const { cluster, parts, scratch } = readRunFacts();
  const api = createApiClient({ url: cluster.url, ca: cluster.ca, token: cluster.tokens.exporter });
  const exporter = await startExporter(namespaces === undefined ? { api } : { api, namespaces });
  const stopExporter = async () => {
    await exporter.close();
    api.close();
  };
  try {
    const monitoring = await startMonitoring({
      parts,
      scratch,
      name: uniqueName('story'),
      cluster,
      exporterPort: exporter.port,
      webhook: { url: webhookUrl, token: webhookToken },
      alerts,
      constants,
    });
    return {
      prometheusUrl: monitoring.prometheusUrl,
      alertmanagerUrl: monitoring.alertmanagerUrl,
      serverPids: monitoring.servers.map(({ pid }) => pid),
      stop: async () => {
        await monitoring.stop();
        await stopExporter();
      },
    };
  } catch (cause) {
    await stopExporter();
    throw cause;
  }
}

/**
 * Starts a second cluster that a test may starve, stop or break. About 4 s and 0.5 GB; the caller stops it.
 *
 * What a test forgets to stop is killed at the end of the run, and makes the run fail.
 */
export function startOwnCluster(): Promise<Cluster> {
  const { parts, scratch } = readRunFacts();
  return startCluster({ parts, scratch, name: uniqueName('own-cluster') });
}
