import type { KubeObject } from '../store/stored-object.ts';
import type { ApiRequest } from './exchange.ts';
import { apiVersionOf, type KindInfo } from './kinds.ts';
import { columnsOf } from './table-columns.ts';

/** The forms in which the API server can give an object, chosen by the Accept header. */
export type Form =
  | { readonly as: 'objects' }
  | { readonly as: 'metadata' }
  | { readonly as: 'table'; readonly include: 'None' | 'Metadata' | 'Object' };

export function negotiate(request: Pick<ApiRequest, 'accept' | 'query'>): Form {
  for (const offer of request.accept.split(',')) {
    const form = /;\s*as=(\w+)/.exec(offer)?.[1];
    if (form === 'Table') {
      const include = request.query.get('includeObject');
      return { as: 'table', include: include === 'None' || include === 'Object' ? include : 'Metadata' };
    }
    if (form === 'PartialObjectMetadata' || form === 'PartialObjectMetadataList') return { as: 'metadata' };
    if (form === undefined) return { as: 'objects' };
  }
  return { as: 'objects' };
}

export function presentObject(form: Form, info: KindInfo, object: KubeObject, nowMs: number): unknown {
  switch (form.as) {
    case 'objects':
      return object;
    case 'metadata':
      return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
    case 'table':
      return table(form.include, info, [object], { resourceVersion: object.metadata.resourceVersion }, nowMs);
    default:
      return form satisfies never;
  }
}

export function presentList(
  form: Form,
  info: KindInfo,
  items: readonly KubeObject[],
  metadata: object,
  nowMs: number,
): unknown {
  switch (form.as) {
    case 'objects':
      // The items of a typed list carry neither apiVersion nor kind on the wire.
      return {
        kind: `${info.kind}List`,
        apiVersion: apiVersionOf(info),
        metadata,
        items: items.map(({ apiVersion: _, kind: __, ...item }) => item),
      };
    case 'metadata': {
      const partial = items.map((item) => ({ metadata: item.metadata }));
      return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items: partial };
    }
    case 'table':
      return table(form.include, info, items, metadata, nowMs);
    default:
      return form satisfies never;
  }
}

function table(
  include: 'None' | 'Metadata' | 'Object',
  info: KindInfo,
  items: readonly KubeObject[],
  metadata: object,
  nowMs: number,
) {
  const columns = columnsOf(info.kind);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns.map(({ name, priority, type }) => ({
      name,
      type,
      format: name === 'Name' ? 'name' : '',
      description: `${name} of the ${info.kind}`,
      priority,
    })),
    rows: items.map((item) => ({
      cells: columns.map(({ cell }) => cell(item, nowMs)),
      object: included(include, item),
    })),
  };
}

function included(include: 'None' | 'Metadata' | 'Object', item: KubeObject): unknown {
  if (include === 'None') return null;
  return include === 'Object'
    ? item
    : { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: item.metadata };
}
