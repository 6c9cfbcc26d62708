import type { LintContext } from '../../core/runbook/lint-context.ts';
import { type LinkedPage, linkOf } from '../../core/runbook/markdown-page.ts';
import type { RunbookSet, RunbookSource } from '../../ports/runbook-source.ts';
import { readMarkdownFolder } from './read-markdown-folder.ts';
import { readRunbookFolder } from './read-runbook-folder.ts';

/** `context` is asked at each reload: the date moves on, and groups change. */
export type RunbookFilesOptions = {
  readonly folder: string;
  readonly context: () => LintContext;
  /** Markdown runbooks beside the typed ones. `url`: where they are published. What `redact` would change is stored and shown only as it gives it. */
  readonly pages?: {
    readonly folder: string;
    readonly url?: string | undefined;
    readonly redact: (text: string) => string;
  };
  /** Hears one sentence for each page, or the whole folder of pages, that was not read. */
  readonly onSkipped?: (sentence: string) => void;
};

/** The runbooks of one folder, and the pages of another. Building it reads nothing; `reload` does. Pages that cannot be read do not keep runbooks from being used. */
export function createRunbookFiles({ folder, context, pages, onSkipped }: RunbookFilesOptions): RunbookSource {
  const readPages = async (): Promise<readonly LinkedPage[] | undefined> => {
    if (pages === undefined) return undefined;
    const read = await readMarkdownFolder(pages.folder);
    if (!read.ok) {
      onSkipped?.(read.error.sentence);
      return loaded.pages ?? [];
    }
    for (const why of read.value.skipped) onSkipped?.(`A page was passed over. ${pages.folder}/${why}.`);
    return read.value.pages.map((page) => ({
      ...page,
      title: pages.redact(page.title),
      summary: pages.redact(page.summary),
      sections: page.sections.map((section) => ({ ...section, text: pages.redact(section.text) })),
      link: linkOf(page.file, pages.url),
    }));
  };
  let loaded: RunbookSet = { runbooks: [], problems: [] };
  return {
    list: () => loaded,
    async reload() {
      const [read, linked] = await Promise.all([readRunbookFolder(folder, context()), readPages()]);
      const { runbooks, problems } = read.ok ? read.value : loaded;
      loaded = { runbooks, problems, ...(linked === undefined ? {} : { pages: linked }) };
      return read;
    },
  };
}
