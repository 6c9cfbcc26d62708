import type { Kubelet } from '../kubelet/kubelet.ts';
import type { Names } from '../store/names.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { User } from './authorize.ts';

/** What the request handlers work on. */
export type ApiParts = {
  readonly store: ObjectStore;
  readonly names: Names;
  readonly now: () => number;
  readonly kubelet: Pick<Kubelet, 'logs'>;
};

export type ApiRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly accept: string;
  readonly contentType: string;
  readonly user: User;
  /** Undefined when there is none. Not parsed yet. */
  readonly body: string | undefined;
};

/** `applied` marks an answer after which the store differs. */
export type Answer = {
  readonly code: number;
  readonly body: unknown;
  readonly contentType?: 'text/plain';
  readonly headers?: Readonly<Record<string, string>>;
  readonly applied?: true;
};
