const factors: ReadonlyMap<string, number> = new Map([
  ['n', 1e-9],
  ['u', 1e-6],
  ['m', 1e-3],
  ['', 1],
  ['k', 1e3],
  ['M', 1e6],
  ['G', 1e9],
  ['T', 1e12],
  ['P', 1e15],
  ['E', 1e18],
  ['Ki', 2 ** 10],
  ['Mi', 2 ** 20],
  ['Gi', 2 ** 30],
  ['Ti', 2 ** 40],
  ['Pi', 2 ** 50],
  ['Ei', 2 ** 60],
]);

/** A Kubernetes quantity (`250m`, `1.5Gi`, `12345678n`) in its base unit: cores or bytes. `undefined` when it is none. */
export function quantityValue(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,20}(?:\.\d{1,20})?)([A-Za-z]{0,2})$/.exec(text) ?? [];
  const factor = factors.get(unit);
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}
