import { isWrite } from '../../../core/action/action.ts';
import { apply } from '../../../core/incident/apply.ts';
import type { ActionCheck, IncidentEvent } from '../../../core/incident/events.ts';
import { findAction, findRun, type IncidentState } from '../../../core/incident/state.ts';
import { entryOf, type TimelineEntry } from '../../../core/timeline/entries.ts';
import type { Draft } from '../../../ports/answer-drafts.ts';
import { answerNote, draftNote } from './answer-note.ts';
import { approvalCard } from './approval-card.ts';
import { caseFile } from './case-file.ts';
import { findingNote } from './finding-note.ts';
import type { ThreadMessage } from './message.ts';
import { readingNote } from './reading-note.ts';
import { rootMessage } from './root-message.ts';
import { runEndedNote } from './run-ended-note.ts';
import { context, notice, said, section } from './text.ts';

/**
 * The thread as it should stand after these events: root, case file, and one message for each thing that a person must notice, in order. Pure: the
 * projection posts what is missing and edits what differs, so that a restart, a lost answer or a second try cannot say anything twice. Every message is within
 * Slack's limits, whatever the events hold.
 */
export function threadOf(
  events: readonly IncidentEvent[],
  mentionOf: (group: string) => string,
  drafts: ReadonlyMap<number, Draft> = new Map(),
): readonly ThreadMessage[] {
  const notes: ThreadMessage[] = [];
  const entries: TimelineEntry[] = [];
  const checks = new Map<string, ActionCheck>();
  const outputs = new Map<string, string>();
  const failures = new Set<string>();
  let state: IncidentState | undefined;
  for (const event of events) {
    state = apply(state, event);
    const entry = entryOf(event, state);
    entries.push(entry);
    if (event.type === 'action-checked') checks.set(keyOf(event.body), event.body.check);
    // The card shows the check it was made from, also after the action was checked again.
    const asked = event.type === 'approval-requested' ? checks.get(keyOf(event.body)) : undefined;
    if (event.type === 'approval-requested' && asked !== undefined) checks.set(event.body.approval, asked);
    if (event.type === 'action-executed' && event.body.output !== '') outputs.set(keyOf(event.body), event.body.output);
    const note = noteOf(event, state, entry, { checks, outputs, failures, mentionOf });
    if (event.type === 'explanation-failed') failures.add(event.body.code);
    if (note !== undefined) notes.push(note);
  }
  if (state === undefined) return [];
  const last = state;
  // A card is posted where it was asked, and always shows how its approval stands now.
  const current = notes.map((note) =>
    note.approval === null ? note : (cardOf(last, note.approval, checks, mentionOf) ?? note),
  );
  const growing = last.reasoning.questions.flatMap((question) => {
    const draft = question.answered ? undefined : drafts.get(question.seq);
    return draft === undefined || draft.length === 0 ? [] : [draftNote(question, draft)];
  });
  return [rootMessage(last), caseFile(last, entries), ...current, ...growing];
}

type Kept = {
  readonly checks: ReadonlyMap<string, ActionCheck>;
  readonly outputs: ReadonlyMap<string, string>;
  /** Why the model gave no reading before: each reason is told once in a thread. */
  readonly failures: ReadonlySet<string>;
  readonly mentionOf: (group: string) => string;
};

function noteOf(
  event: IncidentEvent,
  state: IncidentState,
  entry: TimelineEntry,
  kept: Kept,
): ThreadMessage | undefined {
  switch (event.type) {
    case 'investigation-finished':
      return findingNote(event.body, entry);
    case 'explanation-given':
      return readingNote(event.body, state, entry);
    case 'explanation-failed':
      return kept.failures.has(event.body.code) ? undefined : plainNote(entry, state);
    case 'question-answered': {
      const question = state.reasoning.questions.find(({ seq }) => seq === event.body.question);
      return question === undefined ? undefined : answerNote(question, event.body, event.seq);
    }
    case 'approval-requested':
      return cardOf(state, event.body.approval, kept.checks, kept.mentionOf);
    case 'action-executed':
      return isWriteOf(event.body, state) ? plainNote(entry, state) : undefined;
    case 'action-validated':
      return event.body.outcome !== 'succeeded' && isWriteOf(event.body, state) ? plainNote(entry, state) : undefined;
    case 'action-failed':
    case 'action-unknown': {
      const alarm = event.type === 'action-unknown' || event.body.role === 'rollback';
      return plainNote(entry, state, alarm ? approversOf(state, event.body.run, kept) : '');
    }
    case 'detection-noted':
      // That it was seen a first time is what the thread is about; that it comes and goes is news.
      return (state.detections[event.body.fingerprint]?.times ?? 0) > 1 ? plainNote(entry, state) : undefined;
    case 'incident-escalated':
      return plainNote(entry, state, event.body.groups.slice(0, 4).map(kept.mentionOf).join(' '));
    case 'comment-added':
    case 'plan-refused':
    case 'approval-given':
    case 'approval-superseded':
    case 'action-refused':
    case 'step-handed-over':
    case 'incident-reopened':
    case 'incident-resolved':
      return plainNote(entry, state);
    case 'run-ended': {
      const run = findRun(state, event.body.run);
      const call = needsEyes(event.body.status, run) ? approversOf(state, event.body.run, kept) : '';
      return runEndedNote({
        body: event.body,
        run,
        entry,
        call,
        outputOf: (action) => kept.outputs.get(keyOf({ run: event.body.run, action })),
      });
    }
    default:
      return undefined;
  }
}

/** A run whose end leaves the cluster in a state that nobody has measured to be right. */
function needsEyes(status: string, run: IncidentState['runs'][number] | undefined): boolean {
  const undone = run?.actions.some(
    ({ state: action }) =>
      action.step === 'done' && (action.rolledBack === 'failed' || action.rolledBack === 'unknown'),
  );
  return status === 'unknown' || undone === true;
}

function cardOf(
  state: IncidentState,
  id: string,
  checks: Kept['checks'],
  mentionOf: Kept['mentionOf'],
): ThreadMessage | undefined {
  const approval = state.approvals[id];
  const run = approval === undefined ? undefined : findRun(state, approval.run);
  const action = run === undefined || approval === undefined ? undefined : findAction(run, approval.action);
  if (approval === undefined || run === undefined || action === undefined) return undefined;
  const check = checks.get(id);
  return check === undefined ? undefined : approvalCard({ state, run, action, approval, check, mentionOf });
}

function plainNote(entry: TimelineEntry, state: IncidentState, call = ''): ThreadMessage {
  return {
    key: `note/${entry.seq}`,
    what: 'note',
    approval: null,
    text: notice(`${entry.text} (${state.reference})`),
    blocks: [
      section(`${said(entry.text, 2400)}${call === '' ? '' : `\n${call} please look now.`}`),
      context([said(entry.who, 80), `event #${entry.seq}`]),
    ],
  };
}

function approversOf(state: IncidentState, run: string, { mentionOf }: Kept): string {
  return (findRun(state, run)?.plan.approvals ?? [])
    .slice(0, 4)
    .map(({ group }) => mentionOf(group))
    .join(' ');
}

function isWriteOf({ run, action }: { readonly run: string; readonly action: string }, state: IncidentState): boolean {
  const found = findRun(state, run);
  const planned = (found === undefined ? undefined : findAction(found, action))?.planned;
  return planned !== undefined && isWrite(planned.action);
}

function keyOf({ run, action }: { readonly run: string; readonly action: string }): string {
  return `${run}/${action}`;
}
