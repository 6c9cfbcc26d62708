import { field, fieldsAt, listAt, textAt } from './fields.ts';

/** `a=b,c=d`, or nothing. */
export function labelsText(labels: Readonly<Record<string, unknown>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${String(value)}`)
    .toSorted()
    .join(',');
}

/**
 * A `LabelSelector` as the text that a list request takes: `app=checkout,tier in (a,b),!legacy`. Empty for an empty or absent selector,
 * which for a list would mean everything: callers must look.
 */
export function selectorText(selector: unknown): string {
  const labels = labelsText(fieldsAt(selector, 'matchLabels'));
  const expressions = listAt(selector, 'matchExpressions').map((expression) => {
    const key = textAt(expression, 'key');
    const values = listAt(expression, 'values').map(String).toSorted().join(',');
    switch (textAt(expression, 'operator')) {
      case 'In':
        return `${key} in (${values})`;
      case 'NotIn':
        return `${key} notin (${values})`;
      case 'Exists':
        return key;
      case 'DoesNotExist':
        return `!${key}`;
      default:
        return `${key} ${String(field(expression, 'operator'))}`;
    }
  });
  return [labels, ...expressions].filter((part) => part !== '').join(',');
}
