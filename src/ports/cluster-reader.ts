import type { WireObject } from '../core/cluster/object.ts';
import type { Observations } from '../core/diagnosis/observations.ts';
import type { Problem, Result } from '../core/result.ts';

/**
 * Why a cluster could not be read. `not-found` is an answer, not a fault; the others name what is missing from an investigation.
 * `cluster.expired`: a continue token or resourceVersion is too old, start the list again.
 */
export type ReadProblem = Problem<
  | 'cluster.unreachable'
  | 'cluster.timeout'
  | 'cluster.unauthorized'
  | 'cluster.forbidden'
  | 'cluster.not-found'
  | 'cluster.expired'
  | 'cluster.bad-answer'
>;

/** `group/version` and plural resource name of a kind, as in the URL: `{ apiVersion: 'apps/v1', resource: 'deployments' }`. */
export type ResourceType = {
  readonly apiVersion: string;
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
};

export type ListOptions = {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Stop once about so many objects were read. Whoever gets as many cannot tell whether there are more. */
  readonly upTo?: number;
  readonly signal?: AbortSignal;
};

/** One object as kubectl prints it: its cells by the name of the column (`Name`, `Ready`, `Status`, …), as text. */
export type TableRow = Readonly<Record<string, string>>;
export type PrintedTable = { readonly columns: readonly string[]; readonly rows: readonly TableRow[] };

export type LogOptions = {
  readonly namespace: string;
  readonly pod: string;
  readonly container?: string;
  readonly previous?: boolean;
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  readonly limitBytes?: number;
  readonly signal?: AbortSignal;
};

/**
 * Reads a cluster and can do nothing else: it has its own credentials in the default deployment, and no method that changes anything.
 * Objects are wire JSON exactly as the API server sends them. Never throws for what a server or network does; every call has a
 * deadline of its own besides `signal`. Secrets are never asked for, save by `secretMetadata`.
 */
export interface ClusterReader {
  /** Name of the cluster in config, shown to people and bound into approvals. */
  readonly cluster: string;
  /**
   * What an empty list says: `none`, there are no such objects; `unknown`, perhaps nobody captured them. The latter also means that everything lies in memory, so
   * that it can be listed whole.
   */
  readonly emptyMeans: 'none' | 'unknown';
  /** What a capture keeps besides objects and logs. Absent for a live cluster. */
  readonly recorded?: Partial<Observations>;
  get(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    signal?: AbortSignal,
  ): Promise<Result<WireObject, ReadProblem>>;
  /** All pages, in the server's order. A kind that the cluster does not serve is `cluster.not-found`. */
  list(type: ResourceType, options: ListOptions): Promise<Result<readonly WireObject[], ReadProblem>>;
  /**
   * What `kubectl get` would print: a hundredth of the bytes of the objects. Cells carry no namespace. `cluster.bad-answer` where the server (an aggregated
   * API, an old proxy) prints no tables: list the objects then.
   */
  table(type: ResourceType, options: ListOptions): Promise<Result<PrintedTable, ReadProblem>>;
  /** Text of a container's log, at most `limitBytes` (default 256 KiB). */
  log(options: LogOptions): Promise<Result<string, ReadProblem>>;
  /** A GET of one of the API server's own health or version paths: status code and body text. */
  raw(
    path: string,
    signal?: AbortSignal,
  ): Promise<Result<{ readonly status: number; readonly body: string }, ReadProblem>>;
  /**
   * All Secrets of one namespace as metadata: names, times, labels, writers and the fields they own (names of keys). Never contents: an answer that has any is
   * `cluster.bad-answer`, and nothing of it is kept. There only where an operator has opted in; absent, nothing is known of Secrets.
   */
  secretMetadata?(namespace: string, signal?: AbortSignal): Promise<Result<readonly WireObject[], ReadProblem>>;
}
