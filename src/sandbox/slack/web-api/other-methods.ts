import { validateBlocks } from '../block-kit/validate-blocks.ts';
import { isList, type Json, listAt, textAt } from '../json.ts';
import { joinedChannel, type Method, refused, requireText } from './method.ts';

const mostLoadingMessages = 10;

/** The app itself, reactions, pins, the status line and the block check. */
export const otherMethods: Readonly<Record<string, Method>> = {
  'api.test': { tier: 'none', scopes: [], run: (args) => ({ ok: true, args }) },
  'auth.test': {
    tier: 'none',
    scopes: [],
    run: (_args, { app, baseUrl }) => ({
      ok: true,
      url: baseUrl(),
      team: app.teamName,
      user: app.botName,
      team_id: app.teamId,
      user_id: app.botUserId,
      bot_id: app.botId,
      is_enterprise_install: false,
    }),
  },
  'apps.connections.open': {
    tier: 'none',
    scopes: [],
    token: 'app',
    run(_args, { socketMode, baseUrl }) {
      const path = socketMode.openPath();
      // Not one of the errors Socket Mode takes as final, so the client keeps trying, as against a Slack that is down.
      return path === undefined
        ? refused('internal_error')
        : { ok: true, url: `${baseUrl().replace(/^http/, 'ws')}${path}` };
    },
  },
  'reactions.add': {
    tier: 'T3',
    scopes: ['reactions:write'],
    run(args, services) {
      const place = joinedChannel(args, services);
      if (!place.ok) return place.answer;
      const timestamp = requireText(args, 'timestamp');
      if (!timestamp.ok) return timestamp.answer;
      const name = (textAt(args, 'name') ?? '').replaceAll(':', '');
      if (!/^[a-z0-9_+'-]{1,100}$/.test(name)) return refused('invalid_name');
      const added = services.messages.react(place.channel.id, timestamp.value, services.app.botUserId, name);
      if (added === 'added') return { ok: true };
      return refused(added === 'no-message' ? 'message_not_found' : 'already_reacted');
    },
  },
  'pins.add': {
    tier: 'T2',
    scopes: ['pins:write'],
    run(args, services) {
      const place = joinedChannel(args, services);
      if (!place.ok) return place.answer;
      const timestamp = requireText(args, 'timestamp');
      if (!timestamp.ok) return timestamp.answer;
      const added = services.messages.pin(place.channel.id, timestamp.value, services.app.botUserId);
      if (added === 'added') return { ok: true };
      return refused(added === 'no-message' ? 'message_not_found' : 'already_pinned');
    },
  },
  'assistant.threads.setStatus': {
    tier: 'none',
    scopes: ['chat:write', 'assistant:write'],
    run(args, services) {
      const place = joinedChannel(args, services, 'channel_id');
      if (!place.ok) return place.answer;
      const thread = requireText(args, 'thread_ts');
      if (!thread.ok) return thread.answer;
      if (args.status === undefined)
        return refused('invalid_arguments', {
          response_metadata: { messages: ['[ERROR] missing required field: status'] },
        });
      if (services.messages.find(place.channel.id, thread.value) === undefined) return refused('invalid_thread_ts');
      const loading = listAt(args, 'loading_messages').filter((line) => typeof line === 'string');
      if (loading.length > mostLoadingMessages) return refused('invalid_arguments');
      services.statuses.set({
        channel: place.channel.id,
        thread_ts: thread.value,
        status: textAt(args, 'status') ?? '',
        loading_messages: loading,
      });
      return { ok: true };
    },
  },
  'blocks.validate': {
    tier: 'none',
    scopes: [],
    run(args) {
      const blocks: Json | undefined = args.blocks;
      if (!isList(blocks)) return refused('invalid_blocks_format');
      const errors = validateBlocks(blocks, 'message');
      return errors.length === 0 ? { ok: true } : refused('invalid_blocks', { errors });
    },
  },
};
