import { setTimeout as sleep } from 'node:timers/promises';
import { type FaultPlan, faultAnswer } from '../faults.ts';
import { type Json, parseJson, textAt } from '../json.ts';
import type { Ledger, LedgerFact } from '../ledger.ts';
import type { RateLimits } from '../rate-limits.ts';
import { chatMethods } from './chat-methods.ts';
import { conversationMethods } from './conversation-methods.ts';
import { decodeArguments } from './decode-arguments.ts';
import { fileMethods } from './file-methods.ts';
import { type Answer, type Method, refused, type Services } from './method.ts';
import { otherMethods } from './other-methods.ts';
import { peopleMethods } from './people-methods.ts';
import { streamMethods } from './stream-methods.ts';
import { viewMethods } from './view-methods.ts';

const methods = new Map<string, Method>(
  [chatMethods, streamMethods, conversationMethods, peopleMethods, viewMethods, fileMethods, otherMethods].flatMap(
    (table) => Object.entries(table),
  ),
);

export type HttpCall = {
  readonly method: string;
  readonly contentType: string;
  readonly authorization: string | undefined;
  readonly body: string;
};
/** `reset`: cut the connection, send nothing. */
export type HttpAnswer =
  | {
      readonly kind: 'sent';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | { readonly kind: 'reset' };

type TokenKind = 'bot' | 'app' | 'unknown' | 'none';

/** Answers Web API calls: faults first, then token, scope and rate, then the method. Every call is recorded with its answer. */
export function createAnswerCall(input: {
  services: Services;
  ledger: Ledger;
  faults: FaultPlan;
  rateLimits: RateLimits | undefined;
  signal: AbortSignal;
}): (call: HttpCall) => Promise<HttpAnswer> {
  const { services, ledger, faults } = input;

  const tokenKind = (token: string | undefined): TokenKind => {
    if (token === undefined || token === '') return 'none';
    if (token === services.app.botToken) return 'bot';
    return token === services.app.appToken ? 'app' : 'unknown';
  };

  const perform = (
    name: string,
    token: TokenKind,
    args: Parameters<Method['run']>[0],
  ): { answer: Answer; retryAfterSeconds?: number } => {
    const method = methods.get(name);
    if (method === undefined) return { answer: refused('unknown_method', { req_method: name }) };
    const refusal = refuseToken(token, method);
    if (refusal !== undefined) return { answer: refusal };
    const { scopes } = services.manifest;
    if (method.scopes.length > 0 && !method.scopes.some((scope) => scopes.has(scope))) {
      return { answer: refused('missing_scope', { needed: method.scopes[0] ?? '', provided: [...scopes].join(',') }) };
    }
    const retryAfterSeconds = input.rateLimits?.secondsToWait(name, method.tier, textAt(args, 'channel') ?? '');
    if (retryAfterSeconds !== undefined) return { answer: refused('ratelimited'), retryAfterSeconds };
    return { answer: method.run(args, services) };
  };

  return async ({ method, contentType, authorization, body }) => {
    const decoded = decodeArguments(contentType, body);
    const token = tokenKind(/^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? decoded.token);
    const fault = faults.next(method);
    if (fault?.delayMs !== undefined)
      await sleep(fault.delayMs, undefined, { signal: input.signal, ref: false }).catch(() => undefined);
    const call = {
      kind: 'api-call',
      method,
      token,
      arguments: decoded.arguments,
    } as const satisfies Partial<LedgerFact>;
    const failure = fault === undefined ? undefined : faultAnswer(fault);
    const isFailing = failure !== undefined || fault?.reset === true;
    if (fault === undefined || !isFailing) {
      const { answer, retryAfterSeconds } = perform(method, token, decoded.arguments);
      const status = retryAfterSeconds === undefined ? 200 : 429;
      ledger.record({ ...call, status, answer, ...(fault === undefined ? {} : { fault: 'delayed' }) });
      return sent(status, JSON.stringify(answer), services.manifest.scopes, retryAfterSeconds);
    }
    if (fault.afterProcessing) perform(method, token, decoded.arguments);
    const when = fault.afterProcessing ? 'after processing' : 'before processing';
    if (fault.reset || failure === undefined) {
      ledger.record({ ...call, status: 0, answer: null, fault: `connection reset ${when}` });
      return { kind: 'reset' };
    }
    const answer: Json = parseJson(failure.body) ?? failure.body;
    ledger.record({ ...call, status: failure.status, answer, fault: `failed ${when}` });
    return sent(failure.status, failure.body, services.manifest.scopes, failure.retryAfterSeconds);
  };
}

function refuseToken(token: TokenKind, method: Method): Answer | undefined {
  if (token === 'none') return refused('not_authed');
  const wanted = method.token ?? 'bot';
  // Slack looks at the prefix first: a bot token is the wrong type for `apps.connections.open`, whoever owns it.
  if (token === 'unknown') return refused('invalid_auth');
  return token === wanted ? undefined : refused('not_allowed_token_type');
}

function sent(
  status: number,
  body: string,
  scopes: ReadonlySet<string>,
  retryAfterSeconds: number | undefined,
): HttpAnswer {
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'x-oauth-scopes': [...scopes].join(','),
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  };
  return { kind: 'sent', status, headers, body };
}
