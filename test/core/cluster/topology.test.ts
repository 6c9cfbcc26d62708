import { describe, expect, it } from 'vitest';
import { createClusterView } from '../../../src/core/cluster/cluster-view.ts';
import { knownRef } from '../../../src/core/cluster/kinds.ts';
import type { WireObject } from '../../../src/core/cluster/object.ts';
import { createTopology, serviceNameOf } from '../../../src/core/cluster/topology.ts';
import { scopeViewOf } from '../../../src/core/diagnosis/scope-view.ts';

function object(apiVersion: string, kind: string, name: string, more: Record<string, unknown> = {}): WireObject {
  const { metadata, ...rest } = more as { metadata?: Record<string, unknown> };
  return {
    apiVersion,
    kind,
    metadata: { name, namespace: 'shop', uid: `${kind}-${name}`, ...metadata },
    ...rest,
  } as WireObject;
}

function workload(name: string, env: Record<string, string> = {}): WireObject[] {
  const labels = { app: name };
  const spec = {
    containers: [{ name: 'app', env: Object.entries(env).map(([key, value]) => ({ name: key, value })) }],
    nodeName: 'n1',
    volumes: [{ name: 'v', configMap: { name: `${name}-config` } }],
  };
  return [
    object('apps/v1', 'Deployment', name, {
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    }),
    object('apps/v1', 'ReplicaSet', `${name}-1`, {
      metadata: {
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'Deployment', name, uid: `Deployment-${name}`, controller: true },
        ],
      },
      spec: {},
    }),
    object('v1', 'Pod', `${name}-1-a`, {
      metadata: {
        labels,
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'ReplicaSet',
            name: `${name}-1`,
            uid: `ReplicaSet-${name}-1`,
            controller: true,
          },
        ],
      },
      spec,
    }),
    object('v1', 'Service', name, { spec: { selector: labels, ports: [{ port: 80 }] } }),
  ];
}

const shop = [
  ...workload('web', { API_URL: 'http://user:secret@api.shop.svc.cluster.local:8080/v1?x=1' }),
  ...workload('api', { DB_HOST: 'db.shop:5432' }),
  ...workload('db'),
  ...workload('lonely'),
  object('networking.k8s.io/v1', 'Ingress', 'front', {
    spec: { rules: [{ http: { paths: [{ backend: { service: { name: 'web' } } }] } }] },
  }),
  object('policy/v1', 'PodDisruptionBudget', 'api', { spec: { selector: { matchLabels: { app: 'api' } } } }),
  object('networking.k8s.io/v1', 'NetworkPolicy', 'all', { spec: { podSelector: {} } }),
  object('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', {
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
  }),
  object('v1', 'Service', 'lost', { spec: { selector: { app: 'nobody' } } }),
  object('v1', 'ResourceQuota', 'quota', { spec: {} }),
  object('v1', 'Node', 'n1', { metadata: { namespace: undefined } }),
];
const view = createClusterView(shop);
const topology = createTopology(view);

describe('topology', () => {
  it.each([
    ['Pod', 'web-1-a', ['ReplicaSet web-1', 'Node n1', 'ConfigMap web-config', 'Service api']],
    ['Service', 'db', ['Pod db-1-a']],
    ['Ingress', 'front', ['Service web']],
    ['HorizontalPodAutoscaler', 'web', ['Deployment web']],
    ['PodDisruptionBudget', 'api', ['Pod api-1-a']],
    ['NetworkPolicy', 'all', ['Pod web-1-a', 'Pod api-1-a', 'Pod db-1-a', 'Pod lonely-1-a']],
  ] as const)('knows what a %s %s needs or acts on', (kind, name, wanted) => {
    const found = topology.needs(knownRef(kind, 'shop', name)).map(({ to }) => `${to.kind} ${to.name}`);
    expect(found.toSorted()).toEqual([...wanted].toSorted());
  });

  it('takes calls from a mesh or a catalog by their names', () => {
    const told = createTopology(view, [{ from: 'shop/lonely', to: 'db.shop' }]);
    expect(told.needs(knownRef('Deployment', 'shop', 'lonely')).filter(({ by }) => by === 'calls')).toMatchObject([
      { to: { kind: 'Service', name: 'db' } },
    ]);
  });

  it.each([
    ['db', { namespace: 'shop', name: 'db' }],
    ['db.other', { namespace: 'other', name: 'db' }],
    ['db.other.svc.cluster.local.', { namespace: 'other', name: 'db' }],
    ['db.example.com', undefined],
    ['10.0.0.1', undefined],
    ['db.other.svc.example.org', undefined],
    ['', undefined],
  ])('reads the host %s', (host, named) => {
    expect(serviceNameOf(host, 'shop')).toEqual(named);
  });
});

describe('the scope of one object', () => {
  const scope = (kind: 'Deployment' | 'Pod' | 'Node' | 'Service', name: string) => {
    const found = scopeViewOf(view, topology, { object: knownRef(kind, kind === 'Node' ? undefined : 'shop', name) });
    if (found === undefined) throw new Error('it was not read');
    return found;
  };
  const names = (list: readonly WireObject[]) => list.map(({ metadata }) => metadata.name);

  it('follows what it needs over calls, and takes what stands before it; neighbours stay out', () => {
    const web = scope('Deployment', 'web');
    expect(names(web.pods)).toEqual(['api-1-a', 'db-1-a', 'web-1-a']);
    expect(names(web.workloads)).toEqual(['api', 'db', 'web']);
    expect(names(web.list('Ingress'))).toEqual(['front']);
    expect(names(web.list('HorizontalPodAutoscaler'))).toEqual(['web']);
    expect(names(web.list('ResourceQuota'))).toEqual(['quota']);
    expect(names(web.list('Node'))).toEqual(['n1']);
    expect(web.has(knownRef('Deployment', 'shop', 'lonely'))).toBe(false);
  });

  it('measures the distance in steps, the object itself first', () => {
    const web = scope('Deployment', 'web');
    const [own, api, db] = ['web', 'api', 'db'].map(
      (name) => web.distance(knownRef('Deployment', 'shop', name)) ?? Number.NaN,
    );
    expect(own).toBe(0);
    expect(api).toBeGreaterThan(0);
    expect(db).toBeGreaterThan(api ?? Number.NaN);
  });

  it('takes Services that are attached to nothing: any of them may be meant', () => {
    expect(names(scope('Deployment', 'db').list('Service'))).toContain('lost');
  });

  it('takes the pods of a node with their owners', () => {
    expect(names(scope('Node', 'n1').workloads)).toEqual(['api', 'db', 'lonely', 'web']);
  });

  it('gives the same for any order of the objects', () => {
    const shuffled = createClusterView([...shop].reverse());
    const again = scopeViewOf(shuffled, createTopology(shuffled), { object: knownRef('Deployment', 'shop', 'web') });
    expect(names(again?.pods ?? [])).toEqual(names(scope('Deployment', 'web').pods));
  });
});
