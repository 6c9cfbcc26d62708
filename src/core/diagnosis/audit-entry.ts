import type { ObjectRef } from '../cluster/object.ts';
import { resourceTypes } from '../cluster/resource-types.ts';
import { at, isRecord, numberAt, textAt, timeAt } from '../cluster/wire.ts';
import type { AuditEntry } from './observations.ts';

const writes: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
const maxFields = 40;
const maxDepth = 12;

/**
 * Reads one event of an API server's audit log (`audit.k8s.io/v1`). Undefined for what is no finished, accepted change of one named object.
 *
 * Of the request only the paths of a patch are kept, never a value: a patch may hold anything. A whole object (create, update) names no paths.
 */
export function readAuditEntry(event: unknown): AuditEntry | undefined {
  const verb = textAt(event, 'verb');
  const user = textAt(event, 'impersonatedUser', 'username') ?? textAt(event, 'user', 'username');
  const when = timeAt(event, 'stageTimestamp') ?? timeAt(event, 'requestReceivedTimestamp');
  const object = refOfAudit(at(event, 'objectRef'));
  if (verb === undefined || !writes.has(verb) || user === undefined || when === undefined || object === undefined)
    return undefined;
  const stage = textAt(event, 'stage');
  if (stage !== undefined && stage !== 'ResponseComplete') return undefined;
  if ((numberAt(event, 'responseStatus', 'code') ?? 200) >= 400) return undefined;
  if (/[?&]dryRun=/.test(textAt(event, 'requestURI')?.slice(0, 4000) ?? '')) return undefined;
  return {
    at: when,
    user: user.slice(0, 200),
    verb,
    object,
    fields: verb === 'patch' ? patchedPaths(at(event, 'requestObject')) : [],
  };
}

function refOfAudit(reference: unknown): ObjectRef | undefined {
  const resource = textAt(reference, 'resource');
  const name = textAt(reference, 'name');
  const group = textAt(reference, 'apiGroup') ?? '';
  const version = textAt(reference, 'apiVersion') ?? 'v1';
  // Status writes are reports, not changes that somebody made.
  if (resource === undefined || name === undefined || textAt(reference, 'subresource') === 'status') return undefined;
  const type = resourceTypes.find(
    (one) =>
      one.resource === resource &&
      (one.apiVersion.split('/').length === 1 ? '' : one.apiVersion.split('/')[0]) === group,
  );
  const namespace = textAt(reference, 'namespace');
  const apiVersion = type?.apiVersion ?? (group === '' ? version : `${group}/${version}`);
  const kind = type?.kind ?? resource;
  return namespace === undefined ? { apiVersion, kind, name } : { apiVersion, kind, namespace, name };
}

/** The paths that a patch touches: of a JSON Patch its `path`s, of a merge patch its leaves. */
export function patchedPaths(patch: unknown): readonly string[] {
  const paths: string[] = [];
  if (Array.isArray(patch)) {
    for (const step of patch) {
      const path = textAt(step, 'path');
      if (path !== undefined && at(step, 'op') !== 'test' && paths.length < maxFields) paths.push(fromPointer(path));
    }
    return paths;
  }
  const visit = (value: unknown, path: string, depth: number): void => {
    if (paths.length >= maxFields) return;
    const members = isRecord(value) ? Object.entries(value).filter(([key]) => !key.startsWith('$')) : undefined;
    if (Array.isArray(value) && depth < maxDepth && value.some(isRecord)) {
      for (const [index, member] of value.entries()) visit(member, `${path}[${index}]`, depth + 1);
    } else if (members === undefined || members.length === 0 || depth >= maxDepth) paths.push(path);
    else
      for (const [key, member] of members) visit(member, path === '' ? safe(key) : `${path}.${safe(key)}`, depth + 1);
  };
  if (isRecord(patch)) visit(patch, '', 0);
  return paths.filter((path) => path !== '');
}

function fromPointer(pointer: string): string {
  return pointer
    .slice(0, 500)
    .split('/')
    .slice(1)
    .map((step) => safe(step.replaceAll('~1', '/').replaceAll('~0', '~')))
    .reduce((path, step) => (/^\d+$/.test(step) ? `${path}[${step}]` : path === '' ? step : `${path}.${step}`), '');
}

function safe(key: string): string {
  return key.slice(0, 120);
}
