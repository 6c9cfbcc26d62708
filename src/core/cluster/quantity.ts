/**
 * A Kubernetes quantity as a whole number of nanos (10⁻⁹ of the unit: of a core, of a byte), or `null` for what is not one.
 *
 * Grammar: `apimachinery/pkg/api/resource/quantity.go`: a signed decimal with a binary suffix (Ki … Ei), a decimal one (n u m k M G T P E)
 * or a decimal exponent (`1e3`, `1E3`; `1E` alone is exa). Exact: what is finer than a nano is rounded up, as the API server does;
 * the server's cap at 2⁶³-1 is not applied. Exponents beyond ±30 and texts beyond 64 characters are refused: nobody means them,
 * and they would make numbers of any length.
 */
export function exactQuantity(text: unknown): bigint | null {
  if (typeof text !== 'string' || text.length > maxLength) return null;
  const match = grammar.exec(text);
  if (match === null) return null;
  const { sign = '', whole = '', fraction = '', bare = '', suffix = '' } = match.groups ?? {};
  const decimals = fraction + bare;
  const scale = scaleOf(suffix);
  if (scale === null) return null;
  const exponent = 9 + scale.exponent - decimals.length;
  const digits = BigInt(whole + decimals) * scale.factor;
  const nanos = exponent >= 0 ? digits * 10n ** BigInt(exponent) : divideUp(digits, 10n ** BigInt(-exponent));
  return sign === '-' ? -nanos : nanos;
}

/** Whether `exactQuantity` or `parseQuantity` would read it, without the sums: asked of every container of a cluster. */
export function isQuantity(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'string' || value.length > maxLength) return false;
  const suffix = grammar.exec(value)?.groups?.suffix;
  return suffix === undefined ? grammar.test(value) : scaleOf(suffix) !== null;
}

/** Whether two quantities are the same amount, however written (`1Gi`, `1024Mi`). What is no quantity equals only the same text. */
export function sameQuantity(a: unknown, b: unknown): boolean {
  const [left, right] = [exactQuantity(a), exactQuantity(b)];
  return left === null || right === null ? a === b : left === right;
}

const maxLength = 64;
const maxExponent = 30;
const grammar =
  /^(?<sign>[+-]?)(?:(?<whole>\d+)(?:\.(?<fraction>\d*))?|\.(?<bare>\d+))(?<suffix>[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d{1,3})?$/;
const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binaryPowers: Readonly<Record<string, bigint>> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n };

function scaleOf(suffix: string): { factor: bigint; exponent: number } | null {
  const power = binaryPowers[suffix];
  if (power !== undefined) return { factor: 2n ** power, exponent: 0 };
  const exponent = decimalExponents[suffix] ?? Number(suffix.slice(1));
  return Math.abs(exponent) > maxExponent ? null : { factor: 1n, exponent };
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}

const nanosPerUnit = 10n ** 9n;

/**
 * The number a Kubernetes quantity stands for, in its base unit (bytes, cores): `256Mi` → 268435456, `500m` → 0.5.
 * Also takes plain numbers. Undefined for what is no quantity.
 */
export function parseQuantity(quantity: unknown): number | undefined {
  if (typeof quantity === 'number') return Number.isFinite(quantity) ? quantity : undefined;
  const nanos = exactQuantity(quantity);
  // Whole units first: a number holds them exactly where their nanos would be rounded.
  return nanos === null
    ? undefined
    : Number(nanos / nanosPerUnit) + Number(nanos % nanosPerUnit) / Number(nanosPerUnit);
}

const binaryBytes: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

/** Bytes as a quantity in the largest binary unit that holds them without a fraction: 805306368 → `768Mi`, 2147483648 → `2Gi`. */
export function formatBytes(bytes: number): string {
  const whole = Math.round(bytes);
  for (const unit of ['Ti', 'Gi', 'Mi', 'Ki']) {
    const factor = binaryBytes[unit] ?? 1;
    if (whole >= factor && whole % factor === 0) return `${whole / factor}${unit}`;
  }
  return String(whole);
}

/** Bytes for people, about three digits: 265000000 → `253Mi`, 1500000000 → `1.4Gi`. Not exact: never write it into an object. */
export function sayBytes(bytes: number): string {
  for (const unit of ['Ti', 'Gi', 'Mi', 'Ki']) {
    const factor = binaryBytes[unit] ?? 1;
    if (bytes >= factor) {
      const amount = bytes / factor;
      return `${amount >= 10 ? Math.round(amount) : Math.round(amount * 10) / 10}${unit}`;
    }
  }
  return `${Math.round(bytes)} bytes`;
}
