import type { Change } from './changes.ts';
import type { Message } from './records.ts';
import { slackbotUserId } from './records.ts';
import { compareTimestamps } from './timestamps.ts';

type MessageDraft = Omit<
  Message,
  'type' | 'ts' | 'team' | 'reply_count' | 'reply_users' | 'reply_users_count' | 'latest_reply'
>;

/** What an edit may replace; a field that is present and undefined is taken away. */
type MessageEdit = {
  readonly [K in 'text' | 'blocks' | 'attachments' | 'metadata' | 'edited' | 'files' | 'streaming_state']?:
    | Message[K]
    | undefined;
};

export type Messages = {
  post(draft: MessageDraft): Message;
  edit(channel: string, ts: string, edit: MessageEdit): Message | undefined;
  remove(channel: string, ts: string): Message | undefined;
  react(channel: string, ts: string, user: string, name: string): 'added' | 'already-there' | 'no-message';
  pin(channel: string, ts: string, user: string): 'added' | 'already-there' | 'no-message';
  find(channel: string, ts: string): Message | undefined;
  /** What the channel itself shows, oldest first: roots and replies that were also sent to the channel. */
  inChannel(channel: string): readonly Message[];
  /** A root and its replies, oldest first; empty when there is no such message. */
  inThread(channel: string, rootTs: string): readonly Message[];
};

/** The messages of all channels. Records are never changed in place: an edit puts a new record where the old one was. */
export function createMessages(input: {
  teamId: string;
  nextTs: () => string;
  changed: (change: Change) => void;
}): Messages {
  const byChannel = new Map<string, Map<string, Message>>();
  const repliesOf = new Map<string, string[]>();
  const channelMessages = (channel: string): Map<string, Message> => {
    const known = byChannel.get(channel) ?? new Map<string, Message>();
    byChannel.set(channel, known);
    return known;
  };
  const find = (channel: string, ts: string): Message | undefined => byChannel.get(channel)?.get(ts);
  const put = (message: Message): Message => {
    channelMessages(message.channel).set(message.ts, message);
    return message;
  };

  const recountReplies = (channel: string, rootTs: string): void => {
    const root = find(channel, rootTs);
    if (root === undefined) return;
    const { reply_count, reply_users, reply_users_count, latest_reply, thread_ts, ...bare } = root;
    const replies = (repliesOf.get(`${channel} ${rootTs}`) ?? []).flatMap((ts) => find(channel, ts) ?? []);
    const users = [...new Set(replies.map((reply) => reply.user))];
    const latest = replies.at(-1);
    const message = put(
      latest === undefined
        ? bare
        : {
            ...bare,
            thread_ts: rootTs,
            reply_count: replies.length,
            reply_users: users,
            reply_users_count: users.length,
            latest_reply: latest.ts,
          },
    );
    input.changed({ kind: 'message-touched', message });
  };

  return {
    find,
    post(draft) {
      const message = put({ type: 'message', ...draft, ts: input.nextTs(), team: input.teamId });
      const root = message.thread_ts;
      if (root !== undefined) {
        const key = `${message.channel} ${root}`;
        repliesOf.set(key, [...(repliesOf.get(key) ?? []), message.ts]);
      }
      input.changed({ kind: 'message-posted', message });
      if (root !== undefined) recountReplies(message.channel, root);
      return message;
    },
    edit(channel, ts, edit) {
      const previous = find(channel, ts);
      if (previous === undefined) return undefined;
      const message = put(withoutAbsent({ ...previous, ...edit }));
      input.changed({ kind: 'message-changed', message, previous });
      return message;
    },
    remove(channel, ts) {
      const previous = find(channel, ts);
      if (previous === undefined) return undefined;
      if ((previous.reply_count ?? 0) > 0) {
        // Slack keeps a stone where a root with replies was, so that the thread can still be opened.
        const { blocks, attachments, files, metadata, reactions, pinned_to, bot_id, app_id, bot_profile, ...rest } =
          previous;
        const message = put({ ...rest, subtype: 'tombstone', user: slackbotUserId, text: 'This message was deleted.' });
        input.changed({ kind: 'message-touched', message });
      } else {
        channelMessages(channel).delete(ts);
      }
      input.changed({ kind: 'message-deleted', previous });
      if (previous.thread_ts !== undefined && previous.thread_ts !== ts) recountReplies(channel, previous.thread_ts);
      return previous;
    },
    react(channel, ts, user, name) {
      const message = find(channel, ts);
      if (message === undefined) return 'no-message';
      const reactions = message.reactions ?? [];
      const same = reactions.find((reaction) => reaction.name === name);
      if (same?.users.includes(user)) return 'already-there';
      const users = [...(same?.users ?? []), user];
      const others = reactions.filter((reaction) => reaction !== same);
      const touched = put({ ...message, reactions: [...others, { name, users, count: users.length }] });
      input.changed({ kind: 'message-touched', message: touched });
      input.changed({ kind: 'reaction-added', message: touched, user, name });
      return 'added';
    },
    pin(channel, ts, user) {
      const message = find(channel, ts);
      if (message === undefined) return 'no-message';
      if (message.pinned_to?.includes(channel)) return 'already-there';
      const touched = put({ ...message, pinned_to: [...(message.pinned_to ?? []), channel] });
      input.changed({ kind: 'message-touched', message: touched });
      input.changed({ kind: 'pin-added', message: touched, user });
      return 'added';
    },
    inChannel: (channel) => sorted(byChannel.get(channel)).filter(isShownInChannel),
    inThread(channel, rootTs) {
      const root = find(channel, rootTs);
      if (root === undefined) return [];
      const replies = (repliesOf.get(`${channel} ${rootTs}`) ?? []).flatMap((ts) => find(channel, ts) ?? []);
      return [root, ...replies];
    },
  };
}

function isShownInChannel(message: Message): boolean {
  return message.thread_ts === undefined || message.thread_ts === message.ts || message.subtype === 'thread_broadcast';
}

function sorted(messages: Map<string, Message> | undefined): Message[] {
  return [...(messages?.values() ?? [])].sort((a, b) => compareTimestamps(a.ts, b.ts));
}

// `exactOptionalPropertyTypes`: an absent field and an undefined one are different types and, on the wire, the same.
function withoutAbsent(message: { [K in keyof Message]: Message[K] | undefined }): Message {
  return Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined)) as Message;
}
