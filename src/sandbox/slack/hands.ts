import { createActingHand } from './acting-hand.ts';
import type { Entered } from './interactive-elements.ts';
import type { JsonObject } from './json.ts';
import type { Ledger } from './ledger.ts';
import { createModalHand } from './modal-hand.ts';
import type { Person } from './records.ts';
import { failure, failureSentences, type Seen } from './seen.ts';
import { createSpeakingHand } from './speaking-hand.ts';
import type { FilledIn } from './view-input.ts';
import type { Services } from './web-api/method.ts';

/** What one person can do. Each act goes the way a real one goes, is recorded, and returns what that person sees of it. */
export type Hands = {
  /** Sends a slash command such as `/sre status`. With `threadTs` it is typed in a thread, where Slack refuses it. */
  command(channelId: string, typed: string, threadTs?: string): Promise<Seen>;
  /** Says something. `@name`, `@group` and `#channel` become mentions; naming the bot calls it. */
  say(channelId: string, text: string, threadTs?: string): Promise<Seen>;
  /** Presses a button (its confirm dialog counts as confirmed). `value` tells apart buttons that share an action id. */
  click(channelId: string, messageTs: string, actionId: string, value?: string): Promise<Seen>;
  /** Chooses in a menu, overflow menu, radio group, checkbox group or picker: option value(s), a user id, a date. */
  select(channelId: string, messageTs: string, actionId: string, chosen: Entered): Promise<Seen>;
  /** The same inside a modal or the Home tab. */
  actInView(viewId: string, actionId: string, chosen?: Entered): Promise<Seen>;
  /** Submits a modal; values by block id or action id. Fields left out keep what they hold. */
  submitView(viewId: string, values?: FilledIn): Promise<Seen>;
  closeView(viewId: string): Promise<Seen>;
  /** A message shortcut on a message, or, without `ts`, a global one. */
  shortcut(callbackId: string, channelId: string, ts?: string): Promise<Seen>;
  openHome(): Promise<Seen>;
  react(channelId: string, ts: string, name: string): Promise<Seen>;
  pin(channelId: string, ts: string): Promise<Seen>;
  /** The person's client is reloaded: ephemeral messages are gone. */
  reload(): void;
};

/** Creates the hands of one person. `publishEvent` sends an event that no change of the workspace brings about. */
export function createHands(input: {
  person: Person;
  services: Services;
  ledger: Ledger;
  publishEvent: (subscription: string, event: JsonObject) => void;
}): Hands {
  const { person, services, ledger } = input;
  const { channels, messages, ephemerals, views } = services;
  const speaking = createSpeakingHand({ person, services });
  const acting = createActingHand({ person, services });
  const modal = createModalHand({ person, services });

  const record = async (action: string, args: JsonObject, act: () => Promise<Seen>): Promise<Seen> => {
    const seen = await act();
    ledger.record({ kind: 'hand', person: person.id, action, arguments: args, seen });
    return seen;
  };

  return {
    command: (channelId, typed, threadTs) =>
      record('command', { channelId, typed, threadTs }, () => speaking.command(channelId, typed, threadTs)),
    say: (channelId, text, threadTs) =>
      record('say', { channelId, text, threadTs }, async () => speaking.say(channelId, text, threadTs)),
    click: (channelId, messageTs, actionId, value) =>
      record('click', { channelId, messageTs, actionId, value }, () =>
        acting.act(channelId, messageTs, actionId, { value }),
      ),
    select: (channelId, messageTs, actionId, chosen) =>
      record('select', { channelId, messageTs, actionId, chosen }, () =>
        acting.act(channelId, messageTs, actionId, { chosen }),
      ),
    actInView: (viewId, actionId, chosen) =>
      record('act-in-view', { viewId, actionId, chosen }, () => modal.actInView(viewId, actionId, chosen)),
    submitView: (viewId, values = {}) =>
      record('submit-view', { viewId, values }, () => modal.submitView(viewId, values)),
    closeView: (viewId) => record('close-view', { viewId }, () => modal.closeView(viewId)),
    shortcut: (callbackId, channelId, ts) =>
      record('shortcut', { callbackId, channelId, ts }, () => acting.shortcut(callbackId, channelId, ts)),
    openHome: () =>
      record('open-home', {}, async () => {
        const view = views.home(person.id);
        const channel = channels.direct(person.id).id;
        input.publishEvent('app_home_opened', {
          type: 'app_home_opened',
          user: person.id,
          channel,
          tab: 'home',
          event_ts: (services.now() / 1000).toFixed(6),
          ...(view === undefined ? {} : { view }),
        });
        return { visible: 'nothing' };
      }),
    react: (channelId, ts, name) =>
      record('react', { channelId, ts, name }, async () =>
        messages.react(channelId, ts, person.id, name) === 'no-message'
          ? failure(failureSentences.messageGone)
          : { visible: 'nothing' },
      ),
    pin: (channelId, ts) =>
      record('pin', { channelId, ts }, async () =>
        messages.pin(channelId, ts, person.id) === 'no-message'
          ? failure(failureSentences.messageGone)
          : { visible: 'nothing' },
      ),
    reload: () => ephemerals.forget(person.id),
  };
}
