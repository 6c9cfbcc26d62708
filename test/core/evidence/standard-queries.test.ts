import { describe, expect, it } from 'vitest';
import { expressionOf, standardQueriesFor } from '../../../src/core/evidence/standard-queries.ts';

const about = (scope: Partial<Parameters<typeof standardQueriesFor>[0]>) =>
  standardQueriesFor({ namespaces: [], hasClaims: false, hasNodes: false, ...scope });
const idsOf = (scope: Parameters<typeof about>[0]) => about(scope).map(({ id }) => id);

describe('standardQueriesFor', () => {
  it('asks about the control plane in any case, and about the rest where the scope has it', () => {
    expect(idsOf({})).toContain('etcd-leader');
    expect(idsOf({})).not.toContain('node-clock-offset');
    expect(idsOf({ hasNodes: true })).toContain('node-clock-offset');
    expect(idsOf({ namespaces: ['shop'] })).toContain('cpu-throttling');
    expect(idsOf({ namespaces: ['shop'] })).not.toContain('volume-used-bytes');
    expect(idsOf({ namespaces: ['shop'], hasClaims: true })).toContain('volume-used-bytes');
  });

  it('asks for one workload by the beginning of its pods’ names', () => {
    const usage = about({ namespaces: ['shop'], podPrefix: 'check.out' }).find(({ id }) => id === 'cpu-usage');
    expect(usage?.promql).toContain('namespace="shop", pod=~"check\\\\.out.*"');
  });

  it('quotes names, whatever they hold', () => {
    const [query] = about({ namespaces: ['a"} or vector(1) or x{y="'] }).filter(({ id }) => id === 'cpu-usage');
    expect(query?.promql).toContain('namespace="a\\"} or vector(1) or x{y=\\""');
  });

  it('has an id of its own for each', () => {
    const ids = idsOf({ namespaces: ['shop', 'pay'], hasClaims: true, hasNodes: true });
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('expressionOf', () => {
  it.each([
    ['https://p.example/graph?g0.expr=up+%3D%3D+0&g0.tab=1', 'up == 0'],
    ['https://p.example/graph', undefined],
    ['graph?g0.expr=up', undefined],
    [undefined, undefined],
  ])('%s', (url, expression) => {
    expect(expressionOf(url)).toBe(expression);
  });
});
