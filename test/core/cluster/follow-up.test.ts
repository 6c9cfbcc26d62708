import { describe, expect, it } from 'vitest';
import { candidateNodesOf, waitsForNode } from '../../../src/core/cluster/candidate-nodes.ts';
import { createClusterView } from '../../../src/core/cluster/cluster-view.ts';
import { namedButUnread } from '../../../src/core/cluster/follow-up.ts';
import { selectorTextOf } from '../../../src/core/cluster/label-selector-text.ts';
import { sayRef } from '../../../src/core/cluster/object.ts';
import { createTopology } from '../../../src/core/cluster/topology.ts';
import { node, pod } from '../../support/shop-objects.ts';

const caller = pod({
  name: 'checkout-1-aaaaa',
  spec: {
    containers: [
      {
        name: 'checkout',
        envFrom: [{ configMapRef: { name: 'settings' } }],
        env: [
          { name: 'DB', value: 'postgres://user:pw@db.data.svc:5432/app' },
          { name: 'HOME_PAGE', value: 'https://www.example.com/x' },
        ],
      },
    ],
    volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'disk' } }],
  },
});

describe('namedButUnread', () => {
  const named = (whole: Parameters<typeof createClusterView>[2] = [], max = 40) => {
    const view = createClusterView([caller], [], whole);
    return namedButUnread(view, createTopology(view), [caller], max).map(sayRef);
  };

  it('finds owners, configuration, volumes, the node, and Services of other namespaces', () => {
    expect(named().toSorted()).toEqual([
      'ConfigMap shop/settings',
      'Node n1',
      'PersistentVolumeClaim shop/disk',
      'ReplicaSet shop/checkout-1',
      'Service data/db',
    ]);
  });

  it('does not ask for what a whole list lacks: it does not exist', () => {
    expect(named([{ kind: 'ConfigMap', namespace: 'shop' }, { kind: 'Node' }])).not.toContain(
      'ConfigMap shop/settings',
    );
    expect(named([{ kind: 'Service', namespace: 'shop' }])).toContain('Service data/db');
  });

  it('is bounded', () => {
    expect(named([], 2)).toHaveLength(2);
  });
});

describe('candidateNodesOf', () => {
  const tainted = (effect: string) => ({ spec: { taints: [{ key: 'gpu', value: 'yes', effect }] } });
  const nodes = [
    node('free'),
    node('cordoned', '16Gi', { spec: { unschedulable: true } }),
    node('tainted', '16Gi', tainted('NoSchedule')),
    node('soft', '16Gi', tainted('PreferNoSchedule')),
  ];
  const waiting = (spec: object) => pod({ name: 'p', phase: 'Pending', spec: { nodeName: undefined, ...spec } });

  it.each<[spec: object, names: readonly string[]]>([
    [{}, ['free', 'soft']],
    [{ tolerations: [{ key: 'gpu', operator: 'Equal', value: 'yes' }] }, ['free', 'tainted', 'soft']],
    [{ tolerations: [{ key: 'gpu', value: 'no' }] }, ['free', 'soft']],
    [{ tolerations: [{ operator: 'Exists' }] }, ['free', 'tainted', 'soft']],
    [{ tolerations: [{ key: 'gpu', operator: 'Exists', effect: 'NoExecute' }] }, ['free', 'soft']],
    [{ nodeSelector: { disk: 'ssd' } }, []],
  ])('%j', (spec, names) => {
    expect(candidateNodesOf(waiting(spec), nodes)).toEqual(names);
  });

  it('is asked for pods that wait for a node', () => {
    expect(waitsForNode(waiting({}))).toBe(true);
    expect(waitsForNode(pod({ name: 'p' }))).toBe(false);
    expect(waitsForNode(pod({ name: 'p', phase: 'Pending' }))).toBe(false);
  });
});

it.each<[selector: unknown, text: string | undefined]>([
  [{ app: 'a', tier: 'b' }, 'app=a,tier=b'],
  [
    { matchLabels: { app: 'a' }, matchExpressions: [{ key: 'x', operator: 'In', values: ['1', '2'] }] },
    'app=a,x in (1,2)',
  ],
  [
    {
      matchExpressions: [
        { key: 'x', operator: 'DoesNotExist' },
        { key: 'y', operator: 'Exists' },
      ],
    },
    '!x,y',
  ],
  [{ matchExpressions: [{ key: 'x', operator: 'Near' }] }, undefined],
  [{ matchLabels: { 'a,b': 'c' } }, undefined],
  [{ app: 'a b' }, undefined],
  [{}, undefined],
  [undefined, undefined],
])('writes the selector %j as the API takes it', (selector, text) => {
  expect(selectorTextOf(selector)).toBe(text);
});
