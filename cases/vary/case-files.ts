import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { dump, load, loadAll } from 'js-yaml';
import type { Fields, KubeObject } from '../capture/wire.ts';

/** A case in memory: `objects` are those of snapshot/objects, `others` all other files of the snapshot by path (JSON and YAML parsed, the rest as text). */
export type Case = {
  readonly name: string;
  readonly expected: Fields;
  readonly objects: readonly KubeObject[];
  readonly others: ReadonlyMap<string, unknown>;
};

/** Reads a case folder. Throws with the path when a file cannot be parsed, or when the snapshot is not of our own layout. */
export function readCase(folder: string): Case {
  const snapshot = join(folder, 'snapshot');
  const files = filesBelow(snapshot);
  if (!files.some((file) => file.startsWith('objects/')))
    throw new Error(`${folder}: snapshot/objects is missing; only that layout can be varied`);
  const parsed = files.map((file): [string, unknown] => [
    file,
    parse(file, readFileSync(join(snapshot, file), 'utf8')),
  ]);
  return {
    name: basename(folder),
    expected: load(readFileSync(join(folder, 'expected.yaml'), 'utf8')) as Fields, // checked by `eval` when it is judged
    objects: parsed.filter(([file]) => file.startsWith('objects/')).flatMap(([, document]) => itemsOf(document)),
    others: new Map(parsed.filter(([file]) => !file.startsWith('objects/'))),
  };
}

/** Writes a case: its objects as Lists of the given groups. */
export function writeVariedCase(folder: string, varied: Case, groups: readonly (readonly KubeObject[])[]): void {
  rmSync(folder, { recursive: true, force: true });
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write('expected.yaml', dump(varied.expected, { lineWidth: -1 }));
  for (const [index, items] of groups.entries())
    write(`snapshot/objects/part-${index + 1}.json`, `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items })}\n`);
  for (const [path, content] of varied.others) write(`snapshot/${path}`, print(path, content));
}

/** All case folders at or below a folder. */
export function caseFolders(root: string): string[] {
  const names = readdirSync(root, { withFileTypes: true });
  if (names.some(({ name }) => name === 'expected.yaml')) return [root];
  return names
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted()
    .flatMap((name) => caseFolders(join(root, name)));
}

function itemsOf(document: unknown): readonly KubeObject[] {
  if (Array.isArray(document)) return document.flatMap(itemsOf);
  const list = document as { kind?: string; items?: KubeObject[]; apiVersion?: string };
  if (list.items === undefined || list.kind === undefined || !list.kind.endsWith('List'))
    return [document as KubeObject];
  const kind = list.kind.slice(0, -'List'.length);
  return list.items.map((item) =>
    kind === '' ? item : { ...item, apiVersion: item.apiVersion ?? list.apiVersion ?? 'v1', kind: item.kind ?? kind },
  );
}

function parse(file: string, text: string): unknown {
  try {
    if (file.endsWith('.json')) return JSON.parse(text);
    if (/\.ya?ml$/.test(file))
      return file.startsWith('objects/') || file.startsWith('manifests/') ? loadAll(text) : load(text);
    return text;
  } catch (cause) {
    throw new Error(`${file} cannot be parsed`, { cause });
  }
}

function print(path: string, content: unknown): string {
  if (path.endsWith('.json')) return `${JSON.stringify(content)}\n`;
  if (!/\.ya?ml$/.test(path)) return String(content);
  return Array.isArray(content)
    ? content.map((document) => dump(document, { lineWidth: -1 })).join('---\n')
    : dump(content, { lineWidth: -1 });
}

function filesBelow(root: string): string[] {
  return readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .toSorted();
}
