import type { KnownBlock } from '@slack/types';
import { sayRef } from '../../../core/cluster/object.ts';
import { sayPast } from '../../../core/incident/past-incident.ts';
import { currentExplanation } from '../../../core/incident/reasoning-state.ts';
import { activeRun, currentAction, type IncidentState, pendingApprovals } from '../../../core/incident/state.ts';
import { sayBill } from '../../../core/reasoning/bill.ts';
import { sayRequirements, type TimelineEntry } from '../../../core/timeline/entries.ts';
import type { ThreadMessage } from './message.ts';
import { saySentences } from './reading-note.ts';
import { context, label, notice, plain, said, section } from './text.ts';
import { sayPhase, sayStatus, wordOfPhase } from './words.ts';

const stepsShown = 5;
const pastShown = 2;

export const stopActionId = 'run_stop';

/** The one message that is edited while things happen: where it stands, the likely cause, what comes next, the last steps. */
export function caseFile(state: IncidentState, entries: readonly TimelineEntry[]): ThreadMessage {
  const run = activeRun(state);
  const steps = entries.filter(({ weight }) => weight !== 'detail').slice(-stepsShown);
  const blocks: KnownBlock[] = [
    section(`${sayPhase(state.phase)}  *Case file ${state.reference}*\n*Likely cause:* ${hypothesis(state)}`),
    ...reasoningOf(state),
    section(`*Next:* ${said(nextStep(state), 500)}`),
    section(`*Last steps* (UTC)\n${steps.map(sayStep).join('\n')}`),
  ];
  if (run !== undefined) {
    blocks.push({
      type: 'actions',
      block_id: 'case-file-actions',
      elements: [
        {
          type: 'button',
          action_id: stopActionId,
          text: plain('Stop the run'),
          accessibility_label: label(`Stop the run of ${run.plan.runbook.title}`),
          confirm: {
            title: plain('Stop the run?'),
            text: plain('No further change is begun. One that is being made is brought to its end first.', 300),
            confirm: plain('Stop'),
            deny: plain('Keep going'),
          },
        },
      ],
    });
  }
  const last = state.runs.at(-1);
  const footer =
    last === undefined
      ? []
      : [`run ${last.id.slice(-6)} of ${said(last.plan.runbook.name, 80)}: ${sayStatus(last.status)}`];
  blocks.push(context([...footer, 'whole story: `@sre-copilot timeline`', `event #${state.seq}`]));
  return {
    key: 'case-file',
    what: 'case-file',
    approval: null,
    text: notice(`${wordOfPhase(state.phase)}: ${nextStep(state)} (${state.reference})`),
    blocks,
  };
}

function hypothesis(state: IncidentState): string {
  const { investigation } = state;
  if (investigation === null) return '_being looked at_';
  const [first] = investigation.document.findings;
  if (first !== undefined)
    return `${said(first.summary, 500)}\n${said(sayRef(first.object), 300)}  ·  ${first.confidence} confidence`;
  return investigation.document.status === 'healthy' ? 'nothing is wrong there now' : 'none found';
}

/** What was seen before, and what the model makes of it: beside the rules' answer, never in its place. */
function reasoningOf({ investigation, reasoning }: IncidentState): KnownBlock[] {
  if (investigation === null) return [];
  const { past, explanationFailed } = reasoning;
  const explanation = currentExplanation(reasoning, investigation.seq);
  const seen = past.slice(0, pastShown).map((one) => said(sayPast(one, investigation.at), 400));
  const failed = explanationFailed?.investigation === investigation.seq ? explanationFailed : null;
  const lines = [
    ...(seen.length === 0 ? [] : [`*Seen before:* ${seen.join('\n')}`]),
    ...(explanation === null
      ? []
      : [
          `*The model's reading (not a rule):* ${saySentences(explanation.sentences, 300)}\n${said(sayBill(explanation.bill), 200)}`,
        ]),
    ...(failed === null ? [] : [`*The model's reading:* none. ${said(failed.sentence, 300)}`]),
  ];
  return lines.length === 0 ? [] : [section(lines.join('\n'))];
}

function sayStep({ seq, at, who, text }: TimelineEntry): string {
  return `\`${at.slice(11, 19)}\` ${said(text, 220)} _(${said(who, 60)}, #${seq})_`;
}

/** What happens now or is waited for, in one sentence. */
export function nextStep(state: IncidentState): string {
  if (state.investigationWanted !== null) return 'reading the cluster';
  const run = activeRun(state);
  const [asked] = pendingApprovals(state);
  if (asked !== undefined) return `waiting for approval by ${sayRequirements(asked.require)}`;
  const action = run === undefined ? undefined : currentAction(run);
  if (action !== undefined)
    return `${action.planned.title} (${action.state.step === 'executed' ? 'validating' : 'in progress'})`;
  if (state.runWanted !== null) return `planning ${state.runWanted.runbook}`;
  switch (state.phase) {
    case 'resolved':
      return 'nothing; the timeline is ready for the post-mortem';
    case 'mitigated':
      return 'waiting for the alert to end at its source';
    case 'open':
    case 'acknowledged':
      return 'a person decides: investigate again, run a runbook, or repair it by hand';
  }
  return state.phase satisfies never;
}
