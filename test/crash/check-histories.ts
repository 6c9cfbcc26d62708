import { z } from 'zod';
import { checkAcknowledged } from './check-acknowledged.ts';
import { checkChanges } from './check-changes.ts';
import { checkThread } from './check-thread.ts';
import type { Histories } from './histories.ts';
import { digestOf, type RecordedEvent, readRecordedEvents, textOf } from './recorded-events.ts';

/**
 * Holds what everybody recorded of one `bad-image` run, in which the co-pilot was killed any number of times, to what must be true whatever happened. It looks at
 * what is on disk, what Slack shows and what the API server was asked, and at no state of the product.
 *
 * @returns One sentence for each violation, with the invariant it breaks; empty when all hold.
 */
export function checkHistories(histories: Histories): string[] {
  const { events, faults } = readRecordedEvents(histories.journal);
  const named = (invariant: string, sentences: readonly string[]) => sentences.map((one) => `${invariant}: ${one}`);
  return [
    ...named('I1', checkAcknowledged(events, histories)),
    ...named('I2', checkThread(events, histories)),
    ...named('I3', checkChanges(events, histories)),
    ...named('I4', [...faults, ...checkExport(events, histories)]),
    ...named('I7', checkEnds(events)),
    ...named('I8', checkSecrets(histories)),
  ];
}

const documentSchema = z.object({
  events: z.array(z.unknown()),
  timeline: z.array(z.object({ seq: z.int() })),
  head: z.object({ stream: z.string(), seq: z.int(), hash: z.string() }),
});

/** I4: what is exported is the log, all of it, in order. */
function checkExport(events: readonly RecordedEvent[], { exported }: Pick<Histories, 'exported'>): string[] {
  const story = events.filter(({ incident }) => incident === 'INC-1');
  const last = story.at(-1);
  const head = { hash: last?.hash, seq: last?.seq, stream: 'incident/INC-1' };
  const lines = [...story.map(({ line }) => line), JSON.stringify(head), ''].join('\n');
  const document = documentSchema.safeParse(exported.json === '' ? null : JSON.parse(exported.json));
  if (!document.success) return ['the exported document cannot be read'];
  const seqs = document.data.timeline.map(({ seq }) => seq);
  return [
    ...(exported.verification === null ? [] : [`the journal does not verify: ${exported.verification}`]),
    ...(exported.lines === lines ? [] : ['the exported lines are not those of the log']),
    ...(digestOf(document.data.events) === digestOf(story.map(({ line }) => JSON.parse(line)))
      ? []
      : ['the exported events are not those of the log']),
    ...(digestOf(document.data.head) === digestOf(head) ? [] : ['the exported head is not the end of the log']),
    ...(seqs.every((seq, index) => seq === index + 1) && seqs.length === story.length
      ? []
      : ['the exported timeline does not tell every event once, in order']),
    ...(last !== undefined && exported.markdown.includes(last.hash)
      ? []
      : ['the exported page does not end in the head']),
  ];
}

/** I7: nothing is left hanging, and the last run mended it. */
function checkEnds(events: readonly RecordedEvent[]): string[] {
  const runs = events.filter(({ type }) => type === 'plan-made').map((event) => textOf(event, 'run'));
  const ends = events.filter(({ type }) => type === 'run-ended');
  const about = (type: string, name: string, id: string) =>
    events.filter((event) => event.type === type && textOf(event, name) === id).length;
  const approvals = events
    .filter(({ type }) => type === 'approval-requested')
    .map((event) => textOf(event, 'approval'));
  const decided = [
    'action-intended',
    'approval-rejected',
    'approval-expired',
    'approval-revoked',
    'approval-superseded',
  ];
  const targets = new Map(
    events.filter(({ incident }) => incident.startsWith('target/')).map((it) => [it.incident, it]),
  );
  const final = ends.at(-1);
  return [
    ...(events.some(({ type }) => type === 'incident-resolved') ? [] : ['the incident was never resolved']),
    ...runs.flatMap((run) => [
      ...(about('run-ended', 'run', run) === 1 ? [] : [`run ${run} ended ${about('run-ended', 'run', run)} times`]),
      ...(about('targets-released', 'run', run) === 1 ? [] : [`run ${run} did not give its objects back`]),
    ]),
    ...(final !== undefined && textOf(final, 'status') === 'succeeded'
      ? []
      : [`the last run did not succeed: ${final === undefined ? 'there was none' : textOf(final, 'reason')}`]),
    ...approvals
      .filter((id) => !decided.some((type) => about(type, 'approval', id) > 0))
      .map((id) => `approval ${id} is left open`),
    ...[...targets.values()]
      .filter(({ type }) => type !== 'target-released')
      .map(({ incident }) => `${incident} is still held`),
  ];
}

/** I8: no secret in any outbound byte, nor in what is kept. */
function checkSecrets({ secrets, messages, slack, journal, exported, log }: Histories): string[] {
  const places = { messages, 'calls to Slack': slack, journal, export: exported, log };
  return Object.entries(places).flatMap(([place, content]) => {
    const text = JSON.stringify(content);
    return secrets.flatMap((secret, index) =>
      text.includes(secret) ? [`secret ${index + 1} is in the ${place}`] : [],
    );
  });
}
