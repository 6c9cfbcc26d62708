import type { WireObject } from '../../../../src/core/cluster/object.ts';

export type Template = Record<string, unknown>;

/** A pod template as the API server prints it. */
export function template({
  image = 'shop/checkout:v1',
  resources = {},
  env = [{ name: 'MODE', value: 'live' }],
  ...spec
}: Record<string, unknown> = {}): Template {
  return {
    metadata: { labels: { app: 'checkout' } },
    spec: {
      containers: [
        {
          name: 'app',
          image,
          env,
          resources,
          imagePullPolicy: 'IfNotPresent',
          terminationMessagePath: '/dev/termination-log',
        },
      ],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      ...spec,
    },
  };
}

export function deployment(
  pods: Template,
  { spec = {}, metadata = {}, ...others }: { spec?: object; metadata?: object; status?: object } = {},
): WireObject {
  const whole = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'checkout',
      namespace: 'shop',
      uid: 'uid-1',
      resourceVersion: '100',
      generation: 3,
      annotations: { 'deployment.kubernetes.io/revision': '3' },
      ...metadata,
    },
    spec: {
      replicas: 3,
      revisionHistoryLimit: 10,
      selector: { matchLabels: { app: 'checkout' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: pods,
      ...spec,
    },
    ...others,
  };
  return whole;
}

/** A ReplicaSet of that Deployment, with the label its controller adds to the template. */
export function replicaSet(
  revision: number | string | undefined,
  pods: Template,
  {
    owner = 'uid-1',
    controller = true,
    ...metadata
  }: { owner?: string; controller?: boolean; [key: string]: unknown } = {},
): WireObject {
  const hash = `h${revision}`;
  const { labels, ...rest } = pods.metadata as { labels: object };
  const whole = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `checkout-${hash}`,
      namespace: 'shop',
      uid: `rs-${hash}`,
      ...(revision === undefined ? {} : { annotations: { 'deployment.kubernetes.io/revision': String(revision) } }),
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout', uid: owner, controller }],
      ...metadata,
    },
    spec: {
      replicas: 0,
      template: { ...pods, metadata: { ...rest, labels: { ...labels, 'pod-template-hash': hash } } },
    },
  };
  return whole;
}

/** JSON Patch as RFC 6902 says, over what the co-pilot sends; a `test` that does not hold throws. */
export function patched<T>(document: T, operations: readonly { op: string; path: string; value?: unknown }[]): T {
  const whole = structuredClone(document);
  for (const { op, path, value } of operations) {
    const keys = path
      .split('/')
      .slice(1)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = keys.pop() ?? '';
    let parent = whole as Record<string, unknown>;
    for (const key of keys) parent = parent[key] as Record<string, unknown>;
    if (op !== 'add' && !(last in parent)) throw new Error(`${op} ${path}: no such path`);
    if (op === 'test' && sorted(parent[last]) !== sorted(value)) throw new Error(`test ${path} does not hold`);
    if (op === 'remove') delete parent[last];
    if (op === 'add' || op === 'replace') parent[last] = structuredClone(value);
  }
  return whole;
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
