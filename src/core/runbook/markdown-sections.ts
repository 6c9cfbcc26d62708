/** A part of a page under one heading. `path`: the headings that lead to it, outermost first; empty for what stands before the first. `anchor`: its `#` part in a link. */
export type PageSection = { readonly path: readonly string[]; readonly anchor: string; readonly text: string };

const maxSections = 200;
const maxHeading = 120;

/**
 * The sections of a Markdown text by its `##` to `######` headings (a `# Title` is the page's, and opens none), in their order, empty ones left out. Headings inside of
 * fenced code are code. Anchors are made as GitHub and Hugo make them, repeated ones numbered.
 */
export function sectionsOf(markdown: string): readonly PageSection[] {
  const sections: { path: readonly string[]; anchor: string; lines: string[] }[] = [
    { path: [], anchor: '', lines: [] },
  ];
  const anchors = new Map<string, number>();
  let path: { readonly level: number; readonly title: string }[] = [];
  let fence: string | undefined;
  for (const line of markdown.split('\n')) {
    const mark = /^ {0,3}(```|~~~)/.exec(line)?.[1];
    if (mark !== undefined) fence = fence === undefined ? mark : fence === mark ? undefined : fence;
    const heading = fence === undefined && mark === undefined ? headingIn(line) : undefined;
    if (heading === undefined || sections.length >= maxSections) {
      sections.at(-1)?.lines.push(line);
      continue;
    }
    const anchor = unique(anchorOf(heading.title), anchors);
    if (heading.level === 1) continue;
    path = [...path.filter(({ level }) => level < heading.level), heading];
    sections.push({ path: path.map(({ title }) => title), anchor, lines: [] });
  }
  return sections
    .map((section) => ({ path: section.path, anchor: section.anchor, text: section.lines.join('\n').trim() }))
    .filter(({ text }) => text !== '');
}

/** The first `length` characters of a section as one line of plain words: code fences, HTML tags and link targets left out. */
export function excerptOf(text: string, length = 200): string {
  const line = text
    .slice(0, 4000)
    .replace(/^ {0,3}(```|~~~).*$/gm, '')
    .replace(/<\/?[a-z][^<>\n]{0,200}>/gi, ' ')
    .replace(/\{\{[<%][^{}]{0,300}\}\}/g, '')
    .replace(/!?\[([^[\]]{0,300})\]\([^()]{0,500}\)/g, '$1')
    .replace(/\[([^[\]]{0,300})\]\[[^[\]]{0,100}\]/g, '$1')
    .replace(/^#{1,6} /gm, '')
    .replace(/\s+/g, ' ')
    .trim();
  if (line.length <= length) return line;
  const cut = line.slice(0, length - 1);
  const space = cut.lastIndexOf(' ');
  return `${(space > length / 2 ? cut.slice(0, space) : cut).trimEnd()}…`;
}

function headingIn(line: string): { level: number; title: string } | undefined {
  if (!line.startsWith('#')) return undefined;
  const level = line.length - line.replace(/^#+/, '').length;
  if (level > 6 || !/^[ \t]/.test(line.slice(level))) return undefined;
  const title = line
    .slice(level, level + 500)
    .replace(/[ \t]#+[ \t]*$/, '')
    .trim()
    .slice(0, maxHeading);
  return title === '' ? undefined : { level, title };
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

function unique(anchor: string, seen: Map<string, number>): string {
  const before = seen.get(anchor) ?? 0;
  seen.set(anchor, before + 1);
  return before === 0 ? anchor : `${anchor}-${before}`;
}
