import type { WireObject } from '../../cluster/object.ts';
import type { ResourceTypeEntry } from '../../cluster/resource-types.ts';
import { isFields } from './fields.ts';
import { maskObject } from './mask.ts';
import { boundText, type ReadOutput } from './read-output.ts';
import { renderReadOutput } from './render-read-output.ts';
import { toYaml } from './yaml.ts';

/**
 * Objects as `-o json`, `-o yaml` or `-o name` print them, masked. One object asked for by name is printed as itself, all else as a List.
 * The rows are those of the table, so that the same conditions can be asked.
 */
export function renderObjects(
  type: ResourceTypeEntry,
  objects: readonly WireObject[],
  form: 'json' | 'yaml' | 'name',
  options: { readonly now: Date; readonly isSingle: boolean },
): ReadOutput {
  const table = renderReadOutput(type.kind, objects, { wide: true, now: options.now });
  return { ...table, ...boundText(textOf(type, objects, form, options.isSingle), 'start') };
}

function textOf(
  type: ResourceTypeEntry,
  objects: readonly WireObject[],
  form: 'json' | 'yaml' | 'name',
  isSingle: boolean,
): string {
  if (form === 'name') {
    const group = type.apiVersion.includes('/') ? `.${type.apiVersion.split('/')[0]}` : '';
    return objects.map((object) => `${type.singular}${group}/${object.metadata.name}`).join('\n');
  }
  const masked = objects.map(maskObject);
  const document = isSingle && masked.length === 1 ? masked[0] : { apiVersion: 'v1', items: masked, kind: 'List' };
  return form === 'yaml' ? toYaml(document) : JSON.stringify(sortKeys(document), null, 4);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isFields(value)) return value;
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key) => [key, sortKeys(value[key])]));
}
