import { isDeepStrictEqual } from 'node:util';
import { fail, ok, type Result } from '../../../core/result.ts';
import { isRecord } from '../store/stored-object.ts';

/**
 * `malformed`: not a patch at all (the API server answers 400). `refused`: a well-formed patch that does not apply, a failed `test` included
 * (422, and the real server never says which operation it was).
 */
export type PatchFailure = { readonly kind: 'malformed' | 'refused'; readonly sentence: string };

type Operation =
  | { op: 'add' | 'replace' | 'test'; path: string[]; value: unknown }
  | { op: 'remove'; path: string[] }
  | { op: 'move' | 'copy'; path: string[]; from: string[] };

/** Applies a JSON Patch (RFC 6902) to a copy of `document`. All or nothing: the document itself is never changed. */
export function applyJsonPatch(document: unknown, patch: unknown): Result<unknown, PatchFailure> {
  if (!Array.isArray(patch)) return malformed('a JSON patch is a list of operations');
  const operations: Operation[] = [];
  for (const [index, raw] of patch.entries()) {
    const operation = readOperation(raw);
    if (operation === undefined) return malformed(`operation ${index} is not an RFC 6902 operation`);
    operations.push(operation);
  }
  // Wrapped, so that the whole document is a member like any other and can be replaced.
  const root = { document: structuredClone(document) };
  for (const [index, operation] of operations.entries()) {
    if (!applyOperation(root, operation)) {
      return fail({ kind: 'refused', sentence: `operation ${index} (${operation.op}) does not apply` });
    }
  }
  return ok(root.document);
}

function malformed(sentence: string): Result<never, PatchFailure> {
  return fail({ kind: 'malformed', sentence });
}

function readOperation(raw: unknown): Operation | undefined {
  if (!isRecord(raw)) return undefined;
  const path = readPointer(raw.path);
  if (path === undefined) return undefined;
  switch (raw.op) {
    case 'add':
    case 'replace':
    case 'test':
      return 'value' in raw ? { op: raw.op, path, value: raw.value } : undefined;
    case 'remove':
      return { op: 'remove', path };
    case 'move':
    case 'copy': {
      const from = readPointer(raw.from);
      return from === undefined ? undefined : { op: raw.op, path, from };
    }
    default:
      return undefined;
  }
}

/** A JSON Pointer (RFC 6901) as its tokens, below the wrapper. */
function readPointer(pointer: unknown): string[] | undefined {
  if (typeof pointer !== 'string' || (pointer !== '' && !pointer.startsWith('/'))) return undefined;
  if (/~(?![01])/.test(pointer)) return undefined;
  const tokens = pointer.split('/').slice(1);
  return ['document', ...tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))];
}

function applyOperation(root: object, operation: Operation): boolean {
  switch (operation.op) {
    case 'add':
      return add(root, operation.path, structuredClone(operation.value));
    case 'replace':
      return replace(root, operation.path, structuredClone(operation.value));
    case 'remove':
      return remove(root, operation.path);
    case 'test': {
      const found = find(root, operation.path);
      return found !== undefined && isDeepStrictEqual(found.value, operation.value);
    }
    case 'copy': {
      const found = find(root, operation.from);
      return found !== undefined && add(root, operation.path, structuredClone(found.value));
    }
    case 'move': {
      // RFC 6902 4.4: a value cannot be moved into one of its own children.
      const isInside =
        operation.path.length > operation.from.length &&
        operation.from.every((token, i) => operation.path[i] === token);
      const found = find(root, operation.from);
      if (isInside || found === undefined) return false;
      return remove(root, operation.from) && add(root, operation.path, found.value);
    }
    default:
      return operation satisfies never;
  }
}

function add(root: object, path: readonly string[], value: unknown): boolean {
  const parent = parentOf(root, path);
  const key = path.at(-1) ?? '';
  if (Array.isArray(parent)) {
    const index = key === '-' ? parent.length : indexIn(key, parent.length);
    if (index === undefined) return false;
    parent.splice(index, 0, value);
    return true;
  }
  if (!isRecord(parent)) return false;
  setMember(parent, key, value);
  return true;
}

function replace(root: object, path: readonly string[], value: unknown): boolean {
  if (find(root, path) === undefined) return false;
  const parent = parentOf(root, path);
  const key = path.at(-1) ?? '';
  if (Array.isArray(parent)) parent[Number(key)] = value;
  else if (isRecord(parent)) setMember(parent, key, value);
  return true;
}

function remove(root: object, path: readonly string[]): boolean {
  if (find(root, path) === undefined) return false;
  const parent = parentOf(root, path);
  const key = path.at(-1) ?? '';
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else if (isRecord(parent)) delete parent[key];
  return true;
}

function find(root: object, path: readonly string[]): { value: unknown } | undefined {
  let value: unknown = root;
  for (const token of path) {
    if (Array.isArray(value)) {
      const index = indexIn(token, value.length - 1);
      if (index === undefined) return undefined;
      value = value[index];
    } else if (isRecord(value) && Object.hasOwn(value, token)) {
      value = value[token];
    } else {
      return undefined;
    }
  }
  return { value };
}

function parentOf(root: object, path: readonly string[]): unknown {
  return find(root, path.slice(0, -1))?.value;
}

function indexIn(token: string, last: number): number | undefined {
  return /^(0|[1-9]\d*)$/.test(token) && Number(token) <= last ? Number(token) : undefined;
}

// Plain assignment to `__proto__` would change the prototype of the document in place of adding a member.
function setMember(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}
