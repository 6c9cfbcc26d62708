import { isKnownKind, type KnownKind, knownKindNames, typeOfKind } from '../../core/cluster/kinds.ts';
import type { WireObject } from '../../core/cluster/object.ts';
import { readSetOfCapture } from '../../core/cluster/read-set.ts';
import type { ClusterReader } from '../../ports/cluster-reader.ts';
import type { Deadline } from './deadline.ts';
import type { Gathering } from './gathering.ts';

/** Kinds without which an answer about workloads stands on less: told beside an answer that is not `healthy`. */
const expected: readonly KnownKind[] = ['Pod', 'Node', 'Event'];

/**
 * Reads everything that a capture holds. That a kind has objects shows that somebody captured it: only then does "not there" mean that it did not exist, and
 * only in namespaces of which anything was captured at all.
 */
export async function readCaptured(
  { reader, timed }: { readonly reader: ClusterReader; readonly timed: Deadline },
  gathering: Gathering,
): Promise<void> {
  const all: WireObject[] = [];
  await Promise.all(
    readSetOfCapture().map(async ({ kind, source }) => {
      const read = await timed((signal) => reader.list(typeOfKind(kind), { signal }));
      if (read.ok) all.push(...read.value);
      else gathering.missing.push({ source, why: read.error.sentence });
    }),
  );
  const kinds = new Set(all.map(({ kind }) => kind));
  const within = new Set(
    all.flatMap(({ kind, metadata }) =>
      metadata.namespace !== undefined && isKnownKind(kind) && typeOfKind(kind).namespaced ? [metadata.namespace] : [],
    ),
  );
  gathering.keep(
    all,
    knownKindNames.filter((kind) => kinds.has(kind)).map((kind) => ({ kind, within })),
  );
  for (const kind of expected) {
    if (kinds.has(kind)) continue;
    const { resource } = typeOfKind(kind);
    gathering.unread.push({ source: resource, why: `The snapshot holds no ${resource}. There may have been some.` });
  }
}
