import { join } from 'node:path';
import type { Head } from '../../core/journal/event.ts';
import { createCheckpointFile } from './checkpoint-file.ts';

/** The heads that a data folder's checkpoint remembers, without owning the folder. None when there is no checkpoint, or it cannot be used. */
export async function readKnownHeads(folder: string): Promise<readonly Head[]> {
  return (await createCheckpointFile(join(folder, 'checkpoint.json')).read())?.heads ?? [];
}
