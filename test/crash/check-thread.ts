import type { Message } from '../../src/sandbox/slack/records.ts';
import { isInterrupted, resultOf } from './check-changes.ts';
import type { Histories } from './histories.ts';
import { type RecordedEvent, textOf } from './recorded-events.ts';

/** Events of which the thread must tell in a message of their own. Writes only, for the three that reads have as well. */
const toldTypes = [
  'investigation-finished',
  'plan-refused',
  'approval-given',
  'approval-superseded',
  'action-failed',
  'action-unknown',
  'action-refused',
  'run-ended',
  'incident-reopened',
  'incident-resolved',
];

/**
 * I2 and the thread's half of I4: one root, one thread; what a person must notice is said once, in order, and to the end; a change that was interrupted is told
 * as one.
 */
export function checkThread(
  events: readonly RecordedEvent[],
  { messages, kills }: Pick<Histories, 'messages' | 'kills'>,
): string[] {
  const story = events.filter(({ incident }) => incident.startsWith('INC-'));
  const incidents = new Set(story.map(({ incident }) => incident));
  const ours = uniqueByTs(messages).filter(({ bot_id }) => bot_id !== undefined);
  const roots = ours.filter(({ ts, thread_ts = ts }) => thread_ts === ts);
  const keys = ours.map(keyOf);
  const wanted = ['root', 'case-file', ...story.flatMap(toldAs)];
  const inOrder = ours.toSorted((a, b) => Number(a.ts) - Number(b.ts)).map(keyOf);
  const last = ours.find((message) => keyOf(message) === inOrder.at(-1));
  const textFor = (key: string) => ours.find((message) => keyOf(message) === key)?.text ?? '';
  return [
    ...(incidents.size === 1 ? [] : [`there are ${incidents.size} incidents: ${[...incidents].join(', ')}`]),
    ...(roots.length === 1 ? [] : [`there are ${roots.length} root messages`]),
    ...ours.flatMap(({ thread_ts, ts, text }) =>
      thread_ts === undefined || thread_ts === roots[0]?.ts ? [] : [`message ${ts} is in another thread: ${text}`],
    ),
    ...[...new Set(keys)].flatMap((key) => {
      const count = keys.filter((one) => one === key).length;
      return count === 1 ? [] : [`${key} was posted ${count} times`];
    }),
    ...wanted.filter((key) => !keys.includes(key)).map((key) => `the thread lacks ${key}`),
    ...keys
      .filter((key) => !wanted.includes(key))
      .map((key) => `the thread has ${key}, of which the journal does not know`),
    ...(sameOrder(inOrder, wanted) ? [] : [`the thread is out of order: ${inOrder.join(', ')}`]),
    ...(last?.text.startsWith('Resolved.') === true ? [] : [`the thread ends with: ${last?.text}`]),
    ...['root', 'case-file'].flatMap((key) =>
      textFor(key).startsWith('Resolved') ? [] : [`the ${key} still says: ${textFor(key)}`],
    ),
    ...story
      .filter(({ type }) => type === 'action-intended')
      .flatMap((intent) => {
        const result = resultOf(intent, story);
        if (result === undefined || !isInterrupted(intent, result, kills)) return [];
        const text = textFor(`note/${result.seq}`);
        return /interrupted|was lost/.test(text)
          ? []
          : [`the change of event ${intent.seq} was interrupted, and the thread says only: ${text}`];
      }),
  ];
}

function toldAs(event: RecordedEvent): string[] {
  const { type, seq } = event;
  if (type === 'approval-requested') return [`card/${textOf(event, 'approval')}`];
  const isWrite = textOf(event, 'action') === 'undo';
  const isBad = type === 'action-validated' && textOf(event, 'outcome') !== 'succeeded';
  return toldTypes.includes(type) || (isWrite && (type === 'action-executed' || isBad)) ? [`note/${seq}`] : [];
}

function keyOf({ metadata }: Message): string {
  return typeof metadata?.event_payload.key === 'string' ? metadata.event_payload.key : 'a message without a key';
}

function sameOrder(found: readonly string[], wanted: readonly string[]): boolean {
  const places = found.map((key) => wanted.indexOf(key)).filter((place) => place >= 0);
  return places.every((place, index) => index === 0 || place > (places[index - 1] ?? 0));
}

function uniqueByTs(messages: readonly Message[]): Message[] {
  return [...new Map(messages.map((message) => [message.ts, message])).values()];
}
