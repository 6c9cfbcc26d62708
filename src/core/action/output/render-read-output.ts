import type { WireObject } from '../../cluster/object.ts';
import { words } from './cell.ts';
import { lastSeenAt } from './printers/event.ts';
import { printerOf } from './printers/of-kind.ts';
import type { ReadOutput } from './read-output.ts';
import { tableOutput } from './table.ts';

export type TableOptions = {
  readonly wide: boolean;
  readonly now: Date;
  /** For a read across namespaces: a first column tells each object's namespace. */
  readonly showNamespace?: boolean;
};

/**
 * Prints objects of one kind as `kubectl get` does. Objects come in the server's order; events by when they were last seen.
 * Cells are computed from the objects, with wording as of Kubernetes 1.35; fields that a partial object lacks print as `<none>`,
 * `<unknown>` or 0, as kubectl prints them.
 */
export function renderReadOutput(kind: string, objects: readonly WireObject[], options: TableOptions): ReadOutput {
  const printer = printerOf(kind);
  const shown = printer.columns.map((column) => options.wide || column.wide !== true);
  const headings = printer.columns.filter((_, index) => shown[index]).map((column) => column.heading);
  const ordered = kind === 'Event' ? objects.toSorted(byLastSeen) : objects;
  const rows = ordered.map((object) => {
    const cells = printer.row(object, options.now).filter((_, index) => shown[index]);
    return options.showNamespace === true ? [words(object.metadata.namespace ?? ''), ...cells] : cells;
  });
  return tableOutput(options.showNamespace === true ? ['NAMESPACE', ...headings] : headings, rows);
}

/** The column keys that conditions may name for a kind, so that a runbook can be checked before anything is read. */
export function columnsOfKind(kind: string, wide: boolean): readonly string[] {
  return renderReadOutput(kind, [], { wide, now: new Date(0) }).columns;
}

function byLastSeen(a: WireObject, b: WireObject): number {
  return (Date.parse(lastSeenAt(a)) || 0) - (Date.parse(lastSeenAt(b)) || 0);
}
