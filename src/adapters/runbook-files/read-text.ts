import { open } from 'node:fs/promises';

export type TextRead =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'too-large'; readonly bytes: number }
  | { readonly kind: 'unreadable'; readonly why: string };

/** A file's text, at most `maxBytes` of UTF-8. Never throws for what a file system does. */
export async function readText(path: string, maxBytes: number): Promise<TextRead> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size > maxBytes) return { kind: 'too-large', bytes: size };
      // A file can grow after it was measured; never more than one byte beyond the limit is read.
      const buffer = Buffer.alloc(maxBytes + 1);
      let length = 0;
      for (;;) {
        const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
        length += bytesRead;
        if (bytesRead === 0 || length === buffer.length) break;
      }
      if (length > maxBytes) return { kind: 'too-large', bytes: length };
      return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length)) };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof TypeError) return { kind: 'unreadable', why: 'it is not UTF-8 text' };
    return { kind: 'unreadable', why: sayFileError(error) };
  }
}

/** An error of the file system in words, without the path that Node puts into its messages. */
export function sayFileError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'it does not exist',
    EACCES: 'permission is denied',
    EPERM: 'permission is denied',
    ENOTDIR: 'it is not a folder',
    EISDIR: 'it is a folder',
    ELOOP: 'its links go in a circle',
  };
  return words[code] ?? `the system answered ${code}`;
}
