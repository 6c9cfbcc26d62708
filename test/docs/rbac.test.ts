import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { createKubernetesReader } from '../../src/adapters/kubernetes/cluster-reader.ts';
import { createClusterWriter } from '../../src/adapters/kubernetes/cluster-writer.ts';
import { createEventWatch } from '../../src/adapters/kubernetes/event-watch.ts';
import type { HttpExchange, HttpStreams } from '../../src/adapters/kubernetes/http-exchange.ts';
import { workloadRefSchema, writeActionSchema } from '../../src/core/action/action.ts';
import { groupOf } from '../../src/core/cluster/kinds.ts';
import { readSetFor } from '../../src/core/cluster/read-set.ts';
import { resourceTypeOfKind, resourceTypes } from '../../src/core/cluster/resource-types.ts';
import { fail, ok } from '../../src/core/result.ts';
import { createPerformRead } from '../../src/workflows/perform-read.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import {
  allows,
  type Deed,
  deedOf,
  granted,
  kubernetesFolder,
  manifest,
  manifestsOf,
  rulesOf,
} from './kubernetes-manifests.ts';

const reader = rulesOf('sre-copilot-reader');
const writer = rulesOf('sre-copilot-writer');
const signal = AbortSignal.timeout(10_000);

/** An API server that answers everything with nothing, and remembers what it was asked. */
function recording(): { readonly exchange: Pick<HttpExchange, 'request'>; readonly deeds: Deed[] } {
  const deeds: Deed[] = [];
  const exchange: Pick<HttpExchange, 'request'> = {
    request: async ({ method, path }) => {
      deeds.push(deedOf(method, path));
      return ok({ status: 200, headers: {}, body: '{"items":[],"metadata":{}}', isCut: false });
    },
  };
  return { exchange, deeds };
}

/** Everything the reading side of the program can ask of an API server. */
async function readerDeeds(secretMetadata = false): Promise<readonly Deed[]> {
  const { exchange, deeds } = recording();
  const cluster = createKubernetesReader({ cluster: 'test', exchange, secretMetadata });
  await cluster.secretMetadata?.('shop', signal);
  for (const type of resourceTypes) {
    const namespace = type.namespaced ? 'shop' : undefined;
    await cluster.get(type, namespace, 'checkout', signal);
    await cluster.list(type, { ...(namespace === undefined ? {} : { namespace }), signal });
    await cluster.table(type, { ...(namespace === undefined ? {} : { namespace }), signal });
  }
  await cluster.log({ namespace: 'shop', pod: 'checkout-1', signal });
  for (const path of ['readyz', 'livez', 'healthz', 'version'])
    for (const part of ['', '/etcd']) await cluster.raw(`/${path}${part}`, signal);
  const read = createPerformRead({ reader: cluster, clock: createFakeClock(), redact: (text) => text });
  for (const resource of ['pods', 'nodes'] as const) await read({ kind: 'top', resource }, signal);
  await watchOnce(exchange, deeds);
  return deeds;
}

/** The watch of Warning events: a list, then the stream. */
async function watchOnce(exchange: Pick<HttpExchange, 'request'>, deeds: Deed[]): Promise<void> {
  const ending = new AbortController();
  const stream: HttpStreams['stream'] = async ({ path }) => {
    deeds.push(deedOf('GET', path));
    ending.abort();
    return fail({ kind: 'aborted', sent: false, detail: 'aborted' });
  };
  const request: HttpExchange['request'] = async (question) => {
    await exchange.request(question);
    return ok({ status: 200, headers: {}, body: '{"items":[],"metadata":{"resourceVersion":"1"}}', isCut: false });
  };
  await createEventWatch({ cluster: 'test', exchange: { request, stream }, clock: createFakeClock() }).watch({
    onEvent: () => undefined,
    onState: () => undefined,
    signal: ending.signal,
  });
}

/** `place` of granted rules and deeds, spelt alike. */
function said(deed: Deed): string {
  return `${deed.verb} ${'path' in deed ? deed.path.replace(/\/etcd$/, '/*') : `${deed.group}/${deed.resource}`}`;
}

describe('the account that reads', () => {
  it('may do everything that the code asks for', async () => {
    const refused = (await readerDeeds()).filter((deed) => !allows(reader, deed));
    expect(refused.map(said)).toEqual([]);
  });

  it('may do nothing that the code never asks for', async () => {
    const asked = new Set((await readerDeeds()).map(said));
    expect(granted(reader).filter((right) => !asked.has(right))).toEqual([]);
  });

  it.each([
    ['a namespace', { namespace: 'shop' }],
    ['the control plane', { namespace: 'kube-system' }],
    ['a node', { object: { apiVersion: 'v1', kind: 'Node', name: 'node-1' } }],
    ['a CronJob', { namespace: 'shop', object: { apiVersion: 'batch/v1', kind: 'CronJob', name: 'bill' } }],
    ['the whole cluster', {}],
  ])('reads all that an investigation of %s begins with', (_what, scope) => {
    const refused = readSetFor(scope).filter(({ kind }) => {
      const type = resourceTypeOfKind(kind);
      if (type === undefined) throw new Error(`${kind} has no API`);
      return !allows(reader, { verb: 'list', group: groupOf(type.apiVersion), resource: type.resource });
    });
    expect(refused).toEqual([]);
  });

  it('changes nothing', () => {
    expect([...new Set(reader.flatMap(({ verbs }) => verbs))].sort()).toEqual(['get', 'list', 'watch']);
  });
});

