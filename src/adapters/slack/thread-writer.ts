import type { KnownBlock } from '@slack/types';
import type { WebClient } from '@slack/web-api';
import { digestOf } from '../../core/digest.ts';
import { type IncidentEvent, readIncidentEvent } from '../../core/incident/events.ts';
import type { IncidentState } from '../../core/incident/state.ts';
import { incidentStream } from '../../core/journal/event.ts';
import type { AnswerDrafts } from '../../ports/answer-drafts.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Incidents } from '../../ports/incidents.ts';
import type { Journal } from '../../ports/journal.ts';
import { createThreadFinder, messageMetadata } from './find-thread.ts';
import type { Pace } from './pace.ts';
import type { Posted, PostedBook } from './posted-messages.ts';
import { slackFault } from './slack-fault.ts';
import { createStatusLine } from './status-line.ts';
import { tellWhere } from './tell-where.ts';
import type { ThreadMessage } from './views/message.ts';
import { threadOf } from './views/thread.ts';

export type SlackCall = 'post' | 'edit' | 'read';

/** At most one edit of a case file in this time; the last state always gets its edit. Slack allows about 50 edits a minute for the whole app. */
const editEveryMs = 2_000;

/** How often a thread whose root was deleted is posted again in one life of the process; then somebody does not want it. */
const maxRoots = 3;

// What Slack finds wrong with the message itself: the same message is refused for ever.
const contentFaults: ReadonlySet<string> = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_arguments',
  'msg_too_long',
  'msg_blocks_too_long',
  'no_text',
  'metadata_too_large',
  'invalid_metadata_format',
]);
const editFaults: ReadonlySet<string> = new Set(['cant_update_message', 'edit_window_closed', 'is_inactive']);

type Dependencies = {
  readonly client: WebClient;
  readonly journal: Journal;
  readonly incidents: Incidents;
  readonly clock: Clock;
  readonly mentionOf: (group: string) => string;
  readonly book: PostedBook;
  readonly pace: Pace<SlackCall>;
  /** Answers that are being written; absent where no model writes any. */
  readonly drafts?: Pick<AnswerDrafts, 'of'> | undefined;
  readonly onProblem: (sentence: string) => void;
};

/**
 * How a thread stands. `dueMs`: when to go on with what is not said yet (an edit that is held back, a turn that is waited for), null when all is said.
 * `refreshMs`: when to look again at what fades by itself.
 */
export type Standing = { readonly dueMs: number | null; readonly refreshMs: number | null };

export type ThreadWriter = {
  /**
   * Makes one thread in Slack what its journal says, message after message. Rejects with what Slack's client threw; calling again is always safe.
   * One call at a time for one incident: whoever calls is the only writer of its messages.
   */
  bringUpToDate(incident: string): Promise<Standing>;
  /** Nothing of this incident can stand in Slack yet: there is nothing to look for. */
  isNew(incident: string): void;
  /** A call's outcome is not known: before anything else is posted, it is looked what stands there. */
  isUnsure(incident: string): void;
  forget(incident: string): void;
};

