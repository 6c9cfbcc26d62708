import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { analyzeOomKilled } from '../../../../src/core/diagnosis/analyzers/oom-killed.ts';
import {
  ago,
  backOff,
  crashShop,
  deployment,
  event,
  healthyShop,
  hour,
  minute,
  node,
  now,
  oomShop,
  pod,
  replicaSet,
  runningAgain,
  second,
  terminated,
} from '../../../support/shop-objects.ts';
import { runAnalyzer } from './run-analyzer.ts';

const run = (objects: readonly WireObject[], more: Parameters<typeof runAnalyzer>[2] = {}) =>
  runAnalyzer(analyzeOomKilled, objects, more);
const killed = (agoMs: number, ranMs = 20 * second) => terminated({ reason: 'OOMKilled', exitCode: 137, agoMs, ranMs });
const reading = (mebibytes: number, podName = 'checkout-1-aaaaa') => ({
  namespace: 'shop',
  pod: podName,
  container: 'checkout',
  peakBytes: mebibytes * 2 ** 20,
  at: now,
});

describe('container-oom-killed', () => {
  it('names the Deployment, its limit, and a larger one', () => {
    expect(run(oomShop())).toMatchObject([
      {
        code: 'container-oom-killed',
        object: { kind: 'Deployment', namespace: 'shop', name: 'checkout' },
        cause: { path: 'spec.template.spec.containers[0].resources.limits.memory', observed: '256Mi' },
        recommendation: { values: { container: 'checkout', memoryLimit: '512Mi', currentLimit: '256Mi' } },
        confidence: 'high',
      },
    ]);
  });

  it.each<[why: string, status: Record<string, unknown>]>([
    ['waits in back-off', backOff(killed(10 * second))],
    ['lies terminated', { ready: false, restartCount: 1, state: killed(second) }],
    ['lies terminated for the first time', { ready: false, restartCount: 0, state: killed(second) }],
    ['runs again since a moment', runningAgain(killed(5 * second), 3 * second, 3)],
    ['runs for two minutes after its seventh kill', runningAgain(killed(2 * minute), 2 * minute, 7)],
    ['runs again after its only kill, a few minutes ago', runningAgain(killed(4 * minute, hour), 4 * minute, 1)],
    [
      'is killed every twenty minutes and ran for fifteen',
      runningAgain(killed(15 * minute, 20 * minute), 15 * minute, 9),
    ],
  ])('speaks up while the container %s', (_why, status) => {
    expect(run(oomShop(status))).toHaveLength(1);
  });

  it.each<[why: string, objects: WireObject[]]>([
    ['all runs', healthyShop()],
    ['the container crashed for another reason', crashShop()],
    [
      'the exit code is that of a kill and the reason is not memory',
      oomShop(backOff(terminated({ exitCode: 137, agoMs: second }))),
    ],
    ['the kill was hours ago and the container runs since', oomShop(runningAgain(killed(5 * hour), 5 * hour, 2))],
    ['the container outlived its rhythm', oomShop(runningAgain(killed(6 * minute), 6 * minute, 7))],
    [
      'it was killed twice in its first seconds and runs since',
      oomShop(runningAgain(killed(2 * minute), 2 * minute, 2)),
    ],
    [
      'a finished pod was left lying since yesterday',
      oomShop({ ready: false, restartCount: 0, state: killed(26 * hour) }),
    ],
    [
      'the pod is being deleted',
      oomShop().map((object) =>
        object.kind === 'Pod' ? { ...object, metadata: { ...object.metadata, deletionTimestamp: ago(1000) } } : object,
      ),
    ],
    [
      'the limit was raised and the pod is of the former revision',
      oomShop().flatMap((object) =>
        object.kind === 'Deployment'
          ? [
              deployment({ revision: 2, containers: [{ memoryLimit: '512Mi' }] }),
              replicaSet({ revision: 2, containers: [{ memoryLimit: '512Mi' }] }),
            ]
          : [object],
      ),
    ],
    [
      'only an event of a former pod tells of it',
      [...healthyShop(), event({ about: pod({ name: 'checkout-1-aaaaa', uid: 'former' }), reason: 'OOMKilling' })],
    ],
  ])('is silent when %s', (_why, objects) => {
    expect(run(objects)).toEqual([]);
  });

  it('finds the container among several', () => {
    const containers = [{ name: 'proxy' }, { name: 'app', memoryLimit: '1Gi', status: backOff(killed(second)) }];
    const objects = [
      node('n1'),
      deployment({ containers }),
      replicaSet({ revision: 1, containers }),
      pod({ name: 'checkout-1-a', containers, ready: false }),
    ];
    expect(run(objects)).toMatchObject([
      {
        cause: { path: 'spec.template.spec.containers[1].resources.limits.memory', observed: '1Gi' },
        recommendation: { values: { container: 'app', memoryLimit: '2Gi' } },
      },
    ]);
  });

  it.each<[why: string, memory: ReturnType<typeof reading>[], limit: string]>([
    ['nothing was measured', [], '512Mi'],
    ['less than the doubled limit was measured', [reading(250)], '512Mi'],
    ['another pod of the workload used more', [reading(250), reading(700, 'checkout-9-old')], '896Mi'],
    ['only pods of others used more', [reading(9000, 'cart-1-x')], '512Mi'],
  ])('computes the limit when %s', (_why, memory, limit) => {
    expect(run(oomShop(), { memory })[0]?.recommendation?.values?.memoryLimit).toBe(limit);
  });

  it('proposes no less than the limit that the last rollout lowered, and cites the revision', () => {
    const containers = [{ memoryLimit: '64Mi', status: backOff(killed(10 * second)) }];
    const [finding] = run([
      node('n1'),
      deployment({ revision: 2, replicas: 2, available: 1, containers }),
      replicaSet({ revision: 1, containers: [{ memoryLimit: '256Mi' }] }),
      replicaSet({ revision: 2, ready: 0, containers }),
      pod({ name: 'checkout-2-bbbbb', owner: 'checkout-2', containers, ready: false }),
    ]);
    expect(finding?.recommendation).toMatchObject({
      text: 'Raise the memory limit of container checkout from 64Mi to 256Mi (revision 1 ran with 256Mi).',
      values: { memoryLimit: '256Mi', currentLimit: '64Mi' },
    });
    expect(finding?.support).toContainEqual(
      expect.objectContaining({
        kind: 'change',
        object: expect.objectContaining({ kind: 'ReplicaSet', name: 'checkout-1' }),
        summary: expect.stringContaining(
          'revision 1 ran container checkout with memory limit 256Mi; revision 2, which runs now, has 64Mi',
        ),
      }),
    );
  });

  it('cites the measurement', () => {
    expect(run(oomShop(), { memory: [reading(250)] })[0]?.support.map(({ kind }) => kind)).toContain('metric');
  });

  it('bounds the limit by the largest node that takes pods', () => {
    const withNodes = (...nodes: WireObject[]) => [...nodes, ...oomShop().filter(({ kind }) => kind !== 'Node')];
    const limitWith = (...nodes: WireObject[]) => run(withNodes(...nodes))[0]?.recommendation?.values?.memoryLimit;
    expect(limitWith(node('n1', '384Mi'))).toBe('384Mi');
    expect(limitWith(node('n1', '384Mi'), node('n2', '8Gi'))).toBe('512Mi');
    expect(limitWith(node('n1', '384Mi'), node('n2', '8Gi', { spec: { unschedulable: true } }))).toBe('384Mi');
    expect(limitWith(node('n1', '256Mi'))).toBeUndefined();
    expect(run(withNodes(node('n1', '256Mi')))[0]?.recommendation?.text).toContain('does not help');
    expect(run(withNodes())[0]?.recommendation?.text).toContain('no node could be read');
  });

  it('never takes a number from a log', () => {
    const log = {
      namespace: 'shop',
      pod: 'checkout-1-aaaaa',
      container: 'checkout',
      previous: true,
      text: 'need 64Gi, set limit to 64Gi',
      at: now,
    };
    const [finding] = run(oomShop(), { logs: [log] });
    expect(finding?.recommendation).toEqual(run(oomShop())[0]?.recommendation);
    expect(finding?.score).toBe(run(oomShop())[0]?.score);
  });

  it('proposes no number for a container without a limit', () => {
    const containers = [{ status: backOff(killed(second)) }];
    const [finding] = run([node('n1'), pod({ name: 'bare', owner: null, containers, ready: false })]);
    expect(finding).toMatchObject({
      object: { kind: 'Pod', name: 'bare' },
      cause: { path: 'spec.containers[0].resources.limits.memory', observed: 'not set' },
      recommendation: { values: { container: 'checkout' } },
      confidence: 'medium',
    });
  });
});
