import { isRecord, listAt, recordsAt, textAt } from '../../core/cluster/wire.ts';
import type { PrintedTable } from '../../ports/cluster-reader.ts';

/**
 * Reads a `meta.k8s.io/v1` Table. Cells are found by the names of `columnDefinitions`, never by position; `knownColumns` are those of an earlier page. Undefined for
 * what is no table: servers that print none answer with the list itself.
 */
export function readTable(answer: unknown, knownColumns: readonly string[]): PrintedTable | undefined {
  if (!isRecord(answer) || answer.kind !== 'Table' || !(Array.isArray(answer.rows) || answer.rows === null))
    return undefined;
  const defined = recordsAt(answer, 'columnDefinitions').map(({ record }) => textAt(record, 'name') ?? '');
  const columns = defined.length === 0 ? knownColumns : defined;
  if (!columns.includes('Name') && listAt(answer, 'rows').length > 0) return undefined;
  const rows = listAt(answer, 'rows').map((row) =>
    Object.fromEntries(
      listAt(row, 'cells').flatMap((cell, index): [string, string][] => {
        const column = columns[index];
        return column === undefined || column === '' ? [] : [[column, textOf(cell)]];
      }),
    ),
  );
  return { columns, rows };
}

function textOf(cell: unknown): string {
  if (typeof cell === 'string') return cell;
  return typeof cell === 'number' || typeof cell === 'boolean' ? String(cell) : '';
}
