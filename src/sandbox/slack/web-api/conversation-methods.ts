import { type JsonObject, textAt } from '../json.ts';
import type { Channel, Message } from '../records.ts';
import { compareTimestamps } from '../timestamps.ts';
import { wireMessage } from '../wire-message.ts';
import { flag, joinedChannel, type Method, page, refused, requireText, type Services } from './method.ts';

const history = ['channels:history', 'groups:history'];
const read = ['channels:read', 'groups:read'];

/** `conversations.*`: what is in a channel, and who. */
export const conversationMethods: Readonly<Record<string, Method>> = {
  'conversations.history': {
    tier: 'T3',
    scopes: history,
    run(args, services) {
      const place = joinedChannel(args, services);
      if (!place.ok) return place.answer;
      const messages = [...services.messages.inChannel(place.channel.id)].reverse().filter(within(args));
      return messagePage(messages, args);
    },
  },
  'conversations.replies': {
    tier: 'T3',
    scopes: history,
    run(args, services) {
      const place = joinedChannel(args, services);
      if (!place.ok) return place.answer;
      const ts = requireText(args, 'ts');
      if (!ts.ok) return ts.answer;
      const [root, ...replies] = services.messages.inThread(place.channel.id, ts.value);
      if (root === undefined) return refused('thread_not_found');
      // The root is in every answer; the time window is for the replies.
      return messagePage([root, ...replies.filter(within(args))], args);
    },
  },
  'conversations.info': {
    tier: 'T3',
    scopes: read,
    run(args, services) {
      const channel = known(args, services);
      return channel === undefined
        ? refused('channel_not_found')
        : { ok: true, channel: wireChannel(channel, services) };
    },
  },
  'conversations.members': {
    tier: 'T4',
    scopes: read,
    run(args, services) {
      const channel = known(args, services);
      if (channel === undefined) return refused('channel_not_found');
      const { items, response_metadata } = page(channel.members, args);
      return { ok: true, members: items, response_metadata };
    },
  },
  'conversations.list': {
    tier: 'T2',
    scopes: read,
    run(args, services) {
      const { items, response_metadata } = page(
        services.channels.all().map((channel) => wireChannel(channel, services)),
        args,
      );
      return { ok: true, channels: items, response_metadata };
    },
  },
  'conversations.open': {
    tier: 'T3',
    scopes: ['im:write'],
    run(args, services) {
      const users = requireText(args, 'users');
      if (!users.ok) return users.answer;
      const person = services.people.find(users.value);
      if (person === undefined) return refused('user_not_found');
      return { ok: true, channel: { id: services.channels.direct(person.id).id } };
    },
  },
  'conversations.join': {
    tier: 'T3',
    scopes: ['channels:join'],
    run(args, services) {
      const channel = known(args, services);
      if (channel === undefined) return refused('channel_not_found');
      services.channels.join(channel.id, services.app.botUserId);
      return { ok: true, channel: wireChannel(known(args, services) ?? channel, services) };
    },
  },
};

function known(args: JsonObject, services: Services): Channel | undefined {
  return services.channels.find(textAt(args, 'channel') ?? '');
}

function wireChannel(channel: Channel, services: Services): JsonObject {
  const isDirect = services.channels.isDirect(channel.id);
  return {
    id: channel.id,
    ...(isDirect ? { user: channel.name } : { name: channel.name, name_normalized: channel.name }),
    is_channel: !isDirect,
    is_im: isDirect,
    is_group: false,
    is_private: isDirect,
    is_archived: false,
    is_member: channel.members.includes(services.app.botUserId),
    num_members: channel.members.length,
    topic: { value: channel.topic ?? '', creator: '', last_set: 0 },
    context_team_id: services.app.teamId,
  };
}

function messagePage(messages: readonly Message[], args: JsonObject): JsonObject & { ok: true } {
  const withMetadata = flag(args, 'include_all_metadata');
  const wires = messages.map((message) => wireMessage(message, { withMetadata }));
  const { items, has_more, response_metadata } = page(wires, args);
  return { ok: true, messages: items, has_more, ...(has_more ? { response_metadata } : {}) };
}

function within(args: JsonObject): (message: Message) => boolean {
  const oldest = textAt(args, 'oldest') ?? '0';
  const latest = textAt(args, 'latest');
  const isInclusive = flag(args, 'inclusive');
  return ({ ts }) => {
    const sinceOldest = compareTimestamps(ts, oldest);
    const sinceLatest = latest === undefined ? -1 : compareTimestamps(ts, latest);
    return isInclusive ? sinceOldest >= 0 && sinceLatest <= 0 : sinceOldest > 0 && sinceLatest < 0;
  };
}
