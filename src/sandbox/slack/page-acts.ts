import { z } from 'zod';
import type { Hands } from './hands.ts';
import type { Seen } from './seen.ts';

const text = z.string().max(50_000);
const id = z.string().min(1).max(300);
const entered = z.union([text, z.array(text).max(200), z.null()]);

/** What the page may ask for. One member per act of `Hands`. */
export const pageActSchema = z.discriminatedUnion('act', [
  z.strictObject({ act: z.literal('command'), person: id, channel: id, text, thread: id.optional() }),
  z.strictObject({ act: z.literal('say'), person: id, channel: id, text, thread: id.optional() }),
  z.strictObject({ act: z.literal('click'), person: id, channel: id, ts: id, actionId: id, value: text.optional() }),
  z.strictObject({ act: z.literal('select'), person: id, channel: id, ts: id, actionId: id, chosen: entered }),
  z.strictObject({ act: z.literal('act-in-view'), person: id, view: id, actionId: id, chosen: entered.optional() }),
  z.strictObject({ act: z.literal('submit-view'), person: id, view: id, values: z.record(z.string(), entered) }),
  z.strictObject({ act: z.literal('close-view'), person: id, view: id }),
  z.strictObject({ act: z.literal('shortcut'), person: id, channel: id, callbackId: id, ts: id.optional() }),
  z.strictObject({ act: z.literal('react'), person: id, channel: id, ts: id, name: id }),
  z.strictObject({ act: z.literal('pin'), person: id, channel: id, ts: id }),
  z.strictObject({ act: z.literal('open-home'), person: id }),
]);

/** Does what the page asked for with a person's hands. */
export async function performPageAct(hands: Hands, asked: z.infer<typeof pageActSchema>): Promise<Seen> {
  switch (asked.act) {
    case 'command':
      return hands.command(asked.channel, asked.text, asked.thread);
    case 'say':
      return hands.say(asked.channel, asked.text, asked.thread);
    case 'click':
      return hands.click(asked.channel, asked.ts, asked.actionId, asked.value);
    case 'select':
      return hands.select(asked.channel, asked.ts, asked.actionId, asked.chosen);
    case 'act-in-view':
      return hands.actInView(asked.view, asked.actionId, asked.chosen);
    case 'submit-view':
      return hands.submitView(asked.view, asked.values);
    case 'close-view':
      return hands.closeView(asked.view);
    case 'shortcut':
      return hands.shortcut(asked.callbackId, asked.channel, asked.ts);
    case 'react':
      return hands.react(asked.channel, asked.ts, asked.name);
    case 'pin':
      return hands.pin(asked.channel, asked.ts);
    case 'open-home':
      return hands.openHome();
    default:
      return asked satisfies never;
  }
}
