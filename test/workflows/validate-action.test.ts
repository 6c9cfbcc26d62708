import { describe, expect, it } from 'vitest';
import type { EffectOf } from '../../src/core/incident/effect.ts';
import type { Measurement } from '../../src/core/runbook/condition.ts';
import type { Landed } from '../../src/ports/change-probe.ts';
import { createValidateAction, defaultValidation } from '../../src/workflows/validate-action.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { plan, undoStep } from '../support/incident-facts.ts';
import { atTheWrite, executed, intended, runId, type Story, undoing, validated } from '../support/incident-story.ts';

const holds: Measurement = { outcome: 'succeeded', measured: 'all is well', definite: false };
const not: Measurement = { outcome: 'failed', measured: '1 of 3', definite: false };
const broken: Measurement = { outcome: 'failed', measured: 'the deadline was exceeded', definite: true };
const unread: Measurement = { outcome: 'errored', measured: 'no answer', definite: false };

/** Measures what `of` says at each instant; the change was made at 0, and validation begins `late` ms after. */
async function validate(of: (ms: number) => Measurement, { late = 0, story = executed() as Story, jump = 0 } = {}) {
  const made = story.state().runs[0]?.actions.find(({ planned }) => planned.id === undoing.action)?.state;
  const clock = createFakeClock(made?.step === 'executed' ? made.at : undefined);
  await clock.advance(late);
  const asked: number[] = [];
  const run = createValidateAction({
    clock,
    meter: async () => {
      asked.push(clock.monotonicMs() - late);
      return of(clock.monotonicMs());
    },
    probe: { landed: async () => ({ landed: 'cannot-tell', why: 'unused' }) },
  });
  const effect: EffectOf<'validate'> = { key: 'k', kind: 'validate', role: 'action', ...undoing };
  const result = run(effect, story.state(), new AbortController().signal);
  if (jump !== 0) clock.jump(jump);
  await clock.advance(400_000);
  const [told] = await result;
  const body = told?.type === 'action-validated' ? told.body : undefined;
  expect(clock.sleepers()).toBe(0);
  return { outcome: body?.outcome, measured: body?.measured ?? '', asked, lastMs: asked.at(-1) };
}

describe('a change is held to its validation', () => {
  it('which must hold without a break', async () => {
    expect(await validate(() => holds)).toMatchObject({ outcome: 'succeeded', lastMs: 3_000 });
    expect(await validate((ms) => (ms === 2_000 ? not : holds))).toMatchObject({ outcome: 'succeeded', lastMs: 6_000 });
  });

  it('and may come true until its deadline', async () => {
    expect(await validate((ms) => (ms >= 100_000 ? holds : not))).toMatchObject({
      outcome: 'succeeded',
      lastMs: 103_000,
    });
    expect(await validate((ms) => (ms >= 118_000 ? holds : not))).toMatchObject({ outcome: 'failed' });
  });

  it.each<[why: string, of: () => Measurement, outcome: string, measured: RegExp]>([
    ['never held', () => not, 'failed', /did not hold within 120 s: 1 of 3/],
    ['could never be measured', () => unread, 'errored', /could not be measured within 120 s/],
  ])('%s', async (_why, of, outcome, measured) => {
    const result = await validate(of);
    expect(result).toMatchObject({ outcome, lastMs: 120_000 });
    expect(result.measured).toMatch(measured);
  });

  it('is believed to have failed for good only when that stands: the first status after a change speaks of before', async () => {
    expect(await validate((ms) => (ms < 4_000 ? broken : holds))).toMatchObject({ outcome: 'succeeded' });
    expect(await validate(() => broken)).toMatchObject({ outcome: 'failed', lastMs: 5_000 });
  });

  it('counts from when the change was made, over a restart', async () => {
    expect(await validate(() => not, { late: 100_000 })).toMatchObject({ outcome: 'failed', lastMs: 20_000 });
  });

  it('T10: is not called failed because the co-pilot was away: it gets the time it must hold', async () => {
    expect(await validate(() => holds, { late: 3_600_000 })).toMatchObject({ outcome: 'succeeded', lastMs: 3_000 });
    expect(await validate(() => not, { late: 3_600_000 })).toMatchObject({ outcome: 'failed', lastMs: 4_000 });
  });

  it.each([-3_600_000, 3_600_000])('does not mind a clock that jumps by %i ms', async (jump) => {
    expect(await validate(() => not, { jump })).toMatchObject({ outcome: 'failed', lastMs: 120_000 });
    expect(await validate((ms) => (ms > 60_000 ? holds : not), { jump })).toMatchObject({ outcome: 'succeeded' });
  });

  it('has a condition when its runbook says nothing: that of kubectl rollout status', async () => {
    const { validate: _validate, ...bare } = undoStep;
    const story = executed(intended(cleared(atTheWrite(plan([bare])))));
    expect(defaultValidation).toMatchObject({ until: { expression: 'rolloutComplete(target)' }, timeoutMs: 180_000 });
    expect(await validate(() => not, { story })).toMatchObject({ outcome: 'failed', lastMs: 180_000 });
  });

  it('ends when the co-pilot does', async () => {
    const clock = createFakeClock();
    const ending = new AbortController();
    const run = createValidateAction({
      clock,
      meter: async () => not,
      probe: { landed: async () => ({ landed: 'applied' }) },
    });
    const result = run({ key: 'k', kind: 'validate', role: 'action', ...undoing }, executed().state(), ending.signal);
    const rejected = expect(result).rejects.toThrow('stop');
    await clock.advance(10);
    ending.abort(new Error('stop'));
    await rejected;
    expect(clock.sleepers()).toBe(0);
  });
});

describe('a rollback is looked for', () => {
  it.each<[landed: Landed, outcome: string]>([
    [{ landed: 'applied' }, 'succeeded'],
    [{ landed: 'not-applied' }, 'failed'],
    [{ landed: 'cannot-tell', why: 'it is gone' }, 'errored'],
  ])('%j is %s', async (landed, outcome) => {
    const story = executed(intended(validated(executed(), 'failed'), 'rollback'), 'rollback');
    const run = createValidateAction({
      clock: createFakeClock(),
      meter: async () => holds,
      probe: { landed: async () => landed },
    });
    const [told] = await run(
      { key: 'k', kind: 'validate', role: 'rollback', ...undoing },
      story.state(),
      new AbortController().signal,
    );
    expect(told).toMatchObject({ type: 'action-validated', body: { run: runId, role: 'rollback', outcome } });
  });
});

function cleared(story: Story): Story {
  const check = { ...JSON.parse(JSON.stringify(checkOf())) };
  return story.tell({ type: 'action-checked', body: { ...undoing, check } });
}
function checkOf() {
  const state = executed()
    .state()
    .runs[0]?.actions.find(({ planned }) => planned.id === undoing.action)?.state;
  if (state === undefined || !('check' in state)) throw new Error('no check');
  return { ...state.check, verdict: { effect: 'allow', rule: 'auto', reasons: ['It is safe.'] } };
}
