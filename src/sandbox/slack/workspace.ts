import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { appIdentity, botUserId } from './app-identity.ts';
import type { Change } from './changes.ts';
import { createChannels } from './channels.ts';
import { createEphemerals } from './ephemerals.ts';
import { createEventDelivery } from './event-delivery.ts';
import { createFaultPlan, type FaultPlan } from './faults.ts';
import { createFileStore } from './file-store.ts';
import { createHands, type Hands } from './hands.ts';
import { createHttpServer } from './http-server.ts';
import { createInteractionTokens } from './interaction-tokens.ts';
import { createLedger, type LedgerEntry } from './ledger.ts';
import { createListeners } from './listeners.ts';
import { readManifest } from './manifest.ts';
import { createMessages } from './messages.ts';
import { createPageServer, type ScenarioControls } from './page-server.ts';
import { createPeople } from './people.ts';
import { createRateLimits } from './rate-limits.ts';
import type { Channel, Ephemeral, Message, Person, StoredFile, ThreadStatus, Usergroup, View } from './records.ts';
import { createSocketMode, type Disconnection } from './socket-mode.ts';
import { createStreams } from './streams.ts';
import { createThreadStatuses } from './thread-statuses.ts';
import { createTimestamps } from './timestamps.ts';
import { createViewStacks } from './view-stacks.ts';
import { waitFor } from './wait-for.ts';
import { createAnswerCall } from './web-api/answer-call.ts';
import type { Services } from './web-api/method.ts';

export type SlackWorkspaceOptions = {
  /** The parsed `manifest.yml`: slash commands, shortcuts, bot name, scopes and events come from it. */
  readonly manifest: unknown;
  readonly people: readonly Person[];
  readonly channels: readonly Channel[];
  readonly usergroups: readonly Usergroup[];
  /** 0 or absent: any free port of the loopback address. */
  readonly port?: number;
  readonly rateLimits?: boolean;
  /** Epoch milliseconds; also decides when triggers, response_urls, streams and rate windows run out. */
  readonly now?: () => number;
  /** How long an app may take to acknowledge; Slack's three seconds unless a test is about something else. */
  readonly ackTimeoutMs?: number;
  /** What the page's scenario picker lists and starts. */
  readonly controls?: ScenarioControls;
};

export type SlackWorkspace = {
  /** Starts listening on 127.0.0.1. `url` is the page, `apiUrl` what an app takes as `slackApiUrl`. */
  start(): Promise<{ url: string; apiUrl: string; botToken: string; appToken: string; botUserId: string }>;
  stop(): Promise<void>;
  /** The hands of one person. Throws for an id nobody has. */
  as(personId: string): Hands;
  /** What a channel shows, or, with the ts of its root, a whole thread (root first). Oldest first. */
  messages(channelId: string, threadTs?: string): readonly Message[];
  ephemerals(personId: string): readonly Ephemeral[];
  /** The modals a person has open, bottom first, and then the Home tab if one was published. */
  views(personId: string): readonly View[];
  files(): readonly StoredFile[];
  statuses(): readonly ThreadStatus[];
  /** Everything that crossed the wire and every act of a person, in order, as JSON values. */
  ledger(): readonly LedgerEntry[];
  waitFor<T>(predicate: (workspace: SlackWorkspace) => T | undefined, timeoutMs: number): Promise<T>;
  readonly faults: {
    fail: FaultPlan['fail'];
    /** Ends every Socket Mode connection, by asking for a new one unless another way is named. */
    disconnect(how?: Disconnection): void;
    /** While on, no new Socket Mode connection is given out; those that are open stay. */
    refuse(on: boolean): void;
    /** Delivers the last `count` envelopes once more. */
    redeliver(count: number): void;
  };
};

/**
 * A Slack workspace on the loopback address, with one installed app in Socket Mode, a Web API, and a page to work in.
 *
 * Nothing is persisted. Throws when the manifest cannot be used or two people share an id.
 */
