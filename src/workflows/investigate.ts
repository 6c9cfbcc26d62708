import { type ClusterView, type ContainerLog, createClusterView } from '../core/cluster/cluster-view.ts';
import { isKnownKind, typeOfKind } from '../core/cluster/kinds.ts';
import { type ObjectRef, sayRef, type WireObject } from '../core/cluster/object.ts';
import { readSetFor } from '../core/cluster/read-set.ts';
import { createTopology } from '../core/cluster/topology.ts';
import { alertTargetOf, resolveAlertTarget } from '../core/diagnosis/alert-target.ts';
import type { MemoryReading } from '../core/diagnosis/analysis.ts';
import { diagnose } from '../core/diagnosis/diagnose.ts';
import type { Investigation, RunbookMatch, Scope } from '../core/diagnosis/investigation.ts';
import { deeperReadsFor } from '../core/diagnosis/log-requests.ts';
import { memoryPeakQuery, memoryReadingsOf } from '../core/diagnosis/memory-query.ts';
import { scopeViewOf } from '../core/diagnosis/scope-view.ts';
import { refOfSubject, resolveSubject, type Subject } from '../core/diagnosis/subject.ts';
import type { Redactor } from '../core/evidence/redaction.ts';
import { fail, type Problem, problem, type Result } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterReader } from '../ports/cluster-reader.ts';
import type { MetricsSource } from '../ports/metrics-source.ts';

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
  readonly alert?: { readonly summary?: string; readonly description?: string; readonly runbookUrl?: string };
};

export type Investigate = (question: Question, signal?: AbortSignal) => Promise<Investigation>;

export type InvestigateDependencies = {
  readonly reader: ClusterReader;
  readonly metrics?: MetricsSource | undefined;
  readonly matchRunbooks: MatchRunbooks;
  readonly redactor: Redactor;
  readonly clock: Clock;
  /** When the objects were as the reader tells, if not now: the time of a snapshot. */
  readonly asOf?: Date | undefined;
  /** Longest wait for one list, log or query. A source that is slower is named in `missing`, and the answer goes without it. */
  readonly sourceTimeoutMs?: number | undefined;
};

const defaultSourceTimeoutMs = 5000;
const logTail = { tailLines: 40, limitBytes: 16 * 1024 };
const maxOwnersCompleted = 20;

type Missing = Investigation['missing'][number];

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
    const missing: Missing[] = [];
    const timed = createDeadline({ clock, signal, timeoutMs });

    const labels = question.scope.alert?.labels ?? {};
    const target = alertTargetOf(labels);
    const named =
      question.scope.object ?? (question.subject && refOfSubject(question.subject, question.scope.namespace));
    const byAlert = named === undefined && question.subject === undefined && question.scope.alert !== undefined;
    const first = target.candidates[0];
    const readScope = {
      namespace:
        named?.namespace ??
        (named?.kind === 'Namespace' ? named.name : undefined) ??
        question.subject?.namespace ??
        question.scope.namespace ??
        (byAlert ? target.namespace : undefined),
      object: named ?? (byAlert && first?.kind === 'Node' ? first : undefined),
      service: byAlert && target.candidates.some(({ kind }) => kind === 'Service'),
    };
    const capturedAt = asOf ?? clock.now();

    const objects = await readObjects(reader, readScope, timed, missing);
    const completed = await completeOwners(reader, objects, timed, missing);
    stopwatch.lap('read');

    const bare = createClusterView(completed);
    const { object, problem: lost } = locate(bare, question, named, byAlert ? target : undefined);
    if (lost !== undefined) missing.push({ source: 'scope', why: lost });
    const scope = { namespace: readScope.namespace, object };
    const scopeView = lost === undefined ? scopeViewOf(bare, createTopology(bare), scope) : undefined;
    const deeper =
      scopeView === undefined ? { logs: [], memory: [] } : deeperReadsFor(bare, scopeView, capturedAt.getTime());
    const [logs, memory] = await Promise.all([
      readLogs(reader, deeper.logs, capturedAt, timed, missing),
      readMemory(metrics, deeper.memory, timed, missing),
    ]);
    stopwatch.lap('logs');

    const view = logs.length === 0 ? bare : createClusterView(completed, logs);
    const diagnosis =
      lost === undefined
        ? diagnose(view, scope, { now: capturedAt.getTime(), missing, redactor, memory })
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

async function readObjects(
  reader: ClusterReader,
  scope: Parameters<typeof readSetFor>[0],
  timed: Deadline,
  missing: Missing[],
): Promise<readonly WireObject[]> {
  const lists = await Promise.all(
    readSetFor(scope).map(async ({ kind, namespace, fieldSelector, source }) => {
      const read = await timed((signal) =>
        reader.list(typeOfKind(kind), {
          ...(namespace === undefined ? {} : { namespace }),
          ...(fieldSelector === undefined ? {} : { fieldSelector }),
          signal,
        }),
      );
      if (read.ok) return read.value;
      missing.push({ source, why: read.error.sentence });
      return [];
    }),
  );
  return lists.flat();
}

