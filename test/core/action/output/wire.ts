import type { WireObject } from '../../../../src/core/cluster/object.ts';

export const now = new Date('2026-10-01T12:00:00Z');
export const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString();

/** A wire object for tests; `fields` are its spec, status and whatever else its kind has. */
export function wire(
  kind: string,
  name: string,
  fields: Readonly<Record<string, unknown>> = {},
  metadata: Readonly<Record<string, unknown>> = {},
): WireObject {
  return {
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace: 'shop', uid: `uid-${name}`, creationTimestamp: minutesAgo(5), ...metadata },
    ...fields,
  };
}

type Status = Readonly<Record<string, unknown>>;

/** A pod of containers `c0`, `c1`, … with the given container statuses. */
export function pod(
  statuses: readonly Status[],
  more: { status?: Status; spec?: Status; metadata?: Status } = {},
): WireObject {
  return wire(
    'Pod',
    'checkout-1',
    {
      spec: { containers: statuses.map((_, index) => ({ name: `c${index}` })), nodeName: 'worker-1', ...more.spec },
      status: {
        phase: 'Running',
        podIPs: [{ ip: '10.0.0.7' }],
        containerStatuses: statuses.map((status, index) => ({ name: `c${index}`, restartCount: 0, ...status })),
        ...more.status,
      },
    },
    more.metadata,
  );
}

export const running = { ready: true, state: { running: { startedAt: minutesAgo(5) } } };
export const waiting = (reason: string) => ({ ready: false, state: { waiting: { reason } } });
export const terminated = (exitCode: number, reason?: string, signal?: number) => ({
  ready: false,
  state: { terminated: { exitCode, reason, signal } },
});
