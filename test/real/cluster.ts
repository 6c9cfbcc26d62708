import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { type ApiClient, createApiClient } from './api-client.ts';
import { kwokModuleFolder, type Part, type PartName, type Parts } from './binaries.ts';
import type { Progress } from './build-go-tool.ts';
import {
  type ClusterUser,
  clusterUsers,
  createTokens,
  kubeconfigText,
  type Tokens,
  tokensCsv,
} from './cluster-users.ts';
import { findFreePorts } from './free-ports.ts';
import { clusterLogsDefinition, kwokConfig, kwokNode } from './kwok-config.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { waitFor } from './wait-for.ts';

/** How to reach a running test cluster; plain data, so that it can be handed to another process. */
export type ClusterAccess = {
  readonly url: string;
  /** PEM of the certificate authority that signed the API server's certificate. */
  readonly ca: string;
  readonly tokens: Tokens;
  /** Path of a kubeconfig for each user. */
  readonly kubeconfigs: Readonly<Record<ClusterUser, string>>;
  /** False when controller-manager, scheduler or kwok are missing: then no Deployment gets pods. */
  readonly runsWorkloads: boolean;
};

/** A cluster of real servers on 127.0.0.1, with KWOK in the place of kubelets. */
export type Cluster = {
  readonly access: ClusterAccess;
  readonly servers: readonly ServerProcess[];
  kubeconfigFor(user: ClusterUser): string;
  /** Kills all servers and returns when every one is gone. Safe to call twice. */
  stop(): Promise<void>;
};

/** The parts without which there is no cluster, and those without which it runs no workloads. */
const clusterParts = {
  needed: ['etcd', 'kube-apiserver'],
  workloads: ['kube-controller-manager', 'kube-scheduler', 'kwok'],
} as const;

const nodeNames = ['node-1', 'node-2', 'node-3'];

/**
 * Starts etcd, kube-apiserver and, where they could be had, controller-manager, scheduler and kwok, and returns when the
 * nodes are Ready.
 *
 * On any failure what was started is stopped again and the error carries the tail of the log.
 *
 * @param scratch The folder of the run: logs and the ledger of processes go there.
 * @param name Tells this cluster's folder and logs from those of another in the same run; `cluster` for the shared one.
 */
