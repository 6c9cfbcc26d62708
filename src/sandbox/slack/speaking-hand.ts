import { randomUUID } from 'node:crypto';
import { openedModal } from './after-delivery.ts';
import { limits } from './block-kit/limits.ts';
import { commandPayload } from './interaction-payloads.ts';
import { textAt } from './json.ts';
import { encodeTyped, typedBlocks } from './mentions.ts';
import { isEmptyContent, readContent } from './message-content.ts';
import { type Channel, type Person, slackbotUserId } from './records.ts';
import { showAnswer } from './response-url.ts';
import { failure, failureSentences, type Seen } from './seen.ts';
import type { Services } from './web-api/method.ts';

/** What a person types: slash commands and messages. */
export type SpeakingHand = {
  command(channelId: string, typed: string, threadTs: string | undefined): Promise<Seen>;
  say(channelId: string, typed: string, threadTs: string | undefined): Seen;
};

/** Creates the part of a person's hands that types. */
export function createSpeakingHand({ person, services }: { person: Person; services: Services }): SpeakingHand {
  const { app, channels, messages, ephemerals, views, tokens, socketMode } = services;

  /** A sentence of Slack's own, shown to this person only. */
  const slackbotSays = (channel: string, text: string, threadTs?: string): Seen => {
    ephemerals.show({
      user: person.id,
      from: slackbotUserId,
      channel,
      text,
      ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
      isShown: true,
    });
    return failure(text);
  };

  const joined = (channelId: string): Channel | undefined => {
    const channel = channels.find(channelId);
    return channel?.members.includes(person.id) ? channel : undefined;
  };

  const command = async (channelId: string, typed: string, threadTs: string | undefined): Promise<Seen> => {
    const channel = joined(channelId);
    if (channel === undefined) return failure(failureSentences.notInChannel);
    const [, name = '', rest = ''] = /^(\/\S+)\s*([\s\S]*)$/.exec(typed.trim()) ?? [];
    const known = services.manifest.commands.find((one) => one.command === name);
    if (known === undefined) return slackbotSays(channel.id, failureSentences.unknownCommand(name || typed), threadTs);
    if (threadTs !== undefined) return slackbotSays(channel.id, failureSentences.commandInThread(name), threadTs);
    const text = (
      known.shouldEscape ? encodeTyped(rest, { botName: app.botName, people: services.people, channels }) : rest
    ).trim();
    const target = { person: person.id, channel: channel.id };
    const trigger_id = tokens.issueTrigger({ person: person.id });
    const before = views.stack(person.id);
    const payload = commandPayload({
      app,
      person,
      channel,
      command: name,
      text,
      response_url: tokens.issueResponseUrl(target),
      trigger_id,
    });
    const delivery = await socketMode.deliver({ type: 'slash_commands', payload });
    if (delivery.outcome === 'not-acked') return slackbotSays(channel.id, failureSentences.commandTimedOut(name));
    if (delivery.outcome === 'not-connected')
      return slackbotSays(channel.id, failureSentences.commandUndelivered(name));
    const content = readContent(delivery.payload);
    if (!content.ok) return slackbotSays(channel.id, failureSentences.commandUndelivered(name));
    if (isEmptyContent(content.value)) return openedModal(views, person.id, before);
    showAnswer(services, target, content.value, delivery.payload);
    if (textAt(delivery.payload, 'response_type') === 'in_channel')
      return { visible: 'message', ts: messages.inChannel(channel.id).at(-1)?.ts ?? '' };
    const shown = ephemerals.of(person.id).at(-1);
    return { visible: 'ephemeral', text: shown?.text ?? '', ts: shown?.ts ?? '' };
  };

  const say = (channelId: string, typed: string, threadTs: string | undefined): Seen => {
    const channel = joined(channelId);
    if (channel === undefined) return failure(failureSentences.notInChannel);
    const text = encodeTyped(typed.trim(), { botName: app.botName, people: services.people, channels });
    if (text === '') return failure(failureSentences.nothingTyped);
    if (text.length > limits.messageText) return failure(failureSentences.tooLong);
    const root = threadTs === undefined ? undefined : messages.find(channel.id, threadTs);
    if (threadTs !== undefined && root === undefined) return failure(failureSentences.messageGone);
    const message = messages.post({
      channel: channel.id,
      user: person.id,
      client_msg_id: randomUUID(),
      text,
      blocks: typedBlocks(text),
      ...(root === undefined ? {} : { thread_ts: root.thread_ts ?? root.ts, parent_user_id: root.user }),
    });
    if (text.includes(`<@${app.botUserId}>`) && !channel.members.includes(app.botUserId)) {
      slackbotSays(channel.id, `You mentioned @${app.botName}, but it is not in this channel, so it did not hear you.`);
    }
    return { visible: 'message', ts: message.ts };
  };

  return { command, say };
}
