import { errorLine } from '../block-kit/block-error.ts';
import { isViewTooLarge, validateView } from '../block-kit/validate-view.ts';
import { type JsonObject, textAt } from '../json.ts';
import { withBlockIds } from '../message-content.ts';
import type { Block, View } from '../records.ts';
import type { ViewDraft } from '../view-stacks.ts';
import { type Answer, type Method, objectArgument, refused, requireText, type Services } from './method.ts';

/** `views.*`: modals need a trigger of the last three seconds, once. */
export const viewMethods: Readonly<Record<string, Method>> = {
  'views.open': {
    tier: 'T4',
    scopes: [],
    run: (args, services) => withTrigger(args, services, (person, draft) => services.views.open(person, draft)),
  },
  'views.push': {
    tier: 'T4',
    scopes: [],
    run: (args, services) => withTrigger(args, services, (person, draft) => services.views.push(person, draft)),
  },
  'views.update': {
    tier: 'T4',
    scopes: [],
    run(args, services) {
      const view =
        services.views.find(textAt(args, 'view_id') ?? '') ??
        services.views.byExternalId(textAt(args, 'external_id') ?? '');
      if (view === undefined) return refused('not_found');
      const draft = readView(args, view.type);
      if (!draft.ok) return draft.answer;
      const hash = textAt(args, 'hash');
      if (hash !== undefined && hash !== '' && hash !== view.hash) return refused('hash_conflict');
      return { ok: true, view: services.views.update(view, draft.view) };
    },
  },
  'views.publish': {
    tier: 'T4',
    scopes: [],
    run(args, services) {
      const user = requireText(args, 'user_id');
      if (!user.ok) return user.answer;
      const person = services.people.find(user.value);
      if (person === undefined) return refused('invalid_arguments');
      if (!services.manifest.hasHome) return refused('not_enabled');
      const draft = readView(args, 'home');
      if (!draft.ok) return draft.answer;
      const hash = textAt(args, 'hash');
      if (hash !== undefined && hash !== '' && hash !== services.views.home(person.id)?.hash)
        return refused('hash_conflict');
      return { ok: true, view: services.views.publish(person.id, draft.view) };
    },
  },
};

/** Checks and completes a view given by the app, in a call or in a `view_submission` acknowledgement. */
export function readView(
  args: JsonObject,
  type: 'modal' | 'home',
): { ok: true; view: ViewDraft } | { ok: false; answer: Answer } {
  const view = objectArgument(args, 'view');
  if (isViewTooLarge(view)) return { ok: false, answer: refused('view_too_large') };
  const errors = validateView(view, type);
  if (view === undefined || errors.length > 0) {
    const messages = errors.map((error) => `[ERROR] ${errorLine(error)}`);
    return { ok: false, answer: refused('invalid_arguments', { response_metadata: { messages } }) };
  }
  // Just checked: `blocks` is a list of objects with a known `type`.
  return { ok: true, view: { ...view, type, blocks: withBlockIds(view.blocks as readonly Block[]) } };
}

function withTrigger(
  args: JsonObject,
  services: Services,
  show: (person: string, draft: ViewDraft) => View | 'push_limit_reached',
): Answer {
  // An invalid view must not spend the trigger: the app may correct itself within the three seconds.
  const draft = readView(args, 'modal');
  if (!draft.ok) return draft.answer;
  const id = requireText(args, 'trigger_id');
  if (!id.ok) return id.answer;
  const used = services.tokens.useTrigger(id.value);
  if (!used.ok) return refused(used.error);
  const view = show(used.trigger.person, draft.view);
  return view === 'push_limit_reached' ? refused(view) : { ok: true, view };
}
