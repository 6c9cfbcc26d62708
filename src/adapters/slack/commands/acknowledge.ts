import type { SlackUseCases } from '../use-cases.ts';
import { type CommandHandler, incidentOf, say } from './command.ts';
import type { SendCommand } from './send-command.ts';

type Dependencies = { readonly useCases: Pick<SlackUseCases, 'incidents'>; readonly send: SendCommand };

/** `ack`: somebody looks after the incident. It says so to the others; work goes on. */
export function createAcknowledge({ useCases, send }: Dependencies): CommandHandler {
  return async (command) => {
    const found = incidentOf(command, useCases.incidents.all(), ({ phase }) => phase === 'open', {
      question: 'Which incident do you look after?',
      none: 'No incident waits to be acknowledged. Nothing was done.',
    });
    if ('reply' in found) return found.reply;
    const { incident } = found;
    if (incident.phase !== 'open') return say(`${incident.reference} is ${incident.phase} already. Nothing was done.`);
    const stored = await send(command, 'ack', incident);
    if (!stored.ok) return say(`Your command was not stored. ${stored.error.sentence}`);
    return say(`${incident.reference} is acknowledged: the others see that you look after it.`);
  };
}
