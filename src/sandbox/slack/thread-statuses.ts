import type { Change } from './changes.ts';
import type { ThreadStatus } from './records.ts';

const lifeMs = 2 * 60_000;

export type ThreadStatuses = {
  set(input: { channel: string; thread_ts: string; status: string; loading_messages: readonly string[] }): void;
  /** The app posted in the thread, which takes its status away. */
  clear(channel: string, threadTs: string): void;
  current(): readonly ThreadStatus[];
  stop(): void;
};

/** "… is reading alerts": one line per thread, gone when the app posts there or after two minutes. */
export function createThreadStatuses({
  now,
  changed,
}: {
  now: () => number;
  changed: (change: Change) => void;
}): ThreadStatuses {
  const statuses = new Map<string, { status: ThreadStatus; timer: NodeJS.Timeout }>();
  const clear = (channel: string, threadTs: string): void => {
    const key = `${channel} ${threadTs}`;
    const found = statuses.get(key);
    if (found === undefined) return;
    clearTimeout(found.timer);
    statuses.delete(key);
    changed({ kind: 'status-changed', status: { ...found.status, status: '', loading_messages: [] } });
  };
  return {
    set(input) {
      if (input.status === '') {
        clear(input.channel, input.thread_ts);
        return;
      }
      const key = `${input.channel} ${input.thread_ts}`;
      clearTimeout(statuses.get(key)?.timer);
      const status = { ...input, expiresAt: now() + lifeMs };
      statuses.set(key, { status, timer: setTimeout(() => clear(input.channel, input.thread_ts), lifeMs).unref() });
      changed({ kind: 'status-changed', status });
    },
    clear,
    current: () => [...statuses.values()].map(({ status }) => status).filter((status) => status.expiresAt > now()),
    stop() {
      for (const { timer } of statuses.values()) clearTimeout(timer);
      statuses.clear();
    },
  };
}
