import type { EvidenceDraft } from '../../evidence/draft.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { beginOf } from '../begin.ts';
import type { FindingCode } from '../codes.ts';
import type { Grounds } from '../confidence.ts';
import { groupBy } from '../group-by.ts';
import { oneLine } from '../present-events.ts';
import { sayEnd } from '../runtime/exit-code.ts';
import { fromEvents, fromLog, fromObject } from '../support.ts';
import type { Complaint, Speaker } from './complaints.ts';

/** What a wrong configuration makes of a container: those findings it explains, and none about the neighbours. */
const explainedByConfiguration: readonly FindingCode[] = [
  'container-crash-looping',
  'init-container-failing',
  'liveness-probe-kills',
  'probe-failing',
  'readiness-flapping',
  'job-backoff-exceeded',
  'rollout-stuck',
  'service-no-ready-endpoints',
  'cron-job-missed',
];

const eventReasons: ReadonlySet<string> = new Set(['BackOff', 'Unhealthy']);

/** A conclusion about one speaker, before those of the same cause are put together. */
export type Conclusion = Pick<
  FindingDraft,
  'code' | 'object' | 'summary' | 'cause' | 'recommendation' | 'affects' | 'explainedBy'
> & {
  readonly basis: Grounds['basis'];
  readonly speaker: Speaker;
  readonly complaint: Complaint | undefined;
  readonly line: string | undefined;
  readonly times: number;
  /** Facts of objects that agree with what the log says. */
  readonly facts: readonly EvidenceDraft[];
};

/** One finding per cause: the pods of a workload say the same. */
export function draftsOf(context: AnalysisContext, conclusions: readonly Conclusion[]): readonly FindingDraft[] {
  const { view, now } = context;
  const key = ({ code, object, cause }: Conclusion) =>
    [code, object.kind, object.namespace, object.name, cause.path, cause.observed].join('\n');
  return groupBy(conclusions, key).map((group): FindingDraft => {
    const [first] = group.toSorted((a, b) => rank(a.basis) - rank(b.basis));
    const { speaker, complaint, line, facts } = first ?? group[0];
    const best = first ?? group[0];
    const pods = [...new Set(group.map((one) => podKey(one.speaker.pod)))];
    const restarts = Math.max(...group.map((one) => one.speaker.status.restartCount));
    return {
      code: best.code,
      object: best.object,
      summary: best.summary,
      cause: best.cause,
      ...(best.recommendation === undefined ? {} : { recommendation: best.recommendation }),
      support: [
        fromObject(speaker.pod, now, sayState(speaker)),
        ...facts,
        ...group.flatMap((one) => fromEvents(view, one.speaker.pod, eventReasons, 1)).slice(0, 1),
        ...(complaint === undefined || line === undefined
          ? []
          : [fromLine(complaint, line), fromLog(speaker.pod, complaint.log, 5)]),
      ],
      grounds: {
        basis: best.basis,
        current: true,
        repeated: pods.length > 1 || restarts > 1 || group.some(({ times }) => times > 1),
      },
      pods,
      affects: [...(best.affects ?? []), speaker.workload.ref],
      explains: explainedByConfiguration,
      ...(best.explainedBy === undefined ? {} : { explainedBy: best.explainedBy }),
      since: beginOf(
        view,
        group.flatMap(({ speaker: one }) => (one.suffering === 'well' ? [] : [one])),
      ),
    };
  });
}

function rank(basis: Grounds['basis']): number {
  return ['stated', 'likely', 'inferred'].indexOf(basis);
}

function sayState({ status, suffering }: Speaker): string {
  const { state, restartCount, lastEnd } = status;
  const end = state.is === 'terminated' ? state.end : lastEnd;
  const how =
    state.is === 'waiting'
      ? `waits with ${state.reason ?? 'no reason'}`
      : state.is === 'running'
        ? status.ready === true
          ? 'runs'
          : 'runs and is not ready'
        : `is ${state.is}`;
  const last = end === undefined ? '' : `, last ended with ${sayEnd(end)}`;
  return `container ${status.name} ${suffering === 'well' ? 'is ready' : how}${last}, restarts ${restartCount}`;
}

function fromLine({ log, speaker }: Complaint, line: string): EvidenceDraft {
  const which = log.previous ? 'previous log' : 'log';
  return {
    ...fromLog(speaker.pod, log, 1),
    summary: `The ${which} of container ${log.container} says: ${oneLine(line, 300)}`,
    from: line,
  };
}
