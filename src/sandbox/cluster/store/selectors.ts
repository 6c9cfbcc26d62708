import type { LabelSelector } from 'kubernetes-types/meta/v1.js';
import { fail, ok, type Result } from '../../../core/result.ts';
import { type KubeObject, valueAt } from './stored-object.ts';

export type Labels = Readonly<Record<string, string>>;
type Matches = (object: KubeObject) => boolean;

const labelKey = '[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?';
const labelValue = '[A-Za-z0-9]?[-A-Za-z0-9_.]*';
const setForm = new RegExp(`^(${labelKey})\\s+(in|notin)\\s+\\(([^()]*)\\)$`);
const equalForm = new RegExp(`^(${labelKey})\\s*(=|==|!=)\\s*(${labelValue})$`);
const existsForm = new RegExp(`^(!?)\\s*(${labelKey})$`);

/** Reads a `labelSelector` query parameter: `a=b,c!=d,e in (f,g),h,!i`. The error is a sentence for a 400. */
export function parseLabelSelector(text: string): Result<Matches, string> {
  const tests: ((labels: Labels) => boolean)[] = [];
  for (const part of splitOutsideParentheses(text)) {
    const test = labelTest(part.trim());
    if (test === undefined)
      return fail(`unable to parse requirement: found '${part.trim()}', expected: a label requirement`);
    tests.push(test);
  }
  return ok((object) => tests.every((test) => test(object.metadata.labels ?? {})));
}

function labelTest(part: string): ((labels: Labels) => boolean) | undefined {
  const set = setForm.exec(part);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return operator === 'in'
      ? (labels) => key in labels && values.includes(labels[key] ?? '')
      : (labels) => !(key in labels) || !values.includes(labels[key] ?? '');
  }
  const equal = equalForm.exec(part);
  if (equal !== null) {
    const [, key = '', operator, value = ''] = equal;
    return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  const exists = existsForm.exec(part);
  if (exists === null) return undefined;
  const [, not, key = ''] = exists;
  return (labels) => key in labels !== (not === '!');
}

function splitOutsideParentheses(text: string): string[] {
  return text.trim() === '' ? [] : text.split(/,(?![^(]*\))/);
}

// Field labels that the API server supports, by kind, and where their value is in the object.
const fieldsOf: Readonly<Record<string, readonly string[]>> = {
  Pod: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'status.phase',
    'status.podIP',
  ],
  Event: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  Node: ['spec.unschedulable'],
  Namespace: ['status.phase'],
  ReplicaSet: ['status.replicas'],
  Job: ['status.successful'],
  Secret: ['type'],
};

/** Reads a `fieldSelector` query parameter: `status.phase!=Running,metadata.name=x`. The error is a sentence for a 400. */
export function parseFieldSelector(kind: string, text: string): Result<Matches, string> {
  const tests: Matches[] = [];
  for (const part of text.split(',').filter((one) => one.trim() !== '')) {
    const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(part.trim());
    if (match === null) return fail(`invalid selector: '${text}'; can't understand '${part.trim()}'`);
    const [, field = '', operator, value = ''] = match;
    const known = field === 'metadata.name' || field === 'metadata.namespace' || fieldsOf[kind]?.includes(field);
    if (known !== true) return fail(`field label not supported: ${field}`);
    tests.push((object) => (fieldText(object, field) === value) === (operator !== '!='));
  }
  return ok((object) => tests.every((test) => test(object)));
}

function fieldText(object: KubeObject, field: string): string {
  const value = valueAt(object, field === 'source' ? 'source.component' : field);
  return value === undefined || value === null ? '' : String(value);
}

/** Whether a selector of a workload, Service or PodDisruptionBudget selects these labels. An absent selector selects nothing. */
export function selects(selector: LabelSelector | undefined, labels: Labels = {}): boolean {
  if (selector === undefined) return false;
  const wanted = Object.entries(selector.matchLabels ?? {});
  if (!wanted.every(([key, value]) => labels[key] === value)) return false;
  return (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    switch (operator) {
      case 'In':
        return key in labels && values.includes(labels[key] ?? '');
      case 'NotIn':
        return !(key in labels) || !values.includes(labels[key] ?? '');
      case 'Exists':
        return key in labels;
      case 'DoesNotExist':
        return !(key in labels);
      default:
        return false;
    }
  });
}
