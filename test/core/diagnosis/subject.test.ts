import { describe, expect, it } from 'vitest';
import { createClusterView } from '../../../src/core/cluster/cluster-view.ts';
import { parseSubject, refOfSubject, resolveSubject, type Subject } from '../../../src/core/diagnosis/subject.ts';
import { deployment, healthyShop, node, pod } from '../../support/shop-objects.ts';

describe('parseSubject', () => {
  it.each<[text: string, subject: Subject]>([
    ['deployment/shop/checkout', { kind: 'Deployment', namespace: 'shop', name: 'checkout' }],
    ['deploy/checkout', { kind: 'Deployment', name: 'checkout' }],
    ['Pod/shop/checkout-1-aaaaa', { kind: 'Pod', namespace: 'shop', name: 'checkout-1-aaaaa' }],
    [' po/x ', { kind: 'Pod', name: 'x' }],
    ['node/n1', { kind: 'Node', name: 'n1' }],
    ['ns/shop', { kind: 'Namespace', name: 'shop' }],
    ['shop/checkout', { namespace: 'shop', name: 'checkout' }],
    ['checkout', { name: 'checkout' }],
  ])('reads "%s"', (text, subject) => {
    expect(parseSubject(text)).toEqual({ ok: true, value: subject });
  });

  it.each([
    '',
    '/',
    'a//b',
    'a/b/c/d',
    'widget/shop/x',
    'node/shop/n1',
    'deployment/shop/Check Out',
    '../../etc',
    'x; rm',
    'secret/shop/db',
    'x'.repeat(300),
  ])('reads nothing from "%s"', (text) => {
    expect(parseSubject(text)).toMatchObject({ ok: false, error: { code: 'subject.malformed' } });
  });
});

describe('refOfSubject', () => {
  it('needs a kind, and a namespace where the kind has one', () => {
    expect(refOfSubject({ name: 'x' })).toBeUndefined();
    expect(refOfSubject({ kind: 'Pod', name: 'x' })).toBeUndefined();
    expect(refOfSubject({ kind: 'Pod', name: 'x' }, 'shop')).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      namespace: 'shop',
      name: 'x',
    });
    expect(refOfSubject({ kind: 'Node', name: 'n1' })).toEqual({ apiVersion: 'v1', kind: 'Node', name: 'n1' });
  });
});

describe('resolveSubject', () => {
  const view = createClusterView([
    ...healthyShop(),
    node('n2'),
    pod({ name: 'checkout', owner: null }),
    deployment({ name: 'cart', namespace: 'a' }),
    deployment({ name: 'cart', namespace: 'b' }),
  ]);

  it.each<[subject: Subject, kind: string, name: string]>([
    [{ name: 'checkout' }, 'Deployment', 'checkout'],
    [{ kind: 'Pod', name: 'checkout' }, 'Pod', 'checkout'],
    [{ namespace: 'b', name: 'cart' }, 'Deployment', 'cart'],
    [{ name: 'n2' }, 'Node', 'n2'],
    [{ name: 'shop' }, 'Namespace', 'shop'],
  ])('finds %j', (subject, kind, name) => {
    expect(resolveSubject(view, subject)).toMatchObject({ ok: true, value: { kind, name } });
  });

  it.each<[subject: Subject, code: string]>([
    [{ name: 'cart' }, 'subject.ambiguous'],
    [{ name: 'gone' }, 'subject.not-found'],
    [{ kind: 'StatefulSet', name: 'checkout' }, 'subject.not-found'],
    [{ namespace: 'a', name: 'checkout' }, 'subject.not-found'],
  ])('chooses nothing for %j', (subject, code) => {
    expect(resolveSubject(view, subject)).toMatchObject({ ok: false, error: { code } });
  });
});
