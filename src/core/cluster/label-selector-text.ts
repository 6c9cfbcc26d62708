import { at, isRecord, listAt, recordsAt, stringsAt, textAt } from './wire.ts';

const label = /^[A-Za-z0-9](?:[A-Za-z0-9_./-]{0,315}[A-Za-z0-9])?$/;
const value = /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/;

/**
 * The text of a selector as the API's `labelSelector` takes it, of a LabelSelector object or of a plain map (a Service's). Undefined for one that selects
 * nothing here (absent, empty) or cannot be written (unknown operators, keys that are no labels).
 */
export function selectorTextOf(selector: unknown): string | undefined {
  if (!isRecord(selector)) return undefined;
  const isPlain = at(selector, 'matchLabels') === undefined && at(selector, 'matchExpressions') === undefined;
  const pairs = Object.entries(isPlain ? stringsAt(selector) : stringsAt(selector, 'matchLabels'));
  const parts = pairs.map(([key, text]) => (label.test(key) && value.test(text) ? `${key}=${text}` : undefined));
  for (const { record } of recordsAt(selector, 'matchExpressions')) parts.push(expressionText(record));
  return parts.length === 0 || parts.includes(undefined) ? undefined : parts.join(',');
}

function expressionText(expression: unknown): string | undefined {
  const key = textAt(expression, 'key');
  if (key === undefined || !label.test(key)) return undefined;
  const values = listAt(expression, 'values').filter((text) => typeof text === 'string');
  if (!values.every((text) => value.test(text))) return undefined;
  switch (at(expression, 'operator')) {
    case 'In':
      return `${key} in (${values.join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return undefined;
  }
}
