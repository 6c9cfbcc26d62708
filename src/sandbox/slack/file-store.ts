import type { FileSummary, StoredFile } from './records.ts';

type Pending = { readonly name: string; readonly length: number; content?: Uint8Array };

export type FileStore = {
  /** Announces an upload of `length` bytes; the id is also the upload ticket. */
  announce(file: { name: string; length: number }): string;
  /** Takes the bytes; refuses an unknown id and a size other than the announced one. */
  receive(id: string, content: Uint8Array): 'stored' | 'unknown' | 'wrong-size';
  /** Finishes an upload whose bytes have come. */
  complete(id: string, input: { title: string; user: string; channel?: string }): StoredFile | undefined;
  shared(id: string, ts: string): void;
  find(id: string): StoredFile | undefined;
  all(): readonly StoredFile[];
};

/** Uploaded files, in memory. `baseUrl` is where they can be fetched. */
export function createFileStore({ baseUrl }: { baseUrl: () => string }): FileStore {
  const pending = new Map<string, Pending>();
  const files = new Map<string, StoredFile>();
  let issued = 0;
  return {
    announce(file) {
      const id = `F${String(++issued).padStart(8, '0')}`;
      pending.set(id, { ...file });
      return id;
    },
    receive(id, content) {
      const upload = pending.get(id);
      if (upload === undefined) return 'unknown';
      if (content.byteLength !== upload.length) return 'wrong-size';
      upload.content = content;
      return 'stored';
    },
    complete(id, input) {
      const upload = pending.get(id);
      if (upload?.content === undefined) return undefined;
      pending.delete(id);
      const url = `${baseUrl()}files/${id}/${encodeURIComponent(upload.name)}`;
      const extension = /\.([a-z0-9]{1,8})$/i.exec(upload.name)?.[1]?.toLowerCase() ?? '';
      const file: StoredFile = {
        id,
        name: upload.name,
        title: input.title,
        mimetype: mimetypes[extension] ?? 'application/octet-stream',
        filetype: extension || 'binary',
        size: upload.length,
        user: input.user,
        url_private: url,
        url_private_download: `${url}?download=1`,
        permalink: url,
        content: upload.content,
        ...(input.channel === undefined ? {} : { channel: input.channel }),
      };
      files.set(id, file);
      return file;
    },
    shared(id, ts) {
      const file = files.get(id);
      if (file !== undefined) files.set(id, { ...file, ts });
    },
    find: (id) => files.get(id),
    all: () => [...files.values()],
  };
}

/** The file as messages carry it: without its bytes. */
export function fileSummary({ content, channel, ts, ...summary }: StoredFile): FileSummary {
  return summary;
}

const mimetypes: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  diff: 'text/plain',
  html: 'text/html',
  json: 'application/json',
  jsonl: 'application/x-ndjson',
  log: 'text/plain',
  md: 'text/markdown',
  png: 'image/png',
  txt: 'text/plain',
  yaml: 'text/plain',
  yml: 'text/plain',
};
