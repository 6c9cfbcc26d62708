import { describe, expect, it } from 'vitest';
import { matchesNodeSelector, sayExpression } from '../../../src/core/cluster/node-selector.ts';

const node = { name: 'n1', labels: { zone: 'a', cores: '16' } };
const by = (key: string, operator: string, ...values: string[]) => ({ key, operator, values });
const term = (...matchExpressions: object[]) => ({ matchExpressions });

describe('a node selector', () => {
  it.each<[what: string, terms: readonly unknown[], holds: boolean]>([
    ['terms are ORed', [term(by('zone', 'In', 'b')), term(by('zone', 'In', 'a'))], true],
    ['expressions are ANDed', [term(by('zone', 'In', 'a'), by('disk', 'Exists'))], false],
    ['NotIn holds for a label that is absent', [term(by('disk', 'NotIn', 'ssd'))], true],
    ['DoesNotExist', [term(by('disk', 'DoesNotExist'))], true],
    ['Gt compares numbers', [term(by('cores', 'Gt', '8'))], true],
    ['Lt compares numbers', [term(by('cores', 'Lt', '8'))], false],
    ['Gt holds for no text', [term(by('zone', 'Gt', '8'))], false],
    ['fields look at the name', [{ matchFields: [by('metadata.name', 'In', 'n1')] }], true],
    ['fields look at no other field', [{ matchFields: [by('metadata.uid', 'In', 'n1')] }], false],
    ['an empty term matches nothing', [{}], false],
    ['no term matches nothing', [], false],
    ['what is no term matches nothing', [null, 'x'], false],
  ])('%s', (_what, nodeSelectorTerms, holds) => {
    expect(matchesNodeSelector({ nodeSelectorTerms }, node)).toBe(holds);
  });

  it('is said as people read it', () => {
    expect([sayExpression(by('zone', 'In', 'a', 'b')), sayExpression(by('gpu', 'Exists'))]).toEqual([
      'zone In [a, b]',
      'gpu Exists',
    ]);
  });
});
