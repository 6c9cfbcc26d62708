import { type PageSection, sectionsOf } from './markdown-sections.ts';

/** A runbook that is prose, as teams keep them: it can be found and shown, never run. */
export type MarkdownPage = {
  readonly name: string;
  readonly title: string;
  readonly component?: string;
  readonly file: string;
  /** The first words of its first section, for a list of results. */
  readonly summary: string;
  /** Other names that its front matter gives (`aliases:`, last part of each path). */
  readonly aliases: readonly string[];
  readonly sections: readonly PageSection[];
};

/** A page with where people open it: a URL, or the path of its file when nobody said where the pages are published. */
export type LinkedPage = MarkdownPage & { readonly link: string };

/** `<base>/<path without .md>`, as site generators publish a folder of pages; without a base the path itself. */
export function linkOf(file: string, base: string | undefined): string {
  if (base === undefined) return file;
  const path = file
    .replace(/\.(md|markdown)$/i, '')
    .split('/')
    .map(encodeURIComponent)
    .join('/');
  return `${base.replace(/\/+$/, '')}/${path}`;
}

/**
 * Reads a Markdown runbook: front matter with `title` or a `# Title`, then sections. Its name is the name of its file, which in the layout of
 * prometheus-operator/runbooks (`<component>/<AlertName>.md`) is the alert's. Total: any text is some page. Index pages are none.
 *
 * `file` is a path with `/`, relative to the folder that was given.
 */
export function readMarkdownPage(text: string, file: string): MarkdownPage | undefined {
  const parts = file.split('/');
  const name = (parts.at(-1) ?? file).replace(/\.(md|markdown)$/i, '');
  if (/^(_?index|readme)$/i.test(name) || name === '') return undefined;
  const { front, rest } = splitFrontMatter(text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n'));
  const title = titleIn(front) ?? headingIn(rest) ?? name;
  const component = parts.at(-2);
  return {
    name,
    title,
    ...(component === undefined ? {} : { component }),
    file,
    summary: firstParagraph(rest),
    aliases: aliasesIn(front),
    sections: sectionsOf(rest),
  };
}

function splitFrontMatter(text: string): { front: string; rest: string } {
  if (!text.startsWith('---\n')) return { front: '', rest: text };
  const end = text.indexOf('\n---', 3);
  if (end < 0) return { front: '', rest: text };
  const newline = text.indexOf('\n', end + 4);
  return { front: text.slice(4, end), rest: newline < 0 ? '' : text.slice(newline + 1) };
}

function titleIn(front: string): string | undefined {
  const title = afterMark(front, 'title:');
  const isQuoted = title !== undefined && title.length > 1 && /^["']/.test(title) && title.at(0) === title.at(-1);
  return isQuoted ? title.slice(1, -1) : title;
}

const maxAliases = 20;

/** `aliases: [a, b]` or a list of lines below it. */
function aliasesIn(front: string): readonly string[] {
  const lines = front.split('\n');
  const at = lines.findIndex((line) => line.startsWith('aliases:'));
  if (at < 0) return [];
  const inline = (lines[at] ?? '').slice('aliases:'.length).replace(/[[\]]/g, ' ').split(',');
  const after = lines.slice(at + 1);
  const end = after.findIndex((line) => !/^\s*- /.test(line));
  const below = after.slice(0, end < 0 ? after.length : end).map((line) => line.replace(/^\s*- /, ''));
  return [...inline, ...below]
    .map((alias) => lastPartOf(alias.trim().replace(/^["']|["']$/g, '')))
    .filter((alias) => alias !== '')
    .slice(0, maxAliases);
}

function lastPartOf(path: string): string {
  return (path.split('/').findLast((part) => part !== '') ?? '').replace(/\.(md|html?)$/i, '');
}

function headingIn(text: string): string | undefined {
  return afterMark(text, '# ');
}

/** The rest of the first line that begins with `mark`. By lines and not by one expression: pages are written by anybody, and may be one long line. */
function afterMark(text: string, mark: string): string | undefined {
  const line = text.split('\n').find((one) => one.startsWith(mark) && one.trim() !== mark.trim());
  return line?.slice(mark.length).trim().slice(0, 200);
}

function firstParagraph(text: string): string {
  const paragraph = text
    .split(/\n[ \t]*\n/)
    .map((part) => withoutHeadings(part))
    .find((part) => part !== '' && !part.startsWith('{{') && !part.startsWith('```'));
  const line = (paragraph ?? '').replace(/\s+/g, ' ');
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}

function withoutHeadings(paragraph: string): string {
  return paragraph
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .trim();
}
