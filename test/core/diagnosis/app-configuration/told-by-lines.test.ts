import { describe, expect, it } from 'vitest';
import { createClusterView } from '../../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { diagnose } from '../../../../src/core/diagnosis/diagnose.ts';
import { createRedactor } from '../../../../src/core/evidence/redaction.ts';
import { now } from '../../../support/shop-objects.ts';
import { api, database, logOf, notReady, service, theNode, wholeLists } from './api-shop.ts';

const redactor = createRedactor({ key: 'test' });
const url = (value: string) => [{ name: 'DATABASE_URL', value }];

function look(
  objects: readonly WireObject[],
  text: string,
  scope: Parameters<typeof diagnose>[1] = { namespace: 'shop' },
) {
  const view = createClusterView([theNode, ...objects], [logOf(text), logOf(text, { previous: false })], wholeLists);
  return diagnose(view, scope, { now, missing: [], redactor }).findings;
}

describe('what lines of a log make of a configuration', () => {
  it('takes a table that Prisma misses for a missing migration', () => {
    const text =
      "Invalid `prisma.order.findMany()` invocation:\nThe table `public.Order` does not exist in the current database.\n  code: 'P2021',\n";
    const [first] = look([...api({ env: url('postgres://app@postgres:5432/app') }), ...database()], text);
    expect(first).toMatchObject({ code: 'migration-missing', summary: expect.stringContaining('public.Order') });
  });

  it('does not blame a host that is only warned of when the process ends for another reason', () => {
    const env = [{ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://otel.nowhere.example:4317' }];
    const warned = 'warn: telemetry disabled: getaddrinfo ENOTFOUND otel.nowhere.example\n';
    expect(look(api({ env }), `${warned}Error: Cannot find module '@acme/rules'\n`)[0]?.code).toBe(
      'container-crash-looping',
    );
    expect(look(api({ env }), 'Error: getaddrinfo ENOTFOUND otel.nowhere.example\n')[0]?.code).toBe(
      'dependency-host-wrong',
    );
  });

  it('is sure of a wrong port when the line names that port, only likely when it names none', () => {
    const objects = [...api({ env: url('postgres://app@postgres:5433/app') }), ...database()];
    expect(look(objects, 'dial tcp 10.9.9.9:5433: connect: connection refused')[0]).toMatchObject({
      code: 'dependency-port-wrong',
      confidence: 'high',
    });
    expect(look(objects, 'connection refused')[0]).toMatchObject({
      code: 'dependency-port-wrong',
      confidence: 'medium',
    });
  });

  it('quotes the error, not its properties', () => {
    const text = "error: password authentication failed for user \"app\"\n  severity: 'FATAL',\n  code: '28P01',\n";
    const view = createClusterView(
      [theNode, ...api({ env: url('postgres://app@postgres:5432/app') }), ...database()],
      [logOf(text)],
      wholeLists,
    );
    const { evidence } = diagnose(view, { namespace: 'shop' }, { now, missing: [], redactor });
    expect(evidence.some(({ summary }) => summary.includes('says: error: password'))).toBe(true);
    expect(evidence.some(({ summary }) => summary.includes('says:   code'))).toBe(false);
  });

  it('puts the trouble of those behind a Service first when its caller is asked about', () => {
    const scope = { object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'api' } };
    const objects = [
      ...api({ env: url('postgres://app@postgres:5432/app'), status: notReady }),
      service('api', 80),
      ...database({ ready: false }),
    ];
    const found = look(objects, 'dial tcp postgres:5432: connect: connection refused\n'.repeat(4), scope);
    expect(found[0]).toMatchObject({ code: 'container-crash-looping', object: { name: 'postgres' } });
    const down = found.find(({ code }) => code === 'dependency-down');
    expect(found[0]?.explains).toContain(down?.id);
  });

  it('leaves a dependency that is down first when nobody behind it has a finding', () => {
    const objects = [
      ...api({ env: url('postgres://app@postgres:5432/app'), status: notReady }),
      service('postgres', 5432),
    ];
    expect(look(objects, 'dial tcp postgres:5432: connect: connection refused\n'.repeat(4))[0]?.code).not.toBe(
      'container-crash-looping',
    );
  });
});
