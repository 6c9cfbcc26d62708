import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from 'kubernetes-types/apps/v1.js';
import type { CronJob, Job } from 'kubernetes-types/batch/v1.js';
import type {
  ConfigMap,
  Endpoints,
  Event,
  Namespace,
  Node,
  PersistentVolumeClaim,
  Pod,
  Service,
} from 'kubernetes-types/core/v1.js';
import type { EndpointSlice } from 'kubernetes-types/discovery/v1.js';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.js';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.js';

/** Metadata as every stored object has it: a name is certain, the rest is what the API server has stamped so far. */
export type Meta = Writable<ObjectMeta> & { name: string };

/** Any object of the simulated cluster, as wire JSON. */
export type KubeObject = {
  apiVersion: string;
  kind: string;
  metadata: Meta;
  spec?: unknown;
  status?: unknown;
};

// The published types mark what clients may not set as read-only; here is the side that sets it.
type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Stored<T> = Writable<Omit<T, 'apiVersion' | 'kind' | 'metadata'>> & {
  apiVersion: string;
  kind: string;
  metadata: Meta;
};

/** The kinds that controllers of the sandbox read and write with their real types. */
export type TypedObjects = {
  ConfigMap: Stored<ConfigMap>;
  ControllerRevision: Stored<ControllerRevision>;
  CronJob: Stored<CronJob>;
  DaemonSet: Stored<DaemonSet>;
  Deployment: Stored<Deployment>;
  Endpoints: Stored<Endpoints>;
  EndpointSlice: Stored<EndpointSlice>;
  Event: Stored<Event>;
  Job: Stored<Job>;
  Namespace: Stored<Namespace>;
  Node: Stored<Node>;
  PersistentVolumeClaim: Stored<PersistentVolumeClaim>;
  Pod: Stored<Pod>;
  PodDisruptionBudget: Stored<PodDisruptionBudget>;
  ReplicaSet: Stored<ReplicaSet>;
  Service: Stored<Service>;
  StatefulSet: Stored<StatefulSet>;
};

export type ObjectOf<K extends string> = K extends keyof TypedObjects ? TypedObjects[K] : KubeObject;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a dotted path such as `spec.nodeName`, or undefined where the path leads nowhere. */
export function valueAt(object: unknown, path: string): unknown {
  let value: unknown = object;
  for (const key of path.split('.')) {
    if (!isRecord(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}
