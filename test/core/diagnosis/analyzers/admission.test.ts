import { describe, expect, it } from 'vitest';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { analyzeAdmission } from '../../../../src/core/diagnosis/analyzers/admission.ts';
import { everything, requesting } from '../../../support/placement-objects.ts';
import {
  limitRange,
  namespaceWith,
  refusedDeployment,
  resourceQuota,
  statefulSet,
  webhookConfiguration,
} from '../../../support/refusal-objects.ts';
import { ago, deployment, event, minute } from '../../../support/shop-objects.ts';
import { runAnalyzer } from './run-analyzer.ts';

const run = (objects: readonly WireObject[], wholeLists = everything) =>
  runAnalyzer(analyzeAdmission, objects, { wholeLists, scope: { namespace: 'shop' } });

const small = requesting({ cpu: '500m', memory: '256Mi' });
const bare = { containers: [{ name: 'app', image: 'registry.example/app:1' }] };
const web = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
const quotaRef = { apiVersion: 'v1', kind: 'ResourceQuota', namespace: 'shop', name: 'compute' };
const forbidden = (rest: string) => `pods "web-5d4f8-" is forbidden: ${rest}`;
const exceeded = (requested: string, used: string, limited: string) =>
  forbidden(`exceeded quota: compute, requested: ${requested}, used: ${used}, limited: ${limited}`);
const serviceObject = (name: string, port = 443) =>
  ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'hooks', uid: `uid-${name}` },
    spec: { ports: [{ port }] },
  }) as unknown as WireObject;
