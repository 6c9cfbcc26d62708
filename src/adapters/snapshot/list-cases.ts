import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fail, ok, type Problem, problem, type Result } from '../../core/result.ts';
import { parseDocuments, readSmallFile } from './read-document.ts';

const maxDepth = 6;
const maxCases = 20_000;
const maxExpectedBytes = 256 * 1024;

/** A folder with `snapshot/` and `expected.yaml`; `expected` is its parsed document, undefined when it cannot be parsed. */
type CaseFolder = { readonly name: string; readonly snapshot: string; readonly expected: unknown };

/** All case folders at or below a folder, by name. Links are not followed. */
export async function listCases(
  folder: string,
): Promise<Result<readonly CaseFolder[], Problem<'cases.unreadable' | 'cases.none'>>> {
  const found: CaseFolder[] = [];
  const visit = async (path: string, depth: number): Promise<void> => {
    const entries = await readdir(path, { withFileTypes: true });
    const names = new Set(entries.map(({ name }) => name));
    const expected = ['expected.yaml', 'expected.yml', 'expected.json'].find((name) => names.has(name));
    if (expected !== undefined && names.has('snapshot')) {
      const text = await readSmallFile(join(path, expected), maxExpectedBytes);
      const documents = text === undefined ? undefined : parseDocuments(text, expected);
      found.push({ name: relative(folder, path) || '.', snapshot: join(path, 'snapshot'), expected: documents?.[0] });
      return;
    }
    if (depth >= maxDepth || found.length >= maxCases) return;
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
      if (entry.isDirectory()) await visit(join(path, entry.name), depth + 1);
  };
  try {
    await visit(folder, 0);
  } catch {
    return fail(
      problem('cases.unreadable', `${folder} cannot be read as a folder of cases. Nothing was judged. Check the path.`),
    );
  }
  return found.length === 0
    ? fail(
        problem(
          'cases.none',
          `${folder} holds no case. Nothing was judged. A case is a folder with snapshot/ and expected.yaml.`,
        ),
      )
    : ok(found);
}
