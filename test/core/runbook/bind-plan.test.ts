import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRunbook } from '../../../src/adapters/runbook-files/parse-runbook.ts';
import type { Evidence, Finding } from '../../../src/core/diagnosis/investigation.ts';
import type { BindFacts } from '../../../src/core/runbook/bind-inputs.ts';
import { bindPlan } from '../../../src/core/runbook/bind-plan.ts';
import { planSchema } from '../../../src/core/runbook/plan.ts';

const load = (text: string) => {
  const { runbook, problems } = parseRunbook(text, 'r.yaml', { today: '2026-09-01' });
  if (runbook === undefined) throw new Error(JSON.stringify(problems));
  return runbook;
};

const raiseLimit = load(`
name: raise-limit
match: { alerts: [KubePodCrashLooping], findings: [container-oom-killed] }
inputs:
  workload: { type: workload, from: finding.object }
  container: { type: name, from: finding.container }
  memoryLimit: { type: quantity, from: finding.memoryLimit }
preconditions:
  - cel: inputs.container != ""
actions:
  - action: get
    resource: pods
    names: []
    namespace: '{{ inputs.workload.namespace }}'
    output: wide
  - cmd: kubectl get --raw=/readyz
    title: Is the API server well?
  - id: raise
    action: set-resources
    target: '{{ inputs.workload }}'
    container: '{{ inputs.container }}'
    limits: { memory: '{{ inputs.memoryLimit }}' }
    validate: { until: rolloutComplete(target) }
approvals: [{ group: sre-leads }]
`);

const finding: Finding = {
  id: 'f1',
  code: 'container-oom-killed',
  object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' },
  confidence: 'high',
  score: 0.97,
  summary: 'killed',
  cause: { path: 'x', observed: 'y', expected: 'z' },
  recommendation: { text: 'raise it', values: { container: 'app', memoryLimit: '256Mi' } },
  evidence: ['e1'],
  explains: [],
};
const evidence = (kind: Evidence['kind']): Evidence => ({
  id: 'e1',
  kind,
  source: 's',
  at: '2026-09-01T00:00:00.000Z',
  summary: 's',
  digest: 'a'.repeat(64),
});
const facts: BindFacts = { alertLabels: {}, finding, given: {}, requester: null };
const withValues = (values: Record<string, string | number>): BindFacts => ({
  ...facts,
  finding: { ...finding, recommendation: { text: 'x', values } },
});

const bound = (runbook: Parameters<typeof bindPlan>[0], given: BindFacts) => {
  const plan = bindPlan(runbook, given);
  if (!plan.ok) throw new Error(plan.error.sentence);
  return plan.value;
};
const refused = (runbook: Parameters<typeof bindPlan>[0], given: BindFacts) => {
  const plan = bindPlan(runbook, given);
  return plan.ok ? 'a plan' : plan.error.code;
};

