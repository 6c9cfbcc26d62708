import { isObject, type Json, type JsonObject } from '../json.ts';
import { type Report, reportMissing } from './block-error.ts';
import { checkElement, checkImage } from './check-element.ts';
import { checkList, checkString, checkText } from './check-text.ts';
import { limits } from './limits.ts';

/** Where blocks are shown; some exist in one place only. */
export type Surface = 'message' | 'modal' | 'home';

type Check = (block: JsonObject, pointer: string, report: Report, surface: Surface) => void;

/** Checks one block, without regard to its neighbours. */
export function checkBlock(block: Json | undefined, pointer: string, report: Report, surface: Surface): void {
  if (!isObject(block)) {
    report({ pointer, code: 'invalid_type', message: 'must be a block object' });
    return;
  }
  if (block.type === undefined) {
    reportMissing(report, pointer, 'type');
    return;
  }
  checkString(block.block_id, `${pointer}/block_id`, { max: limits.id }, report);
  // A table of own keys: `constructor` must not find Object's.
  const type = String(block.type);
  const check = Object.hasOwn(blockChecks, type) ? blockChecks[type] : undefined;
  if (check === undefined) {
    report({ pointer: `${pointer}/type`, code: 'unsupported_type', message: `unsupported type: ${type}` });
    return;
  }
  check(block, pointer, report, surface);
}

const unchecked: Check = () => {};

const blockChecks: Readonly<Record<string, Check>> = {
  divider: unchecked,
  file: unchecked,
  video: unchecked,
  call: unchecked,
  task_card: unchecked,
  plan: unchecked,
  section(block, pointer, report) {
    if (block.text === undefined && block.fields === undefined) {
      reportMissing(report, pointer, 'text');
      return;
    }
    checkText(block.text, `${pointer}/text`, { max: limits.sectionText, allowsMrkdwn: true }, report);
    if (block.fields !== undefined) {
      checkList(block.fields, `${pointer}/fields`, { min: 1, max: limits.sectionFields }, report).forEach(
        (field, index) => {
          checkText(
            field,
            `${pointer}/fields/${index}`,
            { max: limits.sectionFieldText, isRequired: true, allowsMrkdwn: true },
            report,
          );
        },
      );
    }
    if (block.accessory !== undefined) checkElement(block.accessory, `${pointer}/accessory`, 'accessory', report);
  },
  header(block, pointer, report) {
    checkText(block.text, `${pointer}/text`, { max: limits.headerText, isRequired: true }, report);
  },
  context(block, pointer, report) {
    checkList(block.elements, `${pointer}/elements`, { min: 1, max: limits.contextElements }, report).forEach(
      (element, index) => {
        const at = `${pointer}/elements/${index}`;
        if (isObject(element) && element.type === 'image') {
          checkImage(element, at, report);
          return;
        }
        checkText(element, at, { max: limits.contextText, isRequired: true, allowsMrkdwn: true }, report);
      },
    );
  },
  actions(block, pointer, report) {
    checkList(block.elements, `${pointer}/elements`, { min: 1, max: limits.actionsElements }, report).forEach(
      (element, index) => {
        checkElement(element, `${pointer}/elements/${index}`, 'actions', report);
      },
    );
  },
  context_actions(block, pointer, report) {
    checkList(block.elements, `${pointer}/elements`, { min: 1, max: limits.contextActionsElements }, report).forEach(
      (element, index) => {
        checkElement(element, `${pointer}/elements/${index}`, 'context_actions', report);
      },
    );
  },
  input(block, pointer, report) {
    checkText(block.label, `${pointer}/label`, { max: limits.inputLabel, isRequired: true }, report);
    checkText(block.hint, `${pointer}/hint`, { max: limits.inputHint }, report);
    checkElement(block.element, `${pointer}/element`, 'input', report);
  },
  image(block, pointer, report) {
    checkText(block.title, `${pointer}/title`, { max: limits.altText }, report);
    checkImage(block, pointer, report);
  },
  markdown(block, pointer, report) {
    if (block.text === undefined) {
      reportMissing(report, pointer, 'text');
      return;
    }
    checkString(block.text, `${pointer}/text`, { max: limits.markdownText, min: 1 }, report);
  },
  rich_text(block, pointer, report) {
    checkList(block.elements, `${pointer}/elements`, { min: 0, max: Number.POSITIVE_INFINITY }, report).forEach(
      (element, index) => {
        const type = isObject(element) ? String(element.type) : '';
        if (!richTextParts.has(type))
          report({
            pointer: `${pointer}/elements/${index}/type`,
            code: 'unsupported_type',
            message: `unsupported type: ${type}`,
          });
      },
    );
  },
  table: checkTable(limits.tableRows),
  data_table: checkTable(limits.dataTableRows),
  card(block, pointer, report) {
    checkText(block.title, `${pointer}/title`, { max: limits.cardTitle, allowsMrkdwn: true }, report);
    checkText(block.subtitle, `${pointer}/subtitle`, { max: limits.cardTitle, allowsMrkdwn: true }, report);
    checkText(block.body, `${pointer}/body`, { max: limits.cardBody, allowsMrkdwn: true }, report);
  },
  carousel(block, pointer, report, surface) {
    checkList(block.elements, `${pointer}/elements`, { min: 1, max: limits.carouselCards }, report).forEach(
      (card, index) => {
        checkBlock(card, `${pointer}/elements/${index}`, report, surface);
      },
    );
  },
  container(block, pointer, report, surface) {
    checkText(block.title, `${pointer}/title`, { max: limits.containerTitle, allowsMrkdwn: true }, report);
    checkList(
      block.child_blocks ?? block.blocks,
      `${pointer}/child_blocks`,
      { min: 1, max: limits.containerChildren },
      report,
    ).forEach((child, index) => {
      checkBlock(child, `${pointer}/child_blocks/${index}`, report, surface);
    });
  },
  alert(block, pointer, report, surface) {
    if (surface !== 'modal')
      report({
        pointer: `${pointer}/type`,
        code: 'unsupported_type',
        message: 'unsupported type: alert is for modals only',
      });
    checkText(block.text, `${pointer}/text`, { max: limits.sectionText, isRequired: true, allowsMrkdwn: true }, report);
  },
  data_visualization(block, pointer, report) {
    checkString(block.title, `${pointer}/title`, { max: limits.chartTitle }, report);
  },
};

const richTextParts = new Set(['rich_text_section', 'rich_text_list', 'rich_text_preformatted', 'rich_text_quote']);

function checkTable(maxRows: number): Check {
  return (block, pointer, report) => {
    checkList(block.rows, `${pointer}/rows`, { min: 1, max: maxRows }, report).forEach((row, index) => {
      checkList(row, `${pointer}/rows/${index}`, { min: 1, max: limits.tableCells }, report);
    });
  };
}
