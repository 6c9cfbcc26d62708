import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContainerLog } from '../../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { analyzeRuntime } from '../../../../src/core/diagnosis/analyzers/runtime.ts';
import {
  ago,
  backOff,
  crashShop,
  deployment,
  event,
  healthyShop,
  hour,
  minute,
  node,
  now,
  oomShop,
  pod,
  replicaSet,
  runningAgain,
  second,
  terminated,
} from '../../../support/shop-objects.ts';
import { runAnalyzer } from './run-analyzer.ts';

type More = NonNullable<Parameters<typeof runAnalyzer>[2]>;
type Extra = Readonly<Record<string, unknown>>;

const run = (objects: readonly WireObject[], more: More = {}) => runAnalyzer(analyzeRuntime, objects, more);
const codes = (objects: readonly WireObject[], more: More = {}) => run(objects, more).map(({ code }) => code);
const log = (text: string, more: Partial<ContainerLog> = {}): ContainerLog => ({
  namespace: 'shop',
  pod: 'checkout-1-aaaaa',
  container: 'checkout',
  previous: true,
  text,
  at: now,
  ...more,
});
const point = (value: number, agoMs = 0) => ({ at: now - agoMs, value });
const ofContainer = { namespace: 'shop', pod: 'checkout-1-aaaaa', container: 'checkout' };

/** The healthy shop with another pod spec and pod status. */
function shop(given: {
  container?: Extra;
  spec?: Extra;
  status?: Extra;
  pod?: Extra;
  ready?: boolean;
  containers?: readonly Extra[];
  conditions?: Extra[];
}): WireObject[] {
  const containers = given.containers ?? [{ name: 'checkout', image: 'c:1', ...given.container }];
  const spec = { nodeName: 'n1', containers, ...given.spec };
  const template = { metadata: { labels: { app: 'checkout' } }, spec };
  const broken = pod({ name: 'checkout-1-aaaaa', ready: given.ready ?? true, spec, metadata: given.pod ?? {} });
  return [
    node('n1'),
    deployment({ available: given.ready === false ? 0 : 1, spec: { template } }),
    {
      ...replicaSet({ revision: 1 }),
      spec: { replicas: 1, selector: { matchLabels: { app: 'checkout' } }, template },
    } as WireObject,
    {
      ...broken,
      status: {
        ...(broken as unknown as { status: Extra }).status,
        ...(given.conditions === undefined ? {} : { conditions: given.conditions }),
        containerStatuses: containers.map((container) => ({
          name: container.name,
          image: container.image,
          ...(given.status ?? { ready: true, restartCount: 0, state: { running: { startedAt: ago(hour) } } }),
        })),
      },
    } as WireObject,
  ];
}
const podOf = (objects: readonly WireObject[]): WireObject => {
  const found = objects.find(({ kind }) => kind === 'Pod');
  if (found === undefined) throw new Error('no pod');
  return found;
};

it('is silent about a shop that is well', () => {
  expect(run(healthyShop())).toEqual([]);
});

describe('cpu-throttled and cpu-saturated', () => {
  const limited = shop({ container: { resources: { limits: { cpu: '200m' }, requests: { cpu: '100m' } } } });
  const ratio =
    'sum by (namespace, pod, container) (increase(container_cpu_cfs_throttled_periods_total[5m])) / sum by (namespace, pod, container) (increase(container_cpu_cfs_periods_total[5m]))';
  const usage = 'rate(container_cpu_usage_seconds_total{namespace="shop"}[5m])';
  const answer = (query: string, value: number, agoMs = 0, labels: Record<string, string> = ofContainer) => ({
    query,
    series: [{ labels, points: [point(value, agoMs)] }],
  });

  it('names the limit, how much it holds back, and a larger one', () => {
    const metrics = [answer(ratio, 0.62), answer(usage, 0.198)];
    expect(run(limited, { observations: { metrics } })).toMatchObject([
      {
        code: 'cpu-throttled',
        object: { kind: 'Deployment', name: 'checkout' },
        cause: {
          path: 'spec.template.spec.containers[0].resources.limits.cpu',
          observed: '200m, throttled in 62 % of periods',
          expected: '400m',
        },
        recommendation: { values: { cpuLimit: '400m', currentLimit: '200m' } },
        confidence: 'high',
      },
    ]);
  });

  it.each<
    [
      why: string,
      metrics: {
        query: string;
        series: { labels: Record<string, string>; points: { at: number; value: number }[] }[];
      }[],
    ]
  >([
    ['a share in percent', [answer(`100 * ${ratio}`, 62)]],
    ['a share by pod', [answer(ratio, 0.62, 0, { namespace: 'shop', pod: 'checkout-1-aaaaa' })]],
    [
      'two rates',
      [
        answer('rate(container_cpu_cfs_throttled_periods_total[5m])', 6),
        answer('rate(container_cpu_cfs_periods_total[5m])', 10),
      ],
    ],
    [
      'two counters over time',
      [
        {
          query: 'container_cpu_cfs_throttled_periods_total',
          series: [{ labels: ofContainer, points: [point(100, minute), point(400)] }],
        },
        {
          query: 'container_cpu_cfs_periods_total',
          series: [{ labels: ofContainer, points: [point(1000, minute), point(1600)] }],
        },
      ],
    ],
  ])('reads %s', (_why, metrics) => {
    expect(codes(limited, { observations: { metrics } })).toEqual(['cpu-throttled']);
  });

  it('reads the recording rule of kube-prometheus as the rate that it is', () => {
    const rule =
      'sum(node_namespace_pod_container:container_cpu_usage_seconds_total:sum_irate) by (namespace,pod,container)';
    expect(codes(limited, { observations: { metrics: [answer(rule, 0.199)] } })).toEqual(['cpu-saturated']);
    expect(codes(limited, { observations: { metrics: [answer(rule, 0.1)] } })).toEqual([]);
  });

  it.each<[why: string, objects: WireObject[], metrics: ReturnType<typeof answer>[]]>([
    ['it is hardly held back', limited, [answer(ratio, 0.04), answer(usage, 0.05)]],
    ['the measurement is an hour old', limited, [answer(ratio, 0.62, hour)]],
    ['it has no limit any more', shop({}), [answer(ratio, 0.62)]],
    [
      'the counters only say what ever happened',
      limited,
      [answer('container_cpu_cfs_throttled_periods_total', 900), answer('container_cpu_cfs_periods_total', 1000)],
    ],
    ['another pod is meant', limited, [answer(ratio, 0.62, 0, { ...ofContainer, pod: 'other' })]],
  ])('is silent when %s', (_why, objects, metrics) => {
    expect(codes(objects, { observations: { metrics } })).toEqual([]);
  });

  it('is less sure when the container uses little of what it may', () => {
    expect(
      run(limited, { observations: { metrics: [answer(ratio, 0.4), answer(usage, 0.05)] } })[0]?.score,
    ).toBeLessThan(0.8);
  });

  it('says that all of the limit is used where throttling was not measured', () => {
    expect(run(limited, { observations: { metrics: [answer(usage, 0.199)] } })).toMatchObject([
      { code: 'cpu-saturated', cause: { observed: '200m, 100 % used' }, confidence: 'high' },
    ]);
    expect(codes(limited, { observations: { metrics: [answer(usage, 0.12)] } })).toEqual([]);
  });

  it('finds who fills a node that has no CPU left', () => {
    const load = {
      query: 'instance:node_cpu_utilisation:rate5m',
      series: [{ labels: { instance: 'n1' }, points: [point(0.99)] }],
    };
    expect(run(shop({}), { observations: { metrics: [answer(usage, 7.2), load] } })).toMatchObject([
      { code: 'cpu-saturated', object: { kind: 'Deployment' } },
    ]);
  });
});

