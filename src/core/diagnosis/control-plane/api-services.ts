import { knownRef } from '../../cluster/kinds.ts';
import { refOf } from '../../cluster/object.ts';
import { conditionOf } from '../../cluster/pod.ts';
import { textAt } from '../../cluster/wire.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { oneLine } from '../present-events.ts';
import { fromObject } from '../support.ts';

/** Aggregated APIs (metrics.k8s.io and others) that the API server cannot reach: what asks them fails, and namespaces cannot be deleted. */
export function unavailableApiServices(context: AnalysisContext): readonly FindingDraft[] {
  const { view, scope, now } = context;
  return scope.list('APIService').flatMap((api): FindingDraft[] => {
    const available = conditionOf(api, 'Available');
    if (available?.status !== 'False') return [];
    const namespace = textAt(api, 'spec', 'service', 'namespace');
    const name = textAt(api, 'spec', 'service', 'name');
    const service = name === undefined ? undefined : view.get(knownRef('Service', namespace, name));
    const pods = service === undefined ? [] : view.podsOf(service);
    const said = available.message === undefined ? (available.reason ?? '') : oneLine(available.message, 200);
    const isMissing =
      service === undefined && name !== undefined && namespace !== undefined && view.hasAll('Service', namespace);
    const scalers = api.metadata.name.includes('metrics.k8s.io')
      ? scope.list('HorizontalPodAutoscaler').map(refOf)
      : [];
    return [
      {
        code: 'api-service-unavailable',
        object: refOf(api),
        summary: `API ${api.metadata.name} is not available: ${said}.${isMissing ? ` Its Service ${namespace}/${name} does not exist.` : ''}`,
        cause: {
          path: isMissing ? 'spec.service.name' : "status.conditions[?(@.type=='Available')]",
          observed: isMissing ? `Service ${namespace}/${name}, which does not exist` : said,
          expected: `an API server that answers behind Service ${namespace ?? '?'}/${name ?? '?'}`,
        },
        recommendation: {
          text: `Look at the pods behind Service ${namespace ?? '?'}/${name ?? '?'}; when nobody needs this API any more, delete the APIService.`,
        },
        support: [
          fromObject(api, now, `Available is False (${available.reason ?? 'no reason'}): ${said}`),
          ...(service === undefined
            ? []
            : [
                fromObject(
                  service,
                  now,
                  `${pods.length} ${pods.length === 1 ? 'pod matches' : 'pods match'} its selector, ${pods.filter((pod) => conditionOf(pod, 'Ready')?.status === 'True').length} are ready`,
                ),
              ]),
        ],
        grounds: {
          basis: 'stated',
          current: true,
          repeated: available.since !== undefined && now - available.since > 60_000,
        },
        pods: pods.filter((pod) => conditionOf(pod, 'Ready')?.status !== 'True').map(podKey),
        affects: [...(service === undefined ? [] : [refOf(service)]), ...scalers],
        explains: ['hpa-metrics-missing'],
        since: available.since,
      },
    ];
  });
}
