const units: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

const decimal = /^([+-]?\d{1,30}(?:\.\d{0,30})?|[+-]?\.\d{1,30})(?:([eE][+-]?\d{1,3})|([a-zA-Z]{0,2}))$/;

/**
 * The number a Kubernetes quantity stands for, in its base unit (bytes, cores): `256Mi` → 268435456, `500m` → 0.5.
 * The API also takes plain numbers and exponents (`1e9`). Undefined for what is no quantity.
 *
 * Source: the quantity format of the API, `apimachinery/pkg/api/resource`.
 */
export function parseQuantity(quantity: unknown): number | undefined {
  if (typeof quantity === 'number') return Number.isFinite(quantity) ? quantity : undefined;
  if (typeof quantity !== 'string') return undefined;
  const parts = decimal.exec(quantity);
  if (parts === null) return undefined;
  const [, digits = '', exponent, suffix = ''] = parts;
  if (exponent !== undefined) return finite(Number(digits + exponent));
  const factor = Object.hasOwn(units, suffix) ? units[suffix] : undefined;
  return factor === undefined ? undefined : finite(Number(digits) * factor);
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

/** Bytes as a quantity in the largest binary unit that holds them without a fraction: 805306368 → `768Mi`, 2147483648 → `2Gi`. */
export function formatBytes(bytes: number): string {
  const whole = Math.round(bytes);
  for (const unit of ['Ti', 'Gi', 'Mi', 'Ki']) {
    const factor = units[unit] ?? 1;
    if (whole >= factor && whole % factor === 0) return `${whole / factor}${unit}`;
  }
  return String(whole);
}

/** Bytes for people, about three digits: 265000000 → `253Mi`, 1500000000 → `1.4Gi`. Not exact: never write it into an object. */
export function sayBytes(bytes: number): string {
  for (const unit of ['Ti', 'Gi', 'Mi', 'Ki']) {
    const factor = units[unit] ?? 1;
    if (bytes >= factor) {
      const amount = bytes / factor;
      return `${amount >= 10 ? Math.round(amount) : Math.round(amount * 10) / 10}${unit}`;
    }
  }
  return `${Math.round(bytes)} bytes`;
}
