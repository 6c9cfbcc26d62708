import type { WireObject } from '../../cluster/object.ts';
import { defaultNamespace } from '../../cluster/resource-types.ts';
import { listAt, textAt } from './fields.ts';
import { summarisePod } from './pod-summary.ts';

/** One container whose log is read. `others` are the pod's further containers, when nobody chose this one. */
export type LogSource = {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string | undefined;
  readonly others: readonly string[];
};

/**
 * Which container of a pod to read when none is named: as kubectl, the one the pod's annotation names, else the first. The API server
 * refuses a pod of several containers without a choice.
 */
export function logSourceOf(pod: WireObject, container: string | undefined): LogSource {
  const names = listAt(pod, 'spec', 'containers').map((each) => textAt(each, 'name'));
  const annotated = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  const chosen = container ?? names.find((name) => name === annotated) ?? names[0];
  return {
    namespace: pod.metadata.namespace ?? defaultNamespace,
    pod: pod.metadata.name,
    container: chosen,
    others: container === undefined ? names.filter((name) => name !== chosen) : [],
  };
}

/** Pods in the order in which their logs are worth reading: those with containers that are not ready first, then the most restarted, then the newest. */
export function rankForLogs(pods: readonly WireObject[]): readonly WireObject[] {
  return pods
    .map((pod) => ({
      pod,
      summary: summarisePod(pod),
      createdAt: Date.parse(pod.metadata.creationTimestamp ?? '') || 0,
    }))
    .toSorted(
      (a, b) =>
        Number(a.summary.ready >= a.summary.containers) - Number(b.summary.ready >= b.summary.containers) ||
        b.summary.restarts - a.summary.restarts ||
        b.createdAt - a.createdAt,
    )
    .map(({ pod }) => pod);
}

/** Marks each line with where it comes from, as `kubectl logs --prefix` does. */
export function prefixLog(source: LogSource, log: string): string {
  const prefix = `[pod/${source.pod}/${source.container ?? ''}]`;
  const lines = log.endsWith('\n') ? log.slice(0, -1).split('\n') : log.split('\n');
  return log === '' ? '' : lines.map((line) => `${prefix} ${line}`).join('\n');
}