/** Reads owners that pods refer to and no list gave: on a node they live in other namespaces, and a list may have been refused. Two steps lead from a pod to its workload. */
async function completeOwners(
  reader: ClusterReader,
  objects: readonly WireObject[],
  timed: Deadline,
  missing: Missing[],
): Promise<readonly WireObject[]> {
  let known = objects;
  const asked = new Set<string>();
  for (let step = 0; step < 2; step++) {
    const view = createClusterView(known);
    const wanted = new Map<string, ObjectRef>();
    for (const pod of view.list('Pod')) {
      const top = view.ownersOf(pod).at(-1);
      if (top === undefined || top.object !== undefined || !isKnownKind(top.ref.kind)) continue;
      const key = sayRef(top.ref);
      if (!asked.has(key) && typeOfKind(top.ref.kind).namespaced) wanted.set(key, top.ref);
    }
    const batch = [...wanted].slice(0, maxOwnersCompleted);
    if (batch.length === 0) break;
    const found = await Promise.all(
      batch.map(async ([key, { kind, namespace, name }]) => {
        asked.add(key);
        if (!isKnownKind(kind)) return [];
        const read = await timed((signal) => reader.get(typeOfKind(kind), namespace, name, signal));
        if (read.ok) return [read.value];
        if (read.error.code !== 'cluster.not-found') missing.push({ source: key, why: read.error.sentence });
        return [];
      }),
    );
    if (found.flat().length === 0) break;
    known = [...known, ...found.flat()];
  }
  return known;
}

async function readLogs(
  reader: ClusterReader,
  requests: ReturnType<typeof deeperReadsFor>['logs'],
  capturedAt: Date,
  timed: Deadline,
  missing: Missing[],
): Promise<readonly ContainerLog[]> {
  const logs = await Promise.all(
    requests.map(async ({ pod, namespace, container, previous }) => {
      const podName = pod.metadata.name;
      const read = await timed((signal) =>
        reader.log({ namespace, pod: podName, container, previous, ...logTail, signal }),
      );
      if (read.ok)
        return [{ namespace, pod: podName, container, previous, text: read.value, at: capturedAt.getTime() }];
      missing.push({
        source: `${previous ? 'previous log' : 'log'} of ${namespace}/${podName} container ${container}`,
        why: read.error.sentence,
      });
      return [];
    }),
  );
  return logs.flat();
}

async function readMemory(
  metrics: MetricsSource | undefined,
  requests: ReturnType<typeof deeperReadsFor>['memory'],
  timed: Deadline,
  missing: Missing[],
): Promise<readonly MemoryReading[]> {
  if (requests.length === 0) return [];
  if (metrics === undefined) {
    missing.push({ source: 'metrics', why: 'No metrics source is configured, so memory use was not measured.' });
    return [];
  }
  const readings = await Promise.all(
    requests.map(async (request) => {
      const read = await timed((signal) => metrics.query(memoryPeakQuery(request), signal));
      if (read.ok) return memoryReadingsOf(read.value);
      missing.push({ source: 'metrics', why: read.error.sentence });
      return [];
    }),
  );
  return readings.flat();
}

/** The object the question means, once the cluster was read; `problem` when it names one that is not there. Without a name the namespace is meant. */
function locate(
  view: ClusterView,
  question: Question,
  named: ObjectRef | undefined,
  target: ReturnType<typeof alertTargetOf> | undefined,
): { readonly object: ObjectRef | undefined; readonly problem?: string } {
  if (named !== undefined) return { object: named };
  if (question.subject !== undefined) {
    const resolved = resolveSubject(view, question.subject);
    return resolved.ok ? { object: resolved.value } : { object: undefined, problem: resolved.error.sentence };
  }
  if (target === undefined || target.candidates.length === 0) return { object: undefined };
  const object = resolveAlertTarget(view, target);
  if (object !== undefined) return { object };
  const names = target.candidates.slice(0, 3).map(sayRef).join(', ');
  return {
    object: undefined,
    problem: `the alert speaks of ${names}, which is not among the objects that could be read`,
  };
}

function runbookQueryFor(question: Question, findingCodes: readonly string[]): RunbookQuery {
  const { alert } = question.scope;
  return {
    ...(alert === undefined ? {} : { alertname: alert.name }),
    ...question.alert,
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
            labels: Object.fromEntries(
              Object.entries(alert.labels).map(([name, value]) => [name, redactor.redactText(value)]),
            ),
          },
        }),
  };
}

type Deadline = <T, C extends string>(
  read: (signal: AbortSignal) => Promise<Result<T, Problem<C>>>,
) => Promise<Result<T, Problem<C | 'source.timeout'>>>;

/** Gives each read its own time. The caller's abort ends everything; a read that is late is told to stop and not waited for. */
function createDeadline(dependencies: { clock: Clock; signal: AbortSignal; timeoutMs: number }): Deadline {
  const { clock, signal, timeoutMs } = dependencies;
  return async (read) => {
    signal.throwIfAborted();
    const late = new AbortController();
    const timer = new AbortController();
    const both = AbortSignal.any([signal, late.signal]);
    const timeout = clock.sleep(timeoutMs, AbortSignal.any([signal, timer.signal])).then(
      () => fail(problem('source.timeout', `It did not answer within ${timeoutMs} ms.`)),
      () => new Promise<never>((_resolve, reject) => (signal.aborted ? reject(signal.reason) : undefined)),
    );
    try {
      const answer = await Promise.race([read(both), timeout]);
      // A reader that was aborted may say so as a problem of its own; the caller's abort is not a finding.
      signal.throwIfAborted();
      return answer;
    } finally {
      timer.abort();
      late.abort();
    }
  };
}

function createStopwatch(clock: Clock) {
  const start = clock.monotonicMs();
  const laps: Record<string, number> = {};
  let last = start;
  const rounded = (ms: number) => Math.round(ms * 10) / 10;
  return {
    lap(stage: string): void {
      const now = clock.monotonicMs();
      laps[stage] = rounded(now - last);
      last = now;
    },
    total: (): Readonly<Record<string, number>> => ({ total: rounded(clock.monotonicMs() - start), ...laps }),
  };
}
