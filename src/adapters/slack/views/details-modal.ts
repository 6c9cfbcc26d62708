import type { KnownBlock, ModalView } from '@slack/types';
import { renderKubectl } from '../../../core/action/kubectl/render.ts';
import { sayRef } from '../../../core/cluster/object.ts';
import type { CardFacts } from './approval-card.ts';
import { code, codeBlock, plain, said, section } from './text.ts';

/** Everything the approval binds, for whoever does not want to approve blindly. Too long for the card, never needed to decide. */
export function detailsModal({ state, run, action, approval, check }: Omit<CardFacts, 'mentionOf'>): ModalView {
  const { target } = check;
  const guard = check.guard.map(
    ({ path, summary, digest }) => `${path}\n  is ${summary}\n  digest ${digest.slice(0, 16)}`,
  );
  const blocks: KnownBlock[] = [
    section(`*${said(action.planned.title, 300)}*\n${said(state.opened.title, 300)} (${state.reference})`),
    section(`*What a person would type*\n${codeBlock(lineOf(action.planned.action))}`),
    section(`*Target*\n${target === null ? 'none' : `${said(sayRef(target))}\nuid ${code(target.uid)}`}`),
    section(`*What changes*\n${codeBlock(check.change.join('\n'), 2400)}`),
    section(
      `*Guard:* the API server refuses the change when one of these is not as it was\n${codeBlock(guard.join('\n'), 2400)}`,
    ),
    section(`*Validation*\n${codeBlock(validation(action.planned.validate))}`),
    section(
      `*Bound by the approval*\n${codeBlock(
        [
          `approval  ${approval.digest}`,
          `request   ${check.requestDigest ?? '-'}`,
          `runbook   ${run.plan.runbook.digest}`,
          `policy    ${check.policyDigest}`,
          `until     ${approval.expiresAt}`,
        ].join('\n'),
      )}`,
    ),
  ];
  return {
    type: 'modal',
    callback_id: 'approval_details_view',
    title: plain('What you approve', 24),
    close: plain('Close', 24),
    blocks,
  };
}

function lineOf(action: CardFacts['action']['planned']['action']): string {
  switch (action.kind) {
    case 'manual':
      return action.text;
    case 'query':
      return action.promql;
    default:
      return renderKubectl(action);
  }
}

function validation(validate: CardFacts['action']['planned']['validate']): string {
  if (validate === undefined) return 'as kubectl rollout status';
  const { until, everyMs, forMs, timeoutMs } = validate;
  const condition = until.kind === 'metric' ? until.promql : until.kind === 'cel' ? until.expression : until.text;
  return `${condition}\nasked every ${everyMs / 1000} s, must hold for ${forMs / 1000} s, within ${timeoutMs / 1000} s`;
}
