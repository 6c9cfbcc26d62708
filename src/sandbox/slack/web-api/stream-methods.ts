import { type JsonObject, textAt } from '../json.ts';
import { readContent } from '../message-content.ts';
import { wireMessage } from '../wire-message.ts';
import {
  type Answer,
  joinedChannel,
  type Method,
  refused,
  refusedContent,
  requireText,
  type Services,
} from './method.ts';

const write = ['chat:write'];

/** `chat.*Stream`: a message that grows, for five minutes at most. */
export const streamMethods: Readonly<Record<string, Method>> = {
  'chat.startStream': {
    tier: 'T2',
    scopes: write,
    run(args, services) {
      const place = joinedChannel(args, services);
      if (!place.ok) return place.answer;
      const thread = requireText(args, 'thread_ts');
      if (!thread.ok) return thread.answer;
      if (!services.channels.isDirect(place.channel.id)) {
        if (textAt(args, 'recipient_user_id') === undefined) return refused('missing_recipient_user_id');
        if (textAt(args, 'recipient_team_id') === undefined) return refused('missing_recipient_team_id');
      }
      const started = services.streams.start(place.channel.id, thread.value, args);
      return typeof started === 'string' ? refused(started) : { ok: true, channel: started.channel, ts: started.ts };
    },
  },
  'chat.appendStream': {
    tier: 'T4',
    scopes: write,
    run: (args, services) => onStream(args, services, (channel, ts) => services.streams.append(channel, ts, args)),
  },
  'chat.stopStream': {
    tier: 'T2',
    scopes: write,
    run(args, services) {
      const content = readContent(args.blocks === undefined ? {} : { blocks: args.blocks });
      if (!content.ok) return refusedContent(content.error);
      return onStream(args, services, (channel, ts) => services.streams.stop(channel, ts, args, content.value.blocks));
    },
  },
};

function onStream(
  args: JsonObject,
  services: Services,
  act: (channel: string, ts: string) => string | undefined,
): Answer {
  const place = joinedChannel(args, services);
  if (!place.ok) return place.answer;
  const ts = requireText(args, 'ts');
  if (!ts.ok) return ts.answer;
  const message = services.messages.find(place.channel.id, ts.value);
  if (message === undefined) return refused('message_not_found');
  const error = act(message.channel, message.ts);
  const after = services.messages.find(message.channel, message.ts) ?? message;
  return error === undefined
    ? { ok: true, channel: after.channel, ts: after.ts, message: wireMessage(after) }
    : refused(error);
}
