import { describe, expect, it } from 'vitest';
import { createClusterView } from '../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../src/core/cluster/object.ts';
import { diagnose } from '../../../src/core/diagnosis/diagnose.ts';
import { noObservations, type Observations } from '../../../src/core/diagnosis/observations.ts';
import { createRedactor } from '../../../src/core/evidence/redaction.ts';
import { badImageShop, healthyShop, minute, now, pod, runningAgain, terminated } from '../../support/shop-objects.ts';

const expression = 'rate(http_requests_total{code="500"}[5m]) > 1';

function look(objects: readonly WireObject[], observations: Partial<Observations> = {}) {
  return diagnose(
    createClusterView(objects),
    { namespace: 'shop' },
    {
      now,
      missing: [],
      redactor: createRedactor({ key: 'k' }),
      observations: { ...noObservations, ...observations },
      catalog: {
        services: [
          {
            name: 'checkout',
            namespace: 'shop',
            title: 'Checkout',
            owner: 'team-checkout',
            slos: [{ name: 'availability', objective: 99.9, window: '30d' }],
            dependsOn: [],
          },
        ],
      },
    },
  );
}

describe('notes beside an answer', () => {
  it("draw the alert's own expression, last value last", () => {
    const points = [1, 1, 2, 9].map((value, index) => ({ at: index, value }));
    const { evidence } = look(badImageShop(), {
      expression,
      metrics: [{ query: expression, series: [{ labels: { pod: 'checkout-1' }, points }] }],
    });
    expect(evidence.find(({ kind }) => kind === 'metric')?.summary).toBe(
      "The alert's expression, last hour: checkout-1 ▁▁▂█ 1 to 9, now 9",
    );
  });

  it('say that an expression gives nothing any more', () => {
    const { evidence } = look(healthyShop(), { expression, metrics: [{ query: expression, series: [] }] });
    expect(evidence[0]?.summary).toContain('back within its bounds');
  });

  it('say whose the service is and what it promises', () => {
    expect(look(badImageShop()).evidence.map(({ summary }) => summary)).toContain(
      'Checkout: owned by team-checkout; objective availability 99.9 % over 30d',
    );
  });

  it('tell of a healthy place what has recovered, and stay healthy', () => {
    const recovered = pod({
      name: 'checkout-1-aaaaa',
      containers: [{ status: runningAgain(terminated({ agoMs: 40 * minute }), 39 * minute, 1) }],
    });
    const { status, evidence } = look([...healthyShop().filter(({ kind }) => kind !== 'Pod'), recovered]);
    expect(status).toBe('healthy');
    expect(evidence.map(({ summary }) => summary).join()).toContain('has recovered');
  });
});
