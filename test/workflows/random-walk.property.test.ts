import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/core/policy/verdict.ts';
import { problem } from '../../src/core/result.ts';
import { type Bench, createWorld, diskFull, mortal, openBench, type World } from '../support/copilot-bench.ts';
import type { Meets } from '../support/fake-cluster.ts';
import { fakePolicy } from '../support/fake-policy.ts';
import { alertGroup, allow, ann, askFor, denial, lena, lukas } from '../support/incident-facts.ts';

/** Everything that can happen to an incident, in any order. */
type Step =
  | {
      readonly do:
        | 'alert'
        | 'alert-ends'
        | 'stop'
        | 'run'
        | 'investigate'
        | 'crash'
        | 'recreate'
        | 'change-at-the-send'
        | 'disk-full'
        | 'disk-back'
        | 'reads-break'
        | 'reads-back'
        | 'groups-break'
        | 'groups-back';
    }
  | {
      readonly do: 'click';
      readonly decision: 'approve' | 'reject';
      readonly who: 'lena' | 'lukas' | 'ann' | 'stranger';
      readonly which: number;
    }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'meet'; readonly meets: Meets }
  | { readonly do: 'image'; readonly image: string }
  | { readonly do: 'policy'; readonly verdict: number };

const people = { lena, lukas, ann, stranger: { id: 'U-X', name: 'Stranger' } };
const verdicts: readonly Verdict[] = [askFor(), askFor([{ group: 'sre-leads', count: 2 }]), allow, denial];

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('click' as const),
      decision: fc.constantFrom('approve' as const, 'approve' as const, 'reject' as const),
      who: fc.constantFrom('lena' as const, 'lena' as const, 'lukas' as const, 'ann' as const, 'stranger' as const),
      which: fc.nat({ max: 3 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(0, 1, 500, 3_000, 20_000, 120_000, 1_000_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'alert' as const,
        'alert-ends' as const,
        'run' as const,
        'investigate' as const,
        'stop' as const,
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('crash' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('meet' as const),
      meets: fc.constantFrom<Meets>(
        'write.guard-refused',
        'write.rejected',
        'write.not-sent',
        'lost-after',
        'lost-before',
        'dies-after',
        'dies-before',
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'disk-full' as const,
        'disk-back' as const,
        'reads-break' as const,
        'reads-back' as const,
        'groups-break' as const,
        'groups-back' as const,
        'recreate' as const,
        'change-at-the-send' as const,
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('image' as const),
      image: fc.constantFrom('shop/checkout:v1', 'shop/checkout:v2', 'shop/checkout:v3'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('policy' as const), verdict: fc.nat({ max: 3 }) }) },
);

async function walk(steps: readonly Step[], heals: boolean): Promise<World> {
  const world = createWorld({ heals });
  let verdict: Verdict = askFor();
  const policy = fakePolicy(({ action }) => (action.class === 'write' ? verdict : allow));
  let life = mortal(world.journal, () => undefined);
  const open = async () => {
    life = mortal(world.journal, () => undefined);
    const opened = await openBench(world, { policy, journal: life.journal });
    await opened.start();
    return opened;
  };
  let bench: Bench = await open();
  await bench.receive();
  await bench.settle();
  for (const one of steps) {
    await take(one);
    await world.clock.advance(0);
  }
  // In the end everything works again, and nobody asks for anything more: whatever is under way must come to its end.
  world.disk = () => undefined;
  world.cluster.calm();
  life.kill();
  bench = await open();
  await world.clock.advance(7_200_000);
  for (const incident of bench.incidents.all()) {
    for (const run of incident.runs) expect([run.id, run.endedAt]).not.toEqual([run.id, null]);
    for (const { status } of Object.values(incident.approvals)) expect(['pending', 'granted']).not.toContain(status);
  }
  await bench.stop();
  return world;

  async function take(one: Step): Promise<void> {
    switch (one.do) {
      case 'alert':
        return void (await bench.receive());
      case 'alert-ends':
        return void (await bench.receive(alertGroup({ status: 'resolved' })));
      case 'stop':
      case 'run':
      case 'investigate':
        return void (await bench.command(one.do, one.do === 'run' ? 'rollout-bad-image' : '', { incident: 'INC-1' }));
      case 'crash':
        life.kill();
        bench = await open();
        return;
      case 'recreate':
        return world.cluster.recreate();
      case 'change-at-the-send':
        return world.cluster.onSend(() => {
          world.cluster.onSend(undefined);
          world.cluster.setMode('other');
        });
      case 'disk-full':
        world.disk = () => diskFull;
        return;
      case 'disk-back':
        world.disk = () => undefined;
        return;
      case 'reads-break':
        return world.cluster.breakReads(problem('cluster.timeout', 'No answer within 10 s.'));
      case 'reads-back':
        return world.cluster.breakReads(undefined);
      case 'groups-break':
        world.groups['sre-leads'] = undefined;
        return;
      case 'groups-back':
        world.groups['sre-leads'] = [lena.id, lukas.id, ann.id];
        return;
      case 'click': {
        const ids = bench.incidents.all().flatMap(({ approvals }) => Object.keys(approvals));
        const approval = ids.at(-1 - one.which) ?? 'none';
        await bench.click(one.decision, { person: people[one.who], approval }).catch(() => undefined);
        return;
      }
      case 'pass':
        return world.clock.advance(one.ms);
      case 'meet':
        return world.cluster.meet(one.meets);
      case 'image':
        // Half of the changes leave the image as it is: then the runbook still applies, and people are asked again.
        return one.image === 'shop/checkout:v3' ? world.cluster.setMode('debug') : world.cluster.setImage(one.image);
      case 'policy':
        verdict = verdicts[one.verdict] ?? denial;
        return;
    }
    one satisfies never;
  }
}

/** I1 to I3, from the journal and the cluster's own ledger, by rules that know nothing of the program. */
async function check(world: World): Promise<void> {
  const { changes } = world.cluster;
  const events = world.journal.events();
  const of = (type: string, incident: string) =>
    events.filter((event) => event.type === type && event.incident === incident);
  // One incident per time that the group began.
  const opened = events.filter(({ type }) => type === 'incident-opened');
  expect(new Set(opened.map(({ incident }) => incident)).size).toBe(opened.length);
  // Each change: one durable intent, used once.
  expect(new Set(changes.map(({ incident, intentSeq }) => `${incident}/${intentSeq}`)).size).toBe(changes.length);
  const used: string[] = [];
  for (const { incident, intentSeq, digest, role } of changes) {
    const intent = of('action-intended', incident).find(({ seq }) => seq === intentSeq);
    expect(intent?.body).toMatchObject({ digest, role });
    if (role === 'rollback') {
      const failed = of('action-validated', incident).filter(
        ({ seq, body }) => seq < intentSeq && body.outcome === 'failed',
      );
      expect(failed.length).toBeGreaterThan(0);
      continue;
    }
    const checks = of('action-checked', incident).filter(
      ({ seq, body }) => seq < intentSeq && body.action === intent?.body.action,
    );
    const last = checks.at(-1)?.body.check as { verdict: Verdict } | undefined;
    const effect = last?.verdict.effect ?? 'deny';
    expect(effect).not.toBe('deny');
    const approval = intent?.body.approval;
    if (effect === 'allow') expect(approval).toBeNull();
    if (effect !== 'needs-approval') continue;
    used.push(String(approval));
    const asked = of('approval-requested', incident).find(({ body }) => body.approval === approval);
    expect(asked?.body.digest).toBe(digest);
    const yeses = of('approval-given', incident).filter(
      ({ body, seq }) => body.approval === approval && seq < intentSeq,
    );
    const voters = new Set(yeses.map(({ body }) => (body.by as { id: string }).id));
    const requester = (asked?.body.requester as { id: string } | null)?.id ?? 'nobody';
    voters.delete(requester);
    expect(voters).not.toContain('U-X');
    for (const { count } of (asked?.body.require ?? []) as { count: number }[])
      expect(voters.size).toBeGreaterThanOrEqual(count);
    expect(Date.parse(intent?.recordedAt ?? '')).toBeLessThanOrEqual(Date.parse(String(asked?.body.expiresAt)));
  }
  expect(new Set(used).size).toBe(used.length);
  // At most one end for each approval and each run; nothing said to have run that did not.
  for (const type of ['approval-rejected', 'approval-expired', 'approval-revoked', 'approval-superseded'])
    for (const { body } of events.filter((event) => event.type === type && event.body.approval !== null))
      expect(events.filter((other) => other.body.approval === body.approval && other.type === type)).toHaveLength(1);
  const ends = events.filter(({ type }) => type === 'run-ended').map(({ incident, body }) => `${incident}/${body.run}`);
  expect(new Set(ends).size).toBe(ends.length);
  const wrote = events.filter(
    ({ type, body }) =>
      type === 'action-executed' && body.observed === false && String(body.summary).startsWith('Changed'),
  );
  expect(wrote.length).toBeLessThanOrEqual(changes.filter(({ role }) => role === 'action').length);
  // I1: every signal that was stored is carried by an event or noted.
  const taken = new Set(
    events.flatMap(({ body }) =>
      typeof body.signalId === 'string' && body.signal === undefined ? [body.signalId] : [],
    ),
  );
  for (const { body } of events.filter(({ type }) => type === 'signal-received'))
    expect(taken).toContain(body.signalId);
}

describe('whatever happens, in whatever order', () => {
  it('no change without its verdict, its people and its intent, none twice, and every run ends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.boolean(), async (steps, heals) => {
        await check(await walk(steps, heals));
      }),
      { numRuns: 120, seed: 20261121 },
    );
  }, 60_000);

  it('reaches what it is about: changes, rollbacks, refusals and unknown ends all happen in such walks', async () => {
    const seen = new Set<string>();
    for (const [index, steps] of fc
      .sample(fc.array(step, { minLength: 10, maxLength: 25 }), { numRuns: 80, seed: 7 })
      .entries()) {
      const world = await walk(steps, index % 2 === 0);
      for (const { role } of world.cluster.changes) seen.add(role);
      for (const { type } of world.journal.events()) seen.add(type);
    }
    for (const wanted of [
      'action',
      'rollback',
      'approval-superseded',
      'approval-rejected',
      'approval-expired',
      'approval-revoked',
      'approval-refused',
      'action-unknown',
      'action-failed',
      'action-refused',
      'incident-mitigated',
      'incident-resolved',
      'incident-reopened',
      'run-stop-requested',
      'effect-failed',
    ])
      expect([...seen]).toContain(wanted);
  }, 60_000);
});
