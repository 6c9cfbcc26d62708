import { sayRef } from '../../../core/cluster/object.ts';
import type { BodyOf } from '../../../core/incident/events.ts';
import type { TimelineEntry } from '../../../core/timeline/entries.ts';
import type { ThreadMessage } from './message.ts';
import { runbookOffers } from './runbook-offers.ts';
import { code, context, notice, said, section } from './text.ts';

const shown = { evidence: 5, others: 3, missing: 5 } as const;

/** The answer: the likely cause first, what it rests on, what else was found, what could not be read, and which runbook fits. */
export function findingNote(body: BodyOf<'investigation-finished'>, entry: TimelineEntry): ThreadMessage {
  const { findings, evidence, missing, status, elapsedMs } = body.investigation;
  const [first, ...others] = findings;
  const byId = new Map(evidence.map((item) => [item.id, item]));
  const lines =
    first === undefined
      ? [status === 'healthy' ? '*Nothing is wrong there now.*' : '*No cause was found.*']
      : [
          `*${said(first.summary, 600)}*`,
          `${said(sayRef(first.object), 300)}  ·  ${first.confidence} confidence  ·  ${code(first.code, 60)}`,
          `Observed: ${said(first.cause.observed, 400)}`,
          `Expected: ${said(first.cause.expected, 300)} (at ${code(first.cause.path, 150)})`,
          ...(first.recommendation === undefined ? [] : [`Proposed: ${said(first.recommendation.text, 400)}`]),
        ];
  const cited = (first?.evidence ?? []).slice(0, shown.evidence).flatMap((id) => {
    const item = byId.get(id);
    return item === undefined ? [] : [`• ${said(id, 20)} ${said(item.summary, 300)} _(${said(item.source, 80)})_`];
  });
  const also = others.slice(0, shown.others).map((one) => `• ${said(one.summary, 300)} (${one.confidence})`);
  const unread = missing.slice(0, shown.missing).map(({ source, why }) => `• ${said(source, 120)}: ${said(why, 200)}`);
  const more = (all: number, some: number) => (all > some ? [`• and ${all - some} more, in the timeline`] : []);
  return {
    key: `note/${entry.seq}`,
    what: 'note',
    approval: null,
    text: notice(entry.text),
    blocks: [
      section(lines.join('\n')),
      ...(cited.length === 0 ? [] : [section(`*Evidence*\n${cited.join('\n')}`)]),
      ...(also.length === 0
        ? []
        : [section(['*Also found*', ...also, ...more(others.length, shown.others)].join('\n'))]),
      ...(unread.length === 0
        ? []
        : [section(['*Could not be read*', ...unread, ...more(missing.length, shown.missing)].join('\n'))]),
      ...runbookOffers(body.investigation.runbooks, body.chosen),
      context([`Runbook: ${said(body.why, 300)}`, `${elapsedMs.total ?? 0} ms`, `event #${entry.seq}`]),
    ],
  };
}
