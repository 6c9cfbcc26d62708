import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Change } from './changes.ts';
import { isObject, type Json, type JsonObject, parseJson, textAt } from './json.ts';
import type { Ledger } from './ledger.ts';

const mostConnections = 10;
const pingEveryMs = 8_000;
/** How far back `redeliver` reaches. */
const mostRemembered = 1_000;
/** Events that nobody acknowledged come again at once, after a minute and after five. */
const eventRetryDelaysMs = [0, 60_000, 300_000];

type EnvelopeType = 'slash_commands' | 'interactive' | 'events_api';
type Envelope = { readonly type: EnvelopeType; readonly payload: JsonObject };
export type Delivery =
  | { readonly outcome: 'acked'; readonly payload: JsonObject }
  | { readonly outcome: 'not-acked' }
  | { readonly outcome: 'not-connected' };

/** How a connection ends: Slack asks for a new one, or it simply drops. */
export type Disconnection = 'warning' | 'refresh_requested' | 'link_disabled' | 'too_many_websockets' | 'dropped';

export type SocketMode = {
  /** The ticketed path of `apps.connections.open`; undefined while connections are refused. */
  openPath(): string | undefined;
  attach(server: Server, isAllowedHost: (host: string | undefined) => boolean): void;
  /** Sends one envelope to one of the connections and waits for its acknowledgement, three seconds at most. */
  deliver(envelope: Envelope): Promise<Delivery>;
  /** Sends an event without waiting; an unacknowledged one is repeated as Slack does. */
  publish(payload: JsonObject): void;
  connections(): number;
  disconnect(how: Disconnection): void;
  refuse(on: boolean): void;
  /** Sends the last `count` envelopes once more, oldest first, under new envelope ids. */
  redeliver(count: number): void;
  stop(): void;
};

type Sent = { readonly envelope: Envelope; attempts: number };
type Waiting = { readonly sentAt: number; readonly settle: (delivery: Delivery) => void };

/**
 * The server side of Socket Mode. Frames are text, as the client ignores binary ones; it is pinged regularly, because its
 * watchdog arms itself with the first ping and drops the connection when no second one comes within 30 s.
 */
