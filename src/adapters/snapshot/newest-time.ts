import type { WireObject } from '../../core/cluster/object.ts';
import { isRecord, parseTime } from '../../core/cluster/wire.ts';

// Times that lie in the future by design, or that a person wrote.
const skipped: ReadonlySet<string> = new Set(['spec', 'annotations', 'labels', 'data', 'notAfter', 'renewalTime']);
const maxDepth = 12;

/** The newest time that the API wrote into any of the objects (milliseconds): about when the last of them was read. */
export function newestTimeOf(objects: readonly WireObject[]): number | undefined {
  let newest: number | undefined;
  const visit = (value: unknown, depth: number): void => {
    if (depth > maxDepth) return;
    if (typeof value === 'string') {
      const time = value.length >= 20 && value.length <= 35 ? parseTime(value) : undefined;
      if (time !== undefined && (newest === undefined || time > newest)) newest = time;
    } else if (Array.isArray(value)) {
      for (const member of value) visit(member, depth + 1);
    } else if (isRecord(value)) {
      for (const [key, member] of Object.entries(value)) if (!skipped.has(key)) visit(member, depth + 1);
    }
  };
  for (const object of objects) visit(object, 0);
  return newest;
}
