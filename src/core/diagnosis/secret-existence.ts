import type { ClusterView } from '../cluster/cluster-view.ts';
import { secretRef } from '../cluster/kinds.ts';
import type { WireObject } from '../cluster/object.ts';
import { fieldManagersOf } from './change/managed-fields.ts';

/** What a view knows of one Secret. `unknown`: Secrets of the namespace were not read, which is the default. */
export type SecretExistence =
  | { readonly is: 'there'; readonly secret: WireObject }
  | { readonly is: 'absent' }
  | { readonly is: 'unknown' };

/** Whether a Secret exists, where its metadata may be read at all. */
export function secretExistence(view: ClusterView, namespace: string | undefined, name: string): SecretExistence {
  const secret = view.get(secretRef(namespace, name));
  if (secret !== undefined) return { is: 'there', secret };
  return { is: namespace !== undefined && view.hasAll('Secret', namespace) ? 'absent' : 'unknown' };
}

/** The keys that a Secret's writers own: those are there. Others may be too, since not every write is recorded. */
export function ownedKeysOf(secret: WireObject): readonly string[] {
  const keys = fieldManagersOf(secret).flatMap(({ fields }) =>
    fields.flatMap((field) => /^(?:data|stringData)\.(.{1,253})$/.exec(field)?.[1] ?? []),
  );
  return [...new Set(keys)].toSorted();
}

/** The names of a namespace's Secrets that people would write: not the records that Helm keeps of its releases. */
export function secretNamesIn(view: ClusterView, namespace: string | undefined): readonly string[] {
  return view
    .list('Secret', namespace)
    .filter((secret) => !isHelmRecord(secret))
    .map(({ metadata }) => metadata.name);
}

/** `sh.helm.release.v1.checkout.v7`: what Helm remembers of a release, written at every upgrade. */
export function isHelmRecord({ metadata: { name, labels } }: WireObject): boolean {
  return name.startsWith('sh.helm.release.v1.') && labels?.owner === 'helm';
}
