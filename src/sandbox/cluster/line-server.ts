import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export type Calls = Readonly<Record<string, (...args: unknown[]) => unknown>>;

/**
 * Serves calls over lines of JSON, for a parent process: `{"id":1,"call":"name","args":[…]}` in, `{"id":1,"value":…}` or
 * `{"id":1,"error":"sentence"}` out. The first line out is `{"ready":…}`. Resolves when the input ends, which is how the parent stops it.
 */
export async function serveLines(parts: {
  calls: Calls;
  ready: unknown;
  input: Readable;
  output: Writable;
}): Promise<void> {
  const write = (value: object): void => {
    parts.output.write(`${JSON.stringify(value)}\n`);
  };
  write({ ready: parts.ready });
  for await (const line of createInterface({ input: parts.input })) {
    if (line.trim() === '') continue;
    let id: unknown = null;
    try {
      const request: unknown = JSON.parse(line);
      const { args, call, id: given } = readRequest(request);
      id = given;
      const found = Object.hasOwn(parts.calls, call) ? parts.calls[call] : undefined;
      if (found === undefined)
        throw new Error(`there is no call "${call}"; there are ${Object.keys(parts.calls).join(', ')}`);
      write({ id, value: (await found(...args)) ?? null });
    } catch (error) {
      write({ id, error: error instanceof Error ? error.message : String(error) });
    }
  }
}

function readRequest(request: unknown): { id: unknown; call: string; args: unknown[] } {
  if (typeof request !== 'object' || request === null || !('call' in request) || typeof request.call !== 'string') {
    throw new Error('a request is {"id", "call", "args"} with the name of a call');
  }
  const args = 'args' in request && Array.isArray(request.args) ? request.args : [];
  return { id: 'id' in request ? request.id : null, call: request.call, args };
}
