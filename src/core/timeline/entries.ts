import { isWrite } from '../action/action.ts';
import { sayRef } from '../cluster/object.ts';
import { apply } from '../incident/apply.ts';
import type { IncidentEvent } from '../incident/events.ts';
import { maxAttempts } from '../incident/next.ts';
import { sayPast } from '../incident/past-incident.ts';
import { findAction, findRun, type IncidentState } from '../incident/state.ts';
import type { Requirement, Verdict } from '../policy/verdict.ts';
import { sayBill, sayDropped } from '../reasoning/bill.ts';

/**
 * One line of the story, told for people from exactly one event. `weight`: `milestone` is what a person must notice, `step` is told while it happens,
 * `detail` is kept for the reviewer. `output` is what a read showed. `seq` cites the event, so that the line can be proven.
 */
export type TimelineEntry = {
  readonly seq: number;
  readonly at: string;
  readonly recordedAt: string;
  readonly type: IncidentEvent['type'];
  readonly who: string;
  readonly text: string;
  readonly weight: 'milestone' | 'step' | 'detail';
  readonly output: string;
};

type Line = { readonly text: string; readonly weight: TimelineEntry['weight']; readonly output?: string };

/** Tells a whole incident. `events` are its stream from the first event on. */
export function timelineOf(events: readonly IncidentEvent[]): TimelineEntry[] {
  const entries: TimelineEntry[] = [];
  let state: IncidentState | undefined;
  for (const event of events) {
    state = apply(state, event);
    entries.push(entryOf(event, state));
  }
  return entries;
}

/** Tells one event; `after` is the state it led to. */
export function entryOf(event: IncidentEvent, after: IncidentState): TimelineEntry {
  const { text, weight, output = '' } = lineOf(event, after);
  return {
    seq: event.seq,
    at: event.occurredAt,
    recordedAt: event.recordedAt,
    type: event.type,
    who: whoOf(event),
    text,
    weight,
    output,
  };
}

function whoOf({ actor }: IncidentEvent): string {
  switch (actor.kind) {
    case 'bot':
      return 'sre-copilot';
    case 'system':
      return 'sre-copilot (system)';
    case 'signal':
      return actor.name ?? actor.id ?? 'alert source';
    case 'user':
      return actor.name ?? actor.id ?? 'somebody';
  }
  return actor.kind satisfies never;
}

