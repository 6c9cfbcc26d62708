import { describe, expect, it } from 'vitest';
import { createClusterView } from '../../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { analyzeChange } from '../../../../src/core/diagnosis/analyzers/change.ts';
import { helmWriteOf } from '../../../../src/core/diagnosis/change/helm-release.ts';
import { diagnose } from '../../../../src/core/diagnosis/diagnose.ts';
import { createRedactor } from '../../../../src/core/evidence/redaction.ts';
import { ago, minute, node, now, pod, second, waiting } from '../../../support/shop-objects.ts';
import { runAnalyzer } from '../analyzers/run-analyzer.ts';

type Labels = Readonly<Record<string, string>>;
type Written = {
  readonly agoMs?: number;
  readonly manager?: string;
  readonly release?: string;
  readonly releaseNamespace?: string;
  readonly fields?: object;
};

/** Metadata as Helm leaves it on what it writes. */
function written(name: string, labels: Labels, given: Written = {}) {
  const { agoMs = 5 * minute, manager = 'helm', release = 'checkout', releaseNamespace = 'shop' } = given;
  const fieldsV1 = given.fields ?? { 'f:data': { 'f:DB_HOST': {} } };
  return {
    name,
    namespace: 'shop',
    uid: `uid-${name}`,
    creationTimestamp: ago(1000 * minute),
    labels: { 'app.kubernetes.io/managed-by': 'Helm', ...labels },
    annotations: { 'meta.helm.sh/release-name': release, 'meta.helm.sh/release-namespace': releaseNamespace },
    managedFields: [{ manager, operation: 'Update', time: ago(agoMs), fieldsV1 }],
  };
}

const labelsOf = (version: string, app: string): Labels => ({
  app: 'checkout',
  'helm.sh/chart': `checkout-${version}`,
  'app.kubernetes.io/version': app,
});
const before = labelsOf('1.4.2', '7.0');
const after = labelsOf('1.5.0', '7.1');
const template = (labels: Labels, image: string) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'checkout', image }] },
});

function replicaSetOf(revision: number, agoMs: number, labels: Labels, image: string): WireObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `checkout-${revision}`,
      namespace: 'shop',
      uid: `uid-rs-${revision}`,
      creationTimestamp: ago(agoMs),
      annotations: { 'deployment.kubernetes.io/revision': String(revision) },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout', uid: 'uid-checkout', controller: true },
      ],
    },
    spec: { replicas: 1, template: template(labels, image) },
  } as unknown as WireObject;
}

function deploymentOf(labels: Labels, image: string, given: Written = {}): WireObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: written('checkout', labels, { fields: { 'f:spec': { 'f:template': {} } }, ...given }),
    spec: { replicas: 1, selector: { matchLabels: { app: 'checkout' } }, template: template(labels, image) },
  } as unknown as WireObject;
}

const helmObject = (kind: string, name: string, given: Written = {}, apiVersion = 'v1'): WireObject =>
  ({ apiVersion, kind, metadata: written(name, after, given) }) as unknown as WireObject;

const unreadyPod = (env: readonly object[] = []): WireObject =>
  pod({
    name: 'checkout-2-aaaaa',
    owner: 'checkout-2',
    ready: false,
    metadata: {
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'checkout-2', uid: 'uid-rs-2', controller: true },
      ],
    },
    spec: { nodeName: 'n1', containers: [{ name: 'checkout', image: 'shop:2', env }] },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: ago(4 * minute) }],
    },
  });

function upgraded(image = 'shop:2', given: Written = {}): WireObject[] {
  return [
    node('n1'),
    deploymentOf(after, image, given),
    replicaSetOf(1, 900 * minute, before, 'shop:1'),
    replicaSetOf(2, 5 * minute - second, after, image),
    unreadyPod(),
  ];
}
const told = (objects: readonly WireObject[]) =>
  runAnalyzer(analyzeChange, objects).filter(({ code }) => code === 'recent-change');

