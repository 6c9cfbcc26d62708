import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiClient } from './api-client.ts';
import type { WireContainerStatus } from './kube-state-series.ts';
import { waitFor } from './wait-for.ts';

/** A Deployment as the API server sends it: the fields that tests look at. */
export type Deployment = {
  metadata: {
    name: string;
    namespace: string;
    uid: string;
    resourceVersion: string;
    generation: number;
    annotations?: Record<string, string>;
  };
  spec: {
    replicas: number;
    template: { metadata?: { annotations?: Record<string, string> }; spec: { containers: Container[] } };
  };
  status: {
    observedGeneration?: number;
    replicas?: number;
    readyReplicas?: number;
    updatedReplicas?: number;
    availableReplicas?: number;
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
  };
};
type Container = { name: string; image: string; resources?: { limits?: Record<string, string> } };
export type Pod = {
  metadata: { name: string; namespace: string; uid: string; deletionTimestamp?: string };
  spec: { containers: Container[] };
  status: { phase?: string; containerStatuses?: PodContainerStatus[]; conditions?: { type: string; status: string }[] };
};
export type PodContainerStatus = WireContainerStatus & { restartCount: number };
export type LogLines = readonly string[];

/** What a test asks for when it deploys something. The container has the name of the Deployment. */
export type DeploymentRequest = {
  namespace: string;
  name: string;
  image: string;
  /** As Kubernetes writes it: `128Mi`. */
  memoryLimit?: string;
  replicas?: number;
  progressDeadlineSeconds?: number;
  /** On the pod template: where the fault annotations of kwok-stages.ts go. */
  annotations?: Record<string, string>;
};

/** What an administrator does to the cluster in a test: everything goes through the real API server. */
export type Workloads = ReturnType<typeof createWorkloads>;

const apply = 'application/apply-patch+yaml';
const strategicMerge = 'application/strategic-merge-patch+json';

