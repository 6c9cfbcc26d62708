import { fail, ok, type Problem, problem, type Result } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import { slackFault } from './slack-fault.ts';
import type { SlackLog } from './slack-log.ts';
import type { SlackTeam } from './team.ts';

/** How long `start` waits for the first connection before it answers that Slack is not there yet; connecting goes on in the background. */
const startWithinMs = 10_000;
const connectWithinMs = 10_000;
const retryMs = [500, 1_000, 2_000, 5_000, 10_000, 30_000];
/** A refusal that only a person can lift: a wrong token. */
const refusedRetryMs = 60_000;
const stopWithinMs = 2_000;

/** One connection, used once: `open` resolves when Slack said hello, `closed` when it is over. */
export type Socket = {
  open(): Promise<unknown>;
  readonly closed: Promise<void>;
  close(): void;
};

export type ConnectionProblem = Problem<'slack.unreachable' | 'slack.refused' | 'slack.stopped'>;

export type Connection = {
  start(signal?: AbortSignal): Promise<Result<SlackTeam, ConnectionProblem>>;
  stop(): Promise<void>;
  isConnected(): boolean;
};

type Dependencies = {
  /** Who the bot is; asked until it was answered once. */
  readonly identify: () => Promise<SlackTeam>;
  readonly newSocket: () => Socket;
  readonly clock: Clock;
  readonly log: SlackLog;
};

const refusals: ReadonlySet<string> = new Set([
  'not_authed',
  'invalid_auth',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'user_removed_from_team',
  'team_disabled',
  'not_allowed_token_type',
  'missing_scope',
]);

/**
 * Keeps one Socket Mode connection to Slack open: connects anew at once when Slack asks for it or the line drops, and with growing pauses while Slack is
 * away. The client's own reconnecting is not used: it waits seconds at each refresh, and its failures end the process. Never rejects.
 */
export function createConnection({ identify, newSocket, clock, log }: Dependencies): Connection {
  const ending = new AbortController();
  let keeping: Promise<void> = Promise.resolve();
  let current: Socket | undefined;
  let team: SlackTeam | undefined;
  let connected = false;

  /** `retryAfterMs`: Slack said itself when to come again. */
  type Refusal = ConnectionProblem & { readonly retryAfterMs: number | null };
  type Attempt = Result<{ readonly socket: Socket; readonly team: SlackTeam }, Refusal>;

  async function connect(): Promise<Attempt> {
    let socket: Socket | undefined;
    try {
      const here = team ?? (await within(connectWithinMs, identify()));
      team = here;
      socket = newSocket();
      current = socket;
      await within(connectWithinMs, socket.open());
      return ok({ socket, team: here });
    } catch (error) {
      socket?.close();
      return fail({ ...explain(error), retryAfterMs: slackFault(error).retryAfterMs });
    }
  }

  async function keep(onFirst: (attempt: Attempt) => void): Promise<void> {
    let failures = 0;
    let lastSentence = '';
    for (let connections = 0; !ending.signal.aborted; ) {
      const askedAtMs = clock.monotonicMs();
      const attempt = await connect();
      if (ending.signal.aborted) {
        if (attempt.ok) attempt.value.socket.close();
        return;
      }
      onFirst(attempt);
      if (!attempt.ok) {
        const { code, sentence, retryAfterMs } = attempt.error;
        if (sentence !== lastSentence) log.warn(sentence);
        lastSentence = sentence;
        const ownMs =
          code === 'slack.refused' ? refusedRetryMs : (retryMs[Math.min(failures, retryMs.length - 1)] ?? 0);
        const waitMs = retryAfterMs ?? ownMs;
        failures += 1;
        await clock.sleep(waitMs, ending.signal).catch(() => undefined);
        continue;
      }
      const tookMs = Math.round(clock.monotonicMs() - askedAtMs);
      if (connections === 0) log.info('Connected to Slack.');
      else if (failures > 0)
        log.info('Connected to Slack again. Commands and clicks arrive; threads are brought up to date.');
      else log.debug(`slack connection renewed in ${tookMs} ms`);
      connections += 1;
      failures = 0;
      lastSentence = '';
      connected = true;
      await Promise.race([attempt.value.socket.closed, aborted(ending.signal)]);
      connected = false;
      attempt.value.socket.close();
    }
  }

  async function within<T>(ms: number, work: Promise<T>): Promise<T> {
    const done = new AbortController();
    const stop = AbortSignal.any([done.signal, ending.signal]);
    const deadline = clock.sleep(ms, stop).then(() => {
      throw new TypeError(`no answer within ${ms / 1000} s`);
    });
    try {
      return await Promise.race([work, deadline]);
    } finally {
      // The loser of the race must not become an unhandled rejection.
      deadline.catch(() => undefined);
      work.catch(() => undefined);
      done.abort(new Error('done'));
    }
  }

  return {
    isConnected: () => connected,
    async start(signal) {
      if (signal?.aborted === true || ending.signal.aborted)
        return fail(problem('slack.stopped', 'The co-pilot is stopping, so Slack was not connected.'));
      signal?.addEventListener('abort', () => ending.abort(new Error('the co-pilot is stopping')), { once: true });
      const first = Promise.withResolvers<Attempt>();
      keeping = keep(first.resolve).catch((error: unknown) => log.warn(`Slack connection: ${String(error)}`));
      const left = new AbortController();
      const late = clock.sleep(startWithinMs, AbortSignal.any([left.signal, ending.signal])).then(
        () => fail(problem('slack.unreachable', `Slack did not answer within ${startWithinMs / 1000} s. ${meanwhile}`)),
        () => fail(problem('slack.stopped', 'The co-pilot was stopped before Slack was connected.')),
      );
      const attempt = await Promise.race([first.promise, late]);
      left.abort(new Error('answered'));
      if (attempt.ok) return ok(attempt.value.team);
      const { code, sentence } = attempt.error;
      return fail({ code, sentence });
    },
    async stop() {
      ending.abort(new Error('the co-pilot is stopping'));
      current?.close();
      const left = new AbortController();
      const deadline = clock.sleep(stopWithinMs, left.signal).catch(() => undefined);
      await Promise.race([keeping, deadline]);
      left.abort(new Error('stopped'));
    },
  };
}

const meanwhile =
  'Commands and clicks in Slack do not reach the co-pilot meanwhile; alerts are taken and worked on, and threads are told afterwards. It is tried again by itself.';

function explain(error: unknown): ConnectionProblem {
  const { code, sentence } = slackFault(error);
  if (refusals.has(code)) {
    return problem(
      'slack.refused',
      `Slack does not let the co-pilot in. ${sentence} Until then nothing is told there.`,
    );
  }
  if (error instanceof TypeError && error.message.startsWith('SLACK_BOT_TOKEN'))
    return problem('slack.refused', `${error.message}.`);
  return problem('slack.unreachable', `Slack cannot be reached (${code}). ${meanwhile}`);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
