import type { ClusterView } from '../cluster/cluster-view.ts';
import { type KnownKind, kindOfWord, knownRef } from '../cluster/kinds.ts';
import { type ObjectRef, refOf, sayRef, type WireObject } from '../cluster/object.ts';
import { fail, ok, type Problem, problem, type Result } from '../result.ts';

/** What a person named: as much as they said, nothing guessed. */
export type Subject = {
  readonly kind?: KnownKind;
  readonly namespace?: string;
  readonly name: string;
};

// Names of objects and namespaces: DNS subdomains. Kinds are checked against the table.
const objectName = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

/**
 * Reads `deployment/shop/checkout`, `deployment/checkout`, `node/n1`, `namespace/shop`, `shop/checkout` or a plain `checkout`. Kinds may be written as kubectl
 * takes them. With two parts, a first one that is a kind is read as the kind.
 *
 * `subject.malformed` names what is wrong; the text itself is cut, since it may be anything.
 */
export function parseSubject(text: string): Result<Subject, Problem<'subject.malformed'>> {
  const parts = text.trim().split('/');
  const said = text.trim().slice(0, 80);
  if (parts.length > 3 || parts.some((part) => part === ''))
    return fail(malformed(said, 'it has empty or too many parts'));
  const [first = '', second = '', third = ''] = parts;
  const firstKind = kindOfWord(first);
  if (parts.length === 3) {
    if (firstKind === undefined)
      return fail(malformed(said, `"${first.slice(0, 40)}" is no kind that can be investigated`));
    if (knownRef(firstKind, 'any', 'any').namespace === undefined)
      return fail(malformed(said, `a ${firstKind} has no namespace`));
    return named(said, { kind: firstKind, namespace: second, name: third });
  }
  if (parts.length === 2) {
    return named(
      said,
      firstKind === undefined ? { namespace: first, name: second } : { kind: firstKind, name: second },
    );
  }
  return named(said, { name: first });
}

function named(said: string, subject: Subject): Result<Subject, Problem<'subject.malformed'>> {
  const bad = [subject.namespace, subject.name].find((part) => part !== undefined && !objectName.test(part));
  return bad === undefined ? ok(subject) : fail(malformed(said, `"${bad.slice(0, 40)}" is no name of an object`));
}

function malformed(said: string, why: string): Problem<'subject.malformed'> {
  return problem(
    'subject.malformed',
    `"${said}" names no object: ${why}. Nothing was looked at. Write kind/namespace/name, such as deployment/shop/checkout.`,
  );
}

/** The reference a subject gives by itself: kind, name and, where the kind needs one, a namespace. Undefined when the cluster must be asked. */
export function refOfSubject(subject: Subject, defaultNamespace?: string): ObjectRef | undefined {
  if (subject.kind === undefined) return undefined;
  const namespace = subject.namespace ?? defaultNamespace;
  const ref = knownRef(subject.kind, namespace, subject.name);
  return ref.namespace === undefined && knownRef(subject.kind, 'any', 'any').namespace !== undefined ? undefined : ref;
}

/** What a plain name most likely means: the thing that runs before the things it is made of. */
export const preferredKinds: readonly KnownKind[] = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'CronJob',
  'Job',
  'Service',
  'ReplicaSet',
  'Pod',
  'Node',
];

/**
 * Finds the one object a subject means among those that were read. Of objects with the same name in one namespace the workload wins; objects in several
 * namespaces are ambiguous. A plain name that is only a namespace means that.
 */
export function resolveSubject(
  view: ClusterView,
  subject: Subject,
): Result<ObjectRef, Problem<'subject.not-found' | 'subject.ambiguous'>> {
  const kinds = subject.kind === undefined ? preferredKinds : [subject.kind];
  const found = kinds.flatMap((kind) =>
    view.list(kind, subject.namespace).filter((object) => object.metadata.name === subject.name),
  );
  const byPlace = new Map<string, WireObject>();
  for (const object of found) {
    const place = object.metadata.namespace ?? '';
    if (!byPlace.has(place)) byPlace.set(place, object);
  }
  const [only, ...others] = [...byPlace.values()];
  if (only !== undefined && others.length === 0) return ok(refOf(only));
  if (only !== undefined) {
    const choices = [only, ...others].slice(0, 5).map((object) => sayRef(refOf(object)));
    return fail(
      problem(
        'subject.ambiguous',
        `"${subject.name}" could be ${choices.join(', ')}${others.length >= 5 ? ' and more' : ''}. None was chosen. Ask again with its namespace.`,
      ),
    );
  }
  if (subject.kind === undefined && subject.namespace === undefined && hasNamespace(view, subject.name)) {
    return ok(knownRef('Namespace', undefined, subject.name));
  }
  const what = subject.kind ?? 'object';
  const where = subject.namespace === undefined ? '' : ` in namespace ${subject.namespace}`;
  return fail(
    problem(
      'subject.not-found',
      `No ${what} called "${subject.name}"${where} was found. Nothing was diagnosed. Check its name and namespace.`,
    ),
  );
}

function hasNamespace(view: ClusterView, name: string): boolean {
  return (
    view.get(knownRef('Namespace', undefined, name)) !== undefined ||
    view.list('Pod', name).length > 0 ||
    view.list('Deployment', name).length > 0 ||
    view.list('StatefulSet', name).length > 0
  );
}
