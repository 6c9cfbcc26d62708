import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { onTestFinished } from 'vitest';
import type { PostedMemory, PostedMessages } from '../../../../src/adapters/slack/posted-messages.ts';
import { createSlackApp } from '../../../../src/adapters/slack/slack-app.ts';
import { slackClient } from '../../../../src/adapters/slack/slack-client.ts';
import { createSlackDirectory } from '../../../../src/adapters/slack/slack-directory.ts';
import { createThreadProjection } from '../../../../src/adapters/slack/thread-projection.ts';
import type { SlackUseCases } from '../../../../src/adapters/slack/use-cases.ts';
import { createSystemClock } from '../../../../src/adapters/system/clock.ts';
import type { Told } from '../../../../src/core/incident/events.ts';
import { fail, ok } from '../../../../src/core/result.ts';
import type { Clock } from '../../../../src/ports/clock.ts';
import type { AppendProblem } from '../../../../src/ports/journal.ts';
import { createMemoryJournal } from '../../../../src/sandbox/memory-journal.ts';
import type { LedgerEntry } from '../../../../src/sandbox/slack/ledger.ts';
import type { Message, Person } from '../../../../src/sandbox/slack/records.ts';
import { createSlackWorkspace, type SlackWorkspaceOptions } from '../../../../src/sandbox/slack/workspace.ts';
import { createDecideApproval } from '../../../../src/workflows/decide-approval.ts';
import { keepAnswerDrafts } from '../../../../src/workflows/keep-answer-drafts.ts';
import { keepIncidents } from '../../../../src/workflows/keep-incidents.ts';
import { createReceiveSignal } from '../../../../src/workflows/receive-signal.ts';
import { createTakeSignals } from '../../../../src/workflows/take-signals.ts';
import { createFakeIds } from '../../../support/fake-ids.ts';
import { newEvents } from './story.ts';

export const manifest = load(readFileSync(new URL('../../../../manifest.yml', import.meta.url), 'utf8'));

const person = (id: string, name: string, more: Partial<Person> = {}): Person => ({
  id,
  name,
  realName: `${name[0]?.toUpperCase()}${name.slice(1)} Example`,
  email: `${name}@example.test`,
  ...more,
});
const people = [
  person('U0MAYA', 'maya'),
  person('U0JONAS', 'jonas'),
  person('U0NORA', 'nora'),
  person('U0PRIYA', 'priya'),
  person('U0GUEST', 'gus', { isGuest: true }),
  person('U0FOREIGN', 'fay', { teamId: 'T0OTHER' }),
];
const everybody = people.map(({ id }) => id);

export function createTestWorkspace(options: Partial<SlackWorkspaceOptions> = {}) {
  return createSlackWorkspace({
    manifest,
    people,
    channels: [
      { id: 'C0INC', name: 'incidents', members: [...everybody, 'sre-copilot'] },
      { id: 'C0SHOP', name: 'shop', members: [...everybody, 'sre-copilot'] },
      { id: 'C0GEN', name: 'general', members: everybody },
    ],
    usergroups: [
      { id: 'S0LEADS', handle: 'sre-leads', name: 'SRE leads', members: ['U0JONAS', 'U0NORA', 'U0GUEST', 'U0FOREIGN'] },
    ],
    ...options,
  });
}

/** What the projection remembers, outside of it: a restart takes it along or loses it. */
export function createTestMemory(): PostedMemory & { saved(): PostedMessages } {
  let kept: PostedMessages = {};
  return {
    load: (schema) => schema.parse(kept),
    save: (posted) => {
      kept = posted;
    },
    saved: () => kept,
  };
}

export type StageOptions = {
  readonly workspace?: Partial<SlackWorkspaceOptions>;
  readonly useCases?: Partial<SlackUseCases>;
  /** False: nothing is posted, for tests of commands alone. */
  readonly narrate?: boolean;
  /** False: the app is not started yet. */
  readonly start?: boolean;
  /** How many times as fast time passes for the projection and the workspace: its pauses are seconds. */
  readonly speed?: number;
};

/** A clock whose monotonic time runs faster than it should. */
function hurried(clock: Clock, speed: number): Clock {
  return {
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs() * speed,
    sleep: (ms, signal) => clock.sleep(ms / speed, signal),
  };
}

