import { fail, ok, problem } from '../../core/result.ts';
import { type MarkdownPage, readMarkdownPage } from '../../core/runbook/markdown-page.ts';
import { runbookLimits } from '../../core/runbook/schema.ts';
import type { ReadMarkdownFolder } from '../../ports/runbook-source.ts';
import { listFiles } from './list-files.ts';
import { readText, sayFileError } from './read-text.ts';

/** Reads all Markdown runbooks under a folder, as `prometheus-operator/runbooks` lays them out or any other way. */
export const readMarkdownFolder: ReadMarkdownFolder = async (path) => {
  try {
    const { files, skipped } = await listFiles(path, (name) => /\.(md|markdown)$/i.test(name));
    const pages: MarkdownPage[] = [];
    const unread = skipped.map(({ name, why }) => `${name}: ${why}`);
    for (const file of files) {
      const read = await readText(file.path, runbookLimits.maxBytes);
      if (read.kind !== 'text') {
        unread.push(`${file.name}: ${read.kind === 'unreadable' ? read.why : 'it is too large'}`);
        continue;
      }
      const page = readMarkdownPage(read.text, file.name);
      if (page !== undefined) pages.push(page);
    }
    return ok({ pages, skipped: unread });
  } catch (error) {
    return fail(
      problem(
        'runbooks.unreadable',
        `The pages at ${path} were not read: ${sayFileError(error)}. Check the path and its permissions.`,
      ),
    );
  }
};
