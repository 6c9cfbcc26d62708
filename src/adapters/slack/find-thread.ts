import type { WebClient } from '@slack/web-api';
import type { IncidentEvent } from '../../core/incident/events.ts';
import { incidentStream } from '../../core/journal/event.ts';
import type { Posted, PostedBook } from './posted-messages.ts';
import { slackFault } from './slack-fault.ts';
import type { ThreadMessage } from './views/message.ts';

const metadataType = 'sre_copilot_message';
const pageSize = 200;
const maxPages = 10;

/**
 * What a message carries unseen: which incident and message it is, so that it can be found again, and on the root the end of the journal as it was, so that a
 * journal that was cut short later is noticed. Any app of the workspace can read it: ids only.
 */
export function messageMetadata(incident: string, { key, what }: ThreadMessage, events: readonly IncidentEvent[]) {
  const head = events.at(-1);
  const proof =
    what === 'root' && head !== undefined
      ? { stream: incidentStream(incident), seq: head.seq, hash: head.hash }
      : undefined;
  return { event_type: metadataType, event_payload: { incident, key, ...proof } };
}

export type ThreadFinder = {
  /** Enters into the book what of an incident stands in Slack already, from its journal and from the metadata of its messages. */
  find(incident: string, channel: string, events: readonly IncidentEvent[]): Promise<void>;
  /** Somebody deleted this message: what the journal says of it does not count any more. */
  isGone(posted: Pick<Posted, 'channel' | 'ts'>): void;
};

type Dependencies = { readonly client: WebClient; readonly book: PostedBook };

/** Finds messages again after a lost memory, a restart, or an answer that never came. */
export function createThreadFinder({ client, book }: Dependencies): ThreadFinder {
  const gone = new Set<string>();
  const placeOf = ({ channel, ts }: Pick<Posted, 'channel' | 'ts'>) => `${channel}/${ts}`;

  function adopt(incident: string, key: string, at: Pick<Posted, 'channel' | 'ts'>): void {
    if (book.get(incident, key) !== undefined || gone.has(placeOf(at))) return;
    // What it says is not known, so it is edited once to what it should say.
    book.set(incident, key, { channel: at.channel, ts: at.ts, digest: '' });
  }

  function adoptAll(incident: string, channel: string, messages: readonly Found[]): void {
    for (const { ts, metadata } of messages) {
      const payload = metadata?.event_type === metadataType ? metadata.event_payload : undefined;
      if (ts !== undefined && payload?.incident === incident && typeof payload.key === 'string')
        adopt(incident, payload.key, { channel, ts });
    }
  }

  async function findRoot(incident: string, channel: string, events: readonly IncidentEvent[]): Promise<void> {
    const opened = events[0]?.recordedAt;
    const oldest = opened === undefined ? '0' : String(Date.parse(opened) / 1000 - 60);
    let cursor = '';
    for (let pages = 0; pages < maxPages && book.get(incident, 'root') === undefined; pages += 1) {
      const answer = await client.conversations.history({
        channel,
        oldest,
        limit: pageSize,
        include_all_metadata: true,
        ...(cursor === '' ? {} : { cursor }),
      });
      adoptAll(incident, channel, answer.messages ?? []);
      cursor = answer.response_metadata?.next_cursor ?? '';
      if (cursor === '') return;
    }
  }

  async function readThread(incident: string, root: Posted): Promise<void> {
    let cursor = '';
    for (let pages = 0; pages < maxPages; pages += 1) {
      const answer = await client.conversations.replies({
        channel: root.channel,
        ts: root.ts,
        limit: pageSize,
        include_all_metadata: true,
        ...(cursor === '' ? {} : { cursor }),
      });
      adoptAll(incident, root.channel, answer.messages ?? []);
      cursor = answer.response_metadata?.next_cursor ?? '';
      if (cursor === '') return;
    }
  }

  return {
    async find(incident, channel, events) {
      // The latest word counts: a message that was deleted and posted again is where it was posted last.
      for (const event of events.toReversed()) {
        if (event.type === 'message-posted') adopt(incident, event.body.key, event.body);
      }
      if (book.get(incident, 'root') === undefined) await findRoot(incident, channel, events);
      const root = book.get(incident, 'root');
      if (root === undefined) return;
      try {
        await readThread(incident, root);
      } catch (error) {
        if (slackFault(error).code !== 'thread_not_found') throw error;
        gone.add(placeOf(root));
        book.forgetIncident(incident);
      }
    },
    isGone(posted) {
      gone.add(placeOf(posted));
    },
  };
}

type Found = {
  readonly ts?: string | undefined;
  readonly metadata?:
    | {
        readonly event_type?: string | undefined;
        readonly event_payload?: { readonly incident?: unknown; readonly key?: unknown } | undefined;
      }
    | undefined;
};
