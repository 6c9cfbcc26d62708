import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClusterView } from '../../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { createTopology } from '../../../../src/core/cluster/topology.ts';
import { readWireObject } from '../../../../src/core/cluster/wire-object.ts';
import { analyzeServicePath } from '../../../../src/core/diagnosis/analyzers/service-path.ts';
import { diagnose } from '../../../../src/core/diagnosis/diagnose.ts';
import { noObservations } from '../../../../src/core/diagnosis/observations.ts';
import { scopeViewOf } from '../../../../src/core/diagnosis/scope-view.ts';
import { createRedactor } from '../../../../src/core/evidence/redaction.ts';
import { node, now } from '../../../support/shop-objects.ts';
import {
  app,
  codes,
  everything,
  ingress,
  ingressClass,
  logOf,
  look,
  object,
  podOf,
  policy,
  service,
  slice,
} from '../service-path/service-objects.ts';

const probe = { readinessProbe: { httpGet: { path: '/', port: 'http' } }, resources: { requests: { cpu: '100m' } } };

/** A shop in which everything is as it should be: what each fault below changes. */
function wellShop(): WireObject[] {
  const web = service({ name: 'web', ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'http' }] });
  const checkout = service({ name: 'checkout' });
  return [
    ...app({ name: 'web', container: { ...probe, env: [{ name: 'CHECKOUT_URL', value: 'http://checkout:80' }] } }),
    ...app({ name: 'checkout', container: probe }),
    ...app({ name: 'batch', replicas: 0 }),
    web,
    checkout,
    slice(web, 2),
    slice(checkout, 2),
    service({ name: 'legacy', selector: { app: 'legacy' } }),
    service({ name: 'outside', selector: null, spec: { type: 'ExternalName', externalName: 'pay.example' } }),
    ingressClass('nginx'),
    ingress({ name: 'shop', backend: 'web' }),
    policy('checkout', {
      podSelector: { matchLabels: { app: 'checkout' } },
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ port: 8080, protocol: 'TCP' }] }],
    }),
    policy('closed', { podSelector: { matchLabels: { app: 'batch' } }, policyTypes: ['Ingress', 'Egress'] }),
    object('HorizontalPodAutoscaler', 'autoscaling/v2', 'web', {
      spec: {
        minReplicas: 2,
        maxReplicas: 4,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      },
      status: {
        currentReplicas: 2,
        conditions: [{ type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound' }],
      },
    }),
    object('PodDisruptionBudget', 'policy/v1', 'web', {
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
      status: { disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2, observedGeneration: 1 },
    }),
  ];
}

type Raw = {
  spec: Record<string, unknown> & {
    ports: { targetPort: unknown }[];
    rules: { http: { paths: { backend: { service: { name: string; port: unknown } } }[] } }[];
  };
};
/** The well shop after one change to the object of a kind and name. */
function changed(kind: string, name: string, change: (raw: Raw) => void): WireObject[] {
  return wellShop().map((one) => {
    if (one.kind !== kind || one.metadata.name !== name) return one;
    const copy = structuredClone(one);
    change(copy as unknown as Raw);
    return copy;
  });
}

