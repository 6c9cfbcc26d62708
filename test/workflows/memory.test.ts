import { describe, expect, it } from 'vitest';
import { createWorld, openBench } from '../support/copilot-bench.ts';
import { alert, alertGroup, investigation } from '../support/incident-facts.ts';

async function started(heals: boolean) {
  const world = createWorld({ heals });
  const bench = await openBench(world);
  await bench.start();
  const fire = async (group: string) => {
    await bench.receive(alertGroup({ group }));
    await bench.settle();
  };
  const end = async (group: string) => {
    await bench.receive(alertGroup({ group, status: 'resolved', alerts: [alert({ status: 'resolved' })] }));
    await bench.settle();
  };
  return { world, bench, fire, end };
}
const day = 24 * 3_600_000;

describe('memory of earlier incidents', () => {
  it('tells what they found, what was tried, and that it helped', async () => {
    const { world, bench, fire, end } = await started(true);
    await fire('g1');
    await bench.click();
    await bench.pass(10_000);
    expect(bench.run('INC-1').status).toBe('succeeded');
    await end('g1');
    world.cluster.setImage('shop/checkout:v2');
    await bench.pass(2 * day);
    await fire('g2');
    expect(bench.incident('INC-2').reasoning.past).toMatchObject([
      {
        reference: 'INC-1',
        found: expect.stringMatching(/cannot be pulled/),
        tried: [{ runbook: 'rollout-bad-image', result: 'helped', changes: ['rollout-undo'] }],
        phase: 'resolved',
      },
    ]);
    // What helped may be proposed again.
    expect(bench.run('INC-2').plan.runbook.name).toBe('rollout-bad-image');
    await bench.stop();
  });

  it('does not propose again by itself what did not help, and says why; a person can still run it', async () => {
    const { bench, fire, end } = await started(false);
    await fire('g1');
    await bench.click();
    await bench.pass(60_000);
    expect(bench.run('INC-1')).toMatchObject({ status: 'failed' });
    await end('g1');
    await bench.pass(day);
    await fire('g2');
    const { investigation: found, runs, reasoning } = bench.incident('INC-2');
    expect(found?.chosen).toBeNull();
    expect(found?.why).toMatch(
      /rollout-bad-image was tried .* in INC-1, 24 hours ago, and did not help: .*a person can still start it/,
    );
    expect(runs).toEqual([]);
    expect(reasoning.past[0]?.tried[0]?.result).toBe('did-not-help');
    await bench.command('run', 'rollout-bad-image', { incident: 'INC-2' });
    await bench.settle();
    expect(bench.run('INC-2').status).toBe('waiting');
    await bench.stop();
  });

  it('holds within one incident too', async () => {
    const { bench, fire } = await started(false);
    await fire('g1');
    await bench.click();
    await bench.pass(60_000);
    await bench.command('investigate', '', { incident: 'INC-1' });
    await bench.settle();
    expect(bench.incident().investigation?.chosen).toBeNull();
    expect(bench.incident().runs).toHaveLength(1);
    await bench.stop();
  });

  it('says nothing of a rejected card: nothing was tried', async () => {
    const { bench, fire, end } = await started(true);
    await fire('g1');
    await bench.click('reject');
    await bench.settle();
    await end('g1');
    await bench.pass(day);
    await fire('g2');
    expect(bench.incident('INC-2').reasoning.past).toMatchObject([{ reference: 'INC-1', tried: [] }]);
    expect(bench.run('INC-2').status).toBe('waiting');
    await bench.stop();
  });

  it.each([
    ['another finding', { code: 'oom-killed' }, {}],
    ['another object', { object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'cart' } }, {}],
    ['another alert', {}, { alertname: 'KubePodNotReady' }],
  ])('does not take %s for the same', async (_what, finding, labels) => {
    const world = createWorld({ heals: false });
    let found = investigation();
    const bench = await openBench(world, { investigation: () => found });
    await bench.start();
    await bench.receive(alertGroup({ group: 'g1' }));
    await bench.settle();
    await bench.click();
    await bench.pass(60_000);
    const [first] = found.findings;
    if (first === undefined) throw new Error('there is a finding');
    const name = 'alertname' in labels ? labels.alertname : 'KubeDeploymentRolloutStuck';
    found = investigation({
      findings: [{ ...first, ...finding }],
      scope: { ...found.scope, alert: { name, labels: {} } },
    });
    await bench.receive(alertGroup({ group: 'g2' }));
    await bench.settle();
    expect(bench.incident('INC-2').reasoning.past).toEqual([]);
    await bench.stop();
  });

  it('is derived from the journal: another process remembers the same', async () => {
    const { world, bench, fire, end } = await started(false);
    await fire('g1');
    await bench.click();
    await bench.pass(60_000);
    await end('g1');
    await bench.stop();
    const again = await openBench(world);
    await again.start();
    await again.receive(alertGroup({ group: 'g2' }));
    await again.settle();
    expect(again.incident('INC-2').investigation?.chosen).toBeNull();
    await again.stop();
  });
});
