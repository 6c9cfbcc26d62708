import { type KindInfo, qualifiedPlural } from './kinds.ts';

export type Cause = { readonly reason?: string; readonly message: string; readonly field?: string };

/** A refusal, as the API server writes it into a `Status` body. */
export type ApiFailure = {
  readonly code: number;
  readonly reason?: string;
  readonly message: string;
  readonly details?: {
    name?: string;
    group?: string;
    kind?: string;
    uid?: string;
    causes?: readonly Cause[];
    retryAfterSeconds?: number;
  };
  readonly headers?: Readonly<Record<string, string>>;
  /** Where the refusal carries something for the list metadata, such as a fresh continue token. */
  readonly metadata?: Readonly<Record<string, string>>;
};

export function statusBody(failure: ApiFailure): object {
  const { code, reason, message, details, metadata = {} } = failure;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata,
    status: 'Failure',
    message,
    ...(reason === undefined ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  };
}

function about(info: KindInfo, name: string): { name: string; group?: string; kind: string } {
  return { name, ...(info.group === '' ? {} : { group: info.group }), kind: info.plural };
}

export function notFound(info: KindInfo, name: string): ApiFailure {
  const message = `${qualifiedPlural(info)} "${name}" not found`;
  return { code: 404, reason: 'NotFound', message, details: about(info, name) };
}

export function alreadyExists(info: KindInfo, name: string): ApiFailure {
  const message = `${qualifiedPlural(info)} "${name}" already exists`;
  return { code: 409, reason: 'AlreadyExists', message, details: about(info, name) };
}

/** A stale `metadata.resourceVersion` in a write. */
export function staleWrite(info: KindInfo, name: string): ApiFailure {
  const why = 'the object has been modified; please apply your changes to the latest version and try again';
  return conflict(info, name, `Operation cannot be fulfilled on ${qualifiedPlural(info)} "${name}": ${why}`);
}

export function failedPrecondition(
  info: KindInfo,
  name: string,
  what: 'UID' | 'ResourceVersion',
  wanted: string,
  found: string,
): ApiFailure {
  const why = `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${found}`;
  return conflict(info, name, `Operation cannot be fulfilled on ${qualifiedPlural(info)} "${name}": ${why}`);
}

function conflict(info: KindInfo, name: string, message: string): ApiFailure {
  return { code: 409, reason: 'Conflict', message, details: about(info, name) };
}

export function invalid(info: KindInfo, name: string, causes: readonly Cause[]): ApiFailure {
  const texts = causes.map((cause) => (cause.field === undefined ? cause.message : `${cause.field}: ${cause.message}`));
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const qualifiedKind = info.group === '' ? info.kind : `${info.kind}.${info.group}`;
  const details = { ...about(info, name), kind: info.kind, causes };
  return { code: 422, reason: 'Invalid', message: `${qualifiedKind} "${name}" is invalid: ${list}`, details };
}

export function badRequest(message: string): ApiFailure {
  return { code: 400, reason: 'BadRequest', message };
}

export const patchRefused: ApiFailure = {
  code: 422,
  reason: 'Invalid',
  message: 'the server rejected our request due to an error in our request',
  details: {},
};

export const unauthorized: ApiFailure = { code: 401, reason: 'Unauthorized', message: 'Unauthorized' };

export const expired: ApiFailure = {
  code: 410,
  reason: 'Expired',
  message: 'The resourceVersion for the provided list is too old.',
};

export function methodNotAllowed(): ApiFailure {
  const message = 'the server does not allow this method on the requested resource';
  return { code: 405, reason: 'MethodNotAllowed', message, details: {} };
}