export async function startCluster({
  parts,
  scratch,
  name = 'cluster',
  progress = () => {},
}: {
  parts: Parts;
  scratch: string;
  name?: string;
  progress?: Progress;
}): Promise<Cluster> {
  const folder = join(scratch, name);
  mkdirSync(folder, { recursive: true });
  const servers: ServerProcess[] = [];
  // SIGKILL: the API server would wait a minute for open watches, and nothing here is worth a clean end.
  const stop = async () => {
    await Promise.all([...servers].reverse().map((server) => server.stop('SIGKILL')));
  };
  const start: Start = async (server) => {
    servers.push(await startServer({ ...server, name: `${name}-${server.name}`, scratch }));
  };
  try {
    const access = await startControlPlane({ parts, folder, start });
    const admin = createApiClient({ url: access.url, ca: access.ca, token: access.tokens.admin });
    try {
      await applyRbac(admin);
      if (access.runsWorkloads) await startWorkers({ parts, folder, start, access, admin });
    } finally {
      admin.close();
    }
    progress(`cluster is up at ${access.url}: ${servers.map((server) => server.name).join(', ')}`);
    return { access, servers, stop, kubeconfigFor: (user) => access.kubeconfigs[user] };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

type Start = (server: Omit<Parameters<typeof startServer>[0], 'scratch'>) => Promise<void>;

async function startControlPlane({
  parts,
  folder,
  start,
}: {
  parts: Parts;
  folder: string;
  start: Start;
}): Promise<ClusterAccess> {
  const [clientPort = 0, peerPort = 0, apiPort = 0] = await findFreePorts(3);
  const tokens = createTokens();
  const tokenFile = writePrivate(join(folder, 'tokens.csv'), tokensCsv(tokens));
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' });
  const keyFile = writePrivate(join(folder, 'sa.key'), String(key));
  const certificates = join(folder, 'certificates');
  const etcdUrl = `http://127.0.0.1:${clientPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const url = `https://127.0.0.1:${apiPort}`;

  await start({
    name: 'etcd',
    path: pathOf(parts.etcd),
    args: [
      `--data-dir=${join(folder, 'etcd')}`,
      '--unsafe-no-fsync',
      '--log-level=error',
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
    ],
    isReady: async () => (await fetch(`${etcdUrl}/health`, { signal: AbortSignal.timeout(1_000) })).ok,
  });

  // The server signs its own certificate at start; the file ends with the authority that clients are to trust.
  const certificateFile = join(certificates, 'apiserver.crt');
  await start({
    name: 'kube-apiserver',
    path: pathOf(parts['kube-apiserver']),
    args: [
      `--etcd-servers=${etcdUrl}`,
      `--secure-port=${apiPort}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--cert-dir=${certificates}`,
      `--token-auth-file=${tokenFile}`,
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${keyFile}`,
      `--service-account-signing-key-file=${keyFile}`,
      '--service-cluster-ip-range=10.96.0.0/16',
      '--allow-privileged',
      '--kubelet-preferred-address-types=InternalIP',
    ],
    isReady: async () => {
      if (!existsSync(certificateFile)) return false;
      const client = createApiClient({ url, ca: readFileSync(certificateFile, 'utf8'), token: tokens.admin });
      try {
        return (await client.request('GET', '/readyz')).status === 200;
      } finally {
        client.close();
      }
    },
  });

  const ca = readFileSync(certificateFile, 'utf8');
  const kubeconfigFolder = join(folder, 'kubeconfigs');
  mkdirSync(kubeconfigFolder, { recursive: true });
  const write = (user: ClusterUser) =>
    [
      user,
      writePrivate(join(kubeconfigFolder, `${user}.yaml`), kubeconfigText({ url, ca, user, token: tokens[user] })),
    ] as const;
  // Object.fromEntries forgets the keys it was given; every user is in the list.
  const kubeconfigs = Object.fromEntries(clusterUsers.map(write)) as Record<ClusterUser, string>;
  const runsWorkloads = clusterParts.workloads.every((name) => parts[name].state === 'found');
  return { url, ca, tokens, kubeconfigs, runsWorkloads };
}

async function startWorkers({
  parts,
  folder,
  start,
  access,
  admin,
}: {
  parts: Parts;
  folder: string;
  start: Start;
  access: ClusterAccess;
  admin: ApiClient;
}): Promise<void> {
  const kubeconfig = access.kubeconfigs.admin;
  const [kwokPort = 0] = await findFreePorts(1);
  const moduleFolder = kwokModuleFolder();
  const configFile = join(folder, 'kwok.yaml');
  writeFileSync(configFile, kwokConfig(moduleFolder));
  await admin.send(
    'POST',
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    clusterLogsDefinition(moduleFolder),
  );
  await waitFor('the ClusterLogs resource to be served', async () => {
    return (await admin.request('GET', '/apis/kwok.x-k8s.io/v1alpha1/clusterlogs')).status === 200;
  });

  await start({
    name: 'kube-controller-manager',
    path: pathOf(parts['kube-controller-manager']),
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--service-account-private-key-file=${join(folder, 'sa.key')}`,
      '--use-service-account-credentials',
      // Without these each controller's client is created under throttling, which costs 5 s at start.
      '--kube-api-qps=500',
      '--kube-api-burst=1000',
      '--leader-elect=false',
      '--secure-port=0',
    ],
    isReady: async () =>
      (await admin.request('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status === 200,
  });
  await start({
    name: 'kube-scheduler',
    path: pathOf(parts['kube-scheduler']),
    args: [`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--secure-port=0'],
    isReady: () => true, // it serves no port; a pod that gets a node shows that it works
  });
  await start({
    name: 'kwok',
    path: pathOf(parts.kwok),
    args: [
      `--kubeconfig=${kubeconfig}`,
      '--manage-all-nodes=true',
      '--node-lease-duration-seconds=5',
      '--node-ip=127.0.0.1',
      `--node-port=${kwokPort}`,
      `--server-address=127.0.0.1:${kwokPort}`, // without it --node-port listens on every address
      `--config=${configFile}`,
      '--enable-crds=ClusterLogs',
    ],
    isReady: async () =>
      (await fetch(`http://127.0.0.1:${kwokPort}/healthz`, { signal: AbortSignal.timeout(1_000) })).ok,
  });

  for (const name of nodeNames) await admin.send('POST', '/api/v1/nodes', kwokNode(name));
  // A pod created while a node still carries its start-up taint gets a FailedScheduling event that means nothing.
  await waitFor('the nodes to be Ready and without taints', async () => {
    const nodes = await Promise.all(nodeNames.map((name) => admin.get<WireNode>(`/api/v1/nodes/${name}`)));
    return nodes.every(
      (node) =>
        (node.spec?.taints ?? []).length === 0 &&
        (node.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True'),
    );
  });
}

type WireNode = { spec?: { taints?: unknown[] }; status?: { conditions?: { type: string; status: string }[] } };

async function applyRbac(admin: ApiClient): Promise<void> {
  for (const document of loadAll(readFileSync(join(import.meta.dirname, 'rbac.yaml'), 'utf8'))) {
    // The file is ours and sits beside this one; only its kind is looked at.
    const { kind } = document as { kind: string };
    const plural = kind === 'ClusterRole' ? 'clusterroles' : 'clusterrolebindings';
    await admin.send('POST', `/apis/rbac.authorization.k8s.io/v1/${plural}`, document);
  }
}

function pathOf(part: Part): string {
  if (part.state === 'skipped') throw new Error(`${part.name} is missing: ${part.why}.`);
  return part.path;
}

/** The parts of a cluster that were not found, by name. */
export function missingClusterParts(parts: Parts): PartName[] {
  return clusterParts.needed.filter((name) => parts[name].state === 'skipped');
}

function writePrivate(file: string, text: string): string {
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}
