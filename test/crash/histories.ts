import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readJsonlJournal } from '../../src/adapters/jsonl/read-jsonl-journal.ts';
import { exportTimeline } from '../../src/composition/export-timeline.ts';
import { verifyDataFolder } from '../../src/composition/verify-data-folder.ts';
import type { LedgerEntry } from '../../src/sandbox/slack/ledger.ts';
import type { Message } from '../../src/sandbox/slack/records.ts';
import type { ClusterRequest, WebhookDelivery } from './crash-world.ts';

/** What everybody recorded of one run: the journal on disk, Slack, the alert source, the API server, and who killed. */
export type Histories = {
  /** Every line of the log, in order, as it is on disk; commit marks left out. */
  readonly journal: readonly string[];
  /** What `sre-copilot export` gives of the incident, and what `sre-copilot verify` finds wrong with the data folder. */
  readonly exported: Exported;
  /** Everything in the channel and in the incident's thread. A root is in both. */
  readonly messages: readonly Message[];
  readonly slack: readonly LedgerEntry[];
  readonly deliveries: readonly WebhookDelivery[];
  readonly requests: readonly ClusterRequest[];
  /** How often the spec of the broken Deployment was changed, the change that broke it included. */
  readonly specChanges: number;
  /** When the parent learned of each kill. */
  readonly kills: readonly string[];
  /** What the co-pilot logged in all its lives. */
  readonly log: string;
  /** Ids of the people who are in sre-leads. */
  readonly approvers: readonly string[];
  readonly secrets: readonly string[];
};

export type Exported = {
  readonly lines: string;
  readonly json: string;
  readonly markdown: string;
  readonly verification: string | null;
};

/** The lines of the log of a data folder, read without the product's own code. Empty when nothing was ever stored. */
export async function readJournalLines(dataDir: string): Promise<string[]> {
  const folder = join(dataDir, 'journal');
  const names = await readdir(folder).catch(() => []);
  const segments = names.filter((name) => name.endsWith('.jsonl')).sort();
  const texts = await Promise.all(segments.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap((text) => text.split('\n')).filter((line) => line !== '');
}

/** What the product itself exports of INC-1, and whether it finds its own journal whole. */
export async function readExport(dataDir: string): Promise<Exported> {
  const verified = await verifyDataFolder(dataDir);
  const verification = verified.ok ? null : verified.error.sentence;
  const journal = await readJsonlJournal(dataDir);
  const timeline = journal.ok ? await exportTimeline(journal.value, 'INC-1') : journal;
  if (timeline.ok) return { ...timeline.value, verification };
  return { lines: '', json: '', markdown: '', verification: verification ?? timeline.error.sentence };
}
