import type { ClusterEvent } from '../cluster/cluster-event.ts';
import type { ClusterView } from '../cluster/cluster-view.ts';
import { refOf, sayRef, type WireObject } from '../cluster/object.ts';
import { parseTime } from '../cluster/wire.ts';
import type { EvidenceDraft } from '../evidence/draft.ts';
import { cutText } from './cut-text.ts';
import { eventsWith } from './support.ts';

/**
 * How old an event may be and still speak of now. Components retry every few minutes at the slowest, but recorders drop repetitions of one
 * object: only one in five minutes is sure to be written.
 */
const spokenMs = 15 * 60_000;

/** Events about this very object that may speak of its present state: newest first, not older than a quarter of an hour, nor than `since`. Those without a time are history. */
export function presentEvents(
  view: ClusterView,
  object: WireObject,
  reasons: ReadonlySet<string>,
  now: number,
  since = Number.NEGATIVE_INFINITY,
): readonly ClusterEvent[] {
  return eventsWith(view, object, reasons).filter(
    ({ last }) => last !== undefined && now - last <= spokenMs && last >= since,
  );
}

/** An event as evidence. */
export function fromEvent(event: ClusterEvent, object: WireObject): EvidenceDraft {
  const times = event.count > 1 ? ` (${event.count} times)` : '';
  return {
    kind: 'event',
    source: `event ${event.object.metadata.namespace ?? ''}/${event.object.metadata.name}`,
    object: refOf(object),
    at: event.last ?? event.first ?? 0,
    summary: `${event.type ?? 'Event'} ${event.reason ?? 'without a reason'}${times} on ${sayRef(refOf(object))}: ${oneLine(event.message ?? 'no message')}`,
    from: event.object,
  };
}

/** A text of strangers on one line, cut to a length that can be shown. */
export function oneLine(text: string, maxLength = 400): string {
  const line = text
    .slice(0, 4 * maxLength)
    .replace(/\s+/g, ' ')
    .trim();
  return cutText(line, maxLength);
}

/** Like `oneLine`, with the end kept too: tools put the field or file that is wrong last. */
export function bothEnds(text: string, maxLength = 400): string {
  const line = text.slice(0, 8000).replace(/\s+/g, ' ').trim();
  if (line.length <= maxLength) return line;
  const head = Math.ceil((maxLength - 3) / 2);
  return `${line.slice(0, head)} … ${line.slice(line.length - (maxLength - 3 - head))}`;
}

/** A sentence of somebody else as a part of ours, which ends in its own full stop. */
export function asClause(text: string): string {
  return text.replace(/[\s.]{1,10}$/, '');
}

/** Whether an object is known to have been there for some time. Controllers and kubelets look again every few seconds, so what still holds then was seen more than once. */
export function isOlderThan(object: WireObject, ageMs: number, now: number): boolean {
  const created = parseTime(object.metadata.creationTimestamp);
  return created !== undefined && now - created > ageMs;
}