describe('memory that the status does not tell of', () => {
  const limited = (status?: Extra) =>
    shop({
      container: { resources: { limits: { memory: '256Mi' } } },
      ...(status === undefined ? {} : { status, ready: false }),
    });

  it('hears the kernel count kills in a container that goes on', () => {
    const metrics = [
      { query: 'increase(container_oom_events_total[10m])', series: [{ labels: ofContainer, points: [point(3)] }] },
    ];
    expect(run(limited(), { observations: { metrics } })).toMatchObject([
      {
        code: 'container-oom-killed',
        cause: { observed: '256Mi' },
        recommendation: { values: { memoryLimit: '512Mi' } },
      },
    ]);
    expect(
      codes(limited(), {
        observations: {
          metrics: [{ query: 'container_oom_events_total', series: [{ labels: ofContainer, points: [point(3)] }] }],
        },
      }),
    ).toEqual([]);
  });

  it('takes exit code 137 at all of the limit for a memory kill, and below it for a crash', () => {
    const status = backOff(terminated({ exitCode: 137, agoMs: second }));
    const memory = (peakBytes: number) => [{ ...ofContainer, peakBytes, at: now }];
    expect(codes(limited(status), { memory: memory(255 * 2 ** 20) })).toContain('container-oom-killed');
    expect(codes(limited(status), { memory: memory(90 * 2 ** 20) })).toEqual(['container-crash-looping']);
  });
});

describe('node-out-of-memory', () => {
  const systemOom = (agoMs = minute): WireObject =>
    ({
      ...event({
        about: node('n1'),
        reason: 'SystemOOM',
        message: 'System OOM encountered, victim process: java, pid: 4242',
        agoMs,
      }),
      involvedObject: { kind: 'Node', name: 'n1', uid: 'n1' },
    }) as WireObject;
  const victim = backOff(terminated({ reason: 'OOMKilled', exitCode: 137, agoMs: 10 * second }));
  const everything = { scope: {} };

  it('blames the Node when a container without a limit was killed for it', () => {
    const found = run([...shop({ status: victim, ready: false }), systemOom()], everything);
    expect(found.find(({ code }) => code === 'node-out-of-memory')).toMatchObject({
      object: { kind: 'Node', name: 'n1' },
      pods: ['shop/checkout-1-aaaaa'],
      confidence: 'high',
    });
  });

  it.each<[why: string, objects: WireObject[]]>([
    ['the container was killed at its own limit', [...oomShop(), systemOom()]],
    ['it was hours ago', [...shop({ status: victim, ready: false }), systemOom(3 * hour)]],
    ['nothing suffers any more', [...healthyShop(), systemOom()]],
    [
      'the event is of a former node of that name',
      [
        ...shop({ status: victim, ready: false }),
        { ...systemOom(), involvedObject: { kind: 'Node', name: 'n1', uid: 'uid-former' } } as WireObject,
      ],
    ],
  ])('is silent when %s', (_why, objects) => {
    expect(codes(objects, everything)).not.toContain('node-out-of-memory');
  });
});

