import { type Catalog, callsOf, emptyCatalog } from '../core/catalog/catalog.ts';
import type { ObjectRef } from '../core/cluster/object.ts';
import { createTopology } from '../core/cluster/topology.ts';
import { isRecord } from '../core/cluster/wire.ts';
import { type Diagnosis, diagnose } from '../core/diagnosis/diagnose.ts';
import type { Investigation, RunbookMatch, Scope } from '../core/diagnosis/investigation.ts';
import { deeperReadsFor } from '../core/diagnosis/log-requests.ts';
import { scopeViewOf } from '../core/diagnosis/scope-view.ts';
import type { Subject } from '../core/diagnosis/subject.ts';
import type { Redactor } from '../core/evidence/redaction.ts';
import type { AlertSource } from '../ports/alert-source.ts';
import type { AuditSource } from '../ports/audit-source.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterReader } from '../ports/cluster-reader.ts';
import type { MetricsSource } from '../ports/metrics-source.ts';
import { createDeadline } from './read-cluster/deadline.ts';
import { createGathering } from './read-cluster/gathering.ts';
import { readLogs } from './read-cluster/read-logs.ts';
import { readMemory } from './read-cluster/read-memory.ts';
import { readObservations } from './read-cluster/read-observations.ts';
import { readScope } from './read-cluster/read-scope.ts';
import { createStopwatch } from './read-cluster/stopwatch.ts';

export type RunbookQuery = {
  readonly alertname?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly runbookUrl?: string;
  readonly findingCodes: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
};
export type MatchRunbooks = (query: RunbookQuery) => readonly RunbookMatch[];

/**
 * What is asked. `scope.cluster` is answered by the reader and may be left out; `subject` is what a person named when only the cluster can tell which
 * object it is. `alert` carries the words of the alert that the scope's labels came with: they help to find a runbook and nothing else.
 */
export type Question = {
  readonly scope: Omit<Scope, 'cluster'> & { readonly cluster?: string };
  readonly subject?: Subject;
  readonly alert?: {
    readonly summary?: string;
    readonly description?: string;
    readonly runbookUrl?: string;
    /** Its own PromQL, where the alert carries one. */
    readonly expression?: string;
  };
};

export type Investigate = (question: Question, signal?: AbortSignal) => Promise<Investigation>;

export type InvestigateDependencies = {
  readonly reader: ClusterReader;
  readonly metrics?: MetricsSource | undefined;
  readonly alerts?: AlertSource | undefined;
  readonly audit?: AuditSource | undefined;
  /** Services and who needs whom, besides what the cluster says. Asked at each look: the file may be written again. */
  readonly catalog?: (() => Catalog) | undefined;
  readonly matchRunbooks: MatchRunbooks;
  readonly redactor: Redactor;
  readonly clock: Clock;
  /** When the objects were as the reader tells, if not now: the time of a snapshot. */
  readonly asOf?: Date | undefined;
  /** Longest wait for one list, log or query. A source that is slower is named in `missing`, and the answer goes without it. */
  readonly sourceTimeoutMs?: number | undefined;
};

const defaultSourceTimeoutMs = 5000;

/**
 * Looks at a scope once and answers: reads what it needs in parallel, concludes by rules, finds runbooks. Never throws for what a source does: what could
 * not be read is named in `missing`. When `signal` is aborted it rejects with the signal's reason.
 */
