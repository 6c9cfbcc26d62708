import { createRequire } from 'node:module';
import { z } from 'zod';

// The package's ES entry point lacks loadPolicySync, which its types promise; its CommonJS one has it.
const { loadPolicySync }: typeof import('@open-policy-agent/opa-wasm') = createRequire(import.meta.url)(
  '@open-policy-agent/opa-wasm',
);

/** One WebAssembly instance with its settings loaded. Synchronous; nothing of one evaluation is seen by the next. */
export type PolicyInstance = {
  /** The value of the entrypoint for a request, `undefined` when it has none. May throw anything, and must be dropped when it did. */
  evaluate(input: object): unknown;
  readonly memoryBytes: () => number;
};

// Builtins that the JavaScript host brings along (opa-wasm 1.10). OPA compiles calls of any other one without a word.
const hostBuiltins: readonly string[] = [
  'sprintf',
  'json.is_valid',
  'regex.split',
  'yaml.is_valid',
  'yaml.marshal',
  'yaml.unmarshal',
];

const initialPages = 8;
// 32 MiB. Memory only grows; a request that needs more is refused with a RangeError instead of taking the process along.
const maximumPages = 512;

const resultSetSchema = z.array(z.looseObject({ result: z.unknown() })).max(1);

/** Makes an instance and loads the settings into it. Throws what opa-wasm throws: strings and plain objects as well as Errors. */
export function instantiatePolicy(module: WebAssembly.Module, entrypoint: string, data: object): PolicyInstance {
  const policy = loadPolicySync(module, { initial: initialPages, maximum: maximumPages });
  policy.setData(data);
  return {
    evaluate(input) {
      const [row] = resultSetSchema.parse(policy.evaluate(input, entrypoint));
      return row?.result;
    },
    memoryBytes: () => policy.mem.buffer.byteLength,
  };
}

/** What a module offers and what it needs: its entrypoints, and the builtins it calls that this host does not have. */
export function inspectPolicy(module: WebAssembly.Module): { entrypoints: string[]; missingBuiltins: string[] } {
  const policy = loadPolicySync(module, { initial: initialPages, maximum: maximumPages });
  const { exports } = 'instance' in policy.wasmInstance ? policy.wasmInstance.instance : policy.wasmInstance;
  const call = (name: string, ...args: number[]): number => {
    const value = exports[name];
    return typeof value === 'function' ? Number(value(...args)) : Number.NaN;
  };
  const address = call('opa_json_dump', call('builtins'));
  const builtins = z.record(z.string(), z.number()).parse(JSON.parse(readText(policy.mem, address)));
  return {
    entrypoints: Object.keys(z.record(z.string(), z.number()).parse(policy.entrypoints)),
    missingBuiltins: Object.keys(builtins).filter((name) => !hostBuiltins.includes(name)),
  };
}

function readText(memory: WebAssembly.Memory, address: number): string {
  const bytes = new Uint8Array(memory.buffer, address);
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}

/** opa-wasm throws bare strings and plain objects; people and logs want an Error. */
export function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  if (typeof thrown === 'string') return new Error(thrown);
  const message = typeof thrown === 'object' && thrown !== null && 'message' in thrown ? thrown.message : undefined;
  return new Error(typeof message === 'string' ? message : 'the policy failed without a message', { cause: thrown });
}
