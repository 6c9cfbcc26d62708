/**
 * What a read gave. `text` is what kubectl would print, bounded; `rows` are its lines as values computed from the objects, keyed by
 * `columns` (lower case, spaces as `-`), never cut. In rows, times and ages are seconds, memory is bytes, cpu is cores.
 * `truncated`: the text ends before the output does. `failure`: the cluster answered, and the answer is bad (kubectl would exit with 1);
 * no condition holds for such an output. `notes`: what kubectl tells beside its output, and what could not be read.
 */
export type ReadOutput = {
  readonly text: string;
  readonly columns: readonly string[];
  readonly rows: readonly OutputRow[];
  readonly truncated: boolean;
  readonly failure?: string;
  readonly notes: readonly string[];
};
export type OutputRow = Readonly<Record<string, string | number>>;

const maxLines = 1000;
const maxCharacters = 64 * 1024;

/** An output without rows, bounded to 1,000 lines and 64 Ki characters. `keep: 'end'` is for logs, whose last lines matter most. */
export function textOutput(
  text: string,
  options: { readonly keep?: 'start' | 'end'; readonly failure?: string; readonly notes?: readonly string[] } = {},
): ReadOutput {
  const bounded = boundText(text, options.keep ?? 'start');
  return {
    ...bounded,
    columns: [],
    rows: [],
    ...(options.failure === undefined ? {} : { failure: options.failure }),
    notes: options.notes ?? [],
  };
}

/** Cuts a text at whole lines and says how many are left out. A single line that is too long is cut within. */
export function boundText(text: string, keep: 'start' | 'end'): { readonly text: string; readonly truncated: boolean } {
  const lines = withoutTrailingNewline(text).split('\n');
  const ordered = keep === 'start' ? lines : lines.toReversed();
  const kept: string[] = [];
  let room = maxCharacters;
  for (const line of ordered) {
    if (kept.length === maxLines || line.length + 1 > room) break;
    kept.push(line);
    room -= line.length + 1;
  }
  if (kept.length === lines.length) return { text: lines.join('\n'), truncated: false };
  const [first = ''] = ordered;
  if (kept.length === 0) {
    const piece = keep === 'start' ? first.slice(0, maxCharacters) : first.slice(-maxCharacters);
    kept.push(`${piece}… (line cut)`);
  }
  const left = lines.length - kept.length;
  const shownLines = keep === 'start' ? kept : kept.toReversed();
  if (left === 0) return { text: shownLines.join('\n'), truncated: true };
  const remark = `… ${left} ${keep === 'start' ? 'more' : 'earlier'} ${left === 1 ? 'line' : 'lines'}`;
  return { text: (keep === 'start' ? [...shownLines, remark] : [remark, ...shownLines]).join('\n'), truncated: true };
}

function withoutTrailingNewline(text: string): string {
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}