describe('liveness-probe-kills', () => {
  const container = { livenessProbe: { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 5 } };
  const killed = (exitCode = 137) =>
    runningAgain(terminated({ exitCode, agoMs: 20 * second, ranMs: minute }), 20 * second, 4);
  const withEvents = (objects: WireObject[], agoMs = 50 * second) => [
    ...objects,
    event({
      about: podOf(objects),
      reason: 'Killing',
      message: 'Container checkout failed liveness probe, will be restarted',
      agoMs,
      count: 4,
    }),
    event({
      about: podOf(objects),
      reason: 'Unhealthy',
      message: 'Liveness probe failed: Get "http://10.1.2.3:8080/healthz": context deadline exceeded',
      agoMs,
      count: 12,
    }),
  ];

  it.each([137, 143, 0])('names the probe when the kubelet restarts the container (exit code %i)', (exitCode) => {
    expect(run(withEvents(shop({ container, status: killed(exitCode) })))).toMatchObject([
      {
        code: 'liveness-probe-kills',
        cause: { path: 'spec.template.spec.containers[0].livenessProbe' },
        confidence: 'high',
      },
    ]);
  });

  it.each<[why: string, objects: WireObject[]]>([
    [
      'it recovered an hour ago',
      withEvents(shop({ container, status: runningAgain(terminated({ agoMs: hour, exitCode: 137 }), hour, 4) }), hour),
    ],
    [
      'the event is of a former pod',
      [
        ...shop({ container, status: killed() }),
        event({
          about: pod({ name: 'checkout-1-aaaaa', uid: 'former' }),
          reason: 'Killing',
          message: 'Container checkout failed liveness probe, will be restarted',
        }),
      ],
    ],
    ['it has no such probe', withEvents(shop({ status: killed() }))],
    [
      'memory was the reason',
      withEvents(
        shop({
          container,
          status: runningAgain(terminated({ reason: 'OOMKilled', exitCode: 137, agoMs: 20 * second }), 20 * second, 4),
        }),
      ),
    ],
    [
      'it crashes by itself since',
      withEvents(
        shop({ container, ready: false, status: backOff(terminated({ exitCode: 1, agoMs: second })) }),
        20 * minute,
      ),
    ],
  ])('is silent when %s', (_why, objects) => {
    expect(codes(objects)).not.toContain('liveness-probe-kills');
  });

  it('takes the place of the crash loop it makes', () => {
    const objects = withEvents(
      shop({ container, ready: false, status: backOff(terminated({ exitCode: 137, agoMs: 20 * second })) }),
    );
    expect(codes(objects)).toEqual(['liveness-probe-kills']);
  });
});

describe('container-port-conflict', () => {
  const two = [
    { name: 'checkout', image: 'c:1', ports: [{ containerPort: 8080 }] },
    { name: 'proxy', image: 'p:1', ports: [{ name: 'admin', containerPort: 9901 }, { containerPort: 8080 }] },
  ];
  const broken = (containers: Extra[], spec: Extra = {}) => {
    const objects = shop({ containers, ready: false, spec });
    return objects.map((object) =>
      object.kind === 'Pod'
        ? ({
            ...object,
            status: {
              ...(object as unknown as { status: Extra }).status,
              containerStatuses: containers.map(({ name, image }, index) => ({
                name,
                image,
                ...(index === containers.length - 1
                  ? backOff(terminated({ agoMs: second }))
                  : { ready: true, restartCount: 0, state: { running: { startedAt: ago(hour) } } }),
              })),
            },
          } as WireObject)
        : object,
    );
  };
  const inUse = (container: string) => log('listen tcp :8080: bind: address already in use', { container });

  it('names the port of the one that cannot listen', () => {
    const found = run(broken(two), { logs: [inUse('proxy')] });
    expect(found.find(({ code }) => code === 'container-port-conflict')).toMatchObject({
      object: { kind: 'Deployment' },
      cause: { path: 'spec.template.spec.containers[1].ports[1].containerPort', observed: '8080, also of checkout' },
      confidence: 'high',
    });
  });

  it('is no more than a guess without a log', () => {
    expect(run(broken(two)).find(({ code }) => code === 'container-port-conflict')?.confidence).not.toBe('high');
  });

  it('sees a port in the host network of the node', () => {
    const other = pod({
      name: 'exporter',
      owner: null,
      spec: {
        nodeName: 'n1',
        hostNetwork: true,
        containers: [{ name: 'e', ports: [{ containerPort: 8080, hostPort: 8080 }] }],
      },
    });
    const objects = [...broken([{ name: 'checkout', image: 'c:1' }], { hostNetwork: true }), other];
    expect(codes(objects, { logs: [inUse('checkout')] })).toContain('container-port-conflict');
  });

  it.each<[why: string, objects: WireObject[], logs: ContainerLog[]]>([
    [
      'nobody else is there',
      broken([{ name: 'checkout', image: 'c:1', ports: [{ containerPort: 8080 }] }]),
      [inUse('checkout')],
    ],
    [
      'the other has another port',
      broken([
        { name: 'checkout', image: 'c:1', ports: [{ containerPort: 9090 }] },
        { name: 'proxy', image: 'p:1', ports: [{ containerPort: 8080 }] },
      ]),
      [inUse('proxy')],
    ],
    ['it crashes for another reason', broken(two), [log('panic: boom', { container: 'proxy' })]],
    ['both are well', shop({ containers: two }), []],
  ])('is silent when %s', (_why, objects, logs) => {
    expect(codes(objects, { logs })).not.toContain('container-port-conflict');
  });
});

