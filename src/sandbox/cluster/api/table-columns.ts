import { isReady, restartsOf } from '../controllers/pod-state.ts';
import { type KubeObject, type ObjectOf, valueAt } from '../store/stored-object.ts';

export type Column = {
  readonly name: string;
  readonly type: 'string' | 'integer';
  /** 0 is always printed, 1 only by `-o wide`. */
  readonly priority: 0 | 1;
  readonly cell: (object: KubeObject, nowMs: number) => string | number;
};

/** The columns that kubectl prints for a kind (pkg/printers/internalversion of Kubernetes); kinds without own columns get name and age. */
export function columnsOf(kind: string): readonly Column[] {
  return columns[kind] ?? [nameColumn, ageColumn];
}

const nameColumn: Column = { name: 'Name', type: 'string', priority: 0, cell: (object) => object.metadata.name };
const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  priority: 0,
  cell: (object, nowMs) => shortDuration(nowMs - Date.parse(object.metadata.creationTimestamp ?? '')),
};

function column<K extends string>(
  name: string,
  type: Column['type'],
  priority: Column['priority'],
  cell: (object: ObjectOf<K>, nowMs: number) => string | number,
): Column {
  // Columns are only asked for objects of the kind they are listed under.
  return { name, type, priority, cell: (object, nowMs) => cell(object as ObjectOf<K>, nowMs) };
}

const text = (value: unknown): string => (value === undefined || value === '' ? '<none>' : String(value));
const count = (object: KubeObject, path: string): number => Number(valueAt(object, path) ?? 0);
const templateContainers = (object: KubeObject): { name: string; image: string }[] => {
  const list = valueAt(object, 'spec.template.spec.containers');
  return Array.isArray(list) ? list : [];
};
const selectorText = (object: KubeObject): string =>
  Object.entries(valueAt(object, 'spec.selector.matchLabels') ?? {})
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(',');

const workloadWide: Column[] = [
  column('Containers', 'string', 1, (object) =>
    templateContainers(object)
      .map(({ name }) => name)
      .join(','),
  ),
  column('Images', 'string', 1, (object) =>
    templateContainers(object)
      .map(({ image }) => image)
      .join(','),
  ),
  column('Selector', 'string', 1, selectorText),
];

