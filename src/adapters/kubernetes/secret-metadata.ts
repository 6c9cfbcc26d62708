import type { WireObject } from '../../core/cluster/object.ts';
import { isRecord, listAt, type WireRecord } from '../../core/cluster/wire.ts';
import { readWireObject } from '../../core/cluster/wire-object.ts';

/** Asks for metadata alone. No second form is offered: a server that does not know this one must answer 406, not fall back to whole Secrets. */
export const metadataForm = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

const maxAnnotationChars = 256;
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const inherited = { apiVersion: 'v1', kind: 'Secret' };
/** What an item of a PartialObjectMetadataList may hold. */
const itemFields: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);
/** What is kept of the metadata: chosen one by one, so that a field nobody thought of is left out. */
const keptFields = [
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
  'labels',
  'ownerReferences',
  'managedFields',
] as const;

/**
 * Secrets as metadata alone, from one page of a PartialObjectMetadataList. Annotations that may hold contents are left out: what `kubectl apply` keeps there (the
 * whole Secret), and whatever is longer than 256 characters.
 *
 * `holds-contents` when any item has more than metadata (an old proxy, a server that ignores the Accept header): then nothing of the page may be used.
 * `undefined` when it is no list of objects.
 */
export function readSecretMetadata(page: unknown): readonly WireObject[] | 'holds-contents' | undefined {
  if (!isRecord(page) || !(Array.isArray(page.items) || page.items === null)) return undefined;
  const items = listAt(page, 'items');
  if (items.some((item) => isRecord(item) && Object.keys(item).some((field) => !itemFields.has(field))))
    return 'holds-contents';
  const secrets = items.map((item) =>
    isRecord(item) && isRecord(item.metadata)
      ? readWireObject({ metadata: kept(item.metadata) }, inherited)
      : undefined,
  );
  return secrets.every((secret) => secret !== undefined) ? secrets : undefined;
}

function kept(metadata: WireRecord): WireRecord {
  const annotations = isRecord(metadata.annotations) ? metadata.annotations : {};
  const short = Object.entries(annotations).filter(
    ([key, value]) => key !== lastApplied && typeof value === 'string' && value.length <= maxAnnotationChars,
  );
  return {
    ...Object.fromEntries(keptFields.flatMap((field) => (field in metadata ? [[field, metadata[field]]] : []))),
    ...(short.length === 0 ? {} : { annotations: Object.fromEntries(short) }),
  };
}
