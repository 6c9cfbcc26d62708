import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClusterView } from '../../src/core/cluster/cluster-view.ts';
import { knownKindNames, typeOfKind } from '../../src/core/cluster/kinds.ts';
import type { WireObject } from '../../src/core/cluster/object.ts';
import { createTopology } from '../../src/core/cluster/topology.ts';
import { analyzeAdmission } from '../../src/core/diagnosis/analyzers/admission.ts';
import { confidenceOf } from '../../src/core/diagnosis/confidence.ts';
import { noObservations } from '../../src/core/diagnosis/observations.ts';
import { scopeViewOf } from '../../src/core/diagnosis/scope-view.ts';
import { abilitiesOf, readRunFacts } from './run-facts.ts';
import { connectRealCluster, type RealCluster } from './story.ts';
import { waitFor } from './wait-for.ts';
import { uniqueName } from './workloads.ts';

type Case = {
  readonly what: string;
  readonly code: string;
  readonly kind: string;
  readonly path: string | RegExp;
  readonly labels?: Readonly<Record<string, string>>;
  readonly podSpec?: object;
  /** Created before the workload: path below the namespace, and the object. */
  readonly bounds?: readonly (readonly [string, object])[];
  readonly claims?: readonly object[];
};

const container = (resources: object = {}) => ({
  containers: [{ name: 'app', image: 'registry.example/app:1', resources }],
});
const quota = (hard: object) =>
  [
    'resourcequotas',
    { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'compute' }, spec: { hard } },
  ] as const;
const limits = (...items: readonly object[]) =>
  [
    'limitranges',
    { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'bounds' }, spec: { limits: items } },
  ] as const;
const claim = {
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Gi' } } },
};
const hook = uniqueName('hook');

