import type { ResponseTarget } from './interaction-tokens.ts';
import { isObject, type Json, type JsonObject, textAt } from './json.ts';
import { type Content, isEmptyContent, readContent } from './message-content.ts';
import { postAsBot } from './post-as-bot.ts';
import type { Services } from './web-api/method.ts';

export type ResponseUrlAnswer = { readonly status: number; readonly use: number; readonly answer: JsonObject };

/**
 * One use of a response_url: a new answer (only for the person unless `response_type` is `in_channel`), or a change of the
 * message the person acted on. Five uses within thirty minutes; a refused body costs a use too.
 */
export function useResponseUrl(services: Services, id: string, body: Json | undefined): ResponseUrlAnswer {
  const used = services.tokens.useResponseUrl(id);
  if (!used.ok) return { status: 404, use: 0, answer: { ok: false, error: used.error } };
  const error = isObject(body) ? respond(services, used.target, body) : 'invalid_payload';
  if (error === undefined) return { status: 200, use: used.use, answer: { ok: true } };
  return {
    status: error === 'invalid_payload' || error === 'no_text' ? 400 : 404,
    use: used.use,
    answer: { ok: false, error },
  };
}

function respond(services: Services, target: ResponseTarget, body: JsonObject): string | undefined {
  if (isTrue(body.delete_original)) return changeSource(services, target, 'delete');
  const content = readContent(body);
  if (!content.ok) return content.error.error;
  if (isEmptyContent(content.value)) return 'no_text';
  if (isTrue(body.replace_original) && target.source !== undefined)
    return changeSource(services, target, content.value);
  showAnswer(services, target, content.value, body);
  return undefined;
}

/** Shows an answer of the app to one person's act, to that person or to the channel. Also used for command acknowledgements. */
export function showAnswer(services: Services, target: ResponseTarget, content: Content, body: JsonObject): void {
  const thread = textAt(body, 'thread_ts');
  if (textAt(body, 'response_type') === 'in_channel') {
    postAsBot(services, { channel: target.channel, content }, thread);
    return;
  }
  services.ephemerals.show({
    user: target.person,
    from: services.app.botUserId,
    channel: target.channel,
    text: content.text ?? '',
    ...(content.blocks === undefined ? {} : { blocks: content.blocks }),
    ...(thread === undefined ? {} : { thread_ts: thread }),
    isShown: thread === undefined || (services.messages.find(target.channel, thread)?.reply_count ?? 0) > 0,
  });
}

function changeSource(services: Services, target: ResponseTarget, change: Content | 'delete'): string | undefined {
  const { source, channel, person } = target;
  if (source === undefined) return 'message_not_found';
  if (source.kind === 'ephemeral') {
    const ephemeral = services.ephemerals.find(person, channel, source.ts);
    if (ephemeral === undefined) return 'message_not_found';
    if (change === 'delete') services.ephemerals.remove(ephemeral);
    else
      services.ephemerals.replace(ephemeral, {
        text: change.text ?? '',
        ...(change.blocks === undefined ? {} : { blocks: change.blocks }),
      });
    return undefined;
  }
  const message = services.messages.find(channel, source.ts);
  // Only the app's own messages: a message shortcut also has a response_url, for a message of somebody else.
  if (message?.bot_id !== services.app.botId) return 'message_not_found';
  if (change === 'delete') services.messages.remove(channel, source.ts);
  else
    services.messages.edit(channel, source.ts, {
      text: change.text ?? '',
      blocks: change.blocks?.length ? change.blocks : undefined,
    });
  return undefined;
}

function isTrue(value: Json | undefined): boolean {
  return value === true || value === 'true';
}
