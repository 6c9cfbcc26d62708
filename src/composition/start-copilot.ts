import { mkdir } from 'node:fs/promises';
import { Hono } from 'hono';
import type { Logger } from 'pino';
import { createAlertmanagerSource } from '../adapters/alertmanager/alert-source.ts';
import { alertmanagerRoutes } from '../adapters/alertmanager/webhook-routes.ts';
import { createAuditLog } from '../adapters/audit-log/audit-log.ts';
import { readCatalog } from '../adapters/catalog-files/read-catalog.ts';
import { healthRoutes } from '../adapters/http/health-routes.ts';
import { startHttpServer } from '../adapters/http/http-server.ts';
import { incidentApi } from '../adapters/http/incident-api.ts';
import { openJsonlJournal } from '../adapters/jsonl/jsonl-journal.ts';
import { openCheckpoint } from '../adapters/lowdb/checkpoint.ts';
import { openPolicy } from '../adapters/opa/open-policy.ts';
import { createPrometheusSource } from '../adapters/prometheus/metrics-source.ts';
import { createRunbookFiles } from '../adapters/runbook-files/runbook-files.ts';
import { createSlackApp } from '../adapters/slack/slack-app.ts';
import { createSlackDirectory } from '../adapters/slack/slack-directory.ts';
import { createThreadProjection } from '../adapters/slack/thread-projection.ts';
import { createSystemClock } from '../adapters/system/clock.ts';
import { createSystemIds } from '../adapters/system/ids.ts';
import type { Config } from '../config/config.ts';
import { createRedactor } from '../core/evidence/redaction.ts';
import { findRun, hasEnded } from '../core/incident/state.ts';
import { fail, ok, type Problem, problem, type Result } from '../core/result.ts';
import { routeFor } from '../core/signal/route.ts';
import { whyNotSubject } from '../core/signal/subject.ts';
import type { ClusterWriter } from '../ports/cluster-writer.ts';
import type { Incidents } from '../ports/incidents.ts';
import type { Journal } from '../ports/journal.ts';
import { createAdvanceIncidents, type Handlers } from '../workflows/advance-incidents.ts';
import { createAnswerQuestion } from '../workflows/answer-question.ts';
import { createActionChecker } from '../workflows/check-action.ts';
import { createCheckPreconditions } from '../workflows/check-preconditions.ts';
import { createTargetClaims } from '../workflows/claim-targets.ts';
import { createClearAction } from '../workflows/clear-action.ts';
import { createDecideApproval } from '../workflows/decide-approval.ts';
import { createExecuteAction } from '../workflows/execute-action.ts';
import { createExplainIncident } from '../workflows/explain-incident.ts';
import { createInvestigate } from '../workflows/investigate.ts';
import { createInvestigateIncident } from '../workflows/investigate-incident.ts';
import { keepAnswerDrafts } from '../workflows/keep-answer-drafts.ts';
import { keepIncidents } from '../workflows/keep-incidents.ts';
import { createMakePlan } from '../workflows/make-plan.ts';
import { createConditionMeter } from '../workflows/measure-condition.ts';
import { createModelTools } from '../workflows/model-tools.ts';
import { createPerformRead } from '../workflows/perform-read.ts';
import { createPerformStep } from '../workflows/perform-step.ts';
import { createChangeProbe } from '../workflows/probe-change.ts';
import { createReceiveSignal } from '../workflows/receive-signal.ts';
import { createReleaseTargets } from '../workflows/release-targets.ts';
import { createRequestApproval } from '../workflows/request-approval.ts';
import { createTakeSignals } from '../workflows/take-signals.ts';
import { createValidateAction } from '../workflows/validate-action.ts';
import { exportTimeline } from './export-timeline.ts';
import { openCluster } from './open-cluster.ts';
import { openModel } from './open-model.ts';
import { readRedactionKey } from './redaction-key.ts';
import { createWatch, escalationOf } from './watch-dependencies.ts';

export type Copilot = {
  /** Base URL of the webhooks. */
  readonly url: string;
  readonly incidents: Incidents;
  readonly journal: Journal;
  /** Resolves when every signal was taken, no effect runs, and every thread says what the journal says. */
  idle(): Promise<void>;
  /** Lets what is in mid-air end, then closes everything. What was not begun is taken up at the next start. */
  stop(): Promise<void>;
};

/** Where a test may stand between the co-pilot and what it writes to, to stop the process at an exact point. */
export type Seams = {
  readonly journal?: (journal: Journal) => Journal;
  readonly writer?: (writer: ClusterWriter) => ClusterWriter;
};

const projection = 'slack-threads';

