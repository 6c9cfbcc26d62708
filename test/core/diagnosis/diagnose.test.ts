import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClusterView } from '../../../src/core/cluster/cluster-view.ts';
import type { WireObject } from '../../../src/core/cluster/object.ts';
import { readWireObject } from '../../../src/core/cluster/wire-object.ts';
import { type Diagnosis, diagnose } from '../../../src/core/diagnosis/diagnose.ts';
import { evidenceSchema, findingSchema } from '../../../src/core/diagnosis/investigation.ts';
import { createRedactor } from '../../../src/core/evidence/redaction.ts';
import {
  ago,
  badImageShop,
  crashShop,
  deployment,
  event,
  goodImage,
  healthyShop,
  hour,
  minute,
  node,
  now,
  oomShop,
  pod,
  replicaSet,
  waiting,
} from '../../support/shop-objects.ts';

const redactor = createRedactor({ key: 'test' });
const checkout = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' };

function look(
  objects: readonly WireObject[],
  scope: Parameters<typeof diagnose>[1] = { namespace: 'shop' },
  missing: Diagnosis['missing'] = [],
): Diagnosis {
  return diagnose(createClusterView(objects), scope, { now, missing, redactor });
}

const withStatus = (object: WireObject, status: unknown): WireObject => ({ ...object, ...{ status } });

