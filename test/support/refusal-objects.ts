import type { WireObject } from '../../src/core/cluster/object.ts';
import { ago, minute } from './shop-objects.ts';

type Extra = Readonly<Record<string, unknown>>;

/** A Deployment `web` whose ReplicaSet lacks pods, with what the API server said to the controller (as the condition). */
export function refusedDeployment(
  message: string | undefined,
  podSpec: Extra,
  given: { readonly wanted?: number; readonly have?: number; readonly name?: string; readonly sinceMs?: number } = {},
): WireObject[] {
  const { wanted = 3, have = 0, name = 'web', sinceMs = 5 * minute } = given;
  const failure = {
    type: 'ReplicaFailure',
    status: 'True',
    reason: 'FailedCreate',
    message,
    lastTransitionTime: ago(sinceMs),
  };
  const conditions = message === undefined ? [] : [failure];
  const spec = {
    replicas: wanted,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: podSpec },
  };
  const metadata = (of: string, more: Extra = {}) => ({
    name: of,
    namespace: 'shop',
    uid: `uid-${of}`,
    creationTimestamp: ago(10 * minute),
    annotations: { 'deployment.kubernetes.io/revision': '1' },
    ...more,
  });
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: metadata(name),
      spec,
      status: { replicas: have, updatedReplicas: have, unavailableReplicas: wanted, conditions },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: metadata(`${name}-5d4f8`, {
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name, uid: `uid-${name}`, controller: true }],
      }),
      spec,
      status: { replicas: have, conditions },
    },
  ] as unknown as WireObject[];
}

export function statefulSet(
  podSpec: Extra,
  given: { readonly claims?: readonly Extra[]; readonly have?: number } = {},
): WireObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace: 'shop', uid: 'uid-db', creationTimestamp: ago(60 * minute) },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'db' } },
      template: { metadata: { labels: { app: 'db' } }, spec: podSpec },
      volumeClaimTemplates: given.claims ?? [],
    },
    status: { replicas: given.have ?? 0 },
  } as unknown as WireObject;
}

export function resourceQuota(
  hard: Extra,
  used: Extra | undefined,
  given: { readonly name?: string; readonly spec?: Extra } = {},
): WireObject {
  return {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: given.name ?? 'compute', namespace: 'shop' },
    spec: { hard, ...given.spec },
    ...(used === undefined ? {} : { status: { hard, used } }),
  } as unknown as WireObject;
}

export function limitRange(...limits: readonly Extra[]): WireObject {
  return {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'bounds', namespace: 'shop' },
    spec: { limits },
  } as unknown as WireObject;
}

export function namespaceWith(labels: Readonly<Record<string, string>>): WireObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels } } as unknown as WireObject;
}

export function webhookConfiguration(name: string, webhook: Extra): WireObject {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name },
    webhooks: [webhook],
  } as unknown as WireObject;
}
