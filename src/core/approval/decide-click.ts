import type { Told } from '../incident/events.ts';
import type { Approval, IncidentState } from '../incident/state.ts';
import type { Person } from '../signal/signal.ts';
import { missingApprovals } from './quorum.ts';

export type Click = {
  readonly approval: string;
  readonly decision: 'approve' | 'reject';
  readonly person: Person;
  /** Groups among those required that the person is a member of at this moment. Null: membership could not be read. */
  readonly groups: readonly string[] | null;
  /** Where the clicked button stood, when the surface knows. */
  readonly at: { readonly channel: string; readonly ts: string } | null;
  readonly reason: string;
  /** What the person typed where the card asks for the target's name. */
  readonly typed: string | null;
};

export type ClickAnswer =
  | { readonly code: 'approval.granted' | 'approval.counted' | 'approval.rejected'; readonly sentence: string }
  | {
      readonly code:
        | 'approval.unknown'
        | 'approval.misplaced'
        | 'approval.already-decided'
        | 'approval.expired'
        | 'approval.own-request'
        | 'approval.not-allowed'
        | 'approval.groups-unreadable'
        | 'approval.already-counted'
        | 'approval.not-confirmed';
      readonly sentence: string;
    };

export type ClickOutcome = { readonly events: readonly Told[]; readonly answer: ClickAnswer };

/**
 * Decides one click over the incident as it is in the very step that appends the answer: authorisation and compare-and-set are one. A refused
 * click leaves the approval pending, is journalled, and gets a sentence that only that person sees. `target` is the name to be typed for a typed confirmation.
 */
export function decideClick(state: IncidentState, click: Click, target: string, now: Date): ClickOutcome {
  const approval = Object.hasOwn(state.approvals, click.approval) ? state.approvals[click.approval] : undefined;
  if (approval === undefined) {
    return silent(
      'approval.unknown',
      'This button belongs to nothing that is open. Nothing was done. Look at the latest card in the thread.',
    );
  }
  const refusal = refuse(approval, click, target, now);
  if (refusal !== undefined) {
    const { code, sentence } = refusal;
    return {
      events: [{ type: 'approval-refused', body: { approval: approval.id, by: click.person, code, sentence } }],
      answer: refusal,
    };
  }
  if (click.decision === 'reject') {
    return {
      events: [{ type: 'approval-rejected', body: { approval: approval.id, by: click.person, reason: click.reason } }],
      answer: { code: 'approval.rejected', sentence: 'Rejected. The run stops; nothing is changed by this action.' },
    };
  }
  const groups = [...(click.groups ?? [])];
  const yes = { by: click.person, groups };
  const missing = missingApprovals(approval.require, [...approval.given, yes], approval.requester?.id ?? null);
  const events: Told[] = [{ type: 'approval-given', body: { approval: approval.id, by: click.person, groups } }];
  return missing.length === 0
    ? { events, answer: { code: 'approval.granted', sentence: 'Approved. It is checked once more and then runs.' } }
    : {
        events,
        answer: {
          code: 'approval.counted',
          sentence: `Your approval counts. Still needed: ${missing.map(({ group, count }) => `${count} of ${group}`).join(', ')}.`,
        },
      };
}

type Refused = Exclude<ClickAnswer, { code: 'approval.granted' | 'approval.counted' | 'approval.rejected' }>;

function refuse(approval: Approval, click: Click, target: string, now: Date): Refused | undefined {
  const { card } = approval;
  if (card !== null && click.at !== null && (card.channel !== click.at.channel || card.ts !== click.at.ts)) {
    return {
      code: 'approval.misplaced',
      sentence:
        'This button is not on the card it was made for. Nothing was done. Use the card in the thread of the incident.',
    };
  }
  if (approval.status !== 'pending') return { code: 'approval.already-decided', sentence: decided(approval) };
  if (Date.parse(approval.expiresAt) <= now.getTime()) {
    return {
      code: 'approval.expired',
      sentence: `This approval ended at ${approval.expiresAt}. Nothing was done. Start the run again if it is still needed.`,
    };
  }
  if (click.groups === null) {
    return {
      code: 'approval.groups-unreadable',
      sentence:
        'Who belongs to the approver groups cannot be read right now, so nobody can decide. The card stays open; try again in a minute.',
    };
  }
  const groups = approval.require.map(({ group }) => group);
  if (approval.requester?.id === click.person.id && click.decision === 'approve') {
    return {
      code: 'approval.own-request',
      sentence: `You started this run, so your own approval does not count. The card stays open for another member of ${groups.join(', ')}.`,
    };
  }
  if (!click.groups.some((group) => groups.includes(group)) && approval.requester?.id !== click.person.id) {
    return {
      code: 'approval.not-allowed',
      sentence: `Only members of ${groups.join(' or ')} can decide this, and you are not one now. The card stays open for them.`,
    };
  }
  if (click.decision === 'approve' && approval.given.some(({ by }) => by.id === click.person.id)) {
    return { code: 'approval.already-counted', sentence: 'Your approval is counted already. It needs another person.' };
  }
  if (click.decision === 'approve' && approval.typedConfirmation && (target === '' || click.typed !== target)) {
    return {
      code: 'approval.not-confirmed',
      sentence: `What you typed is not ${target}. Nothing was done; the card stays open.`,
    };
  }
  return undefined;
}

/** What became of an approval, for a second or a late click. */
function decided(approval: Approval): string {
  const who = approval.given.map(({ by }) => by.name).join(', ');
  const by = approval.endedBy?.name ?? who;
  switch (approval.status) {
    case 'granted':
    case 'consumed':
      return `Already approved by ${who}. Your click changed nothing.`;
    case 'rejected':
      return `Already rejected by ${by}. Your click changed nothing.`;
    case 'expired':
      return `This approval ran out at ${approval.expiresAt}. Nothing was done. Start the run again if it is still needed.`;
    case 'superseded':
      return 'The object or the policy changed after this card was posted, so it is void. Look at the newer card in the thread.';
    case 'revoked':
      return 'The run ended before this was decided. Your click changed nothing.';
    case 'pending':
      return 'Still open.';
  }
  return approval.status satisfies never;
}

function silent(code: 'approval.unknown', sentence: string): ClickOutcome {
  return { events: [], answer: { code, sentence } };
}
