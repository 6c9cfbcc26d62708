import { groupOf } from '../../core/cluster/kinds.ts';
import type { WireObject } from '../../core/cluster/object.ts';
import { containersOf } from '../../core/cluster/pod.ts';
import { parseFieldSelector, parseLabelSelector } from '../../core/cluster/selector.ts';
import { at } from '../../core/cluster/wire.ts';
import type { Observations } from '../../core/diagnosis/observations.ts';
import { fail, ok, problem, type Result } from '../../core/result.ts';
import type { ClusterReader, ListOptions, ReadProblem, ResourceType } from '../../ports/cluster-reader.ts';
import { printRows } from './print-rows.ts';

const defaultLogBytes = 256 * 1024;

/**
 * A ClusterReader over objects in memory: what a snapshot holds, answered as an API server would, label and field selectors included. What it lacks is
 * `cluster.not-found`. `readLog` gives the whole text of a container's log, `readHealth` the recorded page of a health path (`/readyz?verbose`), or undefined.
 */
export function createSnapshotReader(dependencies: {
  readonly cluster: string;
  readonly objects: readonly WireObject[];
  readonly readLog: (name: {
    readonly namespace: string;
    readonly pod: string;
    readonly container: string;
    readonly previous: boolean;
  }) => Promise<string | undefined>;
  readonly readHealth?: (path: string) => Promise<string | undefined>;
  readonly recorded?: Partial<Observations>;
  readonly asOf?: Date | undefined;
}): ClusterReader {
  const { cluster, objects, readLog, readHealth, recorded = {}, asOf = new Date(0) } = dependencies;
  const byType = new Map<string, WireObject[]>();
  for (const object of withoutTwins(objects)) {
    const key = typeKey(object);
    const list = byType.get(key);
    if (list === undefined) byType.set(key, [object]);
    else list.push(object);
  }
  const ofType = (type: ResourceType): readonly WireObject[] => byType.get(typeKey(type)) ?? [];

  const select = (
    type: ResourceType,
    { namespace, labelSelector, fieldSelector, upTo, signal }: ListOptions,
  ): Result<readonly WireObject[], ReadProblem> => {
    if (signal?.aborted === true) return fail(calledOff(cluster));
    if (isSecrets(type)) return fail(secretsAreNotRead());
    const hasLabels = parseLabelSelector(labelSelector ?? '');
    const hasFields = parseFieldSelector(fieldSelector ?? '');
    if (hasLabels === undefined || hasFields === undefined) {
      return fail(
        problem('cluster.bad-answer', 'The selector cannot be read. Nothing was listed. Write it as kubectl takes it.'),
      );
    }
    const found = ofType(type).filter(
      (object) =>
        (namespace === undefined || !type.namespaced || object.metadata.namespace === namespace) &&
        hasLabels(object.metadata.labels ?? {}) &&
        hasFields(object),
    );
    return ok(upTo === undefined ? found : found.slice(0, upTo));
  };

  return {
    cluster,
    emptyMeans: 'unknown',
    recorded,
    async get(type, namespace, name, signal) {
      if (signal?.aborted === true) return fail(calledOff(cluster));
      if (isSecrets(type)) return fail(secretsAreNotRead());
      const found = ofType(type).find(
        ({ metadata }) => metadata.name === name && (!type.namespaced || metadata.namespace === namespace),
      );
      return found === undefined ? fail(absent(cluster, `${type.resource}/${name}`)) : ok(found);
    },
    list: async (type, options) => select(type, options),
    async table(type, options) {
      const found = select(type, options);
      return found.ok ? ok(printRows(type.kind, found.value, asOf)) : found;
    },
    async log({ namespace, pod, container, previous = false, tailLines, limitBytes = defaultLogBytes, signal }) {
      if (signal?.aborted === true) return fail(calledOff(cluster));
      const chosen = container ?? onlyContainerOf(objects, namespace, pod);
      const text = chosen === undefined ? undefined : await readLog({ namespace, pod, container: chosen, previous });
      if (text === undefined)
        return fail(absent(cluster, `${previous ? 'previous log' : 'log'} of pod ${namespace}/${pod}`));
      return ok(firstBytes(tailLines === undefined ? text : lastLines(text, tailLines), limitBytes));
    },
    async raw(path) {
      const body = await readHealth?.(path);
      // The page of an unhealthy server marks what failed, and came with a 500.
      return body === undefined
        ? fail(absent(cluster, `answer of ${path}`))
        : ok({ status: /^\[-\]/m.test(body) ? 500 : 200, body });
    },
  };
}

// As the API server does: a pod with one container needs no name.
function onlyContainerOf(objects: readonly WireObject[], namespace: string, name: string): string | undefined {
  const pod = objects.find(
    ({ kind, metadata }) => kind === 'Pod' && metadata.name === name && metadata.namespace === namespace,
  );
  const [first] = pod === undefined ? [] : containersOf(at(pod, 'spec')).filter(({ list }) => list === 'containers');
  return first?.name;
}

function lastLines(text: string, count: number): string {
  const endsLine = text.endsWith('\n');
  const lines = (endsLine ? text.slice(0, -1) : text).split('\n');
  return lines.slice(Math.max(0, lines.length - count)).join('\n') + (endsLine ? '\n' : '');
}

function firstBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text, 'utf8');
  return bytes.length <= limit ? text : bytes.subarray(0, limit).toString('utf8');
}

// Events have two APIs over one store: `kubectl get events.events.k8s.io` prints the same ones in the newer form.
function typeKey({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): string {
  return kind === 'Event' ? '/Event' : `${groupOf(apiVersion)}/${kind}`;
}

/** An event that was captured over both APIs counts once: the older form, which says more of when. */
function withoutTwins(objects: readonly WireObject[]): readonly WireObject[] {
  const keyOf = ({ metadata }: WireObject) => metadata.uid ?? `${metadata.namespace ?? ''}/${metadata.name}`;
  const core = new Set(objects.filter(({ kind, apiVersion }) => kind === 'Event' && apiVersion === 'v1').map(keyOf));
  return core.size === 0
    ? objects
    : objects.filter((object) => object.kind !== 'Event' || object.apiVersion === 'v1' || !core.has(keyOf(object)));
}

function isSecrets(type: ResourceType): boolean {
  return type.kind === 'Secret' || type.resource.toLowerCase().split('/')[0] === 'secrets';
}

function secretsAreNotRead(): ReadProblem {
  return problem('cluster.forbidden', 'Secrets are never read. Nothing was looked up.');
}

function calledOff(cluster: string): ReadProblem {
  return problem('cluster.timeout', `Reading snapshot ${cluster} was given up.`);
}

function absent(cluster: string, what: string): ReadProblem {
  return problem('cluster.not-found', `The snapshot ${cluster} has no ${what}.`);
}
