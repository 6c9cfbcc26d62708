import { z } from 'zod';
import { exactQuantity, sameQuantity } from '../../cluster/quantity.ts';
import { digestOf } from '../../digest.ts';
import { type JsonObject, onOneLine } from './wire.ts';

const sections = ['limits', 'requests'] as const;
type Section = (typeof sections)[number];
// The API server prints text; a hand-written object may hold a number.
const quantitiesSchema = z.record(z.string(), z.union([z.string(), z.number().transform(String)]));

/** The quantities of one section of a container's `resources`; empty when there are none. */
function quantitiesOf(resources: JsonObject | undefined, section: Section): Readonly<Record<string, string>> {
  const parsed = quantitiesSchema.safeParse(resources?.[section] ?? {});
  return parsed.success ? parsed.data : {};
}

/**
 * A digest that is the same for the same amounts, however they are written: the API server rewrites `1024Mi` as `1Gi`, rounds up to
 * thousandths, and prints absent resources as `{}`.
 */
export function resourcesDigest(resources: JsonObject | undefined): string {
  const amounts = Object.fromEntries(
    sections.map((section) => [
      section,
      Object.fromEntries(
        Object.entries(quantitiesOf(resources, section)).map(([name, quantity]) => [name, thousandths(quantity)]),
      ),
    ]),
  );
  const others = Object.entries(resources ?? {}).filter(([key]) => key !== 'limits' && key !== 'requests');
  return digestOf({ ...Object.fromEntries(others), ...amounts });
}

function thousandths(quantity: string): string {
  const nanos = exactQuantity(quantity);
  return nanos === null ? `as written: ${quantity}` : String((nanos + 999_999n) / 1_000_000n);
}

/** `resources` with the given quantities put over those that are there; all else in it stays. */
export function mergeResources(
  resources: JsonObject | undefined,
  change: Partial<Record<Section, Readonly<Record<string, string | undefined>> | undefined>>,
): JsonObject {
  const merged: Record<string, unknown> = { ...resources };
  for (const section of sections) {
    const wanted = Object.entries(change[section] ?? {}).filter(([, quantity]) => quantity !== undefined);
    if (wanted.length > 0) merged[section] = { ...quantitiesOf(resources, section), ...Object.fromEntries(wanted) };
  }
  return merged;
}

/** Names of resources that would be requested beyond their limit, which the API server refuses. */
export function requestsBeyondLimits(resources: JsonObject): { name: string; request: string; limit: string }[] {
  const limits = quantitiesOf(resources, 'limits');
  return Object.entries(quantitiesOf(resources, 'requests')).flatMap(([name, request]) => {
    const limit = limits[name];
    const [asked, most] = [exactQuantity(request), exactQuantity(limit)];
    return limit !== undefined && asked !== null && most !== null && asked > most ? [{ name, request, limit }] : [];
  });
}

/** `memory limit 128Mi → 256Mi`, one line for each amount that differs. */
export function diffResources(before: JsonObject | undefined, after: JsonObject | undefined): string[] {
  const word = { limits: 'limit', requests: 'request' } as const;
  const amounts = sections.flatMap((section) => {
    const [from, to] = [quantitiesOf(before, section), quantitiesOf(after, section)];
    const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
    return names
      .filter((name) => !sameQuantity(from[name], to[name]))
      .map((name) => `${onOneLine(name, 60)} ${word[section]} ${say(from[name])} → ${say(to[name])}`);
  });
  const claims =
    digestOf(before?.claims ?? null) === digestOf(after?.claims ?? null) ? [] : ['resource claims changed'];
  return [...amounts, ...claims];
}

/** `limits cpu 500m, memory 256Mi; requests none`. */
export function summarizeResources(resources: JsonObject | undefined): string {
  return sections
    .map((section) => {
      const entries = Object.entries(quantitiesOf(resources, section)).sort(([a], [b]) => (a < b ? -1 : 1));
      const amounts = entries.map(([name, quantity]) => `${onOneLine(name, 60)} ${say(quantity)}`);
      return `${section} ${amounts.length === 0 ? 'none' : amounts.join(', ')}`;
    })
    .join('; ');
}

function say(quantity: string | undefined): string {
  return quantity === undefined ? 'none' : onOneLine(quantity, 64);
}