/** The real adapter over the real workflows and a journal in memory, against a local workspace. Everything is stopped when the test ends. */
export async function createStage({
  workspace: workspaceOptions,
  useCases,
  narrate = true,
  start = true,
  speed = 10,
}: StageOptions = {}) {
  const clock = createSystemClock();
  const fast = hurried(clock, speed);
  const startedAtMs = Date.now();
  const now = () => startedAtMs + (Date.now() - startedAtMs) * (workspaceOptions?.rateLimits === true ? speed : 1);
  const workspace = createTestWorkspace({ now, ...workspaceOptions });
  const at = await workspace.start();
  const log: string[] = [];
  const say = (sentence: string) => void log.push(sentence);
  const slackLog = { info: say, warn: say, debug: () => undefined };

  let refusal: AppendProblem | undefined;
  const journal = createMemoryJournal({ clock, refuse: () => refusal });
  const ids = createFakeIds();
  const incidents = await keepIncidents({ journal, clock, onWatcherError: (error) => say(String(error)) });
  const receive = await createReceiveSignal({ journal, clock, ids });
  const taking = createTakeSignals({
    journal,
    incidents,
    clock,
    settings: {
      cluster: 'prod',
      heartbeats: [],
      reopenWithinMs: 1_800_000,
      routeOf: () => ({ channel: 'C0INC', approvers: [], autonomy: 'assist' }),
    },
    onProblem: say,
  });
  await taking.start();
  const endpoint = { botToken: at.botToken, apiUrl: at.apiUrl, log: slackLog };
  const directory = createSlackDirectory({ client: slackClient(endpoint, 'answers'), clock, groups: {} });
  const slack = createSlackApp({
    ...endpoint,
    appToken: at.appToken,
    clock,
    useCases: {
      receive,
      decide: createDecideApproval({ incidents, directory, clock }),
      incidents,
      exportTimeline: async (reference) => {
        const state = incidents.get(reference);
        return state === undefined
          ? fail({ code: 'incident.unknown', sentence: `There is no incident ${reference}.` })
          : ok({ markdown: `# ${reference}\n`, json: JSON.stringify({ reference }) });
      },
      subjectProblem: (text) => (text.includes('!') ? `"${text}" names no object. Nothing was looked at.` : null),
      runbookNames: () => ['rollout-bad-image', 'memory-limit-too-low', 'kube-api-latency'],
      redact: (text) => text.replaceAll(/hunter2/g, '[REDACTED]'),
      ...useCases,
    },
    log: slackLog,
  });
  const memory = createTestMemory();
  const drafts = keepAnswerDrafts();
  const project = (kept: PostedMemory = memory) =>
    createThreadProjection({
      client: slack.client,
      journal,
      incidents,
      clock: fast,
      mentionOf: directory.mentionOf,
      memory: kept,
      drafts,
      onProblem: say,
    });
  const projection = project();
  onTestFinished(async () => {
    await slack.stop();
    await projection.stop();
    await taking.stop();
    await workspace.stop();
  });
  if (start) {
    const started = await slack.start(new AbortController().signal);
    if (!started.ok) throw new Error(started.error.sentence);
    await directory.warm();
  }
  if (narrate) projection.start();

  return {
    workspace,
    at,
    clock,
    journal,
    incidents,
    taking,
    slack,
    directory,
    projection,
    project,
    memory,
    drafts,
    log,
    /** The journal's disk refuses everything until told otherwise. */
    refuse(problem: AppendProblem | undefined) {
      refusal = problem;
    },
    /** Appends what happened to an incident, as its workflows would. */
    async happens(reference: string, told: readonly Told[]) {
      const done = await incidents.append(reference, newEvents(told, clock.now().toISOString()));
      if (!done.ok) throw new Error(done.error.sentence);
    },
    /** The thread of an incident, its root first; waits until it has `count` messages. */
    thread(reference: string, count: number, timeoutMs = 5_000): Promise<readonly Message[]> {
      return workspace.waitFor((it) => {
        const root = incidents.get(reference)?.posts.root;
        const messages = root == null ? [] : it.messages(root.channel, root.ts);
        return messages.length >= count ? messages : undefined;
      }, timeoutMs);
    },
  };
}

export type Stage = Awaited<ReturnType<typeof createStage>>;

/** The calls of one Web API method, in order. */
export function callsOf(stage: { workspace: Stage['workspace'] }, method: string) {
  return stage.workspace
    .ledger()
    .filter((entry): entry is Extract<LedgerEntry, { kind: 'api-call' }> => entry.kind === 'api-call')
    .filter((entry) => entry.method === method);
}

/** All text of a message, blocks included. */
export function wordsOf(message: { readonly text?: string; readonly blocks?: unknown } | undefined): string {
  const words: string[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        if (key === 'text' && typeof item === 'string') words.push(item);
        else walk(item);
      }
    }
  };
  walk(message?.blocks);
  return [message?.text ?? '', ...words].join('\n');
}
