import { createRunbookFiles } from '../../src/adapters/runbook-files/runbook-files.ts';
import type { Click, ClickAnswer } from '../../src/core/approval/decide-click.ts';
import type { Investigation } from '../../src/core/diagnosis/investigation.ts';
import { createRedactor, type Redactor } from '../../src/core/evidence/redaction.ts';
import type { IncidentEventType } from '../../src/core/incident/events.ts';
import type { IncidentState, Run } from '../../src/core/incident/state.ts';
import type { JournalEvent, NewEvent } from '../../src/core/journal/event.ts';
import { fail, ok, type Problem, problem, type Result } from '../../src/core/result.ts';
import type { Person, Signal } from '../../src/core/signal/signal.ts';
import type { Desk } from '../../src/core/signal/take-signal.ts';
import type { ActionChecker } from '../../src/ports/action-checker.ts';
import type { ConditionMeter } from '../../src/ports/condition-meter.ts';
import type { Directory } from '../../src/ports/directory.ts';
import type { Ids } from '../../src/ports/ids.ts';
import type { Incidents } from '../../src/ports/incidents.ts';
import type { Journal } from '../../src/ports/journal.ts';
import type { ModelDesk } from '../../src/ports/model-desk.ts';
import type { PolicyEngine } from '../../src/ports/policy-engine.ts';
import type { RunbookSource } from '../../src/ports/runbook-source.ts';
import { createMemoryJournal, type MemoryJournal } from '../../src/sandbox/memory-journal.ts';
import { createAdvanceIncidents, type Handlers } from '../../src/workflows/advance-incidents.ts';
import { createAnswerQuestion } from '../../src/workflows/answer-question.ts';
import { createActionChecker } from '../../src/workflows/check-action.ts';
import { createCheckPreconditions } from '../../src/workflows/check-preconditions.ts';
import { createTargetClaims } from '../../src/workflows/claim-targets.ts';
import { createClearAction } from '../../src/workflows/clear-action.ts';
import { createDecideApproval } from '../../src/workflows/decide-approval.ts';
import { createExecuteAction } from '../../src/workflows/execute-action.ts';
import { createExplainIncident } from '../../src/workflows/explain-incident.ts';
import { createInvestigateIncident } from '../../src/workflows/investigate-incident.ts';
import { keepAnswerDrafts } from '../../src/workflows/keep-answer-drafts.ts';
import { keepIncidents } from '../../src/workflows/keep-incidents.ts';
import { createMakePlan } from '../../src/workflows/make-plan.ts';
import { createConditionMeter } from '../../src/workflows/measure-condition.ts';
import { createModelTools } from '../../src/workflows/model-tools.ts';
import { createPerformRead } from '../../src/workflows/perform-read.ts';
import { createPerformStep } from '../../src/workflows/perform-step.ts';
import { createChangeProbe } from '../../src/workflows/probe-change.ts';
import { createReceiveSignal } from '../../src/workflows/receive-signal.ts';
import { createReleaseTargets } from '../../src/workflows/release-targets.ts';
import { createRequestApproval } from '../../src/workflows/request-approval.ts';
import { createTakeSignals } from '../../src/workflows/take-signals.ts';
import { createValidateAction } from '../../src/workflows/validate-action.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { createFakeCluster, type FakeCluster } from './fake-cluster.ts';
import { createFakeIds } from './fake-ids.ts';
import { fakePolicy } from './fake-policy.ts';
import { alertGroup, allow, ann, askFor, investigation, lena } from './incident-facts.ts';

const loading = createRunbookFiles({
  folder: new URL('../../runbooks', import.meta.url).pathname,
  context: () => ({ today: '2026-11-21' }),
});
await loading.reload();

/** What outlives a process: its clock, its journal, the cluster, the people. */
export type World = {
  readonly clock: FakeClock;
  readonly ids: Ids;
  readonly journal: MemoryJournal;
  readonly cluster: FakeCluster;
  /** Members of each group; `undefined` for a group that cannot be read. */
  readonly groups: Record<string, readonly string[] | undefined>;
  /** What the disk answers instead of storing; undefined when it works. */
  disk: (stream: string, events: readonly NewEvent[]) => Problem<'journal.unavailable'> | undefined;
};

