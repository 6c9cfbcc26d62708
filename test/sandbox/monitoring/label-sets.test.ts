import { describe, expect, it } from 'vitest';
import { commonPairs, fingerprintOf, printLabels } from '../../../src/sandbox/monitoring/label-sets.ts';

describe('fingerprintOf', () => {
  // As a real Alertmanager 0.25 sent them.
  const labels = {
    alertname: 'ContainerMemoryNearLimit',
    cluster: 'test',
    container: 'shop',
    instance: '127.0.0.1:11250',
    job: 'kubelet-resource',
    metrics_name: 'metrics-resource',
    namespace: 'default',
    node: 'node-2',
    severity: 'warning',
    team: 'shop',
  };
  it.each([
    ['shop-67d7bb49bb-gdq67', 'ee7ca1f38576c952'],
    ['shop-67d7bb49bb-q4bk2', '92a9da3d096ed7b3'],
  ])('is that of Alertmanager for pod %s', (pod, expected) => {
    expect(fingerprintOf({ ...labels, pod })).toBe(expected);
  });

  it('does not depend on the order of labels', () => {
    expect(fingerprintOf({ a: '1', b: '2' })).toBe(fingerprintOf({ b: '2', a: '1' }));
  });
});

describe('printLabels', () => {
  it.each([
    [{}, '{}'],
    [{ namespace: 'shop', alertname: 'A' }, '{alertname="A", namespace="shop"}'],
    [{ a: 'say "hi"\\' }, '{a="say \\"hi\\"\\\\"}'],
  ])('%j', (labels, expected) => {
    expect(printLabels(labels)).toBe(expected);
  });
});

describe('commonPairs', () => {
  it.each([
    [[], {}],
    [[{ a: '1', b: '2' }], { a: '1', b: '2' }],
    [
      [
        { a: '1', b: '2' },
        { a: '1', b: '3' },
      ],
      { a: '1' },
    ],
    [[{ a: '1' }, {}], {}],
  ])('of %j', (sets, expected) => {
    expect(commonPairs(sets)).toEqual(expected);
  });
});