describe('disk-full', () => {
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'shop', uid: 'uid-data' },
    spec: { storageClassName: 'fast', resources: { requests: { storage: '10Gi' } } },
    status: { phase: 'Bound', capacity: { storage: '10Gi' } },
  } as WireObject;
  const mounting = {
    container: { volumeMounts: [{ name: 'data', mountPath: '/var/lib/data' }] },
    spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
  };
  const stats = (free: number, agoMs = 0) => ({
    metrics: [
      {
        query: 'kubelet_volume_stats_available_bytes',
        series: [{ labels: { namespace: 'shop', persistentvolumeclaim: 'data' }, points: [point(free, agoMs)] }],
      },
      {
        query: 'kubelet_volume_stats_capacity_bytes',
        series: [
          { labels: { namespace: 'shop', persistentvolumeclaim: 'data' }, points: [point(10 * 2 ** 30, agoMs)] },
        ],
      },
    ],
  });
  const noSpace = log('write /var/lib/data/wal/0001: no space left on device');
  const crashing = { status: backOff(terminated({ agoMs: second })), ready: false };

  it('names the claim that is measured full, and a larger size', () => {
    expect(
      run([...shop({ ...mounting, ...crashing }), claim], { observations: stats(2 ** 20), logs: [noSpace] }),
    ).toMatchObject([
      { code: 'container-crash-looping' },
      {
        code: 'disk-full',
        object: { kind: 'PersistentVolumeClaim', name: 'data' },
        cause: { path: 'spec.resources.requests.storage', expected: '15Gi' },
        confidence: 'high',
      },
    ]);
  });

  it.each<[query: string, value: number]>([
    ['kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes', 0.004],
    ['100 * kubelet_volume_stats_used_bytes / kubelet_volume_stats_capacity_bytes', 99.6],
    ['1 - kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes', 0.996],
    ['kubelet_volume_stats_inodes_free / kubelet_volume_stats_inodes', 0],
  ])('reads %s', (query, value) => {
    const metrics = [
      { query, series: [{ labels: { namespace: 'shop', persistentvolumeclaim: 'data' }, points: [point(value)] }] },
    ];
    expect(codes([...shop(mounting), claim], { observations: { metrics } })).toEqual(['disk-full']);
  });

  it('finds the claim by the path in the log', () => {
    expect(run([...shop({ ...mounting, ...crashing }), claim], { logs: [noSpace] }).at(-1)).toMatchObject({
      object: { kind: 'PersistentVolumeClaim' },
    });
  });

  it('blames the workload when the path is not on a claim', () => {
    const found = run([...shop({ ...mounting, ...crashing }), claim], {
      logs: [log('open /tmp/cache: no space left on device')],
    });
    expect(found.find(({ code }) => code === 'disk-full')).toMatchObject({ object: { kind: 'Deployment' } });
  });

  it.each<[why: string, objects: WireObject[], more: More]>([
    ['there is room', [...shop(mounting), claim], { observations: stats(5 * 2 ** 30) }],
    ['the measurement is old', [...shop(mounting), claim], { observations: stats(2 ** 20, hour) }],
    [
      'the log says so and the claim has room',
      [...shop({ ...mounting, ...crashing }), claim],
      { observations: stats(5 * 2 ** 30), logs: [noSpace] },
    ],
    [
      'the line was said once by a container that is well',
      [...shop(mounting), claim],
      { logs: [{ ...noSpace, previous: false }] },
    ],
  ])('is silent when %s', (_why, objects, more) => {
    expect(codes(objects, more)).not.toContain('disk-full');
  });
});

describe('pod-evicted', () => {
  const evicted = (name: string, message: string, agoMs = 5 * minute) =>
    pod({
      name,
      phase: 'Failed',
      ready: false,
      createdAgoMs: agoMs + minute,
      spec: {
        nodeName: 'n1',
        containers: [{ name: 'checkout', resources: { limits: { 'ephemeral-storage': '1Gi' } } }],
        volumes: [{ name: 'cache', emptyDir: { sizeLimit: '500Mi' } }],
      },
      status: { reason: 'Evicted', message, startTime: ago(agoMs), containerStatuses: [] },
    });
  const short = (objects: readonly WireObject[]) => [
    ...objects.filter(({ kind }) => kind !== 'Deployment' && kind !== 'Pod'),
    {
      ...deployment({ available: 0 }),
      spec: {
        ...(
          shop({
            container: { resources: { limits: { 'ephemeral-storage': '1Gi' } } },
            spec: { volumes: [{ name: 'cache', emptyDir: { sizeLimit: '500Mi' } }] },
          })[1] as unknown as { spec: Extra }
        ).spec,
      },
    } as WireObject,
  ];

  it.each<[message: string, path: string, observed: string, confidence: string]>([
    [
      'Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ',
      'spec.template.spec.containers[0].resources.limits.ephemeral-storage',
      '1Gi',
      'high',
    ],
    [
      'Container checkout exceeded its local ephemeral storage limit "1Gi". ',
      'spec.template.spec.containers[0].resources.limits.ephemeral-storage',
      '1Gi',
      'high',
    ],
    [
      'Usage of EmptyDir volume "cache" exceeds the limit "500Mi". ',
      'spec.template.spec.volumes[0].emptyDir.sizeLimit',
      '500Mi',
      'high',
    ],
    [
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 60Mi. Container checkout was using 900Mi, request is 0, has larger consumption of memory. ',
      'spec.template.spec.containers[0].resources.requests.memory',
      'not set',
      'medium',
    ],
  ])('reads "%s"', (message, path, observed, confidence) => {
    const objects = [
      ...short(healthyShop()),
      evicted('checkout-1-a', message),
      evicted('checkout-1-b', message, 2 * minute),
    ];
    expect(run(objects).filter(({ code }) => code === 'pod-evicted')).toMatchObject([
      { object: { kind: 'Deployment', name: 'checkout' }, cause: { path, observed }, confidence },
    ]);
  });

  const message = 'The node was low on resource: memory. ';
  it.each<[why: string, objects: WireObject[]]>([
    ['its controller replaced it', [...healthyShop(), evicted('checkout-1-a', message)]],
    ['it was yesterday', [...short(healthyShop()), evicted('checkout-1-a', message, 26 * hour)]],
    [
      'it failed for another reason',
      [
        ...short(healthyShop()),
        pod({ name: 'checkout-1-c', phase: 'Failed', ready: false, status: { reason: 'NodeShutdown' } }),
      ],
    ],
  ])('is silent when %s', (_why, objects) => {
    expect(codes(objects)).not.toContain('pod-evicted');
  });

  it('does not let a name in the message choose', () => {
    const objects = [
      ...short(healthyShop()),
      evicted('checkout-1-a', 'Container evil exceeded its local ephemeral storage limit "1Gi". '),
    ];
    expect(run(objects)[0]?.cause.path).not.toContain('limits');
  });
});

