const i32 = 0x7f;
const at = { builtins: 1024, entrypoints: 2048, heap: 4096 } as const;

/**
 * A hand-made module that says which builtins it calls and which entrypoints it has, as `opa build` would, and decides nothing. No compiler
 * is needed, and neither is a binary in the repository.
 */
export function tinyPolicy({
  builtins,
  entrypoints,
}: {
  readonly builtins: Readonly<Record<string, number>>;
  readonly entrypoints: Readonly<Record<string, number>>;
}): Uint8Array<ArrayBuffer> {
  const functions = [
    { name: 'builtins', type: 0, body: constant(at.builtins) },
    { name: 'entrypoints', type: 0, body: constant(at.entrypoints) },
    { name: 'opa_heap_ptr_get', type: 0, body: constant(at.heap) },
    { name: 'opa_json_dump', type: 1, body: [0x20, 0] },
    { name: 'opa_malloc', type: 1, body: constant(at.heap) },
    { name: 'opa_json_parse', type: 2, body: constant(at.heap) },
  ];
  const globals = ['opa_wasm_abi_version', 'opa_wasm_abi_minor_version'];
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      list([0, 1, 2].map((parameters) => [0x60, ...list(Array(parameters).fill([i32])), ...list([[i32]])])),
    ),
    ...section(2, list([[...name('env'), ...name('memory'), 2, 0, 1]])),
    ...section(3, list(functions.map(({ type }) => [type]))),
    ...section(6, list([1, 2].map((version) => [i32, 0, ...constant(version), 0x0b]))),
    ...section(
      7,
      list([
        ...functions.map((each, index) => [...name(each.name), 0, index]),
        ...globals.map((each, index) => [...name(each), 3, index]),
      ]),
    ),
    ...section(10, list(functions.map(({ body }) => sized([0, ...body, 0x0b])))),
    ...section(
      11,
      list([text(at.builtins, JSON.stringify(builtins)), text(at.entrypoints, JSON.stringify(entrypoints))]),
    ),
  ]);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...sized(content)];
}

function list(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function sized(content: readonly number[]): number[] {
  return [...unsigned(content.length), ...content];
}

function name(value: string): number[] {
  return sized([...new TextEncoder().encode(value)]);
}

function text(address: number, value: string): number[] {
  return [0, ...constant(address), 0x0b, ...sized([...new TextEncoder().encode(value), 0])];
}

/** `i32.const`: numbers here are small and positive, one more byte keeps the sign bit clear. */
function constant(value: number): number[] {
  return [0x41, (value & 0x7f) | 0x80, ((value >> 7) & 0x7f) | 0x80, (value >> 14) & 0x3f];
}

function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >> 7)];
}
