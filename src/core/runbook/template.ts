import type { DocumentPath } from './source-document.ts';
import { isRecord } from './source-document.ts';

/** `{{ inputs.limit }}`, or one part of a workload: `{{ inputs.workload.namespace }}`. */
export type TemplateRef = { readonly input: string; readonly part?: 'kind' | 'namespace' | 'name' };

/** The one form a template may have: the whole of a string. */
export const templatePattern = /^\{\{ *inputs\.([a-z][A-Za-z0-9]*)(?:\.(kind|namespace|name))? *\}\}$/;

/** Reads a string that is exactly a template; anything else, also text around one, is undefined. */
export function readTemplate(text: string): TemplateRef | undefined {
  const match = templatePattern.exec(text);
  const [, input, part] = match ?? [];
  if (input === undefined) return undefined;
  return part === 'kind' || part === 'namespace' || part === 'name' ? { input, part } : { input };
}

export function hasTemplateText(text: string): boolean {
  return text.includes('{{');
}

/** All strings in a JSON value that hold template text, with their paths. */
export function templatesIn(value: unknown, path: DocumentPath = []): { path: DocumentPath; text: string }[] {
  if (typeof value === 'string') return hasTemplateText(value) ? [{ path, text: value }] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => templatesIn(item, [...path, index]));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => templatesIn(item, [...path, key]));
}

/**
 * A copy of `value` with each template replaced by what `fill` gives for it. Single pass: what was put in is not looked at again, so an input can
 * never bring in another template.
 */
export function fillTemplates(value: unknown, fill: (ref: TemplateRef) => unknown): unknown {
  if (typeof value === 'string') {
    const ref = readTemplate(value);
    return ref === undefined ? value : fill(ref);
  }
  if (Array.isArray(value)) return value.map((item) => fillTemplates(item, fill));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillTemplates(item, fill)]));
}
