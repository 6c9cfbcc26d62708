/** Lines that say the same, once their numbers, ids and times are masked. `last` is the index of the newest of them. */
export type LogPattern = {
  readonly pattern: string;
  readonly count: number;
  /** The newest such line as it was written. */
  readonly sample: string;
  readonly last: number;
};

const maxLineChars = 400;
const maxLines = 20_000;
const maxPatterns = 1000;

/**
 * Groups the lines of a log by what they say: what differs from line to line (times, numbers, addresses, ids, quoted values) is masked. Most frequent first, then the
 * newest. Pure and linear in the text; of very long logs the end counts, and lines beyond a thousand patterns count as `…`.
 */
export function logPatternsOf(text: string): readonly LogPattern[] {
  const lines = text.split('\n').slice(-maxLines);
  const groups = new Map<string, { count: number; sample: string; last: number }>();
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const masked = maskLine(line);
    const key = groups.has(masked) || groups.size < maxPatterns ? masked : '…';
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { count: 1, sample: line, last: index });
    else Object.assign(group, { count: group.count + 1, sample: line, last: index });
  }
  return [...groups]
    .map(([pattern, group]) => ({ pattern, ...group }))
    .toSorted((a, b) => b.count - a.count || b.last - a.last);
}

// In this order: the wider shapes first, so that a time is not taken for three numbers. No pattern can backtrack over more than its bound.
const masks: readonly (readonly [RegExp, string])[] = [
  [/\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?/g, '<time>'],
  [/\b[A-Z][a-z]{2} {1,2}\d{1,2} \d{2}:\d{2}:\d{2}\b/g, '<time>'],
  [/\b\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?\b/g, '<time>'],
  [/\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b/g, '<id>'],
  [/\b0x[0-9a-fA-F]{1,16}\b/g, '<hex>'],
  [/\b(?=[0-9a-f]{0,64}\d)[0-9a-f]{12,64}\b/g, '<hex>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g, '<address>'],
  [/\d+(?:\.\d{1,12})?/g, '<n>'],
];

/** One line with what varies masked, cut to a length at which nothing is said any more. */
export function maskLine(line: string): string {
  let masked = line.slice(0, maxLineChars).trim();
  for (const [shape, mask] of masks) masked = masked.replace(shape, mask);
  return masked;
}
