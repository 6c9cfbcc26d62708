import { describe, expect, it } from 'vitest';
import { serviceOfEntity } from '../../../src/core/catalog/backstage.ts';
import { type Catalog, callsOf, saysOf, serviceInCatalog } from '../../../src/core/catalog/catalog.ts';

const catalog: Catalog = {
  services: [
    {
      name: 'web',
      namespace: 'shop',
      owner: 'team-a',
      slos: [{ name: 'availability', objective: 99.9, window: '30d' }],
      dependsOn: ['orders', 'mail.example.com'],
    },
    { name: 'orders', namespace: 'shop', workload: 'orders-api', slos: [], dependsOn: [] },
    { name: 'web', slos: [], dependsOn: [] },
  ],
};

describe('the catalog of services', () => {
  it('finds a service by its workload, the one of the same namespace first', () => {
    expect(serviceInCatalog(catalog, { namespace: 'shop', name: 'web' })?.owner).toBe('team-a');
    expect(serviceInCatalog(catalog, { namespace: 'other', name: 'web' })).toEqual(catalog.services[2]);
    expect(serviceInCatalog(catalog, { namespace: 'shop', name: 'orders-api' })?.name).toBe('orders');
    expect(serviceInCatalog(catalog, { namespace: 'shop', name: 'orders' })).toBeUndefined();
  });

  it('tells who calls whom by workload, and leaves names it does not know as they are', () => {
    expect(callsOf(catalog)).toEqual([
      { from: 'shop/web', to: 'shop/orders-api' },
      { from: 'shop/web', to: 'mail.example.com' },
    ]);
  });

  it('says whose a service is and what it promises', () => {
    expect(catalog.services.map(saysOf)).toEqual([
      'owned by team-a; objective availability 99.9 % over 30d',
      undefined,
      undefined,
    ]);
  });
});

describe('entities of Backstage', () => {
  it('become services with their place in the cluster', () => {
    expect(
      serviceOfEntity({
        apiVersion: 'backstage.io/v1alpha1',
        kind: 'Component',
        metadata: {
          name: 'orders',
          annotations: { 'backstage.io/kubernetes-id': 'orders-api', 'backstage.io/kubernetes-namespace': 'shop' },
        },
        spec: { owner: 'group:default/team-b', dependsOn: ['component:default/payments', 'resource:orders-db', 7] },
      }),
    ).toEqual({
      name: 'orders',
      workload: 'orders-api',
      namespace: 'shop',
      owner: 'team-b',
      slos: [],
      dependsOn: ['payments', 'orders-db'],
    });
  });

  it.each([
    ['another kind', { apiVersion: 'backstage.io/v1alpha1', kind: 'Group', metadata: { name: 'a' } }],
    ['another API', { apiVersion: 'v1', kind: 'Component', metadata: { name: 'a' } }],
    ['no name', { apiVersion: 'backstage.io/v1alpha1', kind: 'Component', metadata: {} }],
    ['nothing', null],
  ])('are not made of %s', (_what, document) => {
    expect(serviceOfEntity(document)).toBeUndefined();
  });
});
