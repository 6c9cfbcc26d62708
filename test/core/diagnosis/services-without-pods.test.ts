import { describe, expect, it } from 'vitest';
import { createClusterView } from '../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../src/core/cluster/object.ts';
import { diagnose } from '../../../src/core/diagnosis/diagnose.ts';
import { createRedactor } from '../../../src/core/evidence/redaction.ts';
import { requesting } from '../../support/placement-objects.ts';
import { refusedDeployment, resourceQuota } from '../../support/refusal-objects.ts';
import { now, pod } from '../../support/shop-objects.ts';

const message =
  'pods "web-5d4f8-" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=1, limited: pods=1';
const refused = refusedDeployment(message, requesting({ cpu: '500m' })).map(
  (object) =>
    ({
      ...object,
      status: { ...(object as unknown as { status: object }).status, observedGeneration: 1 },
    }) as WireObject,
);
const labels = { app: 'web' };
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop', uid: 'uid-web' },
  spec: { selector: labels, ports: [{ port: 80 }] },
} as unknown as WireObject;
const explained = (more: readonly WireObject[]) =>
  diagnose(
    createClusterView(
      [...refused, resourceQuota({ pods: '1' }, { pods: '1' }), service, ...more],
      [],
      [{ kind: 'Pod' }, { kind: 'ResourceQuota' }],
    ),
    { namespace: 'shop' },
    { now, missing: [], redactor: createRedactor({ key: 'k' }) },
  ).findings;

describe('a Service whose only pods are not made', () => {
  it('is explained by what refuses them', () => {
    const [first, ...others] = explained([]);
    expect(first?.code).toBe('quota-exceeded');
    const empty = others.find(({ code }) => code === 'service-no-ready-endpoints');
    expect(first?.explains).toContain(empty?.id);
  });

  it('is left alone while another pod serves', () => {
    const serving = pod({ name: 'other', owner: null });
    const other = { ...serving, metadata: { ...serving.metadata, labels } } as WireObject;
    expect(explained([other]).map(({ code }) => code)).not.toContain('service-no-ready-endpoints');
  });
});
