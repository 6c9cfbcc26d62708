import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { load } from 'js-yaml';
import { demoPeople } from '../../src/sandbox/demo/people.ts';
import { createSlackWorkspace, type SlackWorkspace } from '../../src/sandbox/slack/workspace.ts';
import { type ChildEnd, type CopilotChild, hasCrossed, startCopilotChild } from './copilot-child.ts';
import { writeCopilotSettings } from './copilot-settings.ts';
import { type CrashPoint, sayPoint } from './crash-point.ts';
import { type CrashWorld, webhookToken } from './crash-world.ts';
import { type Histories, readExport, readJournalLines } from './histories.ts';
import { playPeople, saysResolved, threadOf } from './scripted-people.ts';
import { killAtSlackCall } from './slack-death.ts';

const root = join(import.meta.dirname, '..', '..');
const glanceMs = 25;
/** A kill from the side of Slack comes after the call that it is about, on a busy machine a good while after. */
const lateMs = 3_000;

/** What is known after one `bad-image` run in which the co-pilot was killed at the points of `plan`, one in each life. */
export type Played = {
  readonly plan: readonly CrashPoint[];
  readonly histories: Histories;
  /** Which writes each life came past. */
  readonly crossings: readonly (readonly CrashPoint[])[];
  readonly lives: number;
  readonly kills: number;
  readonly elapsedMs: number;
  /** What kept the run from its end, or a point from being reached; undefined when all went its way. */
  readonly problem: string | undefined;
};

/**
 * Plays `bad-image` to its end with people who keep trying, on one data folder, and restarts the co-pilot after each kill.
 *
 * @param folder Empty; data, configuration and logs go there.
 */
export async function playPoint({
  world,
  plan,
  folder,
  deadlineMs,
}: {
  readonly world: CrashWorld;
  readonly plan: readonly CrashPoint[];
  readonly folder: string;
  readonly deadlineMs: number;
}): Promise<Played> {
  const startedMs = performance.now();
  const slack = createSlackWorkspace({
    manifest: load(await readFile(join(root, 'manifest.yml'), 'utf8')),
    ...demoPeople,
  });
  const over = new AbortController();
  const deadline = setTimeout(() => over.abort(new Error(`not over after ${deadlineMs / 1000} s`)), deadlineMs);
  const lives: CopilotChild[] = [];
  const kills: Kill[] = [];
  const urls = () => lives.flatMap((child) => child.webhookUrl() ?? []);
  const webhook = { wasOpened: () => urls().length > 0, url: () => urls().at(-1) ?? '' };
  // Alertmanager never tells the end of an alert whose beginning nobody confirmed: people who mended it before its next try would wait for ever.
  const isHeard = () => world.deliveries().some(({ status, code }) => status === 'firing' && code === 200);
  let people: Promise<void> | undefined;
  let secrets: readonly string[] = [webhookToken];
  let generationBefore = 0;
  let problem: string | undefined;
  try {
    const workspace = await slack.start();
    const started = await world.start({ folder, webhook });
    secrets = [workspace.botToken, workspace.appToken, webhookToken, ...started.secrets];
    const settings = await writeCopilotSettings({ folder, config: started.config, workspace });
    generationBefore = await world.generation();
    people = playPeople({ slack, mayAct: isHeard, signal: over.signal });
    await Promise.all([world.breakIt(), live({ settings, plan, slack, lives, kills, signal: over.signal })]);
  } catch (error) {
    const thread = threadOf(slack).map(({ text }) => text);
    problem = `${error instanceof Error ? error.message : String(error)}; the thread said: ${thread.join(' | ')}`;
  }
  try {
    const histories: Histories = {
      journal: await readJournalLines(join(folder, 'data')),
      exported: await readExport(join(folder, 'data')),
      messages: [...slack.messages(demoPeople.incidentsChannel), ...threadOf(slack)],
      slack: slack.ledger(),
      deliveries: world.deliveries(),
      requests: world.requests(),
      specChanges: (await world.generation()) - generationBefore,
      kills: kills.map(({ at }) => at),
      log: lives.map((child) => child.log()).join(''),
      approvers: [demoPeople.lead.id],
      secrets,
    };
    return {
      plan,
      histories,
      crossings: lives.map((child) => [...child.crossings()]),
      lives: lives.length,
      kills: kills.length,
      elapsedMs: performance.now() - startedMs,
      problem,
    };
  } finally {
    clearTimeout(deadline);
    over.abort();
    for (const child of lives) child.kill();
    await Promise.all([people, ...lives.map(({ ended }) => ended)]);
    await Promise.all([world.stop(), slack.stop()]);
  }
}

type Kill = { readonly at: string };

/** One life after the other, until the thread says that all is over. Throws when it does not come to that, or a death does not come. */
async function live({
  settings,
  plan,
  slack,
  lives,
  kills,
  signal,
}: {
  readonly settings: string;
  readonly plan: readonly CrashPoint[];
  readonly slack: SlackWorkspace;
  readonly lives: CopilotChild[];
  readonly kills: Kill[];
  readonly signal: AbortSignal;
}): Promise<void> {
  for (const point of [...plan, undefined]) {
    const child = startCopilotChild(settings, point?.at === 'slack' ? undefined : point);
    lives.push(child);
    const death = point?.at === 'slack' ? killAtSlackCall(point, slack, child.kill) : undefined;
    const isReached = () =>
      point !== undefined && (point.at === 'slack' ? death?.struck() === true : hasCrossed(child, point));
    const resolved = await endOrResolution(child, slack, signal);
    // A kill at the very end of the story is under way by now, or it never comes.
    const end = resolved ?? (point === undefined ? undefined : await Promise.race([child.ended, sleep(lateMs)]));
    if (end !== undefined) {
      if (end.signal !== 'SIGKILL' || !isReached()) {
        throw new Error(
          `life ${lives.length} ended by itself (${end.signal ?? end.code}): ${child.log().slice(-2_000)}`,
        );
      }
      kills.push({ at: end.at });
      continue;
    }
    if (point !== undefined) throw new Error(`the run was over, and it was never "${sayPoint(point)}"`);
    const { code } = await child.stop();
    if (code !== 0) throw new Error('the co-pilot could not be stopped in order');
  }
}

/** How the process ended; undefined when the story is over before, and nothing is left to do. */
async function endOrResolution(
  child: CopilotChild,
  slack: SlackWorkspace,
  signal: AbortSignal,
): Promise<ChildEnd | undefined> {
  while (child.webhookUrl() === undefined || !saysResolved(slack)) {
    const end = await Promise.race([child.ended, sleep(glanceMs)]);
    if (end !== undefined) return end;
    signal.throwIfAborted();
  }
  const cancelled = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([child.ended, child.idle().then(() => undefined), cancelled]);
}
