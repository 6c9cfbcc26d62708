import { randomBytes } from 'node:crypto';
import type { AppIdentity } from './app-identity.ts';
import type { Change } from './changes.ts';
import { type Json, type JsonObject, textAt } from './json.ts';
import type { Block, View, ViewValues } from './records.ts';

const deepestStack = 3;

/** A view as the app hands it in, already validated. */
export type ViewDraft = JsonObject & { readonly type: 'modal' | 'home'; readonly blocks: readonly Block[] };

export type ViewStacks = {
  open(person: string, draft: ViewDraft): View;
  push(person: string, draft: ViewDraft): View | 'push_limit_reached';
  update(view: View, draft: ViewDraft): View;
  publish(person: string, draft: ViewDraft): View;
  /** Takes the topmost modal away; returns the ones that closed with it, top first. */
  close(view: View, how: 'this' | 'all'): readonly View[];
  enter(view: View, values: ViewValues): View;
  find(id: string): View | undefined;
  byExternalId(externalId: string): View | undefined;
  ownerOf(viewId: string): string | undefined;
  /** What the person has open, bottom first. */
  stack(person: string): readonly View[];
  home(person: string): View | undefined;
};

/** Modals (at most three deep per person) and Home tabs. */
export function createViewStacks(input: { app: AppIdentity; changed: (change: Change) => void }): ViewStacks {
  const stacks = new Map<string, readonly View[]>();
  const homes = new Map<string, View>();
  let issued = 0;

  const make = (
    draft: ViewDraft,
    place: Pick<View, 'id' | 'root_view_id' | 'previous_view_id'>,
    values: ViewValues,
  ): View => {
    const title = object(draft.title);
    return {
      ...place,
      team_id: input.app.teamId,
      app_id: input.app.appId,
      bot_id: input.app.botId,
      type: draft.type,
      callback_id: textAt(draft, 'callback_id') ?? '',
      private_metadata: textAt(draft, 'private_metadata') ?? '',
      external_id: textAt(draft, 'external_id') ?? '',
      ...(title === null ? {} : { title }),
      submit: object(draft.submit),
      close: object(draft.close),
      blocks: draft.blocks,
      state: { values },
      hash: `${++issued}.${randomBytes(4).toString('hex')}`,
      clear_on_close: draft.clear_on_close === true,
      notify_on_close: draft.notify_on_close === true,
    };
  };
  const nextId = (): string => `V${String(++issued).padStart(8, '0')}`;
  const setStack = (person: string, stack: readonly View[]): void => {
    stacks.set(person, stack);
    input.changed({ kind: 'views-changed', person });
  };
  const entryOf = (viewId: string): [person: string, view: View] | undefined => {
    for (const [person, stack] of stacks) {
      const view = stack.find(({ id }) => id === viewId);
      if (view !== undefined) return [person, view];
    }
    for (const [person, view] of homes) if (view.id === viewId) return [person, view];
    return undefined;
  };
  const replace = (view: View): View => {
    const person = entryOf(view.id)?.[0];
    if (person === undefined) return view;
    if (view.type === 'home') {
      homes.set(person, view);
      input.changed({ kind: 'views-changed', person });
    } else {
      setStack(
        person,
        (stacks.get(person) ?? []).map((one) => (one.id === view.id ? view : one)),
      );
    }
    return view;
  };

  return {
    open(person, draft) {
      const id = nextId();
      const view = make(draft, { id, root_view_id: id, previous_view_id: null }, {});
      setStack(person, [view]);
      return view;
    },
    push(person, draft) {
      const stack = stacks.get(person) ?? [];
      if (stack.length >= deepestStack) return 'push_limit_reached';
      const id = nextId();
      const view = make(
        draft,
        { id, root_view_id: stack[0]?.id ?? id, previous_view_id: stack.at(-1)?.id ?? null },
        {},
      );
      setStack(person, [...stack, view]);
      return view;
    },
    // Entered values of blocks that are still there (same block and action id) survive, as in Slack.
    update: (view, draft) => replace(make(draft, view, survivors(view.state.values, draft.blocks))),
    publish(person, draft) {
      const id = homes.get(person)?.id ?? nextId();
      const view = make(draft, { id, root_view_id: id, previous_view_id: null }, {});
      homes.set(person, view);
      input.changed({ kind: 'views-changed', person });
      return view;
    },
    close(view, how) {
      const person = entryOf(view.id)?.[0];
      if (person === undefined || view.type === 'home') return [];
      const stack = stacks.get(person) ?? [];
      const from = how === 'all' ? 0 : stack.findIndex(({ id }) => id === view.id);
      setStack(person, stack.slice(0, from));
      return stack.slice(from).reverse();
    },
    enter(view, values) {
      const merged = { ...view.state.values };
      for (const [block, actions] of Object.entries(values)) merged[block] = { ...merged[block], ...actions };
      return replace({ ...view, state: { values: merged } });
    },
    find: (id) => entryOf(id)?.[1],
    byExternalId(externalId) {
      for (const view of [...[...stacks.values()].flat(), ...homes.values()])
        if (view.external_id === externalId && externalId !== '') return view;
      return undefined;
    },
    ownerOf: (viewId) => entryOf(viewId)?.[0],
    stack: (person) => stacks.get(person) ?? [],
    home: (person) => homes.get(person),
  };
}

function survivors(values: ViewValues, blocks: readonly Block[]): ViewValues {
  const kept = blocks.flatMap(({ block_id }) =>
    block_id !== undefined && values[block_id] !== undefined ? [[block_id, values[block_id]]] : [],
  );
  return Object.fromEntries(kept);
}

function object(value: Json | undefined): JsonObject | null {
  // `title`, `submit` and `close` were checked to be text objects before they come here.
  return typeof value === 'object' && value !== null ? (value as JsonObject) : null;
}
