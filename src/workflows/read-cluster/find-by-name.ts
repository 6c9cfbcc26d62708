import { type KnownKind, typeOfKind } from '../../core/cluster/kinds.ts';
import type { WireObject } from '../../core/cluster/object.ts';
import type { Problem } from '../../core/result.ts';
import type { ClusterReader } from '../../ports/cluster-reader.ts';
import type { Deadline } from './deadline.ts';

/** Names looked for over all namespaces: each costs the API server a walk over every object of the kind. */
const fewNames = 12;
const namesakes = 20;

type Wanted = { readonly name: string };
type Found = { readonly objects: readonly WireObject[]; readonly problems: readonly Problem[] };

/**
 * Reads objects whose printed lines were seen. Where the namespace is known, one by one. A table over all namespaces does not say them: a few names are looked for
 * everywhere, and for many the tables of the namespaces tell where each is. What went away in between is left out.
 */
export async function findByName(input: {
  readonly reader: ClusterReader;
  readonly timed: Deadline;
  readonly kind: KnownKind;
  readonly namespace: string | undefined;
  readonly rows: readonly Wanted[];
}): Promise<Found> {
  const { reader, timed, kind, namespace, rows } = input;
  const type = typeOfKind(kind);
  const problems: Problem[] = [];
  const getAll = async (places: readonly { readonly namespace: string | undefined; readonly name: string }[]) => {
    const read = await Promise.all(
      places.map((place) => timed((signal) => reader.get(type, place.namespace, place.name, signal))),
    );
    return read.flatMap((got) => {
      if (!got.ok && got.error.code !== 'cluster.not-found') problems.push(got.error);
      return got.ok ? [got.value] : [];
    });
  };

  if (namespace !== undefined || !type.namespaced) {
    const objects = await getAll(rows.map(({ name }) => ({ namespace, name })));
    return { objects, problems };
  }
  const names = new Set(rows.map(({ name }) => name));
  if (names.size <= fewNames) {
    const lists = await Promise.all(
      [...names].map((name) =>
        timed((signal) => reader.list(type, { fieldSelector: `metadata.name=${name}`, upTo: namesakes, signal })),
      ),
    );
    const objects = lists.flatMap((list) => {
      if (!list.ok) problems.push(list.error);
      return list.ok ? list.value : [];
    });
    return { objects, problems };
  }
  const namespaces = await timed((signal) => reader.table(typeOfKind('Namespace'), { signal }));
  if (!namespaces.ok) return { objects: [], problems: [namespaces.error] };
  const places = await Promise.all(
    namespaces.value.rows.flatMap(({ Name: place }) =>
      place === undefined
        ? []
        : [
            timed((signal) => reader.table(type, { namespace: place, signal })).then((table) => {
              if (!table.ok) problems.push(table.error);
              const here = table.ok ? table.value.rows : [];
              return here.flatMap(({ Name: name }) =>
                name !== undefined && names.has(name) ? [{ namespace: place, name }] : [],
              );
            }),
          ],
    ),
  );
  const objects = await getAll(places.flat().slice(0, 2 * names.size));
  return { objects, problems };
}
