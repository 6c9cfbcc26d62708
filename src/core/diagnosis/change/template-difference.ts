import { isRecord } from '../../cluster/wire.ts';
import { shownValue } from './shown-value.ts';

/** One field that differs: where, what it was, what it is. Values are short texts, shown only where `shownValue` lets them. */
export type FieldDifference = { readonly path: string; readonly before: string; readonly after: string };

const maxDifferences = 12;
const maxDepth = 14;
// Written by tools at every rollout; they say that somebody acted, not what was changed.
const noise =
  /^metadata\.labels\.pod-template-hash$|^metadata\.creationTimestamp$|^metadata\.annotations\.(?:kubectl\.kubernetes\.io\/restartedAt|rollme|checksum\/)/;

/** What differs between two pod templates (or any two JSON values). Members of lists are compared by their `name` where they have one, else by place. */
export function differencesOf(before: unknown, after: unknown): readonly FieldDifference[] {
  const found: FieldDifference[] = [];
  const visit = (a: unknown, b: unknown, path: string, depth: number): void => {
    if (found.length >= maxDifferences || depth > maxDepth || noise.test(path)) return;
    if (isRecord(a) && isRecord(b)) {
      for (const key of [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted())
        visit(a[key], b[key], path === '' ? key : `${path}.${key}`, depth + 1);
    } else if (Array.isArray(a) && Array.isArray(b)) {
      for (const { key, left, right } of pairs(a, b)) visit(left, right, `${path}[${key}]`, depth + 1);
    } else if (JSON.stringify(a) !== JSON.stringify(b))
      found.push({ path, before: shownValue(path, a), after: shownValue(path, b) });
  };
  visit(before, after, '', 0);
  return found;
}

function pairs(
  a: readonly unknown[],
  b: readonly unknown[],
): readonly { key: string; left: unknown; right: unknown }[] {
  const names = (list: readonly unknown[]) =>
    list.map((item) => (isRecord(item) && typeof item.name === 'string' ? item.name : undefined));
  const [left, right] = [names(a), names(b)];
  if ([...left, ...right].some((name) => name === undefined))
    return Array.from({ length: Math.max(a.length, b.length) }, (_, index) => ({
      key: String(index),
      left: a[index],
      right: b[index],
    }));
  return [...new Set([...left, ...right])].flatMap((name) =>
    name === undefined ? [] : [{ key: name, left: a[left.indexOf(name)], right: b[right.indexOf(name)] }],
  );
}
