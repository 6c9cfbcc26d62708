import type { WireObject } from '../../core/cluster/object.ts';
import { at, isRecord, listAt, numberAt, textAt } from '../../core/cluster/wire.ts';
import { readWireObject } from '../../core/cluster/wire-object.ts';
import { fail, ok, type Problem, problem, type Result } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EventWatch } from '../../ports/event-watch.ts';
import type { HttpExchange, HttpStreams } from './http-exchange.ts';

const warnings = 'type!=Normal';
const pageSize = 500;
/** Of the Warning events that are there at the start, no more than this many pages are heard: they are hints, and the scans see what they speak of. */
const maxPages = 4;
const listBytes = 32 * 2 ** 20;
const lineBytes = 2 * 2 ** 20;
const requestTimeoutMs = 15_000;
/** The server ends a watch after this time; a connection that stays silent longer is dead. */
const watchSeconds = 240;
const idleMs = 300_000;

const backOffMs = [1_000, 2_000, 5_000, 15_000, 30_000, 60_000];
/** A watch that held for so long was a good one: the next break is the first again. */
const steadyMs = 10_000;

type Trouble = { readonly kind: 'expired' } | { readonly kind: 'failed'; readonly problem: Problem };

/**
 * Watches Warning events through the watch API: a list gives the resourceVersion, bookmarks keep it fresh, 410 (over HTTP or as an ERROR event) lists anew, everything else connects again
 * with growing pauses. Objects are wire JSON; what cannot be read is passed over.
 */
export function createEventWatch(dependencies: {
  readonly cluster: string;
  readonly exchange: Pick<HttpExchange, 'request'> & HttpStreams;
  readonly clock: Clock;
}): EventWatch {
  const { cluster, exchange, clock } = dependencies;

  async function list(
    path: string,
    onEvent: (event: WireObject) => void,
    signal: AbortSignal,
  ): Promise<Result<string, Trouble>> {
    let version: string | undefined;
    let token: string | undefined;
    for (let page = 0; page < maxPages; page += 1) {
      const query = new URLSearchParams({ fieldSelector: warnings, limit: String(pageSize) });
      if (token !== undefined) query.set('continue', token);
      const answer = await exchange.request({
        method: 'GET',
        path: `${path}?${query}`,
        timeoutMs: requestTimeoutMs,
        maxBytes: listBytes,
        signal,
      });
      if (!answer.ok) return fail(failed(`${answer.error.kind}, ${answer.error.detail}`));
      // A page that has expired ends the list early; where to watch from is known since the first.
      if (answer.value.status === 410 && version !== undefined) break;
      if (answer.value.status !== 200) return fail(failed(`status ${answer.value.status}`, answer.value.status));
      const body = parse(answer.value.body);
      version ??= textAt(body, 'metadata', 'resourceVersion');
      if (version === undefined) return fail(failed('the answer is no list'));
      for (const item of listAt(body, 'items')) hear(item, onEvent);
      token = textAt(body, 'metadata', 'continue');
      if (token === undefined) break;
    }
    return version === undefined ? fail(failed('the answer is no list')) : ok(version);
  }

  /** Follows from a version until the stream ends. Answers with the version to go on from. */
  async function follow(
    path: string,
    from: string,
    on: { readonly event: (event: WireObject) => void; readonly open: () => void },
    signal: AbortSignal,
  ): Promise<Result<string, Trouble>> {
    const query = new URLSearchParams({
      watch: 'true',
      allowWatchBookmarks: 'true',
      fieldSelector: warnings,
      resourceVersion: from,
      timeoutSeconds: String(watchSeconds),
    });
    const answer = await exchange.stream({
      path: `${path}?${query}`,
      openTimeoutMs: requestTimeoutMs,
      idleMs,
      maxLineBytes: lineBytes,
      signal,
    });
    if (!answer.ok) return fail(failed(`${answer.error.kind}, ${answer.error.detail}`));
    const { status, lines } = answer.value;
    if (status !== 200) {
      // The body is not wanted, and its connection must not stay open.
      for await (const _line of lines) break;
      return fail(status === 410 ? { kind: 'expired' } : failed(`status ${status}`, status));
    }
    on.open();
    let version = from;
    for await (const line of lines) {
      const change = parse(line);
      if (!isRecord(change)) continue;
      const { object, type } = change;
      if (type === 'ERROR') {
        const code = numberAt(object, 'code');
        return fail(code === 410 ? { kind: 'expired' } : failed(`error ${code ?? 'without a code'}`));
      }
      version = textAt(object, 'metadata', 'resourceVersion') ?? version;
      if (type === 'ADDED' || type === 'MODIFIED') hear(object, on.event);
    }
    return ok(version);
  }

  function failed(detail: string, status?: number): Trouble {
    const todo =
      status === 403
        ? 'Grant the right to list and watch events.'
        : 'It is tried again and again; the scans go on meanwhile.';
    return {
      kind: 'failed',
      problem: problem(
        'watch.lost',
        `The Warning events of cluster ${cluster} cannot be followed (${detail}). ${todo}`,
      ),
    };
  }

  return {
    async watch({ namespace, onEvent, onState, signal }) {
      const path =
        namespace === undefined ? '/api/v1/events' : `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`;
      let version: string | undefined;
      let failures = 0;
      let said: 'following' | 'lost' | undefined;
      const onOpen = () => {
        if (said !== 'following') onState({ is: 'following' });
        said = 'following';
      };
      while (!signal.aborted) {
        const startedMs = clock.monotonicMs();
        const listed: Result<string, Trouble> = version === undefined ? await list(path, onEvent, signal) : ok(version);
        const followed = listed.ok
          ? await follow(path, listed.value, { event: onEvent, open: onOpen }, signal)
          : listed;
        if (signal.aborted) return;
        const held = clock.monotonicMs() - startedMs >= steadyMs;
        failures = held ? 0 : failures + 1;
        if (followed.ok) version = followed.value;
        else if (followed.error.kind === 'expired') version = undefined;
        else {
          // From where it was: the history reaches back some minutes, and when it does not, the answer is 410.
          version = listed.ok ? listed.value : undefined;
          if (said !== 'lost') onState({ is: 'lost', problem: followed.error.problem });
          said = 'lost';
        }
        // The first end of a watch is nothing special (its time is up); what keeps ending at once is.
        const pauseMs = failures <= 1 && followed.ok ? 0 : backOffMs[Math.min(failures, backOffMs.length) - 1];
        await clock.sleep(pauseMs ?? 0, signal).catch(() => undefined);
      }
    },
  };
}

function hear(raw: unknown, onEvent: (event: WireObject) => void): void {
  const event = readWireObject(raw, { apiVersion: 'v1', kind: 'Event' });
  if (event !== undefined && at(event, 'type') !== 'Normal') onEvent(event);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
