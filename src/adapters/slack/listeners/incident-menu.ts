import type { App } from '@slack/bolt';
import { createOnce } from '../once.ts';
import { readClick } from '../payloads.ts';
import type { Answer } from '../views/answer.ts';
import { incidentMenuId } from '../views/incident-menu.ts';
import type { Listening } from './listening.ts';
import { acknowledged, ephemeral, orBroken } from './reply.ts';

/** The choice of an incident for a command that named none: the menu becomes the answer. */
export function listenToIncidentMenu(app: App, { desk, clock, log }: Listening): void {
  const once = createOnce<Answer>(clock);
  app.action(incidentMenuId, async ({ body, ack, respond }) => {
    await acknowledged(log, () => ack());
    const { actor, triggerId, blockId, value } = readClick(body);
    const menu = blockId.replace(/^menu-/, '');
    const { outcome, isFirst } = once(triggerId, () => orBroken(log, desk.resume(menu, actor, value)));
    const answer = await outcome;
    if (!isFirst) return;
    await respond({ ...ephemeral(answer), replace_original: true }).catch((error: unknown) => {
      log.warn(
        `An answer to ${actor.id} could not be shown: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
  });
}
