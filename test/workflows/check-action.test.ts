import { describe, expect, it } from 'vitest';
import type { Route } from '../../src/core/incident/events.ts';
import type { PolicyInput } from '../../src/core/policy/policy-input.ts';
import { policyInputSchema } from '../../src/core/policy/policy-input.ts';
import { problem } from '../../src/core/result.ts';
import type { PlannedAction } from '../../src/core/runbook/plan.ts';
import { createActionChecker } from '../../src/workflows/check-action.ts';
import { createConditionMeter } from '../../src/workflows/measure-condition.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeCluster } from '../support/fake-cluster.ts';
import { fakePolicy } from '../support/fake-policy.ts';
import { allow, ann, askFor, denial, plan, readStep, undoStep } from '../support/incident-facts.ts';
import { atTheWrite, opened, planned, runId, type Story } from '../support/incident-story.ts';

const { signal } = new AbortController();

async function check(
  step: PlannedAction = undoStep,
  { verdicts = [askFor()], story = undefined as Story | undefined, cluster = createFakeCluster() } = {},
) {
  const policy = fakePolicy(verdicts);
  const told = story ?? (step.id === readStep.id ? planned(plan([step])) : atTheWrite(plan([step]), ann));
  const state = told.state();
  const [run] = state.runs;
  const action = run?.actions[0];
  if (run === undefined || action === undefined) throw new Error('no run');
  const { reader, writer } = cluster;
  const meter = createConditionMeter({ reader, metrics: undefined });
  const redact = (text: string) => text.replaceAll('shop/checkout', '[masked]');
  const checker = createActionChecker({ reader, writer, policy, clock: createFakeClock(), meter, redact });
  const checked = await checker.check({ state, run, action, role: 'action', phase: 'plan' }, signal);
  return { checked, asked: policy.asked, cluster };
}