describe('the right to list Secrets, which an operator may add', () => {
  const rules = rulesOf('sre-copilot-secret-metadata', 'secret-metadata.yaml');

  it('is what the reader asks more when cluster.secretMetadata is on, and nothing else', async () => {
    const before = new Set((await readerDeeds()).map(said));
    const more = (await readerDeeds(true)).map(said).filter((deed) => !before.has(deed));
    expect(more).toEqual(['list /secrets']);
    expect(granted(rules)).toEqual(more);
  });

  it('is bound in one namespace, and not applied with the rest', () => {
    const [binding, ...others] = manifestsOf('secret-metadata.yaml').filter(({ kind }) => kind.endsWith('Binding'));
    expect(binding).toMatchObject({
      kind: 'RoleBinding',
      roleRef: { kind: 'ClusterRole', name: 'sre-copilot-secret-metadata' },
      subjects: [{ kind: 'ServiceAccount', name: 'sre-copilot-reader', namespace: 'sre-copilot' }],
    });
    expect(others).toEqual([]);
    const kustomization = load(readFileSync(join(kubernetesFolder, 'kustomization.yaml'), 'utf8'));
    expect(kustomization).toMatchObject({ resources: expect.arrayContaining(['rbac.yaml']) });
    expect(kustomization).toMatchObject({ resources: expect.not.arrayContaining(['secret-metadata.yaml']) });
  });
});

describe('the account that changes', () => {
  it('patches Deployments and does nothing else', () => {
    expect(granted(writer)).toEqual(['patch apps/deployments']);
  });

  it('may do exactly what the writer sends, for each kind that an action can change', async () => {
    const asked = await Promise.all(
      workloadRefSchema.shape.kind.options.map(async (kind) => {
        const { apiVersion = '', resource = '' } = resourceTypeOfKind(kind) ?? {};
        const { exchange, deeds } = recording();
        const patch = [{ op: 'test', path: '/metadata/uid', value: 'u-1' }] as const;
        const target = { apiVersion, kind, resource, namespace: 'shop', name: 'checkout', uid: 'u-1' };
        await createClusterWriter({ cluster: 'test', exchange }).rehearse({ ...target, patch });
        return deeds;
      }),
    );
    expect(asked.flat().map(said)).toEqual(granted(writer));
  });

  it('changes nothing but workloads, so that the kinds above are all there are', () => {
    for (const option of writeActionSchema.options) expect(option.shape.target).toBe(workloadRefSchema);
  });
});

describe('both accounts', () => {
  it.each([
    ['sre-copilot-reader', reader],
    ['sre-copilot-writer', writer],
  ])('%s reads no Secrets, by name or by wildcard', (_name, rules) => {
    const words = rules.flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs]);
    expect(words).not.toContain('*');
    expect(words.filter((word) => /secret/i.test(word))).toEqual([]);
    for (const verb of ['get', 'list', 'watch'])
      expect(allows(rules, { verb, group: '', resource: 'secrets' })).toBe(false);
  });

  it('are bound to their own role and to no other', () => {
    const bindings = manifestsOf('rbac.yaml').filter(({ kind }) => kind.endsWith('Binding'));
    expect(bindings.map(({ kind, roleRef, subjects }) => ({ kind, roleRef, subjects }))).toEqual(
      ['sre-copilot-reader', 'sre-copilot-writer'].map((name) => ({
        kind: 'ClusterRoleBinding',
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
        subjects: [{ kind: 'ServiceAccount', name, namespace: 'sre-copilot' }],
      })),
    );
  });

  it('are accounts of their own, and the pod runs as the one that reads', () => {
    expect(manifest('rbac.yaml', 'ServiceAccount', 'sre-copilot-writer').automountServiceAccountToken).toBe(false);
    expect(manifest('deployment.yaml', 'Deployment', 'sre-copilot')).toMatchObject({
      spec: { template: { spec: { serviceAccountName: 'sre-copilot-reader' } } },
    });
  });
});

describe('these checks', () => {
  const rule = (resources: string[], verbs: string[]) => [{ apiGroups: [''], resources, nonResourceURLs: [], verbs }];

  it('see a right that is too much', () => {
    expect(granted(rule(['pods', 'secrets'], ['get']))).toContain('get /secrets');
    expect(() => granted(rule(['*'], ['get']))).toThrow(/wildcard/);
  });

  it.each<[string, string, Deed]>([
    ['GET', '/api/v1/namespaces/shop/pods?limit=500', { verb: 'list', group: '', resource: 'pods' }],
    ['GET', '/api/v1/namespaces/shop/pods/a/log', { verb: 'get', group: '', resource: 'pods/log' }],
    ['GET', '/api/v1/namespaces/shop', { verb: 'get', group: '', resource: 'namespaces' }],
    ['GET', '/api/v1/namespaces', { verb: 'list', group: '', resource: 'namespaces' }],
    ['GET', '/api/v1/events?watch=true&resourceVersion=7', { verb: 'watch', group: '', resource: 'events' }],
    ['GET', '/apis/apps/v1/deployments', { verb: 'list', group: 'apps', resource: 'deployments' }],
    ['PATCH', '/apis/apps/v1/namespaces/shop/deployments/a', { verb: 'patch', group: 'apps', resource: 'deployments' }],
    ['GET', '/readyz/etcd?verbose', { verb: 'get', path: '/readyz/etcd' }],
  ])('read %s %s as RBAC does', (method, path, deed) => {
    expect(deedOf(method, path)).toEqual(deed);
  });
});
