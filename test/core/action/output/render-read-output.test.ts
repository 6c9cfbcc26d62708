import { describe, expect, it } from 'vitest';
import { humanDuration } from '../../../../src/core/action/output/human-duration.ts';
import { columnsOfKind, renderReadOutput } from '../../../../src/core/action/output/render-read-output.ts';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { minutesAgo, now, pod, running, waiting, wire } from './wire.ts';

const table = (kind: string, objects: readonly WireObject[], wide = false) =>
  renderReadOutput(kind, objects, { wide, now });

const template = {
  spec: {
    containers: [
      { name: 'app', image: 'shop/app:v1' },
      { name: 'mesh', image: 'mesh:1' },
    ],
  },
};
const selector = {
  matchLabels: { app: 'checkout' },
  matchExpressions: [{ key: 'tier', operator: 'In', values: ['b', 'a'] }],
};

describe('humanDuration', () => {
  it.each([
    [-5, '<invalid>'],
    [-1.5, '0s'],
    [0, '0s'],
    [59, '59s'],
    [119, '119s'],
    [120, '2m'],
    [330, '5m30s'],
    [600, '10m'],
    [10_799, '179m'],
    [10_800, '3h'],
    [12_660, '3h31m'],
    [28_800, '8h'],
    [172_799, '47h'],
    [172_800, '2d'],
    [176_400, '2d1h'],
    [691_200, '8d'],
    [63_071_999, '729d'],
    [63_072_000, '2y'],
    [63_158_400, '2y1d'],
    [252_288_000, '8y'],
  ])('prints %d seconds as %s', (seconds, text) => {
    expect(humanDuration(seconds * 1000)).toBe(text);
  });
});

