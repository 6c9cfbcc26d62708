import { App, type Receiver } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import type { Result } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import { createCommandDesk } from './commands/command-desk.ts';
import { type ConnectionProblem, createConnection } from './connection.ts';
import { acknowledgeWhenDone } from './listeners/acknowledge-when-done.ts';
import { listenToApprovalButtons } from './listeners/approval-buttons.ts';
import { listenToIncidentMenu } from './listeners/incident-menu.ts';
import { listenToMentions } from './listeners/mention.ts';
import { listenToSlashCommand } from './listeners/slash-command.ts';
import { listenToStopButton } from './listeners/stop-button.ts';
import { createPeople } from './people.ts';
import { clientOptions, type SlackEndpoint, slackClient } from './slack-client.ts';
import { quietLogger, type SlackLog } from './slack-log.ts';
import { createSocket } from './socket.ts';
import { readTeam, type SlackTeam } from './team.ts';
import type { SlackUseCases } from './use-cases.ts';

export type SlackApp = {
  /**
   * Connects by Socket Mode. Resolves within about 10 s: ok once connected, else with why not; then it goes on trying in the background until `stop` or
   * the signal's abort. Each change is told to the log in a sentence. Never rejects. Call it once.
   */
  start(signal?: AbortSignal): Promise<Result<SlackTeam, ConnectionProblem>>;
  /** Ends the connection; commands under way are finished by their callers. Resolves within about 2 s. */
  stop(): Promise<void>;
  /** For the thread projection: an instance of its own that neither repeats a post nor queues behind a rate limit. */
  readonly client: WebClient;
  /** Whether commands and clicks arrive right now. */
  isConnected(): boolean;
  /** Undefined until Slack was reached for the first time. */
  team(): SlackTeam | undefined;
};

type Dependencies = SlackEndpoint & {
  readonly appToken: string;
  readonly useCases: SlackUseCases;
  readonly clock: Clock;
  readonly log: SlackLog;
};

/** The Slack app: commands, mentions, buttons. The same for Slack and for the local workspace; only `apiUrl` differs. */
export function createSlackApp({ botToken, appToken, apiUrl, useCases, clock, log }: Dependencies): SlackApp {
  const endpoint = { botToken, apiUrl, log };
  const answers = slackClient(endpoint, 'answers');
  const narration = slackClient(endpoint, 'narration');
  let here: SlackTeam | undefined;
  const team = () => here;

  const app = new App({
    receiver: noReceiver,
    // Asked for each event; without I/O, since who we are is known before any event can come.
    authorize: async () => {
      if (here === undefined) throw new TypeError('an event came before Slack said who we are');
      const { botId, botUserId, teamId } = here;
      return { botToken, botId, botUserId, teamId };
    },
    clientOptions: clientOptions(apiUrl, 'answers', log),
    logger: quietLogger(log),
    convoStore: false,
  });
  // The last resort: a listener has told its person already, or could not.
  app.error(async (error) => log.warn(`Handling something from Slack failed: ${error.message}`));

  const people = createPeople({ client: answers, clock, team });
  const desk = createCommandDesk({ useCases, people, client: answers, uploads: narration, clock });
  const listening = { useCases, desk, people, client: answers, clock, log, team };
  listenToSlashCommand(app, listening);
  listenToMentions(app, listening);
  listenToApprovalButtons(app, listening);
  listenToStopButton(app, listening);
  listenToIncidentMenu(app, listening);

  const sink = acknowledgeWhenDone(app);
  const connection = createConnection({
    async identify() {
      here = readTeam(await answers.auth.test());
      return here;
    },
    newSocket: () => createSocket({ appToken, clientOptions: () => clientOptions(apiUrl, 'answers', log), sink, log }),
    clock,
    log,
  });

  return {
    start: connection.start,
    stop: connection.stop,
    client: narration,
    isConnected: connection.isConnected,
    team,
  };
}

/** Bolt wants a receiver when it is made; ours come and go with the connections and hand events to the app themselves. */
const noReceiver: Receiver = { init: () => undefined, start: async () => undefined, stop: async () => undefined };
