import { isObject, type Json, type JsonObject } from '../json.ts';
import { type Report, reportMissing } from './block-error.ts';
import { checkList, checkString, checkText } from './check-text.ts';
import { limits } from './limits.ts';

const selects = ['static_select', 'external_select', 'users_select', 'conversations_select', 'channels_select'];
const multiSelects = selects.map((select) => `multi_${select}`);
const choices = ['checkboxes', 'radio_buttons'];
const times = ['datepicker', 'timepicker', 'datetimepicker'];

/** Which elements may stand where. What a place does not list, Slack refuses. */
export const elementsOf = {
  actions: ['button', 'overflow', 'workflow_button', ...selects, ...choices, ...times],
  accessory: ['button', 'overflow', 'workflow_button', 'image', ...selects, ...multiSelects, ...choices, ...times],
  input: [
    'plain_text_input',
    'email_text_input',
    'url_text_input',
    'number_input',
    'rich_text_input',
    'file_input',
    ...selects,
    ...multiSelects,
    ...choices,
    ...times,
  ],
  context_actions: ['feedback_buttons', 'icon_button'],
} as const satisfies Record<string, readonly string[]>;

/** Checks one interactive element at a place. */
export function checkElement(
  element: Json | undefined,
  pointer: string,
  place: keyof typeof elementsOf,
  report: Report,
): void {
  if (!isObject(element)) {
    report({ pointer, code: 'invalid_type', message: 'must be an element object' });
    return;
  }
  const type = element.type;
  const allowed: readonly string[] = elementsOf[place];
  if (typeof type !== 'string' || !allowed.includes(type)) {
    report({
      pointer: `${pointer}/type`,
      code: 'unsupported_type',
      message: `unsupported type: ${String(type)}`,
      constraint: allowed,
    });
    return;
  }
  checkString(element.action_id, `${pointer}/action_id`, { max: limits.id, min: 1 }, report);
  checkText(element.placeholder, `${pointer}/placeholder`, { max: limits.placeholder }, report);
  checkConfirm(element.confirm, `${pointer}/confirm`, report);
  elementChecks[type]?.(element, pointer, report);
}

type Check = (element: JsonObject, pointer: string, report: Report) => void;

const elementChecks: Readonly<Record<string, Check>> = {
  button(element, pointer, report) {
    checkText(element.text, `${pointer}/text`, { max: limits.buttonText, isRequired: true }, report);
    checkString(element.value, `${pointer}/value`, { max: limits.buttonValue }, report);
    checkString(element.url, `${pointer}/url`, { max: limits.url }, report);
    checkString(
      element.accessibility_label,
      `${pointer}/accessibility_label`,
      { max: limits.accessibilityLabel },
      report,
    );
    const style = element.style;
    if (style !== undefined && style !== 'primary' && style !== 'danger') {
      report({
        pointer: `${pointer}/style`,
        code: 'invalid_enum',
        message: 'must be one of: primary, danger',
        constraint: ['primary', 'danger'],
      });
    }
  },
  image(element, pointer, report) {
    checkImage(element, pointer, report);
  },
  overflow(element, pointer, report) {
    checkOptions(element.options, `${pointer}/options`, limits.overflowOptions, report);
  },
  checkboxes(element, pointer, report) {
    checkOptions(element.options, `${pointer}/options`, limits.choiceOptions, report);
  },
  radio_buttons(element, pointer, report) {
    checkOptions(element.options, `${pointer}/options`, limits.choiceOptions, report);
  },
  static_select: checkStaticSelect,
  multi_static_select: checkStaticSelect,
  plain_text_input(element, pointer, report) {
    for (const field of ['min_length', 'max_length']) {
      const length = element[field];
      if (length !== undefined && (typeof length !== 'number' || length < 0 || length > limits.inputLength)) {
        report({
          pointer: `${pointer}/${field}`,
          code: 'out_of_range',
          message: `must be between 0 and ${limits.inputLength}`,
          constraint: limits.inputLength,
        });
      }
    }
    checkString(element.initial_value, `${pointer}/initial_value`, { max: limits.inputLength }, report);
  },
};

/** Checks an image element or block. Only the presence of an address and of its description is looked at. */
export function checkImage(image: JsonObject, pointer: string, report: Report): void {
  if (image.image_url === undefined && image.slack_file === undefined) reportMissing(report, pointer, 'image_url');
  checkString(image.image_url, `${pointer}/image_url`, { max: limits.url, min: 1 }, report);
  if (image.alt_text === undefined) reportMissing(report, pointer, 'alt_text');
  checkString(image.alt_text, `${pointer}/alt_text`, { max: limits.altText }, report);
}

function checkStaticSelect(element: JsonObject, pointer: string, report: Report): void {
  if (element.options === undefined && element.option_groups === undefined) {
    reportMissing(report, pointer, 'options');
    return;
  }
  if (element.options !== undefined) checkOptions(element.options, `${pointer}/options`, limits.selectOptions, report);
  if (element.option_groups === undefined) return;
  const groups = checkList(
    element.option_groups,
    `${pointer}/option_groups`,
    { min: 1, max: limits.optionGroups },
    report,
  );
  groups.forEach((group, index) => {
    const at = `${pointer}/option_groups/${index}`;
    if (!isObject(group)) {
      report({ pointer: at, code: 'invalid_type', message: 'must be an option group' });
      return;
    }
    checkText(group.label, `${at}/label`, { max: limits.optionText, isRequired: true }, report);
    checkOptions(group.options, `${at}/options`, limits.selectOptions, report);
  });
}

function checkOptions(value: Json | undefined, pointer: string, max: number, report: Report): void {
  checkList(value, pointer, { min: 1, max }, report).forEach((option, index) => {
    const at = `${pointer}/${index}`;
    if (!isObject(option)) {
      report({ pointer: at, code: 'invalid_type', message: 'must be an option object' });
      return;
    }
    checkText(option.text, `${at}/text`, { max: limits.optionText, isRequired: true, allowsMrkdwn: true }, report);
    checkText(option.description, `${at}/description`, { max: limits.optionDescription, allowsMrkdwn: true }, report);
    if (option.value === undefined) reportMissing(report, at, 'value');
    checkString(option.value, `${at}/value`, { max: limits.optionValue }, report);
  });
}

function checkConfirm(confirm: Json | undefined, pointer: string, report: Report): void {
  if (confirm === undefined) return;
  if (!isObject(confirm)) {
    report({ pointer, code: 'invalid_type', message: 'must be a confirm object' });
    return;
  }
  checkText(confirm.title, `${pointer}/title`, { max: limits.confirmTitle }, report);
  checkText(confirm.text, `${pointer}/text`, { max: limits.confirmText, isRequired: true, allowsMrkdwn: true }, report);
  checkText(confirm.confirm, `${pointer}/confirm`, { max: limits.confirmButton }, report);
  checkText(confirm.deny, `${pointer}/deny`, { max: limits.confirmButton }, report);
}
