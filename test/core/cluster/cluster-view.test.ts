import { describe, expect, it } from 'vitest';
import { createClusterView } from '../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../src/core/cluster/object.ts';
import { currentRevisionOf, revisionsOf, workloadOf } from '../../../src/core/cluster/workload.ts';
import {
  badImageShop,
  deployment,
  event,
  healthyShop,
  minute,
  node,
  pod,
  replicaSet,
} from '../../support/shop-objects.ts';

const names = (objects: readonly WireObject[]) => objects.map(({ metadata }) => metadata.name);
const found = (objects: readonly WireObject[], name: string): WireObject => {
  const object = objects.find(({ metadata }) => metadata.name === name);
  if (object === undefined) throw new Error(`the fixture has ${name}`);
  return object;
};

describe('ClusterView', () => {
  const objects = badImageShop();
  const view = createClusterView(objects);
  const broken = found(objects, 'checkout-2-bbbbb');

  it('lists by kind and namespace in the order given, and gets by reference whatever the version', () => {
    expect(names(view.list('Pod'))).toEqual(['checkout-1-aaaaa', 'checkout-2-bbbbb']);
    expect(view.list('Pod', 'other')).toEqual([]);
    expect(
      view.get({ apiVersion: 'apps/v1beta2', kind: 'Deployment', namespace: 'shop', name: 'checkout' })?.kind,
    ).toBe('Deployment');
    expect(
      view.get({ apiVersion: 'extensions/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' }),
    ).toBeUndefined();
  });

  it('counts an object that was read twice once, the later reading', () => {
    const later = { ...broken, status: { phase: 'Running' } };
    const twice = createClusterView([...objects, later]);
    expect(twice.size).toBe(objects.length);
    expect(twice.get({ apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: broken.metadata.name })).toBe(later);
  });

  it('goes up to the workload and down to its pods', () => {
    expect(view.ownersOf(broken).map(({ ref }) => `${ref.kind}/${ref.name}`)).toEqual([
      'ReplicaSet/checkout-2',
      'Deployment/checkout',
    ]);
    expect(names(view.podsOf(found(objects, 'checkout')))).toEqual(['checkout-1-aaaaa', 'checkout-2-bbbbb']);
    expect(names(view.podsOf(found(objects, 'checkout-2')))).toEqual(['checkout-2-bbbbb']);
    expect(view.nodeOf(broken)?.metadata.name).toBe('n1');
  });

  it('leaves out owned pods that the selector no longer matches', () => {
    const relabelled = pod({ name: 'checkout-1-ccccc', metadata: { labels: { app: 'quarantine' } } });
    const other = createClusterView([...healthyShop(), relabelled]);
    expect(names(other.podsOf(found(healthyShop(), 'checkout')))).toEqual(['checkout-1-aaaaa']);
  });

  it('takes no object of the same name and another uid for the owner', () => {
    const successor = {
      ...replicaSet({ revision: 2 }),
      metadata: { ...replicaSet({ revision: 2 }).metadata, uid: 'another' },
    };
    const replaced = createClusterView([successor, broken]);
    expect(replaced.controllerOf(broken)).toMatchObject({
      ref: { kind: 'ReplicaSet', name: 'checkout-2' },
      object: undefined,
    });
    expect(workloadOf(replaced, broken)).toMatchObject({ ref: { kind: 'ReplicaSet' }, object: undefined });
  });

  it('ends the walk where owners own each other', () => {
    const owner = (name: string, by: string): WireObject => ({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name,
        namespace: 'shop',
        uid: name,
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: by, uid: by, controller: true }],
      },
    });
    const circle = createClusterView([owner('a', 'b'), owner('b', 'a')]);
    expect(circle.ownersOf(owner('a', 'b'))).toHaveLength(2);
  });

  it('selects pods of a Service by its map', () => {
    const service: WireObject = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's', namespace: 'shop' },
      ...{ spec: { selector: { app: 'checkout' } } },
    };
    expect(view.podsOf(service)).toHaveLength(2);
    expect(view.podsOf({ ...service, ...{ spec: {} } })).toEqual([]);
  });

  describe('events', () => {
    const living = pod({ name: 'p', createdAgoMs: 10 * minute });
    const reasons = (...events: WireObject[]) =>
      createClusterView([living, ...events])
        .eventsAbout(living)
        .map(({ reason }) => reason);

    it.each<[why: string, heard: string[], given: Parameters<typeof event>[0]]>([
      ['of this very object', ['Failed'], { about: living, reason: 'Failed' }],
      ['of a former object of the same name', [], { about: living, reason: 'Failed', uid: 'former' }],
      ['without a uid, younger than the object', ['Failed'], { about: living, reason: 'Failed', uid: null }],
      ['without a uid, older than the object', [], { about: living, reason: 'Failed', uid: null, agoMs: 60 * minute }],
    ])('%s', (_why, heard, given) => {
      expect(reasons(event(given))).toEqual(heard);
    });

    it('are read from both APIs', () => {
      const modern = {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: 'e', namespace: 'shop' },
        ...{
          regarding: { kind: 'Pod', namespace: 'shop', name: 'p', uid: living.metadata.uid },
          reason: 'Failed',
          note: 'because',
          eventTime: '2026-11-21T09:59:00.000000Z',
          series: { count: 7, lastObservedTime: '2026-11-21T09:59:30.000000Z' },
        },
      };
      expect(createClusterView([living, modern]).eventsAbout(living)).toMatchObject([
        {
          message: 'because',
          count: 7,
          last: Date.parse('2026-11-21T09:59:30Z'),
          first: Date.parse('2026-11-21T09:59:00Z'),
        },
      ]);
    });

    it('that say nothing of what they are about are passed over', () => {
      const mute: WireObject = { apiVersion: 'v1', kind: 'Event', metadata: { name: 'e' } };
      expect(reasons(mute)).toEqual([]);
    });
  });
});

describe('revisions', () => {
  it('are numbered by the controller, highest first; after an undo the old ReplicaSet has the highest', () => {
    const undone = [
      deployment({ revision: 3 }),
      replicaSet({ revision: 3, name: 'checkout-1' }),
      replicaSet({ revision: 2 }),
    ];
    const view = createClusterView([node('n1'), ...undone]);
    expect(revisionsOf(view, found(undone, 'checkout')).map(({ number }) => number)).toEqual([3, 2]);
    expect(currentRevisionOf(view, found(undone, 'checkout'))?.replicaSet.metadata.name).toBe('checkout-1');
  });
});
