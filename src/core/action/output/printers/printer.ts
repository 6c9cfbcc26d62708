import type { WireObject } from '../../../cluster/object.ts';
import type { Cell } from '../cell.ts';

export type ColumnSpec = { readonly heading: string; readonly wide?: true };

/** How one kind is printed: the columns in kubectl's order, and one cell for each. `row` is given wire objects that may be partial. */
export type Printer = {
  readonly columns: readonly ColumnSpec[];
  readonly row: (object: WireObject, now: Date) => readonly Cell[];
};

/** Columns from headings; those that only `-o wide` prints end in `+`. */
export function columns(...headings: readonly string[]): readonly ColumnSpec[] {
  return headings.map((heading) =>
    heading.endsWith('+') ? { heading: heading.slice(0, -1), wide: true } : { heading },
  );
}
