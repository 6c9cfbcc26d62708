import type { AppIdentity } from './app-identity.ts';
import type { JsonObject } from './json.ts';
import type { Channel, Ephemeral, Message, Person, View } from './records.ts';
import { wireMessage } from './wire-message.ts';

/** What every interactive payload says of the app, the team and the person. */
export function interactionBase(app: AppIdentity, person: Person): JsonObject {
  const team_id = person.teamId ?? app.teamId;
  return {
    user: { id: person.id, username: person.name, name: person.name, team_id },
    api_app_id: app.appId,
    token: app.verificationToken,
    team: { id: app.teamId, domain: app.teamDomain },
    enterprise: null,
    is_enterprise_install: false,
  };
}

/** The payload of a slash command. There is no `thread_ts`: Slack has no slash commands in threads. */
export function commandPayload(input: {
  app: AppIdentity;
  person: Person;
  channel: Channel;
  command: string;
  text: string;
  response_url: string;
  trigger_id: string;
}): JsonObject {
  const { app, person, channel, command, text, response_url, trigger_id } = input;
  return {
    token: app.verificationToken,
    team_id: person.teamId ?? app.teamId,
    team_domain: app.teamDomain,
    channel_id: channel.id,
    channel_name: channel.id.startsWith('D') ? 'directmessage' : channel.name,
    user_id: person.id,
    user_name: person.name,
    command,
    text,
    api_app_id: app.appId,
    is_enterprise_install: 'false',
    response_url,
    trigger_id,
  };
}

/** The part of a block_actions payload that says where the person acted. An ephemeral message is not sent along. */
export function messagePlace(source: Message | Ephemeral, channel: Channel): JsonObject {
  const isEphemeral = !('type' in source);
  const thread = source.thread_ts === undefined ? {} : { thread_ts: source.thread_ts };
  const container = {
    type: 'message',
    message_ts: source.ts,
    channel_id: channel.id,
    is_ephemeral: isEphemeral,
    ...thread,
  };
  return {
    container,
    channel: { id: channel.id, name: channel.name },
    ...('type' in source ? { message: wireMessage(source) } : {}),
  };
}

/** The same for a modal or the Home tab. */
export function viewPlace(view: View): JsonObject {
  return { container: { type: 'view', view_id: view.id }, view };
}