export function createWorld({ heals = true } = {}): World {
  const clock = createFakeClock();
  const world: World = {
    clock,
    ids: createFakeIds(),
    journal: createMemoryJournal({ clock, refuse: (stream, events) => world.disk(stream, events) }),
    cluster: createFakeCluster({ heals }),
    groups: { 'sre-leads': [lena.id, 'U-LUKAS', ann.id] },
    disk: () => undefined,
  };
  return world;
}

export const diskFull = problem('journal.unavailable', 'The disk is full. Nothing was stored. Make room.');

export type BenchOptions = {
  readonly policy?: PolicyEngine;
  readonly journal?: Journal;
  readonly investigation?: () => Investigation;
  readonly runbooks?: RunbookSource;
  readonly settings?: Partial<Omit<Desk, 'incidents' | 'nextReference'>>;
  readonly meter?: (real: ConditionMeter) => ConditionMeter;
  readonly checker?: (real: ActionChecker) => ActionChecker;
  readonly handlers?: Partial<Handlers>;
  readonly maxTtlSeconds?: number;
  /** A language model; none when left out. */
  readonly model?: ModelDesk;
  readonly redactor?: Redactor;
};

/** One process of the co-pilot: all workflows as they are wired in the product, over fakes of what is outside. */
export type Bench = {
  readonly incidents: Incidents;
  readonly problems: readonly string[];
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  receive(signal?: Signal): Promise<Result<unknown, Problem>>;
  command(
    verb: 'investigate' | 'run' | 'stop' | 'ask',
    text: string,
    more?: { person?: Person; incident?: string },
  ): Promise<unknown>;
  /** Clicks on the card that is open, or on `approval`. */
  click(decision?: 'approve' | 'reject', more?: Partial<Click>): Promise<ClickAnswer>;
  /** Everything that can happen now, happens. */
  settle(): Promise<void>;
  pass(ms: number): Promise<void>;
  incident(reference?: string): IncidentState;
  run(reference?: string): Run;
  approval(reference?: string): string | undefined;
  types(reference?: string): Promise<IncidentEventType[]>;
  events(reference?: string): Promise<readonly JournalEvent[]>;
};

/** Reads are allowed, every write asks one of sre-leads. */
const assist = () =>
  fakePolicy(({ action }) => (action.class === 'read' || action.class === 'manual' ? allow : askFor()));

