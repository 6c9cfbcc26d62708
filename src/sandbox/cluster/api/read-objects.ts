import { fail, ok, type Result } from '../../../core/result.ts';
import { parseFieldSelector, parseLabelSelector } from '../store/selectors.ts';
import type { KubeObject } from '../store/stored-object.ts';
import type { Answer, ApiParts, ApiRequest } from './exchange.ts';
import { negotiate, presentList, presentObject } from './presentation.ts';
import type { ResourceRoute } from './route.ts';
import { type ApiFailure, badRequest, expired, notFound } from './status.ts';

export type Matches = (object: KubeObject) => boolean;

export function getObject(parts: ApiParts, request: ApiRequest, route: ResourceRoute): Result<Answer, ApiFailure> {
  const { info, name = '', namespace } = route;
  const object = parts.store.get(info.kind, namespace, name);
  if (object === undefined) return fail(notFound(info, name));
  return ok({ code: 200, body: presentObject(negotiate(request), info, object, parts.now()) });
}

/** The selectors of a list or watch, together with its namespace. */
export function parseSelection(query: URLSearchParams, route: ResourceRoute): Result<Matches, ApiFailure> {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  if (!labels.ok) return fail(badRequest(labels.error));
  const fields = parseFieldSelector(route.info.kind, query.get('fieldSelector') ?? '');
  if (!fields.ok) return fail(badRequest(fields.error));
  const { namespace } = route;
  return ok(
    (object) =>
      (namespace === undefined || object.metadata.namespace === namespace) &&
      labels.value(object) &&
      fields.value(object),
  );
}

/**
 * Lists objects, whole or in pages. The pages of one list all show the state of the first one, as on a real server; a token that the history
 * no longer reaches is answered 410.
 */
export function listObjects(parts: ApiParts, request: ApiRequest, route: ResourceRoute): Result<Answer, ApiFailure> {
  const { query } = request;
  const { info } = route;
  const matches = parseSelection(query, route);
  if (!matches.ok) return matches;
  const limit = parseCount(query, 'limit');
  if (!limit.ok) return limit;
  const start = parseStart(parts, query);
  if (!start.ok) return start;
  const { after, revision } = start.value;
  const all = revision === undefined ? parts.store.list(info.kind) : parts.store.listAt(info.kind, revision);
  if (all === 'expired') return fail(expired);

  const at = revision ?? parts.store.revision();
  const found = all.filter((object) => matches.value(object) && (after === undefined || positionOf(object) > after));
  const page = limit.value === undefined || limit.value === 0 ? found : found.slice(0, limit.value);
  const last = page.at(-1);
  const left = found.length - page.length;
  const hasSelector = query.has('labelSelector') || query.has('fieldSelector');
  const metadata = {
    resourceVersion: String(at),
    ...(left === 0 || last === undefined ? {} : { continue: continueToken(at, positionOf(last)) }),
    ...(left === 0 || hasSelector ? {} : { remainingItemCount: left }),
  };
  return ok({ code: 200, body: presentList(negotiate(request), info, page, metadata, parts.now()) });
}

type Start = { readonly revision: number | undefined; readonly after: string | undefined };

function parseStart(parts: ApiParts, query: URLSearchParams): Result<Start, ApiFailure> {
  const token = query.get('continue');
  if (token !== null && token !== '') return parseContinueToken(token);
  const version = query.get('resourceVersion');
  if (version === null || version === '' || version === '0') return ok({ revision: undefined, after: undefined });
  const revision = parseRevision(version);
  if (!revision.ok) return revision;
  if (revision.value > parts.store.revision()) return fail(tooLarge(revision.value, parts.store.revision()));
  const isExact =
    query.get('resourceVersionMatch') === 'Exact' || (query.has('limit') && !query.has('resourceVersionMatch'));
  return ok({ revision: isExact ? revision.value : undefined, after: undefined });
}

export function parseRevision(text: string): Result<number, ApiFailure> {
  return /^\d{1,15}$/.test(text)
    ? ok(Number(text))
    : fail(badRequest(`Invalid value: "${text}": strconv.ParseUint: invalid syntax`));
}

export function parseCount(query: URLSearchParams, name: string): Result<number | undefined, ApiFailure> {
  const text = query.get(name);
  if (text === null || text === '') return ok(undefined);
  return /^\d{1,9}$/.test(text)
    ? ok(Number(text))
    : fail(badRequest(`${name}: invalid value "${text}": expected a whole number`));
}

function continueToken(revision: number, after: string): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: after })).toString('base64url');
}

function parseContinueToken(token: string): Result<Start, ApiFailure> {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (typeof value === 'object' && value !== null && 'rv' in value && 'start' in value) {
      const { rv, start } = value;
      if (typeof rv === 'number' && Number.isInteger(rv) && typeof start === 'string')
        return ok({ revision: rv, after: start });
    }
  } catch {
    // Falls through to the one answer for every token that is not ours.
  }
  return fail(badRequest('continue key is not valid: it was not issued by this server'));
}

function positionOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

function tooLarge(wanted: number, current: number): ApiFailure {
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  const message = `Timeout: Too large resource version: ${wanted}, current: ${current}`;
  return {
    code: 504,
    reason: 'Timeout',
    message,
    details: { causes, retryAfterSeconds: 1 },
    headers: { 'Retry-After': '1' },
  };
}
