export type LogLine = { readonly atMs: number; readonly text: string };

/** What `/log` can be asked. Undefined means without that limit. */
export type LogQuery = {
  readonly tailLines: number | undefined;
  readonly limitBytes: number | undefined;
  readonly sinceMs: number | undefined;
  readonly timestamps: boolean;
};

const maxLines = 500;

/** Appends lines, keeping the newest ones: a kubelet rotates, too. */
export function withLines(lines: readonly LogLine[], texts: readonly string[], atMs: number): LogLine[] {
  return [...lines, ...texts.map((text) => ({ atMs, text }))].slice(-maxLines);
}

/** The text a kubelet would answer. `limitBytes` cuts the end, in bytes, even inside a line. */
export function renderLog(lines: readonly LogLine[], query: LogQuery): string {
  const recent = lines.filter(({ atMs }) => query.sinceMs === undefined || atMs >= query.sinceMs);
  const kept = query.tailLines === undefined ? recent : query.tailLines === 0 ? [] : recent.slice(-query.tailLines);
  const text = kept.map(({ atMs, text }) => `${query.timestamps ? `${nanoseconds(atMs)} ` : ''}${text}\n`).join('');
  return query.limitBytes === undefined ? text : Buffer.from(text).subarray(0, query.limitBytes).toString();
}

function nanoseconds(atMs: number): string {
  return new Date(atMs).toISOString().replace('Z', '000000Z');
}
