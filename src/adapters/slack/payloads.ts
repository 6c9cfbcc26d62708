import { z } from 'zod';
import type { Actor } from './people.ts';

/** What is read of Slack's payloads, once, at the border (their other fields do not matter here). Sources: Slack's reference of each payload. */
const text = z.string().min(1);
const user = z.object({
  id: text,
  name: z.string().nullish(),
  username: z.string().nullish(),
  team_id: z.string().nullish(),
});

const slashCommandSchema = z.object({
  team_id: z.string().nullish(),
  channel_id: text,
  user_id: text,
  user_name: z.string().nullish(),
  text: z.string().nullish(),
  trigger_id: text,
});

const mentionSchema = z.object({
  event_id: text,
  team_id: z.string().nullish(),
  event: z.object({
    channel: text,
    ts: text,
    thread_ts: z.string().nullish(),
    text: z.string(),
    user: z.string().nullish(),
    bot_id: z.string().nullish(),
    // The home of the person who wrote it; in a shared channel it is not the workspace's.
    user_team: z.string().nullish(),
    team: z.string().nullish(),
  }),
});

const clickSchema = z.object({
  user,
  trigger_id: text,
  container: z.object({ channel_id: text, message_ts: text, thread_ts: z.string().nullish() }),
  actions: z
    .array(
      z.object({
        action_id: text,
        block_id: z.string().nullish(),
        value: z.string().nullish(),
        selected_option: z.object({ value: text }).nullish(),
      }),
    )
    .min(1),
});

const submissionSchema = z.object({
  user,
  view: z.object({
    id: text,
    private_metadata: z.string(),
    state: z.object({ values: z.record(z.string(), z.record(z.string(), z.object({ value: z.string().nullish() }))) }),
  }),
});

export type SlashCommand = {
  readonly actor: Actor;
  readonly channel: string;
  readonly line: string;
  readonly triggerId: string;
};

export function readSlashCommand(body: unknown): SlashCommand {
  const { team_id, channel_id, user_id, user_name, text: line, trigger_id } = slashCommandSchema.parse(body);
  return {
    actor: { id: user_id, name: user_name ?? '', teamId: team_id ?? null },
    channel: channel_id,
    line: line ?? '',
    triggerId: trigger_id,
  };
}

export type Mention = {
  readonly eventId: string;
  readonly channel: string;
  readonly ts: string;
  readonly threadTs: string | null;
  readonly text: string;
  /** Null for what bots and apps write. */
  readonly actor: Actor | null;
};

export function readMention(body: unknown): Mention {
  const { event_id, event } = mentionSchema.parse(body);
  const { channel, ts, thread_ts, text: said, user: userId, bot_id, user_team, team } = event;
  const isPerson = userId != null && userId !== '' && (bot_id == null || bot_id === '');
  return {
    eventId: event_id,
    channel,
    ts,
    threadTs: thread_ts ?? null,
    text: said,
    actor: isPerson ? { id: userId, name: '', teamId: user_team ?? team ?? null } : null,
  };
}

export type ButtonClick = {
  readonly actor: Actor;
  readonly triggerId: string;
  readonly channel: string;
  readonly ts: string;
  readonly threadTs: string | null;
  readonly actionId: string;
  readonly blockId: string;
  /** The button's value, or the option that was chosen. */
  readonly value: string;
};

export function readClick(body: unknown): ButtonClick {
  const { user: who, trigger_id, container, actions } = clickSchema.parse(body);
  const [action] = actions;
  if (action === undefined) throw new TypeError('a click without an action');
  return {
    actor: actorOf(who),
    triggerId: trigger_id,
    channel: container.channel_id,
    ts: container.message_ts,
    threadTs: container.thread_ts ?? null,
    actionId: action.action_id,
    blockId: action.block_id ?? '',
    value: action.selected_option?.value ?? action.value ?? '',
  };
}

export type Submission = {
  readonly actor: Actor;
  readonly viewId: string;
  readonly privateMetadata: string;
  valueOf(block: string, action: string): string;
};

export function readSubmission(body: unknown): Submission {
  const { user: who, view } = submissionSchema.parse(body);
  return {
    actor: actorOf(who),
    viewId: view.id,
    privateMetadata: view.private_metadata,
    valueOf: (block, action) => view.state.values[block]?.[action]?.value ?? '',
  };
}

function actorOf({ id, name, username, team_id }: z.infer<typeof user>): Actor {
  return { id, name: name ?? username ?? '', teamId: team_id ?? null };
}
