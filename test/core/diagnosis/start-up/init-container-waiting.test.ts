import { describe, expect, it } from 'vitest';
import type { ContainerLog } from '../../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { analyzeAppConfiguration } from '../../../../src/core/diagnosis/analyzers/app-configuration.ts';
import { analyzeStartUp } from '../../../../src/core/diagnosis/analyzers/start-up.ts';
import { ago, minute, now, waiting } from '../../../support/shop-objects.ts';
import { runAnalyzer } from '../analyzers/run-analyzer.ts';
import { service, wholeLists } from '../app-configuration/api-shop.ts';
import { app, podName, running } from './app-objects.ts';

type Extra = Readonly<Record<string, unknown>>;

function waits(init: Extra, sinceMs = 20 * minute, container: Extra = {}): WireObject[] {
  const objects = app({
    container,
    status: waiting('PodInitializing'),
    initContainers: [{ name: 'wait', image: 'busybox:1.36', ...init }],
    initStatuses: [{ name: 'wait', image: 'busybox:1.36', ...running(sinceMs) }],
    createdAgoMs: 30 * minute,
  });
  const conditions = ['Initialized', 'Ready'].map((type) => ({
    type,
    status: 'False',
    lastTransitionTime: ago(30 * minute),
  }));
  return objects.map((object) =>
    object.kind === 'Pod'
      ? ({ ...object, status: { ...(object as { status?: Extra }).status, conditions } } as WireObject)
      : object,
  );
}

const script = (text: string): Extra => ({ command: ['sh', '-c', text] });
const log = (text: string): ContainerLog => ({
  namespace: 'shop',
  pod: podName,
  container: 'wait',
  previous: false,
  text,
  at: now,
});
const start = (objects: readonly WireObject[], logs: readonly ContainerLog[] = []) =>
  runAnalyzer(analyzeStartUp, objects, { logs });
const configured = (objects: readonly WireObject[]) =>
  runAnalyzer(analyzeAppConfiguration, objects, { wholeLists: wholeLists.slice(0, 1) });

describe('an init container that does not end', () => {
  it('is told by a script that waits, with what it waits for', () => {
    expect(start(waits(script('until nc -z db 5432; do sleep 2; done')))).toMatchObject([
      {
        code: 'init-container-failing',
        confidence: 'low',
        cause: { path: 'spec.template.spec.initContainers[0]', observed: expect.stringContaining('db:5432') },
      },
    ]);
  });

  it('is told by a log that repeats that something cannot be reached', () => {
    const line = 'dial tcp 10.96.0.7:5432: connect: connection refused\n';
    expect(start(waits({}), [log(line.repeat(5))])).toMatchObject([{ code: 'init-container-failing' }]);
  });

  it.each<[why: string, objects: WireObject[], logs?: ContainerLog[]]>([
    ['it runs for less than minutes', waits(script('until nc -z db 5432; do sleep 2; done'), 2 * minute)],
    [
      'it works for long',
      waits({ command: ['rails', 'db:migrate'] }),
      [log('== CreateOrders: migrating ==\n'.repeat(9))],
    ],
    ['it is a sidecar', waits({ ...script('while true; do sleep 5; done'), restartPolicy: 'Always' })],
  ])('is silent when %s', (_why, objects, logs = []) => {
    expect(start(objects, logs)).toEqual([]);
  });

  it.each<[why: string, init: Extra, container: Extra, code: string, observed: string]>([
    [
      'a Service that does not exist',
      script('until nslookup dbb; do sleep 2; done'),
      {},
      'dependency-host-wrong',
      'dbb',
    ],
    [
      'a port that the Service does not have',
      script('until nc -z db 5433; do sleep 2; done'),
      {},
      'dependency-port-wrong',
      'db:5433',
    ],
    [
      'variables of the container',
      {
        ...script('until pg_isready -h "$DB_HOST" -p 5433; do sleep 2; done'),
        env: [{ name: 'DB_HOST', value: 'db' }],
      },
      {},
      'dependency-port-wrong',
      'db:5433',
    ],
    [
      'what the containers after it need',
      { command: ['/wait'] },
      { env: [{ name: 'DB_HOST', value: 'dbb' }] },
      'dependency-host-wrong',
      'dbb',
    ],
  ])('waits for %s', (_why, init, container, code, observed) => {
    expect(configured([...waits(init, 20 * minute, container), service('db', 5432)])).toMatchObject([
      { code, cause: { observed } },
    ]);
  });
});
