import { randomInt } from 'node:crypto';
import { createApiServer, type Faults, type LedgerEntry } from './api/api-server.ts';
import type { Role, User } from './api/authorize.ts';
import { kindNamed, kinds } from './api/kinds.ts';
import { createControlLoop } from './controllers/control-loop.ts';
import { createDaemonSetController } from './controllers/daemon-set-controller.ts';
import { createDeploymentController } from './controllers/deployment-controller.ts';
import { createDisruptionController } from './controllers/disruption-controller.ts';
import { createEndpointsController } from './controllers/endpoints-controller.ts';
import { createGarbageCollector } from './controllers/garbage-collector.ts';
import { createEventRecorder } from './controllers/record-event.ts';
import { createReplicaSetController } from './controllers/replica-set-controller.ts';
import { createScheduler } from './controllers/scheduler.ts';
import { createStatefulSetController } from './controllers/stateful-set-controller.ts';
import { kubeconfigYaml } from './kubeconfig.ts';
import { defaultPace, type Images, type Pace } from './kubelet/images.ts';
import { createKubelet, type KubeletMemory, type Usage } from './kubelet/kubelet.ts';
import { deleteObject } from './store/delete-object.ts';
import { createNames } from './store/names.ts';
import { createObjectStore, type StoreDump } from './store/object-store.ts';
import { edit, toCreate, toUpdate } from './store/object-writes.ts';
import { isRecord, type Meta, type ObjectOf } from './store/stored-object.ts';

export type { Faults, LedgerEntry } from './api/api-server.ts';
export type { Role } from './api/authorize.ts';
export type { Images, Pace } from './kubelet/images.ts';
export type { ObjectOf } from './store/stored-object.ts';

/** A manifest, as one would give it to `kubectl apply`. */
export type Manifest = { apiVersion: string; kind: string; metadata: Meta; [field: string]: unknown };

/** Everything a simulated cluster is, as plain JSON: written to a file, it lets the same cluster go on in another process. */
export type ClusterSnapshot = {
  readonly store: StoreDump;
  readonly kubelet: KubeletMemory;
  readonly images: Images;
  readonly tokens: Readonly<Record<Role, string>>;
};

export type SimulatedCluster = {
  /** Listens on 127.0.0.1 and sets the controllers going. */
  start(): Promise<{ url: string; kubeconfigFor(role: Role): string }>;
  stop(): Promise<void>;
  /** Creates an object, or changes what the manifest gives and keeps the rest. A `status` in it is stored as well. */
  apply(manifest: Manifest): void;
  /** Changes a stored object as a client would: the generation moves with its spec. False when there is no such object. */
  change<K extends string>(
    kind: K,
    namespace: string | undefined,
    name: string,
    change: (draft: ObjectOf<K>) => void,
  ): boolean;
  /** Sets members of the status of an object, as its controller or kubelet would. False when there is no such object. */
  patchStatus(
    kind: string,
    namespace: string | undefined,
    name: string,
    status: Readonly<Record<string, unknown>>,
  ): boolean;
  remove(kind: string, namespace: string | undefined, name: string): boolean;
  get<K extends string>(kind: K, namespace: string | undefined, name: string): ObjectOf<K> | undefined;
  list<K extends string>(kind: K, namespace?: string): ObjectOf<K>[];
  /** Adds images to the registry, or gives known ones another behaviour. */
  publish(images: Images): void;
  /** What running containers use of memory now. */
  usage(): Usage[];
  /**
   * Lets the controllers work through their time without waiting, as if it had passed before `endMs` (now by default), until nothing is due or
   * `spanMs` are over. For a world that should look as if it had been running for long.
   */
  settle(options?: { spanMs?: number; endMs?: number }): void;
  /** Every request so far, in order of arrival. */
  requests(): readonly LedgerEntry[];
  /** Those after which the store differed. Empty means: nobody changed this cluster through its API. */
  writes(): readonly LedgerEntry[];
  readonly faults: Faults;
  snapshot(): ClusterSnapshot;
  restore(snapshot: ClusterSnapshot): void;
};

/**
 * A small cluster in one process: an API server that speaks real Kubernetes HTTP and JSON, and controllers, a scheduler and kubelets that
 * behave like the real ones, at a quicker pace. Constructing does no I/O.
 */