describe('Jobs', () => {
  const job = (
    name: string,
    condition: Extra | undefined,
    more: { owner?: Extra[]; spec?: Extra; status?: Extra } = {},
  ): WireObject =>
    ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name,
        namespace: 'shop',
        uid: `uid-${name}`,
        creationTimestamp: ago(hour),
        ...(more.owner === undefined ? {} : { ownerReferences: more.owner }),
      },
      spec: {
        backoffLimit: 2,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'work', image: 'w:1' }] } },
        ...more.spec,
      },
      status: {
        startTime: ago(30 * minute),
        ...(condition === undefined
          ? {}
          : { conditions: [{ status: 'True', lastTransitionTime: ago(10 * minute), ...condition }] }),
        ...more.status,
      },
    }) as unknown as WireObject;
  const exceeded = {
    type: 'Failed',
    reason: 'BackoffLimitExceeded',
    message: 'Job has reached the specified backoff limit',
  };
  const tooLate = {
    type: 'Failed',
    reason: 'DeadlineExceeded',
    message: 'Job was active longer than specified deadline',
  };
  const jobPod = (owner: string) =>
    pod({
      name: `${owner}-x1y2z`,
      owner: null,
      phase: 'Failed',
      ready: false,
      metadata: {
        ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: owner, uid: `uid-${owner}`, controller: true }],
      },
      spec: { restartPolicy: 'Never', nodeName: 'n1', containers: [{ name: 'work', image: 'w:1' }] },
      status: {
        containerStatuses: [
          { name: 'work', ready: false, restartCount: 0, state: terminated({ exitCode: 3, agoMs: 11 * minute }) },
        ],
      },
    });
  const cronJob = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'nightly', namespace: 'shop', uid: 'uid-nightly', creationTimestamp: ago(100 * hour) },
    spec: { schedule: '30 * * * *' },
    status: { lastScheduleTime: ago(30 * minute) },
  } as WireObject;
  const byCron = [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'nightly', uid: 'uid-nightly', controller: true }];

  it('says how the container of a Job that gave up ended', () => {
    expect(run([job('import', exceeded, { status: { failed: 3 } }), jobPod('import')])).toMatchObject([
      {
        code: 'job-backoff-exceeded',
        object: { kind: 'Job', name: 'import' },
        cause: { observed: 'container work ended with exit code 3' },
        confidence: 'high',
      },
    ]);
  });

  it('names the CronJob that makes the Job', () => {
    expect(run([cronJob, job('nightly-1', exceeded, { owner: byCron, status: { failed: 3 } })])).toMatchObject([
      {
        code: 'job-backoff-exceeded',
        object: { kind: 'CronJob', name: 'nightly' },
        cause: { path: 'spec.jobTemplate.spec.template.spec.containers[0]' },
      },
    ]);
  });

  it('names the deadline, and one that would do', () => {
    const done = job(
      'nightly-0',
      { type: 'Complete' },
      { owner: byCron, status: { startTime: ago(90 * minute), completionTime: ago(80 * minute) } },
    );
    expect(
      run([cronJob, done, job('nightly-1', tooLate, { owner: byCron, spec: { activeDeadlineSeconds: 300 } })]),
    ).toMatchObject([
      {
        code: 'job-deadline-exceeded',
        cause: { path: 'spec.jobTemplate.spec.activeDeadlineSeconds', observed: '300' },
        recommendation: { values: { activeDeadlineSeconds: 900 } },
      },
    ]);
  });

  it('does not blame the deadline when the pod never ran', () => {
    const late = job('import', tooLate, { spec: { activeDeadlineSeconds: 300 } });
    const gone = pod({ name: 'import-abcde', owner: null });
    const found = run([late, event({ about: gone, reason: 'FailedScheduling', agoMs: 12 * minute })]);
    expect(found[0]?.confidence).not.toBe('high');
    expect(run([late])[0]?.score).toBeGreaterThan(found[0]?.score ?? 1);
  });

  it.each<[why: string, objects: WireObject[]]>([
    ['it is done', [job('import', { type: 'Complete' })]],
    ['it is being tried again', [job('import', undefined, { status: { failed: 1, active: 1 } })]],
    [
      'the next one of its CronJob succeeded',
      [
        cronJob,
        job('nightly-1', exceeded, { owner: byCron }),
        job(
          'nightly-2',
          { type: 'Complete' },
          { owner: byCron, status: { startTime: ago(5 * minute), completionTime: ago(minute) } },
        ),
      ],
    ],
  ])('is silent when %s', (_why, objects) => {
    expect(codes(objects)).toEqual([]);
  });
});

