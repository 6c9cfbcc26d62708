import { fileSummary } from '../file-store.ts';
import { isObject, listAt, textAt } from '../json.ts';
import { readContent } from '../message-content.ts';
import { postAsBot } from '../post-as-bot.ts';
import { joinedChannel, type Method, refused, refusedContent, requireText } from './method.ts';

const mostBytes = 50 * 1024 * 1024;

/** `files.*`: an upload is announced, sent to its own address, then completed and shared. */
export const fileMethods: Readonly<Record<string, Method>> = {
  'files.getUploadURLExternal': {
    tier: 'T4',
    scopes: ['files:write'],
    run(args, services) {
      const name = requireText(args, 'filename');
      if (!name.ok) return name.answer;
      const length = Number(args.length);
      if (!Number.isSafeInteger(length) || length <= 0)
        return refused('invalid_arguments', {
          response_metadata: { messages: ['[ERROR] length must be a positive number'] },
        });
      if (length > mostBytes) return refused('file_upload_size_restricted');
      const file_id = services.files.announce({ name: name.value, length });
      return { ok: true, upload_url: `${services.baseUrl()}upload/${file_id}`, file_id };
    },
  },
  'files.completeUploadExternal': {
    tier: 'T4',
    scopes: ['files:write'],
    run(args, services) {
      const wanted = listAt(args, 'files').filter(isObject);
      if (wanted.length === 0)
        return refused('invalid_arguments', {
          response_metadata: { messages: ['[ERROR] missing required field: files'] },
        });
      const channelName = textAt(args, 'channel_id');
      const place = channelName === undefined ? undefined : joinedChannel(args, services, 'channel_id');
      if (place?.ok === false) return place.answer;
      const channel = place?.channel.id;
      const thread = textAt(args, 'thread_ts');
      if (channel !== undefined && thread !== undefined && services.messages.find(channel, thread) === undefined)
        return refused('thread_not_found');
      const content = readContent({
        text: args.initial_comment ?? '',
        ...(args.blocks === undefined ? {} : { blocks: args.blocks }),
      });
      if (!content.ok) return refusedContent(content.error);
      const files = wanted.map((file) => {
        const id = textAt(file, 'id') ?? '';
        return services.files.complete(id, {
          title: textAt(file, 'title') ?? '',
          user: services.app.botUserId,
          ...(channel === undefined ? {} : { channel }),
        });
      });
      const stored = files.filter((file) => file !== undefined);
      if (stored.length !== files.length) return refused('file_not_found');
      if (channel !== undefined) {
        const posted = postAsBot(services, { channel, content: content.value, files: stored.map(fileSummary) }, thread);
        if (posted === 'thread_not_found') return refused(posted);
        for (const { id } of stored) services.files.shared(id, posted.ts);
      }
      return { ok: true, files: stored.map(fileSummary) };
    },
  },
  'files.info': {
    tier: 'T4',
    scopes: ['files:read', 'files:write'],
    run(args, services) {
      const file = services.files.find(textAt(args, 'file') ?? '');
      return file === undefined ? refused('file_not_found') : { ok: true, file: fileSummary(file) };
    },
  },
};
