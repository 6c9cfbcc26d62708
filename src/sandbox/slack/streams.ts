import type { AppIdentity } from './app-identity.ts';
import { isObject, type JsonObject, listAt, textAt } from './json.ts';
import { withBlockIds } from './message-content.ts';
import type { Messages } from './messages.ts';
import { botAuthor } from './post-as-bot.ts';
import type { Block, Message } from './records.ts';

/** A stream ends five minutes after its start, fed or not. */
const lifeMs = 5 * 60_000;

type Mode = 'text' | 'chunks';
type Stream = { readonly startedAt: number; mode?: Mode };

/** Streaming messages. Methods answer Slack's error word, or nothing when it went well. */
export type Streams = {
  start(channel: string, threadTs: string, input: JsonObject): Message | string;
  append(channel: string, ts: string, input: JsonObject): string | undefined;
  stop(channel: string, ts: string, input: JsonObject, blocks: readonly Block[] | undefined): string | undefined;
};

/** Creates the streams of one workspace; the text that has come so far is the message's text. */
export function createStreams({
  app,
  messages,
  now,
}: {
  app: AppIdentity;
  messages: Messages;
  now: () => number;
}): Streams {
  const streams = new Map<string, Stream>();

  const feed = (stream: Stream, input: JsonObject): { text: string } | { error: string } => {
    const markdown = textAt(input, 'markdown_text');
    const hasChunks = input.chunks !== undefined;
    if (markdown !== undefined && hasChunks) return { error: 'cannot_provide_both_markdown_text_and_chunks' };
    if (markdown === undefined && !hasChunks) return { text: '' };
    const mode: Mode = hasChunks ? 'chunks' : 'text';
    if (stream.mode !== undefined && stream.mode !== mode) return { error: 'streaming_mode_mismatch' };
    stream.mode = mode;
    return { text: markdown ?? chunkText(input) };
  };

  const live = (channel: string, ts: string): { stream: Stream; message: Message } | undefined => {
    const stream = streams.get(`${channel} ${ts}`);
    const message = messages.find(channel, ts);
    if (stream === undefined || message === undefined) return undefined;
    if (now() - stream.startedAt <= lifeMs) return { stream, message };
    streams.delete(`${channel} ${ts}`);
    messages.edit(channel, ts, { streaming_state: 'completed' });
    return undefined;
  };

  return {
    start(channel, threadTs, input) {
      if (messages.find(channel, threadTs) === undefined) return 'thread_not_found';
      const stream: Stream = { startedAt: now() };
      const fed = feed(stream, input);
      if ('error' in fed) return fed.error;
      const message = messages.post({
        ...botAuthor(app),
        channel,
        thread_ts: threadTs,
        text: fed.text,
        streaming_state: 'in_progress',
      });
      streams.set(`${channel} ${message.ts}`, stream);
      return message;
    },
    append(channel, ts, input) {
      const found = live(channel, ts);
      if (found === undefined) return 'message_not_in_streaming_state';
      const fed = feed(found.stream, input);
      if ('error' in fed) return fed.error;
      messages.edit(channel, ts, { text: found.message.text + fed.text });
      return undefined;
    },
    stop(channel, ts, input, blocks) {
      const found = live(channel, ts);
      if (found === undefined) return 'message_not_in_streaming_state';
      const fed = feed(found.stream, input);
      if ('error' in fed) return fed.error;
      const text = found.message.text + fed.text;
      streams.delete(`${channel} ${ts}`);
      const own = text === '' ? [] : [{ type: 'markdown', text }];
      messages.edit(channel, ts, {
        text,
        streaming_state: 'completed',
        ...(blocks === undefined ? {} : { blocks: withBlockIds([...own, ...blocks]) }),
      });
      return undefined;
    },
  };
}

function chunkText(input: JsonObject): string {
  const lines = listAt(input, 'chunks')
    .filter(isObject)
    .map((chunk) => {
      if (chunk.type === 'markdown_text') return textAt(chunk, 'text') ?? '';
      if (chunk.type === 'task_update') return `\n• ${textAt(chunk, 'title') ?? ''} (${textAt(chunk, 'status') ?? ''})`;
      return chunk.type === 'plan_update' ? `\n${textAt(chunk, 'title') ?? ''}` : '';
    });
  return lines.join('');
}
