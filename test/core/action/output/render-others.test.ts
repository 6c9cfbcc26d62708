import { describe, expect, it } from 'vitest';
import { logSourceOf, prefixLog, rankForLogs } from '../../../../src/core/action/output/log-sources.ts';
import { renderDescribe } from '../../../../src/core/action/output/render-describe.ts';
import { renderQuery } from '../../../../src/core/action/output/render-query.ts';
import { renderRolloutHistory, renderRolloutStatus } from '../../../../src/core/action/output/render-rollout.ts';
import { renderTopNodes, renderTopPods } from '../../../../src/core/action/output/render-top.ts';
import { minutesAgo, now, pod, running, terminated, waiting, wire } from './wire.ts';

describe('renderRolloutStatus', () => {
  const deployment = (status: Record<string, unknown>, more: Record<string, unknown> = {}) =>
    wire(
      'Deployment',
      'checkout',
      { spec: { replicas: 3 }, status: { observedGeneration: 2, ...status } },
      { generation: 2, ...more },
    );
  const waitingFor = (what: string) => `Waiting for deployment "checkout" rollout to finish: ${what}...`;

  it.each([
    ['not yet observed', deployment({ observedGeneration: 1 }), 'Waiting for deployment spec update to be observed...'],
    [
      'half updated',
      deployment({ updatedReplicas: 1, replicas: 3 }),
      waitingFor('1 out of 3 new replicas have been updated'),
    ],
    [
      'keeping old pods',
      deployment({ updatedReplicas: 3, replicas: 4 }),
      waitingFor('1 old replicas are pending termination'),
    ],
    [
      'not available',
      deployment({ updatedReplicas: 3, replicas: 3, availableReplicas: 1 }),
      waitingFor('1 of 3 updated replicas are available'),
    ],
    [
      'done',
      deployment({ updatedReplicas: 3, replicas: 3, availableReplicas: 3 }),
      'deployment "checkout" successfully rolled out',
    ],
  ])('tells a rollout that is %s', (_why, object, text) => {
    expect(renderRolloutStatus(object)).toMatchObject({ text, rows: [] });
    expect(renderRolloutStatus(object).failure).toBeUndefined();
  });

  it('fails when the progress deadline is exceeded', () => {
    const stuck = deployment({
      conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }],
    });
    expect(renderRolloutStatus(stuck)).toMatchObject({
      failure: 'deployment "checkout" exceeded its progress deadline',
    });
  });
});

describe('renderRolloutHistory', () => {
  const deployment = wire('Deployment', 'checkout');
  const revision = (number: string, image: string, owner = 'uid-checkout', cause?: string) =>
    wire(
      'ReplicaSet',
      `rs-${number}`,
      { spec: { template: { spec: { containers: [{ name: 'app', image }] } } } },
      {
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout', uid: owner, controller: true },
        ],
        annotations: {
          'deployment.kubernetes.io/revision': number,
          ...(cause === undefined ? {} : { 'kubernetes.io/change-cause': cause }),
        },
      },
    );
  const all = [
    revision('10', 'shop:v3'),
    revision('2', 'shop:v2', 'uid-checkout', 'release 2'),
    revision('1', 'other', 'uid-former'),
  ];

  it('lists own revisions by number, with images', () => {
    expect(renderRolloutHistory(deployment, all).text).toBe(
      [
        'REVISION   CHANGE-CAUSE   IMAGES',
        '2          release 2      shop:v2',
        '10         <none>         shop:v3',
      ].join('\n'),
    );
  });

  it('finds one revision, or fails', () => {
    expect(renderRolloutHistory(deployment, all, 10).rows).toEqual([
      { revision: 10, 'change-cause': '<none>', images: 'shop:v3' },
    ]);
    expect(renderRolloutHistory(deployment, all, 1).failure).toContain('no revision 1');
  });

  it('leaves out what has no revision', () => {
    expect(renderRolloutHistory(deployment, [revision('', 'x'), revision('abc', 'x')])).toMatchObject({
      text: '',
      rows: [],
      notes: ['No rollout history found.'],
    });
  });
});

describe('renderTop', () => {
  it('sums a pod over its containers', () => {
    const usage = (cpu: string, memory: string) => ({ usage: { cpu, memory } });
    const metrics = [
      wire('PodMetrics', 'a', { containers: [usage('100m', '64Mi'), usage('150500000n', '65536Ki')] }),
      wire('PodMetrics', 'b', { containers: [usage('odd', '1Mi')] }),
    ];
    const output = renderTopPods(metrics, { showNamespace: false });
    expect(output.text.split('\n')).toEqual([
      'NAME   CPU(cores)   MEMORY(bytes)',
      'a      251m         128Mi',
      'b      <unknown>    1Mi',
    ]);
    expect(output.columns).toEqual(['name', 'cpu', 'memory']);
    expect(output.rows[0]?.memory).toBe(128 * 2 ** 20);
    expect(output.rows[0]?.cpu).toBeCloseTo(0.2505);
  });

  it('gives a node its share of what can be allocated', () => {
    const metrics = [
      wire('NodeMetrics', 'n1', { usage: { cpu: '500m', memory: '1Gi' } }),
      wire('NodeMetrics', 'n2', { usage: { cpu: '1', memory: '1Gi' } }),
    ];
    const output = renderTopNodes(metrics, [
      wire('Node', 'n1', { status: { allocatable: { cpu: '2', memory: '4Gi' } } }),
    ]);
    expect(output.text.split('\n').slice(1)).toEqual([
      'n1     500m         25%         1024Mi          25%',
      'n2     1000m        <unknown>   1024Mi          <unknown>',
    ]);
  });
});