export async function openBench(world: World, options: BenchOptions = {}): Promise<Bench> {
  const { clock, ids, cluster } = world;
  const journal = options.journal ?? world.journal;
  const problems: string[] = [];
  const { reader, writer } = cluster;
  const policy = options.policy ?? assist();
  const runbooks = options.runbooks ?? loading;
  const redact = (text: string) => text.replaceAll('hunter2', '[masked]');
  const directory: Directory = {
    async membersOf(group) {
      const members = world.groups[group];
      return members === undefined ? fail(problem('directory.unavailable', 'Slack is down.')) : ok(members);
    },
  };
  const incidents = await keepIncidents({
    journal,
    clock,
    onWatcherError: (error) => {
      throw error;
    },
  });
  const receive = await createReceiveSignal({ journal, clock, ids });
  const real = createConditionMeter({ reader, metrics: undefined });
  const meter = options.meter?.(real) ?? real;
  const probe = createChangeProbe({ reader, clock });
  const realChecker = createActionChecker({ reader, writer, policy, clock, meter, redact });
  const checker = options.checker?.(realChecker) ?? realChecker;
  const isUnderWay = ({ incident, run }: { incident: string; run: string }) =>
    incidents.get(incident)?.runs.some(({ id, endedAt }) => id === run && endedAt === null) ?? false;
  const claims = createTargetClaims({ journal, clock, isUnderWay });
  const investigate = async () => options.investigation?.() ?? investigation();
  const redactor = options.redactor ?? createRedactor({ key: 'test' });
  const read = createPerformRead({ reader, metrics: undefined, clock, redact });
  const tools = createModelTools({ read, runbooks, incidents, redactor, clock });
  const drafts = keepAnswerDrafts();
  const handlers: Handlers = {
    investigate: createInvestigateIncident({
      investigate,
      runbooks,
      incidents,
      clock,
      explains: options.model !== undefined,
    }),
    explain: createExplainIncident({ model: options.model, runbooks, redactor }),
    answer: createAnswerQuestion({ investigate, model: options.model, tools, redactor, clock, drafts }),
    'make-plan': createMakePlan({ runbooks, ids, redact }),
    'check-preconditions': createCheckPreconditions({ meter }),
    'check-action': createClearAction({ checker, claims }),
    'request-approval': createRequestApproval({ clock, ids, maxTtlSeconds: options.maxTtlSeconds ?? 3_600 }),
    'perform-read': createPerformStep({
      read: createPerformRead({ reader, metrics: undefined, clock, redact }),
      meter,
    }),
    execute: createExecuteAction({ incidents, checker, probe, writer, clock }),
    validate: createValidateAction({ meter, probe, clock }),
    'release-targets': createReleaseTargets({ claims }),
    ...options.handlers,
  };
  const advancing = createAdvanceIncidents({
    incidents,
    clock,
    handlers,
    explain: (error) => ({ code: 'effect.failed', sentence: error instanceof Error ? error.message : String(error) }),
    onProblem: (sentence) => problems.push(sentence),
  });
  const taking = createTakeSignals({
    journal,
    incidents,
    clock,
    settings: {
      cluster: 'test',
      heartbeats: ['Watchdog'],
      reopenWithinMs: 1_800_000,
      routeOf: () => ({ channel: 'C-OPS', approvers: [], autonomy: 'assist' }),
      ...options.settings,
    },
    onProblem: (sentence) => problems.push(sentence),
  });
  const decide = createDecideApproval({ incidents, directory, clock });

  const bench: Bench = {
    incidents,
    problems,
    async start() {
      await taking.start();
      advancing.start();
      await bench.settle();
    },
    async stop() {
      await taking.stop();
      await advancing.stop();
    },
    receive: (signal = alertGroup()) => receive(signal, { kind: 'signal', name: 'Alertmanager' }),
    command: (verb, text, { person = ann, incident } = {}) =>
      receive(
        {
          kind: 'command',
          source: 'slack',
          verb,
          text,
          person,
          channel: 'C-OPS',
          ...(incident === undefined ? {} : { incident }),
        },
        { kind: 'user', id: person.id, name: person.name },
      ),
    async click(decision = 'approve', more = {}) {
      const approval = more.approval ?? bench.approval() ?? 'none';
      const answer = await decide({ person: lena, at: null, reason: '', typed: null, ...more, approval, decision });
      if (!answer.ok) throw new Error(answer.error.sentence);
      return answer.value;
    },
    settle: () => clock.advance(0),
    pass: (ms) => clock.advance(ms),
    incident(reference = 'INC-1') {
      const state = incidents.get(reference);
      if (state === undefined) throw new Error(`there is no ${reference}`);
      return state;
    },
    run(reference) {
      const run = bench.incident(reference).runs.at(-1);
      if (run === undefined) throw new Error('there is no run');
      return run;
    },
    approval: (reference) =>
      Object.values(bench.incident(reference).approvals).findLast(({ status }) => status === 'pending')?.id,
    types: async (reference) => (await bench.events(reference)).map(({ type }) => type as IncidentEventType),
    events: (reference = 'INC-1') => journal.read(`incident/${reference}`),
  };
  return bench;
}

/** A bench that is started and has taken one alert: it waits for people. */
export async function benchAtTheCard(options: BenchOptions & { readonly heals?: boolean } = {}) {
  const world = createWorld(options.heals === undefined ? {} : { heals: options.heals });
  const bench = await openBench(world, options);
  await bench.start();
  await bench.receive();
  await bench.settle();
  return { world, bench };
}

/** A journal as one process sees it: from the moment it dies, nothing it does reaches the log, and nothing comes back. */
export function mortal(journal: Journal, dies: (append: number) => 'before' | 'after' | undefined) {
  let dead = false;
  let appends = 0;
  const never = () => new Promise<never>(() => undefined);
  const seen: Journal = {
    ...journal,
    async append(stream, expectedSeq, events) {
      if (dead) return never();
      appends += 1;
      const moment = dies(appends);
      if (moment === 'before') dead = true;
      if (dead) return never();
      const appended = await journal.append(stream, expectedSeq, events);
      if (moment === 'after') dead = true;
      return dead ? never() : appended;
    },
    subscribe: (from, listener) => journal.subscribe(from, (event, position) => dead || listener(event, position)),
  };
  return {
    journal: seen,
    appends: () => appends,
    isDead: () => dead,
    kill: () => {
      dead = true;
    },
  };
}