export function createSimulatedCluster(options: {
  name: string;
  port?: number;
  now?: () => number;
  objects?: readonly Manifest[];
  images?: Images;
  pace?: Partial<Pace>;
  /** The same seed gives the same uids, pod names and tokens. */
  seed?: number;
}): SimulatedCluster {
  let pretendedNow: number | undefined;
  const now = (): number => pretendedNow ?? options.now?.() ?? Date.now();
  const pace = { ...defaultPace, ...options.pace };
  const names = createNames(options.seed ?? randomInt(2 ** 32));
  const store = createObjectStore();
  let images: Images = { ...options.images };
  let tokens = newTokens(names.hex);

  const kindNames = kinds.map(({ kind }) => kind);
  const recordEvent = createEventRecorder({ store, now, uid: names.uid });
  const parts = { store, names, now, recordEvent };
  const kubelet = createKubelet({ ...parts, images: () => images, pace });
  const loop = createControlLoop({
    store,
    now,
    kinds: kindNames,
    controllers: [
      createDeploymentController(parts),
      createReplicaSetController(parts),
      createStatefulSetController(parts),
      createDaemonSetController(parts),
      createScheduler(parts),
      kubelet,
      createEndpointsController(parts),
      createDisruptionController(parts),
      createGarbageCollector({ store, now, kinds: kindNames }),
    ],
  });
  const server = createApiServer({
    store,
    names,
    now,
    kubelet,
    users: () => usersByToken(tokens),
    ...(options.port === undefined ? {} : { port: options.port }),
  });

  function apply(manifest: Manifest): void {
    const isNamespaced = kindNamed(manifest.kind)?.namespaced;
    if (isNamespaced === undefined) throw new Error(`the simulated cluster serves no kind ${manifest.kind}`);
    if (isNamespaced && manifest.metadata.namespace === undefined)
      throw new Error(`${manifest.kind} ${manifest.metadata.name} needs a namespace`);
    const before = store.get(manifest.kind, manifest.metadata.namespace, manifest.metadata.name);
    const stamp = { names, nowMs: now(), manager: 'kubectl-client-side-apply' };
    if (before === undefined) {
      store.insert(toCreate(manifest, stamp));
      return;
    }
    const merged = { ...before, ...manifest, metadata: { ...before.metadata, ...manifest.metadata } };
    const after = toUpdate(before, merged, { subresource: undefined, ...stamp });
    store.replace('status' in manifest ? { ...after, status: manifest.status } : after);
  }

  for (const manifest of options.objects ?? []) apply(manifest);

  return {
    async start() {
      loop.start(pace.tickMs);
      const { port } = await server.start();
      const url = `http://127.0.0.1:${port}`;
      const kubeconfigFor = (role: Role): string =>
        kubeconfigYaml({ cluster: options.name, url, user: userName(role), token: tokens[role] });
      return { url, kubeconfigFor };
    },
    async stop() {
      loop.stop();
      await server.stop();
    },
    apply,
    change(kind, namespace, name, change) {
      const before = store.get(kind, namespace, name);
      if (before === undefined) return false;
      const draft = structuredClone(before);
      change(draft);
      store.replace(toUpdate(before, draft, { subresource: undefined, nowMs: now(), manager: 'kubectl-edit' }));
      return true;
    },
    patchStatus(kind, namespace, name, status) {
      return (
        edit<string>(store, kind, namespace, name, (draft) => {
          draft.status = { ...(isRecord(draft.status) ? draft.status : {}), ...status };
        }) !== undefined
      );
    },
    remove(kind, namespace, name) {
      const object = store.get(kind, namespace, name);
      if (object !== undefined) deleteObject(store, object, { nowMs: now() });
      return object !== undefined;
    },
    get: store.get,
    list: store.list,
    publish(more) {
      images = { ...images, ...more };
    },
    usage: () => kubelet.usage(),
    settle({ endMs = now(), spanMs = 60_000 } = {}) {
      pretendedNow = endMs - spanMs;
      try {
        while (pretendedNow <= endMs) {
          loop.runDue();
          const next = loop.nextDue();
          if (next === undefined) return;
          pretendedNow = Math.max(next, pretendedNow + 1);
        }
      } finally {
        pretendedNow = undefined;
      }
    },
    requests: server.requests,
    writes: () => server.requests().filter(({ applied }) => applied),
    faults: server.faults,
    snapshot: () => structuredClone({ store: store.dump(), kubelet: kubelet.memory(), images, tokens }),
    restore(snapshot) {
      store.load(snapshot.store);
      kubelet.remember(snapshot.kubelet);
      images = snapshot.images;
      tokens = snapshot.tokens;
      // Otherwise a restored cluster would give out the uids and pod names once more that it already has.
      names.reseed(snapshot.store.revision);
      server.faults.cutOpenWatches();
      loop.wakeAll();
    },
  };
}

const roles: readonly Role[] = ['admin', 'operator', 'reader', 'nobody'];

function userName(role: Role): string {
  return `sandbox-${role}`;
}

function newTokens(hex: (length: number) => string): Record<Role, string> {
  return { admin: hex(32), operator: hex(32), reader: hex(32), nobody: hex(32) };
}

function usersByToken(tokens: Readonly<Record<Role, string>>): Map<string, User> {
  return new Map(
    roles.map((role): [string, User] => {
      const groups = role === 'admin' ? ['system:masters'] : [];
      return [tokens[role], { name: userName(role), uid: `${userName(role)}-uid`, groups, role }];
    }),
  );
}
