import { isKnownKind } from '../../core/cluster/kinds.ts';
import type { ObjectRef } from '../../core/cluster/object.ts';
import { alertTargetOf } from '../../core/diagnosis/alert-target.ts';
import { refOfSubject, type Subject } from '../../core/diagnosis/subject.ts';
import type { ClusterReader } from '../../ports/cluster-reader.ts';
import type { Deadline } from './deadline.ts';
import type { Gathering } from './gathering.ts';
import { type Asked, findSubject, locate, refsOfTarget } from './locate.ts';
import { readCaptured } from './read-captured.ts';
import { readLive } from './read-live.ts';

type Wanted = {
  readonly scope: {
    readonly namespace?: string | undefined;
    readonly object?: ObjectRef | undefined;
    readonly alert?: { readonly labels: Readonly<Record<string, string>> } | undefined;
  };
  readonly subject?: Subject | undefined;
};

type ReadScopeResult = {
  readonly scope: { readonly namespace: string | undefined; readonly object: ObjectRef | undefined };
  /** Why it cannot be told what the question is about. */
  readonly problem?: string;
};

/** Reads all that a question needs into `gathering`, and tells what object or namespace it is about. */
export async function readScope(
  question: Wanted,
  dependencies: { readonly reader: ClusterReader; readonly timed: Deadline; readonly gathering: Gathering },
): Promise<ReadScopeResult> {
  const { reader, gathering } = dependencies;
  const { subject } = question;
  const named = question.scope.object ?? (subject && refOfSubject(subject, question.scope.namespace));
  const byAlert = named === undefined && subject === undefined && question.scope.alert !== undefined;
  const target = byAlert ? alertTargetOf(question.scope.alert?.labels ?? {}) : undefined;
  const asked: Asked = { named, ...(named === undefined ? { subject, target } : {}) };

  if (reader.emptyMeans === 'unknown') {
    await readCaptured(dependencies, gathering);
    const { object, problem } = locate(gathering.view(), asked);
    return tell(
      namespaceOf(object ?? named) ?? subject?.namespace ?? question.scope.namespace ?? target?.namespace,
      object,
      problem,
    );
  }

  const found = named === undefined && subject !== undefined ? await findSubject(gathering, subject) : undefined;
  if (found?.problem !== undefined) return tell(subject?.namespace, undefined, found.problem);
  const known = named ?? found?.object;
  const [first] = target?.candidates ?? [];
  const object = known ?? (first?.kind === 'Node' ? first : undefined);
  const namespace = namespaceOf(known) ?? question.scope.namespace ?? target?.namespace;
  const also = [
    ...(object !== undefined && isKnownKind(object.kind) ? [object] : []),
    ...(target === undefined ? [] : refsOfTarget(target)),
  ];
  const settled: Asked = known === undefined ? asked : { named: known };
  await Promise.all([
    readLive(gathering, { scope: { namespace, object }, also }, (view) => locate(view, settled).object),
    ...(namespace === undefined ? [] : [gathering.secrets(namespace)]),
  ]);
  const located = locate(gathering.view(), settled);
  return tell(namespace, located.object, located.problem);
}

function namespaceOf(ref: ObjectRef | undefined): string | undefined {
  return ref?.kind === 'Namespace' ? ref.name : ref?.namespace;
}

function tell(namespace: string | undefined, object: ObjectRef | undefined, problem?: string): ReadScopeResult {
  return { scope: { namespace, object }, ...(problem === undefined ? {} : { problem }) };
}
