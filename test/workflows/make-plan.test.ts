import { describe, expect, it } from 'vitest';
import { createRunbookFiles } from '../../src/adapters/runbook-files/runbook-files.ts';
import { createMakePlan } from '../../src/workflows/make-plan.ts';
import { createFakeIds } from '../support/fake-ids.ts';
import { ann, investigation } from '../support/incident-facts.ts';
import { opened } from '../support/incident-story.ts';

const runbooks = createRunbookFiles({
  folder: new URL('../../runbooks', import.meta.url).pathname,
  context: () => ({ today: '2026-11-21' }),
});
await runbooks.reload();

async function make(runbook: string, { given = {}, redact = (text: string) => text, found = investigation() } = {}) {
  const story = opened().tell({
    type: 'investigation-finished',
    body: { investigation: found, chosen: runbook, why: 'it fits.' },
  });
  const run = createMakePlan({ runbooks, ids: createFakeIds(), redact });
  const [told] = await run({ key: 'k', kind: 'make-plan', runbook, given, requester: ann }, story.state());
  return told;
}

describe('a plan', () => {
  it('binds the runbook to what was found', async () => {
    expect(await make('rollout-bad-image')).toMatchObject({
      type: 'plan-made',
      body: {
        run: 'ID-000001',
        requester: ann,
        plan: {
          inputs: { workload: { kind: 'Deployment', namespace: 'shop', name: 'checkout' } },
          confidence: 'high',
          tainted: false,
        },
      },
    });
  });

  it('of a runbook that does not exist is refused, with those that do', async () => {
    expect(await make('rollout-bad-imag')).toMatchObject({
      type: 'plan-refused',
      body: { code: 'plan.unknown-runbook', sentence: expect.stringMatching(/rollout-bad-image/) },
    });
  });

  it('that lacks what it must know is refused', async () => {
    expect(await make('memory-limit-too-low')).toMatchObject({
      type: 'plan-refused',
      body: { code: 'plan.missing-input' },
    });
  });

  it('T22: what a person types cannot take the place of what must be found', async () => {
    const told = await make('rollout-bad-image', { given: { workload: 'Deployment/bank/ledger' } });
    expect(told).toMatchObject({ type: 'plan-refused' });
  });

  it('that redaction would change is refused: what is approved must be what runs', async () => {
    const told = await make('rollout-bad-image', { redact: (text) => text.replaceAll('checkout', '[masked]') });
    expect(told).toMatchObject({
      type: 'plan-refused',
      body: { code: 'plan.holds-secret', sentence: expect.stringMatching(/Nothing was run/) },
    });
  });

  it('T22: that rests only on text of strangers says so', async () => {
    const found = investigation();
    const logs = found.evidence.map((item) => ({ ...item, kind: 'log' as const }));
    const told = await make('rollout-bad-image', { found: { ...found, evidence: logs } });
    expect(told?.type === 'plan-made' ? told.body.plan.tainted : told?.type).not.toBe(false);
  });
});
