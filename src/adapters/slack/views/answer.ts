import type { KnownBlock } from '@slack/types';

/** What one person is told, only they see it. `text` stands alone wherever blocks cannot be shown. */
export type Answer = { readonly text: string; readonly blocks?: readonly KnownBlock[] };
