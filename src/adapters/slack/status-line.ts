import type { WebClient } from '@slack/web-api';
import type { Clock } from '../../ports/clock.ts';
import { slackFault } from './slack-fault.ts';

/** Slack takes the line away after two minutes. */
const refreshMs = 90_000;

export type StatusLine = {
  /** Shows or clears "is reading the cluster…" under a thread. Resolves with when it must be shown again, null when it need not. Never rejects: it is a courtesy. */
  show(
    incident: string,
    root: { readonly channel: string; readonly ts: string },
    isReading: boolean,
  ): Promise<number | null>;
  /** A message was posted into the thread, with which Slack clears the line. */
  wasCleared(incident: string): void;
  forget(incident: string): void;
};

type Dependencies = {
  readonly client: WebClient;
  readonly clock: Clock;
  readonly onProblem: (sentence: string) => void;
};

export function createStatusLine({ client, clock, onProblem }: Dependencies): StatusLine {
  const shownAt = new Map<string, number>();
  let isUsable = true;

  async function set(root: { readonly channel: string; readonly ts: string }, status: string): Promise<boolean> {
    try {
      await client.assistant.threads.setStatus({ channel_id: root.channel, thread_ts: root.ts, status });
      return true;
    } catch (error) {
      const fault = slackFault(error);
      if (!fault.passing && isUsable) {
        isUsable = false;
        onProblem(`The status line under threads is not shown: ${fault.sentence} All else goes on.`);
      }
      return false;
    }
  }

  return {
    async show(incident, root, isReading) {
      if (!isUsable) return null;
      const shown = shownAt.get(incident);
      if (!isReading) {
        if (shown !== undefined && (await set(root, ''))) shownAt.delete(incident);
        return null;
      }
      const dueMs = shown === undefined ? 0 : shown + refreshMs - clock.monotonicMs();
      if (dueMs > 0) return dueMs;
      if (await set(root, 'is reading the cluster…')) shownAt.set(incident, clock.monotonicMs());
      return refreshMs;
    },
    wasCleared: (incident) => void shownAt.delete(incident),
    forget: (incident) => void shownAt.delete(incident),
  };
}
