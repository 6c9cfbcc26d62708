import { describe, expect, it } from 'vitest';
import { createClusterView } from '../../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { analyzeChange } from '../../../../src/core/diagnosis/analyzers/change.ts';
import { fieldManagersOf } from '../../../../src/core/diagnosis/change/managed-fields.ts';
import { shownValue } from '../../../../src/core/diagnosis/change/shown-value.ts';
import { differencesOf } from '../../../../src/core/diagnosis/change/template-difference.ts';
import { diagnose } from '../../../../src/core/diagnosis/diagnose.ts';
import { noObservations } from '../../../../src/core/diagnosis/observations.ts';
import { createRedactor } from '../../../../src/core/evidence/redaction.ts';
import { ago, backOff, crashShop, healthyShop, minute, now, terminated } from '../../../support/shop-objects.ts';
import { runAnalyzer } from './run-analyzer.ts';

function configMap(writtenAgoMs: number, manager = 'kubectl-edit'): WireObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'checkout-config',
      namespace: 'shop',
      creationTimestamp: ago(1000 * minute),
      managedFields: [
        { manager, operation: 'Update', time: ago(writtenAgoMs), fieldsV1: { 'f:data': { '.': {}, 'f:DB_HOST': {} } } },
      ],
    },
    data: { DB_HOST: 'db' },
  } as unknown as WireObject;
}

const sick = crashShop(backOff(terminated({ agoMs: minute })));

describe('what changed before it began', () => {
  it('is a hint when nothing else tells why: who, when and which fields', () => {
    const found = runAnalyzer(analyzeChange, [...sick.map(unready), configMap(5 * minute)]);
    expect(found).toMatchObject([
      {
        code: 'recent-change',
        object: { kind: 'ConfigMap', name: 'checkout-config' },
        summary: expect.stringContaining('kubectl-edit'),
        cause: { observed: expect.stringContaining('data.DB_HOST') },
      },
    ]);
    expect(found[0]?.confidence).not.toBe('high');
  });

  it.each([
    ['all is well', [...healthyShop(), configMap(5 * minute)]],
    ['it was changed long before', [...sick.map(unready), configMap(600 * minute)]],
    ['a controller wrote it', [...sick.map(unready), configMap(5 * minute, 'kube-controller-manager')]],
  ])('is silent when %s', (_when, objects) => {
    expect(runAnalyzer(analyzeChange, objects)).toEqual([]);
  });

  it('tells a Secret by its metadata: who, when, which keys', () => {
    const { data: _data, ...rest } = configMap(4 * minute) as WireObject & { data?: unknown };
    const uses = { env: [{ name: 'P', valueFrom: { secretKeyRef: { name: 'db-credentials', key: 'DB_HOST' } } }] };
    const secret = { ...rest, kind: 'Secret', metadata: { ...rest.metadata, name: 'db-credentials' } };
    const record = {
      ...secret,
      metadata: { ...secret.metadata, name: 'sh.helm.release.v1.checkout.v7', labels: { owner: 'helm' } },
    };
    const objects = sick.map(unready).map((object) => {
      const { spec = {} } = object as unknown as { spec?: Record<string, unknown> };
      const container = { name: 'checkout', image: 'a', ...uses };
      return object.kind === 'Pod' ? ({ ...object, spec: { ...spec, containers: [container] } } as WireObject) : object;
    });
    const scope = { object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' } };
    for (const asked of [{ namespace: 'shop' }, scope])
      expect(runAnalyzer(analyzeChange, [...objects, secret, record], { scope: asked })).toMatchObject([
        {
          code: 'recent-change',
          object: { kind: 'Secret', name: 'db-credentials' },
          summary: expect.stringMatching(
            /^Secret shop\/db-credentials was changed by kubectl-edit 2 min before it began: data\.DB_HOST last written/,
          ),
        },
      ]);
  });

  it('takes who and what from the audit log, never the values', () => {
    const observations = {
      audit: [
        {
          at: now - 3 * minute,
          user: 'lena@example.com',
          verb: 'patch',
          object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' },
          fields: ['spec.template.spec.containers'],
        },
      ],
    };
    expect(runAnalyzer(analyzeChange, sick.map(unready), { observations })).toMatchObject([
      { code: 'recent-change', summary: expect.stringContaining('lena@example.com') },
    ]);
  });

  it('is evidence of another finding, not a finding beside it', () => {
    const redactor = createRedactor({ key: 'k' });
    const audit = [
      {
        at: now - 3 * minute,
        user: 'lena',
        verb: 'patch',
        object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' },
        fields: ['spec.replicas'],
      },
    ];
    const { findings, evidence } = diagnose(
      createClusterView(sick),
      { namespace: 'shop' },
      { now, missing: [], redactor, observations: { ...noObservations, audit } },
    );
    const told = evidence.filter(({ kind }) => kind === 'change');
    expect(findings.find(({ code }) => code === 'container-crash-looping')?.evidence).toEqual(
      expect.arrayContaining(told.map(({ id }) => id)),
    );
    expect(told.map(({ summary }) => summary).join()).toContain('lena');
  });
});

describe('a Secret that was written before a fault', () => {
  it('is evidence of it, and redaction leaves who, when and which keys', () => {
    const podSpec = {
      containers: [
        {
          name: 'checkout',
          image: 'a',
          env: [{ name: 'P', valueFrom: { secretKeyRef: { name: 'db-credentials', key: 'password' } } }],
        },
      ],
    };
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'db-credentials',
        namespace: 'shop',
        managedFields: [{ manager: 'rotate-job', time: ago(4 * minute), fieldsV1: { 'f:data': { 'f:password': {} } } }],
      },
    } as unknown as WireObject;
    const objects = sick.map((object) =>
      object.kind === 'Deployment'
        ? ({ ...object, spec: { replicas: 1, template: { spec: podSpec } } } as WireObject)
        : object,
    );
    const { findings, evidence } = diagnose(
      createClusterView([...objects, secret]),
      { namespace: 'shop' },
      { now, missing: [], redactor: createRedactor({ key: 'k' }) },
    );
    const told = evidence.find(({ kind, object }) => kind === 'change' && object?.kind === 'Secret');
    expect(told?.summary).toMatch(
      /^Secret shop\/db-credentials \(data\.password last written at 2026-11-21T09:56:00\.000Z by rotate-job\)$/,
    );
    expect(findings.find(({ code }) => code === 'container-crash-looping')?.evidence).toContain(told?.id);
  });
});

