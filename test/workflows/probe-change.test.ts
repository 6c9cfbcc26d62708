import { describe, expect, it } from 'vitest';
import { problem } from '../../src/core/result.ts';
import { createActionChecker } from '../../src/workflows/check-action.ts';
import { createConditionMeter } from '../../src/workflows/measure-condition.ts';
import { createChangeProbe } from '../../src/workflows/probe-change.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeCluster, type FakeCluster } from '../support/fake-cluster.ts';
import { fakePolicy } from '../support/fake-policy.ts';
import { allow, plan, undoStep } from '../support/incident-facts.ts';
import { atTheWrite, intended, undoing } from '../support/incident-story.ts';

const before = 'shop/checkout:v2';
const after = 'shop/checkout:v1';

/** Looks for the undo of shop/checkout; `meanwhile` happens to the cluster `atMs` after the first look. */
async function look(
  role: 'action' | 'rollback',
  image: string,
  meanwhile?: (cluster: FakeCluster) => void,
  atMs = 1_000,
) {
  const clock = createFakeClock();
  const cluster = createFakeCluster();
  const { reader, writer } = cluster;
  const { signal } = new AbortController();
  const meter = createConditionMeter({ reader, metrics: undefined });
  const checker = createActionChecker({
    reader,
    writer,
    policy: fakePolicy([allow]),
    clock,
    meter,
    redact: (text) => text,
  });
  const due = atTheWrite(plan([undoStep]));
  const at = () => {
    const state = due.state();
    const [run] = state.runs;
    const action = run?.actions[0];
    if (run === undefined || action === undefined) throw new Error('no run');
    return { state, run, action };
  };
  const checked = await checker.check({ ...at(), role: 'action', phase: 'plan' }, signal);
  if (!checked.ok) throw new Error(checked.error.sentence);
  intended(due.tell({ type: 'action-checked', body: { ...undoing, check: checked.value.check } }));
  if (image !== before) cluster.setImage(image);
  const looking = createChangeProbe({ reader, clock }).landed(at(), role, signal);
  if (meanwhile !== undefined) clock.sleep(atMs).then(() => meanwhile(cluster));
  let tookMs = -1;
  void looking.then(() => {
    tookMs = clock.monotonicMs();
  });
  await clock.advance(120_000);
  expect(clock.sleepers()).toBe(0);
  return { landed: (await looking).landed, tookMs };
}

describe('whether a change landed', () => {
  it.each([
    ['action', after, 'applied', 0],
    ['action', before, 'not-applied', 3_000],
    ['action', 'shop/checkout:v9', 'cannot-tell', 3_000],
    ['rollback', before, 'applied', 0],
    ['rollback', after, 'not-applied', 3_000],
    ['rollback', 'shop/checkout:v9', 'cannot-tell', 3_000],
  ] as const)('the %s, when the object has %s, is %s after %i ms', async (role, image, landed, tookMs) => {
    expect(await look(role, image)).toEqual({ landed, tookMs });
  });

  it('is waited for a little: a request may still be on its way', async () => {
    expect(await look('action', before, (cluster) => cluster.setImage(after), 2_000)).toEqual({
      landed: 'applied',
      tookMs: 2_000,
    });
  });

  it('T10: cannot be told from another object of the same name', async () => {
    expect(await look('action', after, undefined)).toMatchObject({ landed: 'applied' });
    const recreated = await look(
      'action',
      before,
      (cluster) => {
        cluster.recreate();
        cluster.setImage(after);
      },
      500,
    );
    expect(recreated.landed).toBe('cannot-tell');
  });

  it('waits for a cluster that is away, for a minute', async () => {
    const away = (cluster: FakeCluster) => cluster.breakReads(problem('cluster.unreachable', 'No route.'));
    expect(await look('action', before, away, 100)).toEqual({ landed: 'cannot-tell', tookMs: 60_000 });
    const gone = (cluster: FakeCluster) => cluster.breakReads(problem('cluster.not-found', 'It is gone.'));
    expect(await look('action', before, gone, 100)).toEqual({ landed: 'cannot-tell', tookMs: 500 });
  });
});