/** Posts and edits the messages of threads. It decides nothing: what to say comes from `threadOf`. */
export function createThreadWriter(dependencies: Dependencies): ThreadWriter {
  const { client, journal, incidents, clock, mentionOf, book, pace, drafts, onProblem } = dependencies;
  const finder = createThreadFinder({ client, book });
  const statusLine = createStatusLine({ client, clock, onProblem });
  const looked = new Set<string>();
  const editedAt = new Map<string, number>();
  // Digest of what Slack would not take, by message: not tried again until it says something else.
  const refused = new Map<string, string>();
  const roots = new Map<string, number>();

  async function bringUpToDate(incident: string): Promise<Standing> {
    const state = incidents.get(incident);
    if (state === undefined) return { dueMs: null, refreshMs: null };
    const events = (await journal.read(incidentStream(incident))).map(readIncidentEvent);
    const wanted = threadOf(events, mentionOf, drafts?.of(incident));
    const isMissing = wanted.some(({ key }) => book.get(incident, key) === undefined);
    if (isMissing && !looked.has(incident)) {
      const waitMs = pace.take('read', '');
      if (waitMs > 0) return { dueMs: waitMs, refreshMs: null };
      await paced('read', '', () => finder.find(incident, state.route.channel, events));
      looked.add(incident);
    }
    let laterMs: number | null = null;
    for (const message of wanted) {
      const step = await put(state, message, events);
      if (step === 'anew') return { dueMs: 0, refreshMs: null };
      if (step.waitMs > 0 && step.stops) return { dueMs: earliest(laterMs, step.waitMs), refreshMs: null };
      if (step.waitMs > 0) laterMs = earliest(laterMs, step.waitMs);
      const at = book.get(incident, message.key);
      if (at !== undefined && !(await tellWhere(incidents, incident, message, at, onProblem)))
        laterMs = earliest(laterMs, editEveryMs);
    }
    const root = book.get(incident, 'root');
    const current = incidents.get(incident);
    const refreshMs =
      root === undefined || current === undefined
        ? null
        : await statusLine.show(incident, root, current.investigationWanted !== null);
    return { dueMs: laterMs, refreshMs };
  }

  type Step = 'anew' | { readonly waitMs: number; readonly stops: boolean };
  const done: Step = { waitMs: 0, stops: false };

  async function put(state: IncidentState, message: ThreadMessage, events: readonly IncidentEvent[]): Promise<Step> {
    const { reference } = state;
    const known = book.get(reference, message.key);
    const digest = contentDigest(message);
    if (known === undefined) return post(state, message, digest, events);
    // A note says what happened; that does not change afterwards.
    if (known.digest === digest || message.what === 'note') return done;
    if (refused.get(idOf(reference, message.key)) === digest) return done;
    return edit(reference, known, message, digest, events);
  }

  async function post(
    state: IncidentState,
    message: ThreadMessage,
    digest: string,
    events: readonly IncidentEvent[],
  ): Promise<Step> {
    const { reference } = state;
    const root = message.what === 'root' ? undefined : book.get(reference, 'root');
    const channel = root?.channel ?? state.route.channel;
    const waitMs = pace.take('post', channel);
    // Later messages wait as well: a thread is read from top to bottom.
    if (waitMs > 0) return { waitMs, stops: true };
    const send = ({ text, blocks }: { readonly text: string; readonly blocks?: readonly KnownBlock[] }) =>
      paced('post', channel, () =>
        client.chat.postMessage({
          channel,
          text,
          ...(blocks === undefined ? {} : { blocks: [...blocks] }),
          metadata: messageMetadata(reference, message, events),
          unfurl_links: false,
          unfurl_media: false,
          ...(root === undefined ? {} : { thread_ts: root.ts }),
        }),
      );
    let answer: Awaited<ReturnType<typeof send>>;
    try {
      answer = await send(message);
    } catch (error) {
      const { code, sentence } = slackFault(error);
      if (code === 'thread_not_found') return rootIsGone(reference);
      if (!contentFaults.has(code)) throw error;
      onProblem(`${reference}: ${sentence} The message is posted as plain text: ${message.text}`);
      answer = await send({ text: `${message.text}\nSlack did not take the full message; it is in the timeline.` });
    }
    if (answer.ts === undefined || answer.channel === undefined)
      throw new TypeError('Slack posted a message without saying where');
    statusLine.wasCleared(reference);
    editedAt.set(idOf(reference, message.key), clock.monotonicMs());
    book.set(reference, message.key, { channel: answer.channel, ts: answer.ts, digest });
    return done;
  }

  async function edit(
    reference: string,
    known: Posted,
    message: ThreadMessage,
    digest: string,
    events: readonly IncidentEvent[],
  ): Promise<Step> {
    const id = idOf(reference, message.key);
    const heldMs =
      message.what === 'case-file' || message.what === 'answer'
        ? (editedAt.get(id) ?? Number.NEGATIVE_INFINITY) + editEveryMs - clock.monotonicMs()
        : 0;
    if (heldMs > 0) return { waitMs: Math.ceil(heldMs), stops: false };
    const waitMs = pace.take('edit', '');
    if (waitMs > 0) return { waitMs, stops: false };
    editedAt.set(id, clock.monotonicMs());
    try {
      await paced('edit', '', () =>
        client.chat.update({
          channel: known.channel,
          ts: known.ts,
          text: message.text,
          blocks: [...message.blocks],
          metadata: messageMetadata(reference, message, events),
        }),
      );
    } catch (error) {
      const { code, sentence } = slackFault(error);
      if (code === 'message_not_found') return isGone(reference, known, message, digest);
      if (!contentFaults.has(code) && !editFaults.has(code)) throw error;
      onProblem(`${reference}: ${sentence} The message ${message.key} stays as it was.`);
      refused.set(id, digest);
      return done;
    }
    book.set(reference, message.key, { ...known, digest });
    return done;
  }

  function isGone(reference: string, known: Posted, message: ThreadMessage, digest: string): Step {
    if (message.what === 'root') {
      // The thread itself lives on without its first message; only when it does not take replies any more is it begun anew.
      onProblem(`${reference}: somebody deleted the first message of its thread. The thread goes on.`);
      refused.set(idOf(reference, 'root'), digest);
      return done;
    }
    onProblem(`${reference}: somebody deleted its message ${message.key}. It is posted again.`);
    finder.isGone(known);
    book.forget(reference, message.key);
    return 'anew';
  }

  function rootIsGone(reference: string): Step {
    const root = book.get(reference, 'root');
    const count = (roots.get(reference) ?? 0) + 1;
    roots.set(reference, count);
    if (root !== undefined) finder.isGone(root);
    if (count > maxRoots) {
      onProblem(`${reference}: its thread was deleted ${count} times. It is told no more; its timeline is complete.`);
      return { waitMs: 24 * 3_600_000, stops: true };
    }
    onProblem(`${reference}: somebody deleted its thread. It is posted again.`);
    forget(reference);
    looked.add(reference);
    return 'anew';
  }

  async function paced<T>(kind: SlackCall, place: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const { retryAfterMs } = slackFault(error);
      if (retryAfterMs !== null) pace.pause(kind, place, retryAfterMs);
      throw error;
    }
  }

  function forget(incident: string): void {
    book.forgetIncident(incident);
    looked.delete(incident);
    statusLine.forget(incident);
    for (const map of [editedAt, refused]) {
      for (const id of map.keys()) if (id.startsWith(`${incident}/`)) map.delete(id);
    }
  }

  return {
    bringUpToDate,
    isNew: (incident) => looked.add(incident),
    isUnsure: (incident) => looked.delete(incident),
    forget(incident) {
      forget(incident);
      roots.delete(incident);
    },
  };
}

function earliest(a: number | null, b: number): number {
  return a === null ? b : Math.min(a, b);
}

function idOf(reference: string, key: string): string {
  return `${reference}/${key}`;
}

function contentDigest({ text, blocks }: ThreadMessage): string {
  return digestOf(JSON.parse(JSON.stringify({ text, blocks })));
}
