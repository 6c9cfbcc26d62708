import { activeRun, type IncidentState } from '../../../core/incident/state.ts';
import type { SlackUseCases } from '../use-cases.ts';
import { said } from '../views/text.ts';
import { type Command, type CommandHandler, incidentOf, type Reply, say, tell } from './command.ts';
import type { SendCommand } from './send-command.ts';

type Dependencies = { readonly useCases: Pick<SlackUseCases, 'incidents'>; readonly send: SendCommand };

export type Stop = CommandHandler & {
  /** Stops what runs in this incident, for the button that stands in its thread. */
  readonly inIncident: (command: Command, incident: IncidentState) => Promise<Reply>;
};

/** `stop`: ends the active run; anybody who may use the co-pilot can. */
export function createStop({ useCases, send }: Dependencies): Stop {
  async function inIncident(command: Command, incident: IncidentState): Promise<Reply> {
    const { reference } = incident;
    const run = activeRun(incident);
    if (run === undefined) return say(`No run is under way in ${reference}. Nothing was stopped.`);
    if (run.stopRequestedBy !== null)
      return say(`${run.stopRequestedBy.name} asked to stop this run of ${reference} already; it is ending.`);
    const stored = await send(command, 'stop', incident);
    if (!stored.ok) return say(`Your command was not stored, so the run goes on. ${stored.error.sentence}`);
    return tell({
      text: `*${reference}*: the run of ${said(run.plan.runbook.name, 80)} stops. No further change is begun; one that is being made is brought to its end and checked.`,
    });
  }

  const stop: CommandHandler = async (command) => {
    const found = incidentOf(command, useCases.incidents.all(), (it) => activeRun(it) !== undefined, {
      question: 'Which run should stop?',
      none: 'No run is under way. Nothing was stopped.',
    });
    return 'reply' in found ? found.reply : inIncident(command, found.incident);
  };
  return Object.assign(stop, { inIncident });
}
