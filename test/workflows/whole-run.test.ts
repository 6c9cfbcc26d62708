import { describe, expect, it } from 'vitest';
import { benchAtTheCard } from '../support/copilot-bench.ts';
import { fakePolicy } from '../support/fake-policy.ts';
import { alertGroup, allow, ann, askFor } from '../support/incident-facts.ts';

describe('a rollout to a bad image, from the alert to its end', () => {
  it('is investigated, planned, read, asked about, undone, validated, mitigated and resolved', async () => {
    const { world, bench } = await benchAtTheCard();
    expect(bench.run().status).toBe('waiting');
    expect(world.cluster.changes).toEqual([]);
    expect(await bench.click()).toMatchObject({ code: 'approval.granted' });
    await bench.pass(10_000);
    expect(world.cluster.image()).toBe('shop/checkout:v1');
    expect(bench.run().status).toBe('succeeded');
    expect(bench.incident().phase).toBe('mitigated');
    await bench.receive(alertGroup({ status: 'resolved' }));
    await bench.settle();
    expect(bench.incident().phase).toBe('resolved');
    expect(await bench.types()).toEqual([
      'incident-opened',
      'investigation-finished',
      'plan-made',
      'preconditions-checked',
      'action-checked',
      'action-executed',
      'action-validated',
      'action-checked',
      'action-executed',
      'action-validated',
      'action-checked',
      'approval-requested',
      'approval-given',
      'action-intended',
      'action-executed',
      'action-validated',
      'run-ended',
      'incident-mitigated',
      'targets-released',
      'signal-joined',
      'incident-resolved',
    ]);
    expect(world.cluster.changes).toHaveLength(1);
    expect(world.clock.sleepers()).toBe(0);
    await bench.stop();
  });

  it('rolls back when the change does not help, and says so', async () => {
    const { world, bench } = await benchAtTheCard({ heals: false });
    await bench.click();
    await bench.pass(60_000);
    expect(world.cluster.changes.map(({ role, image }) => [role, image])).toEqual([
      ['action', 'shop/checkout:v1'],
      ['rollback', 'shop/checkout:v2'],
    ]);
    expect(bench.run()).toMatchObject({ status: 'failed', reason: expect.stringMatching(/rolled back/) });
    expect(bench.incident().phase).toBe('open');
    await bench.stop();
  });

  it('reject: nothing is changed, the run is stopped', async () => {
    const { world, bench } = await benchAtTheCard();
    expect(await bench.click('reject', { reason: 'not now' })).toMatchObject({ code: 'approval.rejected' });
    await bench.settle();
    expect(bench.run()).toMatchObject({
      status: 'stopped',
      reason: expect.stringMatching(/Lena rejected it \(not now\)/),
    });
    expect(bench.incident().phase).toBe('open');
    expect(world.cluster.sends()).toBe(0);
    await bench.stop();
  });

  it('expire: nothing is changed, the run is stopped, a late click is told', async () => {
    const { world, bench } = await benchAtTheCard({ maxTtlSeconds: 3 });
    const approval = bench.approval() ?? '';
    await bench.pass(2_999);
    expect(bench.run().status).toBe('waiting');
    await bench.pass(2);
    expect(bench.run()).toMatchObject({ status: 'stopped', reason: expect.stringMatching(/ran out/) });
    expect(await bench.click('approve', { approval })).toMatchObject({ code: 'approval.already-decided' });
    expect(world.cluster.sends()).toBe(0);
    await bench.stop();
  });

  it('self: who started the run cannot approve it, and can stop it', async () => {
    const { world, bench } = await benchAtTheCard();
    await bench.click('reject');
    await bench.settle();
    await bench.command('run', 'rollout-bad-image', { incident: 'INC-1' });
    await bench.settle();
    expect(await bench.click('approve', { person: ann })).toMatchObject({ code: 'approval.own-request' });
    expect(bench.run()).toMatchObject({ status: 'waiting', requester: ann });
    await bench.command('stop', '', { incident: 'INC-1' });
    await bench.settle();
    expect(bench.run()).toMatchObject({ status: 'stopped', reason: 'Ann stopped the run.' });
    expect(world.cluster.sends()).toBe(0);
    await bench.stop();
  });

  it('runs unasked where policy allows it', async () => {
    const { world, bench } = await benchAtTheCard({ policy: fakePolicy([allow]) });
    await bench.pass(10_000);
    expect(bench.run().status).toBe('succeeded');
    expect(await bench.types()).not.toContain('approval-requested');
    expect(world.cluster.changes).toHaveLength(1);
    await bench.stop();
  });

  it('needs two people where policy says so', async () => {
    const policy = fakePolicy(({ action }) =>
      action.class === 'write' ? askFor([{ group: 'sre-leads', count: 2 }]) : allow,
    );
    const { world, bench } = await benchAtTheCard({ policy });
    expect(await bench.click()).toMatchObject({ code: 'approval.counted' });
    expect(await bench.click()).toMatchObject({ code: 'approval.already-counted' });
    await bench.pass(5_000);
    expect(world.cluster.sends()).toBe(0);
    expect(await bench.click('approve', { person: { id: 'U-LUKAS', name: 'Lukas' } })).toMatchObject({
      code: 'approval.granted',
    });
    await bench.pass(10_000);
    expect(bench.run().status).toBe('succeeded');
    await bench.stop();
  });
});
