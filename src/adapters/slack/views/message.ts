import type { KnownBlock } from '@slack/types';

/**
 * A message as it should stand in a thread right now. `key` names it within its incident over all edits and restarts; `text` is what a phone's
 * notification and a screen reader say.
 */
export type ThreadMessage = {
  readonly key: string;
  readonly what: 'root' | 'case-file' | 'card' | 'note' | 'answer';
  readonly approval: string | null;
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
};
