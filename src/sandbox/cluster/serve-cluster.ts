import type { Readable, Writable } from 'node:stream';
import { type Calls, serveLines } from './line-server.ts';
import type { Manifest, Role, SimulatedCluster } from './simulated-cluster.ts';

/**
 * Runs a simulated cluster for a parent process, so that it outlives whoever else is killed. The first line out is
 * `{"ready":{"url","kubeconfigs":{"admin","operator","reader","nobody"}}}`; `clusterCalls` are the calls; the end of the input stops it.
 */
export async function serveCluster(parts: {
  cluster: SimulatedCluster;
  input: Readable;
  output: Writable;
}): Promise<void> {
  const { cluster, input, output } = parts;
  const { kubeconfigFor, url } = await cluster.start();
  const roles: readonly Role[] = ['admin', 'operator', 'reader', 'nobody'];
  const kubeconfigs = Object.fromEntries(roles.map((role) => [role, kubeconfigFor(role)]));
  try {
    await serveLines({ calls: clusterCalls(cluster), ready: { url, kubeconfigs }, input, output });
  } finally {
    await cluster.stop();
  }
}

/** The calls a parent can make: `get`, `list`, `apply`, `patchStatus`, `remove`, `requests`, `writes`, `snapshot`, `down`, `fail`, `delay`, `cutConnection`, `clearFaults`. */
function clusterCalls(cluster: SimulatedCluster): Calls {
  const { faults } = cluster;
  return {
    get: (kind, namespace, name) => cluster.get(text(kind), optionalText(namespace), text(name)),
    list: (kind, namespace) => cluster.list(text(kind), optionalText(namespace)),
    apply: (manifest) => cluster.apply(record(manifest) as Manifest),
    patchStatus: (kind, namespace, name, status) =>
      cluster.patchStatus(text(kind), optionalText(namespace), text(name), record(status)),
    remove: (kind, namespace, name) => cluster.remove(text(kind), optionalText(namespace), text(name)),
    requests: () => cluster.requests(),
    writes: () => cluster.writes(),
    snapshot: () => cluster.snapshot(),
    down: (isDown) => faults.down(isDown === true),
    fail: (fault) => faults.fail({ code: 500, ...record(fault) }),
    delay: (delayMs, pattern) => faults.delay(Number(delayMs), pattern === undefined ? {} : record(pattern)),
    cutConnection: (fault) => faults.cutConnection(fault === undefined ? {} : record(fault)),
    clearFaults: () => faults.clear(),
  };
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`expected a text, got ${JSON.stringify(value)}`);
  return value;
}

function optionalText(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : text(value);
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`expected an object, got ${JSON.stringify(value)}`);
  return { ...value };
}
