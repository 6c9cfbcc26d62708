import { editDistance } from '../../runbook/did-you-mean.ts';

const maxChars = 64;

/** Whether two names look as if one were meant to be the other: a slip or two of the keyboard. Names that differ in digits alone (`api-1`, `api-2`) are two names. */
export function looksLike(a: string, b: string): boolean {
  if (a === b || a.length > maxChars || b.length > maxChars) return a === b;
  const [left, right] = [a.toLowerCase(), b.toLowerCase()];
  if (left.replace(/\d+/g, '#') === right.replace(/\d+/g, '#')) return left === right;
  const shorter = Math.min(left.length, right.length);
  if (shorter < 3) return false;
  return editDistance(left, right) <= (shorter < 6 ? 1 : 2);
}

/** Whether two names mean the same thing: a slip, the same with what people append to say of what kind it is, or one with a part more. */
export function isNearName(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  const isPart = short.length >= 3 && (long.startsWith(`${short}-`) || long.endsWith(`-${short}`));
  return looksLike(a, b) || bareName(a) === bareName(b) || isPart;
}

const ornaments = /[-_](?:svc|service|headless|lb|deployment|deploy|sts|statefulset|app|server)$/;

/** A name without what people append to say of what kind the thing is. */
export function bareName(name: string): string {
  return name.slice(0, 253).toLowerCase().replace(ornaments, '');
}
