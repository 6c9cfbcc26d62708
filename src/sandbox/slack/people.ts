import { type AppIdentity, botUserId } from './app-identity.ts';
import type { Json, JsonObject } from './json.ts';
import type { Person, Usergroup } from './records.ts';

export type People = {
  all(): readonly Person[];
  find(id: string): Person | undefined;
  byEmail(email: string): Person | undefined;
  usergroups(): readonly Usergroup[];
  usergroup(id: string): Usergroup | undefined;
  /** The user object of `users.info`; without `users:read.email` Slack leaves the address out. */
  wire(person: Person, options: { withEmail: boolean }): JsonObject;
  bot(): JsonObject;
};

/** Everybody in the workspace, and the groups they are in. Throws when two records share an id, or one takes the bot's. */
export function createPeople(input: {
  people: readonly Person[];
  usergroups: readonly Usergroup[];
  app: AppIdentity;
}): People {
  const byId = new Map(input.people.map((person) => [person.id, person]));
  if (byId.size !== input.people.length || byId.has(botUserId)) {
    throw new Error(`Each person of the local workspace needs an id of their own, other than the bot's ${botUserId}.`);
  }
  return {
    all: () => input.people,
    find: (id) => byId.get(id),
    byEmail: (email) => input.people.find((person) => person.email.toLowerCase() === email.toLowerCase()),
    usergroups: () => input.usergroups,
    usergroup: (id) => input.usergroups.find((group) => group.id === id),
    wire(person, { withEmail }) {
      const profile: Record<string, Json> = {
        real_name: person.realName,
        display_name: person.name,
        title: person.title ?? '',
        ...(withEmail ? { email: person.email } : {}),
      };
      return {
        ...account(person.id, person.teamId ?? input.app.teamId, person.name, person.realName, profile),
        is_restricted: person.isGuest ?? false,
        is_ultra_restricted: false,
        is_stranger: person.teamId !== undefined && person.teamId !== input.app.teamId,
        is_bot: false,
      };
    },
    bot: () => ({
      ...account(botUserId, input.app.teamId, input.app.botName, input.app.botName, {
        real_name: input.app.botName,
        display_name: '',
        bot_id: input.app.botId,
        api_app_id: input.app.appId,
      }),
      is_bot: true,
    }),
  };
}

function account(id: string, teamId: string, name: string, realName: string, profile: JsonObject): JsonObject {
  return {
    id,
    team_id: teamId,
    name,
    real_name: realName,
    deleted: false,
    tz: 'Etc/UTC',
    tz_label: 'UTC',
    tz_offset: 0,
    is_admin: false,
    is_owner: false,
    profile,
  };
}
