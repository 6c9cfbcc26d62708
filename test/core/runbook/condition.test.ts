import { describe, expect, it } from 'vitest';
import { type CelFacts, compileCel } from '../../../src/core/runbook/condition.ts';

const ask = (expression: string, facts: CelFacts) => {
  const compiled = compileCel(expression);
  if (!compiled.ok) throw new Error(compiled.error.sentence);
  return compiled.value.evaluate(facts);
};

const deployment = {
  metadata: { generation: 2, labels: { app: 'checkout' } },
  spec: { replicas: 3 },
  status: { observedGeneration: 2, replicas: 3, updatedReplicas: 3, availableReplicas: 3, ratio: 0.5, empty: null },
};
const stuck = {
  ...deployment,
  status: {
    ...deployment.status,
    updatedReplicas: 1,
    conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }],
  },
};
const ready = {
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [{ restartCount: 0 }],
  },
};
const crashing = {
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'False' }],
    containerStatuses: [{ restartCount: 7 }],
  },
};

describe('a CEL condition', () => {
  it.each<[expression: string, facts: CelFacts, outcome: string, measured: string]>([
    [
      'target.status.updatedReplicas == target.spec.replicas',
      { target: deployment },
      'succeeded',
      'target.status.updatedReplicas is 3, target.spec.replicas is 3',
    ],
    [
      'target.status.updatedReplicas == target.spec.replicas',
      { target: stuck },
      'failed',
      'target.status.updatedReplicas is 1, target.spec.replicas is 3',
    ],
    ['target.spec.replicas > 2', { target: deployment }, 'succeeded', 'target.spec.replicas is 3'],
    ['target.status.ratio < 1', { target: deployment }, 'succeeded', 'target.status.ratio is 0.5'],
    [
      'target.metadata.labels["app"] == "checkout"',
      { target: deployment },
      'succeeded',
      'target.metadata.labels.app is "checkout"',
    ],
    ['target.status.empty == null', { target: deployment }, 'succeeded', 'target.status.empty is null'],
    [
      'target.spec.replicas == before.spec.replicas',
      { target: deployment, before: stuck },
      'succeeded',
      'target.spec.replicas is 3, before.spec.replicas is 3',
    ],
    ['inputs.limit == "64Mi"', { inputs: { limit: '64Mi' } }, 'succeeded', 'inputs.limit is "64Mi"'],
    [
      'inputs.w.name == "x" && inputs.n == 2',
      { inputs: { w: { name: 'x' }, n: 2 } },
      'succeeded',
      'inputs.w.name is "x", inputs.n is 2',
    ],
    [
      'has(target.spec.paused) && target.spec.paused',
      { target: deployment },
      'failed',
      'target.spec.paused is not there',
    ],
    [
      'pods.all(p, p.status.containerStatuses.all(c, c.restartCount < 3))',
      { pods: [ready, crashing] },
      'failed',
      'looked at 2 pods',
    ],
    ['pods.exists(p, p.status.phase == "Running")', { pods: [ready] }, 'succeeded', 'looked at 1 pods'],
    ['podsReady(pods)', { pods: [ready, crashing] }, 'failed', '1 of 2 pods are ready'],
    ['podsReady(pods)', { pods: [] }, 'failed', '0 of 0 pods are ready'],
    ['size(pods) == 0', { pods: [] }, 'succeeded', 'looked at 0 pods'],
    ['rolloutComplete(target)', { target: deployment }, 'succeeded', '3 of 3 replicas are updated and available'],
  ])('answers %s', (expression, facts, outcome, measured) => {
    expect(ask(expression, facts)).toMatchObject({ outcome, measured });
  });

  it.each<[what: string, expression: string, facts: CelFacts]>([
    ['a missing field', 'target.status.nothing == 3', { target: deployment }],
    ['a missing field, denied', '!(target.status.nothing == 3)', { target: deployment }],
    ['an object that was not read', 'target.spec.replicas == 3', {}],
    ['an object that is null', 'target == null', { target: null }],
    ['has() on a missing parent', 'has(target.nothing.at.all)', { target: deployment }],
    ['a comparison of other types', 'target.spec.replicas < "3"', { target: deployment }],
    ['something neither true nor false', 'target.spec.replicas', { target: deployment }],
    ['division by zero', 'target.spec.replicas / 0 == 1', { target: deployment }],
    ['an index out of range', 'pods[3].status.phase == "Running"', { pods: [ready] }],
    ['a field of every object in JavaScript', 'target.constructor == 1', { target: deployment }],
    ['a rollout without status', 'rolloutComplete(target)', { target: { metadata: { generation: 1 }, spec: {} } }],
    ['pods.all over no pods at all', 'pods.all(p, p.status.phase == "Running")', { pods: [] }],
    ['no pod that is bad among no pods', '!pods.exists(p, p.status.phase == "Failed")', { pods: [] }],
    ['more than can be looked at', 'size(pods) > 1', { pods: Array.from({ length: 600_000 }, () => 1) }],
  ])('could not measure %s, which never counts as holding', (_what, expression, facts) => {
    expect(ask(expression, facts)).toMatchObject({ outcome: 'errored', definite: false });
  });

  it('knows that an exceeded deadline will not heal by waiting, where the whole cannot hold without it', () => {
    expect(ask('rolloutComplete(target)', { target: stuck })).toMatchObject({ outcome: 'failed', definite: true });
    expect(ask('target.spec.replicas == 3 && rolloutComplete(target)', { target: stuck })).toMatchObject({
      definite: true,
    });
    expect(ask('rolloutComplete(target) || target.spec.replicas == 0', { target: stuck })).toMatchObject({
      outcome: 'failed',
      definite: false,
    });
    expect(ask('target.spec.replicas == 4', { target: stuck })).toMatchObject({ outcome: 'failed', definite: false });
  });

  it.each<[code: string, expression: string]>([
    ['condition.unparsable', ''],
    ['condition.unparsable', 'target.a =='],
    ['condition.unparsable', 'targt.a == 1'],
    ['condition.unparsable', 'rolloutComplete(target, 1)'],
    ['condition.not-boolean', '1 + 1'],
    ['condition.not-boolean', '"true"'],
    ['condition.unbounded', 'target.a.matches("(a+)+$")'],
    ['condition.unbounded', 'cel.bind(a, "x", a == "x")'],
    ['condition.unbounded', 'pods.all(p, pods.all(q, p == q))'],
    ['condition.unbounded', 'pods.all(a, a.x.all(b, b.x.all(c, c)))'],
    ['condition.unbounded', 'pods.map(p, target.list + target.list).size() > 0'],
    ['condition.unbounded', `${'true && '.repeat(400)}true`],
    ['condition.unparsable', `${'('.repeat(100)}true${')'.repeat(100)}`],
    ['condition.unparsable', `${'true||'.repeat(300)}true`],
  ])('is refused with %s: %s', (code, expression) => {
    const compiled = compileCel(expression);
    expect(compiled.ok ? 'accepted' : compiled.error.code).toBe(code);
  });

  it('names the inputs it needs', () => {
    const compiled = compileCel('inputs.a == 1 && target.x == inputs.b.name');
    expect(compiled.ok && compiled.value.inputs).toEqual(['a', 'b']);
  });

  it('answers over a thousand pods in a moment', () => {
    const pods = Array.from({ length: 1000 }, () => ready);
    const before = performance.now();
    expect(ask('pods.all(p, p.status.containerStatuses.all(c, c.restartCount < 3))', { pods }).outcome).toBe(
      'succeeded',
    );
    expect(performance.now() - before).toBeLessThan(1000);
  });
});
