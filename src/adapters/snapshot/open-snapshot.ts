import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseTime, textAt } from '../../core/cluster/wire.ts';
import { fail, ok, type Problem, problem, type Result } from '../../core/result.ts';
import type { ClusterReader } from '../../ports/cluster-reader.ts';
import type { MetricsSource } from '../../ports/metrics-source.ts';
import { bundleLog, bundleObjects, bundleRoot, kindInBundle } from './bundle-layout.ts';
import { loadObjects } from './load-objects.ts';
import { newestTimeOf } from './newest-time.ts';
import { parseDocuments, readSmallFile } from './read-document.ts';
import { loadRecordedFacts } from './recorded-facts.ts';
import { loadRecordedMetrics } from './recorded-metrics.ts';
import { createSnapshotReader } from './snapshot-reader.ts';

/**
 * A folder that keeps a cluster as it was. `capturedAt` is what snapshot.yaml says, else the newest time found in the objects. `alerts` is the parsed
 * alerts.json as it is (undefined without one). `problems` tells which files were not understood; what the others hold can be used.
 */
export type Snapshot = {
  readonly reader: ClusterReader;
  readonly metrics: MetricsSource;
  readonly capturedAt: Date | undefined;
  readonly alerts: unknown;
  readonly problems: readonly string[];
};

export type SnapshotProblem = Problem<'snapshot.unreadable' | 'snapshot.empty'>;

/**
 * Opens a snapshot folder: our own layout (`objects/`, `logs/`, `alerts.json`, `metrics/`, `snapshot.yaml`), or what `kubectl cluster-info dump
 * --output-directory` writes (lists per namespace, logs beside them), or a troubleshoot.sh support bundle (`cluster-resources/`, also inside one folder more). What a
 * capture may add (`hosts/`, `probes.json`, `dependencies.json`, `manifests/`, `health/`, `audit.log`) is taken in each of them. Everything is read at once; nothing is written.
 */
export async function openSnapshot(folder: string): Promise<Result<Snapshot, SnapshotProblem>> {
  try {
    if (!(await stat(folder)).isDirectory()) return fail(unreadable(folder, 'it is not a folder'));
  } catch {
    return fail(unreadable(folder, 'it does not exist or may not be read'));
  }
  const problems: string[] = [];
  const layout = await layoutOf(folder);
  const objects = await loadObjects(layout.objects, problems, layout.kindOf);
  if (objects.length === 0) {
    return fail(
      problem(
        'snapshot.empty',
        `The snapshot ${folder} holds no Kubernetes objects${problems.length === 0 ? '' : ` that could be read (${problems[0]})`}. Nothing was diagnosed. Put them under objects/, as kubectl get -o json prints them.`,
      ),
    );
  }
  const about = await readOptional(folder, ['snapshot.yaml', 'snapshot.yml', 'snapshot.json'], problems);
  const cluster = textAt(about, 'cluster')?.slice(0, 200) ?? 'snapshot';
  const capturedMs = parseTime(textAt(about, 'capturedAt')) ?? newestTimeOf(objects);
  const capturedAt = capturedMs === undefined ? undefined : new Date(capturedMs);
  const metrics = await loadRecordedMetrics(join(folder, 'metrics'), problems);
  const alerts = await readOptional(folder, ['alerts.json'], problems);
  return ok({
    reader: createSnapshotReader({
      cluster,
      objects,
      asOf: capturedAt,
      recorded: await loadRecordedFacts(folder, alerts, problems),
      readLog: (options) => readLog(layout, options),
      readHealth: (path) => readHealth(folder, path),
    }),
    metrics,
    capturedAt,
    alerts,
    problems,
  });
}

/** How a folder is laid out: where its objects lie, and which file holds a log. */
type Layout = {
  readonly objects: string;
  readonly kindOf?: Parameters<typeof loadObjects>[2];
  readonly logFile: (name: LogName) => string;
  /** Takes the part of a file that is one container's log. */
  readonly section?: (text: string, name: LogName) => string | undefined;
};

async function layoutOf(folder: string): Promise<Layout> {
  if (await isFolder(join(folder, 'objects'))) {
    return {
      objects: join(folder, 'objects'),
      logFile: ({ namespace, pod, container, previous }) =>
        join(folder, 'logs', namespace, pod, `${container}${previous ? '.previous' : ''}.log`),
    };
  }
  const bundle = await bundleRoot(folder);
  if (bundle !== undefined)
    return { objects: bundleObjects(bundle), kindOf: kindInBundle, logFile: (name) => bundleLog(bundle, name) };
  return {
    objects: folder,
    kindOf: (path) => (besideADump.test(path) ? null : undefined),
    logFile: ({ namespace, pod }) => join(folder, namespace, pod, 'logs.txt'),
    section: (text, { container, previous }) => (previous ? undefined : sectionOf(text, container)),
  };
}

/** What people lay beside a dump, and what is none of its objects. */
const besideADump =
  /^(?:(?:snapshot|alerts|probes|dependencies)\.(?:json|ya?ml)$|manifests\/|hosts\/[^/]+\/services\.json$)/;

type LogName = {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly previous: boolean;
};

async function readLog(layout: Layout, name: LogName): Promise<string | undefined> {
  const { namespace, pod, container } = name;
  // These become parts of a path.
  if (![namespace, pod, container].every((part) => /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(part)))
    return undefined;
  const text = await readSmallFile(layout.logFile(name));
  return text === undefined || layout.section === undefined ? text : layout.section(text, name);
}

/** `/readyz?verbose` lies in `health/readyz.txt`. */
async function readHealth(folder: string, path: string): Promise<string | undefined> {
  const [, page] = /^\/(readyz|livez|healthz|version)(?:\?verbose)?$/.exec(path) ?? [];
  return page === undefined ? undefined : readSmallFile(join(folder, 'health', `${page}.txt`), 2 ** 20);
}

/** In a cluster-info dump the containers of a pod share one file, each between its START and END lines. */
function sectionOf(text: string, container: string): string | undefined {
  const lines = text.split('\n');
  const start = lines.findIndex(
    (line) => line.startsWith('==== START logs for container ') && line.includes(` ${container} of pod `),
  );
  if (start === -1) return undefined;
  const end = lines.findIndex((line, index) => index > start && line.startsWith('==== END logs for container '));
  return lines.slice(start + 1, end === -1 ? undefined : end).join('\n');
}

async function readOptional(folder: string, names: readonly string[], problems: string[]): Promise<unknown> {
  const present = new Set(await readdir(folder));
  const name = names.find((candidate) => present.has(candidate));
  if (name === undefined) return undefined;
  const text = await readSmallFile(join(folder, name));
  const documents = text === undefined ? undefined : parseDocuments(text, name);
  if (documents === undefined) problems.push(`${name}: could not be read`);
  return documents?.[0];
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

function unreadable(folder: string, why: string): SnapshotProblem {
  return problem(
    'snapshot.unreadable',
    `The snapshot ${folder} cannot be opened: ${why}. Nothing was diagnosed. Check the path.`,
  );
}
