import type { ReadAction, WorkloadRef } from '../core/action/action.ts';
import { field, textAt } from '../core/action/output/fields.ts';
import { type LogSource, logSourceOf, prefixLog, rankForLogs } from '../core/action/output/log-sources.ts';
import { type OutputRow, type ReadOutput, textOutput } from '../core/action/output/read-output.ts';
import { renderDescribe } from '../core/action/output/render-describe.ts';
import { renderObjects } from '../core/action/output/render-objects.ts';
import { renderQuery } from '../core/action/output/render-query.ts';
import { renderReadOutput } from '../core/action/output/render-read-output.ts';
import { renderRolloutHistory, renderRolloutStatus } from '../core/action/output/render-rollout.ts';
import { renderTopNodes, renderTopPods } from '../core/action/output/render-top.ts';
import { selectorText } from '../core/action/output/selector-text.ts';
import { refOf, sayRef, type WireObject } from '../core/cluster/object.ts';
import { defaultNamespace, findResourceType, resourceTypeOfKind } from '../core/cluster/resource-types.ts';
import { fail, ok, type Problem, problem, type Result } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterReader, ListOptions, ReadProblem, ResourceType } from '../ports/cluster-reader.ts';
import type { MetricsProblem, MetricsSource } from '../ports/metrics-source.ts';

export type PerformReadDeps = {
  readonly reader: ClusterReader;
  readonly metrics?: MetricsSource | undefined;
  readonly clock: Clock;
  /** Takes secrets out of text. Must not throw; when it does, nothing of the output leaves. */
  readonly redact: (text: string) => string;
};

type PerformReadProblem = ReadProblem | MetricsProblem | Problem<'read.unknown-resource' | 'read.not-redacted'>;
type Outcome = Result<ReadOutput, PerformReadProblem>;
export type PerformRead = (action: ReadAction, signal: AbortSignal) => Promise<Outcome>;

type ActionOf<K extends ReadAction['kind']> = Extract<ReadAction, { kind: K }>;

const maxLogPods = 5;
const manyPodsTailLines = 50;
const manyPodsLimitBytes = 32 * 1024;

const pods: ResourceType = { apiVersion: 'v1', resource: 'pods', kind: 'Pod', namespaced: true };
const nodes: ResourceType = { apiVersion: 'v1', resource: 'nodes', kind: 'Node', namespaced: false };
const events: ResourceType = { apiVersion: 'v1', resource: 'events', kind: 'Event', namespaced: true };
const deployments: ResourceType = {
  apiVersion: 'apps/v1',
  resource: 'deployments',
  kind: 'Deployment',
  namespaced: true,
};
const replicaSets: ResourceType = {
  apiVersion: 'apps/v1',
  resource: 'replicasets',
  kind: 'ReplicaSet',
  namespaced: true,
};
const metricsApi = 'metrics.k8s.io/v1beta1';
const podMetrics: ResourceType = { apiVersion: metricsApi, resource: 'pods', kind: 'PodMetrics', namespaced: true };
const nodeMetrics: ResourceType = { apiVersion: metricsApi, resource: 'nodes', kind: 'NodeMetrics', namespaced: false };

/**
 * Carries out reads through the ClusterReader and MetricsSource ports, and nothing else. An action without a namespace reads `default`,
 * as kubectl does; all namespaces only when it says so.
 *
 * The output is what kubectl would print (see `ReadOutput`), redacted: text, rows, notes and failure. Problems are those of the ports,
 * `metrics.unconfigured` for a query without a source, `read.unknown-resource` for a type outside the closed table (Secrets among
 * them), `read.not-redacted` when the redaction failed. What could be read in part is told in `notes`.
 */
