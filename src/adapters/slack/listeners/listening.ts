import type { WebClient } from '@slack/web-api';
import type { Clock } from '../../../ports/clock.ts';
import type { CommandDesk } from '../commands/command-desk.ts';
import type { People } from '../people.ts';
import type { SlackLog } from '../slack-log.ts';
import type { SlackTeam } from '../team.ts';
import type { SlackUseCases } from '../use-cases.ts';

/** What the listeners share. `client` is for answers to single persons. */
export type Listening = {
  readonly useCases: SlackUseCases;
  readonly desk: CommandDesk;
  readonly people: People;
  readonly client: WebClient;
  readonly clock: Clock;
  readonly log: SlackLog;
  readonly team: () => SlackTeam | undefined;
};
