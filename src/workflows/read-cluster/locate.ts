import type { ClusterView } from '../../core/cluster/cluster-view.ts';
import type { KnownKind } from '../../core/cluster/kinds.ts';
import { type ObjectRef, sayRef } from '../../core/cluster/object.ts';
import { readOfName } from '../../core/cluster/read-set.ts';
import { type AlertTarget, makersOfPod, resolveAlertTarget } from '../../core/diagnosis/alert-target.ts';
import { preferredKinds, resolveSubject, type Subject } from '../../core/diagnosis/subject.ts';
import type { Gathering } from './gathering.ts';

/** What a question is about, as far as it says. At most one of the three is there. */
export type Asked = {
  readonly named?: ObjectRef | undefined;
  readonly subject?: Subject | undefined;
  readonly target?: AlertTarget | undefined;
};

export type Located = { readonly object: ObjectRef | undefined; readonly problem?: string };

/** The object the question means, once the cluster was read; `problem` when it names one that is not there. Without a name the namespace is meant. */
export function locate(view: ClusterView, { named, subject, target }: Asked): Located {
  if (named !== undefined) return { object: named };
  if (subject !== undefined) {
    const resolved = resolveSubject(view, subject);
    return resolved.ok ? { object: resolved.value } : { object: undefined, problem: resolved.error.sentence };
  }
  if (target === undefined) return { object: undefined };
  const object = resolveAlertTarget(view, target);
  if (object !== undefined || target.candidates.length === 0) return { object };
  const names = target.candidates.slice(0, 3).map(sayRef).join(', ');
  return {
    object: undefined,
    problem: `the alert speaks of ${names}, which is not among the objects that could be read`,
  };
}

/** Looks in the whole cluster for what a person named by its name alone: one list per kind that it may be, each of that name only. */
export async function findSubject(gathering: Gathering, subject: Subject): Promise<Located> {
  const kinds: readonly KnownKind[] = subject.kind === undefined ? preferredKinds : [subject.kind];
  const { namespace, name } = subject;
  await Promise.all([
    ...kinds.map((kind) =>
      gathering.read({ ...readOfName(kind, name), ...(namespace === undefined ? {} : { namespace }) }),
    ),
    ...(subject.kind === undefined && namespace === undefined ? [gathering.read(readOfName('Namespace', name))] : []),
  ]);
  return locate(gathering.view(), { subject });
}

/** The objects an alert may speak of, and those that a pod which is gone would stand for: read by name, since a long list may have left them out. */
export function refsOfTarget(target: AlertTarget): readonly ObjectRef[] {
  return target.candidates.slice(0, 6).flatMap((ref) => [ref, ...(ref.kind === 'Pod' ? makersOfPod(ref) : [])]);
}
