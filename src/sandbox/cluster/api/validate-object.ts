import { isDeepStrictEqual } from 'node:util';
import { parseQuantity } from '../../../core/cluster/quantity.ts';
import { selects } from '../store/selectors.ts';
import { isRecord, type KubeObject, valueAt } from '../store/stored-object.ts';
import type { Cause } from './status.ts';

const nameForm = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/** What the API server's validation would say of a new object; only the rules that a client of the sandbox can reasonably meet. */
export function validateNew(object: KubeObject): Cause[] {
  const { name } = object.metadata;
  const causes: Cause[] = [];
  if (!nameForm.test(name) || name.length > 253) {
    const why = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'";
    causes.push({ reason: 'FieldValueInvalid', field: 'metadata.name', message: `Invalid value: "${name}": ${why}` });
  }
  return [...causes, ...validateSpec(object)];
}

/** What validation would say of a change: a valid result, and no change of what cannot change. */
export function validateChange(before: KubeObject, after: KubeObject): Cause[] {
  const causes: Cause[] = [];
  for (const field of ['uid', 'creationTimestamp', 'name', 'namespace'] as const) {
    if (before.metadata[field] !== after.metadata[field])
      causes.push(immutable(`metadata.${field}`, after.metadata[field]));
  }
  const hasFixedSelector = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet'].includes(before.kind);
  if (hasFixedSelector && !isDeepStrictEqual(valueAt(before, 'spec.selector'), valueAt(after, 'spec.selector'))) {
    causes.push(immutable('spec.selector', valueAt(after, 'spec.selector')));
  }
  if (before.kind === 'Pod' && !isDeepStrictEqual(fixedPartOfPod(before.spec), fixedPartOfPod(after.spec))) {
    const message = 'Forbidden: pod updates may not change fields other than `spec.containers[*].image`';
    causes.push({ reason: 'FieldValueForbidden', field: 'spec', message });
  }
  return [...causes, ...validateSpec(after)];
}

function immutable(field: string, value: unknown): Cause {
  return {
    reason: 'FieldValueInvalid',
    field,
    message: `Invalid value: ${JSON.stringify(value) ?? 'null'}: field is immutable`,
  };
}

function fixedPartOfPod(spec: unknown): unknown {
  if (!isRecord(spec) || !Array.isArray(spec.containers)) return spec;
  const containers = spec.containers.map((one) => (isRecord(one) ? { ...one, image: '' } : one));
  return { ...spec, containers };
}

function validateSpec(object: KubeObject): Cause[] {
  const { kind, spec } = object;
  if (!isRecord(spec)) return kind === 'Pod' || kind === 'Deployment' ? [required('spec')] : [];
  switch (kind) {
    case 'Pod':
      return validateContainers(spec.containers, 'spec.containers');
    case 'Deployment':
    case 'ReplicaSet':
    case 'StatefulSet':
    case 'DaemonSet':
      return validateWorkload(spec);
    case 'Node':
      return spec.unschedulable === undefined || typeof spec.unschedulable === 'boolean'
        ? []
        : [wrongType('spec.unschedulable', spec.unschedulable)];
    default:
      return [];
  }
}

function validateWorkload(spec: Record<string, unknown>): Cause[] {
  const causes: Cause[] = [];
  for (const field of ['replicas', 'minReadySeconds', 'progressDeadlineSeconds', 'revisionHistoryLimit']) {
    const value = spec[field];
    if (value === undefined) continue;
    if (!Number.isInteger(value)) causes.push(wrongType(`spec.${field}`, value));
    else if (Number(value) < 0) {
      const message = `Invalid value: ${String(value)}: must be greater than or equal to 0`;
      causes.push({ reason: 'FieldValueInvalid', field: `spec.${field}`, message });
    }
  }
  if (spec.paused !== undefined && typeof spec.paused !== 'boolean') causes.push(wrongType('spec.paused', spec.paused));
  if (Number(spec.progressDeadlineSeconds) <= Number(spec.minReadySeconds ?? 0)) {
    const message = `Invalid value: ${String(spec.progressDeadlineSeconds)}: must be greater than minReadySeconds`;
    causes.push({ reason: 'FieldValueInvalid', field: 'spec.progressDeadlineSeconds', message });
  }
  if (!isRecord(spec.selector)) causes.push(required('spec.selector'));
  if (!isRecord(spec.template)) return [...causes, required('spec.template')];
  const labels = valueAt(spec.template, 'metadata.labels');
  const strings = isRecord(labels)
    ? Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, String(value)]))
    : {};
  if (isRecord(spec.selector) && !selects(spec.selector, strings)) {
    const message = `Invalid value: ${JSON.stringify(strings)}: \`selector\` does not match template \`labels\``;
    causes.push({ reason: 'FieldValueInvalid', field: 'spec.template.metadata.labels', message });
  }
  return [...causes, ...validateContainers(valueAt(spec.template, 'spec.containers'), 'spec.template.spec.containers')];
}

function validateContainers(containers: unknown, path: string): Cause[] {
  if (!Array.isArray(containers) || containers.length === 0) return [required(path)];
  const causes: Cause[] = [];
  const seen = new Set<string>();
  for (const [index, container] of containers.entries()) {
    const at = `${path}[${index}]`;
    if (!isRecord(container)) {
      causes.push(wrongType(at, container));
      continue;
    }
    const { name, image } = container;
    if (typeof name !== 'string' || name === '') causes.push(required(`${at}.name`));
    else if (seen.has(name))
      causes.push({ reason: 'FieldValueDuplicate', field: `${at}.name`, message: `Duplicate value: "${name}"` });
    else seen.add(name);
    if (typeof image !== 'string' || image.trim() === '') {
      causes.push(required(`${at}.image`));
    }
    causes.push(...validateResources(container.resources, `${at}.resources`));
  }
  return causes;
}

function validateResources(resources: unknown, path: string): Cause[] {
  if (resources === undefined) return [];
  if (!isRecord(resources)) return [wrongType(path, resources)];
  const causes: Cause[] = [];
  const amounts = (part: 'limits' | 'requests'): [string, number][] => {
    const table = resources[part];
    if (table === undefined) return [];
    if (!isRecord(table)) {
      causes.push(wrongType(`${path}.${part}`, table));
      return [];
    }
    return Object.entries(table).flatMap(([resource, text]): [string, number][] => {
      const amount = parseQuantity(text);
      if (amount !== undefined && amount >= 0) return [[resource, amount]];
      const why =
        amount === undefined
          ? "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
          : 'must be greater than or equal to 0';
      causes.push({
        reason: 'FieldValueInvalid',
        field: `${path}.${part}[${resource}]`,
        message: `Invalid value: ${JSON.stringify(text)}: ${why}`,
      });
      return [];
    });
  };
  const limits = new Map(amounts('limits'));
  for (const [resource, request] of amounts('requests')) {
    const limit = limits.get(resource);
    if (limit === undefined || request <= limit) continue;
    const text = (part: unknown): string => (isRecord(part) ? String(part[resource]) : '');
    const message = `Invalid value: "${text(resources.requests)}": must be less than or equal to ${resource} limit of ${text(resources.limits)}`;
    causes.push({ reason: 'FieldValueInvalid', field: `${path}.requests`, message });
  }
  return causes;
}

function required(field: string): Cause {
  return { reason: 'FieldValueRequired', field, message: 'Required value' };
}

function wrongType(field: string, value: unknown): Cause {
  return {
    reason: 'FieldValueInvalid',
    field,
    message: `Invalid value: ${JSON.stringify(value) ?? 'null'}: wrong type`,
  };
}
