import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { healthRoutes } from '../../src/adapters/http/health-routes.ts';
import { createKubernetesReader } from '../../src/adapters/kubernetes/cluster-reader.ts';
import { openConnection } from '../../src/adapters/kubernetes/connection.ts';
import { environmentVariables, readConfig } from '../../src/config/config.ts';
import { typeOfKind } from '../../src/core/cluster/kinds.ts';
import { answerJson, startLocalServer } from '../support/local-server.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';
import { kubernetesFolder, manifest, manifestsOf } from './kubernetes-manifests.ts';

const newFolder = temporaryFolders();
const root = join(import.meta.dirname, '../..');
const readText = (path: string) => readFile(join(root, path), 'utf8');
const tokens = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1', SRE_COPILOT_WEBHOOK_TOKEN: 'w' };

const probe = z.looseObject({ httpGet: z.strictObject({ path: z.string(), port: z.string() }) });
const mount = z.looseObject({ name: z.string(), mountPath: z.string() });
const containerSchema = z.looseObject({
  args: z.array(z.string()),
  envFrom: z.array(z.strictObject({ secretRef: z.strictObject({ name: z.string() }) })),
  ports: z.array(z.strictObject({ name: z.string(), containerPort: z.number() })),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  securityContext: z.unknown(),
  volumeMounts: z.array(mount),
});
const deploymentSchema = z.looseObject({
  spec: z.looseObject({
    replicas: z.number(),
    strategy: z.unknown(),
    template: z.looseObject({
      spec: z.looseObject({ securityContext: z.unknown(), containers: z.tuple([containerSchema]) }),
    }),
  }),
});

const { spec } = deploymentSchema.parse(manifest('deployment.yaml', 'Deployment', 'sre-copilot'));
const [container] = spec.template.spec.containers;
const mounts = Object.fromEntries(container.volumeMounts.map(({ mountPath, name }) => [name, mountPath]));
const configMap = z
  .looseObject({ data: z.record(z.string(), z.string()) })
  .parse(manifest('config.yaml', 'ConfigMap', 'sre-copilot-config')).data;

describe('the example configuration', () => {
  it.each([
    ['sre-copilot.example.yaml', () => readText('sre-copilot.example.yaml')],
    ['deploy/kubernetes/config.yaml', async () => configMap['sre-copilot.yaml'] ?? ''],
  ])('%s is accepted as it stands', async (_file, read) => {
    expect(readConfig(load(await read()), tokens)).toMatchObject({ ok: true });
  });

  it('of the cluster gives both identities, and listens where the Service and the probes look', () => {
    const config = readConfig(load(configMap['sre-copilot.yaml'] ?? ''), tokens);
    if (!config.ok) throw new Error(config.error.join('; '));
    const { cluster, dataDir, listen } = config.value;
    expect(cluster.kubeconfig).toBeUndefined();
    expect(cluster.writer?.kubeconfig).toBe(`${mounts.config}/writer.kubeconfig`);
    expect(container.args).toEqual(['serve', '--config', `${mounts.config}/sre-copilot.yaml`]);
    expect(dataDir).toBe(mounts.data);
    expect(listen).toEqual({ host: '0.0.0.0', port: container.ports[0]?.containerPort });
  });
});