/**
 * Builds the co-pilot from its configuration and starts it: the same for Slack and a real cluster as for the sandbox, where only URLs differ.
 * Answers with a problem when something that it cannot do without is missing (journal, policy, runbooks, kubeconfig, port). Slack and the cluster may be down: it starts, says so, and goes on
 * when they are back.
 */
export async function startCopilot(config: Config, log: Logger, seams: Seams = {}): Promise<Result<Copilot, Problem>> {
  const clock = createSystemClock();
  const ids = createSystemIds({ clock });
  const closing: (() => unknown)[] = [];
  const say = (sentence: string) => log.warn(sentence);
  const giveUp = async <E extends Problem>(error: E): Promise<Result<never, E>> => {
    await closeAll(closing);
    return fail(error);
  };

  const folder = await prepareFolder(config.dataDir);
  if (!folder.ok) return folder;
  const checkpoint = await openCheckpoint({
    folder: config.dataDir,
    clock,
    onProblem: ({ sentence }) => say(sentence),
  });
  closing.push(() => checkpoint.close());
  const opened = await openJsonlJournal({
    folder: config.dataDir,
    clock,
    knownHeads: checkpoint.readModel().heads,
    onProblem: ({ sentence }) => say(sentence),
  });
  if (!opened.ok) return giveUp(opened.error);
  const store = opened.value;
  closing.push(() => store.close());
  const journal = seams.journal?.(store) ?? store;

  const policy = await openPolicy({ folder: config.policies });
  if (!policy.ok) return giveUp(policy.error);
  const redactor = createRedactor({ key: await readRedactionKey(config.dataDir) });
  const redact = (text: string) => redactor.redactText(text.toWellFormed());
  const runbooks = createRunbookFiles({
    folder: config.runbooks,
    context: () => ({ today: clock.now().toISOString().slice(0, 10) }),
    ...(config.runbookPages === undefined ? {} : { pages: { ...config.runbookPages, redact } }),
    onSkipped: say,
  });
  const loaded = await runbooks.reload();
  if (!loaded.ok) return giveUp(loaded.error);
  for (const { file, line, severity, message } of loaded.value.problems)
    if (severity === 'error') say(`${file}:${line}: ${message}. It is not used.`);

  const cluster = await openCluster(config.cluster);
  if (!cluster.ok) return giveUp(cluster.error);
  closing.push(() => cluster.value.close());
  const { reader } = cluster.value;
  const writer = seams.writer?.(cluster.value.writer) ?? cluster.value.writer;
  const { prometheusToken } = config.secrets;
  const metrics =
    config.prometheus === undefined
      ? undefined
      : createPrometheusSource({
          url: config.prometheus.url,
          headers: prometheusToken === undefined ? {} : { authorization: `Bearer ${prometheusToken}` },
        });

  const incidents = await keepIncidents({
    journal,
    clock,
    onWatcherError: (error) => log.error({ err: error }, 'a watcher of incidents failed'),
  });
  const receive = await createReceiveSignal({ journal, clock, ids });

  const meter = createConditionMeter({ reader, metrics });
  const probe = createChangeProbe({ reader, clock });
  const checker = createActionChecker({ reader, writer, policy: policy.value, clock, meter, redact });
  const claims = createTargetClaims({
    journal,
    clock,
    isUnderWay: ({ incident, run: id }) => {
      const state = incidents.get(incident);
      const run = state === undefined ? undefined : findRun(state, id);
      return run !== undefined && !hasEnded(run);
    },
  });
  const services = await readCatalog(config.runbooks);
  for (const sentence of services.problems) say(sentence);
  const investigate = createInvestigate({
    reader,
    metrics,
    alerts: config.alertmanager === undefined ? undefined : createAlertmanagerSource(config.alertmanager),
    audit: config.auditLog === undefined ? undefined : createAuditLog({ path: config.auditLog }),
    catalog: () => services.catalog,
    matchRunbooks: () => [],
    redactor,
    clock,
  });
  const model = await openModel(config, { journal, clock, ids, onProblem: say });
  const drafts = keepAnswerDrafts();
  const read = createPerformRead({ reader, metrics, clock, redact });
  const tools = createModelTools({ read, runbooks, incidents, redactor, clock });
  const handlers: Handlers = {
    investigate: createInvestigateIncident({ investigate, runbooks, incidents, clock, explains: model !== undefined }),
    'make-plan': createMakePlan({ runbooks, ids, redact }),
    'check-preconditions': createCheckPreconditions({ meter }),
    'check-action': createClearAction({ checker, claims }),
    'request-approval': createRequestApproval({ clock, ids, maxTtlSeconds: config.approvals.maxTtl / 1000 }),
    'perform-read': createPerformStep({ read, meter }),
    execute: createExecuteAction({ incidents, checker, probe, writer, clock }),
    validate: createValidateAction({ meter, probe, clock }),
    'release-targets': createReleaseTargets({ claims }),
    explain: createExplainIncident({ model, runbooks, redactor }),
    answer: createAnswerQuestion({ investigate, model, tools, drafts, redactor, clock }),
  };
  const advancing = createAdvanceIncidents({
    incidents,
    clock,
    handlers,
    explain: (error, { key }) => {
      log.error({ err: error, key }, 'an effect failed');
      return { code: 'effect.failed', sentence: redact(error instanceof Error ? error.message : String(error)) };
    },
    onProblem: say,
  });
  const taking = createTakeSignals({
    journal,
    incidents,
    clock,
    settings: {
      cluster: config.cluster.name,
      heartbeats: config.heartbeats,
      reopenWithinMs: config.reopenWithin,
      escalation: escalationOf(config),
      routeOf: (labels) => routeFor({ rules: config.routes, fallback: config.defaultRoute }, labels),
    },
    onProblem: say,
  });

  const { events } = cluster.value;
  const watching = createWatch({ config, reader, events, incidents, receive, clock, redact, onProblem: say });

  const slack = createSlackApp({
    botToken: config.secrets.slackBotToken,
    appToken: config.secrets.slackAppToken,
    apiUrl: config.slack.apiUrl,
    log,
    clock,
    useCases: {
      receive,
      decide: (click) => decide(click),
      incidents,
      exportTimeline: (reference) => exportTimeline(journal, reference),
      subjectProblem: (text) => {
        const open = incidents.all().filter(({ phase }) => phase !== 'resolved');
        return whyNotSubject(
          text,
          open.flatMap(({ opened: { scope } }) => scope.alert?.name ?? []),
        );
      },
      runbookNames: () => runbooks.list().runbooks.map(({ name }) => name),
      redact,
    },
  });
  const directory = createSlackDirectory({ client: slack.client, clock, groups: config.groups });
  const decide = createDecideApproval({ incidents, directory, clock });
  const threads = createThreadProjection({
    client: slack.client,
    journal,
    incidents,
    clock,
    mentionOf: directory.mentionOf,
    drafts,
    memory: {
      load: (schema) => checkpoint.get(projection, schema)?.data ?? {},
      save: (posted) => checkpoint.set(projection, { position: store.lastPosition(), data: posted }),
    },
    onProblem: say,
  });

  const app = new Hono()
    .route('/', healthRoutes({ isReady: () => slack.isConnected() }))
    .route('/', alertmanagerRoutes({ token: config.secrets.webhookToken, receive, redact, onProblem: say }));
  const { apiToken } = config.secrets;
  if (apiToken !== undefined)
    app.route(
      '/',
      incidentApi({
        token: apiToken,
        incidents,
        receive,
        timelineOf: async (reference) => {
          const exported = await exportTimeline(journal, reference);
          return exported.ok ? ok(exported.value.json) : exported;
        },
        redact,
        onProblem: say,
      }),
    );
  let http: Awaited<ReturnType<typeof startHttpServer>>;
  try {
    http = await startHttpServer(app, config.listen);
  } catch (error) {
    const { host, port } = config.listen;
    return giveUp(
      problem(
        'http.cannot-listen',
        `Cannot listen on ${host}:${port} (${codeOf(error)}). Nothing was started. Choose another listen.port.`,
      ),
    );
  }

  journal.subscribe(store.lastPosition(), (_event, position) => {
    checkpoint.setReadModel({
      position,
      heads: [...journal.heads()],
      incidents: incidents.all().map(({ reference, phase, seq }) => ({ reference, phase, seq })),
    });
  });
  await taking.start();
  advancing.start();
  // What was told before the last stop is taken first: the watch goes on from what open incidents hold.
  let stopping = false;
  if (watching !== undefined) {
    void taking.idle().then(() => {
      if (!stopping) watching.start();
    });
  }
  slack.start().then(
    async () => {
      await directory.warm();
      threads.start();
    },
    (error: unknown) => log.error({ err: error }, 'Slack could not be started'),
  );

  return ok({
    url: http.url,
    incidents,
    journal,
    async idle() {
      await taking.idle();
      await advancing.idle();
      await threads.idle();
    },
    async stop() {
      stopping = true;
      await watching?.stop();
      await http.stop();
      await slack.stop();
      await taking.stop();
      await advancing.stop();
      await threads.stop();
      await closeAll(closing);
    },
  });
}

async function prepareFolder(path: string): Promise<Result<undefined, Problem>> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    return ok(undefined);
  } catch (error) {
    return fail(
      problem(
        'data.unwritable',
        `The data folder ${path} cannot be made (${codeOf(error)}). Nothing was started. Choose another with dataDir.`,
      ),
    );
  }
}

async function closeAll(closing: readonly (() => unknown)[]): Promise<void> {
  for (const close of closing.toReversed()) await close();
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
