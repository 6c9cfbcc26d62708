import { botUserId } from './app-identity.ts';
import type { Change } from './changes.ts';
import type { Channel } from './records.ts';

export type Channels = {
  all(): readonly Channel[];
  /** A channel by id, by name or by `#name`; a direct message only by id. */
  find(idOrName: string): Channel | undefined;
  isDirect(channelId: string): boolean;
  /** The direct message between the bot and one person, opened on first use. */
  direct(personId: string): Channel;
  join(channelId: string, userId: string): void;
};

/** Channels and direct messages. `botName` in a member list stands for the bot. */
export function createChannels(input: {
  channels: readonly Channel[];
  botName: string;
  changed: (change: Change) => void;
}): Channels {
  const channels = new Map<string, Channel>();
  for (const channel of input.channels) {
    const members = channel.members.map((member) => (member === input.botName ? botUserId : member));
    channels.set(channel.id, { ...channel, members: [...new Set(members)] });
  }
  return {
    all: () => [...channels.values()].filter(({ id }) => !id.startsWith('D')),
    find(idOrName) {
      const name = idOrName.replace(/^#/, '');
      return (
        channels.get(idOrName) ??
        [...channels.values()].find((channel) => channel.name === name && !channel.id.startsWith('D'))
      );
    },
    isDirect: (channelId) => channelId.startsWith('D'),
    direct(personId) {
      const id = `D${personId.slice(1)}`;
      const channel = channels.get(id) ?? { id, name: personId, members: [personId, botUserId] };
      channels.set(id, channel);
      return channel;
    },
    join(channelId, userId) {
      const before = channels.get(channelId);
      if (before === undefined || before.members.includes(userId)) return;
      const channel = { ...before, members: [...before.members, userId] };
      channels.set(channelId, channel);
      input.changed({ kind: 'member-joined', channel, user: userId });
    },
  };
}