export function createSlackWorkspace(options: SlackWorkspaceOptions): SlackWorkspace {
  const read = readManifest(options.manifest);
  if (!read.ok) throw new Error(read.error.sentence);
  const manifest = read.value;
  const app = appIdentity(manifest);
  const now = options.now ?? Date.now;
  const stopping = new AbortController();
  let port = 0;
  const baseUrl = (): string => `http://127.0.0.1:${port}/`;
  const isAllowedHost = (host: string | undefined): boolean =>
    host === `127.0.0.1:${port}` || host === `localhost:${port}`;

  const ledger = createLedger({ now });
  const changes = createListeners<Change>();
  const changed = changes.tell;
  const nextTs = createTimestamps({ now });
  const people = createPeople({ people: options.people, usergroups: options.usergroups, app });
  const channels = createChannels({ channels: options.channels, botName: app.botName, changed });
  const messages = createMessages({ teamId: app.teamId, nextTs, changed });
  const socketMode = createSocketMode({
    appId: app.appId,
    ledger,
    ackTimeoutMs: options.ackTimeoutMs ?? 3_000,
    changed,
  });
  const services: Services = {
    app,
    manifest,
    people,
    channels,
    messages,
    ephemerals: createEphemerals({ nextTs, changed }),
    statuses: createThreadStatuses({ now, changed }),
    streams: createStreams({ app, messages, now }),
    views: createViewStacks({ app, changed }),
    files: createFileStore({ baseUrl }),
    tokens: createInteractionTokens({ now, urlOf: (id) => `${baseUrl()}response/${id}` }),
    socketMode,
    now,
    baseUrl,
  };
  const events = createEventDelivery({ app, manifest, channels, now, publish: socketMode.publish });
  changes.add(events.onChange);

  const faults = createFaultPlan();
  const hands = new Map<string, Hands>();
  const handsOf = (personId: string): Hands | undefined => {
    const person = people.find(personId);
    if (person === undefined) return undefined;
    const known = hands.get(personId) ?? createHands({ person, services, ledger, publishEvent: events.publish });
    hands.set(personId, known);
    return known;
  };

  const rateLimits = options.rateLimits === true ? createRateLimits({ now }) : undefined;
  const answerCall = createAnswerCall({ services, ledger, faults, rateLimits, signal: stopping.signal });
  const page = createPageServer({ services, changes, handsOf, controls: options.controls, signal: stopping.signal });
  const server = createHttpServer({
    answerCall,
    services,
    ledger,
    faults,
    page,
    isAllowedHost,
    signal: stopping.signal,
  });
  socketMode.attach(server, isAllowedHost);

  const workspace: SlackWorkspace = {
    async start() {
      server.listen(options.port ?? 0, '127.0.0.1');
      await once(server, 'listening');
      // A TCP server that listens has an address object.
      port = (server.address() as AddressInfo).port;
      return { url: baseUrl(), apiUrl: `${baseUrl()}api/`, botToken: app.botToken, appToken: app.appToken, botUserId };
    },
    async stop() {
      stopping.abort();
      socketMode.stop();
      services.statuses.stop();
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
    as(personId) {
      const found = handsOf(personId);
      if (found === undefined) throw new Error(`There is no person ${personId} in the local workspace.`);
      return found;
    },
    messages: (channelId, threadTs) =>
      threadTs === undefined ? messages.inChannel(channelId) : messages.inThread(channelId, threadTs),
    ephemerals: (personId) => services.ephemerals.of(personId),
    views(personId) {
      const home = services.views.home(personId);
      return [...services.views.stack(personId), ...(home === undefined ? [] : [home])];
    },
    files: services.files.all,
    statuses: services.statuses.current,
    ledger: ledger.entries,
    waitFor: (predicate, timeoutMs) => waitFor({ ledger, changes, timeoutMs, predicate: () => predicate(workspace) }),
    faults: {
      fail: faults.fail,
      disconnect: (how = 'refresh_requested') => socketMode.disconnect(how),
      refuse: socketMode.refuse,
      redeliver: socketMode.redeliver,
    },
  };
  return workspace;
}
