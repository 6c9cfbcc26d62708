/**
 * `npm run test:real`: finds or builds the real parts, starts a cluster, runs the tests under test/real against it,
 * stops everything and reports what was real.
 *
 * Arguments: `--report FILE` also writes vitest's JSON report there; `--keep` starts the cluster, prints how to reach it
 * and waits for Ctrl-C instead of running tests; everything else goes to vitest (names of test files, `-t`, …).
 *
 * Exit codes: 0 all passed · 1 a test failed, a server ended by itself, something was left running, or, where CI=true,
 * something was skipped · 2 wrong usage · 130 interrupted.
 */
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provideParts } from './binaries.ts';
import { type Cluster, missingClusterParts, startCluster } from './cluster.ts';
import { killLeftovers, recordProcess, startTicksOf } from './process-ledger.ts';
import { countsOf, reportLines, type TestCounts } from './report.ts';
import { type RunFacts, runFactsVariable } from './run-facts.ts';
import { logTail } from './server-process.ts';
import { waitFor } from './wait-for.ts';

const scratchPrefix = 'sre-copilot-real-';
const keptMs = 24 * 60 * 60_000;
const isCi = process.env.CI === 'true';
const startedAt = performance.now();
const elapsedSeconds = () => Math.round((performance.now() - startedAt) / 1000);
const say = (line: string) => console.log(`[real ${elapsedSeconds()} s] ${line}`);

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const usage = readUsage(args);
  if (usage === undefined) {
    console.error('usage: npm run test:real -- [--report FILE] [--keep] [arguments of vitest]');
    return 2;
  }
  if (process.platform !== 'linux') {
    console.error('The real parts are run on Linux only (the harness reads /proc); nothing was run.');
    return isCi ? 1 : 0;
  }
  sweepOldRuns();
  const interruption = new AbortController();
  let scratch: string | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (interruption.signal.aborted) {
        if (scratch !== undefined) killLeftovers(scratch);
        process.exit(130);
      }
      say('interrupted: stopping everything (once more to leave at once)');
      interruption.abort();
    });
  }

  say('finding the real parts');
  const parts = await provideParts({ environment: process.env, progress: say, signal: interruption.signal });
  const missing = missingClusterParts(parts);
  if (missing.length > 0 || interruption.signal.aborted) {
    print(reportLines({ parts, counts: undefined, seconds: elapsedSeconds() }));
    if (interruption.signal.aborted) return 130;
    say(`no cluster can be started without ${missing.join(' and ')}; no test was run`);
    return isCi ? 1 : 0;
  }

  scratch = mkdtempSync(join(tmpdir(), scratchPrefix));
  writeFileSync(join(scratch, 'owner'), ownerMark(process.pid));
  let cluster: Cluster | undefined;
  let counts: TestCounts | undefined;
  const complaints: string[] = [];
  try {
    cluster = await startCluster({ parts, scratch, progress: say });
    const facts: RunFacts = {
      scratch,
      parts,
      cluster: cluster.access,
      serverPids: cluster.servers.map(({ pid }) => pid),
    };
    const factsFile = join(scratch, 'facts.json');
    writeFileSync(factsFile, JSON.stringify(facts), { mode: 0o600 });
    if (usage.isKept) {
      say(`${runFactsVariable}=${factsFile}`);
      say(`KUBECONFIG=${cluster.kubeconfigFor('admin')} (others beside it); Ctrl-C stops the cluster`);
      await untilAborted(interruption.signal);
    } else {
      counts = await runVitest({ factsFile, scratch, usage, signal: interruption.signal });
      if (counts === undefined) complaints.push('vitest gave no report of its tests');
    }
    for (const server of cluster.servers) {
      const end = server.ended();
      if (end !== undefined)
        complaints.push(`${server.name} ended by itself during the run (${end}).\n${logTail(server.logFile)}`);
    }
  } catch (cause) {
    complaints.push(cause instanceof Error ? cause.message : String(cause));
  } finally {
    await cluster?.stop();
  }
  complaints.push(...(await stopLeftovers(scratch)));

  print(reportLines({ parts, counts, seconds: elapsedSeconds() }));
  const skipped = Object.values(parts)
    .filter(({ state }) => state === 'skipped')
    .map(({ name }) => name);
  if (isCi && skipped.length > 0) complaints.push(`CI=true and skipped: ${skipped.join(', ')}`);
  if (isCi && (counts?.skipped ?? 0) > 0) complaints.push(`CI=true and ${counts?.skipped} tests were skipped`);
  if (isCi && counts?.passed === 0) complaints.push('CI=true and no test passed');
  if (interruption.signal.aborted) {
    rmSync(scratch, { recursive: true, force: true });
    return usage.isKept ? 0 : 130;
  }
  for (const complaint of complaints) console.error(`Problem: ${complaint}`);
  const isGood = complaints.length === 0 && (counts?.failed ?? 0) === 0;
  if (isGood) rmSync(scratch, { recursive: true, force: true });
  else console.error(`Logs and data of this run are kept in ${scratch}`);
  return isGood ? 0 : 1;
}

