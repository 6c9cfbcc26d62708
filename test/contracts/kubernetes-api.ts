import { request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ApiException,
  AppsV1Api,
  AuthorizationV1Api,
  CoreV1Api,
  Health,
  KubeConfig,
  PatchStrategy,
  PolicyV1Api,
  setHeaderOptions,
  type V1Deployment,
  type V1Pod,
  VersionApi,
  Watch,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** What a run of the contract is given. */
export type KubernetesApiUnderTest = {
  /** May create, read, patch and delete ConfigMaps, Events, Pods, Deployments (and their status) and PodDisruptionBudgets, and evict, in the namespace. */
  readonly kubeconfig: string;
  /** May get, list and watch there, and nothing else. */
  readonly readerKubeconfig: string;
  /** Exists, is empty or at least free of names that begin with `contract-`, and pods in it can start from `registry.k8s.io/pause:3.10`. */
  readonly namespace: string;
  /** A container with at least two current log lines and a previous log; null where no logs are to be had. */
  readonly logs?: { readonly namespace: string; readonly pod: string; readonly container: string } | null;
  close(): Promise<void>;
};

const image = 'registry.k8s.io/pause:3.10';
const otherImage = 'registry.k8s.io/pause:3.9';
const patienceMs = 15_000;

/**
 * What this project relies on of the Kubernetes API, as measured on kube-apiserver 1.35. Run by the simulated cluster and by a real API server
 * with controller-manager, scheduler and kwok: what holds on one only does not belong here.
 */
export function kubernetesApiContract(name: string, connect: () => Promise<KubernetesApiUnderTest>): void {
  describe(`Kubernetes API: ${name}`, () => {
    let under: KubernetesApiUnderTest;
    let kubeconfig: KubeConfig;
    let reader: KubeConfig;
    let core: CoreV1Api;
    let apps: AppsV1Api;
    let policy: PolicyV1Api;
    let namespace: string;

    beforeAll(async () => {
      under = await connect();
      namespace = under.namespace;
      kubeconfig = loaded(under.kubeconfig);
      reader = loaded(under.readerKubeconfig);
      core = kubeconfig.makeApiClient(CoreV1Api);
      apps = kubeconfig.makeApiClient(AppsV1Api);
      policy = kubeconfig.makeApiClient(PolicyV1Api);
    }, 60_000);
    afterAll(async () => under?.close());

    async function createPod(podName: string, labels: Record<string, string> = {}): Promise<V1Pod> {
      const spec = { containers: [{ name: 'main', image }], terminationGracePeriodSeconds: 1 };
      await core.createNamespacedPod({ namespace, body: { metadata: { name: podName, labels }, spec } });
      return eventually(async () => {
        const pod = await core.readNamespacedPod({ namespace, name: podName });
        return pod.status?.conditions?.some(({ status, type }) => type === 'Ready' && status === 'True') === true
          ? pod
          : undefined;
      });
    }

    async function createDeployment(deploymentName: string, replicas = 1): Promise<V1Deployment> {
      const labels = { app: deploymentName };
      const template = {
        metadata: { labels },
        spec: { containers: [{ name: 'main', image }], terminationGracePeriodSeconds: 1 },
      };
      const spec = { replicas, selector: { matchLabels: labels }, template };
      await apps.createNamespacedDeployment({ namespace, body: { metadata: { name: deploymentName }, spec } });
      return eventually(async () => {
        const deployment = await apps.readNamespacedDeployment({ namespace, name: deploymentName });
        // Only then the controllers write no more, and what follows sees its own changes alone.
        const isSettled =
          deployment.status?.conditions?.some(({ reason }) => reason === 'NewReplicaSetAvailable') === true;
        return isSettled ? deployment : undefined;
      });
    }

    const uidOf = (object: { metadata?: { uid?: string } }): string => object.metadata?.uid ?? '';
    const readDeployment = (deploymentName: string) =>
      apps.readNamespacedDeployment({ namespace, name: deploymentName });
    const patchDeployment = (deploymentName: string, body: object[], more: { dryRun?: string } = {}) =>
      apps.patchNamespacedDeployment({ namespace, name: deploymentName, body, fieldManager: 'contract', ...more });

    describe('reading', () => {
      it('tells its version and that it is ready', async () => {
        const version = await kubeconfig.makeApiClient(VersionApi).getCode();
        expect(version.gitVersion).toMatch(/^v1\.\d+\./);
        expect(await new Health(kubeconfig).readyz({})).toBe(true);
        const answer = await raw(kubeconfig, 'GET', '/readyz');
        expect(answer).toMatchObject({ code: 200, body: 'ok' });
        expect((await raw(kubeconfig, 'GET', '/readyz?verbose')).body).toMatch(/\[\+\]ping ok\n[\s\S]*check passed/);
      });

      it('lists in pages that together hold everything once', async () => {
        const labels = { contract: 'pages' };
        const names = ['contract-page-a', 'contract-page-b', 'contract-page-c', 'contract-page-d', 'contract-page-e'];
        for (const one of names)
          await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: one, labels } } });
        const seen: string[] = [];
        const sizes: number[] = [];
        let token: string | undefined;
        do {
          const page = await core.listNamespacedConfigMap({
            namespace,
            labelSelector: 'contract=pages',
            limit: 2,
            ...(token === undefined ? {} : { _continue: token }),
          });
          seen.push(...page.items.map(({ metadata }) => metadata?.name ?? ''));
          sizes.push(page.items.length);
          token = page.metadata?._continue === '' ? undefined : page.metadata?._continue;
        } while (token !== undefined);
        expect(seen).toEqual(names);
        expect(sizes).toEqual([2, 2, 1]);
        expect(
          await refusal(core.listNamespacedConfigMap({ namespace, limit: 1, _continue: 'nonsense' })),
        ).toMatchObject({ code: 400 });
      });

      it('selects by labels and by fields, and refuses fields it cannot select by', async () => {
        const involvedObject = { kind: 'Pod', name: 'contract-nobody', namespace };
        for (const type of ['Normal', 'Warning']) {
          const body = {
            metadata: { name: `contract-event-${type.toLowerCase()}` },
            involvedObject,
            type,
            reason: 'Contract',
            message: type,
          };
          await core.createNamespacedEvent({ namespace, body });
        }
        const found = await core.listNamespacedEvent({
          namespace,
          fieldSelector: 'involvedObject.name=contract-nobody,type!=Normal',
        });
        expect(found.items.map(({ metadata }) => metadata?.name)).toEqual(['contract-event-warning']);
        await core.createNamespacedConfigMap({
          namespace,
          body: { metadata: { name: 'contract-labels', labels: { tier: 'gold' } } },
        });
        const byLabel = await core.listNamespacedConfigMap({
          namespace,
          labelSelector: 'tier in (gold,silver),!absent',
        });
        expect(byLabel.items.map(({ metadata }) => metadata?.name)).toEqual(['contract-labels']);
        expect(await refusal(core.listNamespacedPod({ namespace, fieldSelector: 'spec.colour=red' }))).toMatchObject({
          code: 400,
        });
      });

      it('answers 404 with a Status for what is not there', async () => {
        const missing = core.readNamespacedPod({ namespace, name: 'contract-missing' });
        expect(await refusal(missing)).toMatchObject({
          code: 404,
          reason: 'NotFound',
          message: 'pods "contract-missing" not found',
        });
        expect((await raw(kubeconfig, 'GET', `/api/v1/namespaces/${namespace}/nonsense`)).code).toBe(404);
      });

      it('prints pods as a Table without objects', async () => {
        await createPod('contract-table');
        const accept = { Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
        const path = `/api/v1/namespaces/${namespace}/pods?includeObject=None&fieldSelector=metadata.name%3Dcontract-table`;
        const answer = await raw(kubeconfig, 'GET', path, { headers: accept });
        const table = JSON.parse(answer.body);
        expect(table.kind).toBe('Table');
        const columns = table.columnDefinitions.map(({ name: column }: { name: string }) => column);
        expect(columns.slice(0, 5)).toEqual(['Name', 'Ready', 'Status', 'Restarts', 'Age']);
        expect(table.rows).toHaveLength(1);
        expect(table.rows[0].object).toBeNull();
        expect(table.rows[0].cells.slice(0, 3)).toEqual(['contract-table', '1/1', 'Running']);
        expect(String(table.rows[0].cells[3])).toBe('0');
      });

      it('shows a watcher the change that was made', async () => {
        const body = { metadata: { name: 'contract-watched' }, data: { key: 'before' } };
        const created = await core.createNamespacedConfigMap({ namespace, body });
        const from = created.metadata?.resourceVersion ?? '';
        const seen: { type: string; name: string; value: string }[] = [];
        const query = { resourceVersion: from, fieldSelector: 'metadata.name=contract-watched' };
        const abort = await new Watch(kubeconfig).watch(
          `/api/v1/namespaces/${namespace}/configmaps`,
          query,
          (type, object) => seen.push({ type, name: object.metadata?.name, value: object.data?.key }),
          () => {},
        );
        const change = [{ op: 'replace', path: '/data/key', value: 'after' }];
        await core.patchNamespacedConfigMap({ namespace, name: 'contract-watched', body: change });
        await core.deleteNamespacedConfigMap({ namespace, name: 'contract-watched' });
        await eventually(async () => (seen.length >= 2 ? seen : undefined));
        abort.abort();
        expect(seen).toEqual([
          { type: 'MODIFIED', name: 'contract-watched', value: 'after' },
          { type: 'DELETED', name: 'contract-watched', value: 'after' },
        ]);
      });
    });

    describe('rights', () => {
      it('answers 401 to a bad token', async () => {
        const stranger = loaded(under.kubeconfig);
        for (const user of stranger.users) Object.assign(user, { token: 'no-such-token' });
        const read = stranger.makeApiClient(CoreV1Api).listNamespacedPod({ namespace });
        expect(await refusal(read)).toMatchObject({ code: 401 });
      });

      it('answers 403 to a reader who writes, also when the object does not exist', async () => {
        const asReader = reader.makeApiClient(AppsV1Api);
        const patch = asReader.patchNamespacedDeployment({ namespace, name: 'contract-missing', body: [] });
        expect(await refusal(patch)).toMatchObject({ code: 403, reason: 'Forbidden' });
        const deletion = reader.makeApiClient(CoreV1Api).deleteNamespacedPod({ namespace, name: 'contract-missing' });
        expect(await refusal(deletion)).toMatchObject({ code: 403, reason: 'Forbidden' });
        await expect(reader.makeApiClient(CoreV1Api).listNamespacedPod({ namespace })).resolves.toBeDefined();
      });

      it('says in an access review what it would allow', async () => {
        const review = (verb: string) => ({
          spec: { resourceAttributes: { namespace, verb, group: 'apps', resource: 'deployments' } },
        });
        const asReader = reader.makeApiClient(AuthorizationV1Api);
        const list = await asReader.createSelfSubjectAccessReview({ body: review('list') });
        const patch = await asReader.createSelfSubjectAccessReview({ body: review('patch') });
        expect([list.status?.allowed, patch.status?.allowed]).toEqual([true, false]);
      });
    });

    describe('changing', () => {
      it('answers 409 AlreadyExists to a second creation', async () => {
        const body = { metadata: { name: 'contract-twice' } };
        await core.createNamespacedConfigMap({ namespace, body });
        expect(await refusal(core.createNamespacedConfigMap({ namespace, body }))).toMatchObject({
          code: 409,
          reason: 'AlreadyExists',
        });
      });

      it('applies a JSON Patch whose tests hold, and moves the generation', async () => {
        const before = await createDeployment('contract-patched');
        const body = [
          { op: 'test', path: '/metadata/uid', value: uidOf(before) },
          { op: 'test', path: '/spec/replicas', value: 1 },
          { op: 'replace', path: '/spec/replicas', value: 2 },
        ];
        const after = await patchDeployment('contract-patched', body);
        expect(after.spec?.replicas).toBe(2);
        expect(after.metadata?.generation).toBe((before.metadata?.generation ?? 0) + 1);
      });

      it.each([
        ['a value that differs', { op: 'test', path: '/spec/replicas', value: 7 }],
        ['a uid that differs', { op: 'test', path: '/metadata/uid', value: 'somebody-else' }],
        ['a path that is not there', { op: 'test', path: '/spec/nothing', value: 1 }],
        ['a removal of nothing', { op: 'remove', path: '/spec/nothing' }],
      ])('refuses a JSON Patch with %s by 422, says no more, and changes nothing', async (why, operation) => {
        const deploymentName = `contract-guarded-${why.replace(/\W+/g, '-')}`;
        await createDeployment(deploymentName, 0);
        const body = [operation, { op: 'replace', path: '/spec/replicas', value: 3 }];
        const refused = await refusal(patchDeployment(deploymentName, body));
        const message = 'the server rejected our request due to an error in our request';
        expect(refused).toMatchObject({ code: 422, reason: 'Invalid', message });
        expect((await readDeployment(deploymentName)).spec?.replicas).toBe(0);
      });

      it('answers 409 to a stale resourceVersion', async () => {
        const { metadata } = await createDeployment('contract-stale', 0);
        const stale = metadata?.resourceVersion ?? '';
        await patchDeployment('contract-stale', [{ op: 'add', path: '/metadata/labels', value: { touched: 'yes' } }]);
        const inJsonPatch = patchDeployment('contract-stale', [
          { op: 'replace', path: '/metadata/resourceVersion', value: stale },
        ]);
        expect(await refusal(inJsonPatch)).toMatchObject({ code: 409, reason: 'Conflict' });
        const merge = { metadata: { resourceVersion: stale, labels: { touched: 'again' } } };
        const inMerge = apps.patchNamespacedDeployment(
          { namespace, name: 'contract-stale', body: merge },
          setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
        );
        expect(await refusal(inMerge)).toMatchObject({ code: 409, reason: 'Conflict' });
      });

      it('refuses another uid, a negative count and a wrong type by 422', async () => {
        await createDeployment('contract-invalid', 0);
        const uid = apps.patchNamespacedDeployment(
          { namespace, name: 'contract-invalid', body: { metadata: { uid: '00000000-0000-4000-8000-000000000000' } } },
          setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
        );
        expect(await refusal(uid)).toMatchObject({ code: 422, reason: 'Invalid' });
        for (const value of [-1, 'three']) {
          const body = [{ op: 'replace', path: '/spec/replicas', value }];
          expect(await refusal(patchDeployment('contract-invalid', body))).toMatchObject({
            code: 422,
            reason: 'Invalid',
          });
        }
      });

      it('refuses a memory limit below the request by 422', async () => {
        await createDeployment('contract-limits', 0);
        const resources = { requests: { memory: '128Mi' }, limits: { memory: '64Mi' } };
        const body = [{ op: 'replace', path: '/spec/template/spec/containers/0/resources', value: resources }];
        expect(await refusal(patchDeployment('contract-limits', body))).toMatchObject({ code: 422, reason: 'Invalid' });
      });

      it('refuses patches of another form: 400 for no list, 415 for no patch type', async () => {
        await createDeployment('contract-forms', 0);
        const path = `/apis/apps/v1/namespaces/${namespace}/deployments/contract-forms`;
        const noList = await raw(kubeconfig, 'PATCH', path, {
          body: '{}',
          headers: { 'Content-Type': PatchStrategy.JsonPatch },
        });
        const noType = await raw(kubeconfig, 'PATCH', path, {
          body: '{}',
          headers: { 'Content-Type': 'application/json' },
        });
        const noJson = await raw(kubeconfig, 'PATCH', path, {
          body: '[{',
          headers: { 'Content-Type': PatchStrategy.JsonPatch },
        });
        expect([noList.code, noType.code, noJson.code]).toEqual([400, 415, 400]);
      });

      it('shows in a dry run what a patch would do, and stores nothing', async () => {
        const before = await createDeployment('contract-dry', 0);
        const shown = await patchDeployment('contract-dry', [{ op: 'replace', path: '/spec/replicas', value: 4 }], {
          dryRun: 'All',
        });
        expect(shown.spec?.replicas).toBe(4);
        expect(shown.metadata?.generation).toBe((before.metadata?.generation ?? 0) + 1);
        const after = await readDeployment('contract-dry');
        expect(after.spec?.replicas).toBe(0);
        expect(after.metadata).toMatchObject({
          generation: before.metadata?.generation,
          resourceVersion: before.metadata?.resourceVersion,
        });
        const misspelt = patchDeployment('contract-dry', [{ op: 'replace', path: '/spec/replicas', value: 4 }], {
          dryRun: 'true',
        });
        expect(await refusal(misspelt)).toMatchObject({ code: 422, reason: 'Invalid' });
      });

      it('moves the resourceVersion and not the generation when a status is written', async () => {
        const before = await createDeployment('contract-status', 0);
        const condition = {
          type: 'ContractSeen',
          status: 'True',
          reason: 'Contract',
          message: 'written by the contract',
        };
        const body = { status: { conditions: [condition] }, spec: { replicas: 5 } };
        const written = await apps.patchNamespacedDeploymentStatus(
          { namespace, name: 'contract-status', body },
          setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
        );
        expect(written.metadata?.generation).toBe(before.metadata?.generation);
        expect(written.metadata?.resourceVersion).not.toBe(before.metadata?.resourceVersion);
        expect(written.spec?.replicas).toBe(0);
        expect(written.status?.conditions?.some(({ type }) => type === 'ContractSeen')).toBe(true);
      });

      it('undoes a rollout by its old template: the old ReplicaSet is used again, under a new revision', async () => {
        const first = await createDeployment('contract-undo');
        const revisionKey = 'deployment.kubernetes.io/revision';
        const waitForRevision = (revision: string) =>
          eventually(async () => {
            const deployment = await readDeployment('contract-undo');
            const isDone =
              deployment.metadata?.annotations?.[revisionKey] === revision && deployment.status?.updatedReplicas === 1;
            return isDone && deployment.status?.observedGeneration === deployment.metadata?.generation
              ? deployment
              : undefined;
          });
        const replicaSets = async () =>
          (await apps.listNamespacedReplicaSet({ namespace, labelSelector: 'app=contract-undo' })).items;
        const [original] = await replicaSets();
        await patchDeployment('contract-undo', [
          { op: 'replace', path: '/spec/template/spec/containers/0/image', value: otherImage },
        ]);
        const second = await waitForRevision('2');
        await patchDeployment('contract-undo', [
          { op: 'test', path: '/spec/template', value: templateOf(second) },
          { op: 'replace', path: '/spec/template', value: templateOf(first) },
        ]);
        await waitForRevision('3');
        const sets = await replicaSets();
        expect(sets).toHaveLength(2);
        const again = sets.find((set) => uidOf(set) === uidOf(original ?? {}));
        expect(again?.metadata?.annotations?.[revisionKey]).toBe('3');
        expect(again?.spec?.replicas).toBe(1);
      });
    });

    describe('deleting', () => {
      it('deletes only under preconditions that hold', async () => {
        const pod = await createPod('contract-deleted');
        const target = { namespace, name: 'contract-deleted' };
        const wrongUid = { preconditions: { uid: 'somebody-else' } };
        const wrongVersion = { preconditions: { uid: uidOf(pod), resourceVersion: '1' } };
        for (const body of [wrongUid, wrongVersion]) {
          expect(await refusal(core.deleteNamespacedPod({ ...target, body }))).toMatchObject({
            code: 409,
            reason: 'Conflict',
          });
          const dryRun = core.deleteNamespacedPod({ ...target, body: { ...body, dryRun: ['All'] } });
          expect(await refusal(dryRun)).toMatchObject({ code: 409, reason: 'Conflict' });
        }
        // In the body: a real server does not read the query of a DELETE that has one, and ?dryRun=All would delete.
        await core.deleteNamespacedPod({ ...target, body: { preconditions: { uid: uidOf(pod) }, dryRun: ['All'] } });
        const untouched = await core.readNamespacedPod(target);
        expect(untouched.metadata?.deletionTimestamp).toBeUndefined();
        await core.deleteNamespacedPod({ ...target, body: { preconditions: { uid: uidOf(pod) } } });
        await gone('contract-deleted');
        expect(await refusal(core.deleteNamespacedPod(target))).toMatchObject({ code: 404, reason: 'NotFound' });
      });

      it('evicts only under preconditions that hold', async () => {
        const pod = await createPod('contract-evicted');
        const evict = (deleteOptions: object) =>
          core.createNamespacedPodEviction({
            namespace,
            name: 'contract-evicted',
            body: { metadata: { name: 'contract-evicted', namespace }, deleteOptions },
          });
        const wrong = { preconditions: { uid: 'somebody-else' } };
        expect(await refusal(evict(wrong))).toMatchObject({ code: 409, reason: 'Conflict' });
        expect(await refusal(evict({ ...wrong, dryRun: ['All'] }))).toMatchObject({ code: 409, reason: 'Conflict' });
        await evict({ preconditions: { uid: uidOf(pod) }, dryRun: ['All'] });
        expect(
          (await core.readNamespacedPod({ namespace, name: 'contract-evicted' })).metadata?.deletionTimestamp,
        ).toBeUndefined();
        await evict({ preconditions: { uid: uidOf(pod) } });
        await gone('contract-evicted');
        expect(await refusal(evict({}))).toMatchObject({ code: 404, reason: 'NotFound' });
      });

      it('answers 429 to an eviction that a PodDisruptionBudget forbids, and deletes the same pod without asking it', async () => {
        const labels = { contract: 'protected' };
        await createPod('contract-protected', labels);
        const spec = { minAvailable: 1, selector: { matchLabels: labels } };
        await policy.createNamespacedPodDisruptionBudget({
          namespace,
          body: { metadata: { name: 'contract-budget' }, spec },
        });
        const target = { namespace, name: 'contract-protected' };
        for (const deleteOptions of [{}, { dryRun: ['All'] }]) {
          const refused = await refusal(
            core.createNamespacedPodEviction({
              ...target,
              body: { metadata: { name: target.name, namespace }, deleteOptions },
            }),
          );
          expect(refused).toMatchObject({ code: 429, reason: 'TooManyRequests', cause: 'DisruptionBudget' });
        }
        await core.deleteNamespacedPod(target);
        await gone('contract-protected');
      });
    });

    describe('logs', () => {
      it('answers 404 for a pod that is not there and 400 for a container that the pod lacks', async () => {
        await createPod('contract-silent');
        expect(await refusal(core.readNamespacedPodLog({ namespace, name: 'contract-missing' }))).toMatchObject({
          code: 404,
        });
        const lacking = core.readNamespacedPodLog({ namespace, name: 'contract-silent', container: 'sidecar' });
        expect(await refusal(lacking)).toMatchObject({ code: 400, reason: 'BadRequest' });
      });

      it('gives the current lines, the last ones alone, the first bytes, and the previous run', async (context) => {
        const { logs } = under;
        if (logs === undefined || logs === null) return context.skip('this server has no logs to read');
        const target = { namespace: logs.namespace, name: logs.pod, container: logs.container };
        const lines = (await core.readNamespacedPodLog(target)).trimEnd().split('\n');
        expect(lines.length).toBeGreaterThanOrEqual(2);
        const last = await core.readNamespacedPodLog({ ...target, tailLines: 1 });
        expect(last.trimEnd()).toBe(lines.at(-1));
        const bytes = await core.readNamespacedPodLog({ ...target, limitBytes: 5 });
        expect(bytes).toBe(lines.join('\n').slice(0, 5));
        const stamped = await core.readNamespacedPodLog({ ...target, tailLines: 1, timestamps: true });
        expect(stamped).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z /);
        expect(await core.readNamespacedPodLog({ ...target, previous: true })).not.toBe('');
      });
    });

    const gone = (podName: string) =>
      eventually(async () => {
        const refused = await refusal(core.readNamespacedPod({ namespace, name: podName }).then(() => undefined));
        return refused?.code === 404 ? refused : undefined;
      });
  });
}