/** @param admin A client with all rights. @param scratch Folder of the run; log files go to `<scratch>/pod-logs`. */
export function createWorkloads({ admin, scratch }: { admin: ApiClient; scratch: string }) {
  const logRules = new Map<string, LogRule[]>();
  const deploymentPath = (namespace: string, name: string) =>
    `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
  const deploymentOf = (namespace: string, name: string) => admin.get<Deployment>(deploymentPath(namespace, name));
  const podsOf = async (namespace: string, name: string): Promise<Pod[]> => {
    const list = await admin.get<{ items: Pod[] }>(`/api/v1/namespaces/${namespace}/pods?labelSelector=app%3D${name}`);
    return list.items;
  };

  return {
    deploymentOf,
    /** The pods of a Deployment made by `applyDeployment`, those being deleted included. */
    podsOf,

    /**
     * Creates a namespace in which pods can be created at once, with an empty log for every container.
     *
     * @throws When it exists: a test that wants its own takes `uniqueName`.
     */
    async createNamespace(name: string, labels: Record<string, string> = {}): Promise<string> {
      await admin.send('POST', '/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name, labels },
      });
      await waitFor(`the default service account of ${name}`, async () => {
        return (await admin.request('GET', `/api/v1/namespaces/${name}/serviceaccounts/default`)).status === 200;
      });
      await setLogRules(name, []);
      return name;
    },

    /** Starts the deletion of a namespace; the controllers finish it in about 6 s. */
    async deleteNamespace(name: string): Promise<void> {
      await admin.request('DELETE', `/apis/kwok.x-k8s.io/v1alpha1/clusterlogs/${name}`);
      await admin.request('DELETE', `/api/v1/namespaces/${name}`);
    },

    /** Creates or changes a Deployment by server-side apply, and returns it. Does not wait for pods. */
    applyDeployment(request: DeploymentRequest): Promise<Deployment> {
      const { namespace, name } = request;
      return admin.send(
        'PATCH',
        `${deploymentPath(namespace, name)}?fieldManager=test&force=true`,
        deploymentManifest(request),
        apply,
      );
    },

    /** Changes the image of the Deployment's container, as a careless `kubectl set image` would. */
    setImage({ namespace, name, image }: { namespace: string; name: string; image: string }): Promise<Deployment> {
      return patchContainer({ namespace, name, change: { image } });
    },

    /** Changes the memory limit of the Deployment's container. */
    setMemoryLimit({
      namespace,
      name,
      memoryLimit,
    }: {
      namespace: string;
      name: string;
      memoryLimit: string;
    }): Promise<Deployment> {
      return patchContainer({ namespace, name, change: { resources: { limits: { memory: memoryLimit } } } });
    },

    /** Puts the pod template of an older revision back, as `kubectl rollout undo --to-revision` does. */
    async undoRollout({
      namespace,
      name,
      toRevision,
    }: {
      namespace: string;
      name: string;
      toRevision: number;
    }): Promise<Deployment> {
      type ReplicaSet = {
        metadata: { annotations?: Record<string, string> };
        spec: { template: { metadata: { labels: Record<string, string> } } };
      };
      const path = `/apis/apps/v1/namespaces/${namespace}/replicasets?labelSelector=app%3D${name}`;
      const { items } = await admin.get<{ items: ReplicaSet[] }>(path);
      const revision = items.find(
        ({ metadata }) => metadata.annotations?.['deployment.kubernetes.io/revision'] === String(toRevision),
      );
      if (revision === undefined) throw new Error(`deployment ${namespace}/${name} has no revision ${toRevision}`);
      const { template } = revision.spec;
      delete template.metadata.labels['pod-template-hash'];
      const body = [{ op: 'replace', path: '/spec/template', value: template }];
      return admin.send('PATCH', deploymentPath(namespace, name), body, 'application/json-patch+json');
    },

    /** Waits until a rollout is complete: every replica is updated, ready and seen by the controller. */
    untilRolledOut(namespace: string, name: string, timeoutMs = 30_000): Promise<Deployment> {
      return waitFor(
        `deployment ${namespace}/${name} to be rolled out`,
        async () => {
          const deployment = await deploymentOf(namespace, name);
          const { spec, status, metadata } = deployment;
          const counts = [status.replicas, status.updatedReplicas, status.readyReplicas, status.availableReplicas];
          const isDone =
            status.observedGeneration === metadata.generation &&
            counts.every((count) => (count ?? 0) === spec.replicas);
          return isDone && deployment;
        },
        { timeoutMs },
      );
    },

    /** Waits until a pod of the Deployment has a container status that satisfies `isWanted`, and returns that pod. */
    untilPod(
      namespace: string,
      name: string,
      what: string,
      isWanted: (status: PodContainerStatus) => boolean,
      timeoutMs = 30_000,
    ): Promise<Pod> {
      return waitFor(
        `a pod of ${namespace}/${name} ${what}`,
        async () =>
          (await podsOf(namespace, name)).find(({ status }) => (status.containerStatuses ?? []).some(isWanted)),
        { timeoutMs },
      );
    },

    /**
     * Says what the log of a container holds, now and before its last restart, for all pods of a namespace.
     *
     * Lines get one timestamp a second, the last one now. May be called again: the files are read at each request.
     */
    async writeLogs({
      namespace,
      container,
      current,
      previous,
    }: {
      namespace: string;
      container: string;
      current: LogLines;
      previous?: LogLines;
    }): Promise<void> {
      const logsFile = writeLogFile(`${namespace}.${container}.log`, current);
      const previousLogsFile =
        previous === undefined ? undefined : writeLogFile(`${namespace}.${container}.previous.log`, previous);
      const rule = {
        containers: [container],
        logsFile,
        ...(previousLogsFile === undefined ? {} : { previousLogsFile }),
      };
      const rules = [
        ...(logRules.get(namespace) ?? []).filter(({ containers }) => !containers.includes(container)),
        rule,
      ];
      logRules.set(namespace, rules);
      await setLogRules(namespace, rules);
    },
  };

  function patchContainer({
    namespace,
    name,
    change,
  }: {
    namespace: string;
    name: string;
    change: object;
  }): Promise<Deployment> {
    const body = { spec: { template: { spec: { containers: [{ name, ...change }] } } } };
    return admin.send('PATCH', deploymentPath(namespace, name), body, strategicMerge);
  }

  // One rule object for each namespace; a rule without containers is kwok's fallback, here an empty log.
  async function setLogRules(namespace: string, rules: readonly LogRule[]): Promise<void> {
    const fallback = { logsFile: writeLogFile('empty.log', []) };
    const body = {
      apiVersion: 'kwok.x-k8s.io/v1alpha1',
      kind: 'ClusterLogs',
      metadata: { name: namespace },
      spec: { selector: { matchNamespaces: [namespace] }, logs: [...rules, fallback] },
    };
    await admin.send(
      'PATCH',
      `/apis/kwok.x-k8s.io/v1alpha1/clusterlogs/${namespace}?fieldManager=test&force=true`,
      body,
      apply,
    );
  }

  // The format of a container runtime: time, stream, F for a whole line, text.
  function writeLogFile(file: string, lines: LogLines): string {
    const folder = join(scratch, 'pod-logs');
    mkdirSync(folder, { recursive: true });
    const now = Date.now();
    const at = (index: number) =>
      new Date(now - (lines.length - 1 - index) * 1_000).toISOString().replace('Z', '000000Z');
    writeFileSync(join(folder, file), lines.map((text, index) => `${at(index)} stdout F ${text}\n`).join(''));
    return join(folder, file);
  }
}

type LogRule = { containers: string[]; logsFile: string; previousLogsFile?: string };

/** A name that no other test has: the prefix and six random characters. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(3).toString('hex')}`;
}

function deploymentManifest(request: DeploymentRequest): object {
  const {
    namespace,
    name,
    image,
    memoryLimit,
    replicas = 2,
    progressDeadlineSeconds = 600,
    annotations = {},
  } = request;
  const resources =
    memoryLimit === undefined ? {} : { limits: { memory: memoryLimit }, requests: { memory: memoryLimit } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: { app: name } },
    spec: {
      replicas,
      progressDeadlineSeconds,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name }, annotations },
        spec: { containers: [{ name, image, resources }] },
      },
    },
  };
}
