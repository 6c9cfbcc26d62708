import type { WebClient } from '@slack/web-api';
import type { Clock } from '../../../ports/clock.ts';
import { slackFault } from '../slack-fault.ts';
import type { SlackLog } from '../slack-log.ts';
import type { Answer } from '../views/answer.ts';

/** Slack shows a failure after three seconds without an acknowledgement; a second is left for the way. */
const answerWithinMs = 2_000;

export const stillWorking: Answer = { text: 'I am on it. The answer follows here.' };

/** When something of ours broke: the person is told, and nobody is shown why. */
const broken: Answer = {
  text: 'Something went wrong on my side, and it may not have been done. It is in my log; look at /sre status, then try again.',
};

/** Resolves with the work's outcome, or with null when it takes longer. The work goes on. */
export async function inTime<T>(clock: Clock, work: Promise<T>): Promise<T | null> {
  const left = new AbortController();
  const late = clock.sleep(answerWithinMs, left.signal).then(
    () => null,
    () => null,
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    left.abort();
  }
}

/** The outcome of work that may break, as an answer; what broke goes to the log. */
export function orBroken(log: SlackLog, work: Promise<Answer>): Promise<Answer> {
  return work.catch((error: unknown) => {
    log.warn(`Answering a command failed: ${error instanceof Error ? error.message : String(error)}`);
    return broken;
  });
}

export type WhisperTo = { readonly user: string; readonly channel: string; readonly threadTs: string | null };

/**
 * Tells one person something that only they see, where they acted. Slack shows it only to somebody who is there; the only copy of a decision is never in it.
 * Resolves with whether Slack took it.
 */
export async function whisper(
  client: WebClient,
  log: SlackLog,
  to: WhisperTo,
  { text, blocks }: Answer,
): Promise<boolean> {
  try {
    await client.chat.postEphemeral({
      channel: to.channel,
      user: to.user,
      text,
      ...(blocks === undefined ? {} : { blocks: [...blocks] }),
      ...(to.threadTs === null ? {} : { thread_ts: to.threadTs }),
    });
    return true;
  } catch (error) {
    log.warn(`An answer to ${to.user} could not be shown. ${slackFault(error).sentence}`);
    return false;
  }
}

/** The body of an answer that only the person sees, for acknowledgements and response_urls. */
export function ephemeral({ text, blocks }: Answer) {
  return { response_type: 'ephemeral' as const, text, ...(blocks === undefined ? {} : { blocks: [...blocks] }) };
}

/** Acknowledges; false when the line dropped meanwhile. Slack then shows a failure, and what was done stays done. */
export async function acknowledged(log: SlackLog, acknowledge: () => Promise<void>): Promise<boolean> {
  try {
    await acknowledge();
    return true;
  } catch (error) {
    log.debug(`slack acknowledgement: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}