describe('renderReadOutput', () => {
  it('prints pods as kubectl does', () => {
    const restarted = pod([
      { ...waiting('CrashLoopBackOff'), restartCount: 7, lastState: { terminated: { finishedAt: minutesAgo(3) } } },
    ]);
    expect(table('Pod', [restarted, wire('Pod', 'checkout-2-long-name')]).text).toBe(
      [
        'NAME                   READY   STATUS             RESTARTS     AGE',
        'checkout-1             0/1     CrashLoopBackOff   7 (3m ago)   5m',
        'checkout-2-long-name   0/0     Unknown            0            5m',
      ].join('\n'),
    );
  });

  it('prints wide pods', () => {
    const gated = pod([running], {
      spec: { readinessGates: [{ conditionType: 'lb' }, { conditionType: 'dns' }] },
      status: { conditions: [{ type: 'lb', status: 'True' }] },
    });
    expect(table('Pod', [gated], true).text).toBe(
      [
        'NAME         READY   STATUS    RESTARTS   AGE   IP         NODE       NOMINATED NODE   READINESS GATES',
        'checkout-1   1/1     Running   0          5m    10.0.0.7   worker-1   <none>           1/2',
      ].join('\n'),
    );
  });

  it('gives rows of values computed from the objects', () => {
    const restarted = pod([{ ...running, restartCount: 7, lastState: { terminated: { finishedAt: minutesAgo(3) } } }]);
    const output = table('Pod', [restarted]);
    expect(output.columns).toEqual(['name', 'ready', 'status', 'restarts', 'age']);
    expect(output.rows).toEqual([{ name: 'checkout-1', ready: '1/1', status: 'Running', restarts: 7, age: 300 }]);
  });

  it.each<
    [kind: string, fields: Record<string, unknown>, metadata: Record<string, unknown>, heading: string, line: string]
  >([
    [
      'Deployment',
      {
        spec: { replicas: 3, selector, template },
        status: { readyReplicas: 1, updatedReplicas: 2, availableReplicas: 1 },
      },
      {},
      'NAME|READY|UP-TO-DATE|AVAILABLE|AGE|CONTAINERS|IMAGES|SELECTOR',
      'x|1/3|2|1|5m|app,mesh|shop/app:v1,mesh:1|app=checkout,tier in (a,b)',
    ],
    [
      'Deployment',
      { spec: {}, status: {} },
      {},
      'NAME|READY|UP-TO-DATE|AVAILABLE|AGE|CONTAINERS|IMAGES|SELECTOR',
      'x|0/1|0|0|5m|||<none>',
    ],
    [
      'ReplicaSet',
      { spec: { replicas: 0, selector: { matchLabels: { a: 'b' } }, template }, status: { replicas: 0 } },
      {},
      'NAME|DESIRED|CURRENT|READY|AGE|CONTAINERS|IMAGES|SELECTOR',
      'x|0|0|0|5m|app,mesh|shop/app:v1,mesh:1|a=b',
    ],
    [
      'StatefulSet',
      { spec: { replicas: 2, template }, status: { readyReplicas: 2 } },
      {},
      'NAME|READY|AGE|CONTAINERS|IMAGES',
      'x|2/2|5m|app,mesh|shop/app:v1,mesh:1',
    ],
    [
      'DaemonSet',
      {
        spec: {
          selector: { matchLabels: { a: 'b' } },
          template: { spec: { ...template.spec, nodeSelector: { disk: 'ssd' } } },
        },
        status: {
          desiredNumberScheduled: 3,
          currentNumberScheduled: 3,
          numberReady: 2,
          updatedNumberScheduled: 3,
          numberAvailable: 2,
        },
      },
      {},
      'NAME|DESIRED|CURRENT|READY|UP-TO-DATE|AVAILABLE|NODE SELECTOR|AGE|CONTAINERS|IMAGES|SELECTOR',
      'x|3|3|2|3|2|disk=ssd|5m|app,mesh|shop/app:v1,mesh:1|a=b',
    ],
    [
      'Job',
      { spec: { completions: 2, template }, status: { succeeded: 1, startTime: minutesAgo(4) } },
      {},
      'NAME|STATUS|COMPLETIONS|DURATION|AGE|CONTAINERS|IMAGES|SELECTOR',
      'x|Running|1/2|4m|5m|app,mesh|shop/app:v1,mesh:1|<none>',
    ],
    [
      'Job',
      {
        spec: { parallelism: 3 },
        status: {
          succeeded: 1,
          startTime: minutesAgo(4),
          completionTime: minutesAgo(3),
          conditions: [{ type: 'Failed', status: 'True' }],
        },
      },
      {},
      'NAME|STATUS|COMPLETIONS|DURATION|AGE|CONTAINERS|IMAGES|SELECTOR',
      'x|Failed|1/1 of 3|60s|5m|||<none>',
    ],
    [
      'CronJob',
      { spec: { schedule: '*/5 * * * *', suspend: true }, status: { active: [{}], lastScheduleTime: minutesAgo(4) } },
      {},
      'NAME|SCHEDULE|TIMEZONE|SUSPEND|ACTIVE|LAST SCHEDULE|AGE|CONTAINERS|IMAGES',
      'x|*/5 * * * *|<none>|True|1|4m|5m||',
    ],
    [
      'Node',
      {
        spec: { unschedulable: true },
        status: {
          conditions: [{ type: 'Ready', status: 'Unknown' }],
          nodeInfo: { kubeletVersion: 'v1.35.4' },
          addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
        },
      },
      { labels: { 'node-role.kubernetes.io/worker': '', 'node-role.kubernetes.io/gpu': '' } },
      'NAME|STATUS|ROLES|AGE|VERSION|INTERNAL-IP|EXTERNAL-IP|OS-IMAGE|KERNEL-VERSION|CONTAINER-RUNTIME',
      'x|NotReady,SchedulingDisabled|gpu,worker|5m|v1.35.4|10.0.0.1|<none>|<unknown>|<unknown>|<unknown>',
    ],
    [
      'Service',
      {
        spec: {
          type: 'LoadBalancer',
          clusterIP: '10.1.1.1',
          ports: [
            { port: 80, nodePort: 30080, protocol: 'TCP' },
            { port: 53, protocol: 'UDP' },
          ],
          selector: { app: 'checkout' },
        },
      },
      {},
      'NAME|TYPE|CLUSTER-IP|EXTERNAL-IP|PORT(S)|AGE|SELECTOR',
      'x|LoadBalancer|10.1.1.1|<pending>|80:30080/TCP,53/UDP|5m|app=checkout',
    ],
    [
      'Service',
      { spec: { type: 'ExternalName', externalName: 'db.example.com' } },
      {},
      'NAME|TYPE|CLUSTER-IP|EXTERNAL-IP|PORT(S)|AGE|SELECTOR',
      'x|ExternalName|<none>|db.example.com|<none>|5m|<none>',
    ],
    ['Namespace', { status: { phase: 'Active' } }, {}, 'NAME|STATUS|AGE', 'x|Active|5m'],
    [
      'PersistentVolumeClaim',
      {
        spec: { volumeName: 'pv-1', storageClassName: 'fast', volumeMode: 'Filesystem' },
        status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] },
      },
      {},
      'NAME|STATUS|VOLUME|CAPACITY|ACCESS MODES|STORAGECLASS|AGE|VOLUMEMODE',
      'x|Bound|pv-1|1Gi|RWO,ROX|fast|5m|Filesystem',
    ],
    ['ConfigMap', { data: { a: 'password=hunter2', b: '' }, binaryData: { c: 'AA==' } }, {}, 'NAME|DATA|AGE', 'x|3|5m'],
    ['Lease', {}, {}, 'NAME|AGE', 'x|5m'],
    ['Lease', {}, { creationTimestamp: undefined }, 'NAME|AGE', 'x|<unknown>'],
  ])('prints a %s', (kind, fields, metadata, heading, line) => {
    const [headings = '', row = ''] = table(kind, [wire(kind, 'x', fields, metadata)], true).text.split('\n');
    expect(headings.split(/ {3,}/)).toEqual(heading.split('|'));
    const starts = heading.split('|').map((name, index) => (index === 0 ? 0 : headings.indexOf(`   ${name}`) + 3));
    const cells = starts.map((start, index) => row.slice(start, starts[index + 1]).trim());
    expect(cells).toEqual(line.split('|'));
  });

  it('orders events by when they were last seen, and keeps a message on one line', () => {
    const event = (name: string, lastTimestamp: string | undefined, more: Record<string, unknown> = {}) =>
      wire('Event', name, {
        type: 'Warning',
        reason: 'BackOff',
        message: `${name}\nNAME  forged\u202e`,
        involvedObject: { kind: 'Pod', name: 'p' },
        lastTimestamp,
        ...more,
      });
    const series = event('series', minutesAgo(50), { series: { count: 12, lastObservedTime: minutesAgo(1) } });
    const single = event('single', undefined, { eventTime: minutesAgo(30) });
    const output = table('Event', [series, event('late', minutesAgo(2)), single], true);
    expect(output.rows.map((row) => [row.name, row['last-seen'], row.count])).toEqual([
      ['single', 1800, 1],
      ['late', 120, 1],
      ['series', 60, 12],
    ]);
    expect(output.text.split('\n')).toHaveLength(4);
    expect(output.text).not.toMatch(/\u202e/);
  });

  it('tells namespaces first when asked, and prints nothing for nothing', () => {
    const output = renderReadOutput('Pod', [pod([running])], { wide: false, now, showNamespace: true });
    expect(output.text).toMatch(/^NAMESPACE {3}NAME .*\nshop {8}checkout-1/);
    expect(table('Pod', [])).toMatchObject({
      text: '',
      rows: [],
      columns: ['name', 'ready', 'status', 'restarts', 'age'],
    });
  });

  it('bounds the text and keeps all rows', () => {
    const many = Array.from({ length: 3000 }, (_, index) => wire('Pod', `p-${index}`));
    const output = table('Pod', many);
    expect(output).toMatchObject({ truncated: true });
    expect(output.rows).toHaveLength(3000);
    expect(output.text).toMatch(/… 2001 more lines$/);
  });

  it('knows the columns of a kind before anything is read', () => {
    expect(columnsOfKind('Service', false)).toEqual(['name', 'type', 'cluster-ip', 'external-ip', 'ports', 'age']);
    expect(columnsOfKind('Widget', true)).toEqual(['name', 'age']);
  });
});
