import type { WireObject } from '../../../../src/core/cluster/object.ts';
import { ago, deployment, goodImage, minute, node, pod, replicaSet } from '../../../support/shop-objects.ts';

type Extra = Readonly<Record<string, unknown>>;

export const podName = 'checkout-1-aaaaa';

/**
 * Deployment checkout with one pod, whose template and pod have the same container and spec; with `former`, a revision before it that still has a ready pod. What the status does
 * not say is as in a pod that was made ten minutes ago.
 */
export function app(given: {
  readonly container?: Extra;
  readonly status: Extra;
  readonly spec?: Extra;
  readonly phase?: string;
  readonly initContainers?: readonly Extra[];
  readonly initStatuses?: readonly Extra[];
  readonly former?: { readonly container?: Extra; readonly spec?: Extra };
  readonly createdAgoMs?: number;
  readonly node?: Extra;
}): WireObject[] {
  const number = given.former === undefined ? 1 : 2;
  const spec = specOf(given.container, {
    ...given.spec,
    ...(given.initContainers === undefined ? {} : { initContainers: given.initContainers }),
  });
  const withTemplate = (object: WireObject, podSpec: Extra): WireObject =>
    ({
      ...object,
      spec: {
        ...(object as { spec?: Extra }).spec,
        template: { metadata: { labels: { app: 'checkout' } }, spec: podSpec },
      },
    }) as WireObject;
  const owner = `checkout-${number}`;
  const own = pod({
    name: podName,
    owner,
    ready: false,
    phase: given.phase ?? 'Pending',
    createdAgoMs: given.createdAgoMs ?? 10 * minute,
    spec,
    status: {
      containerStatuses: [{ name: 'checkout', image: goodImage, ready: false, restartCount: 0, ...given.status }],
      ...(given.initStatuses === undefined ? {} : { initContainerStatuses: given.initStatuses }),
    },
  });
  const objects = [
    node('n1', '16Gi', {
      metadata: { name: 'n1', uid: 'uid-node-n1', labels: { 'kubernetes.io/arch': 'amd64' } },
      ...given.node,
    }),
    withTemplate(deployment({ revision: number, available: 0 }), spec),
    withTemplate(replicaSet({ revision: number, ready: 0 }), spec),
    own,
  ];
  if (given.former === undefined) return objects;
  return [...objects, withTemplate(replicaSet({ revision: 1 }), specOf(given.former.container, given.former.spec))];
}

function specOf(container: Extra = {}, more: Extra = {}): Extra {
  return { containers: [{ name: 'checkout', image: goodImage, ...container }], ...more };
}

export function podOf(objects: readonly WireObject[]): WireObject {
  const found = objects.find(({ kind, metadata }) => kind === 'Pod' && metadata.name === podName);
  if (found === undefined) throw new Error('the fixture has the pod');
  return found;
}

export function running(sinceMs: number, more: Extra = {}): Extra {
  return { ready: false, started: true, restartCount: 0, state: { running: { startedAt: ago(sinceMs) } }, ...more };
}

export function configMap(name: string, data: Readonly<Record<string, string>>, namespace = 'shop'): WireObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, uid: `uid-cm-${namespace}-${name}` },
    data,
  } as WireObject;
}