describe('CronJobs', () => {
  const cronJob = (spec: Extra, status: Extra = {}, metadata: Extra = {}): WireObject =>
    ({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: {
        name: 'report',
        namespace: 'shop',
        uid: 'uid-report',
        creationTimestamp: ago(200 * hour),
        ...metadata,
      },
      spec: { schedule: '*/10 * * * *', ...spec },
      status,
    }) as WireObject;
  const ran = (agoMs: number) => ({ lastScheduleTime: ago(agoMs) });
  const asked = { scope: { object: { apiVersion: 'batch/v1', kind: 'CronJob', namespace: 'shop', name: 'report' } } };

  it('says that the CronJob that was asked about is suspended', () => {
    expect(run([cronJob({ suspend: true }, ran(5 * hour))], asked)).toMatchObject([
      {
        code: 'cron-job-suspended',
        cause: { path: 'spec.suspend', observed: 'true', expected: 'false' },
        confidence: 'high',
      },
    ]);
  });

  it('is hardly more than a hint in a whole namespace, and nothing where it never ran', () => {
    expect(run([...healthyShop(), cronJob({ suspend: true }, ran(5 * hour))])).toMatchObject([
      { code: 'cron-job-suspended', confidence: 'low' },
    ]);
    expect(run([...healthyShop(), cronJob({ suspend: true })])).toEqual([]);
  });

  it('tells who suspended it after it had run', () => {
    const managedFields = [
      {
        manager: 'kubectl-patch',
        operation: 'Update',
        time: ago(3 * hour),
        fieldsV1: { 'f:spec': { 'f:suspend': {} } },
      },
    ];
    const found = run([...healthyShop(), cronJob({ suspend: true }, ran(5 * hour), { managedFields })]);
    expect(found[0]?.support.map(({ kind, summary }) => `${kind} ${summary}`).join()).toContain('kubectl-patch');
  });

  const hanging = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: 'report-1',
      namespace: 'shop',
      uid: 'uid-report-1',
      ownerReferences: [
        { apiVersion: 'batch/v1', kind: 'CronJob', name: 'report', uid: 'uid-report', controller: true },
      ],
    },
    spec: {},
    status: { active: 1, startTime: ago(5 * hour) },
  } as WireObject;

  it('counts a run by hand, or one that the status does not tell of', () => {
    const late = cronJob({}, ran(5 * hour));
    const byHand = (agoMs: number) => ({
      ...hanging,
      metadata: { ...hanging.metadata, creationTimestamp: ago(agoMs) },
      status: { conditions: [{ type: 'Complete', status: 'True' }] },
    });
    expect(run([late, byHand(4 * hour)], asked)).toMatchObject([{ code: 'cron-job-missed' }]);
    expect(run([late, byHand(minute)], asked)).toEqual([]);
    expect(run([cronJob({}, { ...ran(5 * hour), lastSuccessfulTime: ago(minute) })], asked)).toEqual([]);
  });

  it('tells who asks that a run was left out a moment ago, and nobody else', () => {
    const now1 = cronJob(
      { schedule: '* * * * *', concurrencyPolicy: 'Forbid' },
      { ...ran(90 * second), active: [{ name: 'report-1' }] },
    );
    const said = event({
      about: now1,
      reason: 'JobAlreadyActive',
      message: 'Not starting job because prior execution is running',
      agoMs: 20 * second,
    });
    const current = { ...hanging, metadata: { ...hanging.metadata, creationTimestamp: ago(90 * second) } };
    expect(run([now1, current, said], asked)).toMatchObject([
      { code: 'cron-job-missed', cause: { path: 'spec.concurrencyPolicy' } },
    ]);
    expect(run([now1, current], asked)).toEqual([]);
    expect(run([...healthyShop(), now1, current, said])).toEqual([]);
  });

  it.each<[why: string, objects: WireObject[], path: string, confidence: string]>([
    [
      'its last Job hangs and it forbids another',
      [cronJob({ concurrencyPolicy: 'Forbid' }, { ...ran(5 * hour), active: [{ name: 'report-1' }] }), hanging],
      'spec.concurrencyPolicy',
      'high',
    ],
    [
      'its starting deadline is too short',
      [cronJob({ startingDeadlineSeconds: 5 }, ran(5 * hour))],
      'spec.startingDeadlineSeconds',
      'high',
    ],
    [
      'too many were missed',
      [
        cronJob({}, ran(50 * hour)),
        event({
          about: cronJob({}),
          reason: 'TooManyMissedTimes',
          message:
            'too many missed start times: 101. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
        }),
      ],
      'spec.startingDeadlineSeconds',
      'high',
    ],
    ['nothing says why', [cronJob({}, ran(5 * hour))], 'status.lastScheduleTime', 'medium'],
    [
      'its schedule cannot be read',
      [
        cronJob({ schedule: 'every day' }, ran(5 * hour)),
        event({ about: cronJob({}), reason: 'UnparseableSchedule', message: 'unparseable schedule' }),
      ],
      'spec.schedule',
      'high',
    ],
  ])('says that it does not run because %s', (_why, objects, path, confidence) => {
    expect(run(objects)).toMatchObject([
      { code: 'cron-job-missed', object: { name: 'report' }, cause: { path }, confidence },
    ]);
  });

  it.each<[why: string, objects: WireObject[]]>([
    ['it ran when it was due', [cronJob({}, ran(4 * minute))]],
    ['it runs once a day and was not due yet', [cronJob({ schedule: '0 3 * * *' }, ran(7 * hour))]],
    ['it was made a minute ago', [cronJob({}, {}, { creationTimestamp: ago(minute) })]],
    ['it runs by the clock of another zone', [cronJob({ schedule: '0 18 * * *', timeZone: 'Asia/Tokyo' }, ran(hour))]],
    [
      'an old event tells of a miss',
      [cronJob({}, ran(4 * minute)), event({ about: cronJob({}), reason: 'MissSchedule', agoMs: 20 * minute })],
    ],
  ])('is silent when %s', (_why, objects) => {
    expect(run(objects)).toEqual([]);
  });
});

