import { describe, expect, it } from 'vitest';
import { createClusterView } from '../../../src/core/cluster/cluster-view.ts';
import { diagnose } from '../../../src/core/diagnosis/diagnose.ts';
import { noObservations } from '../../../src/core/diagnosis/observations.ts';
import { createRedactor } from '../../../src/core/evidence/redaction.ts';
import { healthyShop, now } from '../../support/shop-objects.ts';

const statusOf = (labels: Record<string, string>, firing = true, name = 'NameServerErrors') =>
  diagnose(
    createClusterView(healthyShop()),
    { namespace: 'shop' },
    {
      now,
      missing: [],
      redactor: createRedactor({ key: 'k' }),
      observations: {
        ...noObservations,
        alerts: [{ name, labels: { alertname: name, ...labels }, firing, startsAt: now, endsAt: undefined }],
      },
    },
  ).status;

describe('an alert that fires and names nothing that was read', () => {
  it('keeps its namespace from being called well', () => {
    expect(statusOf({ namespace: 'shop', severity: 'critical' })).toBe('inconclusive');
  });

  it.each<[why: string, status: string]>([
    ['it is over', statusOf({ namespace: 'shop' }, false)],
    ['it is of another namespace', statusOf({ namespace: 'else' })],
    ['it always fires', statusOf({ namespace: 'shop' }, true, 'Watchdog')],
    ['it only informs', statusOf({ namespace: 'shop', severity: 'info' })],
  ])('does not when %s', (_why, status) => {
    expect(status).toBe('healthy');
  });
});
