import { isList, isObject, type Json, textAt } from '../json.ts';
import type { BlockError, Report } from './block-error.ts';
import { checkBlock, type Surface } from './check-block.ts';
import { checkList } from './check-text.ts';
import { limits } from './limits.ts';

/**
 * Checks blocks against Block Kit's rules, as Slack does when they are posted.
 *
 * Returns every broken rule with a JSON pointer that starts at `root`; an empty list means that Slack would take them.
 * The sum of all text is not among the rules (Slack answers it with another error): see `textInBlocks`.
 */
export function validateBlocks(blocks: Json | undefined, surface: Surface, root = '/blocks'): readonly BlockError[] {
  const errors: BlockError[] = [];
  const report: Report = (error) => errors.push(error);
  const max = surface === 'message' ? limits.blocksPerMessage : limits.blocksPerView;
  const items = checkList(blocks, root, { min: 0, max }, report);
  items.forEach((block, index) => {
    checkBlock(block, `${root}/${index}`, report, surface);
  });
  checkNeighbours(items, root, report);
  return errors;
}

/** All characters people read in these blocks, as Slack sums them up for `msg_blocks_too_long`. */
export function textInBlocks(value: Json | undefined): number {
  if (isList(value)) return value.reduce<number>((sum, item) => sum + textInBlocks(item), 0);
  if (!isObject(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [key, item]) => sum + (key === 'text' && typeof item === 'string' ? item.length : textInBlocks(item)),
    0,
  );
}

function checkNeighbours(blocks: readonly Json[], root: string, report: Report): void {
  const types = blocks.map((block) => textAt(block, 'type') ?? '');
  const blockIds = new Set<string>();
  blocks.forEach((block, index) => {
    checkActionIds(block, `${root}/${index}`, report);
    const id = textAt(block, 'block_id');
    if (id === undefined || id === '') return;
    if (blockIds.has(id))
      report({ pointer: `${root}/${index}/block_id`, code: 'duplicate', message: `block_id "${id}" already exists` });
    blockIds.add(id);
  });
  const markdown = blocks.reduce<number>(
    (sum, block) => sum + (textAt(block, 'type') === 'markdown' ? (textAt(block, 'text')?.length ?? 0) : 0),
    0,
  );
  if (markdown > limits.markdownText && types.filter((type) => type === 'markdown').length > 1) {
    report({
      pointer: root,
      code: 'too_long',
      message: `markdown blocks must have less than ${limits.markdownText + 1} characters in all`,
      constraint: limits.markdownText,
    });
  }
  if (types.includes('plan') && types.includes('task_card')) {
    report({
      pointer: root,
      code: 'invalid_combination',
      message: 'plan and task_card exclude each other in one message',
    });
  }
  const charts = types.filter((type) => type === 'data_visualization').length;
  if (charts > limits.chartsPerMessage) {
    report({
      pointer: root,
      code: 'too_many_items',
      message: `no more than ${limits.chartsPerMessage} charts allowed`,
      constraint: limits.chartsPerMessage,
    });
  }
}

function checkActionIds(block: Json, pointer: string, report: Report): void {
  const elements = isObject(block) && isList(block.elements) ? block.elements : [];
  const seen = new Set<string>();
  elements.forEach((element, index) => {
    const id = textAt(element, 'action_id');
    if (id === undefined) return;
    if (seen.has(id))
      report({
        pointer: `${pointer}/elements/${index}/action_id`,
        code: 'duplicate',
        message: `action_id "${id}" already exists`,
      });
    seen.add(id);
  });
}
