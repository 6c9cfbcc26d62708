import { verifyFolder } from '../adapters/jsonl/verify-folder.ts';
import { readKnownHeads } from '../adapters/lowdb/read-known-heads.ts';

/** Verifies a data folder against the heads that its checkpoint remembers: a chain that was shortened does not reach them. */
export async function verifyDataFolder(folder: string) {
  return verifyFolder(folder, await readKnownHeads(folder));
}
