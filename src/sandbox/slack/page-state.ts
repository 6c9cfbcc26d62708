import { botUserId } from './app-identity.ts';
import type { Change } from './changes.ts';
import type { Json, JsonObject } from './json.ts';
import { slackbotUserId } from './records.ts';
import type { Services } from './web-api/method.ts';

/** Everything a freshly loaded page shows. Ephemeral messages are not in it: they do not survive a reload. */
export function workspaceState(services: Services): JsonObject {
  const { app, manifest, people, channels, messages, views, statuses, socketMode } = services;
  const channelIds = [...channels.all(), ...people.all().map(({ id: person }) => channels.direct(person))].map(
    (channel) => channel.id,
  );
  return {
    team: app.teamName,
    bot: { id: botUserId, name: app.botName },
    slackbot: slackbotUserId,
    hasHome: manifest.hasHome,
    commands: manifest.commands,
    shortcuts: manifest.shortcuts,
    people: people.all(),
    usergroups: people.usergroups(),
    channels: channelIds.flatMap((channelId) => channels.find(channelId) ?? []),
    messages: channelIds.flatMap((channelId) =>
      messages.inChannel(channelId).flatMap((message) => messages.inThread(channelId, message.ts)),
    ),
    views: people
      .all()
      .map(
        (person): Json => ({ person: person.id, stack: views.stack(person.id), home: views.home(person.id) ?? null }),
      ),
    statuses: statuses.current(),
    connections: socketMode.connections(),
  };
}

/** A change as the page needs it; undefined for what it learns from another change. */
export function pageChange(change: Change, { views, messages }: Services): JsonObject | undefined {
  switch (change.kind) {
    case 'message-posted':
    case 'message-changed':
    case 'message-touched':
      // The newest record, so that a burst of edits never ends on an older one.
      return { kind: 'message', message: messages.find(change.message.channel, change.message.ts) ?? change.message };
    case 'message-deleted':
      // A deleted root with replies is still there as a tombstone.
      if (messages.find(change.previous.channel, change.previous.ts) !== undefined) return undefined;
      return { kind: 'message-gone', channel: change.previous.channel, ts: change.previous.ts };
    case 'ephemeral-shown':
    case 'ephemeral-gone':
      return { kind: change.kind, ephemeral: change.ephemeral };
    case 'views-changed':
      return {
        kind: 'views',
        person: change.person,
        stack: views.stack(change.person),
        home: views.home(change.person) ?? null,
      };
    case 'status-changed':
      return { kind: 'status', status: change.status };
    case 'connections-changed':
      return { kind: 'connections', count: change.count };
    case 'member-joined':
      return { kind: 'channel', channel: change.channel };
    case 'reaction-added':
    case 'pin-added':
      return undefined;
    default:
      return change satisfies never;
  }
}