describe('renderDescribe', () => {
  it('tells a broken pod from its status, conditions, containers and events, without environment values', () => {
    const broken = pod(
      [{ ...waiting('CrashLoopBackOff'), restartCount: 4, lastState: terminated(137, 'OOMKilled').state }],
      {
        spec: {
          containers: [
            {
              name: 'c0',
              image: 'shop:v2',
              resources: { limits: { memory: '64Mi' } },
              env: [
                { name: 'PASSWORD', value: 'hunter2' },
                { name: 'DB', value: 'db:5432' },
                { name: 'K', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
              ],
            },
          ],
        },
        status: {
          conditions: [
            {
              type: 'Ready',
              status: 'False',
              reason: 'ContainersNotReady',
              message: 'containers with unready\nstatus',
            },
          ],
        },
        metadata: {
          labels: { app: 'checkout' },
          ownerReferences: [
            { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'checkout-7d', uid: 'u', controller: true },
          ],
        },
      },
    );
    const event = wire('Event', 'e', {
      type: 'Warning',
      reason: 'BackOff',
      message: 'Back-off restarting',
      lastTimestamp: minutesAgo(1),
      involvedObject: { kind: 'Pod', name: 'checkout-1' },
    });
    const output = renderDescribe(broken, [event], { now });
    expect(output.text.split('\n')).toEqual([
      'Kind: Pod',
      'Name: checkout-1',
      'Namespace: shop',
      'Age: 5m',
      'Labels: app=checkout',
      'Controlled By: ReplicaSet/checkout-7d',
      'Status: CrashLoopBackOff',
      'Ready: 0/1',
      'Restarts: 4',
      'Node: worker-1',
      'Conditions:',
      '  Ready: False (ContainersNotReady: containers with unready status)',
      'Containers:',
      '  c0:',
      '    Image: shop:v2',
      '    State: Waiting (CrashLoopBackOff)',
      '    Last State: Terminated (OOMKilled, exit code 137)',
      '    Ready: False',
      '    Restart Count: 4',
      '    Limits: memory=64Mi',
      '    Environment: PASSWORD=<masked>, DB=db:5432, K from secretKeyRef s (k)',
      'Events:',
      '  LAST SEEN   TYPE      REASON    OBJECT           MESSAGE',
      '  60s         Warning   BackOff   pod/checkout-1   Back-off restarting',
    ]);
  });

  it('tells a node and a Deployment, and that events are missing or none', () => {
    const node = wire(
      'Node',
      'n1',
      {
        spec: { unschedulable: true, taints: [{ key: 'gpu', effect: 'NoSchedule' }] },
        status: { allocatable: { cpu: '2' } },
      },
      { namespace: undefined },
    );
    expect(renderDescribe(node, [], { now }).text).toContain(
      'Taints: gpu=:NoSchedule\nAllocatable: cpu=2\nEvents: <none>',
    );
    const deployment = wire('Deployment', 'd', {
      spec: { replicas: 2, selector: { matchLabels: { a: 'b' } } },
      status: { readyReplicas: 1, unavailableReplicas: 1 },
    });
    const output = renderDescribe(deployment, undefined, { now, notes: ['why'] });
    expect(output.text).toContain(
      'Replicas: 2 desired, 1 ready, 1 unavailable\nSelector: a=b\nEvents: <could not be read>',
    );
    expect(output.notes).toEqual(['why']);
  });
});

describe('renderQuery', () => {
  it('makes a column of each label', () => {
    const output = renderQuery([
      { labels: { pod: 'a' }, value: 1.5 },
      { labels: { job: 'x', value: 'forged' }, value: Number.NaN },
    ]);
    expect(output.columns).toEqual(['job', 'pod', 'value']);
    expect(output.rows).toEqual([
      { job: '', pod: 'a', value: 1.5 },
      { job: 'x', pod: '', value: 'NaN' },
    ]);
    expect(renderQuery([]).notes).toHaveLength(1);
  });
});

describe('log sources', () => {
  it('choose the container as kubectl does', () => {
    const two = pod([running, running]);
    const annotated = pod([running, running], {
      metadata: { annotations: { 'kubectl.kubernetes.io/default-container': 'c1' } },
    });
    expect(logSourceOf(two, undefined)).toMatchObject({ pod: 'checkout-1', container: 'c0', others: ['c1'] });
    expect(logSourceOf(annotated, undefined)).toMatchObject({ container: 'c1', others: ['c0'] });
    expect(logSourceOf(two, 'c1')).toMatchObject({ container: 'c1', others: [] });
    expect(logSourceOf(wire('Pod', 'x'), undefined)).toMatchObject({ container: undefined, others: [] });
  });

  it('put troubled pods first', () => {
    const named = (name: string, statuses: Record<string, unknown>[], metadata = {}) =>
      pod(statuses, { metadata: { name, ...metadata } });
    const ranked = rankForLogs([
      named('old', [running]),
      named('new', [running], { creationTimestamp: minutesAgo(1) }),
      named('restarted', [{ ...running, restartCount: 2 }]),
      named('crashing', [waiting('CrashLoopBackOff')]),
    ]);
    expect(ranked.map((each) => each.metadata.name)).toEqual(['crashing', 'restarted', 'new', 'old']);
  });

  it('mark each line', () => {
    const source = { namespace: 'shop', pod: 'a', container: 'app', others: [] };
    expect(prefixLog(source, 'one\ntwo\n')).toBe('[pod/a/app] one\n[pod/a/app] two');
    expect(prefixLog(source, '')).toBe('');
  });
});
