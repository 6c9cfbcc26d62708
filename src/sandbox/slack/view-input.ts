import { type Entered, elementState, initialState, isBlank } from './interactive-elements.ts';
import { isObject, type JsonObject, textAt } from './json.ts';
import type { View, ViewValues } from './records.ts';

/** What somebody fills into a modal: by block id or action id. */
export type FilledIn = Readonly<Record<string, Entered>>;

type Field = {
  readonly blockId: string;
  readonly actionId: string;
  readonly element: JsonObject;
  readonly isInput: boolean;
  readonly isOptional: boolean;
};

/**
 * The values a submission carries: what was entered over what was there over what the view starts with.
 * `errors` are the client's own refusals (a required field left empty, a text too short or too long): nothing is sent then.
 */
export function submittedValues(
  view: View,
  filledIn: FilledIn,
): { values: ViewValues; errors: Readonly<Record<string, string>> } {
  const values: Record<string, Record<string, JsonObject>> = {};
  const errors: Record<string, string> = {};
  for (const { blockId, actionId, element, isInput, isOptional } of fieldsOf(view)) {
    const entered = filledIn[blockId] ?? filledIn[actionId];
    const state =
      entered === undefined
        ? (view.state.values[blockId]?.[actionId] ?? initialState(element))
        : elementState(element, entered);
    if (state === undefined) errors[blockId] = 'This choice is not among the options.';
    else values[blockId] = { ...values[blockId], [actionId]: state };
    if (isInput && !isOptional && state !== undefined && isBlank(state))
      errors[blockId] = 'Please complete this required field.';
    const problem = lengthProblem(element, textAt(state, 'value'));
    if (problem !== undefined) errors[blockId] = problem;
  }
  return { values, errors };
}

function fieldsOf(view: View): readonly Field[] {
  return view.blocks.flatMap((block) => {
    const isInput = block.type === 'input';
    const elements = isInput
      ? [block.element]
      : [block.accessory, ...(Array.isArray(block.elements) ? block.elements : [])];
    return elements.filter(isObject).flatMap((element) => {
      if (initialState(element) === undefined) return [];
      return [
        {
          blockId: block.block_id ?? '',
          actionId: textAt(element, 'action_id') ?? '',
          element,
          isInput,
          isOptional: block.optional === true,
        },
      ];
    });
  });
}

function lengthProblem(element: JsonObject, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const { min_length: min, max_length: max } = element;
  if (typeof min === 'number' && text.length < min) return `Please enter at least ${min} characters.`;
  return typeof max === 'number' && text.length > max ? `Please enter at most ${max} characters.` : undefined;
}
