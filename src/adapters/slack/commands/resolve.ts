import { activeRun } from '../../../core/incident/state.ts';
import type { SlackUseCases } from '../use-cases.ts';
import { type CommandHandler, incidentOf, say } from './command.ts';
import type { SendCommand } from './send-command.ts';

type Dependencies = { readonly useCases: Pick<SlackUseCases, 'incidents'>; readonly send: SendCommand };

/** `resolve`: a person says that it is over, for what no alert will end. Not while a run is under way. */
export function createResolve({ useCases, send }: Dependencies): CommandHandler {
  return async (command) => {
    const found = incidentOf(command, useCases.incidents.all(), ({ phase }) => phase !== 'resolved', {
      question: 'Which incident is over?',
      none: 'No incident is open. Nothing was done.',
    });
    if ('reply' in found) return found.reply;
    const { incident } = found;
    const { reference } = incident;
    if (incident.phase === 'resolved') return say(`${reference} is resolved already. Nothing was done.`);
    if (activeRun(incident) !== undefined)
      return say(
        `A run is under way in ${reference}, so it was not resolved. Let it end, or stop it first with /sre stop ${reference}.`,
      );
    const stored = await send(command, 'resolve', incident);
    if (!stored.ok) return say(`Your command was not stored, so ${reference} stays open. ${stored.error.sentence}`);
    return say(
      `${reference} is resolved. An alert that still fires keeps firing at its source; when it fires anew, it opens the incident again.`,
    );
  };
}
