import { seenAfter } from './after-delivery.ts';
import { interactionBase, viewPlace } from './interaction-payloads.ts';
import { type Entered, elementState, findElement, isStateless } from './interactive-elements.ts';
import { isObject, type Json, type JsonObject, textAt } from './json.ts';
import type { Person, View } from './records.ts';
import { failure, failureSentences, type Seen } from './seen.ts';
import { type FilledIn, submittedValues } from './view-input.ts';
import type { Services } from './web-api/method.ts';
import { readView } from './web-api/view-methods.ts';

/** What a person does in modals and in the Home tab. */
export type ModalHand = {
  actInView(viewId: string, actionId: string, chosen: Entered | undefined): Promise<Seen>;
  submitView(viewId: string, filledIn: FilledIn): Promise<Seen>;
  closeView(viewId: string): Promise<Seen>;
};

/** Creates the part of a person's hands that works in views. Nobody reaches into another person's. */
export function createModalHand({ person, services }: { person: Person; services: Services }): ModalHand {
  const { app, views, tokens, socketMode } = services;
  const actionTs = (): string => (services.now() / 1000).toFixed(6);

  const ownView = (viewId: string): View | undefined =>
    views.ownerOf(viewId) === person.id ? views.find(viewId) : undefined;

  const actInView = async (viewId: string, actionId: string, chosen: Entered | undefined): Promise<Seen> => {
    const view = ownView(viewId);
    if (view === undefined) return failure(failureSentences.viewGone);
    const found = findElement(view.blocks, actionId, undefined);
    const state = found === undefined ? undefined : elementState(found.element, chosen ?? null);
    if (found === undefined || state === undefined) return failure(failureSentences.elementGone);
    const blockId = found.block.block_id ?? '';
    const current = isStateless(found.element) ? view : views.enter(view, { [blockId]: { [actionId]: state } });
    const before = views.stack(person.id);
    const delivery = await socketMode.deliver({
      type: 'interactive',
      payload: {
        type: 'block_actions',
        ...interactionBase(app, person),
        ...viewPlace(current),
        trigger_id: tokens.issueTrigger({ person: person.id, viewId }),
        actions: [{ ...state, action_id: actionId, block_id: blockId, action_ts: actionTs() }],
      },
    });
    return seenAfter(delivery, views, person.id, before);
  };

  const submitView = async (viewId: string, filledIn: FilledIn): Promise<Seen> => {
    const view = ownView(viewId);
    if (view === undefined || view.type !== 'modal') return failure(failureSentences.viewGone);
    const { values, errors } = submittedValues(view, filledIn);
    if (Object.keys(errors).length > 0) return { visible: 'modal', viewId, errors };
    const entered = views.enter(view, values);
    const payload = {
      type: 'view_submission',
      ...interactionBase(app, person),
      trigger_id: tokens.issueTrigger({ person: person.id, viewId }),
      view: { ...entered, state: { values } },
      response_urls: [],
    };
    const delivery = await socketMode.deliver({ type: 'interactive', payload });
    if (delivery.outcome !== 'acked') return failure(failureSentences.submissionFailed);
    return afterSubmission(entered, delivery.payload);
  };

  const afterSubmission = (view: View, ack: JsonObject): Seen => {
    const action = textAt(ack, 'response_action');
    if (action === 'errors') {
      const errors = fieldErrors(ack.errors);
      // Slack shows errors under input blocks only; one that names no such block shows as trouble connecting.
      const known = new Set(view.blocks.filter(({ type }) => type === 'input').map(({ block_id }) => block_id));
      if (Object.keys(errors).some((block) => !known.has(block)) || Object.keys(errors).length === 0)
        return failure(failureSentences.submissionFailed);
      return { visible: 'modal', viewId: view.id, errors };
    }
    if (action === 'update' || action === 'push') {
      const draft = readView(ack, 'modal');
      if (!draft.ok) return failure(failureSentences.submissionFailed);
      const shown = action === 'update' ? views.update(view, draft.view) : views.push(person.id, draft.view);
      return typeof shown === 'string'
        ? failure(failureSentences.submissionFailed)
        : { visible: 'modal', viewId: shown.id };
    }
    if (action !== undefined && action !== 'clear') return failure(failureSentences.submissionFailed);
    views.close(view, action === 'clear' ? 'all' : 'this');
    const below = views.stack(person.id).at(-1);
    return below === undefined ? { visible: 'nothing' } : { visible: 'modal', viewId: below.id };
  };

  const closeView = async (viewId: string): Promise<Seen> => {
    const view = ownView(viewId);
    if (view === undefined || view.type !== 'modal') return failure(failureSentences.viewGone);
    const closed = views.close(view, view.clear_on_close ? 'all' : 'this');
    const told = closed.filter(({ notify_on_close }) => notify_on_close);
    await Promise.all(
      told.map((one) => {
        const payload = {
          type: 'view_closed',
          ...interactionBase(app, person),
          view: one,
          is_cleared: view.clear_on_close,
        };
        return socketMode.deliver({ type: 'interactive', payload });
      }),
    );
    return { visible: 'nothing' };
  };

  return { actInView, submitView, closeView };
}

function fieldErrors(value: Json | undefined): Readonly<Record<string, string>> {
  const entries = Object.entries(isObject(value) ? value : {});
  return Object.fromEntries(entries.flatMap(([block, text]) => (typeof text === 'string' ? [[block, text]] : [])));
}
