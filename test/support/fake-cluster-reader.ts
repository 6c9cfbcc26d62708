import { printRows } from '../../src/adapters/snapshot/print-rows.ts';
import type { WireObject } from '../../src/core/cluster/object.ts';
import { parseFieldSelector, parseLabelSelector } from '../../src/core/cluster/selector.ts';
import type { Observations } from '../../src/core/diagnosis/observations.ts';
import { fail, ok, problem, type Result } from '../../src/core/result.ts';
import type { ClusterReader, ListOptions, ReadProblem, ResourceType } from '../../src/ports/cluster-reader.ts';

export type FakeClusterReader = ClusterReader & {
  /** Every question, in order: `list pods shop`, `table pods shop`, `get deployments shop/x`, `log shop/p/c previous`. */
  readonly asked: string[];
};

/** A cluster of given objects. `refuse` answers a question with a problem, `hang` never answers it; both see it as it stands in `asked`. */
export function createFakeClusterReader(given: {
  readonly objects: readonly WireObject[];
  readonly logs?: Readonly<Record<string, string>>;
  readonly refuse?: (question: string) => ReadProblem['code'] | undefined;
  readonly hang?: (question: string) => boolean;
  /** A capture instead of a live cluster, with what it recorded. */
  readonly captured?: Partial<Observations>;
  /** What is known of Secrets, for a reader that may ask. */
  readonly secrets?: readonly WireObject[];
  /** Bodies of health paths. */
  readonly pages?: Readonly<Record<string, string>>;
}): FakeClusterReader {
  const { objects, logs = {}, refuse, hang, captured, secrets, pages = {} } = given;
  const asked: string[] = [];
  const answer = async (question: string): Promise<ReadProblem | undefined> => {
    asked.push(question);
    if (hang?.(question) === true) return new Promise(() => {});
    const code = refuse?.(question);
    return code === undefined ? undefined : problem(code, `The fake refuses ${question}.`);
  };
  const select = async (
    verb: string,
    type: ResourceType,
    { namespace, labelSelector, fieldSelector, upTo = Number.POSITIVE_INFINITY }: ListOptions,
  ): Promise<Result<readonly WireObject[], ReadProblem>> => {
    const refused = await answer(
      [verb, type.resource, namespace, labelSelector, fieldSelector].filter((part) => part !== undefined).join(' '),
    );
    if (refused !== undefined) return fail(refused);
    const labels = parseLabelSelector(labelSelector ?? '');
    const fields = parseFieldSelector(fieldSelector ?? '');
    const found = objects.filter(
      (object) =>
        object.kind === type.kind &&
        (namespace === undefined || !type.namespaced || object.metadata.namespace === namespace) &&
        labels?.(object.metadata.labels ?? {}) === true &&
        fields?.(object) === true,
    );
    return ok(found.slice(0, upTo));
  };
  return {
    cluster: 'fake',
    emptyMeans: captured === undefined ? 'none' : 'unknown',
    ...(captured === undefined ? {} : { recorded: captured }),
    asked,
    async get(type, namespace, name) {
      const refused = await answer(`get ${type.resource} ${namespace ?? ''}/${name}`);
      if (refused !== undefined) return fail(refused);
      const found = objects.find(
        ({ kind, metadata }) =>
          kind === type.kind && metadata.name === name && (!type.namespaced || metadata.namespace === namespace),
      );
      return found === undefined ? fail(problem('cluster.not-found', 'It is not there.')) : ok(found);
    },
    list: (type, options) => select('list', type, options),
    async table(type, options) {
      const found = await select('table', type, options);
      return found.ok ? ok(printRows(type.kind, found.value, new Date('2026-11-21T10:00:00Z'))) : found;
    },
    async log({ namespace, pod, container, previous }) {
      const name = `${namespace}/${pod}/${container}${previous === true ? ' previous' : ''}`;
      const refused = await answer(`log ${name}`);
      if (refused !== undefined) return fail(refused);
      const text = logs[name];
      return text === undefined ? fail(problem('cluster.not-found', 'There is no such log.')) : ok(text);
    },
    async raw(path) {
      const refused = await answer(`raw ${path}`);
      return refused === undefined ? ok({ status: 200, body: pages[path] ?? 'ok' }) : fail(refused);
    },
    ...(secrets === undefined
      ? {}
      : {
          async secretMetadata(namespace: string) {
            const refused = await answer(`secret metadata ${namespace}`);
            if (refused !== undefined) return fail(refused);
            return ok(secrets.filter(({ metadata }) => metadata.namespace === namespace));
          },
        }),
  };
}
