/** Ends a parse from any depth; caught where parsing began and never seen beyond it. `offset` counts characters from the start of the query. */
export class ParseFailure extends Error {
  readonly offset: number;
  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** `1:7: parse error: …`, as Prometheus says where and what. */
export function sayFailure(text: string, { message, offset }: ParseFailure): string {
  const before = text.slice(0, offset).split('\n');
  return `${before.length}:${(before.at(-1) ?? '').length + 1}: parse error: ${message}`;
}
