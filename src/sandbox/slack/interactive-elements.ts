import { isList, isObject, type Json, type JsonObject, listAt, textAt } from './json.ts';
import type { Block } from './records.ts';

/** An element with the block it stands in. */
export type Placed = { readonly block: Block; readonly element: JsonObject };

/** Everything in these blocks a person can act on, in reading order. */
function interactiveElements(blocks: readonly Block[]): readonly Placed[] {
  return blocks.flatMap((block) => {
    const nested = [...listAt(block, 'child_blocks'), ...(block.type === 'carousel' ? listAt(block, 'elements') : [])];
    // Nested blocks were checked with the message: objects with a type.
    const children = nested.filter(isObject) as unknown as readonly Block[];
    const own = [...listAt(block, 'elements'), ...listAt(block, 'actions'), block.accessory, block.element];
    const placed = own
      .filter(isObject)
      .flatMap((element) => (typeof element.action_id === 'string' ? [{ block, element }] : []));
    return [...placed, ...interactiveElements(children)];
  });
}

/** True for what is pressed rather than filled in: it has no state to remember. */
export function isStateless(element: JsonObject): boolean {
  return element.type === 'button' || element.type === 'overflow';
}

/** Finds an element by action id and, where several share it, by the value it carries. */
export function findElement(blocks: readonly Block[], actionId: string, value: string | undefined): Placed | undefined {
  const same = interactiveElements(blocks).filter(({ element }) => element.action_id === actionId);
  return value === undefined ? same[0] : same.find(({ element }) => element.value === value);
}

/** What a person entered or chose: one text (or option value, or id), several, or nothing. */
export type Entered = string | readonly string[] | null;

/**
 * The element's state as Slack sends it, for what a person entered; undefined when the element offers no such option.
 * Stateless elements (buttons, overflow menus) get the fields of their action instead.
 */
export function elementState(element: JsonObject, entered: Entered): JsonObject | undefined {
  const type = textAt(element, 'type') ?? '';
  const one = typeof entered === 'string' ? entered : (entered?.[0] ?? null);
  const many = typeof entered === 'string' ? [entered] : (entered ?? []);
  switch (type) {
    case 'button':
      return {
        type,
        text: element.text ?? null,
        ...(element.value === undefined ? {} : { value: element.value }),
        ...(element.style === undefined ? {} : { style: element.style }),
      };
    case 'overflow':
    case 'static_select':
    case 'radio_buttons':
    case 'external_select': {
      if (one === null) return { type, selected_option: null };
      const option = optionOf(element, one);
      return option === undefined ? undefined : { type, selected_option: option };
    }
    case 'checkboxes':
    case 'multi_static_select': {
      const options = many.map((value) => optionOf(element, value));
      return options.includes(undefined) ? undefined : { type, selected_options: options as Json[] };
    }
    case 'users_select':
      return { type, selected_user: one };
    case 'multi_users_select':
      return { type, selected_users: many };
    case 'channels_select':
      return { type, selected_channel: one };
    case 'conversations_select':
      return { type, selected_conversation: one };
    case 'datepicker':
      return { type, selected_date: one };
    case 'timepicker':
      return { type, selected_time: one };
    case 'datetimepicker':
      return { type, selected_date_time: one === null ? null : Number(one) };
    default:
      return { type, value: one === '' ? null : one };
  }
}

/** The state an element has before anybody touched it, from its `initial_*` fields; undefined for stateless ones. */
export function initialState(element: JsonObject): JsonObject | undefined {
  const type = textAt(element, 'type') ?? '';
  if (isStateless(element) || type === 'image' || type === 'workflow_button') return undefined;
  if (type === 'checkboxes' || type === 'multi_static_select') {
    return { type, selected_options: listAt(element, 'initial_options') };
  }
  if (type === 'static_select' || type === 'radio_buttons' || type === 'external_select')
    return { type, selected_option: element.initial_option ?? null };
  const initial =
    element.initial_value ??
    element.initial_user ??
    element.initial_channel ??
    element.initial_conversation ??
    element.initial_date ??
    element.initial_time;
  return elementState(element, typeof initial === 'string' ? initial : null);
}

/** True when the state holds nothing: what a required input must not be. */
export function isBlank(state: JsonObject | undefined): boolean {
  if (state === undefined) return true;
  return Object.entries(state).every(
    ([key, value]) => key === 'type' || value === null || value === '' || (isList(value) && value.length === 0),
  );
}

function optionOf(element: JsonObject, value: string): JsonObject | undefined {
  const groups = listAt(element, 'option_groups').flatMap((group) => [...listAt(group, 'options')]);
  return [...listAt(element, 'options'), ...groups].filter(isObject).find((option) => option.value === value);
}
