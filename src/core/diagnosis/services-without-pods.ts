import { type ObjectRef, refOf, sayRef } from '../cluster/object.ts';
import { isLivePod } from '../cluster/pod-readiness.ts';
import { matchesLabelMap } from '../cluster/selector.ts';
import { serviceSelectorOf } from '../cluster/service.ts';
import { stringsAt } from '../cluster/wire.ts';
import type { AnalysisContext, FindingDraft } from './analysis.ts';

/**
 * Adds to what suffers from a finding the Services that lead nowhere for it: those that select the pods which are not made, and have no other pod that could serve.
 */
export function withServices({ view, topology }: AnalysisContext, draft: FindingDraft): FindingDraft {
  const suffering = [draft.object, ...(draft.affects ?? [])];
  const services = suffering.flatMap((ref): readonly ObjectRef[] => {
    const workload = view.get(ref);
    const labels = workload === undefined ? {} : stringsAt(workload, 'spec', 'template', 'metadata', 'labels');
    if (workload === undefined || Object.keys(labels).length === 0) return [];
    return view.list('Service', workload.metadata.namespace).flatMap((service) => {
      const selector = serviceSelectorOf(service);
      if (selector === undefined || !matchesLabelMap(selector, labels)) return [];
      const own = refOf(service);
      const selected = topology.needs(own).flatMap(({ to, by }) => (by === 'selects' ? (view.get(to) ?? []) : []));
      return selected.some(isLivePod) ? [] : [own];
    });
  });
  if (services.length === 0) return draft;
  const all = [...(draft.affects ?? []), ...services];
  return { ...draft, affects: [...new Map(all.map((ref) => [sayRef(ref), ref])).values()] };
}
