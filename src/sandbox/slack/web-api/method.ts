import type { AppIdentity } from '../app-identity.ts';
import type { Channels } from '../channels.ts';
import type { Ephemerals } from '../ephemerals.ts';
import type { FileStore } from '../file-store.ts';
import type { InteractionTokens } from '../interaction-tokens.ts';
import { isObject, type Json, type JsonObject, textAt } from '../json.ts';
import type { AppManifest } from '../manifest.ts';
import type { Refusal } from '../message-content.ts';
import type { Messages } from '../messages.ts';
import type { People } from '../people.ts';
import type { Tier } from '../rate-limits.ts';
import type { Channel } from '../records.ts';
import type { SocketMode } from '../socket-mode.ts';
import type { Streams } from '../streams.ts';
import type { ThreadStatuses } from '../thread-statuses.ts';
import type { ViewStacks } from '../view-stacks.ts';

/** The workspace as Web API methods see it. `baseUrl()` ends in a slash and is known once the server listens. */
export type Services = {
  readonly app: AppIdentity;
  readonly manifest: AppManifest;
  readonly people: People;
  readonly channels: Channels;
  readonly messages: Messages;
  readonly ephemerals: Ephemerals;
  readonly statuses: ThreadStatuses;
  readonly streams: Streams;
  readonly views: ViewStacks;
  readonly files: FileStore;
  readonly tokens: InteractionTokens;
  readonly socketMode: SocketMode;
  readonly now: () => number;
  readonly baseUrl: () => string;
};

export type Answer = JsonObject & { readonly ok: boolean };

/** One Web API method. Any one of `scopes` suffices; none are needed when the list is empty. */
export type Method = {
  readonly tier: Tier;
  readonly scopes: readonly string[];
  readonly token?: 'app';
  readonly run: (args: JsonObject, services: Services) => Answer;
};

/** An answer that says no. */
export function refused(error: string, more: JsonObject = {}): Answer {
  return { ok: false, error, ...more };
}

/** A refusal of content, with its lines where Slack puts them. */
export function refusedContent({ error, lines }: Refusal): Answer {
  if (lines.length === 0) return refused(error);
  const messages = lines.map((line) => (line.startsWith('[ERROR]') ? line : `[ERROR] ${line}`));
  return refused(error, { errors: lines, response_metadata: { messages } });
}

/** The answer to missing arguments, as Slack words it. */
export function missingArgument(name: string): Answer {
  return refused('invalid_arguments', { response_metadata: { messages: [`[ERROR] missing required field: ${name}`] } });
}

/** A required text argument, or the refusal. */
export function requireText(
  args: JsonObject,
  name: string,
): { ok: true; value: string } | { ok: false; answer: Answer } {
  const value = textAt(args, name);
  return value === undefined || value === '' ? { ok: false, answer: missingArgument(name) } : { ok: true, value };
}

/** Form fields carry `true`, `1` or a JSON boolean. */
export function flag(args: JsonObject, name: string): boolean {
  const value = args[name];
  return value === true || value === 'true' || value === '1' || value === 1;
}

/** The conversation a call names, if the bot is in it; a user id opens the direct message. */
export function joinedChannel(
  args: JsonObject,
  services: Services,
  name = 'channel',
): { ok: true; channel: Channel } | { ok: false; answer: Answer } {
  const wanted = requireText(args, name);
  if (!wanted.ok) return wanted;
  const person = services.people.find(wanted.value);
  const channel = person === undefined ? services.channels.find(wanted.value) : services.channels.direct(person.id);
  if (channel === undefined) return { ok: false, answer: refused('channel_not_found') };
  return channel.members.includes(services.app.botUserId)
    ? { ok: true, channel }
    : { ok: false, answer: refused('not_in_channel') };
}

/** One page of a list, with Slack's cursor. */
export function page(
  items: readonly Json[],
  args: JsonObject,
): { items: readonly Json[]; has_more: boolean; response_metadata: JsonObject } {
  const limit = Math.min(Math.max(Math.trunc(Number(args.limit ?? 100)) || 100, 1), 1000);
  const cursor = textAt(args, 'cursor') ?? '';
  const from =
    cursor === '' ? 0 : Number(/^next:(\d+)$/.exec(Buffer.from(cursor, 'base64').toString())?.[1] ?? Number.NaN);
  const start = Number.isNaN(from) ? items.length : from;
  const has_more = start + limit < items.length;
  const next_cursor = has_more ? Buffer.from(`next:${start + limit}`).toString('base64') : '';
  return { items: items.slice(start, start + limit), has_more, response_metadata: { next_cursor } };
}

/** The object under `name`, when it is one. */
export function objectArgument(args: JsonObject, name: string): JsonObject | undefined {
  const value = args[name];
  return isObject(value) ? value : undefined;
}
