import { describe, expect, it } from 'vitest';
import { readActionSchema } from '../../../src/core/action/action.ts';
import { readToolCall, toolSpecs } from '../../../src/core/reasoning/tools.ts';

describe('the tools of the model', () => {
  it('are these, each with a strict schema', () => {
    expect(toolSpecs.map(({ name }) => name)).toEqual([
      'kubernetes_list',
      'kubernetes_describe',
      'kubernetes_events',
      'logs',
      'metrics',
      'changes',
      'runbooks',
      'past_incidents',
    ]);
    for (const { inputSchema, description } of toolSpecs) {
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(description).toMatch(/\.$/);
    }
  });

  it.each<[name: string, input: object, action: object]>([
    ['kubernetes_list', { kind: 'pods', namespace: 'shop', labelSelector: null }, { kind: 'get', namespace: 'shop' }],
    ['kubernetes_list', { kind: 'nodes', namespace: null, labelSelector: 'a=b' }, { kind: 'get', allNamespaces: true }],
    [
      'kubernetes_describe',
      { kind: 'Deployment', namespace: 'shop', name: 'checkout' },
      { kind: 'describe', name: 'checkout' },
    ],
    [
      'kubernetes_events',
      { namespace: 'shop', kind: 'deploy', name: 'checkout' },
      { kind: 'events', for: { kind: 'Deployment', name: 'checkout' } },
    ],
    [
      'logs',
      { namespace: 'shop', pod: 'checkout-1', container: null, previous: true },
      { kind: 'logs', of: { by: 'pod', name: 'checkout-1' }, previous: true },
    ],
    ['metrics', { promql: 'up == 0' }, { kind: 'query', promql: 'up == 0' }],
    ['changes', { namespace: 'shop', deployment: 'checkout' }, { kind: 'rollout-history' }],
  ])('%s becomes a read of the closed list', (name, input, action) => {
    const wish = readToolCall(name, input);
    if (!wish.ok || wish.value.in !== 'cluster') throw new Error('expected a read of the cluster');
    expect(wish.value.action).toMatchObject(action);
    expect(readActionSchema.safeParse(wish.value.action).success).toBe(true);
  });

  it.each([['runbooks'], ['past_incidents']])('%s takes words', (name) => {
    expect(readToolCall(name, { words: 'image' })).toMatchObject({ ok: true, value: { words: 'image' } });
  });

  it.each<[what: string, name: string, input: unknown]>([
    ['a tool that there is not', 'kubernetes_delete', { kind: 'pods' }],
    ['a name that objects have', 'constructor', {}],
    ['no input', 'metrics', undefined],
    ['a field more', 'metrics', { promql: 'up', url: 'http://evil.example' }],
    ['a field less', 'logs', { pod: 'x' }],
    ['a path as a name', 'kubernetes_describe', { kind: 'pod', namespace: '../kube-system', name: 'x' }],
    ['a flag as a name', 'logs', { namespace: 'shop', pod: '--all', container: null, previous: false }],
    ['an upper-case name', 'changes', { namespace: 'shop', deployment: 'Checkout' }],
    ['a path as a kind', 'kubernetes_list', { kind: 'pods/exec', namespace: 'shop', labelSelector: null }],
    ['the contents of a ConfigMap', 'kubernetes_describe', { kind: 'cm', namespace: 'shop', name: 'settings' }],
    ['a query without end', 'metrics', { promql: 'x'.repeat(5_000) }],
  ])('refuse %s with a sentence', (_what, name, input) => {
    expect(readToolCall(name, input)).toMatchObject({ ok: false, error: expect.stringMatching(/\w{4}/) });
  });
});
