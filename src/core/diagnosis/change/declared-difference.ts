import { type ObjectRef, refOf, type WireObject } from '../../cluster/object.ts';
import { sameQuantity } from '../../cluster/quantity.ts';
import { refKey } from '../../cluster/topology.ts';
import { isRecord } from '../../cluster/wire.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import type { AnalysisContext } from '../analysis.ts';
import { fromObject } from '../support.ts';
import { shownValue } from './shown-value.ts';

/** A field that is not as it was declared. */
export type Drift = {
  readonly object: ObjectRef;
  readonly path: string;
  readonly declared: string;
  readonly live: string;
  readonly evidence: EvidenceDraft;
};

const compared: ReadonlySet<string> = new Set([
  'spec',
  'data',
  'binaryData',
  'webhooks',
  'subsets',
  'rules',
  'provisioner',
  'parameters',
  'automountServiceAccountToken',
]);
const maxPerObject = 5;

/**
 * Fields of live objects that differ from what was declared (from Git, a release). Only what the declaration names is compared: defaults that the API server
 * fills in are no drift, nor are replicas that an autoscaler sets.
 */
export function driftIn({ observations, view, scope, now }: AnalysisContext): readonly Drift[] {
  const scaled = new Set(view.list('HorizontalPodAutoscaler').flatMap((scaler) => targetOf(scaler)));
  return observations.declared.flatMap((declared): Drift[] => {
    const live = view.get(refOf(declared)) ?? sameName(view.list.bind(view), declared);
    if (live === undefined || !scope.has(refOf(live))) return [];
    const found: { path: string; declared: string; live: string }[] = [];
    for (const [key, value] of Object.entries(declared))
      if (compared.has(key)) compare(value, (live as unknown as Record<string, unknown>)[key], key, found, 0);
    return found
      .filter(({ path }) => !(path === 'spec.replicas' && scaled.has(refKey(refOf(live)))))
      .slice(0, maxPerObject)
      .map((drift) => ({
        object: refOf(live),
        ...drift,
        evidence: {
          ...fromObject(live, now, `${drift.path} is ${drift.live}, declared ${drift.declared}`),
          kind: 'change' as const,
        },
      }));
  });
}

function sameName(
  list: (kind: never, namespace?: string) => readonly WireObject[],
  declared: WireObject,
): WireObject | undefined {
  // A manifest may leave its namespace to whoever applies it; only one live object of the name can be meant then.
  if (declared.metadata.namespace !== undefined) return undefined;
  try {
    const found = list(declared.kind as never).filter(({ metadata }) => metadata.name === declared.metadata.name);
    return found.length === 1 ? found[0] : undefined;
  } catch {
    return undefined;
  }
}

function targetOf(scaler: WireObject): readonly string[] {
  const target = (scaler as unknown as { spec?: { scaleTargetRef?: { kind?: unknown; name?: unknown } } }).spec
    ?.scaleTargetRef;
  return typeof target?.kind === 'string' && typeof target.name === 'string'
    ? [refKey({ kind: target.kind, namespace: scaler.metadata.namespace, name: target.name })]
    : [];
}

function compare(
  declared: unknown,
  live: unknown,
  path: string,
  found: { path: string; declared: string; live: string }[],
  depth: number,
): void {
  if (declared === null || declared === undefined || depth > 14) return;
  if (isRecord(declared)) {
    if (!isRecord(live)) {
      if (Object.keys(declared).length > 0)
        found.push({ path, declared: shownValue(path, declared), live: shownValue(path, live) });
      return;
    }
    for (const [key, value] of Object.entries(declared)) compare(value, live[key], `${path}.${key}`, found, depth + 1);
    return;
  }
  if (Array.isArray(declared)) {
    if (!Array.isArray(live)) {
      if (declared.length > 0) found.push({ path, declared: shownValue(path, declared), live: shownValue(path, live) });
      return;
    }
    declared.forEach((item: unknown, index) => {
      const name = isRecord(item) && typeof item.name === 'string' ? item.name : undefined;
      const other: unknown =
        name === undefined ? live[index] : live.find((one: unknown) => isRecord(one) && one.name === name);
      compare(item, other, `${path}[${name ?? index}]`, found, depth + 1);
    });
    return;
  }
  // 250m and 0.25, "8080" and 8080: the API server writes the same value in its own way.
  if (String(declared) !== String(live) && !sameQuantity(String(declared), String(live ?? '')))
    found.push({ path, declared: shownValue(path, declared), live: shownValue(path, live) });
}