describe('what was declared', () => {
  const declared = (spec: unknown) => [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'checkout', namespace: 'shop' },
      spec,
    } as unknown as WireObject,
  ];
  const run = (spec: unknown, objects = sick.map(unready)) =>
    runAnalyzer(analyzeChange, objects, { observations: { declared: declared(spec) } });

  it('is compared field by field, where something is wrong', () => {
    expect(run({ replicas: 4 })).toMatchObject([
      { code: 'declared-state-differs', cause: { path: 'spec.replicas', expected: '4' } },
    ]);
    expect(run({ replicas: 4 }, healthyShop())).toEqual([]);
  });

  it('takes the same value written otherwise, and what it does not name, as the same', () => {
    expect(run({ replicas: '1', paused: null }).filter(({ code }) => code === 'declared-state-differs')).toEqual([]);
  });
});

describe('deliveries', () => {
  const flux = (condition: Record<string, string>, spec = {}) =>
    ({
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'apps', namespace: 'shop' },
      spec,
      status: { conditions: [condition] },
    }) as unknown as WireObject;

  const argo = (operation: object, error: string) =>
    ({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'shop', namespace: 'shop' },
      status: {
        sync: { status: 'OutOfSync' },
        operationState: { phase: 'Failed', ...operation },
        conditions: [{ type: 'SyncError', message: error }],
      },
    }) as unknown as WireObject;
  const observed = (object: WireObject) =>
    runAnalyzer(analyzeChange, [object], { scope: { namespace: 'shop' } })[0]?.cause.observed;

  it('tells what the API server answered, not that attempts failed', () => {
    const generic = 'Failed sync attempt to 9f3a: one or more objects failed to apply';
    expect(observed(argo({ message: 'Deployment "cart" is invalid: field is immutable' }, generic))).toBe(
      'Failed: Deployment "cart" is invalid: field is immutable',
    );
    const resources = [{ kind: 'Job', name: 'migrate', status: 'SyncFailed', message: 'spec.template is immutable' }];
    expect(observed(argo({ message: generic, syncResult: { resources } }, generic))).toBe(
      'Failed: Job migrate: spec.template is immutable',
    );
    expect(observed(argo({ phase: 'Succeeded' }, generic))).toBe(`SyncError: ${generic}`);
  });

  it('tells over what Flux gave up, with both ends of a long sentence', () => {
    const stalled = { type: 'Stalled', status: 'True', reason: 'RetriesExceeded', message: 'after 1 attempt(s)' };
    const ready = (message: string) => ({ type: 'Ready', status: 'False', reason: 'UpgradeFailed', message });
    const both = (message: string) => {
      const made = flux(stalled);
      return { ...made, status: { conditions: [stalled, ready(message)] } } as WireObject;
    };
    expect(observed(both('you must provide a schema_config'))).toBe('UpgradeFailed: you must provide a schema_config');
    expect(observed(both(`Helm upgrade failed ${'x '.repeat(900)}in values.yaml`))).toMatch(
      /^UpgradeFailed: Helm upgrade failed .{1,400} … .{1,400}in values\.yaml$/,
    );
    expect(observed(flux(stalled))).toBe('RetriesExceeded: after 1 attempt(s)');
  });

  it.each<[what: string, object: WireObject, isTold: boolean]>([
    [
      'a build that failed',
      flux({ type: 'Ready', status: 'False', reason: 'BuildFailed', message: 'kustomize build failed' }),
      true,
    ],
    [
      'a stalled release',
      flux({ type: 'Stalled', status: 'True', reason: 'RetriesExceeded', message: 'upgrade failed' }),
      true,
    ],
    ['one at work', flux({ type: 'Ready', status: 'False', reason: 'Progressing' }), false],
    ['one that waits for another', flux({ type: 'Ready', status: 'False', reason: 'DependencyNotReady' }), false],
    [
      'one that is suspended',
      flux({ type: 'Ready', status: 'False', reason: 'BuildFailed' }, { suspend: true }),
      false,
    ],
    ['one that is ready', flux({ type: 'Ready', status: 'True', reason: 'ReconciliationSucceeded' }), false],
    [
      'an Application with an error',
      {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'Application',
        metadata: { name: 'a', namespace: 'shop' },
        status: { conditions: [{ type: 'ComparisonError', message: 'repository not found' }] },
      } as unknown as WireObject,
      true,
    ],
    [
      'an Application that is only out of sync',
      {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'Application',
        metadata: { name: 'a', namespace: 'shop' },
        status: { sync: { status: 'OutOfSync' } },
      } as unknown as WireObject,
      false,
    ],
  ])('%s', (_what, object, isTold) => {
    expect(runAnalyzer(analyzeChange, [object]).map(({ code }) => code)).toEqual(isTold ? ['gitops-sync-failing'] : []);
  });
});

