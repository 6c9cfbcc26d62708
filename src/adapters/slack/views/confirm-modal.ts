import type { ModalView } from '@slack/types';
import { z } from 'zod';
import { sayRef } from '../../../core/cluster/object.ts';
import type { CardFacts } from './approval-card.ts';
import { code, codeBlock, label, plain, said, section } from './text.ts';

export const confirmModalIds = { callback: 'approval_confirm', block: 'typed', action: 'typed_name' } as const;

/** Where the button was pressed that opened the window: the decision is checked against it. Slack hands it back unread. */
export const confirmPlaceSchema = z.strictObject({
  approval: z.string(),
  channel: z.string(),
  ts: z.string(),
  threadTs: z.string().nullable(),
});
export type ConfirmPlace = Readonly<z.infer<typeof confirmPlaceSchema>>;

/** Asks for the target's name before an approval counts: nobody types a name without having read it. */
export function confirmModal({ action, check }: Pick<CardFacts, 'action' | 'check'>, place: ConfirmPlace): ModalView {
  const { target } = check;
  return {
    type: 'modal',
    callback_id: confirmModalIds.callback,
    private_metadata: JSON.stringify(place),
    title: plain('Approve this change', 24),
    submit: plain('Approve', 24),
    close: plain('Not yet', 24),
    blocks: [
      section(`*${said(action.planned.title, 300)}*\n${target === null ? '' : said(sayRef(target))}`),
      section(codeBlock(check.change.join('\n'), 1500)),
      ...(target === null ? [] : [section(`The name to type: ${code(target.name, 260)}`)]),
      {
        type: 'input',
        block_id: confirmModalIds.block,
        label: plain(label('Name of the object', 75)),
        element: { type: 'plain_text_input', action_id: confirmModalIds.action, max_length: 260, focus_on_load: true },
      },
    ],
  };
}