export function createSocketMode(input: {
  appId: string;
  ledger: Ledger;
  ackTimeoutMs: number;
  changed: (change: Change) => void;
}): SocketMode {
  const { ledger } = input;
  const server = new WebSocketServer({ noServer: true, maxPayload: 1024 * 1024 });
  const tickets = new Set<string>();
  const sockets = new Map<number, WebSocket>();
  const waiting = new Map<string, Waiting>();
  const expired = new Map<string, number>();
  const sent: Sent[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let connectionsSoFar = 0;
  let turn = 0;
  let isRefusing = false;
  let isStopped = false;

  const later = (delayMs: number, run: () => void): NodeJS.Timeout => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, delayMs).unref();
    timers.add(timer);
    return timer;
  };

  const send = (record: Sent, retryReason: string, settle: (delivery: Delivery) => void): void => {
    const open = [...sockets].filter(([, socket]) => socket.readyState === socket.OPEN);
    // With several connections each envelope goes to one of them.
    const chosen = open[turn++ % Math.max(open.length, 1)];
    const { type, payload } = record.envelope;
    if (chosen === undefined) {
      ledger.record({ kind: 'envelope-lost', type, reason: 'not-connected' });
      settle({ outcome: 'not-connected' });
      return;
    }
    const [connection, socket] = chosen;
    const envelopeId = randomUUID();
    const attempt = record.attempts++;
    const timer = later(input.ackTimeoutMs, () => {
      waiting.delete(envelopeId);
      expired.set(envelopeId, sentAt);
      ledger.record({ kind: 'envelope-lost', type, reason: 'not-acked', envelopeId });
      settle({ outcome: 'not-acked' });
    });
    const sentAt = performance.now();
    waiting.set(envelopeId, {
      sentAt,
      settle(delivery) {
        clearTimeout(timer);
        timers.delete(timer);
        settle(delivery);
      },
    });
    ledger.record({ kind: 'envelope-sent', envelopeId, type, attempt, connection, payload });
    const accepts_response_payload = type !== 'events_api';
    socket.send(
      JSON.stringify({
        envelope_id: envelopeId,
        type,
        payload,
        accepts_response_payload,
        retry_attempt: attempt,
        retry_reason: retryReason,
      }),
    );
  };

  const publish = (record: Sent, retryReason: string): void => {
    send(record, retryReason, (delivery) => {
      const delayMs = eventRetryDelaysMs[record.attempts - 1];
      if (delivery.outcome !== 'not-acked' || delayMs === undefined || isStopped) return;
      later(delayMs, () => publish(record, 'timeout'));
    });
  };

  const remember = (envelope: Envelope): Sent => {
    const record = { envelope, attempts: 0 };
    sent.push(record);
    if (sent.length > mostRemembered) sent.shift();
    return record;
  };

  const onFrame = (text: string): void => {
    const frame = parseJson(text);
    const envelopeId = textAt(frame, 'envelope_id');
    if (!isObject(frame) || envelopeId === undefined) return;
    const payload = isObject(frame.payload) ? frame.payload : {};
    const pending = waiting.get(envelopeId);
    const sentAt = pending?.sentAt ?? expired.get(envelopeId);
    if (sentAt === undefined) return;
    waiting.delete(envelopeId);
    const elapsedMs = Math.round((performance.now() - sentAt) * 10) / 10;
    ledger.record({
      kind: 'envelope-acked',
      envelopeId,
      elapsedMs,
      isLate: pending === undefined,
      payload: payload as Json,
    });
    pending?.settle({ outcome: 'acked', payload });
  };

  const welcome = (socket: WebSocket): void => {
    const connection = ++connectionsSoFar;
    sockets.set(connection, socket);
    const pings = setInterval(() => socket.ping(), pingEveryMs).unref();
    socket.on('message', (data, isBinary) => {
      // `ws` hands over text frames as one Buffer unless told otherwise.
      if (!isBinary) onFrame(String(data));
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      clearInterval(pings);
      sockets.delete(connection);
      ledger.record({ kind: 'connection', connection, change: 'closed' });
      input.changed({ kind: 'connections-changed', count: sockets.size });
    });
    ledger.record({ kind: 'connection', connection, change: 'opened' });
    socket.send(
      JSON.stringify({
        type: 'hello',
        num_connections: sockets.size,
        debug_info: { host: 'applink-local', build_number: 1, approximate_connection_time: 18_060 },
        connection_info: { app_id: input.appId },
      }),
    );
    input.changed({ kind: 'connections-changed', count: sockets.size });
  };

  const onUpgrade = (
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    isAllowedHost: (host: string | undefined) => boolean,
  ): void => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const ticket = url.searchParams.get('ticket') ?? '';
    const isKnown = isAllowedHost(request.headers.host) && url.pathname === '/link/' && tickets.delete(ticket);
    if (!isKnown || isRefusing || sockets.size >= mostConnections) {
      ledger.record({
        kind: 'connection',
        connection: 0,
        change: 'refused',
        detail: isKnown ? 'connections are refused' : 'no such ticket',
      });
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    server.handleUpgrade(request, socket, head, welcome);
  };

  return {
    openPath() {
      if (isRefusing) return undefined;
      const ticket = randomBytes(16).toString('hex');
      tickets.add(ticket);
      return `link/?ticket=${ticket}&app_id=${input.appId}`;
    },
    attach(http, isAllowedHost) {
      http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
        onUpgrade(request, socket, head, isAllowedHost),
      );
    },
    deliver: (envelope) => new Promise((settle) => send(remember(envelope), '', settle)),
    publish: (payload) => publish(remember({ type: 'events_api', payload }), ''),
    connections: () => sockets.size,
    disconnect(how) {
      for (const [connection, socket] of sockets) {
        ledger.record({ kind: 'connection', connection, change: 'disconnect-sent', detail: how });
        if (how === 'dropped') socket.terminate();
        else socket.send(JSON.stringify({ type: 'disconnect', reason: how, debug_info: { host: 'applink-local' } }));
      }
    },
    refuse(on) {
      isRefusing = on;
    },
    redeliver(count) {
      for (const record of sent.slice(-Math.max(0, Math.trunc(count)) || sent.length))
        send(record, 'timeout', () => {});
    },
    stop() {
      isStopped = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      for (const { settle } of waiting.values()) settle({ outcome: 'not-connected' });
      waiting.clear();
      for (const socket of sockets.values()) socket.terminate();
      server.close();
    },
  };
}