const cases: readonly Case[] = [
  {
    what: 'a quota of pods',
    code: 'quota-exceeded',
    kind: 'ResourceQuota',
    path: 'spec.hard.pods',
    bounds: [quota({ pods: '0' })],
  },
  {
    what: 'a quota of cpu',
    code: 'quota-exceeded',
    kind: 'ResourceQuota',
    path: 'spec.hard["requests.cpu"]',
    podSpec: container({ requests: { cpu: '500m' } }),
    bounds: [quota({ 'requests.cpu': '400m' })],
  },
  {
    what: 'a quota that demands limits',
    code: 'quota-exceeded',
    kind: 'ResourceQuota',
    path: 'spec.hard["limits.memory"]',
    bounds: [quota({ 'limits.memory': '4Gi' })],
  },
  {
    what: 'a quota of storage',
    code: 'quota-exceeded',
    kind: 'ResourceQuota',
    path: 'spec.hard["requests.storage"]',
    bounds: [quota({ 'requests.storage': '5Gi' })],
    claims: [claim],
  },
  {
    what: 'a LimitRange',
    code: 'limit-range-violated',
    kind: 'Deployment',
    path: 'spec.template.spec.containers[0].resources.limits.memory',
    podSpec: container({ limits: { memory: '1Gi' } }),
    bounds: [limits({ type: 'Container', max: { memory: '512Mi' } })],
  },
  {
    what: 'two bounds of a LimitRange',
    code: 'limit-range-violated',
    kind: 'Deployment',
    path: /^spec\.template\.spec\.containers\[0\]\.resources\.(requests|limits)\.(cpu|memory)$/,
    podSpec: container({ requests: { cpu: '10m' }, limits: { memory: '1Gi' } }),
    bounds: [limits({ type: 'Container', max: { memory: '512Mi' }, min: { cpu: '100m' } })],
  },
  {
    what: 'a LimitRange of pods',
    code: 'limit-range-violated',
    kind: 'Deployment',
    path: 'spec.template.spec.containers',
    podSpec: container({ limits: { cpu: '2' } }),
    bounds: [limits({ type: 'Pod', max: { cpu: '1' } })],
  },
  {
    what: 'a ratio of a LimitRange',
    code: 'limit-range-violated',
    kind: 'Deployment',
    path: 'spec.template.spec.containers[0].resources.limits.cpu',
    podSpec: container({ requests: { cpu: '100m' }, limits: { cpu: '1' } }),
    bounds: [limits({ type: 'Container', maxLimitRequestRatio: { cpu: '2' } })],
  },
  {
    what: 'a LimitRange of claims',
    code: 'limit-range-violated',
    kind: 'StatefulSet',
    path: 'spec.volumeClaimTemplates[0].spec.resources.requests.storage',
    bounds: [limits({ type: 'PersistentVolumeClaim', max: { storage: '5Gi' } })],
    claims: [claim],
  },
  {
    what: 'a missing account',
    code: 'service-account-missing',
    kind: 'Deployment',
    path: 'spec.template.spec.serviceAccountName',
    podSpec: { ...container(), serviceAccountName: 'nobody-here' },
  },
  {
    what: 'Pod Security restricted',
    code: 'pod-security-violated',
    kind: 'Deployment',
    path: /securityContext/,
    labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
  },
  {
    what: 'Pod Security baseline',
    code: 'pod-security-violated',
    kind: 'Deployment',
    path: 'spec.template.spec.hostNetwork',
    labels: { 'pod-security.kubernetes.io/enforce': 'baseline' },
    podSpec: { ...container(), hostNetwork: true },
  },
  {
    what: 'an unreachable webhook',
    code: 'admission-webhook-unreachable',
    kind: 'ValidatingWebhookConfiguration',
    path: 'webhooks[0].clientConfig.service.name',
    labels: { hook },
  },
  {
    what: 'a policy',
    code: 'admission-policy-denies',
    kind: 'Deployment',
    path: 'spec.template',
    labels: { policy: hook },
  },
  {
    what: 'a missing priority class',
    code: 'pod-spec-invalid',
    kind: 'Deployment',
    path: 'spec.template.spec.priorityClassName',
    podSpec: { ...container(), priorityClassName: 'nowhere' },
  },
  {
    what: 'a default limit below the request',
    code: 'pod-spec-invalid',
    kind: 'Deployment',
    path: /^spec\.template\.spec\.containers\[0\]\.resources\.requests/,
    podSpec: container({ requests: { memory: '1Gi' } }),
    bounds: [limits({ type: 'Container', default: { memory: '512Mi' } })],
  },
  // Nothing stands in the way of this one: its twins above must not be found by habit.
  {
    what: 'nothing',
    code: '',
    kind: '',
    path: '',
    bounds: [quota({ pods: '10' }), limits({ type: 'Container', max: { memory: '512Mi' } })],
  },
];

describe.skipIf(!abilitiesOf(readRunFacts()).workloads)('what the real API server refuses', () => {
  const run = uniqueName('refused');
  const clusterWide = [
    ['/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', hookConfiguration()],
    ['/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies', policy()],
    ['/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings', binding()],
  ] as const;
  let real: RealCluster;
  let objects: WireObject[] = [];

  beforeAll(async () => {
    real = connectRealCluster();
    const { admin, workloads } = real;
    for (const [path, object] of clusterWide) await admin.send('POST', path, object);
    await Promise.all(
      cases.map(async ({ labels = {}, bounds = [], podSpec = container(), claims }, index) => {
        const namespace = await workloads.createNamespace(`${run}-${index}`, labels);
        for (const [resource, object] of bounds)
          await admin.send('POST', `/api/v1/namespaces/${namespace}/${resource}`, object);
        await waitFor('the quota to be counted', async () => {
          const { items } = await admin.get<{ items: { status?: { used?: object } }[] }>(
            `/api/v1/namespaces/${namespace}/resourcequotas`,
          );
          return items.every(({ status }) => status?.used !== undefined);
        });
        // The admission plugins read what bounds there are from their own caches.
        await new Promise((resolve) => setTimeout(resolve, 1500));
        const [resource, object] = workload(podSpec, claims);
        await admin.send('POST', `/apis/apps/v1/namespaces/${namespace}/${resource}`, object);
      }),
    );
    objects = await waitFor('every refusal to be told', async () => {
      const read = await readAll(real);
      const told = new Set(
        read
          .filter(({ kind, metadata }) => kind === 'Event' && metadata.name.startsWith('web'))
          .map(({ metadata }) => metadata.namespace),
      );
      return cases.every((_case, index) => told.has(`${run}-${index}`)) ? read : undefined;
    });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    objects = await readAll(real);
  }, 60_000);
  afterAll(async () => {
    for (const [path, object] of clusterWide) await real.admin.request('DELETE', `${path}/${object.metadata.name}`);
    for (const index of cases.keys()) await real.workloads.deleteNamespace(`${run}-${index}`);
    real.close();
  });

  it.each(cases.map((each, index) => [each.what, each, index] as const))('%s', (_what, { code, kind, path }, index) => {
    const found = diagnoseAdmission(objects, `${run}-${index}`);
    expect(found.map((finding) => finding.code)).toEqual(code === '' ? [] : [code]);
    for (const finding of found) {
      expect(finding.object.kind).toBe(kind);
      if (typeof path === 'string') expect(finding.cause.path).toBe(path);
      else expect(finding.cause.path).toMatch(path);
      expect(finding.confidence, finding.summary).toBe('high');
    }
  });
});

