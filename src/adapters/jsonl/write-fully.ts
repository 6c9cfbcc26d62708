import type { LogFile } from './log-fs.ts';

/** Writes all bytes at an offset, however many calls it takes. Rejects with the system's error; some bytes may then be written. */
export async function writeFully(file: LogFile, bytes: Uint8Array, offset: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const count = await file.write(bytes.subarray(written), offset + written);
    if (count === 0)
      throw Object.assign(new Error('the file takes no more bytes'), { code: 'ENOSPC', syscall: 'write' });
    written += count;
  }
}