describe('an upgrade of a Helm release', () => {
  it('is told with the release, the former and the present chart and app version', () => {
    const [change] = told(upgraded());
    expect(change?.summary).toContain(
      'by Helm release checkout (chart checkout-1.4.2 → checkout-1.5.0, app version 7.0 → 7.1)',
    );
    expect(change).toMatchObject({
      object: { kind: 'Deployment', name: 'checkout' },
      cause: { path: 'spec.containers[checkout].image', observed: 'shop:2', expected: 'shop:1' },
    });
  });

  it('is one change of all that it wrote within the minute, told on the nearest object', () => {
    const found = told([
      ...upgraded(),
      helmObject('ConfigMap', 'checkout-config', { agoMs: 5 * minute + 3 * second }),
      helmObject('Service', 'checkout', { agoMs: 5 * minute + 2 * second }),
    ]);
    expect(found.map(({ object }) => object.kind)).toEqual(['Deployment']);
    expect(found[0]?.summary).toMatch(
      /2 other objects of the release changed with it \(ConfigMap shop\/checkout-config, Service shop\/checkout\)/,
    );
  });

  it('tells a ConfigMap with the versions that the workload of its release still shows', () => {
    const scope = { object: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'checkout-config' } };
    const observations = {
      alerts: [{ name: 'Errors', labels: {}, firing: true, startsAt: now - minute, endsAt: undefined }],
    };
    const objects = [...upgraded(), helmObject('ConfigMap', 'checkout-config')];
    const [change] = runAnalyzer(analyzeChange, objects, { scope, observations });
    expect(change).toMatchObject({
      object: { kind: 'ConfigMap' },
      summary: expect.stringContaining('chart checkout-1.4.2 → checkout-1.5.0'),
    });
    expect(change?.summary).toContain('1 other object of the release changed with it (Deployment shop/checkout)');
  });

  it('shows the former chart of a StatefulSet from its ControllerRevisions', () => {
    const set = {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: written('db', after, { fields: { 'f:spec': { 'f:template': {} } } }),
      spec: { template: template(after, 'db:2') },
    };
    const revision = (number: number, labels: Labels) => ({
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name: `db-${number}`,
        namespace: 'shop',
        creationTimestamp: ago((3 - number) * 5 * minute),
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'uid-db', controller: true }],
      },
      revision: number,
      data: { spec: { template: template(labels, 'db') } },
    });
    const objects = [set, revision(2, after), revision(1, before), unreadyPod()] as unknown as WireObject[];
    expect(told(objects)).toMatchObject([
      {
        object: { kind: 'StatefulSet', name: 'db' },
        summary: expect.stringContaining('(chart checkout-1.4.2 → checkout-1.5.0, app version 7.0 → 7.1)'),
      },
    ]);
  });

  it('does not tell the step of a former upgrade again', () => {
    const objects = [
      ...upgraded().filter(({ metadata }) => metadata.name !== 'checkout-2'),
      replicaSetOf(2, 100 * minute, after, 'shop:2'),
      helmObject('ConfigMap', 'checkout-config'),
    ];
    const [change] = told(objects);
    expect(change?.summary).toContain('by Helm release checkout (chart checkout-1.5.0, app version 7.1)');
  });

  it('does not take the versions of another chart of the release', () => {
    const scope = { object: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'redis' } };
    const observations = {
      alerts: [{ name: 'Errors', labels: {}, firing: true, startsAt: now - minute, endsAt: undefined }],
    };
    const redis = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: written('redis', { 'helm.sh/chart': 'redis-9.0.0' }),
    };
    const [change] = runAnalyzer(analyzeChange, [...upgraded(), redis as unknown as WireObject], {
      scope,
      observations,
    });
    expect(change?.summary).toContain('by Helm release checkout (chart redis-9.0.0)');
  });

  it('says that nothing but the labels of the chart differs', () => {
    expect(told(upgraded('shop:1'))[0]?.summary).toContain('nothing but the version labels of its chart');
  });

  it('gives the present versions alone where no former revision is left', () => {
    const [change] = told([
      unreadyPod(),
      helmObject('ConfigMap', 'checkout-config', { release: 'other', releaseNamespace: 'infra' }),
    ]);
    expect(change?.summary).toContain('by Helm release infra/other (chart checkout-1.5.0, app version 7.1)');
  });

  it('keeps apart two upgrades, two releases, and what a person wrote', () => {
    const found = told([
      unreadyPod(),
      helmObject('ConfigMap', 'now'),
      helmObject('ConfigMap', 'earlier', { agoMs: 30 * minute }),
    ]);
    expect(found.map(({ object }) => object.name)).toEqual(['now', 'earlier']);
    expect(found.map(({ summary }) => summary).join()).not.toContain('changed with it');
    const mixed = told([
      unreadyPod(),
      helmObject('ConfigMap', 'a', { manager: 'kubectl-edit' }),
      helmObject('ConfigMap', 'b', { release: 'other' }),
    ]);
    expect(mixed.map(({ summary }) => /by (.{8})/.exec(summary)?.[1])).toEqual(['kubectl-', 'Helm rel']);
    expect(mixed.map(({ summary }) => summary).join()).not.toContain('changed with it');
  });

  it('does not claim a rollout that came long after what Helm wrote', () => {
    expect(told(upgraded('shop:2', { agoMs: 50 * minute }))[0]?.summary).not.toContain('Helm release');
  });

  it('is one piece of evidence of another finding', () => {
    const env = [{ name: 'DB', valueFrom: { configMapKeyRef: { name: 'checkout-config', key: 'DB_HOST' } } }];
    const waits = unreadyPod(env);
    const stuck = {
      ...waits,
      metadata: { ...waits.metadata, creationTimestamp: ago(4 * minute) },
      status: {
        phase: 'Pending',
        containerStatuses: [
          {
            name: 'checkout',
            ...waiting('CreateContainerConfigError', "couldn't find key DB_HOST in ConfigMap shop/checkout-config"),
          },
        ],
      },
    } as unknown as WireObject;
    const withEnv = {
      ...template(after, 'shop:2'),
      spec: { containers: [{ name: 'checkout', image: 'shop:2', env }] },
    };
    const workload = { ...deploymentOf(after, 'shop:2'), spec: { replicas: 1, template: withEnv } } as WireObject;
    const objects = [
      ...upgraded().filter(({ kind }) => kind !== 'Pod' && kind !== 'Deployment'),
      workload,
      stuck,
      { ...helmObject('ConfigMap', 'checkout-config'), data: { HOST: 'db' } } as WireObject,
    ];
    const { findings, evidence } = diagnose(
      createClusterView(objects),
      { namespace: 'shop' },
      { now, missing: [], redactor: createRedactor({ key: 'k' }) },
    );
    const finding = findings.find(({ code }) => code === 'config-map-key-missing');
    const changes = evidence.filter(({ id, kind }) => kind === 'change' && finding?.evidence.includes(id));
    expect(changes.filter(({ summary }) => summary.includes('Helm release checkout'))).toMatchObject([
      { object: { kind: 'Deployment' }, summary: expect.stringContaining('ConfigMap shop/checkout-config') },
    ]);
  });
});

