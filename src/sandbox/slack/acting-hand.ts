import { seenAfter } from './after-delivery.ts';
import { interactionBase, messagePlace } from './interaction-payloads.ts';
import { type Entered, elementState, findElement, isStateless } from './interactive-elements.ts';
import type { Channel, Ephemeral, Message, Person, ViewValues } from './records.ts';
import { failure, failureSentences, type Seen } from './seen.ts';
import type { Services } from './web-api/method.ts';

/** What a person does to messages: buttons, menus, shortcuts. */
export type ActingHand = {
  act(
    channelId: string,
    ts: string,
    actionId: string,
    what: { value?: string | undefined; chosen?: Entered },
  ): Promise<Seen>;
  shortcut(callbackId: string, channelId: string, ts: string | undefined): Promise<Seen>;
};

/** Creates the part of a person's hands that acts on messages. What they chose in menus is remembered per message, as in Slack. */
export function createActingHand({ person, services }: { person: Person; services: Services }): ActingHand {
  const { app, channels, messages, ephemerals, views, tokens, socketMode } = services;
  const choices = new Map<string, ViewValues>();
  const actionTs = (): string => (services.now() / 1000).toFixed(6);

  const joined = (channelId: string): Channel | undefined => {
    const channel = channels.find(channelId);
    return channel?.members.includes(person.id) ? channel : undefined;
  };

  const act = async (
    channelId: string,
    ts: string,
    actionId: string,
    { value, chosen }: { value?: string | undefined; chosen?: Entered },
  ): Promise<Seen> => {
    const channel = joined(channelId);
    if (channel === undefined) return failure(failureSentences.notInChannel);
    const source: Message | Ephemeral | undefined =
      messages.find(channel.id, ts) ?? ephemerals.find(person.id, channel.id, ts);
    if (source === undefined) return failure(failureSentences.messageGone);
    const found = findElement(source.blocks ?? [], actionId, value);
    const state = found === undefined ? undefined : elementState(found.element, chosen ?? null);
    if (found === undefined || state === undefined) return failure(failureSentences.elementGone);
    const blockId = found.block.block_id ?? '';
    const key = `${person.id} ${channel.id} ${ts}`;
    const values = { ...choices.get(key) };
    if (!isStateless(found.element)) {
      values[blockId] = { ...values[blockId], [actionId]: state };
      choices.set(key, values);
    }
    const before = views.stack(person.id);
    const kind = 'type' in source ? 'message' : 'ephemeral';
    const delivery = await socketMode.deliver({
      type: 'interactive',
      payload: {
        type: 'block_actions',
        ...interactionBase(app, person),
        ...messagePlace(source, channel),
        trigger_id: tokens.issueTrigger({ person: person.id }),
        response_url: tokens.issueResponseUrl({ person: person.id, channel: channel.id, source: { kind, ts } }),
        state: { values },
        actions: [{ ...state, action_id: actionId, block_id: blockId, action_ts: actionTs() }],
      },
    });
    return seenAfter(delivery, views, person.id, before);
  };

  const shortcut = async (callbackId: string, channelId: string, ts: string | undefined): Promise<Seen> => {
    const known = services.manifest.shortcuts.find((one) => one.callbackId === callbackId);
    if (known === undefined || (known.type === 'message') !== (ts !== undefined))
      return failure('This app has no such shortcut. Nothing was sent.');
    const channel = joined(channelId);
    if (channel === undefined) return failure(failureSentences.notInChannel);
    const base = {
      ...interactionBase(app, person),
      callback_id: callbackId,
      trigger_id: tokens.issueTrigger({ person: person.id }),
      action_ts: actionTs(),
    };
    const before = views.stack(person.id);
    if (ts === undefined)
      return seenAfter(
        await socketMode.deliver({ type: 'interactive', payload: { type: 'shortcut', ...base } }),
        views,
        person.id,
        before,
      );
    const message = messages.find(channel.id, ts);
    if (message === undefined) return failure(failureSentences.messageGone);
    const response_url = tokens.issueResponseUrl({
      person: person.id,
      channel: channel.id,
      source: { kind: 'message', ts },
    });
    const { message: body } = messagePlace(message, channel);
    const payload = {
      type: 'message_action',
      ...base,
      response_url,
      message_ts: ts,
      channel: { id: channel.id, name: channel.name },
      message: body,
    };
    return seenAfter(await socketMode.deliver({ type: 'interactive', payload }), views, person.id, before);
  };

  return { act, shortcut };
}
