import type { ServerResponse } from 'node:http';
import { answerJson, type LocalServer, startLocalServer } from './local-server.ts';

/** What the server answers to one request. Texts are streamed word by word when the request asks for a stream. */
export type ModelAnswer =
  | {
      readonly text?: string;
      readonly calls?: readonly { readonly name: string; readonly input: unknown }[];
      readonly stop?: string;
      readonly usage?: Readonly<Record<string, unknown>>;
      /** How long it waits between words of a stream. */
      readonly wordMs?: number;
      /** Ends the connection in the middle. */
      readonly cut?: boolean;
    }
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly type?: string }
  | { readonly raw: string }
  | { readonly stall: true };

/** A request as it arrived, parsed: what of it matters to tests. */
export type ModelRequest = {
  readonly model: string;
  readonly stream?: boolean;
  readonly max_tokens: number;
  readonly system: readonly { readonly text: string; readonly cache_control?: unknown }[];
  readonly messages: readonly { readonly role: string; readonly content: readonly Record<string, unknown>[] }[];
  readonly tools?: readonly { readonly name: string; readonly cache_control?: unknown }[];
  readonly tool_choice?: { readonly type: string };
  readonly output_config?: { readonly format: { readonly type: string; readonly schema: unknown } };
};

export type ScriptedModel = {
  readonly url: string;
  /** Everything that was sent to it, as it came: nothing secret may ever be in here. */
  readonly bodies: readonly string[];
  readonly requests: () => readonly ModelRequest[];
  readonly keys: readonly (string | undefined)[];
  close(): Promise<void>;
};

export const usualUsage = {
  input_tokens: 900,
  output_tokens: 80,
  cache_read_input_tokens: 300,
  cache_creation_input_tokens: 0,
};

/** Speaks Anthropic's Messages API on loopback, and says what the script says. `script` sees each request and its number, from 0. */
export async function startScriptedModel(
  script: (request: ModelRequest, index: number) => ModelAnswer,
): Promise<ScriptedModel> {
  const bodies: string[] = [];
  const keys: (string | undefined)[] = [];
  const server: LocalServer = await startLocalServer((request, response) => {
    bodies.push(request.text);
    keys.push(request.headers.authorization ?? String(request.headers['x-api-key'] ?? ''));
    const body = JSON.parse(request.text) as ModelRequest;
    void answer(response, body, script(body, bodies.length - 1));
  });
  return {
    url: server.url,
    bodies,
    keys,
    requests: () => bodies.map((body) => JSON.parse(body) as ModelRequest),
    close: () => server.close(),
  };
}

async function answer(response: ServerResponse, request: ModelRequest, said: ModelAnswer): Promise<void> {
  if ('stall' in said) return;
  if ('raw' in said) {
    response.writeHead(200, { 'content-type': request.stream === true ? 'text/event-stream' : 'application/json' });
    response.end(said.raw);
    return;
  }
  if ('status' in said) {
    response.writeHead(said.status, { 'content-type': 'application/json', ...said.headers });
    response.end(
      JSON.stringify({ type: 'error', error: { type: said.type ?? 'api_error', message: 'not to be read' } }),
    );
    return;
  }
  const { text = '', calls = [], usage = usualUsage, stop = calls.length > 0 ? 'tool_use' : 'end_turn' } = said;
  const content = [
    ...(text === '' ? [] : [{ type: 'text', text }]),
    ...calls.map(({ name, input }, at) => ({
      type: 'tool_use',
      id: `toolu_${at}_${Math.abs(hash(text + name))}`,
      name,
      input,
    })),
  ];
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: request.model, stop_sequence: null };
  if (request.stream !== true) {
    if (said.cut === true) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '9999' });
      response.write('{"id":"msg_1","content":[{"type":"te');
      response.destroy();
      return;
    }
    answerJson(response, 200, { ...message, content, stop_reason: stop, usage });
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (type: string, data: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  send('message_start', {
    message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 0 } },
  });
  for (const [index, block] of content.entries()) {
    if ('text' in block) {
      send('content_block_start', { index, content_block: { type: 'text', text: '' } });
      for (const word of String(block.text).match(/\S+\s*/g) ?? []) {
        send('content_block_delta', { index, delta: { type: 'text_delta', text: word } });
        if (said.wordMs !== undefined) await new Promise((resolve) => setTimeout(resolve, said.wordMs));
      }
    } else {
      send('content_block_start', { index, content_block: { ...block, input: {} } });
      send('content_block_delta', {
        index,
        delta: { type: 'input_json_delta', partial_json: JSON.stringify('input' in block ? block.input : {}) },
      });
    }
    if (said.cut === true) {
      response.destroy();
      return;
    }
    send('content_block_stop', { index });
  }
  send('message_delta', {
    delta: { stop_reason: stop, stop_sequence: null },
    usage: { output_tokens: usage.output_tokens },
  });
  send('message_stop', {});
  response.end();
}

function hash(text: string): number {
  let sum = 7;
  for (const letter of text) sum = (sum * 31 + letter.charCodeAt(0)) | 0;
  return sum;
}
