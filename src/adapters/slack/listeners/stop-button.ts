import type { App } from '@slack/bolt';
import { createOnce } from '../once.ts';
import { readClick } from '../payloads.ts';
import type { Answer } from '../views/answer.ts';
import { stopActionId } from '../views/case-file.ts';
import type { Listening } from './listening.ts';
import { acknowledged, orBroken, whisper } from './reply.ts';

/** The button of the case file. It carries nothing: where it stands says which run is meant. */
export function listenToStopButton(app: App, { desk, client, clock, log }: Listening): void {
  const once = createOnce<Answer>(clock);
  app.action(stopActionId, async ({ body, ack }) => {
    await acknowledged(log, () => ack());
    const { actor, triggerId, channel, ts, threadTs } = readClick(body);
    const { outcome, isFirst } = once(triggerId, () => orBroken(log, desk.stopAt(actor, { channel, ts, threadTs })));
    const answer = await outcome;
    if (isFirst) await whisper(client, log, { user: actor.id, channel, threadTs }, answer);
  });
}
