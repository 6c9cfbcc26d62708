import { fail, ok, type Result } from '../../../core/result.ts';
import { deleteObject, markedForDeletion } from '../store/delete-object.ts';
import { type Subresource, toCreate, toUpdate } from '../store/object-writes.ts';
import { isRecord, type KubeObject, valueAt } from '../store/stored-object.ts';
import { parseDryRun } from './dry-run.ts';
import type { Answer, ApiParts, ApiRequest } from './exchange.ts';
import { applyJsonPatch } from './json-patch.ts';
import { apiVersionOf, type KindInfo } from './kinds.ts';
import { applyMergePatch } from './merge-patch.ts';
import type { ResourceRoute } from './route.ts';
import {
  type ApiFailure,
  alreadyExists,
  badRequest,
  failedPrecondition,
  invalid,
  notFound,
  patchRefused,
  staleWrite,
} from './status.ts';
import { validateChange, validateNew } from './validate-object.ts';

export function createObject(parts: ApiParts, request: ApiRequest, route: ResourceRoute): Result<Answer, ApiFailure> {
  const { info, namespace } = route;
  const dryRun = parseDryRun(request.query.getAll('dryRun'));
  if (!dryRun.ok) return dryRun;
  const body = parseJson(request.body);
  if (!body.ok) return body;
  const draft = readDraft(parts, body.value, info, namespace);
  if (!draft.ok) return draft;
  if (namespace !== undefined && parts.store.get('Namespace', undefined, namespace) === undefined) {
    return fail({
      code: 404,
      reason: 'NotFound',
      message: `namespaces "${namespace}" not found`,
      details: { name: namespace, kind: 'namespaces' },
    });
  }
  const causes = validateNew(draft.value);
  const { name } = draft.value.metadata;
  if (causes.length > 0) return fail(invalid(info, name, causes));
  if (parts.store.get(info.kind, namespace, name) !== undefined) return fail(alreadyExists(info, name));
  const created = toCreate(draft.value, stampOf(parts, request));
  if (dryRun.value) return ok({ code: 201, body: created });
  return ok({ code: 201, body: parts.store.insert(created), applied: true });
}

export function patchObject(parts: ApiParts, request: ApiRequest, route: ResourceRoute): Result<Answer, ApiFailure> {
  const { info, name = '', namespace } = route;
  if (route.subresource !== undefined && !(route.subresource === 'status' && info.hasStatus))
    return fail(noSuchSubresource());
  const subresource: Subresource = route.subresource === 'status' ? 'status' : undefined;
  const dryRun = parseDryRun(request.query.getAll('dryRun'));
  if (!dryRun.ok) return dryRun;
  const before = parts.store.get(info.kind, namespace, name);
  if (before === undefined) return fail(notFound(info, name));
  const patched = applyPatch(request, before);
  if (!patched.ok) return patched;
  const { metadata } = patched.value;
  if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== before.metadata.resourceVersion) {
    return fail(staleWrite(info, name));
  }
  const after = toUpdate(before, patched.value, { subresource, ...stampOf(parts, request) });
  const causes = subresource === 'status' ? [] : validateChange(before, after);
  if (causes.length > 0) return fail(invalid(info, name, causes));
  after.metadata.resourceVersion = before.metadata.resourceVersion ?? '';
  if (dryRun.value) return ok({ code: 200, body: after });
  const stored = parts.store.replace(after);
  return ok({ code: 200, body: stored, ...(stored === before ? {} : { applied: true }) });
}

export function removeObject(parts: ApiParts, request: ApiRequest, route: ResourceRoute): Result<Answer, ApiFailure> {
  const { info, name = '', namespace } = route;
  const body = request.body === undefined ? ok({}) : parseJson(request.body);
  if (!body.ok) return body;
  return removeWithOptions(parts, { info, namespace, name }, body.value, request.query);
}

/** A deletion under DeleteOptions, as DELETE and eviction share it. */
export function removeWithOptions(
  parts: ApiParts,
  target: { info: KindInfo; namespace: string | undefined; name: string },
  options: unknown,
  query: URLSearchParams,
): Result<Answer, ApiFailure> {
  const { info, name, namespace } = target;
  const inBody = isRecord(options) && Array.isArray(options.dryRun) ? options.dryRun : [];
  const dryRun = parseDryRun([...query.getAll('dryRun'), ...inBody]);
  if (!dryRun.ok) return dryRun;
  const graceSeconds = readGrace(options, query);
  if (!graceSeconds.ok) return graceSeconds;
  const object = parts.store.get(info.kind, namespace, name);
  if (object === undefined) return fail(notFound(info, name));
  const refused = refusedPrecondition(info, object, options);
  if (refused !== undefined) return fail(refused);

  const when = {
    nowMs: parts.now(),
    ...(graceSeconds.value === undefined ? {} : { graceSeconds: graceSeconds.value }),
  };
  const present = (seen: KubeObject): unknown => (info.kind === 'Pod' ? seen : deletedStatus(info, object));
  if (dryRun.value) return ok({ code: 200, body: present(markedForDeletion(object, when) ?? object) });
  if (policyOf(options, query) === 'Orphan') releaseDependents(parts, object);
  return ok({ code: 200, body: present(deleteObject(parts.store, object, when)), applied: true });
}

/** The refusal of a precondition on uid or resourceVersion that does not hold, if any. */
export function refusedPrecondition(info: KindInfo, object: KubeObject, options: unknown): ApiFailure | undefined {
  const { name, resourceVersion = '', uid = '' } = object.metadata;
  const wantedUid = valueAt(options, 'preconditions.uid');
  if (typeof wantedUid === 'string' && wantedUid !== uid) return failedPrecondition(info, name, 'UID', wantedUid, uid);
  const wanted = valueAt(options, 'preconditions.resourceVersion');
  if (typeof wanted !== 'string' || wanted === resourceVersion) return undefined;
  return failedPrecondition(info, name, 'ResourceVersion', wanted, resourceVersion);
}

