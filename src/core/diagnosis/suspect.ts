import type { WireObject } from '../cluster/object.ts';
import { type ContainerStatus, conditionOf, containerStatusesOf, isTerminating, phaseOf } from '../cluster/pod.ts';
import { podSpecOf } from '../cluster/pod-spec.ts';
import { at, numberAt, recordsAt, type WireRecord } from '../cluster/wire.ts';
import { containerPath, isOfPresentTemplate, type Workload, workloadOf } from '../cluster/workload.ts';
import type { AnalysisContext } from './analysis.ts';

/** A container of a pod that may be at fault, and where its workload declares it. */
export type Suspect = {
  readonly pod: WireObject;
  readonly status: ContainerStatus;
  /** The container as the pod's spec has it. */
  readonly record: WireRecord;
  readonly workload: Workload;
  /** `spec.template.spec.containers[0]` in the workload. */
  readonly path: string;
  /** The container as the workload's template has it; as the pod has it where that was not read. */
  readonly declared: WireRecord;
};

/** Containers of the scope's pods whose status is suspicious, as far as their pods still are what their workload asks for. */
export function suspectsOf(
  context: AnalysisContext,
  isSuspect: (status: ContainerStatus, pod: WireObject) => boolean,
): readonly Suspect[] {
  return context.scope.pods.flatMap((pod) => {
    if (isTerminating(pod) || phaseOf(pod) === 'Succeeded' || isReplaced(context, pod)) return [];
    return containerStatusesOf(pod).flatMap((status) => {
      if (!isSuspect(status, pod)) return [];
      const own = recordNamed(at(pod, 'spec'), status);
      if (own === undefined || !isPresent(context, pod, status, own.record)) return [];
      const workload = workloadOf(context.view, pod);
      const template = workload.object === undefined ? undefined : recordNamed(podSpecOf(workload.object), status);
      const place = template ?? own;
      return [
        {
          pod,
          status,
          record: own.record,
          workload,
          path: containerPath(workload.ref.kind, { list: status.list, index: place.index }),
          declared: place.record,
        },
      ];
    });
  });
}

/** The container of a pod spec that has this name, with its index. */
export function recordNamed(podSpec: unknown, { list, name }: Pick<ContainerStatus, 'list' | 'name'>) {
  return recordsAt(podSpec, list).find(({ record }) => record.name === name);
}

/** A pod that failed for good has been replaced by its controller. Only of a Job that has not been done since does it still tell something. */
function isReplaced({ view }: AnalysisContext, pod: WireObject): boolean {
  const controller = phaseOf(pod) === 'Failed' ? view.controllerOf(pod) : undefined;
  if (controller === undefined) return false;
  if (controller.ref.kind !== 'Job') return true;
  return (
    conditionOf(controller.object, 'Complete')?.status === 'True' ||
    (numberAt(controller.object, 'status', 'succeeded') ?? 0) > 0
  );
}

const compared = ['image', 'command', 'args'] as const;

function isPresent({ view }: AnalysisContext, pod: WireObject, status: ContainerStatus, own: WireRecord): boolean {
  return isOfPresentTemplate(view, pod, () => {
    const workload = workloadOf(view, pod);
    const template = workload.object === undefined ? undefined : recordNamed(podSpecOf(workload.object), status);
    return (
      template !== undefined &&
      compared.every((field) => JSON.stringify(template.record[field]) === JSON.stringify(own[field]))
    );
  });
}

/** `pod x` or `3 pods`. */
export function sayPods(cases: readonly { readonly pod: WireObject }[]): string {
  const names = new Set(cases.map(({ pod }) => pod.metadata.name));
  return names.size === 1 ? `pod ${[...names][0]}` : `${names.size} pods`;
}
