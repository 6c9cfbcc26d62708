import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../test/real/wait-for.ts';
import { createKubelet, type Kubelet } from './kubelet.ts';
import type { Lab } from './lab.ts';
import { type NodeRequest, node, type WorkloadKind, type WorkloadRequest, workload } from './manifests.ts';
import { listPath, objectPath, resourceOf } from './resource-paths.ts';
import type { Mark } from './retime.ts';
import type { KubeObject, Metadata } from './wire.ts';

/** What a case may expect, as expected.yaml says it. Objects are `Kind namespace/name`. */
export type Expected = {
  readonly code?: string | readonly string[];
  readonly object?: string | readonly string[];
  readonly also?: readonly { code: string | readonly string[]; object: string | readonly string[] }[];
  readonly alsoTrue?: readonly string[];
  readonly notClaimed?: readonly (string | { code: string; object?: string })[];
  readonly says?: readonly string[];
  readonly status?: 'diagnosed' | 'inconclusive' | 'healthy';
  readonly question?: { readonly namespace?: string; readonly object?: string };
};

/** One case: how its state comes about in a real cluster, and what a good answer to it is. */
export type CaseDefinition = {
  /** `<code>-<variant>`: the folder. */
  readonly name: string;
  readonly about: string;
  /** The worker nodes; three ordinary ones when absent. */
  readonly nodes?: readonly NodeRequest[];
  /** How long the state has lasted when it is captured. */
  readonly ageMinutes?: number;
  /** Whether the workloads of kube-system belong to it. */
  readonly system?: boolean;
  readonly run: (c: CaseContext) => Promise<Expected>;
};

export type CaseContext = {
  readonly ns: string;
  readonly nodes: readonly string[];
  readonly lab: Lab;
  readonly kubelet: Kubelet;
  readonly namespace: (labels?: Record<string, string>) => Promise<string>;
  readonly send: <T = unknown>(method: string, path: string, body?: unknown, contentType?: string) => Promise<T>;
  /** Creates objects, in the case's namespace where they name none and need one. */
  readonly apply: (...objects: readonly KubeObject[]) => Promise<readonly KubeObject[]>;
  readonly patch: (kind: string, name: string, change: object, options?: PatchOptions) => Promise<KubeObject>;
  readonly remove: (kind: string, name: string, namespace?: string) => Promise<void>;
  readonly get: (kind: string, name: string, namespace?: string) => Promise<KubeObject>;
  readonly list: (kind: string, namespace?: string) => Promise<readonly KubeObject[]>;
  /** Creates a workload and waits until all its pods are ready (a Job's: complete). */
  readonly runs: (kind: WorkloadKind, name: string, request?: WorkloadRequest) => Promise<void>;
  /** The pods of an app, when there are as many. */
  readonly podsOf: (
    app: string,
    count: number,
    where?: { namespace?: string; bound?: boolean },
  ) => Promise<readonly KubeObject[]>;
  readonly until: <T>(
    what: string,
    look: () => T | Promise<T>,
    timeoutMs?: number,
  ) => Promise<Exclude<T, undefined | null | false>>;
  /** Waits for an event of a reason whose message holds a text. */
  readonly event: (reason: string, text?: string, namespace?: string) => Promise<void>;
  /** Waits until nothing in the case's namespaces has changed for a second. */
  readonly quiet: () => Promise<void>;
  /** Everything until now happened so much earlier. */
  readonly past: (span: { hours?: number; minutes?: number }) => Promise<void>;
  /** A time as the snapshot will tell it, seconds from its capture. */
  readonly at: (seconds: number) => string;
  readonly sinceCreation: (object: { metadata: Metadata }, seconds: number) => string;
  readonly alert: (name: string, labels: Record<string, string>, summary: string) => void;
  /** Connectivity checks (probes.json) and who calls whom (dependencies.json), as a bundle adds them. */
  readonly probes: (checks: readonly object[]) => void;
  readonly calls: (calls: readonly object[]) => void;
  /** Runs when the case has been captured. */
  readonly afterwards: (close: () => Promise<void>) => void;
  readonly log: (pod: KubeObject, container: string, lines: readonly string[], previous?: boolean) => void;
};

type PatchOptions = {
  readonly namespace?: string | undefined;
  readonly subresource?: string;
  readonly manager?: string;
  readonly type?: 'merge' | 'strategic' | 'json';
};

