import { describe, expect, it } from 'vitest';
import { patchedPaths, readAuditEntry } from '../../../src/core/diagnosis/audit-entry.ts';

const event = {
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'Request',
  stage: 'ResponseComplete',
  requestURI: '/apis/apps/v1/namespaces/shop/deployments/checkout?fieldManager=kubectl-edit',
  verb: 'patch',
  user: { username: 'alice', groups: ['system:authenticated'] },
  objectRef: { resource: 'deployments', namespace: 'shop', name: 'checkout', apiGroup: 'apps', apiVersion: 'v1' },
  responseStatus: { code: 200 },
  requestObject: { spec: { template: { spec: { containers: [{ name: 'app', image: 'x:Sup3rSecret' }] } } } },
  stageTimestamp: '2026-11-21T09:58:00.123456Z',
};

describe('readAuditEntry', () => {
  it('keeps who changed what, and of the patch the paths and no value', () => {
    const entry = readAuditEntry(event);
    expect(entry).toEqual({
      at: Date.parse('2026-11-21T09:58:00.123Z'),
      user: 'alice',
      verb: 'patch',
      object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' },
      fields: ['spec.template.spec.containers[0].name', 'spec.template.spec.containers[0].image'],
    });
    expect(JSON.stringify(entry)).not.toContain('Sup3rSecret');
  });

  it('names the person behind an impersonation', () => {
    expect(readAuditEntry({ ...event, impersonatedUser: { username: 'bob' } })?.user).toBe('bob');
  });

  it.each([
    ['a read', { ...event, verb: 'get' }],
    ['a request that was refused', { ...event, responseStatus: { code: 403 } }],
    ['a dry run', { ...event, requestURI: '/apis/apps/v1/namespaces/shop/deployments/checkout?dryRun=All' }],
    ['one that has only begun', { ...event, stage: 'RequestReceived' }],
    ['a status write', { ...event, objectRef: { ...event.objectRef, subresource: 'status' } }],
    ['one of no named object', { ...event, objectRef: { resource: 'pods' } }],
    ['one without a time', { ...event, stageTimestamp: 'yesterday' }],
    ['no event', 'x'],
  ])('passes over %s', (_what, raw) => {
    expect(readAuditEntry(raw)).toBeUndefined();
  });

  it('names kinds that it does not know by their resource', () => {
    const objectRef = { resource: 'widgets', namespace: 'shop', name: 'w', apiGroup: 'example.com', apiVersion: 'v2' };
    expect(readAuditEntry({ ...event, verb: 'delete', objectRef })).toMatchObject({
      object: { apiVersion: 'example.com/v2', kind: 'widgets' },
      fields: [],
    });
  });
});

describe('patchedPaths', () => {
  it.each<[patch: unknown, paths: readonly string[]]>([
    [
      [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'x' }],
      ['spec.template.spec.containers[0].image'],
    ],
    [
      [
        { op: 'test', path: '/metadata/uid', value: 'u' },
        { op: 'remove', path: '/metadata/labels/a~1b' },
      ],
      ['metadata.labels.a/b'],
    ],
    [{ spec: { replicas: 3 }, metadata: { annotations: { a: null } } }, ['spec.replicas', 'metadata.annotations.a']],
    [{ spec: { $patch: 'replace', paused: true } }, ['spec.paused']],
    [{ data: {} }, ['data']],
    ['text', []],
    [undefined, []],
  ])('%j', (patch, paths) => {
    expect(patchedPaths(patch)).toEqual(paths);
  });

  it('is bounded', () => {
    const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, index]));
    expect(patchedPaths({ data: wide }).length).toBeLessThanOrEqual(40);
  });
});