const faults: readonly [code: string, objects: () => WireObject[]][] = [
  [
    'service-selector-mismatch',
    () =>
      changed('Service', 'web', ({ spec }) => {
        spec.selector = { app: 'wbe' };
      }).filter(({ kind }) => kind !== 'EndpointSlice'),
  ],
  [
    'service-named-port-missing',
    () =>
      changed('Service', 'web', ({ spec }) => {
        for (const port of spec.ports) port.targetPort = 'htttp';
      }),
  ],
  [
    'service-port-mismatch',
    () =>
      changed('Service', 'checkout', ({ spec }) => {
        for (const port of spec.ports) port.targetPort = 9090;
      }),
  ],
  [
    'ingress-backend-missing',
    () =>
      changed('Ingress', 'shop', ({ spec }) => {
        for (const path of spec.rules[0]?.http.paths ?? []) path.backend.service.name = 'weeb';
      }),
  ],
  [
    'ingress-port-mismatch',
    () =>
      changed('Ingress', 'shop', ({ spec }) => {
        for (const path of spec.rules[0]?.http.paths ?? []) path.backend.service.port = { number: 81 };
      }),
  ],
  [
    'ingress-class-missing',
    () =>
      changed('Ingress', 'shop', (raw) => {
        raw.spec.ingressClassName = 'nginz';
        Object.assign(raw, { status: {} });
      }),
  ],
  [
    'hpa-target-missing',
    () =>
      changed('HorizontalPodAutoscaler', 'web', ({ spec }) => {
        spec.scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'weeb' };
      }),
  ],
];

/** Other names for all that people name, so that no rule can know ours. */
function renamed(objects: readonly WireObject[], suffix: string): WireObject[] {
  const text = JSON.stringify(objects).replaceAll('checkout', `orders${suffix}`).replaceAll('CHECKOUT', 'ORDERS');
  return JSON.parse(text) as WireObject[];
}

