import { createHash } from 'node:crypto';
import type { LedgerEntry } from '../../src/sandbox/slack/ledger.ts';
import type { Histories } from './histories.ts';
import { type RecordedEvent, textOf } from './recorded-events.ts';

/** I1: what was acknowledged is in the journal, was there before the acknowledgement, and came to an incident exactly once. */
export function checkAcknowledged(
  events: readonly RecordedEvent[],
  { deliveries, slack }: Pick<Histories, 'deliveries' | 'slack'>,
): string[] {
  const received = events.filter(({ type }) => type === 'signal-received');
  return [
    ...deliveries.flatMap((delivery) => {
      if (!isGood(delivery.code)) return [];
      const group = createHash('sha256').update(delivery.groupKey).digest('hex').slice(0, 32);
      const isStored = received.some(({ recordedAt, body: { signal } }) => {
        return (
          isRecord(signal) && signal.group === group && signal.status === delivery.status && recordedAt <= delivery.at
        );
      });
      return isStored ? [] : [`the ${delivery.status} webhook answered at ${delivery.at} is not in the inbox`];
    }),
    ...received.flatMap((signal) => {
      const id = textOf(signal, 'signalId');
      const carriers = events.filter((event) => event !== signal && textOf(event, 'signalId') === id);
      return carriers.length === 1
        ? []
        : [`signal ${id} was taken ${carriers.length} times (${carriers.map(({ type }) => type).join(', ')})`];
    }),
    ...promised(
      'approval',
      slack.flatMap((entry) => (/^Approved\./.test(whispered(entry)) ? [entry.at] : [])),
      events.filter(({ type }) => type === 'approval-given'),
    ),
    ...promised(
      'approval that was already there',
      slack.flatMap((entry) => (/^Already approved/.test(whispered(entry)) ? [entry.at] : [])).slice(0, 1),
      events.filter(({ type }) => type === 'approval-given'),
    ),
    ...promised(
      'command',
      slack.flatMap((entry) => (/ is planned /.test(answered(entry)) ? [entry.at] : [])),
      received.filter(({ body: { signal } }) => isRecord(signal) && signal.verb === 'run'),
    ),
  ];
}

/** The k-th promise needs at least k events that are no younger. */
function promised(what: string, at: readonly string[], kept: readonly RecordedEvent[]): string[] {
  return at.flatMap((instant, index) => {
    const stored = kept.filter(({ recordedAt }) => recordedAt <= instant).length;
    return stored > index ? [] : [`the ${what} confirmed at ${instant} is not in the journal`];
  });
}

/** What one person was told after a click. It counts when Slack showed it, whether or not the co-pilot learned of that. */
function whispered(entry: LedgerEntry): string {
  if (entry.kind !== 'api-call' || entry.method !== 'chat.postEphemeral') return '';
  const isShown = (isRecord(entry.answer) && entry.answer.ok === true) || entry.fault?.endsWith('after processing');
  return isShown === true && typeof entry.arguments.text === 'string' ? entry.arguments.text : '';
}

/** What a person was told after a command, at once or later. */
function answered(entry: LedgerEntry): string {
  if (entry.kind === 'hand') return entry.action === 'command' ? String(entry.seen.text ?? '') : '';
  return entry.kind === 'response-url' && isGood(entry.status) ? JSON.stringify(entry.body) : '';
}

function isGood(code: number | undefined): boolean {
  return code !== undefined && code >= 200 && code < 300;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