export type CaseFiles = {
  readonly alerts: unknown[];
  readonly probes: object[];
  readonly calls: object[];
  readonly logs: Map<string, string>;
};

/** What run.ts needs of a context besides what definitions use. */
export type OpenContext = {
  readonly context: CaseContext;
  readonly namespaces: readonly string[];
  readonly marks: readonly Mark[];
  readonly files: CaseFiles;
  readonly afterwards: readonly (() => Promise<void>)[];
};

const contentTypes = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
} as const;

export async function openContext({
  lab,
  ageMs,
  nodes,
  namespaceNames,
}: {
  lab: Lab;
  ageMs: number;
  nodes: readonly string[];
  namespaceNames: () => string;
}): Promise<OpenContext> {
  const { admin } = lab;
  const { send } = admin;
  const namespaces: string[] = [];
  const marks: Mark[] = [];
  const afterwards: (() => Promise<void>)[] = [];
  const files: CaseFiles = { alerts: [], probes: [], calls: [], logs: new Map() };

  const namespace = async (labels: Record<string, string> = {}): Promise<string> => {
    const name = namespaceNames();
    namespaces.push(name);
    await send('POST', '/api/v1/namespaces?fieldManager=kubectl-create', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels },
    });
    await waitFor(
      `the default service account of ${name}`,
      async () => (await admin.request('GET', objectPath('ServiceAccount', name, 'default'))).status === 200,
    );
    return name;
  };
  const ns = await namespace();
  const at = (seconds: number) => secondsOf(Date.now() + ageMs + seconds * 1000);
  const sinceCreation = ({ metadata }: { metadata: Metadata }, seconds: number) =>
    secondsOf(Date.parse(metadata.creationTimestamp ?? '') + seconds * 1000);
  const listOf = async (kind: string, own = ns) => {
    const { apiVersion } = resourceOf(kind);
    const { items } = await send<{ items: KubeObject[] }>('GET', listPath(resourceOf(kind), own));
    return items.map((item): KubeObject => ({ ...item, apiVersion, kind }));
  };
  const get = (kind: string, name: string, own = ns) => send<KubeObject>('GET', objectPath(kind, own, name));

  const apply: CaseContext['apply'] = async (...objects) => {
    const made: KubeObject[] = [];
    for (const object of objects) {
      const path = listPath(resourceOf(object.kind), object.metadata.namespace ?? ns);
      made.push(await send('POST', `${path}?fieldManager=kubectl-create`, object));
    }
    return made;
  };
  const podsOf: CaseContext['podsOf'] = (app, count, { namespace: own = ns, bound = false } = {}) =>
    waitFor(`${count} pods of ${app}`, async () => {
      const pods = (await listOf('Pod', own)).filter(
        ({ metadata, spec }) =>
          metadata.labels?.app === app &&
          metadata.deletionTimestamp === undefined &&
          (!bound || spec?.nodeName !== undefined),
      );
      return pods.length === count && pods;
    });
  const quiet = async () => {
    let before = '';
    let since = performance.now();
    await waitFor(
      'the case to come to rest',
      async () => {
        const kinds = [
          'Pod',
          'Event',
          'Deployment',
          'ReplicaSet',
          'StatefulSet',
          'DaemonSet',
          'Job',
          'CronJob',
          'PersistentVolumeClaim',
          'EndpointSlice',
          'ResourceQuota',
          'PodDisruptionBudget',
        ];
        const lists = await Promise.all(namespaces.flatMap((own) => kinds.map((kind) => listOf(kind, own))));
        const now = lists
          .flat()
          .map(({ metadata }) => `${metadata.uid}@${metadata.resourceVersion}`)
          .toSorted()
          .join();
        if (now !== before) since = performance.now();
        before = now;
        return performance.now() - since > 1_000;
      },
      { timeoutMs: 25_000, everyMs: 200 },
    );
  };

  const context: CaseContext = {
    ns,
    nodes,
    lab,
    kubelet: createKubelet({ send, at, sinceCreation }),
    namespace,
    send,
    apply,
    get,
    list: listOf,
    podsOf,
    quiet,
    at,
    sinceCreation,
    patch: (kind, name, change, { namespace: own = ns, subresource, manager = 'kubectl-edit', type = 'merge' } = {}) =>
      send(
        'PATCH',
        `${objectPath(kind, own, name)}${subresource === undefined ? '' : `/${subresource}`}?fieldManager=${manager}`,
        change,
        contentTypes[type],
      ),
    remove: async (kind, name, own = ns) => {
      await send('DELETE', objectPath(kind, own, name));
    },
    runs: async (kind, name, request = {}) => {
      const made = workload(kind, name, request);
      await apply(
        request.namespace === undefined
          ? made
          : { ...made, metadata: { ...made.metadata, namespace: request.namespace } },
      );
      await waitFor(`${kind} ${name} to run`, async () => isRunning(await get(kind, name, request.namespace)));
    },
    until: (what, look, timeoutMs = 30_000) => waitFor(what, look, { timeoutMs, everyMs: 200 }),
    event: async (reason, text = '', own) => {
      await waitFor(
        `an event ${reason} with "${text}"`,
        async () => {
          const lists = await Promise.all((own === undefined ? namespaces : [own]).map((one) => listOf('Event', one)));
          return lists.flat().some((event) => event.reason === reason && String(event.message).includes(text));
        },
        { timeoutMs: 60_000, everyMs: 200 },
      );
    },
    past: async ({ hours = 0, minutes = 0 }) => {
      await quiet();
      // Times have whole seconds: what follows must fall into another one.
      await sleep(1_050 - (Date.now() % 1_000));
      marks.push({ at: Math.floor(Date.now() / 1_000) * 1_000 - 1, byMs: (hours * 60 + minutes) * 60_000 });
    },
    alert: (name, labels, summary) => {
      const startsAt = at(-90);
      files.alerts.push({
        labels: { alertname: name, severity: 'warning', ...labels },
        annotations: { summary },
        startsAt,
        endsAt: at(240),
        updatedAt: at(-5),
        generatorURL: 'http://prometheus.example/graph',
        fingerprint: fingerprint(`${name}${JSON.stringify(labels)}`),
        receivers: [{ name: 'on-call' }],
        status: { state: 'active', silencedBy: [], inhibitedBy: [] },
      });
    },
    afterwards: (close) => void afterwards.push(close),
    probes: (checks) => void files.probes.push(...checks),
    calls: (calls) => void files.calls.push(...calls),
    log: (pod, container, lines, previous = false) => {
      const text = lines.map((line, index) => `${at(-70 - lines.length + index)} ${line}\n`).join('');
      files.logs.set(
        `${pod.metadata.namespace}/${pod.metadata.name}/${container}${previous ? '.previous' : ''}.log`,
        text,
      );
    },
  };
  return { context, namespaces, marks, files, afterwards };
}

