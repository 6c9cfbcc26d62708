import { findingCodes } from '../../src/core/diagnosis/codes.ts';
import type { Case } from './case-files.ts';

/**
 * Applies a function to every text of a case: values of objects and of expected.yaml, logs, and the paths of files. Keys stay, except those of managedFields that quote names.
 */
export function rewriteTexts(original: Case, rewrite: (text: string) => string): Case {
  const visit = (value: unknown): unknown => {
    if (typeof value === 'string') return rewrite(value);
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [/^[kv]:/.test(key) ? rewrite(key) : key, visit(member)]),
    );
  };
  const { about, family, ...judged } = original.expected;
  return {
    name: original.name,
    // Codes are words of ours, not names of the cluster.
    expected: { about, family, ...(keepingCodes(judged, visit) as object) },
    objects: visit(original.objects) as Case['objects'],
    others: new Map(
      [...original.others].map(([path, content]) => [path.includes('/') ? rewrite(path) : path, visit(content)]),
    ),
  };
}

const codes: ReadonlySet<string> = new Set(findingCodes);
const codeFields: ReadonlySet<string> = new Set(['code', 'alsoTrue', 'status']);

function keepingCodes(value: unknown, visit: (value: unknown) => unknown): unknown {
  if (Array.isArray(value))
    return value.map((member) =>
      typeof member === 'string' && codes.has(member) ? member : keepingCodes(member, visit),
    );
  if (typeof value !== 'object' || value === null) return visit(value);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, codeFields.has(key) ? member : keepingCodes(member, visit)]),
  );
}