type Usage = { reportFile: string | undefined; isKept: boolean; vitestArguments: string[] };

function readUsage(args: readonly string[]): Usage | undefined {
  const usage: Usage = { reportFile: undefined, isKept: false, vitestArguments: [] };
  const rest = [...args];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    if (argument === '--keep') usage.isKept = true;
    else if (argument === '--report') {
      usage.reportFile = rest.shift();
      if (usage.reportFile === undefined) return undefined;
    } else usage.vitestArguments.push(argument);
  }
  return usage;
}

async function runVitest({
  factsFile,
  scratch,
  usage,
  signal,
}: {
  factsFile: string;
  scratch: string;
  usage: Usage;
  signal: AbortSignal;
}): Promise<TestCounts | undefined> {
  const root = join(import.meta.dirname, '..', '..');
  const reportFile = join(scratch, 'vitest.json');
  const args = [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    `--config=${join(import.meta.dirname, 'vitest.config.ts')}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
    ...usage.vitestArguments,
  ];
  say('running the tests');
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, [runFactsVariable]: factsFile },
    detached: true, // so that Ctrl-C comes here first and the group can be ended as one
  });
  if (child.pid !== undefined) recordProcess(scratch, 'vitest', child.pid);
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => resolve());
    signal.addEventListener('abort', () => child.kill('SIGINT'), { once: true });
    signal.addEventListener('abort', () => setTimeout(() => killLeftovers(scratch), 10_000).unref(), { once: true });
  });
  if (!existsSync(reportFile)) return undefined;
  if (usage.reportFile !== undefined) copyFileSync(reportFile, usage.reportFile);
  return countsOf(JSON.parse(readFileSync(reportFile, 'utf8')));
}

// A test that failed half-way can leave its Prometheus behind; the ledger knows it. Needing this is a fault of a test.
async function stopLeftovers(scratch: string): Promise<string[]> {
  const killed = killLeftovers(scratch);
  if (killed.length === 0) return [];
  await waitFor('the servers left by tests to be gone', () => killLeftovers(scratch).length === 0, {
    timeoutMs: 10_000,
  });
  return [`left running by a test and now killed: ${killed.map(({ name, pid }) => `${name} (${pid})`).join(', ')}`];
}

/** Ends what an earlier run left behind when it was killed itself, and removes folders of failed runs when they are a day old. */
function sweepOldRuns(): void {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(scratchPrefix))) {
    const folder = join(tmpdir(), name);
    const mark = existsSync(join(folder, 'owner')) ? readFileSync(join(folder, 'owner'), 'utf8') : '';
    const owner = Number(mark.split(' ')[0]);
    // A folder without a mark is one that another run is making right now, or nothing of ours.
    if (mark === '' || ownerMark(owner) === mark) continue;
    const killed = killLeftovers(folder);
    if (killed.length > 0) {
      say(`killed what an earlier run left behind: ${killed.map(({ name: server }) => server).join(', ')}`);
    }
    // The logs of a run that failed are kept for a day; a run that was killed has nothing worth reading.
    const isOld = Date.now() - statSync(folder).mtimeMs > keptMs;
    if (killed.length > 0 || isOld) rmSync(folder, { recursive: true, force: true });
  }
}

function ownerMark(pid: number): string {
  return `${pid} ${startTicksOf(pid) ?? 'gone'}`;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  // The timer keeps the process alive: signal handlers do not.
  const timer = setInterval(() => {}, 60_000);
  return new Promise((resolve) => {
    const end = () => {
      clearInterval(timer);
      resolve();
    };
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
  });
}

function print(lines: readonly string[]): void {
  for (const line of lines) console.log(line);
}
