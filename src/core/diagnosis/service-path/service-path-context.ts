import type { ObjectRef } from '../../cluster/object.ts';
import type { AnalysisContext, FindingDraft } from '../analysis.ts';
import type { FindingCode } from '../codes.ts';
import type { ObservedAlert } from '../observations.ts';
import type { ConnectionFailures } from './connection-failures.ts';
import type { ServiceFacts, ServiceMap } from './service-map.ts';

/** What all rules of this family share, worked out once per investigation. */
export type ServicePathContext = AnalysisContext & {
  readonly services: ServiceMap;
  readonly failures: ConnectionFailures;
  /** What other families found before. */
  readonly soFar: readonly FindingDraft[];
};

/** What a caller may suffer when the Service it goes through does not lead anywhere. */
export const sufferedByCallers: readonly FindingCode[] = [
  'service-no-ready-endpoints',
  'dependency-down',
  'container-crash-looping',
  'init-container-failing',
  'rollout-stuck',
  'probe-failing',
  'readiness-flapping',
  'liveness-probe-kills',
  'job-backoff-exceeded',
];

/** The Service and everyone who goes through it. */
export function usersOf({ ref, entries, callers }: ServiceFacts): readonly ObjectRef[] {
  return [ref, ...entries, ...callers];
}

// A namespace may be called as its Service is.
const sayingWhere: ReadonlySet<string> = new Set([
  'alertname',
  'namespace',
  'exported_namespace',
  'cluster',
  'severity',
]);

/** Alerts that fire now and name an object in one of their labels, in its namespace where they name one. */
export function firingAbout(
  { observations }: AnalysisContext,
  object: { readonly namespace?: string | undefined; readonly name: string },
): readonly ObservedAlert[] {
  return observations.alerts.filter(({ firing, labels }) => {
    if (!firing) return false;
    const namespace = labels.exported_namespace ?? labels.namespace;
    if (object.namespace !== undefined && namespace !== undefined && namespace !== object.namespace) return false;
    return Object.entries(labels).some(([key, value]) => !sayingWhere.has(key) && value === object.name);
  });
}
