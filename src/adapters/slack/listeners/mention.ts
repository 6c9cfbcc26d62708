import type { App } from '@slack/bolt';
import { createOnce } from '../once.ts';
import { readMention } from '../payloads.ts';
import { wordsAfterMention } from '../plain-words.ts';
import type { Answer } from '../views/answer.ts';
import type { Listening } from './listening.ts';
import { inTime, orBroken, whisper } from './reply.ts';

const mentionEvent = 'app_mention';

/**
 * `@sre-copilot …`: the words of the slash command, which Slack does not have in threads. What bots write is not for us, our own messages least of all. The
 * event is acknowledged once the command is stored.
 */
export function listenToMentions(app: App, { desk, client, clock, log, team }: Listening): void {
  const once = createOnce<Answer>(clock);
  app.event(mentionEvent, async ({ body, context }) => {
    const { channel, ts, threadTs, text, actor } = readMention(body);
    const botUserId = team()?.botUserId;
    if (actor === null || botUserId === undefined || actor.id === botUserId) return;
    // By the message, not by the event: an edit that comes as a new event is the same command.
    const { outcome, isFirst } = once(`${channel}/${ts}`, () =>
      orBroken(log, desk.answer({ actor, place: { channel, threadTs }, line: wordsAfterMention(text, botUserId) })),
    );
    await inTime(clock, outcome);
    // Put there by `acknowledgeWhenDone`.
    if (typeof context.acknowledge === 'function') await context.acknowledge();
    if (isFirst) await whisper(client, log, { user: actor.id, channel, threadTs }, await outcome);
  });
}
