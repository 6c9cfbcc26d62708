import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { type AlertName, alertNames, ruleFile } from './alert-rules.ts';
import type { Parts } from './binaries.ts';
import type { ClusterAccess } from './cluster.ts';
import { findFreePorts } from './free-ports.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** Real Prometheus and Alertmanager over one cluster. */
export type Monitoring = {
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  readonly servers: readonly ServerProcess[];
  stop(): Promise<void>;
};

/** Where Alertmanager posts to. */
export type WebhookTarget = { readonly url: string; readonly token?: string | undefined };

/**
 * Starts Prometheus and Alertmanager on 127.0.0.1, with waits of seconds: scrape and evaluation 1 s, group_wait 1 s,
 * group_interval 5 s.
 *
 * From a condition to a firing webhook: about 1 s scrape + the alert's `for` + 1 s; to a resolved one at most 8 s.
 *
 * @param scratch A folder for data and configuration; each call needs one of its own, or another `name`.
 * @param exporterPort Port of the exporter that stands in for kube-state-metrics.
 */
export async function startMonitoring({
  parts,
  scratch,
  name,
  cluster,
  exporterPort,
  webhook,
  alerts = alertNames,
  constants = {},
}: {
  parts: Parts;
  scratch: string;
  name: string;
  cluster: ClusterAccess;
  exporterPort: number;
  webhook: WebhookTarget;
  alerts?: readonly AlertName[] | undefined;
  constants?: Readonly<Record<string, number>> | undefined;
}): Promise<Monitoring> {
  const { prometheus, alertmanager } = parts;
  if (prometheus.state === 'skipped') throw new Error(`prometheus is missing: ${prometheus.why}.`);
  if (alertmanager.state === 'skipped') throw new Error(`alertmanager is missing: ${alertmanager.why}.`);
  const folder = join(scratch, name);
  mkdirSync(folder, { recursive: true });
  const write = (file: string, content: object): string => {
    writeFileSync(join(folder, file), dump(content, { lineWidth: -1 }), { mode: 0o600 });
    return join(folder, file);
  };
  const [prometheusPort = 0, alertmanagerPort = 0] = await findFreePorts(2);
  const prometheusUrl = `http://127.0.0.1:${prometheusPort}`;
  const alertmanagerUrl = `http://127.0.0.1:${alertmanagerPort}`;
  const isReady = (url: string) => async () =>
    (await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(1_000) })).ok;

  const servers: ServerProcess[] = [];
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop('SIGKILL')));
  };
  try {
    servers.push(
      await startServer({
        name: `${name}-alertmanager`,
        path: alertmanager.path,
        scratch,
        args: [
          `--config.file=${write('alertmanager.yml', alertmanagerConfig(webhook))}`,
          `--storage.path=${join(folder, 'alertmanager')}`,
          `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
          '--cluster.listen-address=', // gossip would listen on every address
          `--web.external-url=${alertmanagerUrl}`,
          '--log.level=warn',
        ],
        isReady: isReady(alertmanagerUrl),
      }),
    );
    const caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, cluster.ca);
    write('rules.yml', ruleFile({ names: alerts, constants }));
    servers.push(
      await startServer({
        name: `${name}-prometheus`,
        path: prometheus.path,
        scratch,
        args: [
          `--config.file=${write('prometheus.yml', prometheusConfig({ cluster, caFile, exporterPort, alertmanagerPort }))}`,
          `--storage.tsdb.path=${join(folder, 'prometheus')}`,
          `--web.listen-address=127.0.0.1:${prometheusPort}`,
          `--web.external-url=${prometheusUrl}`,
          // An alert that fires before Alertmanager was discovered (up to 5 s) would be sent again only after a minute.
          '--rules.alert.resend-delay=1s',
          '--log.level=warn',
        ],
        isReady: isReady(prometheusUrl),
      }),
    );
  } catch (cause) {
    await stop();
    throw cause;
  }
  return { prometheusUrl, alertmanagerUrl, servers, stop };
}

function prometheusConfig({
  cluster,
  caFile,
  exporterPort,
  alertmanagerPort,
}: {
  cluster: ClusterAccess;
  caFile: string;
  exporterPort: number;
  alertmanagerPort: number;
}): object {
  const target = (port: number | string) => [{ targets: [`127.0.0.1:${port}`] }];
  return {
    global: {
      scrape_interval: '1s',
      scrape_timeout: '1s',
      evaluation_interval: '1s',
      external_labels: { cluster: 'test' },
    },
    rule_files: ['rules.yml'],
    alerting: { alertmanagers: [{ static_configs: target(alertmanagerPort) }] },
    scrape_configs: [
      { job_name: 'kube-state-metrics', honor_labels: true, static_configs: target(exporterPort) },
      {
        job_name: 'apiserver',
        // A whole scrape is 15,000 samples; kept is what the recording rule needs.
        scrape_interval: '2s',
        scrape_timeout: '2s',
        scheme: 'https',
        tls_config: { ca_file: caFile },
        authorization: { type: 'Bearer', credentials: cluster.tokens.prometheus },
        static_configs: target(new URL(cluster.url).port),
        metric_relabel_configs: [
          {
            source_labels: ['__name__'],
            regex: 'apiserver_request_duration_seconds_bucket|process_.*',
            action: 'keep',
          },
        ],
      },
    ],
  };
}

function alertmanagerConfig({ url, token }: WebhookTarget): object {
  const authorization =
    token === undefined ? {} : { http_config: { authorization: { type: 'Bearer', credentials: token } } };
  return {
    route: {
      receiver: 'sre-copilot',
      group_by: ['alertname', 'namespace'],
      group_wait: '1s',
      group_interval: '5s',
      repeat_interval: '1h',
    },
    receivers: [{ name: 'sre-copilot', webhook_configs: [{ url, send_resolved: true, ...authorization }] }],
  };
}