describe('differences and writers', () => {
  it('names members of lists, and shows environment values only where they are addresses', () => {
    const template = (image: string, db: string, password: string) => ({
      spec: {
        containers: [
          {
            name: 'app',
            image,
            env: [
              { name: 'DB', value: db },
              { name: 'X', value: password },
            ],
          },
        ],
      },
    });
    expect(
      differencesOf(
        template('a:1', 'postgres://u:p@db:5432/x', 'hunter2'),
        template('a:2', 'postgres://u:p@db2:5432/x', 'hunter3'),
      ),
    ).toEqual([
      { path: 'spec.containers[app].env[DB].value', before: 'postgres://db:5432', after: 'postgres://db2:5432' },
      { path: 'spec.containers[app].env[X].value', before: '(value not shown)', after: '(value not shown)' },
      { path: 'spec.containers[app].image', before: 'a:1', after: 'a:2' },
    ]);
    expect(shownValue('data.DB_PASSWORD', 'hunter2')).toBe('(value not shown)');
  });

  it('reads who owns which fields, and leaves reports of the status out', () => {
    const object = { ...configMap(minute) } as WireObject;
    expect(fieldManagersOf(object)).toMatchObject([{ manager: 'kubectl-edit', fields: ['data.DB_HOST'] }]);
    expect(
      fieldManagersOf({
        ...object,
        metadata: {
          name: 'x',
          managedFields: [{ manager: 'k', time: ago(1), subresource: 'status', fieldsV1: {} }, null, { manager: 7 }],
        },
      } as unknown as WireObject),
    ).toEqual([]);
  });
});

/** Pods of the fixtures as the kubelet reports them while their container crashes. */
function unready(object: WireObject): WireObject {
  if (object.kind !== 'Pod') return object;
  const { status = {} } = object as unknown as { status?: Record<string, unknown> };
  return {
    ...object,
    status: { ...status, conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: ago(2 * minute) }] },
  } as unknown as WireObject;
}
