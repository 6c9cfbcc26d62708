import { quantitySchema, type WorkloadRef } from '../action/action.ts';
import { fail, ok, type Result } from '../result.ts';
import type { InputSpec } from './runbook.ts';
import { isRecord } from './source-document.ts';

export type InputType = InputSpec['type'];
export type InputValue = string | number | boolean | WorkloadRef;

/** Why a value cannot fill an input: `unsafe` may be an attack (template text, control characters), `bad` is merely of another type. */
export type InputFault = { readonly kind: 'bad' | 'unsafe'; readonly why: string };

const maxText = 253;
const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** RFC 1123 label: namespaces, containers. */
export function isLabel(text: string): boolean {
  return label.test(text);
}

/** RFC 1123 subdomain: most names of Kubernetes objects. */
export function isName(text: string): boolean {
  return text.length <= maxText && text.split('.').every((part) => label.test(part));
}

/** One value that each type accepts: lint puts it where a template stands, to see whether the whole action would be well formed. */
export const sampleOf: Readonly<Record<InputType, InputValue>> = {
  string: 'sample',
  integer: 1,
  boolean: true,
  quantity: '64Mi',
  name: 'sample',
  workload: { kind: 'Deployment', namespace: 'sample', name: 'sample' },
};

/**
 * Reads a value of an input's type. Alert labels and commands give text, findings text or numbers, files whatever YAML says.
 *
 * The fault never repeats the value: it may be long, hostile or secret.
 */
export function readInput(type: InputType, raw: unknown): Result<InputValue, InputFault> {
  if (typeof raw === 'string') {
    const unsafe = whyUnsafe(raw);
    if (unsafe !== undefined) return fail({ kind: 'unsafe', why: unsafe });
  }
  switch (type) {
    case 'string':
      return typeof raw === 'string' && raw !== '' ? ok(raw) : bad('expected a text that is not empty');
    case 'integer': {
      const number = typeof raw === 'string' && /^-?\d{1,15}$/.test(raw) ? Number(raw) : raw;
      return typeof number === 'number' && Number.isSafeInteger(number) ? ok(number) : bad('expected a whole number');
    }
    case 'boolean':
      if (raw === true || raw === 'true') return ok(true);
      return raw === false || raw === 'false' ? ok(false) : bad('expected true or false');
    case 'quantity': {
      const text = typeof raw === 'number' ? String(raw) : raw;
      return typeof text === 'string' && text.length <= 32 && quantitySchema.safeParse(text).success
        ? ok(text)
        : bad('expected a Kubernetes quantity such as 256Mi or 500m');
    }
    case 'name':
      return typeof raw === 'string' && isName(raw)
        ? ok(raw)
        : bad('expected a Kubernetes name: lower-case letters, digits, `-` and `.`');
    case 'workload':
      return readWorkload(raw);
    default:
      return type satisfies never;
  }
}

/** A workload as an object reference (findings) or as `Deployment/namespace/name` (people). */
function readWorkload(raw: unknown): Result<WorkloadRef, InputFault> {
  const { kind, namespace, name } = partsOfWorkload(raw);
  if (typeof kind !== 'string' || typeof namespace !== 'string' || typeof name !== 'string') {
    return bad('expected a workload such as Deployment/shop/checkout');
  }
  if (kind.toLowerCase() !== 'deployment') return bad('expected a Deployment: other workloads are not supported yet');
  if (!isLabel(namespace) || !isName(name)) return bad('expected the namespace and name of a Deployment');
  return ok({ kind: 'Deployment', namespace, name });
}

function partsOfWorkload(raw: unknown): { kind?: unknown; namespace?: unknown; name?: unknown } {
  if (typeof raw === 'string') {
    const [kind, namespace, name, ...rest] = raw.split('/');
    return rest.length === 0 ? { kind, namespace, name } : {};
  }
  // An object of another API group that happens to be called Deployment is another thing.
  if (!isRecord(raw) || (raw.apiVersion !== undefined && raw.apiVersion !== 'apps/v1')) return {};
  return { kind: raw.kind, namespace: raw.namespace, name: raw.name };
}

function whyUnsafe(text: string): string | undefined {
  if (text.length > maxText) return `it is longer than ${maxText} characters`;
  // A value is put in once and never looked at again as a template; text that looks like one still has no honest reason to be here.
  if (text.includes('{{') || text.includes('}}')) return 'it holds template text';
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text) ? 'it holds control or invisible characters' : undefined;
}

function bad(why: string): Result<never, InputFault> {
  return fail({ kind: 'bad', why });
}
