import { printerOf } from '../../core/action/output/printers/of-kind.ts';
import type { WireObject } from '../../core/cluster/object.ts';
import type { PrintedTable } from '../../ports/cluster-reader.ts';

/** Objects as the API server's Table would print them: our printers' columns, spelt as it spells them. Ages are as of `now`. */
export function printRows(kind: string, objects: readonly WireObject[], now: Date): PrintedTable {
  const printer = printerOf(kind);
  const columns = printer.columns.map(({ heading }) => asTheServerSpells(heading));
  const rows = objects.map((object) =>
    Object.fromEntries(printer.row(object, now).map(({ text }, index) => [columns[index] ?? '', text])),
  );
  return { columns, rows };
}

// kubectl prints in capitals what the server calls `Up-to-date`, `Nominated Node`, `IP`.
function asTheServerSpells(heading: string): string {
  return heading
    .split(' ')
    .map((word) => (word === 'IP' ? word : word.charAt(0) + word.slice(1).toLowerCase()))
    .join(' ');
}
