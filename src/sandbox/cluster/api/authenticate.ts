import { fail, ok, type Result } from '../../../core/result.ts';
import { forbidden, isAllowed, type User } from './authorize.ts';
import { type ApiFailure, badRequest, unauthorized } from './status.ts';

const anonymous: User = { name: 'system:anonymous', uid: '', groups: ['system:unauthenticated'], role: 'anonymous' };

export type Credentials = {
  readonly authorization: string | undefined;
  readonly impersonate: { readonly user: string | undefined; readonly groups: boolean; readonly other: boolean };
};

/** Who calls: no token is anonymous, an unknown one is 401. Impersonation needs its right, and is never silently ignored. */
export function authenticate(
  usersByToken: ReadonlyMap<string, User>,
  credentials: Credentials,
): Result<User, ApiFailure> {
  const { authorization, impersonate } = credentials;
  let caller: User | undefined = anonymous;
  if (authorization !== undefined) {
    const token = /^Bearer\s+(\S+)$/i.exec(authorization)?.[1];
    caller = token === undefined ? undefined : usersByToken.get(token);
  }
  if (caller === undefined) return fail(unauthorized);
  const { groups, other, user: name } = impersonate;
  if (name === undefined)
    return groups || other ? fail(badRequest('requested impersonation without impersonating a user')) : ok(caller);
  const wanted = {
    verb: 'impersonate',
    group: '',
    resource: 'users',
    subresource: undefined,
    namespace: undefined,
    name,
  };
  if (!isAllowed(caller, wanted)) return fail(forbidden(caller, wanted));
  const target = [...usersByToken.values()].find((user) => user.name === name);
  return ok(target ?? { name, uid: '', groups: [], role: 'nobody' });
}
