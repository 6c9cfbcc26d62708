import type { Change } from './changes.ts';
import type { Ephemeral } from './records.ts';

type EphemeralDraft = Omit<Ephemeral, 'ts'>;

export type Ephemerals = {
  show(draft: EphemeralDraft): Ephemeral;
  replace(ephemeral: Ephemeral, content: Pick<Ephemeral, 'text' | 'blocks'>): Ephemeral;
  remove(ephemeral: Ephemeral): void;
  find(user: string, channel: string, ts: string): Ephemeral | undefined;
  of(user: string): readonly Ephemeral[];
  /** The person's client was reloaded: all of theirs are gone. */
  forget(user: string): void;
};

/** Messages "only visible to you": one list per person, in no history. */
export function createEphemerals(input: { nextTs: () => string; changed: (change: Change) => void }): Ephemerals {
  let shown: readonly Ephemeral[] = [];
  const remove = (ephemeral: Ephemeral): void => {
    shown = shown.filter((one) => one.ts !== ephemeral.ts);
    input.changed({ kind: 'ephemeral-gone', ephemeral });
  };
  return {
    show(draft) {
      const ephemeral = { ...draft, ts: input.nextTs() };
      shown = [...shown, ephemeral];
      if (ephemeral.isShown) input.changed({ kind: 'ephemeral-shown', ephemeral });
      return ephemeral;
    },
    replace(before, content) {
      const { blocks, ...rest } = before;
      const after = { ...rest, ...content };
      shown = shown.map((one) => (one.ts === before.ts ? after : one));
      input.changed({ kind: 'ephemeral-shown', ephemeral: after });
      return after;
    },
    remove,
    find: (user, channel, ts) =>
      shown.find((one) => one.user === user && one.channel === channel && one.ts === ts && one.isShown),
    of: (user) => shown.filter((one) => one.user === user),
    forget(user) {
      for (const ephemeral of shown.filter((one) => one.user === user)) remove(ephemeral);
    },
  };
}
