import { describe, expect, it } from 'vitest';
import { readSchedulerMessage } from '../../../../src/core/diagnosis/scheduling/scheduler-message.ts';

const read = (message: string) => {
  const found = readSchedulerMessage(message);
  return found === undefined
    ? undefined
    : { nodes: found.nodeCount, said: Object.fromEntries(found.constraints), storage: found.speaksOfStorage };
};

describe('the sentence of the scheduler', () => {
  it.each<[message: string, nodes: number, said: object]>([
    [
      '0/3 nodes are available: 1 Insufficient memory, 2 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
      3,
      { 'resource memory': 1, 'resource cpu': 2 },
    ],
    [
      '0/4 nodes are available: 1 Insufficient nvidia.com/gpu, 3 Too many pods. no new claims to deallocate, preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.',
      4,
      { 'resource nvidia.com/gpu': 1, 'pod-limit': 3 },
    ],
    [
      "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) were unschedulable.",
      2,
      { 'node-selector': 1, 'node-affinity': 1, cordon: 1 },
    ],
    [
      "0/5 nodes are available: 2 node(s) didn't match pod anti-affinity rules, 3 node(s) didn't satisfy existing pods anti-affinity rules.",
      5,
      { 'pod-anti-affinity': 2, 'foreign-anti-affinity': 3 },
    ],
    [
      "0/3 nodes are available: 3 node(s) didn't match pod topology spread constraints (missing required label).",
      3,
      { 'topology-spread': 3 },
    ],
    ["0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.", 1, { 'host-port': 1 }],
    ['no nodes available to schedule pods', 0, {}],
  ])('%s', (message, nodes, said) => {
    expect(read(message)).toEqual({ nodes, said, storage: false });
  });

  it('keeps what a taint is called out of its classes', () => {
    expect(read('0/2 nodes are available: 2 node(s) had untolerated taint {a: , 9 Insufficient cpu}.')?.said).toEqual({
      taint: 2,
      'platform-taint': 2,
      'control-plane-taint': 2,
    });
  });

  it.each([
    '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
    'persistentvolumeclaim "data" not found',
    "0/1 nodes are available: 1 node(s) didn't find available persistent volumes to bind.",
  ])('knows a sentence about storage: %s', (message) => {
    expect(read(message)).toMatchObject({ storage: true, said: {} });
  });

  it.each([
    undefined,
    '',
    'something else',
    `0/3 nodes are available: ${'{'.repeat(50_000)}`,
    `0/1 nodes are available: ${'1 x, '.repeat(20_000)}`,
  ])('takes any text', (message) => {
    expect(() => readSchedulerMessage(message)).not.toThrow();
  });
});
