import type { ObjectRef } from '../cluster/object.ts';
import { digestOf } from '../digest.ts';
import type { DetectionSignal } from './signal.ts';

const maxSummary = 1000;
const maxRelated = 10;

/**
 * Makes the signal of a detection: redacted, cut and well-formed, so that it can be journalled whatever the cluster says of itself. Names of objects are bounded by the API
 * (253 characters) but come over the wire, so they are cut as well.
 */
export function detectionSignal(
  detection: Omit<DetectionSignal, 'kind'>,
  redact: (text: string) => string,
): DetectionSignal {
  const { namespace, object, related, summary, severity, ...rest } = detection;
  return {
    kind: 'detection',
    ...rest,
    object: cleanRef(object),
    ...(namespace === undefined ? {} : { namespace: cut(namespace, maxName) }),
    related: related.slice(0, maxRelated).map(cleanRef),
    severity: cut(severity, 40),
    summary: cut(redact(summary), maxSummary) || 'Nothing is known beyond that.',
  };
}

/** The same detection told twice (a second try after an answer was lost) has the same key. */
export function detectionKey(signal: DetectionSignal): string {
  return digestOf(signal);
}

const maxName = 300;

function cleanRef({ apiVersion, kind, namespace, name }: ObjectRef): ObjectRef {
  return {
    apiVersion: cut(apiVersion, maxName),
    kind: cut(kind, maxName),
    ...(namespace === undefined ? {} : { namespace: cut(namespace, maxName) }),
    name: cut(name, maxName),
  };
}

/** The start of a text; no half of a pair of surrogates is left, since it cannot be stored. */
function cut(text: string, length: number): string {
  return text
    .toWellFormed()
    .slice(0, length)
    .replace(/[\ud800-\udbff]$/, '');
}
