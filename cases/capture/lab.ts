import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiClient, createApiClient } from '../../test/real/api-client.ts';
import { type PartName, type Parts, provideParts } from '../../test/real/binaries.ts';
import { type Cluster, startCluster } from '../../test/real/cluster.ts';
import { findFreePorts } from '../../test/real/free-ports.ts';
import { killLeftovers } from '../../test/real/process-ledger.ts';
import { type ServerProcess, startServer } from '../../test/real/server-process.ts';
import { kubeletStages } from './kubelet-stages.ts';

type Component = 'kube-scheduler' | 'kube-controller-manager' | 'kwok';

/** The real control plane that cases are captured from. Components can be stopped and started again: that is how "not running" is made. */
export type Lab = {
  readonly admin: ApiClient;
  /** PEM file and key of a certificate for 127.0.0.1 and the authority that signed it: for webhooks and the metrics API. */
  readonly certificate: { readonly certFile: string; readonly keyFile: string; readonly ca: string };
  /** Kills a component: its lease stays as it was, as after a crash. */
  readonly stop: (component: Component) => Promise<void>;
  /** Names of components that do not run now: their leases are renewed by nobody. */
  readonly stopped: () => readonly string[];
  readonly start: (component: Component) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Starts the cluster of the real tests, then replaces its scheduler, controller-manager and KWOK by ones that hold leases and play our stages. */
export async function openLab(say: (line: string) => void): Promise<Lab> {
  const parts = await provideParts({ environment: process.env, progress: say });
  const scratch = mkdtempSync(join(tmpdir(), 'sre-copilot-capture-'));
  let cluster: Cluster | undefined;
  try {
    cluster = await startCluster({ parts, scratch, progress: say });
    return await furnish({ parts, scratch, cluster });
  } catch (cause) {
    await cluster?.stop();
    killLeftovers(scratch);
    throw cause;
  }
}

async function furnish({ parts, scratch, cluster }: { parts: Parts; scratch: string; cluster: Cluster }): Promise<Lab> {
  const { access } = cluster;
  const admin = createApiClient({ url: access.url, ca: access.ca, token: access.tokens.admin });
  const kubeconfig = cluster.kubeconfigFor('admin');
  const folder = join(scratch, 'cluster');
  const configFile = join(scratch, 'kubelet-stages.yaml');
  writeFileSync(configFile, kubeletStages());
  const [kwokPort = 0] = await findFreePorts(1);
  const running = new Map<Component, ServerProcess>();

  const args: Record<Component, readonly string[]> = {
    'kube-scheduler': [`--kubeconfig=${kubeconfig}`, '--leader-elect=true', '--secure-port=0'],
    'kube-controller-manager': [
      `--kubeconfig=${kubeconfig}`,
      `--service-account-private-key-file=${join(folder, 'sa.key')}`,
      '--use-service-account-credentials',
      '--kube-api-qps=500',
      '--kube-api-burst=1000',
      '--leader-elect=true',
      '--secure-port=0',
    ],
    kwok: [
      `--kubeconfig=${kubeconfig}`,
      '--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake',
      '--node-lease-duration-seconds=40',
      '--node-ip=127.0.0.1',
      `--node-port=${kwokPort}`,
      `--server-address=127.0.0.1:${kwokPort}`,
      `--config=${configFile}`,
    ],
  };
  const start = async (component: Component) => {
    if (running.has(component)) return;
    const server = await startServer({
      name: `own-${component}`,
      path: pathOf(parts, component),
      args: args[component],
      scratch,
      isReady: () => true,
    });
    running.set(component, server);
  };
  const stop = async (component: Component) => {
    await running.get(component)?.stop('SIGKILL');
    running.delete(component);
  };

  const replaced: readonly Component[] = ['kube-scheduler', 'kube-controller-manager', 'kwok'];
  for (const component of replaced) await cluster.servers.find(({ name }) => name.endsWith(component))?.stop('SIGKILL');
  for (const name of ['node-1', 'node-2', 'node-3']) await admin.request('DELETE', `/api/v1/nodes/${name}`);
  for (const component of replaced) await start(component);

  const certFile = join(folder, 'certificates', 'apiserver.crt');
  const keyFile = join(folder, 'certificates', 'apiserver.key');
  return {
    admin,
    certificate: { certFile, keyFile, ca: access.ca },
    stop,
    start,
    stopped: () => replaced.filter((component) => !running.has(component)),
    close: async () => {
      admin.close();
      for (const component of replaced) await stop(component);
      await cluster.stop();
      killLeftovers(scratch);
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

function pathOf(parts: Parts, name: PartName): string {
  const part = parts[name];
  if (part.state === 'skipped') throw new Error(`${name} is missing: ${part.why}. Nothing was captured.`);
  return part.path;
}
