import {
  type ClusterView,
  type ContainerLog,
  createClusterView,
  type TriagedObject,
  type WholeList,
} from '../../core/cluster/cluster-view.ts';
import { isKnownKind, typeOfKind } from '../../core/cluster/kinds.ts';
import { type ObjectRef, sayRef, type WireObject } from '../../core/cluster/object.ts';
import type { PlannedRead } from '../../core/cluster/read-set.ts';
import { refKey } from '../../core/cluster/topology.ts';
import { isWellRow, stateOfRow, suspectsAmong } from '../../core/cluster/triage-row.ts';
import type { Investigation } from '../../core/diagnosis/investigation.ts';
import type { Problem, Result } from '../../core/result.ts';
import type { ClusterReader, ListOptions, PrintedTable } from '../../ports/cluster-reader.ts';
import type { Deadline } from './deadline.ts';
import { findByName } from './find-by-name.ts';

export type Missing = Investigation['missing'][number];

const maxSuspects = 60;

/**
 * What reading has given so far. `missing` keeps an answer from being `healthy`; `unread` is told beside an answer that is not, and does not change it: what a role
 * may not see, or a capture may simply not hold.
 */
export interface Gathering {
  /** Reads one list of the plan and keeps what it gave, or why it gave nothing. */
  read(plan: PlannedRead): Promise<void>;
  /** Reads objects by name. What is not there is no problem. */
  get(refs: readonly ObjectRef[]): Promise<void>;
  /** Reads what is known of the Secrets of a namespace, where the reader may: metadata alone. What fails is told beside an answer and changes none. */
  secrets(namespace: string): Promise<void>;
  /** Adds objects that were read in another way. */
  keep(objects: readonly WireObject[], whole?: readonly WholeList[]): void;
  view(logs?: readonly ContainerLog[]): ClusterView;
  readonly missing: Missing[];
  readonly unread: Missing[];
}

export function createGathering(dependencies: { readonly reader: ClusterReader; readonly timed: Deadline }): Gathering {
  const { reader, timed } = dependencies;
  const objects: WireObject[] = [];
  const whole: WholeList[] = [];
  const triaged: TriagedObject[] = [];
  const missing: Missing[] = [];
  const unread: Missing[] = [];
  const asked = new Set<string>();
  // Only ever grows: as long as nothing was added, the index of before holds.
  let built: { readonly state: string; readonly view: ClusterView } | undefined;

  const tell = ({ source, need }: Pick<PlannedRead, 'source' | 'need'>, { code, sentence }: Problem): void => {
    const list = need === 'background' && code === 'cluster.forbidden' ? unread : missing;
    if (!list.some((known) => known.source === source)) list.push({ source, why: sentence });
  };

  const listWhole = async (plan: PlannedRead): Promise<void> => {
    const { kind, namespace, fieldSelector, labelSelector, upTo } = plan;
    const read = await timed((signal) => reader.list(typeOfKind(kind), optionsOf(plan, signal)));
    if (!read.ok) {
      // A cluster that does not serve a kind has none of it.
      if (read.error.code === 'cluster.not-found') whole.push({ kind, namespace });
      else tell(plan, read.error);
      return;
    }
    objects.push(...read.value);
    if (labelSelector !== undefined || (upTo !== undefined && read.value.length >= upTo)) return;
    if (fieldSelector === undefined) whole.push({ kind, namespace });
    else if (kind === 'Pod' && fieldSelector.startsWith('spec.nodeName='))
      whole.push({ kind, node: fieldSelector.slice('spec.nodeName='.length) });
  };

  const countFirst = async (plan: PlannedRead, wholeUpTo: number): Promise<void> => {
    const { kind, namespace, keep } = plan;
    const table: Result<PrintedTable, Problem> = await timed((signal) =>
      reader.table(typeOfKind(kind), optionsOf(plan, signal)),
    );
    if (!table.ok) {
      if (table.error.code === 'cluster.not-found') whole.push({ kind, namespace });
      else if (table.error.code === 'cluster.bad-answer') await listWhole(plan);
      else tell(plan, table.error);
      return;
    }
    const rows = table.value.rows.flatMap((row): TriagedObject[] =>
      row.Name === undefined || row.Name === ''
        ? []
        : [{ kind, namespace, name: row.Name, isWell: isWellRow(kind, row), printed: stateOfRow(row) }],
    );
    if (rows.length === 0) {
      whole.push({ kind, namespace });
      return;
    }
    if (rows.length <= wholeUpTo) return listWhole(plan);
    const kept = keep === undefined ? [] : rows.filter(({ name }) => keep.test(name)).slice(0, maxSuspects);
    const suspects = new Set([...suspectsAmong(rows, maxSuspects), ...kept]);
    triaged.push(...rows);
    const found = await findByName({ reader, timed, kind, namespace, rows: [...suspects] });
    objects.push(...found.objects);
    for (const problem of found.problems) tell(plan, problem);
  };

  return {
    missing,
    unread,
    read: (plan) => (plan.wholeUpTo === undefined ? listWhole(plan) : countFirst(plan, plan.wholeUpTo)),
    async get(refs) {
      await Promise.all(
        refs.map(async (ref) => {
          const key = refKey(ref);
          if (asked.has(key) || !isKnownKind(ref.kind)) return;
          asked.add(key);
          const type = typeOfKind(ref.kind);
          const read = await timed((signal) => reader.get(type, ref.namespace, ref.name, signal));
          if (read.ok) objects.push(read.value);
          else if (read.error.code !== 'cluster.not-found') tell({ source: sayRef(ref), need: 'required' }, read.error);
        }),
      );
    },
    async secrets(namespace) {
      const { secretMetadata } = reader;
      if (secretMetadata === undefined) return;
      const read = await timed((signal) => secretMetadata(namespace, signal));
      if (read.ok) {
        objects.push(...read.value);
        whole.push({ kind: 'Secret', namespace });
      } else unread.push({ source: `metadata of secrets in ${namespace}`, why: read.error.sentence });
    },
    keep(more, lists = []) {
      objects.push(...more);
      whole.push(...lists);
    },
    view(logs = []) {
      const state = `${objects.length} ${whole.length} ${triaged.length}`;
      if (logs.length === 0 && built?.state === state) return built.view;
      const view = createClusterView(objects, logs, whole, unreadRows(triaged, objects));
      if (logs.length === 0) built = { state, view };
      return view;
    },
  };
}

/** The lines of objects that were not read whole in the meantime. Lines of a table over all namespaces do not say theirs: a namesake counts as read. */
function unreadRows(rows: readonly TriagedObject[], objects: readonly WireObject[]): readonly TriagedObject[] {
  if (rows.length === 0) return rows;
  const kinds = new Set(rows.map(({ kind }) => String(kind)));
  const known = new Set<string>();
  for (const { kind, metadata } of objects) {
    if (!kinds.has(kind)) continue;
    known.add(`${kind}//${metadata.name}`);
    if (metadata.namespace !== undefined) known.add(`${kind}/${metadata.namespace}/${metadata.name}`);
  }
  return rows.filter(({ kind, namespace, name }) => !known.has(`${kind}/${namespace ?? ''}/${name}`));
}

function optionsOf(plan: PlannedRead, signal: AbortSignal): ListOptions {
  const { namespace, fieldSelector, labelSelector, upTo } = plan;
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(upTo === undefined ? {} : { upTo }),
    signal,
  };
}
