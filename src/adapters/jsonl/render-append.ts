import type { SealedEvent } from '../../core/journal/chain.ts';

/** The bytes of one append: a line for each event and an empty line, the commit mark. `lines` are offsets and lengths within `bytes`. */
export type RenderedAppend = {
  readonly bytes: Buffer;
  readonly lines: readonly { readonly offset: number; readonly bytes: number }[];
};

export function renderAppend(sealed: readonly SealedEvent[]): RenderedAppend {
  const lines: { offset: number; bytes: number }[] = [];
  let offset = 0;
  for (const { line } of sealed) {
    const bytes = Buffer.byteLength(line, 'utf8');
    lines.push({ offset, bytes });
    offset += bytes + 1;
  }
  return { bytes: Buffer.from(`${sealed.map(({ line }) => line).join('\n')}\n\n`, 'utf8'), lines };
}
