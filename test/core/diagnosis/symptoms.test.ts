import { describe, expect, it } from 'vitest';
import { createClusterView } from '../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../src/core/cluster/object.ts';
import { diagnose } from '../../../src/core/diagnosis/diagnose.ts';
import { noObservations, type Observations } from '../../../src/core/diagnosis/observations.ts';
import { createRedactor } from '../../../src/core/evidence/redaction.ts';
import { node, now } from '../../support/shop-objects.ts';
import {
  app,
  everything,
  ingress,
  ingressClass,
  object,
  policy,
  service,
  slice,
} from './service-path/service-objects.ts';

const redactor = createRedactor({ key: 'test' });

function look(
  objects: readonly WireObject[],
  observations: Partial<Observations> = {},
  scope: Parameters<typeof diagnose>[1] = { namespace: 'shop' },
) {
  return diagnose(createClusterView([node('n1'), ...objects], [], everything), scope, {
    now,
    missing: [],
    redactor,
    observations: { ...noObservations, ...observations },
  });
}

const svc = service({ name: 'checkout' });
const shop = [...app({ name: 'checkout' }), ...app({ name: 'web' }), svc, slice(svc, 2)];
const probe = (more: object = {}) => ({ from: 'shop/web', host: 'checkout', port: 80, ok: false, ...more });
const alert = (name: string, labels: Record<string, string>, firing = true) => ({
  name,
  labels: { alertname: name, namespace: 'shop', ...labels },
  firing,
  startsAt: now,
  endsAt: undefined,
});
const claim = (phase: string) => object('PersistentVolumeClaim', 'v1', 'data', { spec: {}, status: { phase } });
const mounting = { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] };

describe('a scope is not called healthy', () => {
  it.each<[why: string, objects: WireObject[], observations: Partial<Observations>, source: string]>([
    ['while a check fails', shop, { probes: [probe({ error: 'i/o timeout' })] }, 'connectivity checks'],
    [
      'while nobody can reach a host that no object has',
      shop,
      { probes: [probe({ host: 'elsewhere.example' })] },
      'connectivity checks',
    ],
    [
      'while a Service has pods that are no endpoints',
      [...app({ name: 'checkout' }), svc, slice(svc, 0)],
      {},
      'Service shop/checkout',
    ],
    [
      'while an alert fires that no object can contradict',
      shop,
      { alerts: [alert('HighErrorRate', { service: 'checkout' })] },
      'alert HighErrorRate',
    ],
    [
      'while a volume fills up, of which no status tells',
      [...app({ name: 'checkout', podSpec: mounting }), claim('Bound')],
      { alerts: [alert('KubePersistentVolumeFillingUp', { persistentvolumeclaim: 'data' })] },
      'alert KubePersistentVolumeFillingUp',
    ],
    [
      'while a claim waits that a pod wants',
      [...app({ name: 'checkout', podSpec: mounting }), claim('Pending')],
      {},
      'PersistentVolumeClaim shop/data',
    ],
  ])('%s', (_why, objects, observations, source) => {
    const { status, missing } = look(objects, observations);
    expect({ status, sources: missing.map((item) => item.source) }).toEqual({
      status: 'inconclusive',
      sources: expect.arrayContaining([source]),
    });
  });

  it('while the Service that was asked about has nobody behind it', () => {
    const asked = { object: { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'lonely' } };
    const lonely = service({ name: 'lonely' });
    const { status, findings, missing } = look([...shop, lonely, slice(lonely, 0)], {}, asked);
    expect([...findings.map(({ code }) => code), ...missing.map(({ source }) => source)]).not.toEqual([]);
    expect(status).not.toBe('healthy');
  });

  it('while its rollout cannot go on, though its pods are there', () => {
    const stuck = app({ name: 'checkout' }).map((one) =>
      one.kind === 'Deployment'
        ? ({
            ...one,
            status: {
              ...(one as unknown as { status: object }).status,
              conditions: [
                { type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message: 'refused' },
              ],
            },
          } as WireObject)
        : one,
    );
    expect(look(stuck).status).not.toBe('healthy');
    expect(look(app({ name: 'checkout' })).status).toBe('healthy');
  });
});

describe('a scope stays healthy', () => {
  it.each<[why: string, objects: WireObject[], observations: Partial<Observations>]>([
    ['when checks succeed, or could not be made', shop, { probes: [probe({ ok: true }), probe({ ok: null })] }],
    ['when a check between others fails', shop, { probes: [probe({ from: 'other/a', host: 'b.other' })] }],
    [
      'when an alert says of an object what its status denies',
      shop,
      { alerts: [alert('KubeDeploymentReplicasMismatch', { deployment: 'checkout' })] },
    ],
    ['when an alert is over', shop, { alerts: [alert('HighErrorRate', { service: 'checkout' }, false)] }],
    ['when an alert is about another namespace', shop, { alerts: [alert('HighErrorRate', { namespace: 'other' })] }],
    ['when an alert only shows that alerts work', shop, { alerts: [alert('Watchdog', { service: 'checkout' })] }],
    ['when a claim waits that nobody wants', [...shop, claim('Pending')], {}],
    ['when a Service selects nothing at all', [...shop, service({ name: 'later' })], {}],
  ])('%s', (_why, objects, observations) => {
    expect(look(objects, observations)).toMatchObject({ status: 'healthy', missing: [] });
  });
});

it('what a finding explains is not told again', () => {
  const deny = policy('deny', { podSelector: { matchLabels: { app: 'checkout' } }, policyTypes: ['Ingress'] });
  const blocked = look([...shop, deny], { probes: [probe({ error: 'i/o timeout' })] });
  expect(blocked).toMatchObject({ status: 'diagnosed', findings: [{ code: 'network-policy-blocks' }], missing: [] });
  const broken = look([...shop, ingressClass('nginx'), ingress({ name: 'shop', backend: 'gone' })]);
  expect(broken).toMatchObject({ status: 'diagnosed', findings: [{ code: 'ingress-backend-missing' }], missing: [] });
});
