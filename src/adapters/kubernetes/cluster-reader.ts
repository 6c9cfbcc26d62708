import type { WireObject } from '../../core/cluster/object.ts';
import { isRecord, listAt, textAt } from '../../core/cluster/wire.ts';
import { readWireObject } from '../../core/cluster/wire-object.ts';
import { fail, ok, problem, type Result } from '../../core/result.ts';
import type {
  ClusterReader,
  ListOptions,
  LogOptions,
  PrintedTable,
  ReadProblem,
  ResourceType,
} from '../../ports/cluster-reader.ts';
import type { HttpAnswer, HttpExchange, HttpFailure, HttpQuestion } from './http-exchange.ts';
import { pageOf, tablePage } from './page-size.ts';
import { createParseQueue } from './parse-queue.ts';
import { readTable } from './read-table.ts';
import { metadataForm, readSecretMetadata } from './secret-metadata.ts';

const MiB = 2 ** 20;
const maxObjects = 100_000;
const tableForm = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const limits = { objectBytes: 8 * MiB, logBytes: 256 * 1024, rawBytes: 1 * MiB };
const secrets: ResourceType = { apiVersion: 'v1', resource: 'secrets', kind: 'Secret', namespaced: true };
const healthPath = /^\/(?:readyz|livez|healthz|version)(?:\/[a-z0-9-]+)*(?:\?verbose(?:=(?:true|1))?)?$/;

/**
 * Reads a cluster through its API, as contracts and docs/findings.md need it. Wire JSON as the server sends it; members of a list get the `apiVersion` and `kind`
 * that the API leaves out there.
 *
 * Lists are read in pages that take a few milliseconds to parse, and one page is parsed at a time, so that nothing else in the process waits for long. When a page
 * has expired (410) the list is started over once. `timeoutMs` bounds every request, not the whole list.
 *
 * @param dependencies `secretMetadata`: gives the reader the method of that name, the only one that asks anything of Secrets.
 */
