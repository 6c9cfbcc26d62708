import { type Catalog, saysOf, serviceInCatalog } from '../catalog/catalog.ts';
import { type ObjectRef, refOf, sayRef } from '../cluster/object.ts';
import { containerStatusesOf, isTerminating } from '../cluster/pod.ts';
import type { EvidenceDraft } from '../evidence/draft.ts';
import { sparkline } from '../evidence/sparkline.ts';
import type { AnalysisContext } from './analysis.ts';
import type { MetricSeries } from './observations.ts';
import { fromObject } from './support.ts';

const recoveredMs = 60 * 60_000;
const maxSeries = 2;
const maxRecovered = 3;

/**
 * Facts that help whoever reads an answer and ground no finding: the alert's own expression as a chart, whose the service is and what it promises, and, where nothing
 * is wrong, what was wrong a short while ago.
 */
export function notesFor(
  context: AnalysisContext,
  about: { readonly objects: readonly ObjectRef[]; readonly isWell: boolean; readonly catalog: Catalog },
): readonly EvidenceDraft[] {
  return [...chartOf(context), ...ownersOf(context, about), ...(about.isWell ? recovered(context) : [])];
}

function chartOf({ observations, now }: AnalysisContext): readonly EvidenceDraft[] {
  const { expression } = observations;
  const answer = expression === undefined ? undefined : observations.metrics.find(({ query }) => query === expression);
  if (answer === undefined) return [];
  const drawn = answer.series.toSorted((a, b) => b.points.length - a.points.length).slice(0, maxSeries);
  const [first] = drawn;
  if (first === undefined)
    return [
      metric(
        answer.query,
        now,
        "The alert's expression gives nothing now: what it watches is back within its bounds, or is not measured",
        answer,
      ),
    ];
  return [metric(answer.query, now, `The alert's expression, last hour: ${drawn.map(drawing).join('; ')}`, answer)];
}

function drawing({ points, labels }: MetricSeries): string {
  const values = points.map(({ value }) => value);
  const [least, most, newest] = [Math.min(...values), Math.max(...values), values.at(-1) ?? Number.NaN];
  const who = labels.pod ?? labels.instance ?? labels.deployment ?? labels.node;
  return `${who === undefined ? '' : `${who} `}${sparkline(values)} ${short(least)} to ${short(most)}, now ${short(newest)}`.replace(
    / {2,}/g,
    ' ',
  );
}

function short(value: number): string {
  return Math.abs(value) >= 1000 || Number.isInteger(value) ? String(Math.round(value)) : value.toPrecision(3);
}

function metric(query: string, at: number, summary: string, from: unknown): EvidenceDraft {
  return { kind: 'metric', source: `metrics: ${query.slice(0, 200)}`, at, summary, from };
}

function ownersOf(
  { now }: AnalysisContext,
  { objects, catalog }: { readonly objects: readonly ObjectRef[]; readonly catalog: Catalog },
): readonly EvidenceDraft[] {
  for (const object of objects) {
    const service = serviceInCatalog(catalog, object);
    const says = service === undefined ? undefined : saysOf(service);
    if (service !== undefined && says !== undefined)
      return [
        {
          kind: 'object',
          source: 'catalog of services',
          object,
          at: now,
          summary: `${service.title ?? service.name}: ${says}`,
          from: service,
        },
      ];
  }
  return [];
}

function recovered({ scope, now }: AnalysisContext): readonly EvidenceDraft[] {
  return scope.pods
    .filter((pod) => !isTerminating(pod))
    .flatMap((pod) =>
      containerStatusesOf(pod).flatMap(({ name, state, lastEnd, restartCount }): EvidenceDraft[] => {
        const ended = lastEnd?.finishedAt;
        if (state.is !== 'running' || ended === undefined || now - ended > recoveredMs) return [];
        const why =
          lastEnd?.reason === undefined ? '' : ` (${lastEnd.reason}, exit code ${lastEnd.exitCode ?? 'not known'})`;
        return [
          fromObject(
            pod,
            ended,
            `container ${name} ended at ${new Date(ended).toISOString()}${why} and has run again since, restarts ${restartCount}: ${sayRef(refOf(pod))} has recovered`,
          ),
        ];
      }),
    )
    .slice(0, maxRecovered);
}
