import { humanDuration } from './human-duration.ts';

/** One field of a table: what people see, and what conditions compare. */
export type Cell = { readonly text: string; readonly value: string | number };

export function words(text: string, absent = '<none>'): Cell {
  const said = text === '' ? absent : text;
  return { text: said, value: said };
}

export function count(value: number | undefined): Cell {
  return { text: String(value ?? 0), value: value ?? 0 };
}

export function ratio(part: number | undefined, whole: number | undefined): Cell {
  return words(`${part ?? 0}/${whole ?? 0}`);
}

/** How long ago an instant was: printed as kubectl does, compared in whole seconds. */
export function since(instant: string, now: Date): Cell {
  const ms = now.getTime() - Date.parse(instant);
  if (Number.isNaN(ms)) return words('<unknown>');
  return { text: humanDuration(ms), value: Math.max(0, Math.trunc(ms / 1000)) };
}