export function parseJson(body: string | undefined): Result<unknown, ApiFailure> {
  if (body === undefined) return fail(badRequest('the request body is empty; the API needs a JSON document here'));
  try {
    return ok(JSON.parse(body));
  } catch {
    return fail(badRequest("couldn't get version/kind; json parse error: the body is not JSON"));
  }
}

export function noSuchSubresource(): ApiFailure {
  return { code: 404, reason: 'NotFound', message: 'the server could not find the requested resource', details: {} };
}

function applyPatch(request: ApiRequest, before: KubeObject): Result<KubeObject, ApiFailure> {
  const type = request.contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  const supported = ['application/json-patch+json', 'application/merge-patch+json'];
  if (!supported.includes(type)) {
    const message = `the body of the request was in an unknown format - accepted media types include: ${supported.join(', ')}`;
    return fail({ code: 415, reason: 'UnsupportedMediaType', message, details: {} });
  }
  const patch = parseJson(request.body);
  if (!patch.ok) return patch;
  if (type === 'application/merge-patch+json') {
    if (!isRecord(patch.value)) return fail(badRequest('a merge patch is an object'));
    return readPatched(applyMergePatch(before, patch.value), before);
  }
  const patched = applyJsonPatch(before, patch.value);
  if (patched.ok) return readPatched(patched.value, before);
  return fail(patched.error.kind === 'refused' ? patchRefused : badRequest(patched.error.sentence));
}

/** A patch can turn an object into anything; what is still an object of its kind goes on to validation. */
function readPatched(value: unknown, before: KubeObject): Result<KubeObject, ApiFailure> {
  const isSameKind = isRecord(value) && value.apiVersion === before.apiVersion && value.kind === before.kind;
  if (!isSameKind || !isRecord(value.metadata) || typeof value.metadata.name !== 'string')
    return fail(badRequest('the patch does not leave an object of its kind'));
  // Checked above as far as the simulated cluster relies on it; validation reads the rest as unknown.
  return ok(value as unknown as KubeObject);
}

function readDraft(
  parts: ApiParts,
  value: unknown,
  info: KindInfo,
  namespace: string | undefined,
): Result<KubeObject, ApiFailure> {
  const apiVersion = apiVersionOf(info);
  if (!isRecord(value) || !isRecord(value.metadata))
    return fail(badRequest(`the body is not a ${info.kind}: it has no metadata`));
  // A body may leave both out: the URL says what it is.
  if ((value.kind ?? info.kind) !== info.kind || (value.apiVersion ?? apiVersion) !== apiVersion) {
    const found = `${String(value.apiVersion)}, Kind=${String(value.kind)}`;
    return fail(
      badRequest(
        `the API version in the data (${found}) does not match the expected API version (${apiVersion}, Kind=${info.kind})`,
      ),
    );
  }
  const { generateName, name } = value.metadata;
  const given = typeof name === 'string' && name !== '' ? name : undefined;
  const generated =
    typeof generateName === 'string' && generateName !== '' ? generateName + parts.names.suffix(5) : undefined;
  const finalName = given ?? generated;
  if (finalName === undefined) {
    return fail(
      invalid(info, '', [
        {
          reason: 'FieldValueRequired',
          field: 'metadata.name',
          message: 'Required value: name or generateName is required',
        },
      ]),
    );
  }
  const inside = value.metadata.namespace;
  if (inside !== undefined && inside !== namespace) {
    return fail(badRequest('the namespace of the provided object does not match the namespace sent on the request'));
  }
  const metadata = { ...value.metadata, name: finalName, ...(namespace === undefined ? {} : { namespace }) };
  const initial = info.kind === 'Pod' ? { phase: 'Pending', qosClass: 'BestEffort' } : {};
  const status = info.kind === 'Node' ? value.status : initial;
  return ok({ ...value, apiVersion, kind: info.kind, metadata, ...(info.hasStatus ? { status } : {}) });
}

function stampOf(parts: ApiParts, request: ApiRequest) {
  const manager = request.query.get('fieldManager') ?? undefined;
  return { names: parts.names, nowMs: parts.now(), ...(manager === undefined ? {} : { manager }) };
}

function readGrace(options: unknown, query: URLSearchParams): Result<number | undefined, ApiFailure> {
  const value = valueAt(options, 'gracePeriodSeconds') ?? query.get('gracePeriodSeconds') ?? undefined;
  if (value === undefined) return ok(undefined);
  const seconds = Number(value);
  return Number.isInteger(seconds) && seconds >= 0
    ? ok(seconds)
    : fail(badRequest('gracePeriodSeconds: expected a whole number of seconds'));
}

function policyOf(options: unknown, query: URLSearchParams): unknown {
  return valueAt(options, 'propagationPolicy') ?? query.get('propagationPolicy');
}

function releaseDependents(parts: ApiParts, owner: KubeObject): void {
  for (const kind of ['Pod', 'ReplicaSet', 'Job'] as const) {
    for (const object of parts.store.list(kind, owner.metadata.namespace)) {
      const owners = object.metadata.ownerReferences ?? [];
      const left = owners.filter(({ uid }) => uid !== owner.metadata.uid);
      if (left.length < owners.length)
        parts.store.replace({ ...object, metadata: { ...object.metadata, ownerReferences: left } });
    }
  }
}

function deletedStatus(info: KindInfo, object: KubeObject): object {
  const details = {
    name: object.metadata.name,
    ...(info.group === '' ? {} : { group: info.group }),
    kind: info.plural,
    uid: object.metadata.uid,
  };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}
