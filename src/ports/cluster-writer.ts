import type { ChangeRequest } from '../core/action/change.ts';
import type { AuthorizedAction } from '../core/approval/authorize.ts';
import type { Problem, Result } from '../core/result.ts';

/**
 * Why a change did not happen, or is not known to have happened.
 *
 * - `write.guard-refused` (409, or 422 of a failed `test`): the object is not what was approved; back to the approver.
 * - `write.rejected`: the API server or its admission said no (403, 404, 422 of another kind, 400); nothing was changed.
 * - `write.not-sent`: certain that nothing reached the API server (connection refused, name not found, 401, 429 before work); may be tried again.
 * - `write.unknown`: sent, and no answer came (timeout, connection lost, 5xx): look before doing anything.
 */
export type WriteProblem = Problem<'write.guard-refused' | 'write.rejected' | 'write.not-sent' | 'write.unknown'> & {
  readonly status?: number;
};

/** What the API server answered: resourceVersion and generation after the change. */
export type Applied = { readonly resourceVersion: string; readonly generation: number };

/**
 * The only thing in the co-pilot that changes a cluster. `rehearse` sends the request with `dryRun=All` (nothing is stored); `apply` sends it for real and
 * takes nothing but an `AuthorizedAction`, whose brand it checks at run time. Neither retries. Neither throws for what a server or network does;
 * `apply` throws TypeError for anything that is not genuine.
 */
export interface ClusterWriter {
  rehearse(request: ChangeRequest, signal?: AbortSignal): Promise<Result<Applied, WriteProblem>>;
  apply(authorized: AuthorizedAction, signal?: AbortSignal): Promise<Result<Applied, WriteProblem>>;
}
