import { at, isRecord, listAt, recordsAt, stringsAt, textAt } from './wire.ts';

type Labels = Readonly<Record<string, string>>;
type Requirement =
  | { readonly operator: 'in' | 'not-in'; readonly key: string; readonly values: readonly string[] }
  | { readonly operator: 'exists' | 'absent'; readonly key: string };

/**
 * Whether labels fulfil a LabelSelector object (`matchLabels`, `matchExpressions`) as it stands in a workload's spec.
 *
 * False for what is no usable selector: an absent or empty one of a workload selects nothing here (in the API it would be refused),
 * and an unknown operator must not be read as "all".
 */
export function matchesLabelSelector(selector: unknown, labels: Labels): boolean {
  if (!isRecord(selector)) return false;
  const equal = stringsAt(selector, 'matchLabels');
  const requirements: (Requirement | undefined)[] = Object.entries(equal).map(([key, value]) => ({
    operator: 'in',
    key,
    values: [value],
  }));
  for (const { record } of recordsAt(selector, 'matchExpressions')) requirements.push(requirementOf(record));
  if (requirements.length === 0) return false;
  return requirements.every((requirement) => requirement !== undefined && fulfils(requirement, labels));
}

/** Whether labels hold every pair of a plain map selector (Service, ReplicationController). An empty map selects nothing. */
export function matchesLabelMap(selector: unknown, labels: Labels): boolean {
  if (!isRecord(selector)) return false;
  const pairs = Object.entries(selector);
  return pairs.length > 0 && pairs.every(([key, value]) => typeof value === 'string' && labelOf(labels, key) === value);
}

function requirementOf(expression: unknown): Requirement | undefined {
  const key = textAt(expression, 'key');
  if (key === undefined) return undefined;
  const values = listAt(expression, 'values').filter((value) => typeof value === 'string');
  switch (at(expression, 'operator')) {
    case 'In':
      return { operator: 'in', key, values };
    case 'NotIn':
      return { operator: 'not-in', key, values };
    case 'Exists':
      return { operator: 'exists', key };
    case 'DoesNotExist':
      return { operator: 'absent', key };
    default:
      return undefined;
  }
}

function fulfils(requirement: Requirement, labels: Labels): boolean {
  const value = labelOf(labels, requirement.key);
  switch (requirement.operator) {
    case 'in':
      return value !== undefined && requirement.values.includes(value);
    case 'not-in':
      return value === undefined || !requirement.values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
    default:
      return requirement satisfies never;
  }
}

function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/**
 * Reads the text form of a label selector, as `kubectl -l` and the API's `labelSelector` take it: `a=b,c!=d,e in (f,g),h notin (i),j,!k`.
 * Returns the test for labels, or undefined when the text is no selector. The empty text selects everything.
 */
export function parseLabelSelector(text: string): ((labels: Labels) => boolean) | undefined {
  const requirements: Requirement[] = [];
  for (const part of splitRequirements(text)) {
    const requirement = parseRequirement(part.trim());
    if (requirement === undefined) return undefined;
    requirements.push(requirement);
  }
  return (labels) => requirements.every((requirement) => fulfils(requirement, labels));
}

// Commas inside parentheses separate values, all others separate requirements.
function splitRequirements(text: string): string[] {
  if (text.trim() === '') return [];
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '(') depth++;
    else if (text[index] === ')') depth--;
    else if (text[index] === ',' && depth === 0) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, text.slice(start)];
}

const labelKey = /^[A-Za-z0-9](?:[A-Za-z0-9_./-]{0,315}[A-Za-z0-9])?$/;
const labelValue = /^[A-Za-z0-9_.-]{0,63}$/;

function parseRequirement(part: string): Requirement | undefined {
  const set = /^(\S{1,317})\s{1,8}(in|notin)\s{0,8}\(([^()]{0,4000})\)$/.exec(part);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    if (!labelKey.test(key) || !values.every((value) => labelValue.test(value))) return undefined;
    return { operator: operator === 'in' ? 'in' : 'not-in', key, values };
  }
  const equality = /^([^=!]{1,317})(!=|==|=)([^=!]{0,63})$/.exec(part);
  if (equality !== null) {
    const [, key = '', operator, value = ''] = equality.map((group) => group?.trim());
    if (!labelKey.test(key) || !labelValue.test(value)) return undefined;
    return { operator: operator === '!=' ? 'not-in' : 'in', key, values: [value] };
  }
  if (part.startsWith('!')) {
    const key = part.slice(1).trim();
    return labelKey.test(key) ? { operator: 'absent', key } : undefined;
  }
  return labelKey.test(part) ? { operator: 'exists', key: part } : undefined;
}

/**
 * Reads a field selector (`spec.nodeName=n1,type!=Normal`) into a test over wire JSON, for sources that are no API server.
 * A field that is absent equals the empty text, as it does for the API server. Undefined when the text is no field selector.
 */
export function parseFieldSelector(text: string): ((object: unknown) => boolean) | undefined {
  const tests: ((object: unknown) => boolean)[] = [];
  for (const part of text.split(',')) {
    if (part.trim() === '') continue;
    const match = /^([A-Za-z][A-Za-z0-9.]{0,253})(!=|==|=)([^=!,]{0,253})$/.exec(part.trim());
    if (match === null) return undefined;
    const [, path = '', operator, wanted = ''] = match;
    tests.push((object) => {
      const found = at(object, ...path.split('.'));
      const value = typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean' ? found : '';
      return (String(value) === wanted) !== (operator === '!=');
    });
  }
  return (object) => tests.every((test) => test(object));
}