describe('helmWriteOf', () => {
  it.each<[manager: string, isHelm: boolean]>([
    ['helm', true],
    ['helm3', true],
    ['helm-controller', true],
    ['terraform-provider-helm_v2.12.1_x5', true],
    ['kubectl-edit', false],
    ['helmet', false],
  ])('takes the manager %s for Helm: %s', (manager, isHelm) => {
    expect(helmWriteOf(helmObject('ConfigMap', 'c', { manager })) !== undefined).toBe(isHelm);
  });

  it('knows no release of an object without its annotations, and survives those that are none', () => {
    const object = helmObject('ConfigMap', 'c');
    const bare = (annotations: unknown, managedFields: unknown = []) =>
      ({ ...object, metadata: { ...object.metadata, annotations, managedFields } }) as unknown as WireObject;
    expect(helmWriteOf(bare({}))).toBeUndefined();
    expect(helmWriteOf(bare({ 'meta.helm.sh/release-name': '' }))).toBeUndefined();
    expect(helmWriteOf(bare({ 'meta.helm.sh/release-name': 'x' }, [null, { manager: 7 }]))).toBeUndefined();
    expect(helmWriteOf(bare({ 'meta.helm.sh/release-name': 'x' }, [{ manager: 'helm', time: ago(minute) }]))).toEqual({
      name: 'x',
      namespace: 'shop',
      at: now - minute,
    });
  });
});
