import { mapTimes } from '../capture/retime.ts';
import type { Case } from './case-files.ts';

/** Moves every time of a case by the same span: in objects, events, logs, alerts, and the numbers of recorded metrics that are times of about our days. */
export function shiftTimes(original: Case, byMs: number): Case {
  const shift = (ms: number) => ms + byMs;
  return {
    ...original,
    objects: mapTimes(original.objects, shift),
    others: new Map(
      [...original.others].map(([path, content]) => [
        path,
        path.startsWith('metrics/')
          ? shiftEpochs(mapTimes(content, shift), byMs / 1000)
          : mapTimes(asText(content), shift),
      ]),
    ),
  };
}

export function capturedAtOf({ others }: Case): number | undefined {
  const about = others.get('snapshot.yaml') as { capturedAt?: unknown } | undefined;
  const text = about?.capturedAt instanceof Date ? about.capturedAt.toISOString() : about?.capturedAt;
  const ms = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

// YAML turns an unquoted time into a Date.
function asText(content: unknown): unknown {
  if (content instanceof Date) return content.toISOString();
  if (Array.isArray(content)) return content.map(asText);
  if (typeof content !== 'object' || content === null) return content;
  return Object.fromEntries(Object.entries(content).map(([key, member]) => [key, asText(member)]));
}

const earliest = 1_500_000_000;
const latest = 2_200_000_000;

function shiftEpochs(value: unknown, bySeconds: number): unknown {
  if (typeof value === 'number') return value > earliest && value < latest ? value + bySeconds : value;
  if (typeof value === 'string' && /^\d{10}(?:\.\d+)?$/.test(value))
    return String(shiftEpochs(Number(value), bySeconds));
  if (Array.isArray(value)) return value.map((member) => shiftEpochs(member, bySeconds));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shiftEpochs(member, bySeconds)]));
}
