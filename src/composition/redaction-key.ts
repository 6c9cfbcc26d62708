import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The key of this installation's masks: made once, kept beside the journal, readable by its owner only. The same secret then has the same mask
 * over restarts, and nobody without the key can find a short secret by trying.
 */
export async function readRedactionKey(dataDir: string): Promise<string> {
  const path = join(dataDir, 'redaction.key');
  try {
    await writeFile(path, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return (await readFile(path, 'utf8')).trim();
}
