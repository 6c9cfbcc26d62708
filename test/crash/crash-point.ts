/** The calls by which the co-pilot changes something in Slack while a `bad-image` run is told. */
export type SlackWrite = 'chat.postMessage' | 'chat.update' | 'chat.postEphemeral';

/**
 * Where a process is killed: at the `nth` write that is called `what`.
 *
 * - `journal`: before the append is handed to the store, or after it is durable and before anybody is told.
 * - `writer`: before the request is sent, or after the API server answered and before the caller sees it.
 * - `slack`: the call arrived and took no effect (`before`), took effect and was not answered (`unanswered`), or was answered (`after`).
 */
export type CrashPoint =
  | {
      readonly at: 'journal' | 'writer';
      readonly what: string;
      readonly nth: number;
      readonly when: 'before' | 'after';
    }
  | {
      readonly at: 'slack';
      readonly what: SlackWrite;
      readonly nth: number;
      readonly when: 'before' | 'unanswered' | 'after';
    };

/** `after journal incident/approval-given #1` */
export function sayPoint({ at, what, nth, when }: CrashPoint): string {
  return `${when} ${at} ${what} #${nth}`;
}
