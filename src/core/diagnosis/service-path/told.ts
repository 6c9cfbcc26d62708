import type { WireObject } from '../../cluster/object.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import type { AnalysisContext } from '../analysis.ts';
import { fromEvent } from '../present-events.ts';

/** Events older than this tell of another time. */
const freshMs = 3_600_000;

/** Fresh events about an object whose message says something, newest first. */
export function eventsSaying(
  { view, now }: AnalysisContext,
  object: WireObject,
  says: (message: string) => boolean,
): readonly EvidenceDraft[] {
  return view
    .eventsAbout(object)
    .filter(({ last, message }) => last !== undefined && now - last <= freshMs && says((message ?? '').slice(0, 2000)))
    .toSorted((a, b) => (b.last ?? 0) - (a.last ?? 0) || (a.object.metadata.name < b.object.metadata.name ? -1 : 1))
    .map((event) => fromEvent(event, object));
}

/** Names, with the namespace, of pods that take in requests for Ingresses and Gateways. */
export const entryControllers =
  /ingress|nginx|traefik|haproxy|contour|envoy|gateway|kong|istio|load-?balancer|alb|apisix|router/i;
const maxChars = 60_000;

/** Lines of the logs of ingress and gateway controllers that say something: the newest of each log. */
export function logsSaying({ view }: AnalysisContext, says: (line: string) => boolean): readonly EvidenceDraft[] {
  return view.logs
    .filter(({ pod, namespace }) => entryControllers.test(`${namespace}/${pod}`))
    .slice(0, 12)
    .flatMap((log) => {
      const line = log.text
        .slice(-maxChars)
        .split('\n')
        .findLast((one) => says(one.slice(0, 2000)));
      if (line === undefined) return [];
      return [
        {
          kind: 'log' as const,
          source: `log of ${log.namespace}/${log.pod} container ${log.container}`,
          at: log.at,
          summary: `${log.namespace}/${log.pod} logs: ${line.slice(0, 300)}`,
          from: log.text,
        },
      ];
    });
}
