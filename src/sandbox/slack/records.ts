import type { Json, JsonObject } from './json.ts';

/** Somebody with an account. `teamId` differs from the workspace's for people of a connected, foreign workspace. */
export type Person = {
  readonly id: string;
  readonly name: string;
  readonly realName: string;
  readonly email: string;
  readonly title?: string;
  readonly teamId?: string;
  readonly isGuest?: boolean;
};

/** A public channel. `members` are user ids; the bot joins by `botUserId` or by its name in the manifest. */
export type Channel = {
  readonly id: string;
  readonly name: string;
  readonly topic?: string;
  readonly members: readonly string[];
};

export type Usergroup = {
  readonly id: string;
  readonly handle: string;
  readonly name: string;
  readonly members: readonly string[];
};

export type Block = JsonObject & { readonly type: string; readonly block_id?: string };

export type Metadata = { readonly event_type: string; readonly event_payload: JsonObject };

type Reaction = { readonly name: string; readonly users: readonly string[]; readonly count: number };

/** A message in Slack's own JSON, plus the channel it is in. Thread roots carry `reply_count` and its relatives. */
export type Message = {
  readonly type: 'message';
  readonly subtype?: 'file_share' | 'thread_broadcast' | 'tombstone' | 'channel_join';
  readonly channel: string;
  readonly ts: string;
  readonly user: string;
  readonly team: string;
  readonly text: string;
  readonly client_msg_id?: string;
  readonly bot_id?: string;
  readonly app_id?: string;
  readonly bot_profile?: JsonObject;
  readonly blocks?: readonly Block[];
  readonly attachments?: readonly Json[];
  readonly files?: readonly FileSummary[];
  readonly metadata?: Metadata;
  readonly edited?: { readonly user: string; readonly ts: string };
  readonly reactions?: readonly Reaction[];
  readonly pinned_to?: readonly string[];
  readonly streaming_state?: 'in_progress' | 'completed';
  readonly thread_ts?: string;
  readonly parent_user_id?: string;
  readonly reply_count?: number;
  readonly reply_users?: readonly string[];
  readonly reply_users_count?: number;
  readonly latest_reply?: string;
};

/**
 * A message only `user` can see. It is in no history and dies with a reload.
 * `isShown` is false where Slack accepts the call and shows nothing: a thread that has no reply yet.
 */
export type Ephemeral = {
  readonly user: string;
  readonly from: string;
  readonly channel: string;
  readonly ts: string;
  readonly thread_ts?: string;
  readonly text: string;
  readonly blocks?: readonly Block[];
  readonly isShown: boolean;
};

/** A modal or Home tab in Slack's own JSON. */
export type View = {
  readonly id: string;
  readonly team_id: string;
  readonly app_id: string;
  readonly bot_id: string;
  readonly type: 'modal' | 'home';
  readonly callback_id: string;
  readonly private_metadata: string;
  readonly external_id: string;
  readonly title?: JsonObject;
  readonly submit: JsonObject | null;
  readonly close: JsonObject | null;
  readonly blocks: readonly Block[];
  readonly state: { readonly values: ViewValues };
  readonly hash: string;
  readonly root_view_id: string;
  readonly previous_view_id: string | null;
  readonly clear_on_close: boolean;
  readonly notify_on_close: boolean;
};

/** What people entered: block id → action id → the element's state, as Slack sends it. */
export type ViewValues = { readonly [blockId: string]: { readonly [actionId: string]: JsonObject } };

/** A file as it appears inside a message. */
export type FileSummary = {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly mimetype: string;
  readonly filetype: string;
  readonly size: number;
  readonly user: string;
  readonly url_private: string;
  readonly url_private_download: string;
  readonly permalink: string;
};

/** An uploaded file with its bytes. `channel` and `ts` say where it was shared, once it was. */
export type StoredFile = FileSummary & {
  readonly content: Uint8Array;
  readonly channel?: string;
  readonly ts?: string;
};

/** The line under a thread while the app works. `expiresAt` in epoch milliseconds. */
export type ThreadStatus = {
  readonly channel: string;
  readonly thread_ts: string;
  readonly status: string;
  readonly loading_messages: readonly string[];
  readonly expiresAt: number;
};

/** Slack's own voice: failures of commands and warnings come from it. */
export const slackbotUserId = 'USLACKBOT';
