import type { ClusterEvent } from '../../cluster/cluster-event.ts';
import type { WireObject } from '../../cluster/object.ts';
import { podSpecOf, podSpecPath } from '../../cluster/pod-spec.ts';
import { recordsAt } from '../../cluster/wire.ts';
import type { Workload } from '../../cluster/workload.ts';
import type { AnalysisContext } from '../analysis.ts';
import { presentEvents } from '../present-events.ts';
import { secretExistence } from '../secret-existence.ts';

/** A pull secret that the kubelet could not find, and where it is named: `path` is in the workload, undefined where the service account adds it. */
export type MissingPullSecret = {
  readonly name: string;
  readonly path: string | undefined;
  readonly event: ClusterEvent;
};

const reasons: ReadonlySet<string> = new Set(['FailedToRetrieveImagePullSecret']);

/**
 * The kubelet cannot read Secrets for us, but it says in an event which of a pod's pull secrets it did not find ("Unable to retrieve some image pull
 * secrets (a, b); …"). Only names that the pod itself lists are heard.
 */
export function missingPullSecret(
  context: AnalysisContext,
  pod: WireObject,
  workload: Workload,
): MissingPullSecret | undefined {
  for (const event of presentEvents(context.view, pod, reasons, context.now)) {
    const listed =
      /\(([^()]{1,2000})\)/
        .exec(event.message ?? '')?.[1]
        ?.split(',')
        .map((name) => name.trim()) ?? [];
    const named = recordsAt(podSpecOf(pod), 'imagePullSecrets').flatMap(({ record }) => record.name);
    const name = named.find(
      (candidate): candidate is string =>
        typeof candidate === 'string' &&
        listed.includes(candidate) &&
        // Where Secrets are known, one that is there by now was found at the next try.
        secretExistence(context.view, pod.metadata.namespace, candidate).is !== 'there',
    );
    if (name === undefined) continue;
    const template = workload.object === undefined ? undefined : podSpecOf(workload.object);
    const index = recordsAt(template, 'imagePullSecrets').find(({ record }) => record.name === name)?.index;
    const path =
      index === undefined ? undefined : `${podSpecPath(workload.ref.kind).join('.')}.imagePullSecrets[${index}].name`;
    return { name, path, event };
  }
  return undefined;
}
