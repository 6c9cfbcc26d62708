import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkHistories } from './check-histories.ts';
import { type CrashPoint, sayPoint } from './crash-point.ts';
import type { CrashWorld } from './crash-world.ts';
import type { Histories } from './histories.ts';
import { type Played, playPoint } from './play-point.ts';
import { readRecordedEvents, textOf } from './recorded-events.ts';
import { callsOf } from './slack-death.ts';

/** Where one process after the other is killed within one run; most plans have one point. */
export type Plan = readonly CrashPoint[];

/** What became of one plan. */
export type Outcome = Omit<Played, 'problem'> & {
  /** How it ended, in a few words. */
  readonly end: string;
  /** Sentences; empty when everything held. A folder with all that was recorded is named in the last one. */
  readonly violations: readonly string[];
};

/** Plays each plan in a world of its own, some at once, and checks what everybody recorded. */
export async function sweep({
  plans,
  atOnce,
  deadlineMs,
  createWorld,
}: {
  readonly plans: readonly Plan[];
  readonly atOnce: number;
  /** For each plan, from the healthy cluster to the end of the thread. */
  readonly deadlineMs: number;
  readonly createWorld: () => CrashWorld;
}): Promise<Map<Plan, Outcome>> {
  const outcomes = new Map<Plan, Outcome>();
  const left = [...plans];
  const work = async () => {
    for (let plan = left.shift(); plan !== undefined; plan = left.shift())
      outcomes.set(plan, await playAndCheck(plan, createWorld(), deadlineMs));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return outcomes;
}

async function playAndCheck(plan: Plan, world: CrashWorld, deadlineMs: number): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'sre-copilot-crash-'));
  const { problem, ...played } = await playPoint({ world, plan, folder, deadlineMs });
  const violations = [...(problem === undefined ? [] : [problem]), ...checkHistories(played.histories)];
  const outcome = { ...played, end: sayEnd(played.histories), violations };
  if (violations.length === 0) {
    await rm(folder, { recursive: true, force: true });
    return outcome;
  }
  await writeFile(join(folder, 'histories.json'), JSON.stringify(played.histories, null, 2));
  return { ...outcome, violations: [...violations, `everything that was recorded is in ${folder}`] };
}

/** Every place at which a run without a crash can be killed. Its notes are told by their number: what they say differs with the moment. */
export function plansOf({ crossings, histories }: Pick<Outcome, 'crossings' | 'histories'>): Plan[] {
  const own = new Map((crossings[0] ?? []).map((point) => [sayPoint(point), point]));
  const calls = [
    ['chat.postMessage', callsOf(histories.slack, 'chat.postMessage')],
    // The card, the root and the case file are edited in every run; how often besides is a matter of milliseconds.
    ['chat.update', 3],
    ['chat.postEphemeral', 1],
  ] as const;
  const slack = calls.flatMap(([what, count]) =>
    Array.from({ length: count }, (_, index) => index + 1).flatMap((nth) =>
      (['before', 'unanswered', 'after'] as const).map((when): CrashPoint => ({ at: 'slack', what, nth, when })),
    ),
  );
  return [...own.values(), ...slack].map((point) => [point]);
}

/** `before writer apply #1, then after journal incident/action-failed(undo) #1` */
export function sayPlan(plan: Plan): string {
  return plan.length === 0 ? 'no crash' : plan.map(sayPoint).join(', then ');
}

function sayEnd({ journal }: Pick<Histories, 'journal'>): string {
  const { events } = readRecordedEvents(journal);
  const seen = events.some(({ type, body }) => type === 'action-executed' && body.observed === true);
  const anew = events.some(({ type }) => type === 'action-failed');
  const made = seen ? 'change seen afterwards' : 'change answered';
  const status = textOf(events.findLast(({ type }) => type === 'run-ended') ?? { body: {} }, 'status');
  const isResolved = events.some(({ type }) => type === 'incident-resolved');
  return `${anew ? 'not made, approved anew; ' : ''}${made}; run ${status || 'not ended'}, ${isResolved ? 'resolved' : 'not resolved'}`;
}

/** The outcomes as a table for a terminal, with a line of sums. */
export function sayOutcomes(title: string, outcomes: Iterable<Outcome>): string {
  const rows = [...outcomes].map(({ plan, kills, lives, elapsedMs, end, violations }) => [
    sayPlan(plan),
    String(kills),
    String(lives - 1),
    (elapsedMs / 1000).toFixed(1),
    violations.length === 0 ? end : `VIOLATED: ${violations.join('; ')}`,
  ]);
  const heads = ['killed', 'kills', 'restarts', 'seconds', 'outcome'];
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ');
  const sum = (column: number) => rows.reduce((total, row) => total + Number(row[column]), 0);
  const bad = rows.filter((row) => row[4]?.startsWith('VIOLATED') === true).length;
  const sums = `${rows.length} points, ${sum(1)} kills, ${sum(2)} restarts, ${bad} with violations`;
  return [title, line(heads), ...rows.map(line), sums].join('\n');
}