function lineOf(event: IncidentEvent, after: IncidentState): Line {
  switch (event.type) {
    case 'incident-opened': {
      const { title, severity, summary, previous } = event.body;
      const again = previous === null ? '' : ` The same alert led to ${previous} before.`;
      return {
        text: `Incident opened: ${title} (severity ${severity}).${summary === '' ? '' : ` ${summary}`}${again}`,
        weight: 'milestone',
      };
    }
    case 'signal-joined':
      return { text: `${event.body.summary}.`, weight: 'step' };
    case 'incident-reopened':
      return { text: `Reopened: ${event.body.summary}.`, weight: 'milestone' };
    case 'incident-acknowledged':
      return { text: `Acknowledged by ${event.body.by.name}.`, weight: 'step' };
    case 'incident-mitigated':
      return { text: `Mitigated. ${event.body.summary}`, weight: 'milestone' };
    case 'incident-resolved':
      return { text: `Resolved. ${event.body.summary}`, weight: 'milestone' };
    case 'detection-noted':
      return detected(event, after);
    case 'incident-escalated': {
      const { summary, groups } = event.body;
      const called = groups.length === 0 ? 'the route names no group to call' : `called: ${groups.join(', ')}`;
      return { text: `Escalated. ${summary} (${called})`, weight: 'milestone' };
    }
    case 'comment-added':
      return { text: `${event.body.by.name}: ${event.body.text}`, weight: 'step' };
    case 'investigation-requested':
      return { text: `${event.body.requester.name} asked for an investigation.`, weight: 'step' };
    case 'investigation-finished':
      return investigated(event);
    case 'run-requested':
      return { text: `${event.body.requester.name} asked to run ${event.body.runbook}.`, weight: 'step' };
    case 'plan-made': {
      const { plan, requester } = event.body;
      const by = requester === null ? 'from the alert' : `for ${requester.name}`;
      return {
        text: `Plan made ${by}: ${plan.runbook.title} (${plan.actions.map(({ title }) => title).join(' → ')}).`,
        weight: 'step',
      };
    }
    case 'plan-refused':
      return { text: `No plan from ${event.body.runbook}: ${event.body.sentence}`, weight: 'milestone' };
    case 'preconditions-checked': {
      const { results, holds } = event.body;
      const said = results.map(({ text, measured }) => `${text} (${measured})`).join('; ');
      if (results.length === 0) return { text: 'The runbook asks for no precondition.', weight: 'detail' };
      return { text: `Preconditions ${holds ? 'hold' : 'do not hold'}: ${said}.`, weight: 'step' };
    }
    case 'action-checked': {
      const { check } = event.body;
      const text = `Policy on "${titleOf(event.body, after)}": ${sayVerdict(check.verdict)}`;
      return { text, weight: check.requestDigest === null ? 'detail' : 'step' };
    }
    case 'approval-requested': {
      const { require, expiresAt } = event.body;
      return {
        text: `Approval asked of ${sayRequirements(require)} for "${titleOf(event.body, after)}", until ${expiresAt}.`,
        weight: 'step',
      };
    }
    case 'approval-given': {
      const { approval, by, groups } = event.body;
      return {
        text: `${by.name} (${groups.join(', ')}) approved "${approvalTitle(approval, after)}".`,
        weight: 'milestone',
      };
    }
    case 'approval-rejected': {
      const { approval, by, reason } = event.body;
      return {
        text: `${by.name} rejected "${approvalTitle(approval, after)}".${reason === '' ? '' : ` Reason: ${reason}`}`,
        weight: 'milestone',
      };
    }
    case 'approval-refused':
      return { text: `A click of ${event.body.by.name} was refused: ${event.body.sentence}`, weight: 'step' };
    case 'approval-expired':
      return {
        text: `The approval of "${approvalTitle(event.body.approval, after)}" ran out; nobody decided in time.`,
        weight: 'milestone',
      };
    case 'approval-superseded':
      return {
        text: `"${titleOf(event.body, after)}" is checked again, because it is not what was decided on: ${event.body.why.join('; ')}`,
        weight: 'milestone',
      };
    case 'approval-revoked':
      return {
        text: `The approval of "${approvalTitle(event.body.approval, after)}" was taken back: ${event.body.why}`,
        weight: 'detail',
      };
    case 'action-intended': {
      const { role, summary, digest } = event.body;
      return {
        text: `${role === 'rollback' ? 'Rolling back' : 'About to run'}: ${summary}. Digest ${digest.slice(0, 12)}.`,
        weight: 'step',
      };
    }
    case 'action-executed': {
      const { role, observed, summary, output } = event.body;
      const wrote = writes(event.body, after);
      const how = observed ? ' (seen afterwards, not answered)' : '';
      return {
        text: `${role === 'rollback' ? 'Rollback made' : wrote ? 'Done' : 'Read'}: ${summary}${how}`,
        weight: wrote ? 'milestone' : 'step',
        output,
      };
    }
    case 'action-validated': {
      const { role, outcome, measured } = event.body;
      const what = role === 'rollback' ? 'rollback of ' : '';
      const word = {
        succeeded: 'holds',
        failed: 'does not hold',
        errored: 'could not be measured',
        unknown: 'is unknown',
      }[outcome];
      const notable = outcome !== 'succeeded' || writes(event.body, after);
      return {
        text: `Validation of ${what}"${titleOf(event.body, after)}" ${word}: ${measured}`,
        weight: notable ? 'milestone' : 'step',
      };
    }
    case 'action-failed': {
      const { role, sentence } = event.body;
      return {
        text: `${role === 'rollback' ? 'The rollback of ' : ''}"${titleOf(event.body, after)}" failed: ${sentence}`,
        weight: 'milestone',
      };
    }
    case 'action-unknown':
      return { text: `"${titleOf(event.body, after)}": ${event.body.sentence}`, weight: 'milestone' };
    case 'action-refused':
      return {
        text: `Policy refuses "${titleOf(event.body, after)}": ${event.body.verdict.reasons.join(' ')}`,
        weight: 'milestone',
      };
    case 'step-handed-over':
      return { text: `For a person: ${event.body.text} (${event.body.why})`, weight: 'milestone' };
    case 'run-stop-requested':
      return { text: `${event.body.by.name} asked to stop the run.`, weight: 'step' };
    case 'run-ended':
      return { text: `Run ${event.body.status}. ${event.body.reason}`, weight: 'milestone' };
    case 'targets-released':
      return { text: 'The objects of the run are free for others again.', weight: 'detail' };
    case 'effect-failed': {
      const { key, attempt, sentence, notBefore } = event.body;
      return {
        text: `${key.split('/')[1] ?? key} failed (attempt ${attempt}): ${sentence} ${attempt < maxAttempts ? `It may be tried again after ${notBefore}.` : 'It is not tried again.'}`,
        weight: 'step',
      };
    }
    case 'history-recalled': {
      const said = event.body.past.map((one) => sayPast(one, event.occurredAt));
      return { text: `Seen before: ${said.join(' · ')}.`, weight: 'step' };
    }
    case 'explanation-requested':
      return { text: 'The model is asked for its reading.', weight: 'detail' };
    case 'explanation-given':
      return explained(event, after);
    case 'explanation-failed': {
      const { sentence, dropped, bill } = event.body;
      const parts = [
        `No reading of the model. ${sentence}`,
        sayDropped(dropped),
        ...(bill === null ? [] : [`${sayBill(bill)}.`]),
      ];
      return { text: parts.filter((part) => part !== '').join(' '), weight: 'step' };
    }
    case 'question-asked':
      return { text: `${event.body.by.name} asked: ${event.body.question}`, weight: 'step' };
    case 'question-answered':
      return answered(event);
    case 'message-posted':
      return { text: `Posted to Slack: ${event.body.what}.`, weight: 'detail' };
  }
  return event satisfies never;
}