const sliceOf = (name: string, ready: boolean) =>
  ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-1`, namespace: 'hooks', labels: { 'kubernetes.io/service-name': name } },
    endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready } }],
    ports: [{ port: 8443 }],
  }) as unknown as WireObject;
const hook = (more: object = {}) =>
  webhookConfiguration('guard', {
    name: 'pods.guard.example',
    failurePolicy: 'Fail',
    clientConfig: { service: { namespace: 'hooks', name: 'guard', port: 443 } },
    ...more,
  });
const calling =
  'Internal error occurred: failed calling webhook "pods.guard.example": failed to call webhook: Post "https://guard.hooks.svc:443/pods?timeout=10s": ';
const restricted = namespaceWith({ 'pod-security.kubernetes.io/enforce': 'restricted' });
const violation = forbidden(
  'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "app" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "app" must set securityContext.capabilities.drop=["ALL"])',
);

type Row = readonly [
  what: string,
  code: string,
  objects: readonly WireObject[],
  more: { path?: string; observed?: RegExp; expected?: RegExp; object?: object },
];

const faults: readonly Row[] = [
  [
    'pods',
    'quota-exceeded',
    [...refusedDeployment(exceeded('pods=1', 'pods=3', 'pods=3'), small), resourceQuota({ pods: '3' }, { pods: '3' })],
    { path: 'spec.hard.pods', observed: /^3 \(used 3, asked 1\)$/, expected: /at least 6/, object: quotaRef },
  ],
  [
    'cpu',
    'quota-exceeded',
    [
      ...refusedDeployment(exceeded('requests.cpu=500m', 'requests.cpu=1800m', 'requests.cpu=2'), small),
      resourceQuota({ 'requests.cpu': '2' }, { 'requests.cpu': '1800m' }),
    ],
    { path: 'spec.hard["requests.cpu"]', observed: /^2 \(used 1800m, asked 500m\)$/, object: quotaRef },
  ],
  [
    'memory limits',
    'quota-exceeded',
    [
      ...refusedDeployment(exceeded('limits.memory=1Gi', 'limits.memory=4Gi', 'limits.memory=4Gi'), {
        containers: [{ name: 'app', resources: { limits: { memory: '1Gi' } } }],
      }),
      resourceQuota({ 'limits.memory': '4Gi' }, { 'limits.memory': '4Gi' }),
    ],
    { path: 'spec.hard["limits.memory"]', object: quotaRef },
  ],
  [
    'a quota that demands what is not said',
    'quota-exceeded',
    [
      ...refusedDeployment(
        forbidden('failed quota: compute: must specify limits.cpu for: app; requests.memory for: app'),
        bare,
      ),
      resourceQuota({ 'limits.cpu': '4', 'requests.memory': '4Gi' }, { 'limits.cpu': '0', 'requests.memory': '0' }),
    ],
    {
      path: 'spec.hard["requests.memory"]',
      observed: /spec\.template\.spec\.containers\[0\]\.resources\.requests\.memory/,
      object: quotaRef,
    },
  ],
  [
    'claims of a StatefulSet',
    'quota-exceeded',
    (() => {
      const db = statefulSet(small, {
        claims: [{ metadata: { name: 'data' }, spec: { resources: { requests: { storage: '10Gi' } } } }],
      });
      return [
        db,
        event({
          about: db,
          reason: 'FailedCreate',
          message:
            'create Pod db-0 in StatefulSet db failed error: failed to create PVC data-db-0: persistentvolumeclaims "data-db-0" is forbidden: exceeded quota: compute, requested: requests.storage=10Gi, used: requests.storage=45Gi, limited: requests.storage=50Gi',
        }),
        resourceQuota(
          { 'requests.storage': '50Gi', persistentvolumeclaims: '10' },
          { 'requests.storage': '45Gi', persistentvolumeclaims: '4' },
        ),
      ];
    })(),
    { path: 'spec.hard["requests.storage"]', observed: /50Gi \(used 45Gi, asked 10Gi\)/, object: quotaRef },
  ],
  [
    'a limit above the maximum',
    'limit-range-violated',
    [
      ...refusedDeployment(forbidden('maximum memory usage per Container is 512Mi, but limit is 1Gi'), {
        containers: [{ name: 'app', resources: { limits: { memory: '1Gi', cpu: '100m' } } }],
      }),
      limitRange({ type: 'Container', max: { memory: '512Mi' } }),
    ],
    {
      path: 'spec.template.spec.containers[0].resources.limits.memory',
      observed: /^1Gi$/,
      expected: /at most 512Mi .*LimitRange shop\/bounds, max memory per Container/,
    },
  ],
  [
    'a request below the minimum',
    'limit-range-violated',
    [
      ...refusedDeployment(forbidden('minimum cpu usage per Container is 1, but request is 500m'), small),
      limitRange({ type: 'Container', min: { cpu: '1' } }),
    ],
    { path: 'spec.template.spec.containers[0].resources.requests.cpu', observed: /^500m$/, expected: /at least 1 / },
  ],
  [
    'a ratio',
    'limit-range-violated',
    [
      ...refusedDeployment(
        forbidden('cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000'),
        { containers: [{ name: 'app', resources: { requests: { cpu: '1' }, limits: { cpu: '4' } } }] },
      ),
      limitRange({ type: 'Container', maxLimitRequestRatio: { cpu: '2' } }),
    ],
    { path: 'spec.template.spec.containers[0].resources.limits.cpu', expected: /ratio of at most 2/ },
  ],
  [
    'a claim larger than allowed',
    'limit-range-violated',
    (() => {
      const db = statefulSet(small, {
        claims: [{ metadata: { name: 'data' }, spec: { resources: { requests: { storage: '10Gi' } } } }],
      });
      return [
        db,
        event({
          about: db,
          reason: 'FailedCreate',
          message:
            'create Claim data-db-0 Pod db-0 in StatefulSet db failed error: persistentvolumeclaims "data-db-0" is forbidden: maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 10Gi',
        }),
        limitRange({ type: 'PersistentVolumeClaim', max: { storage: '5Gi' } }),
      ];
    })(),
    {
      path: 'spec.volumeClaimTemplates[0].spec.resources.requests.storage',
      observed: /^10Gi$/,
      expected: /at most 5Gi/,
      object: { kind: 'StatefulSet', name: 'db' },
    },
  ],
  [
    'an account that is not there',
    'service-account-missing',
    [
      ...refusedDeployment(
        forbidden('error looking up service account shop/chekout: serviceaccount "chekout" not found'),
        { ...small, serviceAccountName: 'chekout' },
      ),
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'checkout', namespace: 'shop' } } as WireObject,
    ],
    { path: 'spec.template.spec.serviceAccountName', observed: /^chekout$/, expected: /^checkout$/ },
  ],
  [
    'a webhook that says no',
    'admission-webhook-denies',
    [
      ...refusedDeployment(
        'admission webhook "pods.guard.example" denied the request: images must come from registry.example',
        small,
      ),
      hook(),
    ],
    { observed: /images must come from/, expected: /pods\.guard\.example/ },
  ],
  [
    'a policy that says no',
    'admission-policy-denies',
    refusedDeployment(
      forbidden(
        "ValidatingAdmissionPolicy 'no-latest' with binding 'no-latest-shop' denied request: failed expression: !image.endsWith(':latest')",
      ),
      small,
    ),
    { expected: /no-latest/ },
  ],
  [
    'a webhook without its Service',
    'admission-webhook-unreachable',
    [...refusedDeployment(`${calling}service "guard" not found`, small), hook()],
    {
      path: 'webhooks[0].clientConfig.service.name',
      observed: /hooks\/guard/,
      object: { kind: 'ValidatingWebhookConfiguration', name: 'guard' },
    },
  ],
  [
    'a webhook without endpoints',
    'admission-webhook-unreachable',
    [
      ...refusedDeployment(`${calling}no endpoints available for service "guard"`, small),
      hook(),
      serviceObject('guard'),
      sliceOf('guard', false),
    ],
    { path: 'webhooks[0].clientConfig.service', observed: /no ready endpoints/, object: { name: 'guard' } },
  ],
  [
    'a webhook on a wrong port',
    'admission-webhook-unreachable',
    [
      ...refusedDeployment(`${calling}dial tcp 10.96.3.4:443: i/o timeout`, small),
      hook(),
      serviceObject('guard', 9443),
      sliceOf('guard', true),
    ],
    { path: 'webhooks[0].clientConfig.service.port', observed: /^443$/, expected: /9443/, object: { name: 'guard' } },
  ],
  [
    'a webhook whose certificate is not trusted',
    'admission-webhook-unreachable',
    [
      ...refusedDeployment(
        `${calling}tls: failed to verify certificate: x509: certificate signed by unknown authority`,
        small,
      ),
      hook(),
      serviceObject('guard'),
      sliceOf('guard', true),
    ],
    { path: 'webhooks[0].clientConfig.caBundle', object: { name: 'guard' } },
  ],
  [
    'Pod Security',
    'pod-security-violated',
    [
      ...refusedDeployment(violation, {
        ...bare,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      }),
      restricted,
    ],
    {
      path: 'spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation',
      observed: /not set/,
      expected: /^false$/,
    },
  ],
  [
    'a field that is not valid',
    'pod-spec-invalid',
    refusedDeployment(
      'Pod "web-5d4f8-abcde" is invalid: spec.containers[0].resources.requests: Invalid value: "1Gi": must be less than or equal to memory limit of 512Mi',
      small,
    ),
    {
      path: 'spec.template.spec.containers[0].resources.requests',
      observed: /^1Gi$/,
      expected: /less than or equal to memory limit/,
    },
  ],
  [
    'a priority class that is not there',
    'pod-spec-invalid',
    refusedDeployment(forbidden('no PriorityClass with name hihg was found'), { ...small, priorityClassName: 'hihg' }),
    { path: 'spec.template.spec.priorityClassName', observed: /^hihg$/ },
  ],
];

describe('why pods are not created', () => {
  it.each(faults)('%s: %s', (_what, code, objects, { path, observed, expected, object = web }) => {
    const found = run(objects);
    expect(found.map((finding) => finding.code)).toEqual([code]);
    expect(found[0]).toMatchObject({ object, confidence: 'high' });
    if (path !== undefined) expect(found[0]?.cause.path).toBe(path);
    if (observed !== undefined) expect(found[0]?.cause.observed).toMatch(observed);
    if (expected !== undefined) expect(found[0]?.cause.expected).toMatch(expected);
  });

  it.each(faults)('finds the same under other names (%s)', (_what, code, objects) => {
    const renamed: readonly WireObject[] = JSON.parse(
      JSON.stringify(objects)
        .replaceAll(/\bweb\b/g, 'zebra-7')
        .replaceAll('"n1"', '"ip-10-0-0-1"'),
    );
    expect(run(renamed).map((finding) => finding.code)).toEqual([code]);
  });

  it.each(faults)('says the same whatever the order of the objects (%s)', (_what, _code, objects) => {
    const words = (list: readonly WireObject[]) =>
      run(list).map(({ code, cause, object, summary }) => ({ code, cause, object, summary }));
    expect(words([...objects].reverse())).toEqual(words(objects));
  });

  it.each(faults)(
    'says nothing once all pods are there, whatever conditions and events still say (%s)',
    (_what, _code, objects) => {
      const healed = objects.map((object) => {
        const plain = object as unknown as { status?: { conditions?: unknown } };
        return ['Deployment', 'ReplicaSet', 'StatefulSet'].includes(object.kind)
          ? ({ ...object, status: { ...plain.status, replicas: 3, updatedReplicas: 3 } } as unknown as WireObject)
          : object;
      });
      expect(run(healed)).toEqual([]);
    },
  );

  it.each(faults)('reads the event where there is no condition (%s)', (_what, code, objects) => {
    const replicaSet = objects.find(({ kind }) => kind === 'ReplicaSet');
    if (replicaSet === undefined) return;
    const message =
      (replicaSet as unknown as { status: { conditions: { message: string }[] } }).status.conditions[0]?.message ?? '';
    const silent = objects.map((object) =>
      ['Deployment', 'ReplicaSet'].includes(object.kind)
        ? ({ ...object, status: { replicas: 0, updatedReplicas: 0 } } as unknown as WireObject)
        : object,
    );
    const told = (agoMs: number, uid?: string) =>
      event({
        about: replicaSet,
        reason: 'FailedCreate',
        message: `Error creating: ${message}`,
        agoMs,
        ...(uid === undefined ? {} : { uid }),
      });
    expect(run([...silent, told(minute)]).map((finding) => finding.code)).toEqual([code]);
    expect(run([...silent, told(90 * minute)])).toEqual([]);
    expect(run([...silent, told(minute, 'uid-of-a-former-one')])).toEqual([]);
    expect(run(silent)).toEqual([]);
  });
});

describe('what has been answered since', () => {
  it.each<[what: string, objects: readonly WireObject[]]>([
    [
      'a quota that was raised',
      [
        ...refusedDeployment(exceeded('pods=1', 'pods=3', 'pods=3'), small),
        resourceQuota({ pods: '10' }, { pods: '3' }),
      ],
    ],
    ['a quota that was removed', refusedDeployment(exceeded('pods=1', 'pods=3', 'pods=3'), small)],
    [
      'a LimitRange that was eased',
      [
        ...refusedDeployment(forbidden('maximum cpu usage per Container is 200m, but limit is 500m'), small),
        limitRange({ type: 'Container', min: { cpu: '1m' } }),
      ],
    ],
    [
      'an account that is there now',
      [
        ...refusedDeployment(forbidden('error looking up service account shop/web: serviceaccount "web" not found'), {
          ...small,
          serviceAccountName: 'web',
        }),
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'web', namespace: 'shop' } } as WireObject,
      ],
    ],
    [
      'a webhook that was removed',
      refusedDeployment('admission webhook "pods.guard.example" denied the request: no', small),
    ],
    [
      'a webhook that answers again',
      [
        ...refusedDeployment(`${calling}no endpoints available for service "guard"`, small),
        hook(),
        serviceObject('guard'),
        sliceOf('guard', true),
      ],
    ],
    [
      'a webhook that need not be asked',
      [...refusedDeployment(`${calling}service "guard" not found`, small), hook({ failurePolicy: 'Ignore' })],
    ],
    [
      'a namespace that was eased',
      [...refusedDeployment(violation, bare), namespaceWith({ 'pod-security.kubernetes.io/enforce': 'privileged' })],
    ],
    [
      'a template that says what a quota demands',
      [
        ...refusedDeployment(forbidden('failed quota: compute: must specify requests.cpu for: app'), small),
        resourceQuota({ 'requests.cpu': '4' }, { 'requests.cpu': '0' }),
      ],
    ],
    [
      'a namespace that is going',
      refusedDeployment(
        forbidden('unable to create new content in namespace shop because it is being terminated'),
        small,
      ),
    ],
  ])('%s is not blamed', (_what, objects) => {
    expect(run(objects)).toEqual([]);
  });
});

describe('a quota', () => {
  it('is not blamed for being full while nobody lacks anything', () => {
    expect(
      run([...refusedDeployment(undefined, small, { have: 3 }), resourceQuota({ pods: '3' }, { pods: '3' })]),
    ).toEqual([]);
  });

  it('is not blamed when another rule refused the pods', () => {
    const found = run([
      ...refusedDeployment(
        'admission webhook "pods.guard.example" denied the request: exceeded quota: compute, requested: pods=1, used: pods=3, limited: pods=3',
        small,
      ),
      hook(),
      resourceQuota({ pods: '3' }, { pods: '3' }),
    ]);
    expect(found.map(({ code }) => code)).toEqual(['admission-webhook-denies']);
  });

  it('is told from the sentence when it could not be read', () => {
    expect(run(refusedDeployment(exceeded('pods=1', 'pods=3', 'pods=3'), small), [])).toMatchObject([
      { code: 'quota-exceeded', object: quotaRef, cause: { path: 'spec.hard.pods', observed: '3 (used 3, asked 1)' } },
    ]);
  });

  it('is one cause for all that it keeps out', () => {
    const message = exceeded('pods=1', 'pods=3', 'pods=3');
    const found = run([
      ...refusedDeployment(message, small),
      ...refusedDeployment(message, small, { name: 'api' }),
      resourceQuota({ pods: '3' }, { pods: '3' }),
    ]);
    expect(found).toHaveLength(1);
    expect(found[0]?.affects?.map(({ name }) => name)).toEqual(expect.arrayContaining(['web', 'api']));
  });

  it('counts only the pods of its scope when nobody says why a StatefulSet lacks pods', () => {
    const db = statefulSet(bare);
    const full = (scopes: readonly string[]) => resourceQuota({ pods: '1' }, { pods: '1' }, { spec: { scopes } });
    expect(run([db, full(['BestEffort'])])).toMatchObject([{ code: 'quota-exceeded', confidence: 'medium' }]);
    expect(run([db, full(['NotBestEffort'])])).toEqual([]);
    expect(run([db, full(['Terminating'])])).toEqual([]);
  });

  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
  } as unknown as WireObject;
  const refusal = (name = 'web') =>
    event({
      about: {
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        kind: 'Kustomization',
        metadata: { name: 'shop', namespace: 'shop', uid: 'k' },
      } as WireObject,
      reason: 'ReconciliationFailed',
      message: `Service/shop/${name} dry-run failed (Forbidden): services "${name}" is forbidden: exceeded quota: compute, requested: services.loadbalancers=1, used: services.loadbalancers=2, limited: services.loadbalancers=2`,
    });
  const full = resourceQuota({ 'services.loadbalancers': '2' }, { 'services.loadbalancers': '2' });

  it('is blamed for a Service that a delivery tool cannot create, until it is there or fits', () => {
    expect(run([full, refusal()])).toMatchObject([
      {
        code: 'quota-exceeded',
        object: quotaRef,
        cause: { path: 'spec.hard["services.loadbalancers"]', observed: '2 (used 2, asked 1)' },
      },
    ]);
    expect(run([full, refusal(), service])).toEqual([]);
    expect(
      run([resourceQuota({ 'services.loadbalancers': '3' }, { 'services.loadbalancers': '2' }), refusal()]),
    ).toEqual([]);
  });

  it('is blamed for the ReplicaSet that a Deployment cannot make, by the condition of now', () => {
    const counted = resourceQuota({ 'count/replicasets.apps': '1' }, { 'count/replicasets.apps': '1' });
    const stuck = (status: string) =>
      deployment({
        spec: {},
        status: {
          conditions: [
            {
              type: 'Progressing',
              status,
              reason: 'ReplicaSetCreateError',
              message:
                'Failed to create new replica set "checkout-2": replicasets.apps "checkout-2" is forbidden: exceeded quota: compute, requested: count/replicasets.apps=1, used: count/replicasets.apps=1, limited: count/replicasets.apps=1',
            },
          ],
        },
      });
    expect(run([counted, stuck('False')])).toMatchObject([
      { code: 'quota-exceeded', object: quotaRef, cause: { path: 'spec.hard["count/replicasets.apps"]' } },
    ]);
    expect(run([counted, stuck('True')])).toEqual([]);
  });

  it('is likely to blame for a Service that was declared and is not there', () => {
    const look = (objects: readonly WireObject[]) =>
      runAnalyzer(analyzeAdmission, objects, { wholeLists: everything, observations: { declared: [service] } });
    expect(look([full])).toMatchObject([{ code: 'quota-exceeded', object: quotaRef }]);
    expect(look([full, service])).toEqual([]);
  });
});

describe('other makers of pods', () => {
  const job = (more: object = {}) =>
    ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'report', namespace: 'shop', uid: 'uid-report', creationTimestamp: ago(10 * minute) },
      spec: { template: { spec: bare } },
      status: { ...more },
    }) as unknown as WireObject;
  const daemonSet = (current: number) =>
    ({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'agent', namespace: 'shop', uid: 'uid-agent', creationTimestamp: ago(10 * minute) },
      spec: { template: { spec: bare } },
      status: { desiredNumberScheduled: 3, currentNumberScheduled: current },
    }) as unknown as WireObject;
  const cronJob = (lastScheduleTime: string) =>
    ({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'nightly', namespace: 'shop', uid: 'uid-nightly' },
      spec: { jobTemplate: { spec: { template: { spec: bare } } } },
      status: { lastScheduleTime },
    }) as unknown as WireObject;
  const fails = (about: WireObject, message: string) => event({ about, reason: 'FailedCreate', message });

  it('names the Job, the DaemonSet and the CronJob', () => {
    const quota = resourceQuota({ pods: '3', 'count/jobs.batch': '1' }, { pods: '3', 'count/jobs.batch': '1' });
    const message = `Error creating: ${exceeded('pods=1', 'pods=3', 'pods=3')}`;
    const affected = (objects: readonly WireObject[]) =>
      run([...objects, quota]).flatMap(({ affects = [] }) => affects.map(({ kind }) => kind));
    expect(affected([job(), fails(job(), message)])).toContain('Job');
    expect(affected([daemonSet(1), fails(daemonSet(1), message)])).toContain('DaemonSet');
    const nightly = cronJob(ago(24 * 60 * minute));
    expect(
      run([
        nightly,
        quota,
        fails(
          nightly,
          'Error creating job: jobs.batch "nightly-29" is forbidden: exceeded quota: compute, requested: count/jobs.batch=1, used: count/jobs.batch=1, limited: count/jobs.batch=1',
        ),
      ]),
    ).toMatchObject([{ code: 'quota-exceeded', cause: { path: 'spec.hard["count/jobs.batch"]' } }]);
  });

  it('says nothing of a Job that is over, suspended or at work', () => {
    const quota = resourceQuota({ pods: '3' }, { pods: '3' });
    const message = `Error creating: ${exceeded('pods=1', 'pods=3', 'pods=3')}`;
    for (const status of [{ active: 1 }, { succeeded: 1 }, { conditions: [{ type: 'Complete', status: 'True' }] }]) {
      const it_ = job(status);
      expect(run([it_, quota, fails(it_, message)])).toEqual([]);
    }
  });
});

it('never throws over hostile objects', () => {
  for (const value of [null, [], 'x', -1, { conditions: 'x', hard: [], used: null, limits: [null], replicas: 'x' }]) {
    const objects = [
      'Deployment',
      'ReplicaSet',
      'StatefulSet',
      'DaemonSet',
      'Job',
      'CronJob',
      'ResourceQuota',
      'LimitRange',
      'Event',
    ].map(
      (kind) =>
        ({
          apiVersion:
            kind === 'Job' || kind === 'CronJob'
              ? 'batch/v1'
              : kind.endsWith('Set') || kind === 'Deployment'
                ? 'apps/v1'
                : 'v1',
          kind,
          metadata: { name: 'web', namespace: 'shop' },
          spec: value,
          status: value,
        }) as unknown as WireObject,
    );
    expect(run(objects)).toEqual([]);
    expect(() =>
      run([
        ...refusedDeployment(forbidden('exceeded quota: compute, requested: '.repeat(500)), {
          containers: value,
          initContainers: [value],
          securityContext: value,
        }),
        resourceQuota({ pods: '1' }, undefined),
        limitRange({ type: 'Container', max: value }),
        restricted,
      ]),
    ).not.toThrow();
  }
});
