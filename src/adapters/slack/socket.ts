import { type App, SocketModeReceiver } from '@slack/bolt';
import type { WebClientOptions } from '@slack/web-api';
import type { Socket } from './connection.ts';
import { quietLogger, type SlackLog } from './slack-log.ts';

/** The part of Bolt's App that a receiver hands events to. */
export type EventSink = Pick<App, 'processEvent'>;

type Dependencies = {
  readonly appToken: string;
  readonly clientOptions: () => WebClientOptions;
  readonly sink: EventSink;
  readonly log: SlackLog;
};

/**
 * A Socket Mode connection that is used once. Each has a receiver and client of its own, so nothing of an old connection (late closes, timers, failed starts)
 * reaches a new one.
 */
export function createSocket({ appToken, clientOptions, sink, log }: Dependencies): Socket {
  const receiver = new SocketModeReceiver({
    appToken,
    autoReconnectEnabled: false,
    // How long a silent line counts as alive.
    clientPingTimeout: 5_000,
    logger: quietLogger(log),
    installerOptions: { clientOptions: clientOptions() },
    // An acknowledgement that came too late or was lost with its line; Slack delivers again, and the answer is remembered.
    processEventErrorHandler: async ({ error }) => {
      log.debug(`slack event: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    },
  });
  // Bolt's receiver uses nothing of the App but processEvent.
  receiver.init(sink as App);
  guardFrames(receiver, log);
  const ended = Promise.withResolvers<void>();
  receiver.client.on('disconnected', () => ended.resolve());
  return {
    open: () => receiver.start(),
    closed: ended.promise,
    close() {
      // Its promise is only about the end, which `closed` tells.
      receiver.stop().catch((error: unknown) => log.debug(`slack disconnect: ${String(error)}`));
    },
  };
}

/** A frame that is no envelope would end the process: the client reads it without looking, in an async function nobody waits for. */
function guardFrames({ client }: SocketModeReceiver, log: SlackLog): void {
  const handlers = client.listeners('ws_message');
  client.removeAllListeners('ws_message');
  client.on('ws_message', (data: unknown, isBinary: unknown) => {
    if (isBinary === true || !isEnvelope(String(data))) {
      log.debug('slack frame: not an envelope, ignored');
      return;
    }
    for (const handle of handlers) {
      Promise.resolve(handle(data, isBinary)).catch((error: unknown) => log.debug(`slack frame: ${String(error)}`));
    }
  });
}

function isEnvelope(frame: string): boolean {
  try {
    const value: unknown = JSON.parse(frame);
    if (!isRecord(value) || typeof value.type !== 'string') return false;
    // The client tells the app of an event under its type; names of its own life must not be told that way.
    if (value.type !== 'events_api') return value.type !== 'slack_event';
    return isRecord(value.payload) && isRecord(value.payload.event) && typeof value.payload.event.type === 'string';
  } catch {
    return false;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
