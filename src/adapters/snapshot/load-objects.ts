import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { WireObject } from '../../core/cluster/object.ts';
import { at, isRecord, listAt, textAt } from '../../core/cluster/wire.ts';
import { readWireObject } from '../../core/cluster/wire-object.ts';
import { parseDocuments, readSmallFile } from './read-document.ts';

const maxFiles = 20_000;
const maxObjects = 500_000;
const maxDepth = 12;

/**
 * All objects of a folder and its subfolders, from files that end in .json, .yaml or .yml, each an object, a List or several documents. Files are
 * taken in the order of their names. What cannot be read is told in `problems`. Secrets are dropped unread.
 *
 * @param kindOf What the members of a file are that do not say it themselves, by its path from the folder; `null` for files that hold no objects.
 */
export async function loadObjects(
  folder: string,
  problems: string[],
  kindOf: (path: string) => Inherited | null | undefined = () => undefined,
): Promise<readonly WireObject[]> {
  const files = (await filesUnder(folder, 0)).filter((file) => kindOf(relative(folder, file)) !== null);
  if (files.length > maxFiles) problems.push(`only the first ${maxFiles} of ${files.length} files were read`);
  const objects: WireObject[] = [];
  for (const file of files.slice(0, maxFiles)) {
    const name = relative(folder, file);
    const text = await readSmallFile(file);
    const documents = text === undefined ? undefined : parseDocuments(text, file);
    if (documents === undefined) {
      problems.push(`${name}: could not be read as JSON or YAML`);
      continue;
    }
    const before = objects.length;
    let unnamed = 0;
    const inherited = kindOf(name) ?? undefined;
    for (const item of documents.flatMap((document) => itemsOf(document, inherited))) {
      const object = readWireObject(item.raw, item.inherited);
      if (object === undefined) unnamed++;
      else if (object.kind !== 'Secret' && objects.length < maxObjects) objects.push(object);
    }
    if (unnamed > 0)
      problems.push(`${name}: ${unnamed} of ${unnamed + objects.length - before} objects have no kind or name`);
  }
  if (objects.length >= maxObjects) problems.push(`only the first ${maxObjects} objects were read`);
  return objects;
}

type Inherited = { readonly apiVersion: string; readonly kind: string };
type Item = { readonly raw: unknown; readonly inherited?: Inherited | undefined };

function itemsOf(document: unknown, byPlace: Inherited | undefined): readonly Item[] {
  if (document === null || document === undefined) return [];
  if (Array.isArray(document)) return document.map((raw: unknown) => ({ raw, inherited: byPlace }));
  const kind = textAt(document, 'kind');
  // `PodList` without a kind on its members, as the API writes lists; `List` as kubectl does.
  if (
    !isRecord(document) ||
    !('items' in document) ||
    (kind === undefined ? byPlace === undefined : !kind.endsWith('List'))
  )
    return [{ raw: document, inherited: byPlace }];
  const apiVersion = textAt(document, 'apiVersion');
  const memberKind = kind?.slice(0, -'List'.length) ?? '';
  const inherited = memberKind === '' || apiVersion === undefined ? byPlace : { apiVersion, kind: memberKind };
  return listAt(document, 'items').map((raw) => (at(raw, 'kind') !== undefined ? { raw } : { raw, inherited }));
}

async function filesUnder(folder: string, depth: number): Promise<string[]> {
  if (depth > maxDepth) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  const files: string[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    // Links are not followed: a snapshot from somebody else must not read this machine.
    if (entry.isDirectory()) files.push(...(await filesUnder(path, depth + 1)));
    else if (entry.isFile() && /\.(?:json|ya?ml)$/.test(entry.name)) files.push(path);
  }
  return files;
}
