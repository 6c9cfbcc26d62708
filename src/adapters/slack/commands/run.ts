import { activeRun } from '../../../core/incident/state.ts';
import { didYouMean } from '../../../core/runbook/did-you-mean.ts';
import type { SlackUseCases } from '../use-cases.ts';
import { code, said } from '../views/text.ts';
import { isOpen } from './choose-incident.ts';
import { type CommandHandler, incidentOf, say, tell } from './command.ts';
import type { SendCommand } from './send-command.ts';
import type { ThreadLinks } from './thread-links.ts';

type Dependencies = {
  readonly useCases: Pick<SlackUseCases, 'incidents' | 'runbookNames'>;
  readonly send: SendCommand;
  readonly links: ThreadLinks;
};

const namesShown = 20;

/** `run <runbook> [key=value …]`: whoever asks is the run's requester, whose own approval does not count. */
export function createRun({ useCases, send, links }: Dependencies): CommandHandler {
  function known(): string {
    const names = [...useCases.runbookNames()].sort();
    if (names.length === 0) return 'No runbook is loaded; look at the folder of runbooks in the configuration.';
    const more = names.length > namesShown ? ` and ${names.length - namesShown} more` : '';
    return `There are: ${names
      .slice(0, namesShown)
      .map((name) => code(name, 80))
      .join(', ')}${more}.`;
  }

  return async (command) => {
    const [runbook = '', ...pairs] = command.line.text.split(' ');
    if (runbook === '') return tell({ text: `Which runbook? Nothing was started. ${known()}` });
    if (!useCases.runbookNames().includes(runbook)) {
      const near = didYouMean(runbook, useCases.runbookNames());
      const guess = near === undefined ? '' : ` Did you mean ${code(near)}?`;
      return tell({ text: `There is no runbook ${code(runbook, 80)}. Nothing was started.${guess} ${known()}` });
    }
    const odd = pairs.find((pair) => !/^[^=\s]+=/.test(pair));
    if (odd !== undefined) {
      return tell({
        text: `${code(odd, 80)} is no input: inputs are written as key=value without spaces. Nothing was started.`,
      });
    }
    const found = incidentOf(command, useCases.incidents.all(), isOpen, {
      question: `In which incident should ${runbook} run?`,
      none: 'No incident is open, and a run belongs to one. Nothing was started. Begin with /sre investigate deployment/shop/checkout.',
    });
    if ('reply' in found) return found.reply;
    const { incident } = found;
    if (!isOpen(incident))
      return say(`${incident.reference} is resolved. Nothing was started; /sre investigate opens a new incident.`);
    const busy = activeRun(incident) ?? incident.runWanted;
    if (busy !== null) {
      const name = 'plan' in busy ? busy.plan.runbook.name : busy.runbook;
      return say(
        `A run of ${name} is under way in ${incident.reference}. Nothing was started; wait for its end, or stop it with /sre stop ${incident.reference}.`,
      );
    }
    const stored = await send(command, 'run', incident);
    if (!stored.ok) return say(`Your command was not stored, so nothing runs. ${stored.error.sentence}`);
    return tell({
      text: `*${incident.reference}*: ${said(runbook, 80)} is planned and checked now. Reads run by themselves; a change asks the approvers, and your own approval does not count, as you started it. Follow it here: ${await links.linkTo(incident)}`,
    });
  };
}
