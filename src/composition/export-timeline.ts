import { readIncidentEvent } from '../core/incident/events.ts';
import { exportLines } from '../core/journal/chain.ts';
import { type Head, incidentStream, type JournalEvent } from '../core/journal/event.ts';
import { fail, ok, type Problem, problem, type Result } from '../core/result.ts';
import { renderJson } from '../core/timeline/json.ts';
import { renderMarkdown } from '../core/timeline/markdown.ts';

export type ExportedTimeline = { readonly markdown: string; readonly json: string; readonly lines: string };

type Readable = { read(stream: string): Promise<readonly JournalEvent[]> };

/**
 * One incident in every form in which it leaves the journal: a page for people, a document for programs, and the events with their head.
 * `upTo`: only the events to that seq, to compare with what was exported before the incident went on.
 */
export async function exportTimeline(
  journal: Readable,
  reference: string,
  upTo = Number.POSITIVE_INFINITY,
): Promise<Result<ExportedTimeline, Problem>> {
  const stream = incidentStream(reference);
  const events = (await journal.read(stream)).filter(({ seq }) => seq <= upTo);
  const last = events.at(-1);
  if (last === undefined)
    return fail(
      problem(
        'incident.unknown',
        `There is no incident ${reference}. Nothing was exported. /sre status lists those that are open.`,
      ),
    );
  const head: Head = { stream, seq: last.seq, hash: last.hash };
  const told = events.map(readIncidentEvent);
  return ok({
    markdown: renderMarkdown(told, head),
    json: `${JSON.stringify(renderJson(told, head), null, 2)}\n`,
    lines: `${exportLines(events).join('\n')}\n`,
  });
}
