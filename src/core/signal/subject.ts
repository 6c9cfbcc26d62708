import { type ObjectRef, sayRef } from '../cluster/object.ts';
import { alertTargetOf } from '../diagnosis/alert-target.ts';
import type { Scope } from '../diagnosis/investigation.ts';
import { parseSubject, refOfSubject } from '../diagnosis/subject.ts';

/** What somebody wants looked at: a scope, and the words of a person that only the cluster can resolve. */
export type AskedAbout = { readonly scope: Scope; readonly subject: string | null };

/** The object that an alert's labels most likely name. Annotations are prose and are not read. */
export function subjectOfLabels(labels: Readonly<Record<string, string>>): ObjectRef | undefined {
  return alertTargetOf(labels).candidates[0];
}

// The names of alerts are upper camel case by convention, the names of objects never have an upper-case letter.
const alertName = /^[A-Z][A-Za-z0-9_:.-]{1,199}$/;

/** Reads what a person wants investigated: `kind/namespace/name`, `namespace/name`, a plain name, or the name of an alert. `title` is how to call it. */
export function asked(text: string, cluster: string): AskedAbout & { readonly title: string } {
  if (alertName.test(text))
    return { scope: { cluster, alert: { name: text, labels: {} } }, subject: null, title: text };
  const subject = parseSubject(text);
  const object = subject.ok ? refOfSubject(subject.value) : undefined;
  if (object === undefined) {
    const namespace = subject.ok ? subject.value.namespace : undefined;
    return {
      scope: { cluster, ...(namespace === undefined ? {} : { namespace }) },
      subject: text === '' ? null : text,
      title: text,
    };
  }
  const { namespace } = object;
  return {
    scope: { cluster, ...(namespace === undefined ? {} : { namespace }), object },
    subject: null,
    title: sayRef(object),
  };
}

type Named = { readonly kind: string | undefined; readonly namespace: string | undefined; readonly name: string };

function named({ scope, subject }: AskedAbout): Named | undefined {
  if (scope.object !== undefined)
    return { kind: scope.object.kind, namespace: scope.object.namespace, name: scope.object.name };
  const parsed = subject === null ? undefined : parseSubject(subject);
  return parsed?.ok === true
    ? { kind: parsed.value.kind, namespace: parsed.value.namespace, name: parsed.value.name }
    : undefined;
}

/** Whether two questions name the same object, as far as their words tell: what one of them leaves open counts as the same. */
export function sameObject(a: AskedAbout, b: AskedAbout): boolean {
  const [one, other] = [named(a), named(b)];
  if (one === undefined || other === undefined || one.name !== other.name) return false;
  const agree = (x: string | undefined, y: string | undefined) => x === undefined || y === undefined || x === y;
  return agree(one.kind, other.kind) && agree(one.namespace, other.namespace);
}

// The alphabet of generated names (k8s.io/apimachinery/pkg/util/rand): no vowels, so that no word appears by chance; a Deployment's hash, then five letters.
const generated = /^-(?:[bcdfghjklmnpqrstvwxz2456789]{1,10}-)?[bcdfghjklmnpqrstvwxz2456789]{5}$|^-\d{1,5}$/;

/** Whether a pod is called as the controllers of a workload call theirs: `checkout-7d9c5b6f4-x2x8k`, `agent-x2x8k`, `db-0`. */
function isPodOf(pod: string, workload: string): boolean {
  return pod.startsWith(workload) && generated.test(pod.slice(workload.length));
}

/**
 * Whether an alert is about the object that a person asked about: the same problem belongs in one thread. A pod counts for a workload when its
 * name starts with the workload's, as controllers name them.
 */
export function isSameSubject(question: AskedAbout, labels: Readonly<Record<string, string>>): boolean {
  const person = named(question);
  if (person === undefined) return false;
  return alertTargetOf(labels).candidates.some((alert) => {
    if (person.namespace !== undefined && person.namespace !== alert.namespace) return false;
    if (person.kind === undefined || person.kind === alert.kind) return person.name === alert.name;
    if (alert.kind === 'Pod') return isPodOf(alert.name, person.name);
    return person.kind === 'Pod' && isPodOf(person.name, alert.name);
  });
}

/**
 * Why a person's words cannot be investigated, in a sentence for them; null when they can. The name of an alert leads somewhere only while an incident
 * about it is open: an alert's name alone does not say where to look.
 */
export function whyNotSubject(text: string, openAlerts: readonly string[]): string | null {
  if (!alertName.test(text)) {
    const subject = parseSubject(text);
    return subject.ok ? null : subject.error.sentence;
  }
  if (openAlerts.some((open) => open.toLowerCase() === text.toLowerCase())) return null;
  return `No open incident is about the alert ${text}. Nothing was looked at. Name what to look at, such as deployment/shop/checkout.`;
}
