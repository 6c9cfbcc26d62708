import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenCluster, openCluster } from '../../src/composition/open-cluster.ts';
import { typeOfKind } from '../../src/core/cluster/kinds.ts';
import { resourceTypes } from '../../src/core/cluster/resource-types.ts';
import { createApiClient } from './api-client.ts';
import { connectRealCluster, type RealCluster } from './story.ts';
import { waitFor } from './wait-for.ts';
import { uniqueName } from './workloads.ts';

const folder = join(import.meta.dirname, '../../deploy/kubernetes');
const resourceOf: Readonly<Record<string, string>> = {
  Namespace: '/api/v1/namespaces',
  ServiceAccount: '/api/v1/namespaces/sre-copilot/serviceaccounts',
  Secret: '/api/v1/namespaces/sre-copilot/secrets',
  ConfigMap: '/api/v1/namespaces/sre-copilot/configmaps',
  PersistentVolumeClaim: '/api/v1/namespaces/sre-copilot/persistentvolumeclaims',
  Service: '/api/v1/namespaces/sre-copilot/services',
  Deployment: '/apis/apps/v1/namespaces/sre-copilot/deployments',
  ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
};

type Manifest = { kind: string; metadata: { name: string }; data?: Record<string, string>; spec?: never };
const manifests = ['namespace.yaml', 'rbac.yaml', 'config.yaml', 'deployment.yaml'].flatMap(
  (file) => loadAll(readFileSync(join(folder, file), 'utf8')) as Manifest[],
);

