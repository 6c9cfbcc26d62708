import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createKubernetesReader } from '../src/adapters/kubernetes/cluster-reader.ts';
import { type Connection, openConnection } from '../src/adapters/kubernetes/connection.ts';
import { createSystemClock } from '../src/adapters/system/clock.ts';
import { createClusterView } from '../src/core/cluster/cluster-view.ts';
import { typeOfKind } from '../src/core/cluster/kinds.ts';
import type { WireObject } from '../src/core/cluster/object.ts';
import { diagnose } from '../src/core/diagnosis/diagnose.ts';
import { createRedactor } from '../src/core/evidence/redaction.ts';
import { createInvestigate, type Question } from '../src/workflows/investigate.ts';
import { createApiClient } from '../test/real/api-client.ts';
import { provideParts } from '../test/real/binaries.ts';
import { type Cluster, missingClusterParts, startCluster } from '../test/real/cluster.ts';
import { killLeftovers } from '../test/real/process-ledger.ts';
import { type Filled, fillCluster } from './large-cluster/fill.ts';
import { createLoopDelay, type LoopDelay } from './large-cluster/loop-delay.ts';

const { values: options } = parseArgs({
  options: {
    pods: { type: 'string', default: '1000,10000' },
    namespaces: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);
const root = join(import.meta.dirname, '..');
const say = (line: string) => void process.stderr.write(`${line}\n`);
const redactor = createRedactor({ key: 'bench' });

type Row = {
  readonly question: string;
  readonly answer: string;
  readonly coldMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly bytes: number;
  readonly requests: number;
  readonly loop: LoopDelay;
  readonly rssMb: number;
};
type Outcome = {
  readonly cluster: Filled;
  readonly rows: readonly Row[];
  readonly floor: { readonly ms: number; readonly bytes: number };
  readonly cliMs: readonly number[];
  readonly analyzersMs: { readonly median: number; readonly max: number; readonly objects: number };
};

/**
 * The first answer on a real API server with very many pods: questions about a workload, a node, the control plane, a namespace and the whole cluster, over a new connection (cold)
 * and over a kept one; beside the floor of listing and parsing all pods, the whole command as a process of its own, and the rules over a capture of everything.
 */
async function main(): Promise<void> {
  const parts = await provideParts({ environment: process.env, progress: say });
  const missing = missingClusterParts(parts);
  if (missing.length > 0) {
    say(`no cluster without ${missing.join(' and ')}: nothing was measured`);
    return;
  }
  // No controllers: they would delete pods of nodes that no kubelet keeps.
  const none = { state: 'skipped', why: 'the bench fills the API server itself' } as const;
  const bare = { ...parts, kwok: { ...none, name: 'kwok' } } as typeof parts;
  const outcomes: Outcome[] = [];
  for (const pods of options.pods.split(',').map(Number)) {
    const scratch = mkdtempSync(join(tmpdir(), 'sre-copilot-bench-'));
    let cluster: Cluster | undefined;
    try {
      cluster = await startCluster({ parts: bare, scratch, progress: say });
      outcomes.push(await measure(cluster, pods));
    } finally {
      await cluster?.stop();
      killLeftovers(scratch);
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  if (options.json)
    console.log(JSON.stringify({ schema: 'sre-copilot/first-answer-bench/v1', rounds, outcomes }, null, 2));
  else for (const outcome of outcomes) print(outcome);
}

async function measure({ access }: Cluster, pods: number): Promise<Outcome> {
  const admin = createApiClient({ url: access.url, ca: access.ca, token: access.tokens.admin });
  const startedMs = performance.now();
  const filled = await fillCluster(admin, pods, Math.min(Number(options.namespaces), Math.ceil(pods / 5)));
  admin.close();
  say(
    `${pods} pods of ${filled.bytesOfAPod} bytes were made in ${Math.round((performance.now() - startedMs) / 1000)} s`,
  );
  const rows: Row[] = [];
  for (const [name, question] of questionsOf(filled)) rows.push(await ask(access.kubeconfigs.admin, name, question));
  return {
    cluster: filled,
    rows,
    floor: await listAllPods(access.kubeconfigs.admin),
    cliMs: await runCommand(access.kubeconfigs.admin),
    analyzersMs: await judgeEverything(access.kubeconfigs.admin),
  };
}

function questionsOf({ broken, crashing, well, node }: Filled): readonly (readonly [string, Question])[] {
  const deployment = ({ namespace, app }: Filled['well']) => ({
    scope: { object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: app } },
  });
  return [
    ['workload, image not found', deployment(broken)],
    ['workload, crashes', deployment(crashing)],
    ['workload, well', deployment(well)],
    ['workload by its name alone', { scope: {}, subject: { name: broken.app } }],
    ['namespace', { scope: { namespace: broken.namespace } }],
    ['node', { scope: { object: { apiVersion: 'v1', kind: 'Node', name: node } } }],
    ['control plane', { scope: { namespace: 'kube-system' } }],
    ['whole cluster', { scope: {} }],
  ];
}

async function connect(kubeconfig: string): Promise<Connection> {
  const connection = await openConnection({ from: 'text', text: readFileSync(kubeconfig, 'utf8') });
  if (!connection.ok) throw new Error(connection.error.sentence);
  return connection.value;
}

async function ask(kubeconfig: string, name: string, question: Question): Promise<Row> {
  const times: number[] = [];
  const loop = createLoopDelay();
  let coldMs = 0;
  let bytes = 0;
  let requests = 0;
  let answer = '';
  let connection = await connect(kubeconfig);
  for (let round = -1; round < rounds; round++) {
    bytes = 0;
    requests = 0;
    const { request } = connection;
    const reader = createKubernetesReader({
      cluster: 'bench',
      exchange: {
        async request(asked) {
          const got = await request(asked);
          requests++;
          if (got.ok) bytes += got.value.body.length;
          return got;
        },
      },
    });
    const investigate = createInvestigate({ reader, redactor, matchRunbooks: () => [], clock: createSystemClock() });
    if (round === 0) loop.start();
    const startedMs = performance.now();
    const { status, findings, missing } = await investigate(question);
    const tookMs = performance.now() - startedMs;
    if (round === -1) {
      coldMs = tookMs;
      connection.close();
      connection = await connect(kubeconfig);
      await investigateOnce(connection, question);
    } else times.push(tookMs);
    const first = findings[0];
    answer =
      first === undefined
        ? `${status}${missing[0] === undefined ? '' : ` (${missing[0].source}: ${missing[0].why})`}`
        : `${first.code} ${first.object.name}`;
  }
  const delay = loop.stop();
  connection.close();
  return {
    question: name,
    answer,
    coldMs,
    p50Ms: at(times, 0.5),
    p95Ms: at(times, 0.95),
    bytes,
    requests,
    loop: delay,
    rssMb: process.memoryUsage().rss / 2 ** 20,
  };
}

async function investigateOnce(connection: Connection, question: Question): Promise<void> {
  const reader = createKubernetesReader({ cluster: 'bench', exchange: connection });
  await createInvestigate({ reader, redactor, matchRunbooks: () => [], clock: createSystemClock() })(question);
}

/** What any tool pays that lists all pods before it looks: pages of 500, parsed. */
async function listAllPods(kubeconfig: string): Promise<Outcome['floor']> {
  const connection = await connect(kubeconfig);
  const times: number[] = [];
  let bytes = 0;
  for (let round = 0; round < 3; round++) {
    bytes = 0;
    const startedMs = performance.now();
    let token: string | undefined;
    do {
      const path = `/api/v1/pods?limit=500${token === undefined ? '' : `&continue=${encodeURIComponent(token)}`}`;
      const got = await connection.request({ method: 'GET', path, timeoutMs: 60_000, maxBytes: 2 ** 28 });
      if (!got.ok) throw new Error(got.error.detail);
      bytes += got.value.body.length;
      token = JSON.parse(got.value.body).metadata.continue || undefined;
    } while (token !== undefined);
    times.push(performance.now() - startedMs);
  }
  connection.close();
  return { ms: at(times, 0.5), bytes };
}

/** The command over the whole cluster, from the start of its process to its end. */
async function runCommand(kubeconfig: string): Promise<readonly number[]> {
  const times: number[] = [];
  for (let round = 0; round < 4; round++) {
    const startedMs = performance.now();
    const child = spawn(process.execPath, ['src/main.ts', 'investigate', '--json'], {
      cwd: root,
      env: { ...process.env, KUBECONFIG: kubeconfig },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`the command ended with ${code}`);
    times.push(performance.now() - startedMs);
  }
  return times;
}

/** The rules over a capture of everything that the cluster holds, at once. */
async function judgeEverything(kubeconfig: string): Promise<Outcome['analyzersMs']> {
  const connection = await connect(kubeconfig);
  const reader = createKubernetesReader({ cluster: 'bench', exchange: connection, timeoutMs: 60_000 });
  const objects: WireObject[] = [];
  const kinds = ['Pod', 'Node', 'Deployment', 'ReplicaSet', 'Service', 'EndpointSlice', 'Event', 'Namespace'] as const;
  for (const kind of kinds) {
    const list = await reader.list(typeOfKind(kind), {});
    if (!list.ok) throw new Error(list.error.sentence);
    objects.push(...list.value);
  }
  connection.close();
  const times = Array.from({ length: 5 }, () => {
    const startedMs = performance.now();
    const view = createClusterView(
      objects,
      [],
      kinds.map((kind) => ({ kind })),
    );
    diagnose(view, {}, { now: Date.now(), missing: [], redactor });
    return performance.now() - startedMs;
  });
  return { median: at(times, 0.5), max: at(times, 1), objects: objects.length };
}

function at(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function print({ cluster, rows, floor, cliMs, analyzersMs }: Outcome): void {
  const kB = (bytes: number) => `${Math.round(bytes / 1000)} kB`;
  console.log(
    `\n${cluster.pods} pods of ${kB(cluster.bytesOfAPod)} on ${cluster.nodes} nodes in ${cluster.namespaces} namespaces, ${rounds} rounds, node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}`,
  );
  for (const row of rows) {
    console.log(
      `${row.question.padEnd(28)} cold ${row.coldMs.toFixed(0).padStart(4)} ms  p50 ${row.p50Ms.toFixed(0).padStart(4)} ms  p95 ${row.p95Ms.toFixed(0).padStart(4)} ms  ${kB(row.bytes).padStart(9)} in ${String(row.requests).padStart(3)} requests  loop p99 ${row.loop.p99Ms.toFixed(0)} ms, ≤ ${row.loop.maxMs.toFixed(0)} ms (own ≤ ${row.loop.ownMaxMs.toFixed(0)} ms)  rss ${row.rssMb.toFixed(0)} MB  ${row.answer}`,
    );
  }
  console.log(`${'list and parse all pods'.padEnd(28)} ${floor.ms.toFixed(0)} ms  ${kB(floor.bytes)}`);
  console.log(
    `${'the command, whole cluster'.padEnd(28)} first ${(cliMs[0] ?? 0).toFixed(0)} ms, then ${at(cliMs.slice(1), 0.5).toFixed(0)} ms`,
  );
  console.log(
    `${'rules over a full capture'.padEnd(28)} median ${analyzersMs.median.toFixed(0)} ms, max ${analyzersMs.max.toFixed(0)} ms over ${analyzersMs.objects} objects`,
  );
}

await main();
