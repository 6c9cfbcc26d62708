import { describe, expect, it } from 'vitest';
import { createClusterView } from '../../../../src/core/cluster/cluster-view.ts';
import { createTopology } from '../../../../src/core/cluster/topology.ts';
import { analyzeStartUp } from '../../../../src/core/diagnosis/analyzers/start-up.ts';
import { analyzeStorage } from '../../../../src/core/diagnosis/analyzers/storage.ts';
import { noObservations } from '../../../../src/core/diagnosis/observations.ts';
import { scopeViewOf } from '../../../../src/core/diagnosis/scope-view.ts';
import { deployment, node, now, pod, replicaSet, waiting } from '../../../support/shop-objects.ts';
import { claim, storageClass, volume } from '../storage/storage-objects.ts';

describe('storage and start-up in a large cluster', () => {
  it('look at 10,000 pods, a thousand claims and a hundred broken pods in a moment', () => {
    const objects = [
      ...Array.from({ length: 100 }, (_, index) => node(`n${index}`)),
      ...Array.from({ length: 100 }, (_, index) => deployment({ name: `d${index}`, namespace: 'shop' })),
      ...Array.from({ length: 100 }, (_, index) =>
        replicaSet({ revision: 1, name: `d${index}-1`, owner: `d${index}` }),
      ),
      ...Array.from({ length: 10_000 }, (_, index) =>
        index % 100 === 7
          ? pod({
              name: `p${index}`,
              owner: `d${index % 100}-1`,
              ready: false,
              phase: 'Pending',
              containers: [{ status: waiting('ImagePullBackOff', 'manifest unknown') }],
            })
          : pod({ name: `p${index}`, owner: `d${index % 100}-1`, nodeName: `n${index % 100}` }),
      ),
      ...Array.from({ length: 1000 }, (_, index) =>
        claim({
          name: `c${index}`,
          phase: index % 100 === 3 ? 'Pending' : 'Bound',
          spec: { storageClassName: 'manual' },
          size: '50Gi',
        }),
      ),
      ...Array.from({ length: 1000 }, (_, index) => volume({ name: `v${index}` })),
      storageClass('fast'),
    ];
    const view = createClusterView(objects);
    const topology = createTopology(view);
    const scope = scopeViewOf(view, topology, {});
    if (scope === undefined) throw new Error('the whole cluster is a scope');
    const context = { view, topology, scope, now, memory: [], observations: noObservations };
    // The lists of the scope are made once for all families.
    expect(scope.pods).toHaveLength(10_000);
    const timed = [analyzeStartUp, analyzeStorage].map((analyze) => {
      const start = performance.now();
      const found = analyze(context);
      return { ms: performance.now() - start, found: found.length };
    });
    expect(timed.map(({ found }) => found)).toEqual([1, 10]);
    // Some 50 ms each, cold, on two shared cores; the bound is wide, and a quadratic rule would pass it by far.
    for (const { ms } of timed) expect(ms).toBeLessThan(1000);
  });
});