describe('finalizer-stuck', () => {
  const gone = (
    kind: string,
    apiVersion: string,
    finalizers: string[],
    agoMs = 30 * minute,
    more: Extra = {},
  ): WireObject =>
    ({
      apiVersion,
      kind,
      metadata: {
        name: 'old',
        namespace: 'shop',
        uid: 'uid-old',
        creationTimestamp: ago(5 * hour),
        deletionTimestamp: ago(agoMs),
        finalizers,
      },
      ...more,
    }) as WireObject;

  it.each<[kind: string, apiVersion: string, finalizer: string, whose: string]>([
    ['Service', 'v1', 'service.kubernetes.io/load-balancer-cleanup', 'the cloud controller'],
    ['PersistentVolumeClaim', 'v1', 'kubernetes.io/pvc-protection', 'the control plane'],
    ['ConfigMap', 'v1', 'widgets.example.com/cleanup', 'widgets.example.com'],
    ['Application', 'argoproj.io/v1alpha1', 'resources-finalizer.argocd.argoproj.io', 'Argo CD'],
  ])('names the %s, its finalizer, and whose it is', (kind, apiVersion, finalizer, whose) => {
    const [found] = run([gone(kind, apiVersion, [finalizer])]);
    expect(found).toMatchObject({
      code: 'finalizer-stuck',
      object: { kind, name: 'old' },
      cause: { path: 'metadata.finalizers', observed: finalizer },
      confidence: 'high',
    });
    expect(found?.cause.expected).toContain(whose);
  });

  it('says which pod still uses a claim', () => {
    const user = pod({
      name: 'user',
      owner: null,
      spec: { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'old' } }] },
    });
    expect(
      run([node('n1'), user, gone('PersistentVolumeClaim', 'v1', ['kubernetes.io/pvc-protection'])])[0]?.summary,
    ).toContain('Pod shop/user');
  });

  it('says when the controller of the finalizer is down', () => {
    const operator = {
      ...deployment({ name: 'widgets-operator', namespace: 'shop', available: 0 }),
      status: { replicas: 1 },
    } as WireObject;
    const found = run([operator, gone('ConfigMap', 'v1', ['widgets.example.com/cleanup'])]);
    expect(found.find(({ code }) => code === 'finalizer-stuck')?.summary).toContain('no ready pod');
  });

  const namespace = (conditions: Extra[]): WireObject =>
    ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop', uid: 'uid-ns', deletionTimestamp: ago(hour) },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Terminating', conditions },
    }) as WireObject;
  const remaining = {
    type: 'NamespaceFinalizersRemaining',
    status: 'True',
    reason: 'SomeFinalizersRemain',
    message: 'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
  };

  it('names the Namespace when nothing that was read in it is stuck', () => {
    expect(run([namespace([remaining])])).toMatchObject([
      { object: { kind: 'Namespace', name: 'shop' }, cause: { path: 'spec.finalizers', observed: remaining.message } },
    ]);
  });

  it('names what is stuck in a Namespace, which suffers from it', () => {
    expect(run([namespace([remaining]), gone('ConfigMap', 'v1', ['example.com/hold'])])).toMatchObject([
      { object: { kind: 'ConfigMap' }, affects: [{ kind: 'Namespace' }] },
    ]);
  });

  it.each<[why: string, object: WireObject]>([
    ['it was deleted a moment ago', gone('ConfigMap', 'v1', ['example.com/hold'], 20 * second)],
    [
      'it has a finalizer and is not deleted',
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'c', namespace: 'shop', finalizers: ['example.com/hold'] },
      } as unknown as WireObject,
    ],
  ])('is silent when %s', (_why, object) => {
    expect(run([object])).toEqual([]);
  });
});

describe('pod-stuck-terminating', () => {
  const leaving = (agoMs: number, more: Extra = {}) =>
    pod({
      name: 'old',
      owner: null,
      metadata: { deletionTimestamp: ago(agoMs), deletionGracePeriodSeconds: 30, ...more },
    });

  it.each<[why: string, objects: WireObject[], path: string, more: More]>([
    [
      'its node does not answer',
      [node('n1', '16Gi', { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }), leaving(20 * minute)],
      'spec.nodeName',
      {},
    ],
    ['its node is gone', [leaving(20 * minute)], 'spec.nodeName', { wholeLists: [{ kind: 'Node' }] }],
    ['the kubelet does not stop it', [node('n1'), leaving(20 * minute)], 'metadata.deletionTimestamp', {}],
  ])('names the Pod when %s', (_why, objects, path, more) => {
    expect(run(objects, more)).toMatchObject([
      { code: 'pod-stuck-terminating', object: { kind: 'Pod', name: 'old' }, cause: { path }, confidence: 'high' },
    ]);
  });

  it('leaves pods that a finalizer keeps to their own code, and those that just go alone', () => {
    expect(codes([node('n1'), leaving(20 * minute, { finalizers: ['example.com/hold'] })])).toEqual([
      'finalizer-stuck',
    ]);
    expect(run([node('n1'), leaving(30 * second)])).toEqual([]);
  });
});

describe('rollout-stuck of sets', () => {
  const set = (kind: string, status: Extra, spec: Extra = {}): WireObject =>
    ({
      apiVersion: 'apps/v1',
      kind,
      metadata: { name: 'db', namespace: 'shop', uid: 'uid-db', generation: 2 },
      spec: { replicas: 3, selector: { matchLabels: { app: 'checkout' } }, template: {}, ...spec },
      status: { observedGeneration: 2, ...status },
    }) as WireObject;
  const member = (name: string, hash: string, isReady: boolean, status?: Extra, kind = 'StatefulSet') =>
    pod({
      name,
      owner: null,
      ready: isReady,
      metadata: {
        labels: { app: 'checkout', 'controller-revision-hash': hash },
        ownerReferences: [{ apiVersion: 'apps/v1', kind, name: 'db', uid: 'uid-db', controller: true }],
      },
      ...(status === undefined ? {} : { containers: [{ status }] }),
    });
  const loop = backOff(terminated({ agoMs: second }));
  const rolling = {
    replicas: 3,
    readyReplicas: 2,
    updatedReplicas: 1,
    currentRevision: 'db-1',
    updateRevision: 'db-2',
  };
  const ofSet = (objects: WireObject[]) => run([node('n1'), ...objects]).filter(({ code }) => code === 'rollout-stuck');

  it('names the StatefulSet whose newest pod does not come up', () => {
    expect(
      ofSet([set('StatefulSet', rolling), member('db-0', 'db-1', true), member('db-2', 'db-2', false, loop)]),
    ).toMatchObject([{ object: { kind: 'StatefulSet', name: 'db' }, pods: ['shop/db-2'] }]);
  });

  it('says which pod of the former revision must be deleted', () => {
    const status = { ...rolling, updatedReplicas: 0, updateRevision: 'db-3', currentRevision: 'db-1' };
    expect(ofSet([set('StatefulSet', status), member('db-2', 'db-2', false, loop)])).toMatchObject([
      { recommendation: { values: { pod: 'db-2' } } },
    ]);
  });

  it('sees the first pod of an ordered StatefulSet hold back the rest', () => {
    expect(
      ofSet([
        set('StatefulSet', { replicas: 1, currentRevision: 'db-1', updateRevision: 'db-1' }),
        member('db-0', 'db-1', false, loop),
      ]),
    ).toHaveLength(1);
  });

  it('names the DaemonSet', () => {
    const status = { desiredNumberScheduled: 3, updatedNumberScheduled: 1, numberReady: 2 };
    expect(ofSet([set('DaemonSet', status), member('db-x', 'db-2', false, loop, 'DaemonSet')])).toMatchObject([
      { object: { kind: 'DaemonSet' } },
    ]);
  });

  it.each<[why: string, objects: WireObject[]]>([
    [
      'all is rolled out',
      [
        set('StatefulSet', { ...rolling, readyReplicas: 3, updatedReplicas: 3, currentRevision: 'db-2' }),
        member('db-0', 'db-2', true),
      ],
    ],
    [
      'a pod fails long after the rollout',
      [
        set('StatefulSet', { ...rolling, updatedReplicas: 3, currentRevision: 'db-2' }),
        member('db-2', 'db-2', false, loop),
      ],
    ],
    [
      'it waits for somebody to delete pods',
      [set('StatefulSet', rolling, { updateStrategy: { type: 'OnDelete' } }), member('db-2', 'db-2', false, loop)],
    ],
    [
      'the new pod is just being made',
      [
        set('StatefulSet', rolling),
        {
          ...member('db-2', 'db-2', false),
          status: {
            phase: 'Pending',
            conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: ago(20 * second) }],
            containerStatuses: [],
          },
        } as WireObject,
      ],
    ],
    [
      'the status speaks of an older spec',
      [set('StatefulSet', { ...rolling, observedGeneration: 1 }), member('db-2', 'db-2', false, loop)],
    ],
  ])('is silent when %s', (_why, objects) => {
    expect(ofSet(objects)).toEqual([]);
  });
});

