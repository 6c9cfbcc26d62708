import type { WireObject } from './object.ts';
import { at, isRecord, type WireRecord } from './wire.ts';

type Metadata = WireObject['metadata'];
type OwnerReference = NonNullable<Metadata['ownerReferences']>[number];

/**
 * Reads an object of the API from untrusted JSON. Well-formed objects come back as they are (the same reference, all fields);
 * metadata of a wrong shape (null labels, a number for a uid) is left out of a copy, the rest stays untouched.
 *
 * Undefined when it cannot be named: no `kind` or `metadata.name`. Members of a list carry neither `apiVersion` nor `kind`: pass them as `inherited`.
 */
export function readWireObject(
  raw: unknown,
  inherited?: { readonly apiVersion: string; readonly kind: string },
): WireObject | undefined {
  if (isWireObject(raw)) return raw;
  if (!isRecord(raw) || !isRecord(raw.metadata)) return undefined;
  const apiVersion = filled(raw.apiVersion) ?? inherited?.apiVersion;
  const kind = filled(raw.kind) ?? inherited?.kind;
  const name = filled(raw.metadata.name);
  if (apiVersion === undefined || kind === undefined || name === undefined) return undefined;
  return { ...raw, apiVersion, kind, metadata: { ...wellFormedPart(raw.metadata), name } };
}

function isWireObject(raw: unknown): raw is WireObject {
  if (!isRecord(raw) || !isRecord(raw.metadata)) return false;
  const { metadata } = raw;
  return (
    filled(raw.apiVersion) !== undefined &&
    filled(raw.kind) !== undefined &&
    filled(metadata.name) !== undefined &&
    textFields.every((field) => metadata[field] === undefined || filled(metadata[field]) !== undefined) &&
    (metadata.generation === undefined || typeof metadata.generation === 'number') &&
    mapFields.every((field) => metadata[field] === undefined || isStringMap(metadata[field])) &&
    (metadata.ownerReferences === undefined ||
      (Array.isArray(metadata.ownerReferences) && metadata.ownerReferences.every(isOwnerReference)))
  );
}

const textFields = ['namespace', 'uid', 'resourceVersion', 'creationTimestamp', 'deletionTimestamp'] as const;
const mapFields = ['labels', 'annotations'] as const;
const checkedFields: ReadonlySet<string> = new Set([...textFields, ...mapFields, 'generation', 'ownerReferences']);

function wellFormedPart(metadata: WireRecord): Omit<Metadata, 'name'> {
  const unchecked = Object.fromEntries(Object.entries(metadata).filter(([key]) => !checkedFields.has(key)));
  const texts = Object.fromEntries(
    textFields.flatMap((field) => {
      const value = filled(metadata[field]);
      return value === undefined ? [] : [[field, value]];
    }),
  );
  const maps = Object.fromEntries(
    mapFields.flatMap((field) => {
      const value = metadata[field];
      return isRecord(value) ? [[field, onlyStrings(value)]] : [];
    }),
  );
  const owners = metadata.ownerReferences;
  return {
    ...unchecked,
    ...texts,
    ...maps,
    ...(typeof metadata.generation === 'number' ? { generation: metadata.generation } : {}),
    ...(Array.isArray(owners) ? { ownerReferences: owners.filter(isOwnerReference) } : {}),
  };
}

function isOwnerReference(value: unknown): value is OwnerReference {
  const controller = at(value, 'controller');
  return (
    isRecord(value) &&
    [value.apiVersion, value.kind, value.name, value.uid].every((field) => filled(field) !== undefined) &&
    (controller === undefined || typeof controller === 'boolean')
  );
}

function filled(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isStringMap(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every((member) => typeof member === 'string');
}

function onlyStrings(map: WireRecord): Record<string, string> {
  return Object.fromEntries(
    Object.entries(map).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}
