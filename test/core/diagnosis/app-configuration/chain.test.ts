import { describe, expect, it } from 'vitest';
import { createClusterView } from '../../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { diagnose } from '../../../../src/core/diagnosis/diagnose.ts';
import { createRedactor } from '../../../../src/core/evidence/redaction.ts';
import { now } from '../../../support/shop-objects.ts';
import { api, database, logOf, notReady, service, theNode, wholeLists } from './api-shop.ts';

const redactor = createRedactor({ key: 'test' });
const env = (host: string, port = '5432') => [
  { name: 'DB_HOST', value: host },
  { name: 'DB_PORT', value: port },
];

function look(
  objects: readonly WireObject[],
  text: string,
  scope: Parameters<typeof diagnose>[1] = { namespace: 'shop' },
) {
  const view = createClusterView([theNode, ...objects], [logOf(text), logOf(text, { previous: false })], wholeLists);
  return diagnose(view, scope, { now, missing: [], redactor }).findings.map(
    ({ code, object, confidence, explains }) => ({
      code,
      object: `${object.kind}/${object.name}`,
      confidence,
      explains: explains.length,
    }),
  );
}

describe('what the configuration of an application explains', () => {
  it('puts a wrong host before the crash loop it makes', () => {
    const [first, ...rest] = look(
      [...api({ env: env('postgers') }), ...database(), service('api', 80)],
      'lookup postgers: no such host',
    );
    expect(first).toMatchObject({ code: 'dependency-host-wrong', object: 'Deployment/api', confidence: 'high' });
    expect(rest.map(({ code }) => code)).toContain('container-crash-looping');
    expect(first?.explains).toBe(rest.length);
  });

  it('puts a dependency that is down before the crash of the one that needs it', () => {
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'api' };
    const objects = [...api({ env: env('postgres') }), ...database({ ready: false })];
    const found = look(objects, 'dial tcp 10.96.0.8:5432: connect: connection refused', { object: deployment });
    expect(found.findIndex(({ object }) => object.endsWith('/postgres'))).toBe(0);
    const down = found.find(({ code }) => code === 'dependency-down');
    expect(down?.explains).toBeGreaterThan(0);
  });

  it('puts a database that is scaled to zero first', () => {
    const objects = [...api({ env: env('postgres'), status: notReady }), ...database({ replicas: 0 })];
    const found = look(objects, 'dial tcp 10.96.0.8:5432: connect: connection refused');
    expect(found[0]?.object).toBe('StatefulSet/postgres');
  });

  it('tells two faults apart', () => {
    const other = api({ name: 'cart', env: [{ name: 'REDIS_URL', value: 'redis://redis:6380' }] });
    const view = createClusterView(
      [theNode, ...api({ env: env('postgers') }), ...database(), ...other, ...database({ name: 'redis', port: 6379 })],
      [
        logOf('lookup postgers: no such host'),
        logOf('dial tcp: connect redis:6380: connection refused', { pod: 'cart-5d9f8-x7k2p' }),
      ],
      wholeLists,
    );
    const { findings } = diagnose(view, { namespace: 'shop' }, { now, missing: [], redactor });
    expect(
      findings
        .slice(0, 2)
        .map(({ code }) => code)
        .toSorted(),
    ).toEqual(['dependency-host-wrong', 'dependency-port-wrong']);
  });
});