function loaded(yaml: string): KubeConfig {
  const kubeconfig = new KubeConfig();
  kubeconfig.loadFromString(yaml);
  return kubeconfig;
}

/** The pod template as the API gave it, without what client-node's classes add. */
function templateOf(deployment: V1Deployment): unknown {
  return JSON.parse(JSON.stringify(deployment.spec?.template));
}

type Refusal = { code: number; reason?: string; message?: string; cause?: string };

/** How a request was refused, or undefined when it was not. */
async function refusal(request: Promise<unknown>): Promise<Refusal | undefined> {
  try {
    await request;
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiException)) throw error;
    const body = typeof error.body === 'string' ? JSON.parse(error.body) : error.body;
    return {
      code: error.code,
      reason: body?.reason,
      message: body?.message,
      cause: body?.details?.causes?.[0]?.reason,
    };
  }
}

async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`not reached within ${patienceMs} ms`);
    await sleep(30);
  }
}

/** A request as it is, for what the typed client cannot send. */
async function raw(
  kubeconfig: KubeConfig,
  method: string,
  path: string,
  more: { headers?: Record<string, string>; body?: string } = {},
): Promise<{ code: number; body: string }> {
  const url = new URL(`${kubeconfig.getCurrentCluster()?.server ?? ''}${path}`);
  const options: RequestOptions = { method, headers: { ...more.headers } };
  await kubeconfig.applyToHTTPSOptions(options);
  // client-node's agent is for https only; over plain http Node's own will do.
  if (url.protocol === 'http:') delete options.agent;
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const request = send(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ code: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    request.setTimeout(patienceMs, () => request.destroy(new Error(`no answer within ${patienceMs} ms`)));
    request.on('error', reject);
    request.end(more.body);
  });
}
