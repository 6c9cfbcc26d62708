import type { App } from '@slack/bolt';
import { createOnce } from '../once.ts';
import { readSlashCommand } from '../payloads.ts';
import { plainWords } from '../plain-words.ts';
import type { Answer } from '../views/answer.ts';
import type { Listening } from './listening.ts';
import { acknowledged, ephemeral, inTime, orBroken, stillWorking } from './reply.ts';

const slashCommand = '/sre';

/**
 * `/sre …`. A command is stored before it is acknowledged: the acknowledgement carries its answer. When that takes too long for Slack, the acknowledgement
 * says only that it is being worked on, and the answer follows.
 */
export function listenToSlashCommand(app: App, { desk, clock, log }: Listening): void {
  const once = createOnce<Answer>(clock);
  app.command(slashCommand, async ({ body, ack, respond }) => {
    const { actor, channel, line, triggerId } = readSlashCommand(body);
    const asked = { actor, place: { channel, threadTs: null }, line: plainWords(line) };
    const { outcome } = once(triggerId, () => orBroken(log, desk.answer(asked)));
    const early = await inTime(clock, outcome);
    const isTold = await acknowledged(log, () => ack(ephemeral(early ?? stillWorking)));
    if (early !== null && isTold) return;
    await respond(ephemeral(await outcome)).catch((error: unknown) => {
      log.warn(
        `An answer to ${actor.id} could not be shown: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
  });
}
