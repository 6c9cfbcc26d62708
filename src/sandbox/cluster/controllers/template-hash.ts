import { createHash } from 'node:crypto';
import type { PodTemplateSpec } from 'kubernetes-types/core/v1.js';
import { safeEncode } from '../store/names.ts';

/** A short name for a pod template: equal templates, equal names. The order of members does not count. */
export function templateHash(template: PodTemplateSpec): string {
  return safeEncode(
    createHash('sha256')
      .update(JSON.stringify(sorted(template)))
      .digest('hex'),
    10,
  );
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
