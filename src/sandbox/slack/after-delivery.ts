import type { View } from './records.ts';
import { failure, failureSentences, type Seen } from './seen.ts';
import type { Delivery } from './socket-mode.ts';
import type { ViewStacks } from './view-stacks.ts';

/** What a person sees when the app has acknowledged: the modal that opened since `before`, or nothing yet. */
export function openedModal(views: ViewStacks, personId: string, before: readonly View[]): Seen {
  const top = views.stack(personId).at(-1);
  const isNew = top !== undefined && !before.some(({ id }) => id === top.id);
  return isNew ? { visible: 'modal', viewId: top.id } : { visible: 'nothing' };
}

/** What a person sees of a click, a choice or a shortcut. */
export function seenAfter(delivery: Delivery, views: ViewStacks, personId: string, before: readonly View[]): Seen {
  switch (delivery.outcome) {
    case 'acked':
      return openedModal(views, personId, before);
    case 'not-acked':
      return failure(failureSentences.actionTimedOut);
    case 'not-connected':
      return failure(failureSentences.actionUndelivered);
    default:
      return delivery satisfies never;
  }
}
