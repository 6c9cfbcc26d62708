import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readMarkdownFolder } from '../src/adapters/runbook-files/read-markdown-folder.ts';
import { createFindRunbooks, type PageQuery } from '../src/core/runbook/find-pages.ts';
import { queryOf, readRetrievalCases } from '../src/core/runbook/find-pages-eval.ts';
import type { MarkdownPage } from '../src/core/runbook/markdown-page.ts';

const rounds = 20;
const test = join(import.meta.dirname, '..', 'test', 'core', 'runbook');

/**
 * How long one search for a runbook takes, beside a plain scan: lower-casing every page and counting the question's words in it, which is what a search without an index costs at least.
 *
 * `--from DIR` measures a folder of Markdown runbooks; without it the pages of the tests, written again under other names until there are 108. `--json` prints one document.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { from: { type: 'string' }, json: { type: 'boolean', default: false } } });
  const pages = await readPages(values.from);
  const { cases } = readRetrievalCases(readFileSync(join(test, 'cases', 'tuning.jsonl'), 'utf8'));
  const questions = cases.map(({ query }) => queryOf(query));
  const startedAt = performance.now();
  const find = createFindRunbooks(pages);
  const buildMs = performance.now() - startedAt;
  const texts = pages.map(({ title, sections }) => `${title}\n${sections.map(({ text }) => text).join('\n')}`);
  const results = [
    { name: 'indexed search', ...timesOf(questions, find) },
    { name: 'plain scan', ...timesOf(questions, (question) => scan(texts, question)) },
  ];
  if (values.json) {
    const machine = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model ?? 'unknown CPU' };
    console.log(
      JSON.stringify({ pages: pages.length, questions: questions.length, rounds, buildMs, results, machine }),
    );
    return;
  }
  console.log(
    `${questions.length} questions × ${rounds} over ${pages.length} pages, node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}`,
  );
  console.log(`${'index built once'.padEnd(18)} ${buildMs.toFixed(1)} ms`);
  for (const { name, p50Us, p95Us, maxUs } of results)
    console.log(
      `${name.padEnd(18)} p50 ${p50Us.toFixed(0)} µs   p95 ${p95Us.toFixed(0)} µs   max ${maxUs.toFixed(0)} µs`,
    );
}

async function readPages(from: string | undefined): Promise<readonly MarkdownPage[]> {
  const read = await readMarkdownFolder(from ?? join(test, 'pages'));
  if (!read.ok) throw new Error(read.error.sentence);
  const { pages } = read.value;
  if (from !== undefined) return pages;
  return Array.from({ length: 108 }, (_, index) => {
    const page = pages[index % pages.length];
    if (page === undefined) throw new Error('there are no pages');
    const copy = Math.floor(index / pages.length);
    return copy === 0 ? page : { ...page, name: `${page.name}${copy}`, file: `${copy}/${page.file}` };
  });
}

function scan(texts: readonly string[], question: PageQuery): number {
  const words = Object.values(question).join(' ').toLowerCase().split(/\W+/);
  const counts = texts.map((text) => {
    const lower = text.toLowerCase();
    return words.filter((word) => lower.includes(word)).length;
  });
  return counts.indexOf(Math.max(...counts));
}

function timesOf(questions: readonly PageQuery[], ask: (question: PageQuery) => unknown) {
  const run = () =>
    questions.map((question) => {
      const startedAt = performance.now();
      ask(question);
      return (performance.now() - startedAt) * 1000;
    });
  run();
  const sorted = Array.from({ length: rounds }, run)
    .flat()
    .sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50Us: at(0.5), p95Us: at(0.95), maxUs: at(1) };
}

await main();
