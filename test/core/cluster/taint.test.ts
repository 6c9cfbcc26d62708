import { describe, expect, it } from 'vitest';
import { natureOf, sayTaint, toleratesTaint } from '../../../src/core/cluster/taint.ts';

const taint = { key: 'dedicated', value: 'batch', effect: 'NoSchedule' };

describe('a toleration', () => {
  it.each<[toleration: Record<string, unknown>, holds: boolean]>([
    [{ key: 'dedicated', operator: 'Equal', value: 'batch', effect: 'NoSchedule' }, true],
    [{ key: 'dedicated', value: 'batch' }, true],
    [{ key: 'dedicated', operator: 'Exists' }, true],
    [{ operator: 'Exists' }, true],
    [{ operator: 'Exists', effect: 'NoExecute' }, false],
    [{ key: 'dedicated', value: 'web' }, false],
    [{ key: 'other', operator: 'Exists' }, false],
    [{ value: 'batch' }, false],
    [{ key: 'dedicated', operator: 'In', value: 'batch' }, false],
    [{}, false],
  ])('%j holds: %s', (toleration, holds) => {
    expect(toleratesTaint(toleration, taint)).toBe(holds);
  });

  it('tells who put a taint there', () => {
    const nature = (key: string) => natureOf({ ...taint, key });
    expect(
      [
        'node.kubernetes.io/not-ready',
        'node-role.kubernetes.io/control-plane',
        'dedicated',
        'node.kubernetes.io/unschedulable',
      ].map(nature),
    ).toEqual(['platform', 'control-plane', 'dedicated', 'dedicated']);
    expect([sayTaint(taint), sayTaint({ ...taint, value: '' })]).toEqual([
      'dedicated=batch:NoSchedule',
      'dedicated:NoSchedule',
    ]);
  });
});
