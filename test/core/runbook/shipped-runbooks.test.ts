import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readRunbookFolder } from '../../../src/adapters/runbook-files/read-runbook-folder.ts';
import { bindPlan } from '../../../src/core/runbook/bind-plan.ts';
import { runbookJsonSchema } from '../../../src/core/runbook/json-schema.ts';

const folder = new URL('../../../runbooks/', import.meta.url);
const read = await readRunbookFolder('runbooks', { today: '2026-09-01' });
const byName = (name: string) => {
  const runbook = read.ok ? read.value.runbooks.find((one) => one.name === name) : undefined;
  if (runbook === undefined) throw new Error(`${name} does not load`);
  return runbook;
};
const findingOf = (code: string, values?: Record<string, string>) => ({
  id: 'f1',
  code,
  object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' },
  confidence: 'high' as const,
  score: 0.95,
  summary: 's',
  cause: { path: 'p', observed: 'o', expected: 'e' },
  ...(values === undefined ? {} : { recommendation: { text: 't', values } }),
  evidence: ['e1'],
  explains: [],
});
const facts = { alertLabels: {}, given: {}, requester: null };

describe('the shipped runbooks', () => {
  it('all load without an error', () => {
    expect(read.ok && read.value.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(read.ok && read.value.files).toBe(3);
  });

  it('are without a warning, but for the deliberately short one', () => {
    const warned = read.ok ? read.value.problems.map(({ file }) => file) : [];
    expect(new Set(warned)).toEqual(new Set(['runbooks/kube-api-latency.yaml']));
  });

  it('hold the compact example unchanged', () => {
    expect(readFileSync(new URL('kube-api-latency.yaml', folder), 'utf8')).toBe(
      [
        'name: kube-api-latency',
        'preconditions:',
        '  - metric: apiserver_request_duration_seconds_p99 > 1.5',
        'actions:',
        '  - cmd: kubectl get --raw=/readyz',
        '    validate: output contains ok',
        '  - cmd: kubectl get pods -n kube-system -o wide',
        '    validate: no restarts > 3',
        'rollback:',
        '  - cmd: kubectl delete pod',
        'approvals:',
        '  - group: sre-leads',
        '',
      ].join('\n'),
    );
  });

  it('undo a bad image on the Deployment that was found, reads first', () => {
    const plan = bindPlan(byName('rollout-bad-image'), {
      ...facts,
      finding: findingOf('image-pull-failed', { container: 'app', image: 'shop/checkout:v2' }),
    });
    expect(plan.ok && plan.value.actions.map(({ action }) => action.kind)).toEqual([
      'get',
      'rollout-history',
      'rollout-undo',
    ]);
    expect(plan.ok && plan.value.actions[2]?.action).toEqual({
      kind: 'rollout-undo',
      target: { kind: 'Deployment', namespace: 'shop', name: 'checkout' },
    });
  });

  it('raise a memory limit to what the finding proposes', () => {
    const finding = findingOf('container-oom-killed', {
      container: 'app',
      memoryLimit: '256Mi',
      currentLimit: '128Mi',
    });
    const plan = bindPlan(byName('memory-limit-too-low'), { ...facts, finding });
    expect(plan.ok && plan.value.actions[2]).toMatchObject({
      action: { kind: 'set-resources', container: 'app', limits: { memory: '256Mi' } },
      validate: {
        until: { kind: 'cel', expression: 'rolloutComplete(target)' },
        everyMs: 1000,
        forMs: 3000,
        timeoutMs: 120_000,
      },
      rollback: 'captured',
    });
  });

  it.each([
    ['rollout-bad-image', 'container-oom-killed'],
    ['memory-limit-too-low', 'image-pull-failed'],
  ])('do nothing by %s for a finding %s, whatever the alert is called', (name, code) => {
    const finding = findingOf(code, { container: 'app', memoryLimit: '256Mi', currentLimit: '128Mi' });
    const plan = bindPlan(byName(name), { ...facts, finding });
    expect(plan.ok ? 'a plan' : plan.error.code).toBe('plan.missing-input');
  });
});

describe('runbooks/schema.json', () => {
  it('is current (write it anew with `node test/core/runbook/write-schema.ts`)', () => {
    expect(JSON.parse(readFileSync(new URL('schema.json', folder), 'utf8'))).toEqual(runbookJsonSchema());
  });

  it('knows every kind of action, and that a template may stand for a target', () => {
    const text = JSON.stringify(runbookJsonSchema());
    for (const kind of ['get', 'logs', 'query', 'rollout-undo', 'set-resources', 'manual'])
      expect(text).toContain(`{"const":"${kind}"}`);
    expect(text).toContain('inputs');
  });
});
