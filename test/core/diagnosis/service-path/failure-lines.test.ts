import { describe, expect, it } from 'vitest';
import { readFailures } from '../../../../src/core/diagnosis/service-path/failure-lines.ts';
import { now } from '../../../support/shop-objects.ts';

describe('readFailures', () => {
  it.each<[line: string, how: string, host: string, port: number | undefined]>([
    ['dial tcp 10.96.4.5:5432: connect: connection refused', 'refused', '10.96.4.5', 5432],
    ['dial tcp 10.96.4.5:5432: i/o timeout', 'timeout', '10.96.4.5', 5432],
    ['Error: connect ECONNREFUSED 10.96.4.5:6379', 'refused', '10.96.4.5', 6379],
    ['Error: connect ETIMEDOUT db:5432', 'timeout', 'db', 5432],
    ['getaddrinfo ENOTFOUND db.shop.svc.cluster.local', 'unresolved', 'db.shop.svc.cluster.local', undefined],
    ['getaddrinfo EAI_AGAIN db', 'unresolved', 'db', undefined],
    ['dial tcp: lookup db on 10.96.0.10:53: no such host', 'unresolved', 'db', undefined],
    [
      'psycopg2.OperationalError: could not translate host name "db" to address: Name or service not known',
      'unresolved',
      'db',
      undefined,
    ],
    ['java.net.UnknownHostException: orders', 'unresolved', 'orders', undefined],
    ['curl: (6) Could not resolve host: orders.shop', 'unresolved', 'orders.shop', undefined],
    ["wget: bad address 'orders:8080'", 'unresolved', 'orders', undefined],
    [
      'upstream timed out (110: Operation timed out) while connecting to upstream, client: 10.0.0.1, server: shop.example, upstream: "http://10.244.1.5:8080/"',
      'timeout',
      '10.244.1.5',
      8080,
    ],
  ])('reads %s', (line, how, host, port) => {
    const [found] = readFailures(`all is well\n${line}\n`, now);
    expect(found?.how).toBe(how);
    expect(found?.hosts).toContainEqual({ host, port });
  });

  it.each(['', 'listening on :8080', 'GET /timeouts 200', 'x'.repeat(100_000)])('reads nothing from %.40s', (text) => {
    expect(readFailures(text, now).flatMap(({ hosts }) => hosts)).toEqual([]);
  });

  it('does not hear what was said long before the log was read', () => {
    const line = (time: string) => `${time} ERROR dial tcp 10.96.4.5:5432: i/o timeout`;
    expect(readFailures(line('2026-11-21T08:00:00Z'), now)).toEqual([]);
    expect(readFailures(line('2026-11-21T09:55:00.123Z'), now)).toHaveLength(1);
    expect(readFailures(line('2026-11-21 02:00:00'), now)).toHaveLength(1);
    expect(readFailures(line('2026-11-18 02:00:00'), now)).toEqual([]);
  });

  it('takes a bounded time over hostile lines', () => {
    const started = performance.now();
    for (const unit of ['a.', '1.', 'lookup ', '2026-', 'host name ', 'a:1', '"'])
      readFailures(`${unit.repeat(8000)} i/o timeout`.repeat(3), now);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
