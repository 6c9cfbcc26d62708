import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSnapshot } from '../../src/adapters/snapshot/open-snapshot.ts';
import { createSystemClock } from '../../src/adapters/system/clock.ts';
import { investigateCommand } from '../../src/cli/investigate.ts';
import { createRedactor } from '../../src/core/evidence/redaction.ts';
import { fail, problem } from '../../src/core/result.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';

const folder = temporaryFolders();
const mark = 'c4n4ryHunter2Zq9';
let planted = 0;
const canary = () => `${mark}${(planted++).toString(36)}`;

const labels = { app: 'web' };
const owned = (kind: string, name: string, uid: string) => [
  { apiVersion: 'apps/v1', kind, name, uid, controller: true },
];
const template = (image: string) => ({
  metadata: { labels, annotations: { 'deploy/password': canary() } },
  spec: {
    containers: [
      {
        name: 'app',
        image,
        command: ['/bin/app', `--token=${canary()}`],
        args: ['--db', `postgres://u:${canary()}@db.shop:5432/x?password=${canary()}`],
        env: [
          { name: 'DB_PASSWORD', value: canary() },
          { name: 'DATABASE_URL', value: `postgres://app:${canary()}@dbx.shop:5432/app` },
          { name: 'PLAIN', value: canary() },
          { name: 'REDIS_HOST', value: 'redis-primry' },
        ],
        readinessProbe: { exec: { command: ['sh', '-c', `curl -H "Authorization: Bearer ${canary()}" localhost`] } },
      },
    ],
  },
});

const objects = () => [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      namespace: 'shop',
      uid: 'd',
      generation: 2,
      annotations: {
        'deployment.kubernetes.io/revision': '2',
        'kubernetes.io/change-cause': `set env PASSWORD=${canary()}`,
      },
    },
    spec: { replicas: 1, selector: { matchLabels: labels }, template: template('r/x:1') },
    status: { observedGeneration: 2, replicas: 1, availableReplicas: 0 },
  },
  ...[1, 0].map((revision) => ({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `web-${revision}`,
      namespace: 'shop',
      uid: `r${revision}`,
      creationTimestamp: `2026-11-21T09:5${revision}:00Z`,
      annotations: { 'deployment.kubernetes.io/revision': String(revision + 1) },
      ownerReferences: owned('Deployment', 'web', 'd'),
    },
    spec: { replicas: revision, selector: { matchLabels: labels }, template: template(`r/x:${revision}`) },
    status: { replicas: revision },
  })),
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web-1-a',
      namespace: 'shop',
      uid: 'p',
      labels,
      creationTimestamp: '2026-11-21T09:51:00Z',
      annotations: { secret: canary() },
      ownerReferences: owned('ReplicaSet', 'web-1', 'r1'),
    },
    spec: { ...template('r/x:1').spec, nodeName: 'n1' },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-11-21T09:51:30Z' }],
      containerStatuses: [
        {
          name: 'app',
          image: 'r/x:1',
          ready: false,
          restartCount: 5,
          state: { waiting: { reason: 'CrashLoopBackOff', message: `back-off password=${canary()}` } },
          lastState: {
            terminated: {
              exitCode: 1,
              reason: 'Error',
              message: `auth token ${canary()} rejected; password: ${canary()}`,
              startedAt: '2026-11-21T09:59:00Z',
              finishedAt: '2026-11-21T09:59:05Z',
            },
          },
        },
      ],
    },
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'cfg',
      namespace: 'shop',
      managedFields: [
        { manager: 'kubectl', time: '2026-11-21T09:55:00Z', fieldsV1: { 'f:data': { 'f:password': {} } } },
      ],
    },
    data: { password: canary() },
  },
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'sec', namespace: 'shop' }, data: { k: canary() } },
  {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e', namespace: 'shop' },
    involvedObject: { kind: 'Pod', name: 'web-1-a', namespace: 'shop', uid: 'p' },
    type: 'Warning',
    reason: 'Unhealthy',
    message: `Readiness probe failed: curl -H "Authorization: Bearer ${canary()}" refused`,
    count: 9,
    firstTimestamp: '2026-11-21T09:52:00Z',
    lastTimestamp: '2026-11-21T09:59:50Z',
  },
];

const log = () =>
  [
    `starting with DB_PASSWORD=${canary()}`,
    `FATAL: password authentication failed for user "app" (postgres://app:${canary()}@dbx.shop:5432/app)`,
    'dial tcp: lookup redis-primry on 10.96.0.10:53: no such host',
    `{"level":"error","api_key":"${canary()}","msg":"x"}`,
    `Authorization: Bearer ${canary()}`,
  ].join('\n');

it.each([true, false])('lets no planted secret out of a snapshot (json: %s)', async (json) => {
  const root = await folder();
  await mkdir(join(root, 'objects'));
  await mkdir(join(root, 'logs', 'shop', 'web-1-a'), { recursive: true });
  await mkdir(join(root, 'manifests'));
  await writeFile(join(root, 'objects', 'all.json'), JSON.stringify(objects()));
  await writeFile(join(root, 'manifests', 'web.json'), JSON.stringify(objects()[0]));
  await writeFile(join(root, 'logs', 'shop', 'web-1-a', 'app.previous.log'), log());
  await writeFile(join(root, 'snapshot.yaml'), 'capturedAt: "2026-11-21T10:00:00Z"\n');
  await writeFile(
    join(root, 'alerts.json'),
    JSON.stringify([
      {
        labels: { alertname: 'KubePodCrashLooping', namespace: 'shop', pod: 'web-1-a', token: canary() },
        annotations: { summary: `password=${canary()}` },
        startsAt: '2026-11-21T09:52:00Z',
        status: { state: 'active' },
      },
    ]),
  );
  let said = '';
  const say = (text: string) => {
    said += text;
  };
  const exit = await investigateCommand(
    { snapshot: root, json },
    {
      openCluster: async () => fail(problem('none', 'There is no cluster here.')),
      openSnapshot,
      readFile: async () => fail(problem('none', 'There is no file here.')),
      matchRunbooks: () => [],
      redactor: createRedactor({ key: 'test' }),
      clock: createSystemClock(),
      stdout: say,
      stderr: say,
    },
  );
  expect(exit).toBe(0);
  expect(said).toContain('redis-primry');
  expect(said.match(new RegExp(`${mark}\\w*`, 'g'))).toBeNull();
});
