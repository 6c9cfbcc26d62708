import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { analyzeScheduling } from '../../../../src/core/diagnosis/analyzers/scheduling.ts';
import { node, pod } from '../../../support/shop-objects.ts';
import { runAnalyzer } from '../analyzers/run-analyzer.ts';

const tainted = (name: string, ...keys: string[]): WireObject => {
  const made = node(name) as unknown as { spec?: object; metadata: { labels?: object } };
  const taints = keys.map((key) => ({ key, value: 'yes', effect: 'NoSchedule' }));
  const labels = { ...made.metadata.labels, 'kubernetes.io/hostname': name };
  return { ...made, metadata: { ...made.metadata, labels }, spec: { ...made.spec, taints } } as unknown as WireObject;
};
const waiting = (spec: object = {}): WireObject => {
  const made = pod({ name: 'web-1', owner: null }) as unknown as { spec: object; metadata: object };
  return {
    ...made,
    metadata: { ...made.metadata, labels: { app: 'web' } },
    spec: { containers: [{ name: 'web' }], ...spec },
    status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] },
  } as unknown as WireObject;
};
const run = (objects: readonly WireObject[]) =>
  runAnalyzer(analyzeScheduling, objects, { wholeLists: [{ kind: 'Node' }, { kind: 'Pod' }] });

describe('taint-not-tolerated', () => {
  it('names with each taint only the nodes that have it', () => {
    const [found] = run([
      waiting(),
      tainted('n0', 'spot'),
      tainted('n1', 'spot'),
      tainted('n2', 'spot'),
      tainted('n3', 'addons'),
      tainted('n4', 'addons', 'spot'),
    ]);
    expect(found?.code).toBe('taint-not-tolerated');
    const [first = '', second = ''] = (found?.summary ?? '').split(', nor ');
    const [spot, addons] = first.includes('spot=') ? [first, second] : [second, first];
    expect(spot).toMatch(/spot=yes:NoSchedule of n0, n1, n2 and 1 more/);
    expect(spot).not.toContain('n3');
    expect(addons).toMatch(/addons=yes:NoSchedule of n3/);
    expect(addons).not.toMatch(/\bn[012]\b/);
    expect(found?.recommendation?.text).not.toContain('n3');
  });

  it('is silent while one node takes the pod', () => {
    expect(run([waiting(), tainted('n1', 'spot'), tainted('n2')])).toEqual([]);
  });
});

describe('pods of one workload that keep away from each other', () => {
  const rule = (app: string) => ({
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { labelSelector: { matchLabels: { app } }, topologyKey: 'kubernetes.io/hostname' },
        ],
      },
    },
  });
  const owned = (object: WireObject, kind = 'StatefulSet'): WireObject => ({
    ...object,
    metadata: {
      ...object.metadata,
      ownerReferences: [{ apiVersion: 'apps/v1', kind, name: 'web', uid: 'uid-web', controller: true }],
    },
  });
  const placed = (spec: object): WireObject => {
    const made = pod({ name: 'web-0', owner: null }) as unknown as { spec: object; metadata: object };
    return {
      ...made,
      metadata: { ...made.metadata, labels: { app: 'web' } },
      spec: { containers: [{ name: 'web' }], nodeName: 'n1', ...spec },
    } as unknown as WireObject;
  };

  it('are told of once, by their own rule', () => {
    expect(run([owned(waiting(rule('web'))), owned(placed(rule('web'))), tainted('n1')])).toMatchObject([
      { code: 'pod-anti-affinity-conflict', cause: { path: expect.stringContaining('podAntiAffinity') } },
    ]);
  });

  it('are told by the rule of the others where they have none', () => {
    expect(run([owned(waiting()), owned(placed(rule('web'))), tainted('n1')])).toMatchObject([
      { code: 'pod-anti-affinity-conflict', cause: { path: expect.stringContaining('labels') } },
    ]);
    expect(run([owned(waiting(rule('other'))), owned(placed({})), tainted('n1')])).toEqual([]);
  });
});
