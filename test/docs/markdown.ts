import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

export function readPage(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** The rows of the table whose header has exactly these cells. Throws when the page has no such table. */
export function tableOf(page: string, header: readonly string[]): string[][] {
  const lines = page.split('\n');
  const at = lines.findIndex((line) => cellsOf(line).join('|') === header.join('|'));
  if (at < 0) throw new Error(`no table with the header ${header.join(' | ')}`);
  const after = lines.slice(at + 2);
  const end = after.findIndex((line) => !line.startsWith('|'));
  return after.slice(0, end < 0 ? undefined : end).map(cellsOf);
}

function cellsOf(line: string): string[] {
  if (!line.startsWith('|')) return [];
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** `` `text` `` without its backticks; other text as it is. */
export function plain(cell: string): string {
  return cell.replace(/^`(.*)`$/, '$1');
}

/** Everything that stands in backticks or in a fenced block, a line at a time. */
export function codeOf(page: string): string[] {
  const fenced = [...page.matchAll(/^```[a-z]*\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) => block.split('\n'));
  const spans = [...page.replaceAll(/^```[a-z]*\n[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, span = '']) => span,
  );
  return [...fenced, ...spans].map((line) => line.trim()).filter((line) => line !== '');
}

/** Targets of links and images, without their fragment. */
export function linksOf(page: string): string[] {
  return [...page.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.replace(/#.*$/, ''))
    .filter((it) => it !== '');
}
