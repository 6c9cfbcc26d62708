import { isRecord, listAt, stringsAt, textAt } from '../cluster/wire.ts';
import type { CatalogService } from './catalog.ts';

/**
 * Reads one entity of a Backstage `catalog-info.yaml`. Components and Resources become services; other kinds (Group, API, System, Location) are none: undefined.
 * Format: https://backstage.io/docs/features/software-catalog/descriptor-format, annotations `backstage.io/kubernetes-id` and `backstage.io/kubernetes-namespace`.
 */
export function serviceOfEntity(entity: unknown): CatalogService | undefined {
  const kind = textAt(entity, 'kind');
  const name = textAt(entity, 'metadata', 'name');
  if (!isEntity(entity) || name === undefined || (kind !== 'Component' && kind !== 'Resource')) return undefined;
  const annotations = stringsAt(entity, 'metadata', 'annotations');
  const workload = annotations['backstage.io/kubernetes-id'];
  const namespace = annotations['backstage.io/kubernetes-namespace'];
  const owner = textAt(entity, 'spec', 'owner');
  const title = textAt(entity, 'metadata', 'title');
  return {
    name,
    ...(title === undefined ? {} : { title }),
    ...(workload === undefined ? {} : { workload }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(owner === undefined ? {} : { owner: nameOfReference(owner) }),
    slos: [],
    dependsOn: listAt(entity, 'spec', 'dependsOn').flatMap((reference) =>
      typeof reference === 'string' && reference !== '' ? [nameOfReference(reference)] : [],
    ),
  };
}

/** Whether a document is an entity of Backstage at all. */
export function isEntity(document: unknown): boolean {
  return isRecord(document) && /^backstage\.io\//.test(textAt(document, 'apiVersion') ?? '');
}

// `component:default/payments`, `resource:orders-db`, `group:team-a`, `payments`.
function nameOfReference(reference: string): string {
  return (
    reference
      .slice(reference.indexOf(':') + 1)
      .split('/')
      .at(-1) ?? reference
  );
}
