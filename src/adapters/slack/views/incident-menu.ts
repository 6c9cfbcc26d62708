import type { IncidentState } from '../../../core/incident/state.ts';
import type { Answer } from './answer.ts';
import { plain, said, section } from './text.ts';
import { wordOfPhase } from './words.ts';

export const incidentMenuId = 'incident_pick';

const shown = 50;

/** Asks which incident a command is about. `id` finds the command again; the menu carries nothing else of it. */
export function incidentMenu(question: string, id: string, incidents: readonly IncidentState[]): Answer {
  const latest = [...incidents].sort((a, b) => b.openedAt.localeCompare(a.openedAt)).slice(0, shown);
  const text = `${said(question, 300)} Several incidents fit; nothing was done yet.`;
  return {
    text: `${text} Write its number after the command, such as ${latest[0]?.reference ?? 'INC-1'}.`,
    blocks: [
      section(text),
      {
        type: 'actions',
        block_id: `menu-${id}`,
        elements: [
          {
            type: 'static_select',
            action_id: incidentMenuId,
            placeholder: plain('Choose an incident'),
            options: latest.map((state) => ({
              text: plain(`${state.reference} ${wordOfPhase(state.phase).toLowerCase()}: ${state.opened.title}`),
              value: state.reference,
            })),
          },
        ],
      },
    ],
  };
}