describe('the Deployment', () => {
  it('is one process that is replaced, never doubled', () => {
    expect(spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
  });

  it('has no rights on its node', () => {
    expect(spec.template.spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it.each(['startupProbe', 'livenessProbe', 'readinessProbe'] as const)('has a %s that is answered', async (name) => {
    const { path, port } = container[name].httpGet;
    expect(port).toBe(container.ports[0]?.name);
    expect((await healthRoutes({ isReady: () => true }).request(path)).status).toBe(200);
  });

  it('is not killed for Slack being down, and still gets alerts then', async () => {
    const { path } = container.livenessProbe.httpGet;
    expect((await healthRoutes({ isReady: () => false }).request(path)).status).toBe(200);
    expect(manifest('deployment.yaml', 'Service', 'sre-copilot')).toMatchObject({
      spec: { publishNotReadyAddresses: true },
    });
  });

  it('takes its tokens from a Secret that is not in the repository', async () => {
    const secret = container.envFrom[0]?.secretRef.name;
    const all = ['namespace.yaml', 'rbac.yaml', 'config.yaml', 'deployment.yaml'].flatMap(manifestsOf);
    expect(all.filter(({ kind, metadata }) => kind === 'Secret' && metadata.name === secret)).toEqual([]);
    const guide = await readText('deploy/README.md');
    for (const name of ['SLACK_BOT_TOKEN', 'SLACK_APP_TOKEN', 'SRE_COPILOT_WEBHOOK_TOKEN'] as const) {
      expect(Object.keys(environmentVariables)).toContain(name);
      expect(guide).toContain(`--from-literal=${name}=`);
    }
  });

  it('is applied whole', async () => {
    const { resources } = z
      .looseObject({ resources: z.array(z.string()) })
      .parse(load(await readFile(join(kubernetesFolder, 'kustomization.yaml'), 'utf8')));
    expect(resources.flatMap(manifestsOf).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['Namespace', 'ServiceAccount', 'ClusterRole', 'ConfigMap', 'Deployment', 'Service']),
    );
    for (const { kind, metadata } of resources.flatMap(manifestsOf))
      if (!['Namespace', 'ClusterRole', 'ClusterRoleBinding'].includes(kind))
        expect(metadata.namespace).toBe('sre-copilot');
  });
});

describe('the kubeconfig of the account that changes', () => {
  it('presents the token of its file, and that of the writer alone', async () => {
    const folder = await newFolder();
    const seen: (string | undefined)[] = [];
    const server = await startLocalServer((request, response) => {
      seen.push(request.headers.authorization);
      answerJson(response, 200, { items: [], metadata: {} });
    });
    try {
      await writeFile(join(folder, 'token'), 'of-the-writer');
      const text = (configMap['writer.kubeconfig'] ?? '')
        .replace('https://kubernetes.default.svc', server.url)
        .replaceAll(mounts['writer-token'] ?? 'nowhere', folder)
        .replace(/\n +certificate-authority: .*/, '');
      await writeFile(join(folder, 'writer.kubeconfig'), text);
      const connection = await openConnection({ from: 'files', paths: [join(folder, 'writer.kubeconfig')] });
      if (!connection.ok) throw new Error(connection.error.sentence);
      const cluster = createKubernetesReader({ cluster: 'test', exchange: connection.value });
      expect(await cluster.list(typeOfKind('Node'), {})).toMatchObject({ ok: true });
      connection.value.close();
    } finally {
      await server.close();
    }
    expect(seen).toEqual(['Bearer of-the-writer']);
  });
});

describe('the monitoring examples', () => {
  it('send alerts to the route that exists, with the ends of alerts', async () => {
    const receivers = z
      .looseObject({
        receivers: z.array(z.looseObject({ webhook_configs: z.array(z.looseObject({ url: z.string() })) })),
      })
      .parse(load(await readText('deploy/alertmanager/receiver.yaml'))).receivers;
    const [webhook] = receivers.flatMap(({ webhook_configs }) => webhook_configs);
    expect(new URL(webhook?.url ?? '').pathname).toBe('/webhooks/alertmanager');
    expect(webhook).toMatchObject({ send_resolved: true, max_alerts: 100 });
    expect(webhook).toMatchObject({ http_config: { authorization: { type: 'Bearer' } } });
  });

  it('record the series that the shipped runbook asks for', async () => {
    const rules = z
      .looseObject({ groups: z.array(z.looseObject({ rules: z.array(z.looseObject({ record: z.string() })) })) })
      .parse(load(await readText('deploy/prometheus/recording-rules.yaml')));
    const recorded = rules.groups.flatMap((group) => group.rules.map(({ record }) => record));
    const metric = /metric: (\w+)/.exec(await readText('runbooks/kube-api-latency.yaml'))?.[1];
    expect(recorded).toEqual([metric]);
  });
});
