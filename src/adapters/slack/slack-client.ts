import { type FetchFunction, WebClient, type WebClientOptions } from '@slack/web-api';
import type { SlackLog } from './slack-log.ts';
import { quietLogger } from './slack-log.ts';

/**
 * What a client is for. `narration` posts and edits: it tries once, because a repeated post may be a second message; the projection repeats by itself.
 * `answers` tells single persons something and reads: repeating does no harm, and it must be quick.
 */
export type SlackClientUse = 'narration' | 'answers';

const timeoutMs: Readonly<Record<SlackClientUse, number>> = { narration: 10_000, answers: 4_000 };

export type SlackEndpoint = {
  readonly botToken: string;
  /** Base of the Web API; absent: Slack itself. The local workspace differs from Slack in nothing else. */
  readonly apiUrl?: string | undefined;
};

/**
 * One client of Slack's Web API. Each use has an instance of its own: a rate limit pauses the whole queue of a client unless it rejects, and the options of a
 * client are changed by Bolt when they are shared.
 */
export function slackClient(
  { botToken, apiUrl, log }: SlackEndpoint & { readonly log: SlackLog },
  use: SlackClientUse,
): WebClient {
  return new WebClient(botToken, clientOptions(apiUrl, use, log));
}

/** Fresh options at each call, without `headers` (Bolt would put the wrong token into them) and with its own retryConfig (Bolt writes into it). */
export function clientOptions(apiUrl: string | undefined, use: SlackClientUse, log: SlackLog): WebClientOptions {
  return {
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
    retryConfig: use === 'narration' ? { retries: 0 } : { retries: 1, minTimeout: 100, maxTimeout: 200 },
    rejectRateLimitedCalls: true,
    timeout: timeoutMs[use],
    fetch: fetchWithin(timeoutMs[use]),
    logger: quietLogger(log),
  };
}

/** `fetch` that gives up: Bolt posts to a response_url with it and sets no deadline of its own. */
function fetchWithin(ms: number): FetchFunction {
  return (url, init) => fetch(url, { ...init, signal: init?.signal ?? AbortSignal.timeout(ms) });
}
