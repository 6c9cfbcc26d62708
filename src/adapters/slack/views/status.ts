import { activeRun, type IncidentState, pendingApprovals } from '../../../core/incident/state.ts';
import { sayRequirements } from '../../../core/timeline/entries.ts';
import type { Answer } from './answer.ts';
import { nextStep } from './case-file.ts';
import { context, said, section, when } from './text.ts';
import { sayPhase, sayStatus, wordOfPhase } from './words.ts';

const shown = 15;

/** Incidents with how they stand: phase, run, who is asked, and a link to each thread where `linkOf` knows one. */
export function statusView(incidents: readonly IncidentState[], linkOf: (state: IncidentState) => string): Answer {
  if (incidents.length === 0) {
    return { text: 'No incident is open. `/sre investigate deployment/shop/checkout` looks at something anyway.' };
  }
  const latest = [...incidents].sort((a, b) => b.openedAt.localeCompare(a.openedAt));
  const unsaid = latest.length - shown;
  return {
    text: `${latest.length === 1 ? 'One incident' : `${latest.length} incidents`}: ${latest
      .slice(0, shown)
      .map((state) => `${state.reference} ${wordOfPhase(state.phase).toLowerCase()}`)
      .join(', ')}${unsaid > 0 ? `, and ${unsaid} more` : ''}`,
    blocks: [
      ...latest.slice(0, shown).map((state) => section(lineOf(state, linkOf(state)), 700)),
      ...(unsaid > 0 ? [context([`and ${unsaid} more; name one, such as /sre status INC-7`])] : []),
    ],
  };
}

function lineOf(state: IncidentState, link: string): string {
  const run = activeRun(state);
  const [asked] = pendingApprovals(state);
  const facts = [
    run === undefined ? 'no run' : `run of ${said(run.plan.runbook.name, 60)}: ${sayStatus(run.status).toLowerCase()}`,
    ...(asked === undefined ? [] : [`asked: ${said(sayRequirements(asked.require), 100)}`]),
    link,
  ];
  return [
    `${sayPhase(state.phase)}  *${state.reference}*  ${said(state.opened.title, 140)}`,
    `Next: ${said(nextStep(state), 150)}`,
    `${facts.join('  ·  ')}  ·  opened ${when(state.openedAt)}`,
  ].join('\n');
}
