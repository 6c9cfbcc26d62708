import { describe, expect, it } from 'vitest';
import { podsReady, rolloutState } from '../../../src/core/runbook/rollout-state.ts';

const of = (status: object, spec: object = { replicas: 3 }, generation = 2) => ({
  metadata: { generation },
  spec,
  status,
});
const done = { observedGeneration: 2, replicas: 3, updatedReplicas: 3, availableReplicas: 3 };

describe('rolloutState', () => {
  it.each<[what: string, target: unknown, state: string]>([
    ['all replicas updated and available', of(done), 'complete'],
    ['a change the controller has not seen', of({ ...done, observedGeneration: 1 }), 'progressing'],
    ['a status that says nothing yet', of({}), 'progressing'],
    ['too few updated', of({ ...done, updatedReplicas: 2 }), 'progressing'],
    [
      'updated left out, which is zero',
      of({ observedGeneration: 2, replicas: 3, availableReplicas: 3 }),
      'progressing',
    ],
    ['old replicas still there', of({ ...done, replicas: 4 }), 'progressing'],
    ['updated but not available', of({ ...done, availableReplicas: 2 }), 'progressing'],
    ['scaled to nothing', of({ observedGeneration: 2 }, { replicas: 0 }), 'complete'],
    [
      'replicas left out, which is one',
      of({ observedGeneration: 2, replicas: 1, updatedReplicas: 1, availableReplicas: 1 }, {}),
      'complete',
    ],
    [
      'an exceeded deadline',
      of({ ...done, updatedReplicas: 1, conditions: [{ type: 'Progressing', reason: 'ProgressDeadlineExceeded' }] }),
      'failed',
    ],
    [
      'an exceeded deadline of the generation before',
      of({ ...done, observedGeneration: 1, conditions: [{ type: 'Progressing', reason: 'ProgressDeadlineExceeded' }] }),
      'progressing',
    ],
    [
      'numbers as CEL has them',
      of({ observedGeneration: 2n, replicas: 1n, updatedReplicas: 1n, availableReplicas: 1n }, { replicas: 1n }),
      'complete',
    ],
    ['no status', { metadata: { generation: 1 }, spec: {} }, 'unknown'],
    ['no generation', { metadata: {}, spec: {}, status: done }, 'unknown'],
    ['nothing', undefined, 'unknown'],
    ['text', 'Deployment', 'unknown'],
  ])('of %s', (_what, target, state) => {
    expect(rolloutState(target).state).toBe(state);
  });
});

describe('podsReady', () => {
  const pod = (phase: string, status: string, more: object = {}) => ({
    metadata: { ...more },
    status: { phase, conditions: [{ type: 'Ready', status }] },
  });
  it.each<[what: string, pods: unknown, ready: boolean]>([
    ['one that runs and is ready', [pod('Running', 'True')], true],
    ['one of two', [pod('Running', 'True'), pod('Running', 'False')], false],
    [
      'one ready and one that is being deleted',
      [pod('Running', 'True'), pod('Running', 'False', { deletionTimestamp: 'x' })],
      true,
    ],
    ['only one that is being deleted', [pod('Running', 'True', { deletionTimestamp: 'x' })], false],
    ['one that ran to its end', [pod('Succeeded', 'False')], true],
    ['one that waits', [pod('Pending', 'False')], false],
    ['none', [], false],
    ['something else', 'pods', false],
    ['something else in the list', [1, null], false],
  ])('of %s', (_what, pods, ready) => {
    expect(podsReady(pods).ready).toBe(ready);
  });
});