export function createKubernetesReader(dependencies: {
  readonly cluster: string;
  readonly exchange: Pick<HttpExchange, 'request'>;
  readonly timeoutMs?: number;
  readonly secretMetadata?: boolean;
}): ClusterReader {
  const { cluster, exchange, timeoutMs = 10_000, secretMetadata = false } = dependencies;

  const ask = async (
    question: Omit<HttpQuestion, 'method' | 'timeoutMs'>,
  ): Promise<Result<HttpAnswer, ReadProblem>> => {
    const answer = await exchange.request({ ...question, method: 'GET', timeoutMs });
    if (!answer.ok) return fail(problemOfFailure(cluster, answer.error));
    return answer;
  };

  const parsePage = createParseQueue();

  /** All pages of a list in one of its two forms, until `upTo`. */
  const pages = async <T>(
    type: ResourceType,
    options: ListOptions,
    form: {
      readonly accept: string;
      readonly query: Readonly<Record<string, string>>;
      readonly page: { readonly size: number; readonly maxBytes: number };
      readonly take: (page: unknown) => Result<readonly T[], ReadProblem>;
    },
  ): Promise<Result<readonly T[], ReadProblem>> => {
    const { upTo = maxObjects } = options;
    const taken: T[] = [];
    let token: string | undefined;
    while (taken.length < upTo) {
      const answer = await ask({
        path: pathOf(type, options.namespace) + listQuery(options, Math.min(form.page.size, upTo), form.query, token),
        accept: form.accept,
        maxBytes: form.page.maxBytes,
        signal: options.signal,
      });
      if (!answer.ok) return answer;
      if (answer.value.status !== 200) return fail(problemOfAnswer(cluster, type.resource, answer.value));
      const page = await parsePage(answer.value.body);
      const items = form.take(page);
      if (!items.ok) return items;
      for (const item of items.value) taken.push(item);
      token = textAt(page, 'metadata', 'continue');
      if (token === undefined) return ok(taken);
    }
    if (options.upTo !== undefined) return ok(taken);
    return fail(
      problem(
        'cluster.bad-answer',
        `Cluster ${cluster} has more than ${maxObjects} ${type.resource}. They were not read. Ask for a namespace.`,
      ),
    );
  };

  const listOnce = (type: ResourceType, options: ListOptions): Promise<Result<readonly WireObject[], ReadProblem>> =>
    pages(type, options, {
      accept: 'application/json',
      query: {},
      page: pageOf(type.kind),
      take(list) {
        if (!isRecord(list) || !(Array.isArray(list.items) || list.items === null))
          return fail(badAnswer(cluster, type.resource));
        const objects = listAt(list, 'items').map((item) => readWireObject(item, type));
        return objects.every((object) => object !== undefined) ? ok(objects) : fail(badAnswer(cluster, type.resource));
      },
    });

  const tableOnce = async (type: ResourceType, options: ListOptions): Promise<Result<PrintedTable, ReadProblem>> => {
    let columns: readonly string[] = [];
    const rows = await pages(type, options, {
      accept: tableForm,
      query: { includeObject: 'None' },
      page: tablePage,
      take(page) {
        // Later pages of some servers leave the definitions out.
        const table = readTable(page, columns);
        if (table === undefined) return fail(badAnswer(cluster, type.resource));
        columns = table.columns;
        return ok(table.rows);
      },
    });
    return rows.ok ? ok({ columns, rows: rows.value }) : rows;
  };

  const secretsOnce = (namespace: string, signal?: AbortSignal): Promise<Result<readonly WireObject[], ReadProblem>> =>
    pages(
      secrets,
      { namespace, ...(signal === undefined ? {} : { signal }) },
      {
        accept: metadataForm,
        query: {},
        page: pageOf('Secret'),
        take(page) {
          const read = readSecretMetadata(page);
          if (read === 'holds-contents') return fail(moreThanMetadata(cluster));
          return read === undefined ? fail(badAnswer(cluster, 'metadata of secrets')) : ok(read);
        },
      },
    );

  return {
    cluster,
    emptyMeans: 'none',
    async get(type, namespace, name, signal) {
      const refused = refusal(cluster, type, [namespace, name]);
      if (refused !== undefined) return fail(refused);
      const path = `${pathOf(type, namespace)}/${encodeURIComponent(name)}`;
      const answer = await ask({ path, maxBytes: limits.objectBytes, signal });
      if (!answer.ok) return answer;
      if (answer.value.status !== 200) return fail(problemOfAnswer(cluster, `${type.resource}/${name}`, answer.value));
      const object = readWireObject(parse(answer.value.body), type);
      return object === undefined ? fail(badAnswer(cluster, `${type.resource}/${name}`)) : ok(object);
    },
    async list(type, options) {
      const refused = refusal(cluster, type, [options.namespace]);
      if (refused !== undefined) return fail(refused);
      const first = await listOnce(type, options);
      return !first.ok && first.error.code === 'cluster.expired' ? listOnce(type, options) : first;
    },
    async table(type, options) {
      const refused = refusal(cluster, type, [options.namespace]);
      if (refused !== undefined) return fail(refused);
      const first = await tableOnce(type, options);
      return !first.ok && first.error.code === 'cluster.expired' ? tableOnce(type, options) : first;
    },
    async log(options) {
      const { namespace, pod, signal, limitBytes = limits.logBytes } = options;
      if (![namespace, pod].every(isPathSegment)) return fail(noSuchObject(cluster, 'pod'));
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log${logQuery(options, limitBytes)}`;
      const answer = await ask({
        path,
        accept: 'text/plain, application/json',
        maxBytes: limitBytes,
        whenTooLarge: 'cut',
        signal,
      });
      if (!answer.ok) return answer;
      const { status, body } = answer.value;
      // 204: the pod has no node yet. The kubelet's 400 says that there is no such container, or no log of it (yet, or any more).
      if (status === 204) return ok('');
      if (status === 200) return ok(body);
      if (status === 400) {
        return fail(
          problem(
            'cluster.not-found',
            `There is no such log of pod ${namespace}/${pod}. Its container has not written one, or it is gone.`,
          ),
        );
      }
      return fail(problemOfAnswer(cluster, `log of pod ${namespace}/${pod}`, answer.value));
    },
    async raw(path, signal) {
      if (!healthPath.test(path))
        throw new TypeError('raw: only the health and version paths of the API server can be read');
      const answer = await ask({ path, accept: '*/*', maxBytes: limits.rawBytes, whenTooLarge: 'cut', signal });
      if (!answer.ok) return answer;
      const { status, body } = answer.value;
      // An unhealthy server answers 500 with the list of its checks: that is what was asked for.
      return status === 401 || status === 403 || status === 404
        ? fail(problemOfAnswer(cluster, path, answer.value))
        : ok({ status, body });
    },
    ...(secretMetadata
      ? {
          async secretMetadata(namespace: string, signal?: AbortSignal) {
            // Without a namespace the path would be that of all Secrets of the cluster.
            if (!isPathSegment(namespace)) return fail(noSuchObject(cluster, 'namespace'));
            const first = await secretsOnce(namespace, signal);
            return !first.ok && first.error.code === 'cluster.expired' ? secretsOnce(namespace, signal) : first;
          },
        }
      : {}),
  };
}

function pathOf(type: ResourceType, namespace: string | undefined): string {
  const root = type.apiVersion.includes('/') ? `/apis/${type.apiVersion}` : `/api/${type.apiVersion}`;
  const inNamespace = type.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${inNamespace}/${type.resource}`;
}

function listQuery(
  options: ListOptions,
  limit: number,
  more: Readonly<Record<string, string>>,
  token: string | undefined,
): string {
  const query = new URLSearchParams({ limit: String(limit), ...more });
  if (options.labelSelector !== undefined) query.set('labelSelector', options.labelSelector);
  if (options.fieldSelector !== undefined) query.set('fieldSelector', options.fieldSelector);
  if (token !== undefined) query.set('continue', token);
  return `?${query}`;
}

function logQuery(options: LogOptions, limitBytes: number): string {
  const query = new URLSearchParams({ limitBytes: String(limitBytes) });
  if (options.container !== undefined) query.set('container', options.container);
  if (options.previous === true) query.set('previous', 'true');
  if (options.tailLines !== undefined) query.set('tailLines', String(options.tailLines));
  if (options.sinceSeconds !== undefined) query.set('sinceSeconds', String(options.sinceSeconds));
  return `?${query}`;
}

/** Requests that are never sent: for Secrets, and for names that would change the path they stand in. */
function refusal(cluster: string, type: ResourceType, names: readonly (string | undefined)[]): ReadProblem | undefined {
  if (type.resource.toLowerCase().split('/')[0] === 'secrets') {
    return problem('cluster.forbidden', 'Secrets are never read. Nothing was asked of the cluster.');
  }
  return names.every((name) => name === undefined || isPathSegment(name))
    ? undefined
    : noSuchObject(cluster, type.resource);
}

function isPathSegment(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/%]/.test(name);
}

function noSuchObject(cluster: string, what: string): ReadProblem {
  return problem('cluster.not-found', `Cluster ${cluster} has no such ${what}: the name is none.`);
}

function badAnswer(cluster: string, what: string): ReadProblem {
  return problem(
    'cluster.bad-answer',
    `The API server of cluster ${cluster} gave an answer for ${what} that could not be read. It was left out. Check that the address is an API server's.`,
  );
}

function moreThanMetadata(cluster: string): ReadProblem {
  return problem(
    'cluster.bad-answer',
    `Cluster ${cluster} was asked for the metadata of Secrets and answered with more than that. Nothing of it was kept. Look for a proxy that drops the Accept header, or turn cluster.secretMetadata off.`,
  );
}

function problemOfFailure(cluster: string, failure: HttpFailure): ReadProblem {
  switch (failure.kind) {
    case 'timeout':
      return problem(
        'cluster.timeout',
        `Cluster ${cluster} did not answer within ${failure.detail}. This part was not read. Try again, or look at the API server.`,
      );
    case 'aborted':
      return problem('cluster.timeout', `Reading cluster ${cluster} was given up before it answered.`);
    case 'no-credentials':
      return problem(
        'cluster.unauthorized',
        `The kubeconfig gave no credentials for cluster ${cluster} (${failure.detail}). Nothing was sent. Log in again, or check its exec plugin.`,
      );
    case 'no-connection':
    case 'broken-off':
      return problem(
        'cluster.unreachable',
        `Cluster ${cluster} cannot be reached (${failure.detail}). This part was not read. Check the network and the kubeconfig's server.`,
      );
    case 'too-large':
      return problem(
        'cluster.bad-answer',
        `The answer of cluster ${cluster} is too large (${failure.detail}). It was not read. Ask for less.`,
      );
    default:
      return failure.kind satisfies never;
  }
}

/** By status code and `reason` of the Status object, never by its message. */
function problemOfAnswer(cluster: string, what: string, answer: HttpAnswer): ReadProblem {
  const reason = textAt(parse(answer.body), 'reason');
  switch (answer.status) {
    case 401:
      return problem(
        'cluster.unauthorized',
        `Cluster ${cluster} does not accept the credentials. ${what} was not read. Log in again.`,
      );
    case 403:
      return problem(
        'cluster.forbidden',
        `The credentials may not read ${what} on cluster ${cluster}. It was not read. Grant the right, or go without it.`,
      );
    case 404:
      return problem('cluster.not-found', `Cluster ${cluster} has no ${what}.`);
    case 410:
      return problem(
        'cluster.expired',
        `The list of ${what} changed faster than it could be read on cluster ${cluster}. It was not read. Try again.`,
      );
    case 408:
    case 504:
      return problem(
        'cluster.timeout',
        `The API server of cluster ${cluster} ran out of time over ${what}. It was not read. Try again.`,
      );
    case 429:
    case 500:
    case 502:
    case 503:
      return problem(
        'cluster.unreachable',
        `The API server of cluster ${cluster} cannot serve ${what} now (${answer.status}${reason === undefined ? '' : ` ${reason.slice(0, 60)}`}). It was not read. Try again later.`,
      );
    default:
      return problem(
        'cluster.bad-answer',
        `The API server of cluster ${cluster} answered ${answer.status} for ${what}. It was not read.`,
      );
  }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
