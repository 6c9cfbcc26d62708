import type { Cell } from './cell.ts';
import { boundText, type OutputRow, type ReadOutput } from './read-output.ts';

// Control, bidi and zero-width characters: one cell must not look like several lines, nor like another cell.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

const maxCellCharacters = 1024;

/**
 * Lays rows of cells out as kubectl does (columns three spaces apart) and keeps their values as rows. Without rows the text is empty, as
 * kubectl's is: no heading is mistaken for a finding.
 */
export function tableOutput(
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
  notes: readonly string[] = [],
): ReadOutput {
  const lines = [headings, ...rows.map((cells) => cells.map((cell) => oneLine(cell.text)))];
  const widths = headings.map((_, column) =>
    lines.reduce((widest, line) => Math.max(widest, (line[column] ?? '').length), 0),
  );
  const text = lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
  const columns = headings.map(columnKey);
  return {
    ...boundText(rows.length === 0 ? '' : text, 'start'),
    columns,
    rows: rows.map((cells) => toRow(columns, cells)),
    notes,
  };
}

/** How conditions name a column: `LAST SEEN` is `last-seen`, `PORT(S)` is `ports`. */
function columnKey(heading: string): string {
  return heading.toLowerCase().replaceAll(/[()]/g, '').replaceAll(' ', '-');
}

function toRow(columns: readonly string[], cells: readonly Cell[]): OutputRow {
  return Object.fromEntries(columns.map((column, index) => [column, cells[index]?.value ?? '']));
}

function oneLine(text: string): string {
  const cleaned = text.replaceAll(unprintable, ' ');
  return cleaned.length > maxCellCharacters ? `${cleaned.slice(0, maxCellCharacters)}…` : cleaned;
}