/** Flaps and recurrences are news; that it was seen a first time is told by the event before. */
function detected({ body }: Extract<IncidentEvent, { type: 'detection-noted' }>, after: IncidentState): Line {
  const { fingerprint, rule, object, source } = body;
  const { flaps = 0, times = 0 } = after.detections[fingerprint] ?? {};
  const what = `${rule} on ${sayRef(object)}`;
  if (times <= 1) return { text: `Seen by the ${source}: ${what}.`, weight: 'detail' };
  const flapped = flaps === 0 ? '' : `, ${flaps} of them right here`;
  return { text: `Seen again: ${what}. It began ${times} times lately${flapped}.`, weight: 'step' };
}

function explained({ body }: Extract<IncidentEvent, { type: 'explanation-given' }>, after: IncidentState): Line {
  const { sentences, hypothesis, runbook, dropped, bill } = body;
  const finding = after.investigation?.document.findings.find(({ id }) => id === hypothesis);
  const parts = [
    `The model's reading (not a rule): ${saySentences(sentences)}`,
    finding === undefined ? '' : `It takes "${finding.summary.replace(/\.$/, '')}" for the cause.`,
    runbook === null ? '' : `It suggests the runbook ${runbook}.`,
    sayDropped(dropped),
    `${sayBill(bill)}.`,
  ];
  return { text: parts.filter((part) => part !== '').join(' '), weight: 'step' };
}

function answered({ body }: Extract<IncidentEvent, { type: 'question-answered' }>): Line {
  const { by, sentences, dropped, withoutModel, bill, question } = body;
  const who = by === 'model' ? "The model's answer (not a rule)" : 'Answer by rules';
  const parts = [
    `${who} to #${question}: ${saySentences(sentences)}`,
    withoutModel?.sentence ?? '',
    sayDropped(dropped),
    bill === null ? '' : `${sayBill(bill)}.`,
  ];
  return { text: parts.filter((part) => part !== '').join(' '), weight: 'step' };
}

function saySentences(sentences: readonly { readonly text: string; readonly evidence: readonly string[] }[]): string {
  return sentences
    .map(({ text, evidence }) => (evidence.length === 0 ? text : `${text} [${evidence.join(', ')}]`))
    .join(' ');
}

function investigated({ body }: Extract<IncidentEvent, { type: 'investigation-finished' }>): Line {
  const { status, findings, missing } = body.investigation;
  const [first] = findings;
  const unread = missing.length === 0 ? '' : ` Not readable: ${missing.map(({ source }) => source).join(', ')}.`;
  const runbook = ` Runbook: ${body.why}`;
  if (first !== undefined) {
    return {
      text: `Found (${first.confidence} confidence): ${first.summary} Object: ${sayRef(first.object)}.${unread}${runbook}`,
      weight: 'milestone',
    };
  }
  if (status === 'healthy') return { text: `Nothing is wrong there now.${unread}${runbook}`, weight: 'milestone' };
  return { text: `No cause was found.${unread}${runbook}`, weight: 'milestone' };
}

/** A verdict in one sentence, reasons included. */
function sayVerdict(verdict: Verdict): string {
  const because = verdict.reasons.join(' ');
  switch (verdict.effect) {
    case 'allow':
      return `allowed. ${because}`;
    case 'needs-approval':
      return `needs approval of ${sayRequirements(verdict.require)}. ${because}`;
    case 'deny':
      return `denied. ${because}`;
  }
  return verdict satisfies never;
}

/** `one of sre-leads and 2 of db-leads` */
export function sayRequirements(require: readonly Requirement[]): string {
  return require.map(({ group, count }) => `${count === 1 ? 'one' : count} of ${group}`).join(' and ');
}

type About = { readonly run: string; readonly action: string };

function titleOf({ run, action }: About, state: IncidentState): string {
  const found = findRun(state, run);
  return (found === undefined ? undefined : findAction(found, action))?.planned.title ?? action;
}

function approvalTitle(id: string, state: IncidentState): string {
  const approval = state.approvals[id];
  return approval === undefined ? id : titleOf(approval, state);
}

function writes({ run, action }: About, state: IncidentState): boolean {
  const found = findRun(state, run);
  const planned = (found === undefined ? undefined : findAction(found, action))?.planned;
  return planned !== undefined && isWrite(planned.action);
}
