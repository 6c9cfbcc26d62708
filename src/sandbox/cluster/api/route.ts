import { findKind, type KindInfo } from './kinds.ts';

export type ResourceRoute = {
  readonly info: KindInfo;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
};

export type Route =
  | { readonly type: 'resource'; readonly route: ResourceRoute }
  | {
      readonly type: 'review';
      readonly group: string;
      readonly resource: 'selfsubjectaccessreviews' | 'selfsubjectreviews';
    }
  /** Health, version and discovery. */
  | { readonly type: 'path'; readonly path: string }
  /** Below /api or /apis, but of no kind that is served. */
  | {
      readonly type: 'unknown-resource';
      readonly group: string;
      readonly resource: string;
      readonly namespace: string | undefined;
    };

/** Reads what a URL path means, by the rules of Kubernetes' API paths. Undefined when it is not even well-formed percent-encoding. */
export function parseRoute(pathname: string): Route | undefined {
  let words: string[];
  try {
    words = pathname
      .split('/')
      .filter((word) => word !== '')
      .map(decodeURIComponent);
  } catch {
    return undefined;
  }
  const [root, ...afterRoot] = words;
  const isCore = root === 'api' && afterRoot.length > 1;
  const isGrouped = root === 'apis' && afterRoot.length > 2;
  if (!isCore && !isGrouped) return { type: 'path', path: pathname };
  const group = isCore ? '' : (afterRoot[0] ?? '');
  const [version = '', ...rest] = isCore ? afterRoot : afterRoot.slice(1);

  // `/namespaces/x` is the object itself, `/namespaces/x/pods` its content; `/namespaces/x/status` is a subresource.
  const isInside = rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'status' && rest[2] !== 'finalize';
  const namespace = isInside ? rest[1] : undefined;
  const [plural = '', name, subresource, ...beyond] = isInside ? rest.slice(2) : rest;
  if (plural === 'selfsubjectaccessreviews' && group === 'authorization.k8s.io')
    return { type: 'review', group, resource: plural };
  if (plural === 'selfsubjectreviews' && group === 'authentication.k8s.io')
    return { type: 'review', group, resource: plural };
  const info = findKind(group, version, plural);
  const isMisplaced = info !== undefined && !info.namespaced && namespace !== undefined;
  if (info === undefined || isMisplaced || beyond.length > 0)
    return { type: 'unknown-resource', group, resource: plural, namespace };
  return { type: 'resource', route: { info, namespace, name, subresource } };
}