describe('an action is looked at', () => {
  it('a change: concrete, rehearsed, captured, and policy is asked about it and its rollback', async () => {
    const { checked, asked, cluster } = await check();
    expect(checked).toMatchObject({
      ok: true,
      value: {
        check: {
          target: { uid: 'uid-1' },
          rehearsed: true,
          rollback: { possible: true },
          verdict: { effect: 'needs-approval' },
          requestDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      },
    });
    expect(asked.map(({ action }) => action.role)).toEqual(['action', 'rollback']);
    expect([cluster.rehearsals(), cluster.sends()]).toEqual([1, 0]);
  });

  it('what policy is told is whole, and what the cluster says, not the runbook', async () => {
    const { asked } = await check();
    for (const input of asked) expect(policyInputSchema.safeParse(input).error).toBeUndefined();
    expect(asked[0]).toMatchObject({
      phase: 'plan',
      run: { requester: ann.id, autonomy: 'assist' },
      action: { kind: 'rollout-undo', class: 'write', reversible: true },
      target: { kind: 'Deployment', namespace: 'shop', name: 'checkout', uid: 'uid-1', namespaceLabels: {} },
      evidence: { confidence: 'high', tainted: false },
      budgets: { writesThisIncident: 0 },
    } satisfies object);
  });

  it.each([
    [[askFor(), denial], 'deny'],
    [[allow, askFor()], 'needs-approval'],
    [[allow, allow], 'allow'],
  ] as const)('the verdicts on both join: %#', async (verdicts, effect) => {
    const { checked } = await check(undoStep, { verdicts: [...verdicts] });
    expect(checked).toMatchObject({ ok: true, value: { check: { verdict: { effect } } } });
  });

  it('a namespace whose labels cannot be read is told as such, never as one without labels', async () => {
    const cluster = createFakeCluster();
    const { reader } = cluster;
    const blind = {
      ...cluster,
      reader: {
        ...reader,
        get: async (...of: Parameters<typeof reader.get>) =>
          of[0].kind === 'Namespace'
            ? ({ ok: false, error: problem('cluster.forbidden', 'No.') } as const)
            : reader.get(...of),
      },
    };
    const { asked } = await check(undoStep, { cluster: blind });
    expect(asked[0]?.target?.namespaceLabels).toBeNull();
  });

  it('words about the object are redacted before anybody sees them; the digest is of the request itself', async () => {
    const { checked } = await check();
    if (!checked.ok) throw new Error('refused');
    expect(checked.value.check.change.join()).toContain('[masked]:v1');
    expect(JSON.stringify(checked.value.check.guard)).toContain('[masked]');
    expect(JSON.stringify(checked.value.prepared?.request)).toContain('shop/checkout:v1');
  });

  it('the approver groups of the route are asked besides those of the runbook', async () => {
    const route = { channel: 'C-OPS', approvers: ['shop-owners', 'sre-leads'], autonomy: 'assist' as const };
    const { asked } = await check(undoStep, { story: routed(route) });
    expect(asked[0]?.runbook.approvals).toEqual([
      { group: 'sre-leads', count: 1 },
      { group: 'shop-owners', count: 1 },
    ]);
  });

  it('a read asks policy and nothing else', async () => {
    const { checked, asked, cluster } = await check(readStep, { verdicts: [allow] });
    expect(checked).toMatchObject({
      ok: true,
      value: { prepared: null, check: { target: null, requestDigest: null, verdict: allow } },
    });
    expect(asked.map(({ action }: PolicyInput) => action.class)).toEqual(['read']);
    expect(cluster.rehearsals()).toBe(0);
  });

  it('a runbook that rolls nothing back says so before anybody approves', async () => {
    const { checked, asked } = await check({ ...undoStep, rollback: 'none' });
    expect(checked).toMatchObject({
      ok: true,
      value: { check: { rollback: { possible: false, why: expect.stringMatching(/runbook says/) } } },
    });
    expect(asked[0]?.action.reversible).toBe(false);
  });
});

describe('an action cannot be looked at', () => {
  it.each([
    ['cluster.unreachable', true],
    ['cluster.timeout', true],
    ['cluster.forbidden', false],
    ['cluster.not-found', false],
    ['cluster.unauthorized', false],
  ] as const)('%s: asked again: %s', async (code, retry) => {
    const cluster = createFakeCluster();
    cluster.breakReads(problem(code, 'No.'));
    expect((await check(undoStep, { cluster })).checked).toMatchObject({ ok: false, error: { code, retry } });
  });

  it.each([
    ['write.rejected', false],
    ['write.guard-refused', true],
    ['write.not-sent', true],
    ['write.unknown', true],
  ] as const)('a dry run that meets %s: asked again: %s; policy is not asked', async (code, retry) => {
    const cluster = createFakeCluster();
    cluster.meetRehearsal(code);
    const { checked, asked } = await check(undoStep, { cluster });
    expect(checked).toMatchObject({ ok: false, error: { code, retry, sentence: expect.stringMatching(/dry run/) } });
    expect(asked).toEqual([]);
  });

  it.each<[why: string, expression: string, says: RegExp | null, retry: boolean]>([
    ['holds', 'target.spec.replicas >= 3', null, false],
    ['does not hold', 'target.spec.replicas > 3', /does not hold: target.spec.replicas > 3/, false],
    ['is unknown, and may be measurable later', 'target.spec.nothing > 3', /unknown, which is not the same/, true],
  ])('its own precondition %s', async (_why, expression, says, retry) => {
    const step = { ...undoStep, preconditions: [{ kind: 'cel' as const, expression }] };
    const { checked, asked, cluster } = await check(step);
    if (says === null) expect(checked.ok).toBe(true);
    else {
      expect(checked).toMatchObject({
        ok: false,
        error: { code: 'action.precondition-unmet', retry, sentence: expect.stringMatching(says) },
      });
      expect([asked, cluster.rehearsals()]).toEqual([[], 0]);
    }
  });

  it('a precondition on metrics without a source is unknown', async () => {
    const step = { ...undoStep, preconditions: [{ kind: 'metric' as const, promql: 'up > 0' }] };
    expect((await check(step)).checked).toMatchObject({ ok: false, error: { code: 'action.precondition-unmet' } });
  });
});

/** The write is due in an incident of this route. */
function routed(route: Route): Story {
  const story = opened({ route });
  story.tell({ type: 'plan-made', body: { run: runId, plan: plan([undoStep]), requester: null } });
  return story.tell({ type: 'preconditions-checked', body: { run: runId, results: [], holds: true } });
}
