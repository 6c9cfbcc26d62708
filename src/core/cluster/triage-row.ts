import type { KnownKind } from './kinds.ts';

/** Cells of a printed line by the name of their column, as the API server's Table gives them. */
export type PrintedCells = Readonly<Record<string, string>>;

type IsWell = (row: PrintedCells) => boolean;

const allEqual =
  (...columns: readonly string[]): IsWell =>
  (row) =>
    new Set(columns.flatMap((column) => row[column] ?? [])).size <= 1;

const reads =
  (column: string, ...good: readonly string[]): IsWell =>
  (row) =>
    row[column] === undefined || good.includes(row[column]);

/** A restart counts as news for an hour; `RESTARTS` reads `5 (2m ago)`, `5 (2m30s ago)`, `5 (3h ago)`. */
const restartedLately = /\((?:\d{1,4}m)?(?:\d{1,4}s)? ago\)/;

const wellPod: IsWell = (row) => {
  const { Status: status = '', Ready: ready = '', Restarts: restarts = '' } = row;
  if (status === 'Completed' || status === 'Succeeded') return true;
  return status === 'Running' && isFull(ready) && !restartedLately.test(restarts);
};

const wellJob: IsWell = (row) => (row.Status === undefined ? isFull(row.Completions ?? '') : !/fail/i.test(row.Status));

const byKind: Partial<Readonly<Record<KnownKind, IsWell>>> = {
  Pod: wellPod,
  Deployment: (row) =>
    isFull(row.Ready ?? '') && (row['Up-to-date'] === undefined || row['Up-to-date'] === desiredOf(row.Ready)),
  StatefulSet: (row) => isFull(row.Ready ?? ''),
  DaemonSet: allEqual('Desired', 'Current', 'Ready', 'Up-to-date', 'Available'),
  ReplicaSet: allEqual('Desired', 'Current', 'Ready'),
  ReplicationController: allEqual('Desired', 'Current', 'Ready'),
  Job: wellJob,
  PersistentVolumeClaim: reads('Status', 'Bound'),
  PersistentVolume: reads('Status', 'Bound', 'Available'),
  VolumeAttachment: reads('Attached', 'true'),
  Node: reads('Status', 'Ready'),
  Namespace: reads('Status', 'Active'),
  HorizontalPodAutoscaler: (row) => !(row.Targets ?? '').includes('<unknown>'),
  PodDisruptionBudget: (row) => row['Allowed Disruptions'] !== '0',
  APIService: (row) => !(row.Available ?? 'True').startsWith('False'),
  Certificate: reads('Ready', 'True'),
  Kustomization: reads('Ready', 'True'),
  HelmRelease: reads('Ready', 'True'),
  GitRepository: reads('Ready', 'True'),
  Application: (row) => reads('Health Status', 'Healthy')(row) && reads('Sync Status', 'Synced')(row),
};

/**
 * Whether a printed line says that its object is well. For triage only: it decides what is read whole, nothing is concluded from it. Kinds whose line does not tell
 * count as well.
 *
 * Columns: `pkg/printers/internalversion` of Kubernetes 1.28-1.35, `additionalPrinterColumns` of the custom resources.
 */
export function isWellRow(kind: KnownKind, row: PrintedCells): boolean {
  return byKind[kind]?.(row) ?? true;
}

/** The state that a line tells, for people: `0/1 CrashLoopBackOff`. */
export function stateOfRow(row: PrintedCells): string {
  return ['Ready', 'Completions', 'Status', 'Restarts', 'Available', 'Targets']
    .flatMap((column) => (row[column] === undefined || row[column] === '0' ? [] : [row[column]]))
    .join(' ')
    .slice(0, 80);
}

/** Pods of one owner carry names that differ only in their hash: `checkout-7d9c5b6f4-x2x8k` → `checkout`. */
export function stemOfName(name: string): string {
  return name.replace(/(?:-[a-z0-9]{4,10}){1,2}$|-\d{1,4}$/, '');
}

/**
 * The lines worth a whole read, at most `max`: those that are not well, a few of each kind of trouble before more of the same, since what fails alike is
 * explained alike. In the order of their names, so that the order of reading never shows.
 */
export function suspectsAmong<T extends { readonly name: string; readonly isWell: boolean; readonly printed: string }>(
  rows: readonly T[],
  max: number,
): readonly T[] {
  const sick = rows.filter(({ isWell }) => !isWell).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (sick.length <= max) return sick;
  const seen = new Map<string, number>();
  return sick
    .map((row) => {
      const alike = `${stemOfName(row.name)} ${row.printed.replace(/\d+/g, '0')}`;
      const before = seen.get(alike) ?? 0;
      seen.set(alike, before + 1);
      return { row, before };
    })
    .toSorted((a, b) => a.before - b.before)
    .slice(0, max)
    .map(({ row }) => row);
}

function isFull(ratio: string): boolean {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(ratio);
  return match !== null && match[1] === match[2];
}

function desiredOf(ratio: string | undefined): string | undefined {
  return ratio?.split('/')[1];
}
