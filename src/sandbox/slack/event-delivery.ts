import type { AppIdentity } from './app-identity.ts';
import type { Change } from './changes.ts';
import type { Channels } from './channels.ts';
import type { JsonObject } from './json.ts';
import type { AppManifest } from './manifest.ts';
import { wireMessage } from './wire-message.ts';

/** The events one change brings about, each with the subscription of the manifest that it needs. */
type Event = { readonly subscription: string; readonly channel: string; readonly event: JsonObject };

/**
 * Turns changes into Events API bodies: what the manifest subscribes to, in channels the bot is in.
 * The bot's own messages are among them, as in Slack. A touched message (reply counts) brings no event.
 */
export function createEventDelivery(input: {
  app: AppIdentity;
  manifest: AppManifest;
  channels: Channels;
  now: () => number;
  publish: (body: JsonObject) => void;
}): { onChange(change: Change): void; publish(subscription: string, event: JsonObject): void } {
  const { app, manifest, channels } = input;
  let issued = 0;

  const publish = (subscription: string, event: JsonObject): void => {
    if (!manifest.events.has(subscription)) return;
    const eventId = `Ev${String(++issued).padStart(9, '0')}`;
    input.publish({
      token: app.verificationToken,
      team_id: app.teamId,
      context_team_id: app.teamId,
      context_enterprise_id: null,
      api_app_id: app.appId,
      event,
      type: 'event_callback',
      event_id: eventId,
      event_time: Math.trunc(input.now() / 1000),
      authorizations: [
        {
          enterprise_id: null,
          team_id: app.teamId,
          user_id: app.botUserId,
          is_bot: true,
          is_enterprise_install: false,
        },
      ],
      is_ext_shared_channel: false,
      event_context: `4-${eventId}`,
    });
  };

  const hears = (channel: string): boolean => channels.find(channel)?.members.includes(app.botUserId) ?? false;

  return {
    publish,
    onChange(change) {
      for (const { subscription, channel, event } of eventsOf(change, app, channels)) {
        if (hears(channel)) publish(subscription, event);
      }
    },
  };
}

function eventsOf(change: Change, app: AppIdentity, channels: Channels): readonly Event[] {
  switch (change.kind) {
    case 'message-posted': {
      const { message } = change;
      const place = placeOf(message.channel, message.ts, channels);
      // Metadata travels in events of its own (message_metadata_posted), not in message events.
      const { metadata, ...body } = wireMessage(message);
      const said: Event = { ...place.route, event: { ...body, ...place.fields } };
      const isMention =
        message.bot_id === undefined &&
        message.text.includes(`<@${app.botUserId}>`) &&
        !channels.isDirect(message.channel);
      if (!isMention) return [said];
      return [
        {
          subscription: 'app_mention',
          channel: message.channel,
          event: { ...body, type: 'app_mention', channel: message.channel, event_ts: message.ts },
        },
        said,
      ];
    }
    case 'message-changed': {
      const { message, previous } = change;
      const place = placeOf(message.channel, message.ts, channels);
      const event = {
        type: 'message',
        subtype: 'message_changed',
        hidden: true,
        ts: message.ts,
        message: wireMessage(message),
        previous_message: wireMessage(previous),
      };
      return [{ ...place.route, event: { ...event, ...place.fields } }];
    }
    case 'message-deleted': {
      const { previous } = change;
      const place = placeOf(previous.channel, previous.ts, channels);
      const event = {
        type: 'message',
        subtype: 'message_deleted',
        hidden: true,
        ts: previous.ts,
        deleted_ts: previous.ts,
        previous_message: wireMessage(previous),
      };
      return [{ ...place.route, event: { ...event, ...place.fields } }];
    }
    case 'reaction-added': {
      const { message, user, name } = change;
      const item = { type: 'message', channel: message.channel, ts: message.ts };
      return [
        {
          subscription: 'reaction_added',
          channel: message.channel,
          event: { type: 'reaction_added', user, reaction: name, item, item_user: message.user, event_ts: message.ts },
        },
      ];
    }
    case 'pin-added': {
      const { message, user } = change;
      const item = { type: 'message', channel: message.channel, message: wireMessage(message) };
      return [
        {
          subscription: 'pin_added',
          channel: message.channel,
          event: { type: 'pin_added', user, channel_id: message.channel, item, event_ts: message.ts },
        },
      ];
    }
    case 'member-joined': {
      const { channel, user } = change;
      const event = {
        type: 'member_joined_channel',
        user,
        channel: channel.id,
        channel_type: 'C',
        team: app.teamId,
        event_ts: '',
      };
      return [{ subscription: 'member_joined_channel', channel: channel.id, event }];
    }
    case 'message-touched':
    case 'ephemeral-shown':
    case 'ephemeral-gone':
    case 'views-changed':
    case 'status-changed':
    case 'connections-changed':
      return [];
    default:
      return change satisfies never;
  }
}

function placeOf(channel: string, ts: string, channels: Channels): { route: Omit<Event, 'event'>; fields: JsonObject } {
  const place = (subscription: string, channel_type: string): { route: Omit<Event, 'event'>; fields: JsonObject } => ({
    route: { subscription, channel },
    fields: { channel, channel_type, event_ts: ts },
  });
  if (channels.isDirect(channel)) return place('message.im', 'im');
  return channel.startsWith('G') ? place('message.groups', 'group') : place('message.channels', 'channel');
}
