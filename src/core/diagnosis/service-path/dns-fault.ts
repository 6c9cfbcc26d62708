import type { WireObject } from '../../cluster/object.ts';
import { containerStatusesOf, containersOf } from '../../cluster/pod.ts';
import { readinessOf } from '../../cluster/pod-readiness.ts';
import { at, parseTime, textAt } from '../../cluster/wire.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import type { FindingDraft } from '../analysis.ts';
import type { FindingCode } from '../codes.ts';
import type { ConnectionFailure } from './connection-failures.ts';
import { type ServicePathContext, sufferedByCallers } from './service-path-context.ts';

/** What workloads suffer when names are not resolved. */
export const explainedByDns: readonly FindingCode[] = [...sufferedByCallers, 'dependency-host-wrong'];
/** Pods take this long to start without anything being wrong. */
const startUpMs = 60_000;

/** Why names are not resolved, before it becomes a finding. */
export type DnsFault = {
  readonly object: WireObject;
  readonly summary: string;
  readonly cause: FindingDraft['cause'];
  readonly support: readonly [EvidenceDraft, ...EvidenceDraft[]];
  readonly grounds: FindingDraft['grounds'];
};

/** Whether a lookup was for a Service that exists. */
export function isServiceName({ topology }: ServicePathContext, { host, from, to }: ConnectionFailure): boolean {
  return to !== undefined || topology.serviceOf(host, from.ref.namespace ?? '') !== undefined;
}

/** Whether there are pods, and none of them is ready after it had time to start. */
export function unready(pods: readonly WireObject[], now: number): boolean {
  return (
    pods.length > 0 &&
    pods.every((pod) => {
      const created = parseTime(pod.metadata.creationTimestamp);
      return readinessOf(pod) === false && (created === undefined || now - created > startUpMs);
    })
  );
}

/** Logs of the first few pods, present and previous runs. */
export function logsOf(view: ServicePathContext['view'], pods: readonly WireObject[]) {
  return pods.slice(0, 4).flatMap((pod) =>
    containersOf(at(pod, 'spec')).flatMap(({ name }) =>
      (['current', 'previous'] as const).flatMap((which) => {
        const log = view.logOf(pod, name, which);
        return log === undefined ? [] : [{ pod, log }];
      }),
    ),
  );
}

/** The most restarts that any container of the pods has. */
export function restarts(pods: readonly WireObject[]): number {
  return Math.max(
    0,
    ...pods.slice(0, 50).flatMap((pod) => containerStatusesOf(pod).map(({ restartCount }) => restartCount)),
  );
}

/** What the first container of a pod that is not ready does. */
export function sayState(pod: WireObject): string {
  const status = containerStatusesOf(pod).find(({ list }) => list === 'containers');
  const state = status?.state;
  const said =
    state?.is === 'waiting'
      ? `waits with ${state.reason ?? 'no reason'}`
      : (state?.is ?? `phase ${textAt(pod, 'status', 'phase') ?? 'unknown'}`);
  return `not ready, ${said}, ${status?.restartCount ?? 0} restarts`;
}