describe('deploy/kubernetes on a real API server', () => {
  let real: RealCluster;
  let cluster: OpenCluster;
  let namespace: string;

  beforeAll(async () => {
    real = connectRealCluster();
    const { admin, facts, workloads } = real;
    for (const manifest of manifests)
      await admin.send('POST', `${resourceOf[manifest.kind]}?fieldValidation=Strict`, manifest);
    const secretPath = `${resourceOf.Secret}/sre-copilot-writer-token`;
    const secret = async () => (await admin.get<{ data?: Record<string, string> }>(secretPath)).data ?? {};
    await waitFor('the token of the writer', async () => (await secret()).token !== undefined);
    const { token = '' } = await secret();
    const place = join(facts.scratch, uniqueName('deployed'));
    const readerToken = await admin.send<{ status: { token: string } }>(
      'POST',
      `${resourceOf.ServiceAccount}/sre-copilot-reader/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: [] } },
    );
    writeFileSync(`${place}.token`, Buffer.from(token, 'base64'));
    writeFileSync(`${place}.reader`, readerToken.status.token);
    writeFileSync(`${place}.ca`, facts.cluster.ca);
    const kubeconfig = (manifests.find(({ kind }) => kind === 'ConfigMap')?.data?.['writer.kubeconfig'] ?? '')
      .replace('https://kubernetes.default.svc', facts.cluster.url)
      .replace('/var/run/secrets/sre-copilot-writer/ca.crt', `${place}.ca`);
    writeFileSync(`${place}.w.yaml`, kubeconfig.replace('/var/run/secrets/sre-copilot-writer/token', `${place}.token`));
    writeFileSync(
      `${place}.r.yaml`,
      kubeconfig.replace('/var/run/secrets/sre-copilot-writer/token', `${place}.reader`),
    );
    const opened = await openCluster({
      name: 'real',
      kubeconfig: `${place}.r.yaml`,
      writer: { kubeconfig: `${place}.w.yaml` },
    });
    if (!opened.ok) throw new Error(opened.error.sentence);
    cluster = opened.value;
    namespace = await workloads.createNamespace(uniqueName('rights'));
    await workloads.applyDeployment({ namespace, name: 'talker', image: 'talker:1.0', replicas: 1 });
    await workloads.untilRolledOut(namespace, 'talker');
    await workloads.writeLogs({ namespace, container: 'talker', current: ['hello'], previous: [] });
  });

  afterAll(async () => {
    cluster?.close();
    if (namespace !== undefined) await real.workloads.deleteNamespace(namespace);
    for (const { kind, metadata } of manifests.toReversed())
      await real.admin.request('DELETE', `${resourceOf[kind]}/${metadata.name}`);
    real.close();
  });

  it.each(resourceTypes.map((type) => [type.kind, type] as const))(
    'lets the reader list and get %s',
    async (_k, type) => {
      const listed = await cluster.reader.list(type, {});
      // Custom resources are not installed here. Rights are looked at before that: who may not list them hears 403, not 404.
      const isCustom =
        !/(?:^v1$|^apps\/|^batch\/|^autoscaling\/|^policy\/|\.k8s\.io\/)/.test(type.apiVersion) ||
        type.apiVersion.startsWith('gateway.');
      const allowed = isCustom ? ['ok', 'cluster.not-found'] : ['ok'];
      expect(allowed).toContain(listed.ok ? 'ok' : listed.error.code);
      const got = await cluster.reader.get(type, type.namespaced ? namespace : undefined, 'no-such-thing');
      expect(got.ok ? 'ok' : got.error.code).toBe('cluster.not-found');
    },
  );

  it('lets the reader read logs and health', async () => {
    const [pod] = await real.workloads.podsOf(namespace, 'talker');
    const log = await cluster.reader.log({ namespace, pod: pod?.metadata.name ?? '' });
    expect(log.ok ? log.value : log.error.sentence).toContain('hello');
    for (const path of ['/readyz', '/readyz/etcd', '/livez?verbose', '/healthz', '/version'])
      expect(await cluster.reader.raw(path)).toMatchObject({ ok: true, value: { status: 200 } });
  });

  it('lets the writer patch a Deployment, and nothing else', async () => {
    const { uid } = (
      await real.admin.get<{ metadata: { uid: string } }>(`/apis/apps/v1/namespaces/${namespace}/deployments/talker`)
    ).metadata;
    const target = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      resource: 'deployments',
      namespace,
      name: 'talker',
      uid,
    };
    const patch = [
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'add', path: '/spec/template/metadata/annotations/x', value: 'y' },
    ] as const;
    const withAnnotations = [
      patch[0],
      { op: 'add', path: '/spec/template/metadata/annotations', value: { x: 'y' } },
    ] as const;
    const rehearsed = await cluster.writer.rehearse({ ...target, patch: withAnnotations });
    expect(rehearsed.ok ? 'ok' : rehearsed.error.sentence).toBe('ok');
    const pods = { ...target, resource: 'replicasets', kind: 'ReplicaSet' };
    expect(await cluster.writer.rehearse({ ...pods, patch })).toMatchObject({ ok: false, error: { status: 403 } });
  });

  it.each(['reader', 'token'])('keeps Secrets from the holder of %s', async (which) => {
    const { url, ca } = real.facts.cluster;
    const token =
      which === 'reader'
        ? (
            await real.admin.send<{ status: { token: string } }>(
              'POST',
              `${resourceOf.ServiceAccount}/sre-copilot-reader/token`,
              {
                apiVersion: 'authentication.k8s.io/v1',
                kind: 'TokenRequest',
                spec: { audiences: [] },
              },
            )
          ).status.token
        : Buffer.from(
            (await real.admin.get<{ data: { token: string } }>(`${resourceOf.Secret}/sre-copilot-writer-token`)).data
              .token,
            'base64',
          ).toString();
    const client = createApiClient({ url, ca, token });
    expect((await client.request('GET', '/api/v1/secrets')).status).toBe(403);
    expect((await client.request('GET', `${resourceOf.Secret}/sre-copilot-writer-token`)).status).toBe(403);
    expect((await client.request('DELETE', `/apis/apps/v1/namespaces/${namespace}/deployments/talker`)).status).toBe(
      403,
    );
    if (which === 'token') expect((await client.request('GET', '/api/v1/pods')).status).toBe(403);
    else
      expect(
        (
          await client.request(
            'PATCH',
            `/apis/apps/v1/namespaces/${namespace}/deployments/talker`,
            [],
            'application/json-patch+json',
          )
        ).status,
      ).toBe(403);
    client.close();
  });

  it('makes a pod that the restricted level admits', async () => {
    await waitFor('the pod of the co-pilot', async () => {
      const pods = await real.admin.get<{ items: unknown[] }>('/api/v1/namespaces/sre-copilot/pods');
      return pods.items.length > 0;
    });
    expect(typeOfKind('Pod').resource).toBe('pods');
  });
});