const columns: Readonly<Record<string, readonly Column[]>> = {
  Pod: [
    nameColumn,
    column<'Pod'>('Ready', 'string', 0, (pod) => {
      const statuses = pod.status?.containerStatuses ?? [];
      return `${statuses.filter(({ ready }) => ready).length}/${pod.spec?.containers.length ?? 0}`;
    }),
    column<'Pod'>('Status', 'string', 0, printedStatus),
    column<'Pod'>('Restarts', 'string', 0, printedRestarts),
    ageColumn,
    column<'Pod'>('IP', 'string', 1, (pod) => text(pod.status?.podIP)),
    column<'Pod'>('Node', 'string', 1, (pod) => text(pod.spec?.nodeName)),
    column<'Pod'>('Nominated Node', 'string', 1, (pod) => text(pod.status?.nominatedNodeName)),
    column<'Pod'>('Readiness Gates', 'string', 1, () => '<none>'),
  ],
  Deployment: [
    nameColumn,
    column(
      'Ready',
      'string',
      0,
      (object) => `${count(object, 'status.readyReplicas')}/${count(object, 'spec.replicas')}`,
    ),
    column('Up-to-date', 'integer', 0, (object) => count(object, 'status.updatedReplicas')),
    column('Available', 'integer', 0, (object) => count(object, 'status.availableReplicas')),
    ageColumn,
    ...workloadWide,
  ],
  ReplicaSet: [
    nameColumn,
    column('Desired', 'integer', 0, (object) => count(object, 'spec.replicas')),
    column('Current', 'integer', 0, (object) => count(object, 'status.replicas')),
    column('Ready', 'integer', 0, (object) => count(object, 'status.readyReplicas')),
    ageColumn,
    ...workloadWide,
  ],
  StatefulSet: [
    nameColumn,
    column(
      'Ready',
      'string',
      0,
      (object) => `${count(object, 'status.readyReplicas')}/${count(object, 'spec.replicas')}`,
    ),
    ageColumn,
    ...workloadWide.slice(0, 2),
  ],
  DaemonSet: [
    nameColumn,
    column('Desired', 'integer', 0, (object) => count(object, 'status.desiredNumberScheduled')),
    column('Current', 'integer', 0, (object) => count(object, 'status.currentNumberScheduled')),
    column('Ready', 'integer', 0, (object) => count(object, 'status.numberReady')),
    column('Up-to-date', 'integer', 0, (object) => count(object, 'status.updatedNumberScheduled')),
    column('Available', 'integer', 0, (object) => count(object, 'status.numberAvailable')),
    column('Node Selector', 'string', 0, () => '<none>'),
    ageColumn,
    ...workloadWide,
  ],
  Node: [
    nameColumn,
    column<'Node'>('Status', 'string', 0, (node) => {
      const ready =
        node.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True' ? 'Ready' : 'NotReady';
      return node.spec?.unschedulable === true ? `${ready},SchedulingDisabled` : ready;
    }),
    column<'Node'>('Roles', 'string', 0, (node) => {
      const prefix = 'node-role.kubernetes.io/';
      const roles = Object.keys(node.metadata.labels ?? {}).filter((label) => label.startsWith(prefix));
      return text(roles.map((label) => label.slice(prefix.length)).join(','));
    }),
    ageColumn,
    column<'Node'>('Version', 'string', 0, (node) => text(node.status?.nodeInfo?.kubeletVersion)),
  ],
  Event: [
    column<'Event'>('Last Seen', 'string', 0, (event, nowMs) =>
      shortDuration(nowMs - Date.parse(event.lastTimestamp ?? '')),
    ),
    column<'Event'>('Type', 'string', 0, (event) => text(event.type)),
    column<'Event'>('Reason', 'string', 0, (event) => text(event.reason)),
    column<'Event'>(
      'Object',
      'string',
      0,
      ({ involvedObject }) => `${(involvedObject.kind ?? '').toLowerCase()}/${involvedObject.name ?? ''}`,
    ),
    column<'Event'>('Message', 'string', 0, (event) => (event.message ?? '').trim()),
  ],
};

/** The word in kubectl's STATUS column: the most telling reason of the containers, else the phase. */
function printedStatus(pod: ObjectOf<'Pod'>): string {
  let status = pod.status?.reason ?? pod.status?.phase ?? 'Unknown';
  let hasRunning = false;
  for (const container of (pod.status?.containerStatuses ?? []).toReversed()) {
    const { running, terminated, waiting } = container.state ?? {};
    if (waiting?.reason !== undefined && waiting.reason !== '') status = waiting.reason;
    else if (terminated !== undefined) status = terminated.reason ?? `ExitCode:${terminated.exitCode}`;
    else if (container.ready && running !== undefined) hasRunning = true;
  }
  if (status === 'Completed' && hasRunning) status = isReady(pod) ? 'Running' : 'NotReady';
  return pod.metadata.deletionTimestamp === undefined ? status : 'Terminating';
}

function printedRestarts(pod: ObjectOf<'Pod'>, nowMs: number): string {
  const restarts = restartsOf(pod);
  const ends = (pod.status?.containerStatuses ?? []).flatMap(
    ({ lastState }) => lastState?.terminated?.finishedAt ?? [],
  );
  const last = ends.toSorted().at(-1);
  return restarts === 0 || last === undefined
    ? String(restarts)
    : `${restarts} (${shortDuration(nowMs - Date.parse(last))} ago)`;
}

/** `5s`, `3m12s`, `2h`, `4d`: apimachinery's HumanDuration, in its coarse steps. */
function shortDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (!Number.isFinite(seconds)) return '<unknown>';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  return days < 8 && hours % 24 !== 0 ? `${days}d${hours % 24}h` : `${days}d`;
}