describe('the family of the service path', () => {
  it('is silent when everything is as it should be, read whole or in part', () => {
    expect(look(wellShop())).toEqual([]);
    expect(look(wellShop(), { whole: false })).toEqual([]);
  });

  it.each(faults)('finds %s and nothing else', (code, objects) => {
    const found = look(objects());
    expect(found.map((one) => one.code)).toEqual([code]);
    expect(found[0]?.confidence).toBe('high');
  });

  it('gives the same answer for every order of the objects and for other names', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...faults),
        fc.stringMatching(/^[a-z]{2,6}$/),
        fc.infiniteStream(fc.nat()),
        (fault, suffix, numbers) => {
          const objects = fault[1]();
          const shuffled = objects
            .map((one) => ({ one, key: numbers.next().value }))
            .toSorted((a, b) => a.key - b.key)
            .map(({ one }) => one);
          expect(look(shuffled)).toEqual(look(objects));
          expect(codes(renamed(shuffled, suffix))).toEqual([fault[0]]);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('finds two faults beside each other', () => {
    const both = changed('Service', 'checkout', ({ spec }) => {
      for (const port of spec.ports) port.targetPort = 9090;
    }).map((one) => (one.kind === 'Ingress' ? ingress({ name: 'shop', backend: 'weeb' }) : one));
    expect(codes(both).toSorted()).toEqual(['ingress-backend-missing', 'service-port-mismatch']);
  });

  it('explains what callers suffer', () => {
    const objects = [
      node('n1'),
      ...changed('Service', 'checkout', ({ spec }) => {
        spec.selector = { app: 'chekout' };
      }).filter(
        ({ kind, metadata }) =>
          kind !== 'EndpointSlice' && metadata.name !== 'web' && !metadata.name.startsWith('web-'),
      ),
      ...app({
        name: 'web',
        ready: false,
        container: { env: [{ name: 'CHECKOUT_URL', value: 'http://checkout:80' }] },
      }),
      service({ name: 'web', ports: [{ name: 'http', port: 80, targetPort: 'http' }] }),
    ];
    const redactor = createRedactor({ key: 'test' });
    const { findings } = diagnose(
      createClusterView(objects, [], everything),
      { namespace: 'shop' },
      { now, missing: [], redactor },
    );
    expect(findings[0]).toMatchObject({ code: 'service-selector-mismatch', object: { name: 'checkout' } });
    const symptom = findings.find(({ code, object: of }) => code === 'service-no-ready-endpoints' && of.name === 'web');
    expect(findings[0]?.explains).toContain(symptom?.id);
  });

  it('survives hostile objects', () => {
    const kinds = [...new Map(wellShop().map((one) => [one.kind, one])).values()].map(({ kind, apiVersion }) => ({
      kind,
      apiVersion,
    }));
    const more = ['Certificate', 'Gateway', 'HTTPRoute', 'ConfigMap'].map((kind) => ({
      kind,
      apiVersion:
        kind === 'ConfigMap' ? 'v1' : kind === 'Certificate' ? 'cert-manager.io/v1' : 'gateway.networking.k8s.io/v1',
    }));
    const words = fc.constantFrom(
      'spec',
      'status',
      'ports',
      'selector',
      'rules',
      'conditions',
      'type',
      'reason',
      'status',
      'matchLabels',
      'name',
      'constructor',
      '__proto__',
      'app',
      'metrics',
      'containers',
      'data',
      'Corefile',
      'tls',
      'parents',
      'listeners',
    );
    const anything = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            of: fc.constantFrom(...kinds, ...more),
            spec: fc.oneof(anything, fc.dictionary(words, anything)),
            status: anything,
            data: anything,
            labels: fc.dictionary(words, fc.string()),
            name: words,
          }),
          { maxLength: 12 },
        ),
        fc.array(fc.string(), { maxLength: 3 }),
        (raws, lines) => {
          const objects = raws.flatMap(
            ({ of, name, labels, ...rest }) =>
              readWireObject({
                ...of,
                ...rest,
                metadata: { name, namespace: 'kube-system', uid: `u-${name}`, labels },
              }) ?? [],
          );
          const odd = objects.flatMap((one) =>
            one.kind === 'Pod' ? [logOf(one, `${lines.join('\n')} i/o timeout a:1`)] : [],
          );
          const view = createClusterView([...wellShop(), ...objects], odd, everything);
          const topology = createTopology(view);
          const scope = scopeViewOf(view, topology, {});
          if (scope === undefined) throw new Error('the whole cluster is a scope');
          const observations = {
            ...noObservations,
            probes: [{ from: 'a/b/c/d', host: lines[0] ?? '', port: -1, ok: false }],
            metrics: [
              {
                query: 'probe_ssl_earliest_cert_expiry',
                series: [{ labels: { instance: '__proto__' }, points: [{ at: now, value: Number.POSITIVE_INFINITY }] }],
              },
            ],
          };
          expect(() => analyzeServicePath({ view, topology, scope, now, memory: [], observations })).not.toThrow();
        },
      ),
      { numRuns: 200 },
    );
  });

  it('takes little time over ten thousand pods', () => {
    const objects = Array.from({ length: 500 }, (_, index) => {
      const namespace = `team-${index % 50}`;
      const made = app({ name: `svc-${index}`, namespace, replicas: 20, container: probe });
      const svc = service({ name: `svc-${index}`, namespace, ports: [{ port: 80, targetPort: 'http' }] });
      return [...made, svc, slice(svc, 20)];
    }).flat();
    const logs = objects
      .filter(({ kind }) => kind === 'Pod')
      .slice(0, 2000)
      .map((pod) => logOf(pod, 'GET / 200 12ms\n'.repeat(200)));
    const view = createClusterView(objects, logs, everything);
    const topology = createTopology(view);
    const scope = scopeViewOf(view, topology, {});
    if (scope === undefined) throw new Error('the whole cluster is a scope');
    const context = { view, topology, scope, now, memory: [], observations: noObservations };
    analyzeServicePath(context);
    const started = performance.now();
    expect(analyzeServicePath(context)).toEqual([]);
    expect(performance.now() - started).toBeLessThan(1500);
  });

  it('finds a policy among the callers of one pod', () => {
    const closed = [
      ...wellShop(),
      policy('deny', { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Egress'] }),
    ];
    const logs = [logOf(podOf(closed), 'dial tcp checkout:80: i/o timeout')];
    expect(look(closed, { logs })).toMatchObject([{ code: 'network-policy-blocks', object: { name: 'deny' } }]);
  });
});
