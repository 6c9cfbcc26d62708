import type { ClusterEvent } from '../cluster/cluster-event.ts';
import type { ClusterView, ContainerLog } from '../cluster/cluster-view.ts';
import { type ObjectRef, refOf, sayRef, type WireObject } from '../cluster/object.ts';
import type { EvidenceDraft } from '../evidence/draft.ts';
import { logPatternsOf } from '../evidence/log-patterns.ts';
import { cutText } from './cut-text.ts';
import type { HealthCheck } from './observations.ts';

/** A fact read from an object's spec or status. */
export function fromObject(object: WireObject, at: number, fact: string): EvidenceDraft {
  return {
    kind: 'object',
    source: sayRef(refOf(object)),
    object: refOf(object),
    at,
    // Behind `Secret shop/db-password:` redaction would take the fact for a password.
    summary: object.kind === 'Secret' ? `${sayRef(refOf(object))} (${fact})` : `${sayRef(refOf(object))}: ${fact}`,
    from: object,
  };
}

/** A fact about what changed, read from the object that keeps the former state. */
export function fromChange(object: WireObject, at: number, fact: string): EvidenceDraft {
  return { ...fromObject(object, at, fact), kind: 'change' };
}

/** A fact that a metrics server gave in answer to a query. */
export function fromMetric(
  object: ObjectRef,
  at: number,
  query: string,
  summary: string,
  from: unknown,
): EvidenceDraft {
  return { kind: 'metric', source: `metrics: ${query.slice(0, 200)}`, object, at, summary, from };
}

/** A check that the API server itself says has failed. */
export function fromFailedCheck({ page, check, detail }: HealthCheck, at: number): EvidenceDraft {
  return {
    kind: 'object',
    source: `health page ${page}`,
    at,
    summary: `The API server's own check ${check} fails${detail === '' ? '' : `: ${detail.slice(0, 200)}`}`,
    from: { page, check, detail },
  };
}

/** The newest events about an object with one of the reasons, at most `max`. Messages are support, never the ground of a finding. */
export function fromEvents(
  view: ClusterView,
  object: WireObject,
  reasons: ReadonlySet<string>,
  max: number,
): readonly EvidenceDraft[] {
  return eventsWith(view, object, reasons)
    .slice(0, max)
    .map((event) => ({
      kind: 'event' as const,
      source: `event ${event.object.metadata.namespace ?? ''}/${event.object.metadata.name}`,
      object: refOf(object),
      at: event.last ?? event.first ?? 0,
      summary: `${event.type ?? 'Event'} ${event.reason}${event.count > 1 ? ` (${event.count} times)` : ''} on ${sayRef(refOf(object))}: ${firstLine(event.message ?? 'no message')}`,
      from: event.object,
    }));
}

/** Events about an object with one of the reasons, newest first. */
export function eventsWith(
  view: ClusterView,
  object: WireObject,
  reasons: ReadonlySet<string>,
): readonly ClusterEvent[] {
  return view
    .eventsAbout(object)
    .filter((event) => event.reason !== undefined && reasons.has(event.reason))
    .toSorted((a, b) => (b.last ?? 0) - (a.last ?? 0) || (a.object.metadata.name < b.object.metadata.name ? -1 : 1));
}

/**
 * What a container's log says: lines that come again, with how often, then its last lines. Text written by strangers: shown, never concluded from.
 */
export function fromLog(pod: WireObject, log: ContainerLog, maxLines = 8): EvidenceDraft {
  const lines = log.text.split('\n').filter((line) => line.trim() !== '');
  const shown = lines.slice(-maxLines).map(cutLine);
  const repeated = logPatternsOf(log.text)
    .filter(({ count }) => count > 1)
    .slice(0, maxPatterns)
    .map(({ count, sample }) => `${count} × ${cutLine(sample)}`);
  const which = log.previous ? 'previous log' : 'log';
  return {
    kind: 'log',
    source: `${which} of ${log.namespace}/${log.pod} container ${log.container}`,
    object: refOf(pod),
    at: log.at,
    summary: [
      ...(repeated.length === 0
        ? []
        : [`Lines that come again in the ${which} of container ${log.container}:`, ...repeated]),
      `Last lines of the ${which} of container ${log.container}:`,
      shown.length === 0 ? '(empty)' : shown.join('\n'),
    ].join('\n'),
    from: log.text,
  };
}

const maxPatterns = 4;

function cutLine(line: string): string {
  return cutText(line, 240);
}

function firstLine(text: string): string {
  const end = text.indexOf('\n');
  const line = end === -1 ? text : text.slice(0, end);
  return line.length > 600 ? `${line.slice(0, 599)}…` : line;
}