function isRunning({ kind, spec, status = {} }: KubeObject): boolean {
  switch (kind) {
    case 'Deployment':
      return (status.availableReplicas ?? 0) === spec?.replicas && status.updatedReplicas === spec?.replicas;
    case 'StatefulSet':
      return (status.availableReplicas ?? 0) === spec?.replicas;
    case 'DaemonSet':
      return Number(status.desiredNumberScheduled) > 0 && status.numberAvailable === status.desiredNumberScheduled;
    case 'Job':
      return ((status.conditions ?? []) as { type: string; status: string }[]).some(
        (one) => one.type === 'Complete' && one.status === 'True',
      );
    case 'Pod':
      return ((status.conditions ?? []) as { type: string; status: string }[]).some(
        (one) => one.type === 'Ready' && one.status === 'True',
      );
    default:
      return true;
  }
}

/** Makes nodes and waits until they can be used. */
export async function makeNodes(lab: Lab, names: readonly string[], requests: readonly NodeRequest[]): Promise<void> {
  const { send } = lab.admin;
  for (const [index, name] of names.entries()) {
    const request = requests[index] ?? {};
    await send('POST', '/api/v1/nodes?fieldManager=kubelet', node(name, index, request));
  }
  await waitFor('the nodes to be ready', async () => {
    const nodes = await Promise.all(names.map((name) => send<KubeObject>('GET', `/api/v1/nodes/${name}`)));
    return nodes.every((one, index) => {
      if (requests[index]?.unmanaged === true) return true;
      const taints = ((one.spec?.taints ?? []) as { key: string }[]).filter(
        ({ key }) => key === 'node.kubernetes.io/not-ready',
      );
      const conditions = (one.status?.conditions ?? []) as { type: string; status: string }[];
      return taints.length === 0 && conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
    });
  });
}

function secondsOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

function fingerprint(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return hash.toString(16).padStart(16, '0');
}
