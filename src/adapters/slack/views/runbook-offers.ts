import type { KnownBlock } from '@slack/types';
import type { RunbookMatch } from '../../../core/diagnosis/investigation.ts';
import { said, section } from './text.ts';

const shown = { runbooks: 3, pages: 3 } as const;

/**
 * What people may choose from: runbooks by name and title where none was chosen by itself, and pages to read, each with the section that says most about the
 * problem and where to open it.
 */
export function runbookOffers(candidates: readonly RunbookMatch[], chosen: string | null): KnownBlock[] {
  const runnable = candidates.filter(({ page }) => page === undefined).slice(0, shown.runbooks);
  const pages = candidates.flatMap(({ name, title, page }) => (page === undefined ? [] : [{ name, title, page }]));
  const offered = chosen === null ? runnable.map(({ name, title }) => `• ${nameAndTitle(name, title)}`) : [];
  const read = pages.slice(0, shown.pages).map(({ name, title, page }) => {
    const place = page.section.length === 0 ? '' : ` › ${said(page.section.join(' › '), 150)}`;
    const excerpt = page.excerpt === '' ? '' : `\n   ${said(page.excerpt, 250)}`;
    return `• ${nameAndTitle(name, title)}${place}: ${addressOf(page.link)}${excerpt}`;
  });
  return [
    ...(offered.length === 0 ? [] : [section(['*Runbooks that may fit*', ...offered].join('\n'))]),
    ...(read.length === 0 ? [] : [section(['*Pages to read*', ...read].join('\n'))]),
  ];
}

function nameAndTitle(name: string, title: string | undefined): string {
  return title === undefined ? `*${said(name, 100)}*` : `*${said(name, 100)}* ${said(title, 150)}`;
}

/** A link only for what is a web address without characters that Slack reads as its own; anything else stays text. */
function addressOf(link: string): string {
  return /^https?:\/\/[^\s<>|]{1,1000}$/.test(link) ? `<${link.replaceAll('&', '&amp;')}>` : said(link, 300);
}
