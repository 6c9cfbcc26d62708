import type { Change } from './changes.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import type { Listeners } from './listeners.ts';

const glanceMs = 50;

/**
 * Waits until `predicate` returns something other than undefined. It is asked at once, and again after every change of the
 * workspace and every entry of the record; now and then besides, because a predicate may look at the app as well. Rejects after `timeoutMs` with the last entries, or with what the predicate threw.
 */
export function waitFor<T>(input: {
  ledger: Ledger;
  changes: Listeners<Change>;
  timeoutMs: number;
  predicate: () => T | undefined;
}): Promise<T> {
  return new Promise((resolve, reject) => {
    let isDone = false;
    const finish = (settle: () => void): void => {
      isDone = true;
      clearTimeout(timer);
      clearInterval(glances);
      for (const remove of removers) remove();
      settle();
    };
    const look = (): void => {
      if (isDone) return;
      try {
        const found = input.predicate();
        if (found !== undefined) finish(() => resolve(found));
      } catch (error) {
        finish(() => reject(error));
      }
    };
    // After the change, not inside it: records that belong together are written one after the other.
    const lookSoon = (): void => queueMicrotask(look);
    const removers = [input.changes.add(lookSoon), input.ledger.onEntry(lookSoon)];
    const glances = setInterval(look, glanceMs);
    const timer = setTimeout(() => {
      const last = input.ledger.entries().slice(-5).map(line).join('\n  ');
      finish(() =>
        reject(
          new Error(
            `The local workspace did not come to the awaited state within ${input.timeoutMs} ms. Last on record:\n  ${last || 'nothing'}`,
          ),
        ),
      );
    }, input.timeoutMs);
    look();
  });
}

function line(entry: LedgerEntry): string {
  const name = 'method' in entry ? entry.method : 'action' in entry ? entry.action : 'type' in entry ? entry.type : '';
  const shown = JSON.stringify(entry);
  return `${entry.at} ${entry.kind} ${name} ${shown.length > 300 ? `${shown.slice(0, 300)}…` : shown}`;
}
