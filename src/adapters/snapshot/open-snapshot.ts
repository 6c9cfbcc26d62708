import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseTime, textAt } from '../../core/cluster/wire.ts';
import { fail, ok, type Problem, problem, type Result } from '../../core/result.ts';
import type { ClusterReader } from '../../ports/cluster-reader.ts';
import type { MetricsSource } from '../../ports/metrics-source.ts';
import { loadObjects } from './load-objects.ts';
import { newestTimeOf } from './newest-time.ts';
import { parseDocuments, readSmallFile } from './read-document.ts';
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
 * --output-directory` writes (lists per namespace, logs beside them). Everything is read at once; nothing is written.
 */
export async function openSnapshot(folder: string): Promise<Result<Snapshot, SnapshotProblem>> {
  try {
    if (!(await stat(folder)).isDirectory()) return fail(unreadable(folder, 'it is not a folder'));
  } catch {
    return fail(unreadable(folder, 'it does not exist or may not be read'));
  }
  const problems: string[] = [];
  const isOwnLayout = await isFolder(join(folder, 'objects'));
  const objects = await loadObjects(isOwnLayout ? join(folder, 'objects') : folder, problems);
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
  const capturedAt = parseTime(textAt(about, 'capturedAt')) ?? newestTimeOf(objects);
  return ok({
    reader: createSnapshotReader({
      cluster,
      objects,
      readLog: (options) => readLog(folder, isOwnLayout, options),
    }),
    metrics: await loadRecordedMetrics(join(folder, 'metrics'), problems),
    capturedAt: capturedAt === undefined ? undefined : new Date(capturedAt),
    alerts: await readOptional(folder, ['alerts.json'], problems),
    problems,
  });
}

type LogName = {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly previous: boolean;
};

async function readLog(folder: string, isOwnLayout: boolean, name: LogName): Promise<string | undefined> {
  const { namespace, pod, container, previous } = name;
  // These become parts of a path.
  if (![namespace, pod, container].every((part) => /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(part)))
    return undefined;
  const file = isOwnLayout
    ? join(folder, 'logs', namespace, pod, `${container}${previous ? '.previous' : ''}.log`)
    : join(folder, namespace, pod, 'logs.txt');
  const text = await readSmallFile(file);
  if (text === undefined || isOwnLayout) return text;
  return previous ? undefined : sectionOf(text, container);
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