export function createPerformRead(deps: PerformReadDeps): PerformRead {
  const { reader, metrics, clock, redact } = deps;

  async function perform(action: ReadAction, signal: AbortSignal): Promise<Outcome> {
    switch (action.kind) {
      case 'get':
        return performGet(action, signal);
      case 'describe':
        return performDescribe(action, signal);
      case 'logs':
        return performLogs(action, signal);
      case 'events':
        return performEvents(action, signal);
      case 'top':
        return action.resource === 'pods' ? performTopPods(action, signal) : performTopNodes(action, signal);
      case 'raw':
        return performRaw(action, signal);
      case 'rollout-status':
        return performRolloutStatus(action, signal);
      case 'rollout-history':
        return performRolloutHistory(action, signal);
      case 'query':
        return performQuery(action, signal);
      default:
        return action satisfies never;
    }
  }

  async function performGet(action: ActionOf<'get'>, signal: AbortSignal): Promise<Outcome> {
    const type = findResourceType(action.resource);
    if (type === undefined) return fail(unknownResource(action.resource));
    const isEverywhere = type.namespaced && action.allNamespaces === true;
    const namespace = type.namespaced && !isEverywhere ? (action.namespace ?? defaultNamespace) : undefined;
    const found =
      action.names.length > 0
        ? await getAll(type, namespace, action.names, signal)
        : await reader.list(type, listOptions(namespace, action.selector, action.fieldSelector, signal));
    if (!found.ok) return found;
    const now = clock.now();
    const isSingle = action.names.length === 1;
    const output =
      action.output === 'table' || action.output === 'wide'
        ? renderReadOutput(type.kind, found.value, {
            wide: action.output === 'wide',
            now,
            showNamespace: isEverywhere,
          })
        : renderObjects(type, found.value, action.output, { now, isSingle });
    return ok(found.value.length > 0 ? output : { ...output, notes: [...output.notes, nothingFound(namespace)] });
  }

  async function getAll(
    type: ResourceType,
    namespace: string | undefined,
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<Result<readonly WireObject[], ReadProblem>> {
    const objects: WireObject[] = [];
    for (const answer of await Promise.all(names.map((name) => reader.get(type, namespace, name, signal)))) {
      if (!answer.ok) return answer;
      objects.push(answer.value);
    }
    return ok(objects);
  }

  async function performDescribe(action: ActionOf<'describe'>, signal: AbortSignal): Promise<Outcome> {
    const type = findResourceType(action.resource);
    if (type === undefined) return fail(unknownResource(action.resource));
    const namespace = type.namespaced ? (action.namespace ?? defaultNamespace) : undefined;
    const object = await reader.get(type, namespace, action.name, signal);
    if (!object.ok) return object;
    const about = { kind: type.kind, name: action.name };
    const found = await listEvents(namespace, about, undefined, signal);
    const own = found.ok ? found.value.filter((event) => isAbout(event, object.value)) : undefined;
    const notes = found.ok ? [] : [`Events could not be read: ${found.error.sentence}`];
    return ok(renderDescribe(object.value, own, { now: clock.now(), notes }));
  }

  async function listEvents(
    namespace: string | undefined,
    about: { readonly kind: string; readonly name: string } | undefined,
    types: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<Result<readonly WireObject[], ReadProblem>> {
    const requirements = [
      ...(about === undefined ? [] : [`involvedObject.kind=${about.kind}`, `involvedObject.name=${about.name}`]),
      ...(types?.length === 1 ? [`type=${types[0]}`] : []),
    ];
    const fieldSelector = requirements.length === 0 ? undefined : requirements.join(',');
    return reader.list(events, listOptions(namespace, undefined, fieldSelector, signal));
  }

  async function performEvents(action: ActionOf<'events'>, signal: AbortSignal): Promise<Outcome> {
    const isEverywhere = action.allNamespaces === true;
    const isClusterWide = action.for !== undefined && resourceTypeOfKind(action.for.kind)?.namespaced === false;
    // Events of a cluster-wide object live in `default`, wherever the reader looks from.
    const home = isClusterWide ? defaultNamespace : (action.namespace ?? defaultNamespace);
    const namespace = isEverywhere ? undefined : home;
    const found = await listEvents(namespace, action.for, action.types, signal);
    if (!found.ok) return found;
    const output = renderReadOutput('Event', found.value, {
      wide: false,
      now: clock.now(),
      showNamespace: isEverywhere,
    });
    return ok(found.value.length > 0 ? output : { ...output, notes: [nothingFound(namespace)] });
  }

  async function performTopPods(action: ActionOf<'top'>, signal: AbortSignal): Promise<Outcome> {
    const isEverywhere = action.allNamespaces === true;
    const namespace = isEverywhere ? undefined : (action.namespace ?? defaultNamespace);
    const found = await reader.list(podMetrics, listOptions(namespace, action.selector, undefined, signal));
    if (!found.ok) return fail(explainMetricsApi(found.error));
    const output = renderTopPods(found.value, { showNamespace: isEverywhere });
    return ok(found.value.length > 0 ? output : { ...output, notes: [nothingFound(namespace)] });
  }

  async function performTopNodes(action: ActionOf<'top'>, signal: AbortSignal): Promise<Outcome> {
    const [usage, capacity] = await Promise.all([
      reader.list(nodeMetrics, listOptions(undefined, action.selector, undefined, signal)),
      reader.list(nodes, listOptions(undefined, action.selector, undefined, signal)),
    ]);
    if (!usage.ok) return fail(explainMetricsApi(usage.error));
    const output = renderTopNodes(usage.value, capacity.ok ? capacity.value : []);
    const notes = capacity.ok ? [] : [`Shares are unknown, nodes could not be read: ${capacity.error.sentence}`];
    return ok({ ...output, notes: usage.value.length > 0 ? notes : [...notes, nothingFound(undefined)] });
  }

  async function performRaw(action: ActionOf<'raw'>, signal: AbortSignal): Promise<Outcome> {
    const answer = await reader.raw(action.path, signal);
    if (!answer.ok) return answer;
    const { status, body } = answer.value;
    // A failing health check lists the parts that are "ok" too: without the failure a phrase would find the word and pass.
    const failure = status >= 200 && status < 300 ? undefined : `the API server answered ${action.path} with ${status}`;
    const clean = tryRedact(body);
    return clean.ok ? ok(textOutput(clean.value, failure === undefined ? {} : { failure })) : clean;
  }

  async function performRolloutStatus(action: ActionOf<'rollout-status'>, signal: AbortSignal): Promise<Outcome> {
    const deployment = await getWorkload(action.target, signal);
    return deployment.ok ? ok(renderRolloutStatus(deployment.value)) : deployment;
  }

  async function performRolloutHistory(action: ActionOf<'rollout-history'>, signal: AbortSignal): Promise<Outcome> {
    const deployment = await getWorkload(action.target, signal);
    if (!deployment.ok) return deployment;
    const selector = podSelector(deployment.value);
    if (!selector.ok) return selector;
    const found = await reader.list(
      replicaSets,
      listOptions(action.target.namespace, selector.value, undefined, signal),
    );
    return found.ok ? ok(renderRolloutHistory(deployment.value, found.value, action.revision)) : found;
  }

  function getWorkload(target: WorkloadRef, signal: AbortSignal): Promise<Result<WireObject, ReadProblem>> {
    return reader.get(deployments, target.namespace, target.name, signal);
  }

  async function performQuery(action: ActionOf<'query'>, signal: AbortSignal): Promise<Outcome> {
    if (metrics === undefined) {
      return fail(
        problem(
          'metrics.unconfigured',
          'No metrics source is configured, so the query was not asked. Set the address of a Prometheus server in the configuration.',
        ),
      );
    }
    const samples = await metrics.query(action.promql, signal);
    return samples.ok ? ok(renderQuery(samples.value)) : samples;
  }

  async function performLogs(action: ActionOf<'logs'>, signal: AbortSignal): Promise<Outcome> {
    const found = await findLogPods(action, signal);
    if (!found.ok) return found;
    const chosen = found.value.slice(0, maxLogPods);
    const left = found.value.length - chosen.length;
    const sources = chosen.map((pod) => logSourceOf(pod, action.container));
    const logs = await Promise.all(
      sources.map(async (source) => ({ source, log: await readLog(source, sources.length > 1, action, signal) })),
    );
    const [firstProblem] = logs.flatMap(({ log }) => (log.ok ? [] : [log.error]));
    if (firstProblem !== undefined && logs.every(({ log }) => !log.ok)) return fail(firstProblem);
    const texts = logs.flatMap(({ source, log }) =>
      log.ok ? [sources.length > 1 ? prefixLog(source, log.value) : log.value] : [],
    );
    const notes = [
      ...(sources.length === 0 ? [nothingFound(action.namespace)] : []),
      ...(left > 0
        ? [`… ${left} more ${left === 1 ? 'pod was' : 'pods were'} not read; ${maxLogPods} at most are.`]
        : []),
      ...(sources.length > 1 && action.tailLines === undefined
        ? [`The last ${manyPodsTailLines} lines of each pod were read.`]
        : []),
      ...sources.flatMap(sayDefaulted),
      ...logs.flatMap(({ source, log }) => (log.ok ? [] : [`${source.pod} could not be read: ${log.error.sentence}`])),
    ];
    return ok(textOutput(texts.filter((text) => text !== '').join('\n'), { keep: 'end', notes }));
  }

  async function findLogPods(
    action: ActionOf<'logs'>,
    signal: AbortSignal,
  ): Promise<Result<readonly WireObject[], ReadProblem>> {
    const { of, namespace } = action;
    switch (of.by) {
      case 'pod': {
        const pod = await reader.get(pods, namespace, of.name, signal);
        return pod.ok ? ok([pod.value]) : pod;
      }
      case 'selector':
        return listLogPods(namespace, of.selector, signal);
      case 'workload': {
        const workload = await getWorkload(of.workload, signal);
        if (!workload.ok) return workload;
        const selector = podSelector(workload.value);
        return selector.ok ? listLogPods(of.workload.namespace, selector.value, signal) : selector;
      }
      default:
        return of satisfies never;
    }
  }

  async function listLogPods(
    namespace: string,
    selector: string,
    signal: AbortSignal,
  ): Promise<Result<readonly WireObject[], ReadProblem>> {
    const found = await reader.list(pods, listOptions(namespace, selector, undefined, signal));
    return found.ok ? ok(rankForLogs(found.value)) : found;
  }

  // Redacted before it is cut and prefixed, so that a secret of several lines is still seen whole.
  async function readLog(
    source: LogSource,
    isOneOfMany: boolean,
    action: ActionOf<'logs'>,
    signal: AbortSignal,
  ): Promise<Result<string, PerformReadProblem>> {
    const tailLines = action.tailLines ?? (isOneOfMany ? manyPodsTailLines : undefined);
    const log = await reader.log({
      namespace: source.namespace,
      pod: source.pod,
      ...(source.container === undefined ? {} : { container: source.container }),
      ...(action.previous === true ? { previous: true } : {}),
      ...(tailLines === undefined ? {} : { tailLines }),
      ...(action.sinceSeconds === undefined ? {} : { sinceSeconds: action.sinceSeconds }),
      ...(isOneOfMany ? { limitBytes: manyPodsLimitBytes } : {}),
      signal,
    });
    return log.ok ? tryRedact(log.value) : log;
  }

  // A redaction that fails lets nothing through.
  function tryRedact(text: string): Result<string, PerformReadProblem> {
    try {
      return ok(redact(text));
    } catch {
      return fail(notRedacted());
    }
  }

  return async (action, signal) => {
    const outcome = await perform(action, signal);
    return outcome.ok ? redactOutput(outcome.value, redact) : outcome;
  };
}

// The one way out: whatever a reader gave, only redacted text leaves.
function redactOutput(output: ReadOutput, redact: (text: string) => string): Outcome {
  // Cells repeat (statuses, images, nodes), and a table may have ten thousand rows.
  const known = new Map<string, string>();
  function redactCell(text: string): string {
    const redacted = known.get(text) ?? redact(text);
    known.set(text, redacted);
    return redacted;
  }
  function redactRow(row: OutputRow): OutputRow {
    const cells = Object.entries(row).map(([column, value]) => [
      column,
      typeof value === 'string' ? redactCell(value) : value,
    ]);
    return Object.fromEntries(cells);
  }
  try {
    return ok({
      text: redact(output.text),
      columns: output.columns,
      rows: output.rows.map(redactRow),
      truncated: output.truncated,
      ...(output.failure === undefined ? {} : { failure: redact(output.failure) }),
      notes: output.notes.map(redactCell),
    });
  } catch {
    return fail(notRedacted());
  }
}

function notRedacted(): Problem<'read.not-redacted'> {
  return problem(
    'read.not-redacted',
    'What was read could not be searched for secrets, so nothing of it is shown. Report this to the maintainers.',
  );
}

function listOptions(
  namespace: string | undefined,
  labelSelector: string | undefined,
  fieldSelector: string | undefined,
  signal: AbortSignal,
): ListOptions {
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    signal,
  };
}

function unknownResource(resource: string): Problem<'read.unknown-resource'> {
  return problem(
    'read.unknown-resource',
    `${resource.slice(0, 60)} is not a type that is read here, so nothing was read. Name a type that kubectl lists; Secrets are never read.`,
  );
}

function nothingFound(namespace: string | undefined): string {
  return namespace === undefined ? 'No resources found.' : `No resources found in ${namespace} namespace.`;
}

// An event of a former object of the same name blames nobody who lives now. A kubelet gives its node's name in place of the uid.
function isAbout(event: WireObject, object: WireObject): boolean {
  const { uid = '', name } = object.metadata;
  const involved = textAt(event, 'involvedObject', 'uid');
  return involved === '' || uid === '' || involved === uid || (object.kind === 'Node' && involved === name);
}

function sayDefaulted({ pod, container, others }: LogSource): string[] {
  return others.length === 0 ? [] : [`Of ${pod} the container ${container} was read; others: ${others.join(', ')}.`];
}

// An empty selector would mean every pod of the namespace.
function podSelector(workload: WireObject): Result<string, ReadProblem> {
  const selector = selectorText(field(workload, 'spec', 'selector'));
  if (selector !== '') return ok(selector);
  return fail(
    problem(
      'cluster.bad-answer',
      `${sayRef(refOf(workload))} came without a pod selector, so its pods were not read. Read it again, or name a pod.`,
    ),
  );
}

function explainMetricsApi(found: ReadProblem): ReadProblem {
  if (found.code !== 'cluster.not-found') return found;
  return problem(
    'cluster.not-found',
    'The cluster has no resource metrics API, so use of cpu and memory was not read. Install metrics-server, or ask Prometheus with a query.',
  );
}
