import { isObject, type Json } from '../json.ts';
import { type Report, reportMissing } from './block-error.ts';

type StringRule = { readonly max: number; readonly min?: number };

/** Checks a plain string field that may be absent. */
export function checkString(value: Json | undefined, pointer: string, rule: StringRule, report: Report): void {
  if (value === undefined) return;
  if (typeof value !== 'string') {
    report({ pointer, code: 'invalid_type', message: 'must be a string' });
    return;
  }
  if (value.length > rule.max) {
    report({
      pointer,
      code: 'too_long',
      message: `must be less than ${rule.max + 1} characters`,
      constraint: rule.max,
    });
  }
  if (value.length < (rule.min ?? 0)) {
    report({
      pointer,
      code: 'too_short',
      message: `must be more than ${(rule.min ?? 0) - 1} characters`,
      constraint: rule.min ?? 0,
    });
  }
}

/** Checks a text object (`plain_text`, and `mrkdwn` where it is allowed). An absent one is reported when it is required. */
export function checkText(
  value: Json | undefined,
  pointer: string,
  rule: { readonly max: number; readonly isRequired?: boolean; readonly allowsMrkdwn?: boolean },
  report: Report,
): void {
  if (value === undefined || value === null) {
    const cut = pointer.lastIndexOf('/');
    if (rule.isRequired) reportMissing(report, pointer.slice(0, cut), pointer.slice(cut + 1));
    return;
  }
  if (!isObject(value)) {
    report({ pointer, code: 'invalid_type', message: 'must be a text object' });
    return;
  }
  const kinds = rule.allowsMrkdwn ? ['plain_text', 'mrkdwn'] : ['plain_text'];
  if (typeof value.type !== 'string' || !kinds.includes(value.type)) {
    report({
      pointer: `${pointer}/type`,
      code: 'invalid_enum',
      message: `must be one of: ${kinds.join(', ')}`,
      constraint: kinds,
    });
  }
  if (value.text === undefined) {
    reportMissing(report, pointer, 'text');
    return;
  }
  checkString(value.text, `${pointer}/text`, { max: rule.max, min: 1 }, report);
}

/** Checks that a field is a list of `min` to `max` items, and returns the items that can be walked. */
export function checkList(
  value: Json | undefined,
  pointer: string,
  rule: { min: number; max: number },
  report: Report,
): readonly Json[] {
  if (!Array.isArray(value)) {
    report({ pointer, code: 'invalid_type', message: 'must be an array' });
    return [];
  }
  const items: readonly Json[] = value;
  if (items.length > rule.max)
    report({
      pointer,
      code: 'too_many_items',
      message: `no more than ${rule.max} items allowed`,
      constraint: rule.max,
    });
  if (items.length < rule.min)
    report({
      pointer,
      code: 'too_few_items',
      message: `must provide at least ${rule.min} items`,
      constraint: rule.min,
    });
  return items.slice(0, rule.max);
}
