import type { KnownBlock } from '@slack/types';
import { missingApprovals } from '../../../core/approval/quorum.ts';
import { sayRef } from '../../../core/cluster/object.ts';
import type { ActionCheck } from '../../../core/incident/events.ts';
import type { Approval, IncidentState, Run, RunAction } from '../../../core/incident/state.ts';
import { sayRequirements } from '../../../core/timeline/entries.ts';
import type { ThreadMessage } from './message.ts';
import { codeBlock, context, label, limits, mrkdwn, notice, plain, said, section, when } from './text.ts';

export const approvalActionIds = {
  approve: 'approval_approve',
  reject: 'approval_reject',
  details: 'approval_details',
} as const;

export type CardFacts = {
  readonly state: IncidentState;
  readonly run: Run;
  readonly action: RunAction;
  readonly approval: Approval;
  readonly check: ActionCheck;
  /** `<!subteam^S…>` of each group that Slack knows; the group's name otherwise. */
  readonly mentionOf: (group: string) => string;
};

/**
 * The question to people, with what they need to answer it: target, what changes, how far it reaches, the way back, why policy asks, who can approve, when it ends. Its buttons carry
 * the approval's opaque id and nothing else. Once decided the buttons are gone and the facts stay.
 */
export function approvalCard(facts: CardFacts): ThreadMessage {
  const { state, run, action, approval, check } = facts;
  const { target, verdict } = check;
  const pending = approval.status === 'pending';
  const headed = `${headline(approval)}: ${action.planned.title}`;
  const where = target === null ? 'no object' : `*${said(sayRef(target), 400)}*`;
  const rollback = check.rollback.possible ? check.rollback.summary : `None: ${check.rollback.why}`;
  const field = (name: string, text: string) => mrkdwn(`*${name}*\n${text}`, limits.field);
  const reasons = verdict.reasons.slice(0, 5).map((reason) => `• ${said(reason, 250)}`);
  const unsaid = verdict.reasons.length - reasons.length;
  const blocks: KnownBlock[] = [
    section(`*${said(headed, 300)}*\n${where}  ·  cluster ${said(check.cluster, 60)}`),
    section(`*What changes*\n${codeBlock(check.change.join('\n'), 1800)}`),
    {
      type: 'section',
      fields: [
        field('Blast radius', said(check.blastRadius.summary)),
        field('Rollback', said(rollback)),
        field(pending ? 'Who can approve' : 'Who was asked', whoCan(facts, pending)),
        field(
          pending ? 'Ends' : 'Ended',
          when(pending ? approval.expiresAt : (approval.endedAt ?? approval.expiresAt)),
        ),
      ],
    },
    section(
      [
        `*Why policy asks* (rule ${said(verdict.rule, 150)})`,
        ...reasons,
        ...(unsaid > 0 ? [`• and ${unsaid} more, in the timeline`] : []),
      ].join('\n'),
    ),
  ];
  if (pending) blocks.push(buttons(facts));
  else blocks.push(section(outcome(approval)));
  blocks.push(
    context([
      `runbook ${said(run.plan.runbook.name, 80)} \`${run.plan.runbook.digest.slice(0, 8)}\``,
      check.rehearsed ? 'dry run accepted by the API server' : 'no dry run',
      `digest \`${approval.digest.slice(0, 12)}\``,
      `${state.reference}, no answer means no`,
    ]),
  );
  return {
    key: `card/${approval.id}`,
    what: 'card',
    approval: approval.id,
    text: notice(`${headed} (${state.reference})`),
    blocks,
  };
}

function whoCan({ approval, mentionOf }: CardFacts, pending: boolean): string {
  // Mentions only while something is asked: the approvers are called once, by the post.
  const groups = pending
    ? approval.require.map(({ group, count }) => `${count === 1 ? 'one' : count} of ${mentionOf(group)}`).join(' and ')
    : said(sayRequirements(approval.require));
  const not = approval.requester === null ? '' : `\nnot ${said(approval.requester.name, 80)}, who started the run`;
  const missing = missingApprovals(approval.require, approval.given, approval.requester?.id ?? null);
  const counted =
    pending && approval.given.length > 0
      ? `\ngiven by ${approval.given.map(({ by }) => said(by.name, 80)).join(', ')}, still missing ${said(sayRequirements(missing))}`
      : '';
  return `${groups}${not}${counted}`;
}

function buttons({ action, approval, check }: CardFacts): KnownBlock {
  const target = check.target === null ? 'the cluster' : sayRef(check.target);
  const effect = `${action.planned.title} on ${target}. ${check.change[0] ?? ''}`;
  const named = (verb: string) => label(`${verb}: ${action.planned.title}`);
  return {
    type: 'actions',
    block_id: `approval-${approval.id.slice(0, 8)}`,
    elements: [
      {
        type: 'button',
        action_id: approvalActionIds.approve,
        style: 'primary',
        text: plain('Approve'),
        value: approval.id,
        accessibility_label: named('Approve'),
        // With a typed confirmation the window that follows asks already.
        ...(approval.typedConfirmation
          ? {}
          : {
              confirm: {
                title: plain('Approve this change?'),
                text: plain(effect, limits.confirmText),
                confirm: plain('Approve'),
                deny: plain('Not yet'),
              },
            }),
      },
      {
        type: 'button',
        action_id: approvalActionIds.reject,
        style: 'danger',
        text: plain('Reject'),
        value: approval.id,
        accessibility_label: named('Reject'),
        confirm: {
          title: plain('Reject this change?'),
          text: plain('The run stops. Nothing is changed by this action.', limits.confirmText),
          confirm: plain('Reject'),
          deny: plain('Not yet'),
        },
      },
      {
        type: 'button',
        action_id: approvalActionIds.details,
        text: plain('Details'),
        value: approval.id,
        accessibility_label: named('Details'),
      },
    ],
  };
}

function headline({ status }: Approval): string {
  switch (status) {
    case 'pending':
      return 'Approval needed';
    case 'granted':
    case 'consumed':
      return 'Approved';
    case 'rejected':
      return 'Rejected';
    case 'expired':
      return 'Expired';
    case 'superseded':
      return 'Superseded';
    case 'revoked':
      return 'Taken back';
  }
  return status satisfies never;
}

function outcome(approval: Approval): string {
  const at = when(approval.endedAt ?? approval.expiresAt);
  const why = said(approval.why ?? 'no reason was recorded', 600);
  switch (approval.status) {
    case 'pending':
      return '*Open.*';
    case 'granted':
    case 'consumed':
      return `*Approved* by ${approval.given.map((yes) => `<@${yes.by.id}> at ${when(yes.at)}`).join(', ')}.`;
    case 'rejected':
      return `*Rejected* by ${approval.endedBy === null ? 'somebody' : `<@${approval.endedBy.id}>`} at ${at}. Nothing was changed.`;
    case 'expired':
      return `*Expired* at ${at} without enough approvals. Nothing was changed.`;
    case 'superseded':
      return `*Superseded* at ${at}, so it decides nothing any more: ${why}`;
    case 'revoked':
      return `*Taken back* at ${at}: ${why}`;
  }
  return approval.status satisfies never;
}
