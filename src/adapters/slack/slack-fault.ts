/** What Slack answered, as far as the co-pilot acts on it. Its clients throw errors of several shapes; this is the one border where they are read. */
export type SlackFault = {
  /** Slack's own error word (`channel_not_found`), or `rate_limited`, `unreachable` (no answer), `server_error` (an answer that is none of Slack's). */
  readonly code: string;
  readonly retryAfterMs: number | null;
  /** Trying the same call again can help. */
  readonly passing: boolean;
  /** The call may have taken effect all the same. */
  readonly ambiguous: boolean;
  readonly sentence: string;
};

// Slack's own troubles: it says itself that a call may have taken effect then.
const ownTroubles: ReadonlySet<string> = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
]);

const advice: Readonly<Record<string, string>> = {
  channel_not_found:
    'Name a channel of this workspace in the routes, by its id, and invite the bot: /invite @sre-copilot.',
  not_in_channel: 'Invite the bot to the channel: /invite @sre-copilot.',
  missing_scope: 'Reinstall the app from manifest.yml: a scope is missing.',
  invalid_auth: 'Check SLACK_BOT_TOKEN and SLACK_APP_TOKEN: Slack does not take them.',
  not_authed: 'Check SLACK_BOT_TOKEN and SLACK_APP_TOKEN: one is empty.',
  token_revoked: 'Install the app again and set the new SLACK_BOT_TOKEN.',
  account_inactive: 'Install the app again and set the new SLACK_BOT_TOKEN.',
  not_allowed_token_type:
    'SLACK_APP_TOKEN must be an app-level token (xapp-…) with connections:write, SLACK_BOT_TOKEN a bot token (xoxb-…).',
  is_archived: 'The channel is archived: choose another in the routes.',
  unreachable: 'It is tried again by itself. Check the network and https://status.slack.com.',
};

/** Reads whatever a Slack client threw. Never throws itself. */
export function slackFault(error: unknown): SlackFault {
  const fields: object = typeof error === 'object' && error !== null ? error : {};
  const data: object = 'data' in fields && typeof fields.data === 'object' && fields.data !== null ? fields.data : {};
  const raw = 'error' in data && typeof data.error === 'string' ? data.error : undefined;
  // A proxy's error page comes back as `error` too: only a word is Slack's.
  const word = raw === undefined || /^[a-z][a-z0-9_]{1,60}$/.test(raw) ? raw : 'server_error';
  const status = 'statusCode' in fields && typeof fields.statusCode === 'number' ? fields.statusCode : undefined;
  const seconds = 'retryAfter' in fields && typeof fields.retryAfter === 'number' ? fields.retryAfter : null;
  const limited = seconds !== null || word === 'ratelimited' || word === 'rate_limited';
  const code = limited ? 'rate_limited' : (word ?? (status === undefined ? 'unreachable' : 'server_error'));
  const ambiguous = !limited && (word === undefined || word === 'server_error' || ownTroubles.has(word));
  const passing = limited || ambiguous;
  const hint =
    advice[code] ?? (passing ? 'It is tried again by itself.' : 'Look at the Slack app, its scopes and its channels.');
  return {
    code,
    retryAfterMs: limited ? Math.min(Math.max(seconds ?? 1, 1), 120) * 1000 : null,
    passing,
    ambiguous,
    sentence: `Slack did not take a call (${code}). ${hint}`,
  };
}