describe('diagnose', () => {
  it('calls a scope healthy when every object is as it should be and nothing was missing', () => {
    expect(look(healthyShop())).toEqual({ status: 'healthy', findings: [], evidence: [], missing: [] });
  });

  it('says nothing of health when a source was missing', () => {
    const missing = [{ source: 'events in namespace shop', why: 'forbidden' }];
    expect(look(healthyShop(), undefined, missing)).toMatchObject({ status: 'inconclusive', findings: [], missing });
  });

  it.each([
    ['an empty namespace', []],
    [
      'a namespace with another name',
      healthyShop().map((object) => ({ ...object, metadata: { ...object.metadata, namespace: 'other' } })),
    ],
  ])('does not call %s healthy', (_why, objects) => {
    expect(look(objects).status).toBe('inconclusive');
  });

  it.each<[why: string, objects: WireObject[], source: string]>([
    [
      'a pod that waits for a node',
      [...healthyShop(), pod({ name: 'lonely', owner: null, phase: 'Pending', ready: false })],
      'Pod shop/lonely',
    ],
    [
      'a pod that runs and is not ready',
      [...healthyShop(), pod({ name: 'slow', owner: null, ready: false })],
      'Pod shop/slow',
    ],
    [
      'a pod without a status',
      [...healthyShop(), withStatus(pod({ name: 'partial', owner: null }), undefined)],
      'Pod shop/partial',
    ],
    [
      'a Deployment that lacks pods',
      [
        node('n1'),
        deployment({ replicas: 2, available: 1 }),
        replicaSet({ revision: 1 }),
        pod({ name: 'checkout-1-aaaaa' }),
      ],
      'Deployment shop/checkout',
    ],
    ['pods whose node could not be read', healthyShop().filter(({ kind }) => kind !== 'Node'), 'nodes'],
    [
      'pods whose ReplicaSet could not be read',
      healthyShop().filter(({ kind }) => kind !== 'ReplicaSet'),
      'owners of pods',
    ],
    [
      'a Deployment whose pods could not be read',
      healthyShop().filter(({ kind }) => kind !== 'Pod'),
      'pods of Deployment shop/checkout',
    ],
  ])('is inconclusive about %s, and says so', (_why, objects, source) => {
    const { status, findings, missing } = look(objects);
    expect({ status, findings }).toEqual({ status: 'inconclusive', findings: [] });
    expect(missing.map((item) => item.source)).toContain(source);
  });

  it('blames the node that does not report any more', () => {
    const silent = node('n1', '16Gi', { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } });
    expect(look([silent, ...healthyShop().slice(1)]).findings).toMatchObject([
      { code: 'node-kubelet-down', object: { kind: 'Node', name: 'n1' } },
    ]);
  });

  it.each<[why: string, extra: WireObject]>([
    ['a pod that ended well', pod({ name: 'done', owner: null, phase: 'Succeeded', ready: false })],
    [
      'an evicted pod that its controller replaced',
      pod({ name: 'evicted', phase: 'Failed', ready: false, status: { reason: 'Evicted' } }),
    ],
    ['a pod that is being deleted', pod({ name: 'leaving', ready: false, metadata: { deletionTimestamp: ago(1000) } })],
  ])('is not disturbed by %s', (_why, extra) => {
    expect(look([...healthyShop(), extra]).status).toBe('healthy');
  });

  it('puts the cause before the symptom it explains', () => {
    const { status, findings, missing } = look(badImageShop());
    expect(status).toBe('diagnosed');
    expect(findings.map(({ code }) => code)).toEqual(['image-pull-failed', 'rollout-stuck']);
    expect(findings[0]?.explains).toEqual([findings[1]?.id]);
    expect(findings[1]?.explains).toEqual([]);
    expect(missing).toEqual([]);
  });

  it('puts the cause first also when the symptom is better founded', () => {
    const { findings } = look(badImageShop(waiting('ErrImagePull', 'dial tcp: lookup registry.example: no such host')));
    expect(findings.map(({ code }) => code)).toEqual(['image-registry-unreachable', 'rollout-stuck']);
    expect(findings[0]?.score).toBeLessThan(findings[1]?.score ?? 0);
  });

  it('ranks two faults of one namespace and keeps their evidence apart', () => {
    const other = (object: WireObject): WireObject => JSON.parse(JSON.stringify(object).replaceAll('checkout', 'cart'));
    const { findings, evidence } = look([
      ...badImageShop(),
      ...oomShop()
        .filter(({ kind }) => kind !== 'Node')
        .map(other),
    ]);
    expect(findings.map(({ code, object }) => [code, object.name])).toEqual([
      ['container-oom-killed', 'cart'],
      ['image-pull-failed', 'checkout'],
      ['rollout-stuck', 'checkout'],
      ['rollout-stuck', 'cart'],
    ]);
    expect(findings.map(({ id }) => id)).toEqual(['F1', 'F2', 'F3', 'F4']);
    const cited = new Map(evidence.map((item) => [item.id, item]));
    for (const { evidence: ids, object } of findings) {
      for (const id of ids) expect(cited.get(id)?.summary).toContain(object.name);
    }
  });

  it('gives the same answer whatever the order of the objects', () => {
    const twin = (object: WireObject): WireObject => JSON.parse(JSON.stringify(object).replaceAll('-bbbbb', '-ccccc'));
    const more = badImageShop()
      .filter(({ metadata }) => metadata.name.includes('-bbbbb'))
      .map(twin);
    const objects = [
      ...badImageShop(),
      ...more,
      ...oomShop().map((object): WireObject => JSON.parse(JSON.stringify(object).replaceAll('checkout', 'cart'))),
    ];
    expect(look(objects.toReversed())).toEqual(look(objects));
  });

  it.each([
    ['bad image', badImageShop()],
    ['OOM', oomShop()],
    ['crash loop', crashShop()],
  ])('answers in the shape of the contract: %s', (_name, objects) => {
    const { findings, evidence } = look(objects);
    const ids = new Set(evidence.map(({ id }) => id));
    for (const item of evidence) expect(evidenceSchema.safeParse(item)).toMatchObject({ success: true });
    for (const finding of findings) {
      expect(findingSchema.safeParse(finding)).toMatchObject({ success: true });
      expect(finding.evidence.every((id) => ids.has(id))).toBe(true);
    }
  });

  it('blames nobody for an event of a former pod of the same name', () => {
    const objects = healthyShop();
    const former = event({
      about: pod({ name: 'checkout-1-aaaaa', uid: 'uid-former' }),
      reason: 'Failed',
      message: 'Error: ErrImagePull',
    });
    expect(look([...objects, former]).status).toBe('healthy');
  });

  describe('keeps to its scope', () => {
    const neighbour = (object: WireObject): WireObject =>
      JSON.parse(JSON.stringify(object).replaceAll('checkout', 'cart'));
    const objects = [...healthyShop(), ...badImageShop().slice(1).map(neighbour)];

    it('does not answer with the trouble of a neighbour', () => {
      expect(look(objects, { object: checkout })).toMatchObject({ status: 'healthy', findings: [] });
    });

    it.each([
      ['a pod', { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'cart-2-bbbbb' }],
      ['a ReplicaSet', { apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace: 'shop', name: 'cart-2' }],
      ['a node', { apiVersion: 'v1', kind: 'Node', name: 'n1' }],
      ['a namespace', { apiVersion: 'v1', kind: 'Namespace', name: 'shop' }],
    ])('goes from %s to the workload that must change', (_what, object) => {
      expect(look(objects, { object }).findings[0]).toMatchObject({
        code: 'image-pull-failed',
        object: { kind: 'Deployment', name: 'cart' },
      });
    });

    it('says when the object is not there', () => {
      expect(look(objects, { object: { ...checkout, name: 'gone' } })).toMatchObject({
        status: 'inconclusive',
        missing: [{ source: 'scope', why: expect.stringContaining('Deployment shop/gone') }],
      });
    });
  });

  it.each<[why: string, break_: (object: WireObject) => unknown]>([
    [
      'null lists',
      (object) => ({
        ...object,
        spec: { containers: null, template: null },
        status: { containerStatuses: null, conditions: null },
      }),
    ],
    ['texts for objects', (object) => ({ ...object, spec: 'spec', status: 'status' })],
    [
      'numbers for texts',
      (object) => ({
        ...object,
        status: { phase: 7, conditions: [{ type: 3 }, null, 'x'], containerStatuses: [{ name: 5, state: [] }, null] },
      }),
    ],
    [
      'containers without names',
      (object) => ({
        ...object,
        spec: { containers: [{}, { image: goodImage }] },
        status: { phase: 'Running', containerStatuses: [waiting('ImagePullBackOff')] },
      }),
    ],
    [
      'a status of wrong state',
      (object) => ({
        ...object,
        status: {
          phase: 'Running',
          containerStatuses: [
            {
              name: 'checkout',
              state: { waiting: 'x', running: 5 },
              lastState: { terminated: [] },
              restartCount: 'many',
            },
          ],
        },
      }),
    ],
  ])('says nothing of objects with %s, and does not break', (_why, break_) => {
    const broken = badImageShop().map((object) => (object.kind === 'Event' ? object : break_(object)));
    const view = createClusterView(broken as WireObject[]);
    const { status, findings } = diagnose(view, { namespace: 'shop' }, { now, missing: [], redactor });
    expect({ status, findings }).toEqual({ status: 'inconclusive', findings: [] });
  });

  it('answers in the shape of the contract whatever stands in spec, status and events', () => {
    const places = fc.constantFrom('spec', 'status', 'involvedObject', 'metadata');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), places, fc.jsonValue()), { maxLength: 8 }), (changes) => {
        const objects: unknown[] = badImageShop();
        for (const [index, place, value] of changes) {
          const at = index % objects.length;
          objects[at] = { ...(objects[at] as object), [place]: value };
        }
        const view = createClusterView(objects.flatMap((raw) => readWireObject(raw) ?? []));
        const { findings, evidence } = diagnose(view, { namespace: 'shop' }, { now, missing: [], redactor });
        for (const finding of findings) expect(findingSchema.safeParse(finding)).toMatchObject({ success: true });
        for (const item of evidence) expect(evidenceSchema.safeParse(item)).toMatchObject({ success: true });
      }),
    );
  });

  it('keeps secrets out of everything it says', () => {
    const secret = 'Sup3rS3cret';
    const objects = badImageShop(waiting('ImagePullBackOff', `pull failed: password=${secret}`));
    const diagnosis = look(objects);
    expect(diagnosis.findings).not.toEqual([]);
    expect(JSON.stringify(diagnosis)).not.toContain(secret);
  });

  it('tells a recovered past from the present', () => {
    const recovered = oomShop({
      ready: true,
      restartCount: 3,
      state: { running: { startedAt: ago(3 * hour) } },
      lastState: {
        terminated: {
          reason: 'OOMKilled',
          exitCode: 137,
          startedAt: ago(3 * hour + minute),
          finishedAt: ago(3 * hour),
        },
      },
    }).map((object) =>
      object.kind === 'Deployment' ? deployment({ containers: [{ memoryLimit: '256Mi' }] }) : object,
    );
    const ready = recovered.map((object) =>
      object.kind === 'Pod'
        ? withStatus(object, {
            ...(object as WireObject & { status: object }).status,
            conditions: [{ type: 'Ready', status: 'True' }],
          })
        : object,
    );
    expect(look(ready)).toMatchObject({ status: 'healthy', findings: [] });
  });
});