export function createInvestigate(dependencies: InvestigateDependencies): Investigate {
  const { reader, metrics, matchRunbooks, redactor, clock, asOf } = dependencies;
  const timeoutMs = dependencies.sourceTimeoutMs ?? defaultSourceTimeoutMs;
  return async (question, signal = new AbortController().signal) => {
    signal.throwIfAborted();
    const stopwatch = createStopwatch(clock);
    const timed = createDeadline({ clock, signal, timeoutMs });
    const capturedAt = asOf ?? clock.now();
    const now = capturedAt.getTime();

    const gathering = createGathering({ reader, timed });
    const catalog = dependencies.catalog?.() ?? emptyCatalog;
    const watching = readObservations({
      reader,
      metrics,
      alertSource: dependencies.alerts,
      audit: dependencies.audit,
      timed,
      now,
      gathering,
    });
    const { scope, problem: lost } = await readScope(question, { reader, timed, gathering });
    stopwatch.lap('read');

    const bare = gathering.view();
    const calls = [...watching.recorded.calls, ...callsOf(catalog)];
    const scopeView = lost === undefined ? scopeViewOf(bare, createTopology(bare, calls), scope) : undefined;
    const isCapture = reader.emptyMeans === 'unknown';
    const deeper =
      scopeView === undefined
        ? { logs: [], memory: [] }
        : deeperReadsFor(bare, scopeView, now, { asked: scope.object, isCapture });
    const [logs, memory, observations] = await Promise.all([
      readLogs({ reader, timed, gathering, now }, deeper.logs),
      readMemory({ metrics, timed, gathering }, deeper.memory),
      watching.finish(bare, scopeView, scope, question.alert?.expression),
    ]);
    stopwatch.lap('logs');

    const view = logs.length === 0 ? bare : gathering.view(logs);
    const { missing, unread } = gathering;
    if (lost !== undefined) missing.push({ source: 'scope', why: lost });
    const diagnosis =
      lost === undefined
        ? withUnread(
            diagnose(view, scope, {
              now,
              missing,
              redactor,
              memory,
              catalog,
              observations: { ...observations, calls },
            }),
            { unread, isCapture, redactor },
          )
        : { status: 'inconclusive' as const, findings: [], evidence: [], missing };
    stopwatch.lap('diagnose');
    const runbooks = matchRunbooks(
      runbookQueryFor(
        question,
        diagnosis.findings.map(({ code }) => code),
      ),
    );
    stopwatch.lap('runbooks');

    return {
      schema: 'sre-copilot/investigation/v1',
      scope: scopeToTell(reader.cluster, question, scope, redactor),
      capturedAt: capturedAt.toISOString(),
      ...diagnosis,
      runbooks: [...runbooks],
      elapsedMs: stopwatch.total(),
    };
  };
}

/** What a role may not see, or a capture does not hold, is told beside an answer that it might have changed; a scope whose every object is well stays healthy. */
function withUnread(
  diagnosis: Diagnosis,
  {
    unread,
    isCapture,
    redactor,
  }: { readonly unread: Investigation['missing']; readonly isCapture: boolean; readonly redactor: Redactor },
): Diagnosis {
  if (diagnosis.status === 'healthy') return diagnosis;
  // Beside an answer that stands on enough, what nobody captured is noise; what was refused is not.
  if (isCapture && diagnosis.findings[0]?.confidence === 'high') return diagnosis;
  const more = unread
    .filter(({ source }) => !diagnosis.missing.some((known) => known.source === source))
    .map(({ source, why }) => ({ source, why: redactor.redactText(why) }));
  return { ...diagnosis, missing: [...diagnosis.missing, ...more] };
}

function runbookQueryFor(question: Question, findingCodes: readonly string[]): RunbookQuery {
  const { alert } = question.scope;
  const { expression: _expression, ...words } = question.alert ?? {};
  return {
    ...(alert === undefined ? {} : { alertname: alert.name }),
    ...words,
    findingCodes: [...new Set(findingCodes)],
    labels: alert?.labels ?? {},
  };
}

function scopeToTell(
  cluster: string,
  question: Question,
  scope: { readonly namespace: string | undefined; readonly object: ObjectRef | undefined },
  redactor: Redactor,
): Scope {
  const namespace = scope.object?.namespace ?? scope.namespace;
  const { alert } = question.scope;
  return {
    cluster,
    ...(namespace === undefined ? {} : { namespace }),
    ...(scope.object === undefined ? {} : { object: scope.object }),
    ...(alert === undefined
      ? {}
      : {
          alert: {
            ...alert,
            labels: redactLabels(alert.labels, redactor),
          },
        }),
  };
}

/** Labels by name and value: one called `token` is masked whatever it looks like. */
function redactLabels(labels: Readonly<Record<string, string>>, redactor: Redactor): Record<string, string> {
  const redacted = redactor.redactObject(labels);
  return isRecord(redacted)
    ? Object.fromEntries(Object.entries(redacted).map(([name, value]) => [name, String(value)]))
    : {};
}
