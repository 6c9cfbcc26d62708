import { describe, expect, it } from 'vitest';
import { knownKindNames, typeOfKind } from '../../../src/core/cluster/kinds.ts';
import { readSetFor, readSetOfCapture, sourceOf } from '../../../src/core/cluster/read-set.ts';

const node = { apiVersion: 'v1', kind: 'Node', name: 'n1' };
const kindsOf = (scope: Parameters<typeof readSetFor>[0]) => new Set(readSetFor(scope).map(({ kind }) => kind));

describe('readSetFor', () => {
  it('reads of a namespace everything in it, the nodes, and the workloads of the cluster itself', () => {
    const plans = readSetFor({ namespace: 'shop' });
    const places = new Set(plans.flatMap(({ kind, namespace }) => (kind === 'Pod' ? [namespace] : [])));
    expect(places).toEqual(new Set(['shop', 'kube-system']));
    for (const { kind, namespace } of plans)
      if (typeOfKind(kind).namespaced && namespace === undefined)
        expect(
          plans.find((plan) => plan.kind === kind && plan.namespace === undefined)?.wholeUpTo,
          kind,
        ).toBeGreaterThan(0);
  });

  it('counts what may be very many before it is read whole', () => {
    for (const scope of [{}, { namespace: 'shop' }, { namespace: 'kube-system' }]) {
      for (const { kind, wholeUpTo } of readSetFor(scope))
        if (kind === 'Pod' || kind === 'ConfigMap' || kind === 'ReplicaSet') expect(wholeUpTo).toBeGreaterThan(0);
    }
    for (const plan of readSetFor({}))
      if (typeOfKind(plan.kind).namespaced && plan.namespace === undefined)
        expect(plan.wholeUpTo ?? plan.upTo, plan.kind).toBeGreaterThan(0);
  });

  it('reads of a node the pods on it, and no list of a namespace that is not the cluster’s own', () => {
    const plans = readSetFor({ object: node });
    expect(plans).toContainEqual(expect.objectContaining({ kind: 'Pod', fieldSelector: 'spec.nodeName=n1' }));
    const namespaces = new Set(plans.flatMap(({ namespace }) => namespace ?? []));
    expect(namespaces).toEqual(new Set(['kube-system', 'kube-node-lease']));
  });

  it('asks for no health of components unless the cluster or its own namespace is the question', () => {
    expect(kindsOf({ namespace: 'shop' })).not.toContain('ComponentStatus');
    expect(kindsOf({ namespace: 'kube-system' })).toContain('ComponentStatus');
    expect(kindsOf({})).toContain('ComponentStatus');
  });

  it('asks for nothing twice', () => {
    for (const scope of [{}, { namespace: 'shop' }, { namespace: 'kube-system' }, { object: node }]) {
      const asked = readSetFor(scope).map(
        ({ kind, namespace, fieldSelector }) => `${kind} ${namespace} ${fieldSelector}`,
      );
      expect(asked.length).toBe(new Set(asked).size);
    }
  });

  it('needs pods, workloads, nodes and events to call a namespace healthy', () => {
    const required = readSetFor({ namespace: 'shop' })
      .filter(({ need }) => need === 'required')
      .map(({ kind }) => kind);
    expect(required).toEqual(
      expect.arrayContaining([
        'Pod',
        'Deployment',
        'ReplicaSet',
        'StatefulSet',
        'DaemonSet',
        'Job',
        'Service',
        'Event',
        'Node',
      ]),
    );
  });
});

it('reads of a capture every kind there is', () => {
  expect(readSetOfCapture().map(({ kind }) => kind)).toEqual(knownKindNames);
});

it.each([
  ['Pod', 'shop', 'pods in namespace shop'],
  ['Pod', undefined, 'pods in all namespaces'],
  ['Node', undefined, 'nodes'],
] as const)('names the source %s in %s for people', (kind, namespace, source) => {
  expect(sourceOf(kind, namespace)).toBe(source);
});
