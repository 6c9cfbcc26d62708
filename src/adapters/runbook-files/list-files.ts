import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** A file to read: where it is, and how it is called in messages (`/` on every system). */
type ListedFile = { readonly path: string; readonly name: string };
export type FileListing = {
  readonly files: readonly ListedFile[];
  readonly skipped: readonly { readonly name: string; readonly why: string }[];
};

const maxFiles = 1000;
const maxDepth = 8;

/**
 * All files under `root` whose names `wanted` accepts, sorted by name; hidden ones are passed over.
 *
 * A link is followed to a file inside of `root` (ConfigMaps are mounted so) and nowhere else: what was reviewed is the folder. Throws what
 * `readdir` throws when `root` itself cannot be read; a folder inside that cannot be read is skipped and named.
 */
export async function listFiles(root: string, wanted: (name: string) => boolean): Promise<FileListing> {
  const realRoot = await realpath(root);
  const files: ListedFile[] = [];
  const skipped: { name: string; why: string }[] = [];

  const visit = async (folder: string, depth: number): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      const path = join(folder, entry.name);
      const name = relative(realRoot, path).split(sep).join('/');
      if (entry.isDirectory()) {
        if (depth >= maxDepth) skipped.push({ name, why: `folders are read ${maxDepth} levels deep` });
        else await visit(path, depth + 1).catch(() => skipped.push({ name, why: 'the folder cannot be read' }));
        continue;
      }
      if (!wanted(entry.name)) continue;
      const why = entry.isSymbolicLink()
        ? await whyNotFollowed(path, realRoot)
        : entry.isFile()
          ? undefined
          : 'it is not a regular file';
      if (why !== undefined) skipped.push({ name, why });
      else if (files.length >= maxFiles) skipped.push({ name, why: `at most ${maxFiles} files are read` });
      else files.push({ path, name });
    }
  };
  await visit(realRoot, 0);
  return { files, skipped };
}

async function whyNotFollowed(link: string, realRoot: string): Promise<string | undefined> {
  try {
    const target = await realpath(link);
    if (!target.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep))
      return 'it is a link that leads out of the folder';
    return (await stat(target)).isFile() ? undefined : 'it is a link to something that is not a file';
  } catch {
    return 'it is a link that leads nowhere';
  }
}
