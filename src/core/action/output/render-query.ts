import { type Cell, words } from './cell.ts';
import type { ReadOutput } from './read-output.ts';
import { tableOutput } from './table.ts';

export type QuerySample = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

/** The result of a PromQL instant query as a table: one column for each label that occurs, then `VALUE`. */
export function renderQuery(samples: readonly QuerySample[]): ReadOutput {
  const labels = [...new Set(samples.flatMap((sample) => Object.keys(sample.labels)))]
    .filter((label) => label !== 'value')
    .toSorted();
  return tableOutput(
    [...labels.map((label) => label.toUpperCase()), 'VALUE'],
    samples.map((sample) => [...labels.map((label) => words(sample.labels[label] ?? '', '')), valueCell(sample.value)]),
    samples.length === 0 ? ['The query has no result: no such series now.'] : [],
  );
}

// NaN and infinities are no measurements that a comparison may use.
function valueCell(value: number): Cell {
  return { text: String(value), value: Number.isFinite(value) ? value : String(value) };
}