function diagnoseAdmission(objects: readonly WireObject[], namespace: string) {
  const view = createClusterView(
    objects,
    [],
    knownKindNames.map((kind) => ({ kind })),
  );
  const topology = createTopology(view);
  const scope = scopeViewOf(view, topology, { namespace });
  if (scope === undefined) throw new Error(`nothing was read of ${namespace}`);
  // A minute later: nothing else has happened, and what stands has been tried again.
  const now = Date.now() + 90_000;
  return analyzeAdmission({ view, topology, scope, now, memory: [], observations: noObservations }).map((draft) => ({
    ...draft,
    ...confidenceOf(
      draft.grounds,
      draft.support.map(({ kind }) => kind),
    ),
  }));
}

async function readAll({ admin }: RealCluster): Promise<WireObject[]> {
  const kinds = [
    'Pod',
    'Deployment',
    'ReplicaSet',
    'StatefulSet',
    'Event',
    'Namespace',
    'ServiceAccount',
    'ResourceQuota',
    'LimitRange',
    'PersistentVolumeClaim',
    'PriorityClass',
    'Service',
    'ValidatingWebhookConfiguration',
    'MutatingWebhookConfiguration',
  ] as const;
  const lists = await Promise.all(
    kinds.map(async (kind) => {
      const { apiVersion, resource } = typeOfKind(kind);
      const { items } = await admin.get<{ items: WireObject[] }>(
        `/${apiVersion === 'v1' ? 'api' : 'apis'}/${apiVersion}/${resource}`,
      );
      return items.map((item) => ({ ...item, apiVersion, kind }));
    }),
  );
  return lists.flat();
}

function workload(podSpec: object, claims: readonly object[] | undefined): readonly [string, object] {
  const spec = {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: podSpec },
  };
  const base = { apiVersion: 'apps/v1', metadata: { name: 'web' } };
  return claims === undefined
    ? ['deployments', { ...base, kind: 'Deployment', spec }]
    : [
        'statefulsets',
        { ...base, kind: 'StatefulSet', spec: { ...spec, serviceName: 'web', volumeClaimTemplates: claims } },
      ];
}

function hookConfiguration() {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: hook },
    webhooks: [
      {
        name: 'pods.guard.example',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        clientConfig: { service: { namespace: 'nowhere', name: 'guard' } },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
        namespaceSelector: { matchLabels: { hook } },
      },
    ],
  };
}

function policy() {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: `${hook}-policy` },
    spec: {
      matchConstraints: {
        resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
      },
      validations: [{ expression: 'false', message: 'nobody may' }],
    },
  };
}

function binding() {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: `${hook}-binding` },
    spec: {
      policyName: `${hook}-policy`,
      validationActions: ['Deny'],
      matchResources: { namespaceSelector: { matchLabels: { policy: hook } } },
    },
  };
}
