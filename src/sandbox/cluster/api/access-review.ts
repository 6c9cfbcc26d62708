import { fail, ok, type Result } from '../../../core/result.ts';
import { isRecord, valueAt } from '../store/stored-object.ts';
import { type Attributes, isAllowed, type User } from './authorize.ts';
import type { Answer } from './exchange.ts';
import { type ApiFailure, badRequest } from './status.ts';
import { parseJson } from './write-objects.ts';

/** SelfSubjectAccessReview: what the caller may do. Stores nothing. */
export function reviewOwnAccess(user: User, body: string | undefined): Result<Answer, ApiFailure> {
  const review = parseJson(body);
  if (!review.ok) return review;
  const asked = attributesOf(review.value);
  if (asked === undefined)
    return fail(badRequest('spec needs exactly one of resourceAttributes or nonResourceAttributes'));
  const allowed = isAllowed(user, asked);
  const status = { allowed, ...(allowed ? { reason: `sandbox role "${user.role}"` } : {}) };
  const answer = {
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec: valueAt(review.value, 'spec'),
    status,
  };
  return ok({ code: 201, body: answer });
}

/** SelfSubjectReview: who the caller is. */
export function reviewSelf(user: User): Answer {
  const userInfo = { username: user.name, uid: user.uid, groups: [...user.groups, 'system:authenticated'] };
  return {
    code: 201,
    body: { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1', metadata: {}, status: { userInfo } },
  };
}

function attributesOf(review: unknown): Attributes | undefined {
  const resource = valueAt(review, 'spec.resourceAttributes');
  const path = valueAt(review, 'spec.nonResourceAttributes');
  if (isRecord(resource) === isRecord(path)) return undefined;
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  if (isRecord(path)) return { verb: text(path.verb), path: text(path.path) };
  if (!isRecord(resource)) return undefined;
  const optional = (value: unknown): string | undefined => (text(value) === '' ? undefined : text(value));
  return {
    verb: text(resource.verb),
    group: text(resource.group),
    resource: text(resource.resource),
    subresource: optional(resource.subresource),
    namespace: optional(resource.namespace),
    name: optional(resource.name),
  };
}