describe('readiness-flapping', () => {
  const container = { readinessProbe: { httpGet: { path: '/ready', port: 8080 } } };
  const readySince = (agoMs: number, status = 'True') => [{ type: 'Ready', status, lastTransitionTime: ago(agoMs) }];
  const failing = (objects: WireObject[], given: { agoMs?: number; firstAgoMs?: number; count?: number } = {}) => [
    ...objects,
    {
      ...event({
        about: podOf(objects),
        reason: 'Unhealthy',
        message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
        agoMs: given.agoMs ?? minute,
        count: given.count ?? 9,
      }),
      firstTimestamp: ago(given.firstAgoMs ?? 40 * minute),
    } as WireObject,
  ];

  it('names the probe of a pod that turned ready lately, long after it started, and failed in between', () => {
    expect(run(failing(shop({ container, conditions: readySince(2 * minute) })))).toMatchObject([
      {
        code: 'readiness-flapping',
        object: { kind: 'Deployment' },
        cause: { path: 'spec.template.spec.containers[0].readinessProbe' },
        confidence: 'high',
      },
    ]);
  });

  it('reads the recorded readiness', () => {
    const points = [1, 0, 1, 0, 1].map((value, index) => point(value, (5 - index) * minute));
    const metrics = [
      {
        query: 'kube_pod_status_ready{condition="true"}',
        series: [{ labels: { namespace: 'shop', pod: 'checkout-1-aaaaa', condition: 'true' }, points }],
      },
    ];
    expect(codes(shop({ container, conditions: readySince(minute) }), { observations: { metrics } })).toEqual([
      'readiness-flapping',
    ]);
  });

  it.each<[why: string, objects: WireObject[]]>([
    ['it is ready for an hour', failing(shop({ container, conditions: readySince(hour) }))],
    [
      'it failed while it came up',
      failing(shop({ container, conditions: readySince(2 * minute) }), { firstAgoMs: 59 * minute }),
    ],
    ['it failed once', failing(shop({ container, conditions: readySince(2 * minute) }), { count: 1 })],
    ['it never gets ready', failing(shop({ container, ready: false, conditions: readySince(9 * minute, 'False') }))],
    ['it has no such probe', failing(shop({ conditions: readySince(2 * minute) }))],
    [
      'it was restarted',
      failing(
        shop({
          container,
          conditions: readySince(2 * minute),
          status: runningAgain(terminated({ agoMs: 3 * minute }), 3 * minute, 2),
        }),
      ),
    ],
  ])('is silent when %s', (_why, objects) => {
    expect(codes(objects)).not.toContain('readiness-flapping');
  });
});

describe('the family as a whole', () => {
  it('gives the same answer in any order of the objects', () => {
    const all = [crashShop(), oomShop()];
    fc.assert(
      fc.property(fc.constantFrom(...all), fc.infiniteStream(fc.nat()), (objects, random) => {
        const shuffled = objects
          .map((object) => ({ object, key: random.next().value }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ object }) => object);
        expect(run(shuffled)).toEqual(run(objects));
      }),
      { numRuns: 30 },
    );
  });

  it('never throws over hostile objects', () => {
    const kinds = [
      ['v1', 'Pod'],
      ['batch/v1', 'Job'],
      ['batch/v1', 'CronJob'],
      ['apps/v1', 'StatefulSet'],
      ['apps/v1', 'DaemonSet'],
      ['v1', 'Namespace'],
      ['v1', 'PersistentVolumeClaim'],
      ['v1', 'Node'],
      ['v1', 'Event'],
    ] as const;
    const odd = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(null, 0, -1, 'x', '', true, '2026-11-21T09:00:00Z'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom(
            'containers',
            'containerStatuses',
            'state',
            'terminated',
            'conditions',
            'type',
            'status',
            'name',
            'schedule',
            'suspend',
            'replicas',
            'reason',
            'Failed',
          ),
          tie('value'),
          { maxKeys: 4 },
        ),
      ),
    })).value;
    fc.assert(
      fc.property(fc.constantFrom(...kinds), odd, odd, fc.boolean(), ([apiVersion, kind], spec, status, deleted) => {
        const object = {
          apiVersion,
          kind,
          metadata: {
            name: 'odd',
            namespace: 'shop',
            ...(deleted ? { deletionTimestamp: ago(hour), finalizers: spec } : {}),
          },
          spec,
          status,
        } as unknown as WireObject;
        expect(() => run([object, ...crashShop()], { scope: {}, logs: [log('x')] })).not.toThrow();
      }),
    );
  });
});
