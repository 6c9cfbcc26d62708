import { limits } from '../block-kit/limits.ts';
import { textAt } from '../json.ts';
import { isEmptyContent, readContent } from '../message-content.ts';
import { postAsBot } from '../post-as-bot.ts';
import { wireMessage } from '../wire-message.ts';
import { flag, joinedChannel, type Method, missingArgument, refused, refusedContent, requireText } from './method.ts';

const write = ['chat:write'];

/** `chat.*` without streaming. The rule for `chat.update` is Slack's: `text` without `blocks` takes the blocks away. */
export const chatMethods: Readonly<Record<string, Method>> = {
  'chat.postMessage': {
    tier: 'message',
    scopes: write,
    run(args, services) {
      const place = joinedChannel(args, services);
      if (!place.ok) return place.answer;
      const content = readContent(args);
      if (!content.ok) return refusedContent(content.error);
      if (isEmptyContent(content.value)) return refused('no_text');
      const thread = textAt(args, 'thread_ts');
      const posted = postAsBot(
        services,
        { channel: place.channel.id, content: content.value, isBroadcast: flag(args, 'reply_broadcast') },
        thread,
      );
      if (posted === 'thread_not_found') return refused(posted);
      return { ok: true, channel: posted.channel, ts: posted.ts, message: wireMessage(posted, { withMetadata: true }) };
    },
  },
  'chat.update': {
    tier: 'T3',
    scopes: write,
    run(args, services) {
      const place = joinedChannel(args, services);
      if (!place.ok) return place.answer;
      const ts = requireText(args, 'ts');
      if (!ts.ok) return ts.answer;
      const before = services.messages.find(place.channel.id, ts.value);
      if (before === undefined) return refused('message_not_found');
      if (before.bot_id !== services.app.botId) return refused('cant_update_message');
      if (before.streaming_state === 'in_progress') return refused('streaming_state_conflict');
      const content = readContent(args, { maxText: limits.updateText });
      if (!content.ok) return refusedContent(content.error);
      const { text, blocks, attachments, metadata } = content.value;
      const keepsBody = text === undefined && blocks === undefined && attachments === undefined;
      if (keepsBody && metadata === undefined) return refused('no_text');
      if (!keepsBody && isEmptyContent(content.value)) return refused('no_text');
      const after = services.messages.edit(before.channel, before.ts, {
        ...(keepsBody
          ? {}
          : { text: text ?? (blocks === undefined ? before.text : ''), blocks: blocks?.length ? blocks : undefined }),
        ...(attachments === undefined ? {} : { attachments }),
        ...(metadata === undefined ? {} : { metadata: metadata === 'none' ? undefined : metadata }),
        // Slack marks an edit only when the message has no blocks.
        ...(keepsBody || blocks?.length ? {} : { edited: { user: services.app.botUserId, ts: before.ts } }),
      });
      if (after === undefined) return refused('message_not_found');
      return {
        ok: true,
        channel: after.channel,
        ts: after.ts,
        text: after.text,
        message: wireMessage(after, { withMetadata: true }),
      };
    },
  },
  'chat.delete': {
    tier: 'T3',
    scopes: write,
    run(args, services) {
      const place = joinedChannel(args, services);
      if (!place.ok) return place.answer;
      const ts = requireText(args, 'ts');
      if (!ts.ok) return ts.answer;
      const message = services.messages.find(place.channel.id, ts.value);
      if (message === undefined) return refused('message_not_found');
      if (message.bot_id !== services.app.botId) return refused('cant_delete_message');
      services.messages.remove(message.channel, message.ts);
      return { ok: true, channel: message.channel, ts: message.ts };
    },
  },
  'chat.postEphemeral': {
    tier: 'T4',
    scopes: write,
    run(args, services) {
      const place = joinedChannel(args, services);
      if (!place.ok) return place.answer;
      const user = requireText(args, 'user');
      if (!user.ok) return user.answer;
      if (services.people.find(user.value) === undefined || !place.channel.members.includes(user.value))
        return refused('user_not_in_channel');
      const content = readContent(args);
      if (!content.ok) return refusedContent(content.error);
      if (isEmptyContent(content.value)) return refused('no_text');
      const thread = textAt(args, 'thread_ts');
      const root = thread === undefined ? undefined : services.messages.find(place.channel.id, thread);
      const shown = services.ephemerals.show({
        user: user.value,
        from: services.app.botUserId,
        channel: place.channel.id,
        text: content.value.text ?? '',
        ...(content.value.blocks === undefined ? {} : { blocks: content.value.blocks }),
        ...(thread === undefined ? {} : { thread_ts: thread }),
        // In a thread Slack shows it only when the thread is active; the call succeeds all the same.
        isShown: thread === undefined || (root?.reply_count ?? 0) > 0,
      });
      return { ok: true, message_ts: shown.ts };
    },
  },
  'chat.getPermalink': {
    tier: 'none',
    scopes: [],
    run(args, services) {
      const wanted = requireText(args, 'channel');
      if (!wanted.ok) return wanted.answer;
      const ts = textAt(args, 'message_ts');
      if (ts === undefined) return missingArgument('message_ts');
      const channel = services.channels.find(wanted.value);
      if (channel === undefined) return refused('channel_not_found');
      const message = services.messages.find(channel.id, ts);
      if (message === undefined) return refused('message_not_found');
      // The page opens a thread by its root; a reply's own address would open nothing.
      return {
        ok: true,
        channel: channel.id,
        permalink: `${services.baseUrl()}#${channel.id}/${message.thread_ts ?? message.ts}`,
      };
    },
  },
};
