import type { AppIdentity } from './app-identity.ts';
import type { Content } from './message-content.ts';
import type { Messages } from './messages.ts';
import type { FileSummary, Message } from './records.ts';
import type { ThreadStatuses } from './thread-statuses.ts';

/** The author fields of the app's own messages. */
export function botAuthor(
  app: AppIdentity,
): Pick<Message, 'user'> & { bot_id: string; app_id: string; bot_profile: NonNullable<Message['bot_profile']> } {
  return {
    user: app.botUserId,
    bot_id: app.botId,
    app_id: app.appId,
    bot_profile: { id: app.botId, app_id: app.appId, name: app.botName, team_id: app.teamId, deleted: false },
  };
}

/**
 * Posts in the app's name and takes away the status line of the thread it lands in.
 * A reply to a reply goes to that reply's thread; a thread whose root is gone is `thread_not_found`.
 */
export function postAsBot(
  workspace: { readonly app: AppIdentity; readonly messages: Messages; readonly statuses: ThreadStatuses },
  draft: { channel: string; content: Content; isBroadcast?: boolean; files?: readonly FileSummary[] },
  threadTs: string | undefined,
): Message | 'thread_not_found' {
  const { app, messages, statuses } = workspace;
  const root = threadTs === undefined ? undefined : messages.find(draft.channel, threadTs);
  if (threadTs !== undefined && root === undefined) return 'thread_not_found';
  const rootTs = root?.thread_ts ?? root?.ts;
  const { text, blocks, attachments, metadata } = draft.content;
  const message = messages.post({
    ...botAuthor(app),
    channel: draft.channel,
    text: text ?? '',
    ...(blocks === undefined || blocks.length === 0 ? {} : { blocks }),
    ...(attachments === undefined ? {} : { attachments }),
    ...(metadata === undefined || metadata === 'none' ? {} : { metadata }),
    ...(draft.files === undefined ? {} : { files: draft.files, subtype: 'file_share' as const }),
    ...(rootTs === undefined ? {} : { thread_ts: rootTs, parent_user_id: root?.user ?? '' }),
    ...(draft.isBroadcast === true && rootTs !== undefined ? { subtype: 'thread_broadcast' as const } : {}),
  });
  statuses.clear(draft.channel, rootTs ?? message.ts);
  return message;
}
