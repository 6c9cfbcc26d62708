import { fail, ok, type Result } from '../../../core/result.ts';
import { reviewOwnAccess, reviewSelf } from './access-review.ts';
import { type Attributes, forbidden, isAllowed } from './authorize.ts';
import { answerPath } from './discovery.ts';
import { evictPod } from './evict-pod.ts';
import type { Answer, ApiParts, ApiRequest } from './exchange.ts';
import { readPodLog } from './pod-log.ts';
import { getObject, listObjects } from './read-objects.ts';
import { parseRoute, type ResourceRoute } from './route.ts';
import { type ApiFailure, badRequest, methodNotAllowed } from './status.ts';
import { type OpenWatch, watchObjects } from './watch-objects.ts';
import { createObject, noSuchSubresource, patchObject, removeObject } from './write-objects.ts';

export type Handled = Result<Answer | { readonly watch: OpenWatch }, ApiFailure>;

/** Answers one authenticated request: routing, then rights, then the work, as the API server orders them. */
export function handleRequest(parts: ApiParts, request: ApiRequest): Handled {
  const route = parseRoute(request.path);
  if (route === undefined) return fail(badRequest('the URL path is not valid percent-encoding'));
  switch (route.type) {
    case 'path': {
      const wanted = { verb: request.method === 'GET' ? 'get' : request.method.toLowerCase(), path: request.path };
      if (!isAllowed(request.user, wanted)) return fail(forbidden(request.user, wanted));
      if (request.method !== 'GET') return fail(methodNotAllowed());
      return ok(answerPath(request.path, request.query) ?? pageNotFound);
    }
    case 'review': {
      const { group, resource } = route;
      const wanted = { verb: 'create', group, resource, subresource: undefined, namespace: undefined, name: undefined };
      if (!isAllowed(request.user, wanted)) return fail(forbidden(request.user, wanted));
      if (request.method !== 'POST') return fail(methodNotAllowed());
      return resource === 'selfsubjectreviews'
        ? ok(reviewSelf(request.user))
        : reviewOwnAccess(request.user, request.body);
    }
    case 'unknown-resource': {
      const { group, namespace, resource } = route;
      const wanted = {
        verb: verbOf(request, undefined),
        group,
        resource,
        subresource: undefined,
        namespace,
        name: undefined,
      };
      return isAllowed(request.user, wanted) ? ok(pageNotFound) : fail(forbidden(request.user, wanted));
    }
    case 'resource':
      return handleResource(parts, request, route.route);
    default:
      return route satisfies never;
  }
}

const pageNotFound: Answer = { code: 404, body: '404 page not found\n', contentType: 'text/plain' };

function handleResource(parts: ApiParts, request: ApiRequest, route: ResourceRoute): Handled {
  const { info, name, namespace, subresource } = route;
  const verb = verbOf(request, name);
  // A Namespace is authorised inside itself, which is how a right to one namespace covers reading it.
  const where = info.kind === 'Namespace' ? name : namespace;
  const wanted: Attributes = {
    verb,
    group: groupFor(route),
    resource: info.plural,
    subresource,
    namespace: where,
    name,
  };
  if (!isAllowed(request.user, wanted)) return fail(forbidden(request.user, wanted));
  if (info.namespaced && namespace === undefined && name !== undefined) return ok(pageNotFound);

  if (subresource === 'log' && info.kind === 'Pod')
    return verb === 'get' ? readPodLog(parts, request, route) : fail(methodNotAllowed());
  if (subresource === 'eviction' && info.kind === 'Pod') {
    return verb === 'create' ? evictPod(parts, request, route) : fail(methodNotAllowed());
  }
  const isStatus = subresource === 'status' && info.hasStatus && (verb === 'get' || verb === 'patch');
  if (subresource !== undefined && !isStatus) return fail(noSuchSubresource());
  switch (verb) {
    case 'get':
      return getObject(parts, request, route);
    case 'list':
      return listObjects(parts, request, route);
    case 'watch': {
      const watch = watchObjects(parts, request, route);
      return watch.ok ? ok({ watch: watch.value }) : watch;
    }
    case 'create':
      return name === undefined ? createObject(parts, request, route) : fail(methodNotAllowed());
    case 'patch':
      return patchObject(parts, request, route);
    case 'delete':
      return removeObject(parts, request, route);
    default:
      return fail(methodNotAllowed());
  }
}

function groupFor({ info, subresource }: ResourceRoute): string {
  return info.kind === 'Pod' && subresource === 'eviction' ? '' : info.group;
}

/** The RBAC verb of a request. */
function verbOf({ method, query }: ApiRequest, name: string | undefined): string {
  switch (method) {
    case 'GET':
    case 'HEAD': {
      const watches = query.get('watch') === 'true' || query.get('watch') === '1';
      return watches ? 'watch' : name === undefined ? 'list' : 'get';
    }
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === undefined ? 'deletecollection' : 'delete';
    default:
      return method.toLowerCase();
  }
}