describe('bindPlan', () => {
  it('makes concrete actions with titles people can read', () => {
    const plan = bound(raiseLimit, facts);
    expect(planSchema.parse(plan)).toEqual(plan);
    expect(plan).toMatchObject({
      runbook: { name: 'raise-limit', digest: raiseLimit.digest },
      inputs: {
        workload: { kind: 'Deployment', namespace: 'shop', name: 'checkout' },
        container: 'app',
        memoryLimit: '256Mi',
      },
      tainted: false,
      confidence: 'high',
      score: 0.97,
      approvals: [{ group: 'sre-leads', count: 1 }],
    });
    expect(plan.actions.map(({ id, title }) => `${id}: ${title}`)).toEqual([
      'action-1: List pods in shop',
      'action-2: Is the API server well?',
      'raise: Set memory limit to 256Mi of container app in Deployment shop/checkout',
    ]);
    expect(plan.actions[2]).toMatchObject({
      action: {
        kind: 'set-resources',
        target: { kind: 'Deployment', namespace: 'shop', name: 'checkout' },
        container: 'app',
        limits: { memory: '256Mi' },
      },
      rollback: 'captured',
      timeoutMs: 60_000,
      validate: { until: { kind: 'cel', expression: 'rolloutComplete(target)' } },
    });
  });

  it('says in the refusal what was needed, what was found, and that nothing was changed', () => {
    const plan = bindPlan(raiseLimit, { ...facts, finding: { ...finding, code: 'image-pull-failed' } });
    expect(plan.ok ? '' : plan.error.sentence).toBe(
      'No plan was made from runbook raise-limit: it needs `workload` from the object of a finding container-oom-killed, and what was found is image-pull-failed. Nothing was changed; check what was found, or choose another runbook.',
    );
  });

  const { finding: _none, ...noFinding } = facts;
  it.each<[what: string, given: BindFacts, code: string]>([
    ['no finding', noFinding, 'plan.missing-input'],
    ['a finding of another code', { ...facts, finding: { ...finding, code: 'crash-loop' } }, 'plan.missing-input'],
    ['a finding without the value', withValues({ container: 'app' }), 'plan.missing-input'],
    [
      'a finding whose value is only inherited',
      withValues(Object.assign(Object.create({ memoryLimit: '1Gi' }), { container: 'app' })),
      'plan.missing-input',
    ],
    [
      'a finding on a StatefulSet',
      { ...facts, finding: { ...finding, object: { ...finding.object, kind: 'StatefulSet' } } },
      'plan.bad-input',
    ],
    [
      'a finding on a Deployment of another API',
      { ...facts, finding: { ...finding, object: { ...finding.object, apiVersion: 'acme.io/v1' } } },
      'plan.bad-input',
    ],
    [
      'a finding on an object without a namespace',
      { ...facts, finding: { ...finding, object: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' } } },
      'plan.bad-input',
    ],
    ['a quantity that is none', withValues({ container: 'app', memoryLimit: 'a lot' }), 'plan.bad-input'],
    [
      'a container of a name no container has',
      withValues({ container: 'App;rm', memoryLimit: '1Gi' }),
      'plan.bad-input',
    ],
    [
      'a value that is a template',
      withValues({ container: '{{ inputs.memoryLimit }}', memoryLimit: '1Gi' }),
      'plan.unsafe-input',
    ],
    ['a value of two lines', withValues({ container: 'a\nb', memoryLimit: '1Gi' }), 'plan.unsafe-input'],
    [
      'a value with an invisible character',
      withValues({ container: 'a\u202Eb', memoryLimit: '1Gi' }),
      'plan.unsafe-input',
    ],
    [
      'a value of a megabyte',
      withValues({ container: 'a'.repeat(1_000_000), memoryLimit: '1Gi' }),
      'plan.unsafe-input',
    ],
    [
      'an input given by a person that comes from the finding',
      { ...facts, given: { memoryLimit: '1Ti' }, requester: 'U1' },
      'plan.bad-input',
    ],
    [
      'a given input that does not exist',
      { ...facts, given: { memryLimit: '1Ti' }, requester: 'U1' },
      'plan.bad-input',
    ],
    ['values given by nobody', { ...facts, given: { memoryLimit: '1Ti' } }, 'plan.unsafe-input'],
    ['a target seen only in logs', { ...facts, evidence: [evidence('log')] }, 'plan.unsafe-input'],
    ['a finding whose evidence is not among what was handed in', { ...facts, evidence: [] }, 'plan.unsafe-input'],
  ])('refuses %s', (_what, given, code) => {
    expect(refused(raiseLimit, given)).toBe(code);
  });

  it('takes what the finding says of objects, whatever the logs say besides', () => {
    expect(bound(raiseLimit, { ...facts, evidence: [evidence('object')] }).tainted).toBe(false);
  });

  it('never repeats a refused value', () => {
    const plan = bindPlan(raiseLimit, withValues({ container: 'xoxb-secret value', memoryLimit: '1Gi' }));
    expect(JSON.stringify(plan)).not.toContain('xoxb');
  });

  it('does not let its digest depend on the order in which anything was said', () => {
    const values = { memoryLimit: '256Mi', container: 'app' };
    const object = { name: 'checkout', namespace: 'shop', kind: 'Deployment', apiVersion: 'apps/v1' };
    const turned: BindFacts = {
      requester: null,
      given: {},
      finding: { ...finding, object, recommendation: { values, text: 'x' } },
      alertLabels: {},
    };
    expect(bound(raiseLimit, turned).digest).toBe(bound(raiseLimit, facts).digest);
  });

  it('changes its digest with each input', () => {
    const digests = [
      facts,
      withValues({ container: 'app', memoryLimit: '512Mi' }),
      withValues({ container: 'sidecar', memoryLimit: '256Mi' }),
      { ...facts, finding: { ...finding, object: { ...finding.object, name: 'cart' } } },
      { ...facts, finding: { ...finding, confidence: 'low' as const } },
    ].map((given) => bound(raiseLimit, given).digest);
    expect(new Set(digests).size).toBe(digests.length);
  });
});

const looks = load(`
name: looks
inputs:
  pod: { type: name, from: alert.labels.pod }
  deployment: { type: workload, from: alert.labels.deployment, required: false }
  lines: { type: integer, from: person, default: 20 }
  previous: { type: boolean, from: person, default: false }
  note: { type: string, from: person, default: none }
actions:
  - action: logs
    namespace: shop
    of: { by: pod, name: '{{ inputs.pod }}' }
    tailLines: '{{ inputs.lines }}'
    previous: '{{ inputs.previous }}'
    preconditions: [{ cel: has(inputs.deployment) }]
  - action: manual
    text: '{{ inputs.note }}'
    why: a person decides
`);

describe('bindPlan with labels and people', () => {
  const labelled: BindFacts = {
    alertLabels: { pod: 'checkout-1', namespace: 'shop', deployment: 'checkout' },
    given: {},
    requester: null,
  };

  it('fills in labels and defaults', () => {
    const plan = bound(looks, labelled);
    expect(plan.inputs).toEqual({
      pod: 'checkout-1',
      deployment: { kind: 'Deployment', namespace: 'shop', name: 'checkout' },
      lines: 20,
      previous: false,
      note: 'none',
    });
    expect(plan).toMatchObject({ confidence: 'none', score: 0, tainted: false });
    expect(plan.actions[0]?.action).toMatchObject({
      of: { by: 'pod', name: 'checkout-1' },
      tailLines: 20,
      previous: false,
    });
  });

  it('leaves out an optional input that has no value', () => {
    expect(bound(looks, { ...labelled, alertLabels: { pod: 'a' } }).inputs).not.toHaveProperty('deployment');
  });

  it('reads numbers and claims from the text of a command', () => {
    const plan = bound(looks, { ...labelled, given: { lines: '50', previous: 'true' }, requester: 'U1' });
    expect(plan.inputs).toMatchObject({ lines: 50, previous: true });
  });

  it.each<[what: string, given: Partial<BindFacts>, code: string]>([
    ['an alert without the label', { alertLabels: {} }, 'plan.missing-input'],
    ['a label that no object can have', { alertLabels: { pod: '../secrets' } }, 'plan.bad-input'],
    [
      'a namespace that no object can have',
      { alertLabels: { pod: 'a', deployment: 'b', namespace: 'Shop/..' } },
      'plan.bad-input',
    ],
    ['a number that is none', { given: { lines: '5e3' }, requester: 'U1' }, 'plan.bad-input'],
    ['more lines than may be read', { given: { lines: 1_000_000 }, requester: 'U1' }, 'plan.bad-action'],
  ])('refuses %s', (_what, more, code) => {
    expect(refused(looks, { ...labelled, ...more })).toBe(code);
  });

  it('lets no template text and no control character reach an action, whatever people and alerts say', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('{{ inputs.pod }}', '{{inputs.note}}', 'a {{', '}}', '\u0000', 'x\n', '{{ inputs.note.name }}'),
      fc.tuple(fc.string(), fc.constant('{{ inputs.pod }}')).map(([a, b]) => a + b),
    );
    fc.assert(
      fc.property(text, text, text, (pod, note, deployment) => {
        const plan = bindPlan(looks, {
          alertLabels: { pod, deployment, namespace: 'shop' },
          given: { note },
          requester: 'U1',
        });
        if (!plan.ok) return;
        expect(JSON.stringify(plan.value.actions.map(({ action }) => action))).not.toMatch(/\{\{|\}\}|\\u00[01]|\\n/);
        expect(plan.value.inputs.note).toBe(note);
      }),
    );
  });
});
