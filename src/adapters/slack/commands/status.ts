import type { SlackUseCases } from '../use-cases.ts';
import { statusView } from '../views/status.ts';
import { incidentOfThread, isOpen } from './choose-incident.ts';
import { type CommandHandler, incidentOf, tell } from './command.ts';
import type { ThreadLinks } from './thread-links.ts';

type Dependencies = { readonly useCases: Pick<SlackUseCases, 'incidents'>; readonly links: ThreadLinks };

/** `status`: the open incidents, or the one that is named or whose thread it is. */
export function createStatus({ useCases, links }: Dependencies): CommandHandler {
  return async (command) => {
    const all = useCases.incidents.all();
    const isOne = command.line.reference !== null || incidentOfThread(all, command.place) !== undefined;
    const one = isOne ? incidentOf(command, all, isOpen, { question: '', none: '' }) : undefined;
    if (one !== undefined && 'reply' in one) return one.reply;
    const incidents = one === undefined ? all.filter(isOpen) : [one.incident];
    const shown = incidents.slice(-25);
    const addresses = new Map(
      await Promise.all(shown.map(async (incident) => [incident.reference, await links.linkTo(incident)] as const)),
    );
    return tell(statusView(incidents, ({ reference }) => addresses.get(reference) ?? ''));
  };
}
