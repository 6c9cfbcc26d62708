import type { ServerResponse } from 'node:http';
import { fail, ok, type Result } from '../../../core/result.ts';
import type { Change } from '../store/object-store.ts';
import type { KubeObject } from '../store/stored-object.ts';
import type { ApiParts, ApiRequest } from './exchange.ts';
import { apiVersionOf } from './kinds.ts';
import { type Matches, parseCount, parseRevision, parseSelection } from './read-objects.ts';
import type { ResourceRoute } from './route.ts';
import { type ApiFailure, badRequest, expired, statusBody } from './status.ts';

type WatchEvent = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'; readonly object: unknown };
/** Streams into a response until the watch ends; the returned function ends it early. */
export type OpenWatch = (response: ServerResponse) => () => void;

const bookmarkEveryMs = 5000;

/**
 * Prepares a watch: from a resourceVersion, or without one all present objects first. A resourceVersion that the history no longer reaches is
 * no HTTP error: the stream begins with an ERROR event of code 410, then ends.
 */
export function watchObjects(
  parts: ApiParts,
  request: ApiRequest,
  route: ResourceRoute,
): Result<OpenWatch, ApiFailure> {
  const { query } = request;
  if (query.get('sendInitialEvents') === 'true')
    return fail(badRequest('sendInitialEvents is not served by the simulated cluster'));
  const matches = parseSelection(query, route);
  if (!matches.ok) return matches;
  const timeoutSeconds = parseCount(query, 'timeoutSeconds');
  if (!timeoutSeconds.ok) return timeoutSeconds;
  const version = query.get('resourceVersion') ?? '';
  const from = version === '' || version === '0' ? ok(undefined) : parseRevision(version);
  if (!from.ok) return from;
  const bookmarks = query.get('allowWatchBookmarks') === 'true';
  const timeoutMs =
    timeoutSeconds.value === undefined || timeoutSeconds.value === 0 ? undefined : timeoutSeconds.value * 1000;
  const named =
    route.name === undefined
      ? matches.value
      : (object: KubeObject) => object.metadata.name === route.name && matches.value(object);
  return ok((response) => stream(parts, route, response, { matches: named, from: from.value, bookmarks, timeoutMs }));
}

function stream(
  { store }: ApiParts,
  { info }: ResourceRoute,
  response: ServerResponse,
  options: { matches: Matches; from: number | undefined; bookmarks: boolean; timeoutMs: number | undefined },
): () => void {
  const { from, matches } = options;
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' });
  response.flushHeaders();
  const send = (event: WatchEvent): void => {
    response.write(`${JSON.stringify(event)}\n`);
  };
  const past = from === undefined ? present(store.list(info.kind)) : store.changesSince(info.kind, from);
  if (past === 'expired') {
    send({
      type: 'ERROR',
      object: statusBody({ ...expired, message: `too old resource version: ${from} (${store.revision()})` }),
    });
    response.end();
    return () => {};
  }
  const pass = (change: Change): void => {
    const event = change.object.kind === info.kind ? seenThrough(matches, change) : undefined;
    if (event !== undefined) send(event);
  };
  past.forEach(pass);
  const unsubscribe = store.subscribe(pass);
  const bookmark = (): void => {
    const metadata = { resourceVersion: String(store.revision()), creationTimestamp: null };
    send({ type: 'BOOKMARK', object: { kind: info.kind, apiVersion: apiVersionOf(info), metadata } });
  };
  const bookmarker = options.bookmarks ? setInterval(bookmark, bookmarkEveryMs).unref() : undefined;
  const timer =
    options.timeoutMs === undefined ? undefined : setTimeout(() => response.end(), options.timeoutMs).unref();
  const stop = (): void => {
    unsubscribe();
    clearInterval(bookmarker);
    clearTimeout(timer);
    response.end();
  };
  response.on('close', stop);
  return stop;
}

function present(objects: readonly KubeObject[]): Change[] {
  return objects.map((object) => ({ type: 'ADDED', revision: 0, object }));
}

/** An object that a change moves out of a selection looks deleted to its watcher, one that moves in looks new. */
function seenThrough(matches: Matches, { object, previous, type }: Change): WatchEvent | undefined {
  const was = previous !== undefined && matches(previous);
  const is = type !== 'DELETED' && matches(object);
  if (type === 'DELETED') return was ? { type, object } : undefined;
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object };
  return was ? { type: 'DELETED', object } : undefined;
}
