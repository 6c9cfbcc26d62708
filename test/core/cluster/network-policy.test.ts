import { describe, expect, it } from 'vitest';
import { blockedBy, type Direction, type Flow, type PolicyPod } from '../../../src/core/cluster/network-policy.ts';
import type { WireObject } from '../../../src/core/cluster/object.ts';

const pod = (namespace: string, app: string, ip: string): PolicyPod => ({
  namespace,
  labels: { app },
  namespaceLabels: { team: namespace },
  ip,
  spec: { containers: [{ name: 'c', ports: [{ name: 'pg', containerPort: 5432 }] }] },
});
const flow: Flow = {
  from: pod('web', 'front', '10.1.2.3'),
  to: pod('shop', 'db', '10.1.9.9'),
  port: 5432,
  protocol: 'TCP',
};
const policy = (spec: unknown, namespace = 'shop') =>
  ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'p', namespace },
    spec,
  }) as WireObject;

describe('blockedBy', () => {
  it.each<[why: string, spec: object, namespace: string, direction: Direction, blocked: boolean]>([
    ['no policy type and no rule isolates ingress', { podSelector: {} }, 'shop', 'ingress', true],
    ['no policy type and no egress rule leaves egress open', { podSelector: {} }, 'web', 'egress', false],
    [
      'an egress rule without a policy type isolates egress',
      { podSelector: {}, egress: [{ to: [{ podSelector: {} }] }] },
      'web',
      'egress',
      true,
    ],
    ['an egress policy leaves ingress open', { podSelector: {}, policyTypes: ['Egress'] }, 'shop', 'ingress', false],
    [
      'a policy for other pods does not act',
      { podSelector: { matchLabels: { app: 'web' } } },
      'shop',
      'ingress',
      false,
    ],
    ['an empty rule lets everything pass', { podSelector: {}, ingress: [{}] }, 'shop', 'ingress', false],
    [
      'a pod selector alone means its own namespace',
      { podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: { app: 'front' } } }] }] },
      'shop',
      'ingress',
      true,
    ],
    [
      'an empty namespace selector means all of them',
      {
        podSelector: {},
        ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: 'front' } } }] }],
      },
      'shop',
      'ingress',
      false,
    ],
    [
      'both selectors of a peer must fit',
      { podSelector: {}, ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: 'x' } } }] }] },
      'shop',
      'ingress',
      true,
    ],
    [
      'one of several peers is enough',
      {
        podSelector: {},
        ingress: [{ from: [{ podSelector: {} }, { namespaceSelector: { matchLabels: { team: 'web' } } }] }],
      },
      'shop',
      'ingress',
      false,
    ],
    [
      'a named port is that of the receiver',
      { podSelector: {}, ingress: [{ ports: [{ port: 'pg' }] }] },
      'shop',
      'ingress',
      false,
    ],
    [
      'a port without a number is every port of its protocol',
      { podSelector: {}, ingress: [{ ports: [{ protocol: 'UDP' }] }] },
      'shop',
      'ingress',
      true,
    ],
    [
      'a range includes its end',
      { podSelector: {}, ingress: [{ ports: [{ port: 5000, endPort: 5432 }] }] },
      'shop',
      'ingress',
      false,
    ],
    [
      'an address block holds what is in it',
      { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.1.2.0/24' } }] }] },
      'shop',
      'ingress',
      false,
    ],
    [
      'an address block lacks what it excepts',
      { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.1.0.0/16', except: ['10.1.2.0/24'] } }] }] },
      'shop',
      'ingress',
      true,
    ],
    [
      'a block that cannot be read does not look as if it stopped anything',
      { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 'fd00::/8' } }] }] },
      'shop',
      'ingress',
      false,
    ],
    [
      'the name of a namespace is a label of it',
      {
        podSelector: {},
        ingress: [
          {
            from: [
              {
                namespaceSelector: {
                  matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['web'] }],
                },
              },
            ],
          },
        ],
      },
      'shop',
      'ingress',
      false,
    ],
  ])('%s', (_why, spec, namespace, direction, blocked) => {
    expect(blockedBy([policy(spec, namespace)], flow, direction) !== undefined).toBe(blocked);
  });

  it('lets pass what one of several policies lets pass', () => {
    const deny = policy({ podSelector: {} });
    expect(blockedBy([deny], flow, 'ingress')?.policies).toEqual([deny]);
    expect(blockedBy([deny, policy({ podSelector: {}, ingress: [{}] })], flow, 'ingress')).toBeUndefined();
  });
});
