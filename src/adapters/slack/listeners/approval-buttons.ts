import type { App } from '@slack/bolt';
import { createOnce } from '../once.ts';
import { type ButtonClick, readClick, readSubmission } from '../payloads.ts';
import { slackFault } from '../slack-fault.ts';
import type { Answer } from '../views/answer.ts';
import { approvalActionIds } from '../views/approval-card.ts';
import { confirmModal, confirmModalIds, confirmPlaceSchema } from '../views/confirm-modal.ts';
import { detailsModal } from '../views/details-modal.ts';
import { sentenceView } from '../views/help.ts';
import { findApproval } from './find-approval.ts';
import type { Listening } from './listening.ts';
import { acknowledged, orBroken, whisper } from './reply.ts';

const unknown = 'This button belongs to nothing that is open. Nothing was done. Look at the latest card in the thread.';
const tooSlow = 'The window could not be opened in time. Nothing was done; press the button again.';

/**
 * Approve, Reject, Details. Acknowledged at once; the answer comes to the one who clicked, in the thread. A button carries an opaque id and nothing else: what
 * it stands for is looked up here, and where it stands is handed on, so that a copy of it decides nothing.
 */
export function listenToApprovalButtons(app: App, listening: Listening): void {
  const { useCases, people, client, clock, log } = listening;
  const once = createOnce<Answer | null>(clock);

  async function decide(click: ButtonClick, decision: 'approve' | 'reject', typed: string | null): Promise<Answer> {
    const person = await people.recognise(click.actor);
    if (!person.ok) return sentenceView(person.error.sentence);
    const decided = await useCases.decide({
      approval: click.value,
      decision,
      person: person.value,
      at: { channel: click.channel, ts: click.ts },
      reason: '',
      typed,
    });
    if (decided.ok) return sentenceView(decided.value.sentence);
    return sentenceView(`Your decision was not stored, so nothing was decided. ${decided.error.sentence}`);
  }

  /** Null when a window opened and there is nothing to say. */
  async function approve(click: ButtonClick): Promise<Answer | null> {
    const found = findApproval(useCases.incidents.all(), click.value);
    const asksForName =
      found?.approval.typedConfirmation === true && found.approval.status === 'pending' && found.check !== null;
    if (!asksForName || found?.check == null) return decide(click, 'approve', null);
    const person = await people.recognise(click.actor);
    if (!person.ok) return sentenceView(person.error.sentence);
    const place = { approval: click.value, channel: click.channel, ts: click.ts, threadTs: click.threadTs };
    return open(click, confirmModal({ action: found.action, check: found.check }, place));
  }

  async function details(click: ButtonClick): Promise<Answer | null> {
    const person = await people.recognise(click.actor);
    if (!person.ok) return sentenceView(person.error.sentence);
    const found = findApproval(useCases.incidents.all(), click.value);
    if (found === undefined) return sentenceView(unknown);
    const { check, ...facts } = found;
    if (check === null)
      return sentenceView('This was decided already. What it was about is on the card and in the timeline.');
    return open(click, detailsModal({ ...facts, check }));
  }

  async function open(click: ButtonClick, view: ReturnType<typeof detailsModal>): Promise<Answer | null> {
    try {
      await client.views.open({ trigger_id: click.triggerId, view });
      return null;
    } catch (error) {
      const { code } = slackFault(error);
      if (!code.includes('trigger')) log.warn(`A window could not be opened. ${slackFault(error).sentence}`);
      return sentenceView(tooSlow);
    }
  }

  const answers: Readonly<Record<keyof typeof approvalActionIds, (click: ButtonClick) => Promise<Answer | null>>> = {
    approve,
    reject: (click) => decide(click, 'reject', null),
    details,
  };

  for (const name of ['approve', 'reject', 'details'] as const) {
    app.action(approvalActionIds[name], async ({ body, ack }) => {
      await acknowledged(log, () => ack());
      const click = readClick(body);
      const { outcome, isFirst } = once(click.triggerId, () => orBrokenOrNothing(answers[name](click)));
      const answer = await outcome;
      if (isFirst && answer !== null)
        await whisper(client, log, { user: click.actor.id, channel: click.channel, threadTs: click.threadTs }, answer);
    });
  }

  function orBrokenOrNothing(work: Promise<Answer | null>): Promise<Answer | null> {
    return work.catch((error: unknown) => orBroken(log, Promise.reject(error)));
  }

  app.view(confirmModalIds.callback, async ({ body, ack }) => {
    const submission = readSubmission(body);
    const typed = submission.valueOf(confirmModalIds.block, confirmModalIds.action).trim();
    const place = confirmPlaceSchema.parse(JSON.parse(submission.privateMetadata));
    // A slip of the finger is said in the window; whether the name is right is decided with everything else, once more.
    const target = findApproval(useCases.incidents.all(), place.approval)?.check?.target?.name;
    if (target !== undefined && typed !== target) {
      const errors = { [confirmModalIds.block]: 'This is not the name of the object. Nothing was done yet.' };
      await acknowledged(log, () => ack({ response_action: 'errors', errors }));
      return;
    }
    await acknowledged(log, () => ack());
    const click: ButtonClick = {
      actor: submission.actor,
      triggerId: submission.viewId,
      channel: place.channel,
      ts: place.ts,
      threadTs: place.threadTs,
      actionId: approvalActionIds.approve,
      blockId: '',
      value: place.approval,
    };
    const { outcome, isFirst } = once(`view/${submission.viewId}`, () =>
      orBrokenOrNothing(decide(click, 'approve', typed)),
    );
    const answer = await outcome;
    if (isFirst && answer !== null)
      await whisper(client, log, { user: click.actor.id, channel: click.channel, threadTs: click.threadTs }, answer);
  });
  // A window without a submit button sends nothing; one that only shows needs no listener.
}
