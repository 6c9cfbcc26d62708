import type { ChangeRequest } from '../../core/action/change.ts';
import { AuthorizedAction } from '../../core/approval/authorize.ts';
import { sayRef } from '../../core/cluster/object.ts';
import { fail, type Result } from '../../core/result.ts';
import type { Applied, ClusterWriter, WriteProblem } from '../../ports/cluster-writer.ts';
import type { HttpExchange, HttpFailure } from './http-exchange.ts';
import { type About, notSent, readWriteAnswer, rejected, unknownOutcome } from './write-outcome.ts';

const defaultTimeoutMs = 15_000;
// The API server keeps no object larger than 1.5 MiB.
const maxAnswerBytes = 8 * 1024 * 1024;

/**
 * The only code that changes a cluster: one JSON Patch, sent once. A rehearsal is the same request with `dryRun=All` in its query.
 *
 * `fieldValidation=Strict` makes the API server refuse fields it does not know instead of dropping them; `fieldManager` is the name under
 * which the change stands in the object's managedFields.
 *
 * @param exchange With credentials that may write; it sends each request at most once and follows no redirect.
 * @param cluster Name of the cluster in config, for people.
 */
export function createClusterWriter({
  exchange,
  cluster,
  timeoutMs = defaultTimeoutMs,
}: {
  readonly exchange: Pick<HttpExchange, 'request'>;
  readonly cluster: string;
  readonly timeoutMs?: number;
}): ClusterWriter {
  async function send(
    request: ChangeRequest,
    mode: 'rehearse' | 'apply',
    signal: AbortSignal | undefined,
  ): Promise<Result<Applied, WriteProblem>> {
    const about = { object: sayRef(request), cluster, mode };
    const path = pathOf(request);
    if (path === null) return fail(rejected(about, 'its name or namespace is not one of Kubernetes'));
    // Names are used again: without this test, what was approved for one object could be sent to its successor.
    const [first] = request.patch;
    if (first?.op !== 'test' || first.path !== '/metadata/uid' || first.value !== request.uid) {
      return fail(rejected(about, 'the patch does not test the uid first'));
    }
    if (signal?.aborted === true) return fail(notSent(about, 'it was called off before'));
    const query = new URLSearchParams({ fieldManager: 'sre-copilot', fieldValidation: 'Strict' });
    if (mode === 'rehearse') query.set('dryRun', 'All');
    const answer = await exchange.request({
      method: 'PATCH',
      path: `${path}?${query}`,
      body: JSON.stringify(request.patch),
      contentType: 'application/json-patch+json',
      timeoutMs,
      maxBytes: maxAnswerBytes,
      signal,
    });
    return answer.ok ? readWriteAnswer(about, answer.value) : fail(withoutAnswer(about, answer.error));
  }

  return {
    rehearse: (request, signal) => send(request, 'rehearse', signal),
    async apply(authorized, signal) {
      if (!AuthorizedAction.isGenuine(authorized)) {
        throw new TypeError('ClusterWriter.apply takes nothing but what authorize() made; nothing was sent');
      }
      return send(authorized.permit.request, 'apply', signal);
    },
  };
}

function withoutAnswer(about: About, { kind, sent, detail }: HttpFailure): WriteProblem {
  const why = `${sayFailure(kind)} (${detail})`;
  return sent ? unknownOutcome(about, why) : notSent(about, why);
}

function sayFailure(kind: HttpFailure['kind']): string {
  switch (kind) {
    case 'no-credentials':
      return 'there are no credentials for the API server';
    case 'no-connection':
      return 'the API server could not be reached';
    case 'timeout':
      return 'no answer came in time';
    case 'aborted':
      return 'it was called off';
    case 'broken-off':
      return 'the connection ended before an answer came';
    case 'too-large':
      return 'the answer is too large to be read';
    default:
      return kind satisfies never;
  }
}

/** `/apis/apps/v1/namespaces/shop/deployments/checkout`; null when a part could mean another path (`..`, `a/b`, a query). */
function pathOf({ apiVersion, namespace, resource, name }: ChangeRequest): string | null {
  const group = apiVersion.split('/');
  const parts = [...group, namespace, resource, name];
  if (group.length > 2 || !parts.every((part) => segment.test(part))) return null;
  return `/${group.length === 1 ? 'api' : 'apis'}/${apiVersion}/namespaces/${namespace}/${resource}/${name}`;
}

// RFC 1123 names: they begin and end with a letter or digit, so that neither `.` nor `..` is one.
const segment = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
