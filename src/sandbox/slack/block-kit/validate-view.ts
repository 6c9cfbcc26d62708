import { isObject, type Json, listAt, textAt } from '../json.ts';
import type { BlockError, Report } from './block-error.ts';
import { checkString, checkText } from './check-text.ts';
import { limits } from './limits.ts';
import { validateBlocks } from './validate-blocks.ts';

/** Checks a modal or Home tab as `views.*` does. Its size in bytes is another error of Slack's: see `isViewTooLarge`. */
export function validateView(view: Json | undefined, expected: 'modal' | 'home'): readonly BlockError[] {
  if (!isObject(view)) return [{ pointer: '/view', code: 'invalid_type', message: 'must be a view object' }];
  const errors: BlockError[] = [];
  const report: Report = (error) => errors.push(error);
  if (view.type !== expected)
    report({
      pointer: '/view/type',
      code: 'invalid_enum',
      message: `must be one of: ${expected}`,
      constraint: [expected],
    });
  checkText(view.title, '/view/title', { max: limits.viewTitle, isRequired: expected === 'modal' }, report);
  checkText(view.submit, '/view/submit', { max: limits.viewButton }, report);
  checkText(view.close, '/view/close', { max: limits.viewButton }, report);
  checkString(view.private_metadata, '/view/private_metadata', { max: limits.privateMetadata }, report);
  checkString(view.callback_id, '/view/callback_id', { max: limits.id }, report);
  checkString(view.external_id, '/view/external_id', { max: limits.id }, report);
  errors.push(...validateBlocks(view.blocks, expected, '/view/blocks'));
  const hasInput = listAt(view, 'blocks').some((block) => textAt(block, 'type') === 'input');
  if (expected === 'modal' && hasInput && view.submit === undefined) {
    report({
      pointer: '/view',
      code: 'missing_required_field',
      message: 'missing required field: submit (the view has input blocks)',
    });
  }
  return errors;
}

/** True above 250 kB, which Slack answers with `view_too_large`. */
export function isViewTooLarge(view: Json | undefined): boolean {
  return view !== undefined && Buffer.byteLength(JSON.stringify(view)) > limits.viewBytes;
}
