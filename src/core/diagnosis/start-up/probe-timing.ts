import { conditionOf, containerStatusesOf } from '../../cluster/pod.ts';
import { at, numberAt } from '../../cluster/wire.ts';
import type { AnalysisContext } from '../analysis.ts';
import type { ProbeCase, ProbeVerdict } from './probe-case.ts';
import { type FormerProbe, partsOf } from './probe-former.ts';
import { budgetSeconds, type ProbeSpec, probeOf } from './probe-spec.ts';

/** A process that is killed this early has hardly had the time to be wrong. */
const hastySeconds = 10;
/** An answer within two seconds is much to ask of one that is being started or is busy. */
const shortTimeoutSeconds = 2;
const slackSeconds = 15;

/**
 * `probe-timing-too-short`: a container is killed again and again at the very end of what its probe grants for starting, or the probe gives up before an answer can
 * come. Proven by a former revision that granted more, or by a pod of the same workload that took longer; else only likely, since a process that hangs looks alike.
 */
export function timingVerdict(
  context: AnalysisContext,
  found: ProbeCase,
  former: FormerProbe | undefined,
): ProbeVerdict | undefined {
  return startVerdict(context, found, former) ?? timeoutVerdict(found, former);
}

function startVerdict(
  context: AnalysisContext,
  found: ProbeCase,
  former: FormerProbe | undefined,
): ProbeVerdict | undefined {
  const { probe, suspect, killed } = found;
  if (killed === undefined || suspect.status.ready === true || suspect.status.restartCount < 2) return undefined;
  // With a startup probe the liveness probe is tried only once the start is over.
  if (probe.field === 'livenessProbe' && probeOf(suspect.record, 'startupProbe') !== undefined) return undefined;
  const { startedAt, finishedAt } = killed.end;
  if (startedAt === undefined || finishedAt === undefined) return undefined;
  const granted = budgetSeconds(probe);
  const ran = Math.round((finishedAt - startedAt) / 1000);
  const grace = Math.max(0, numberAt(suspect.pod, 'spec', 'terminationGracePeriodSeconds') ?? 30);
  if (ran > granted + grace + slackSeconds) return undefined;
  const field = fieldToChange(probe, former);
  const longer = former !== undefined && budgetSeconds(former.value) > granted;
  const needed = longestStart(context, found);
  const took = needed !== undefined && needed > granted ? needed : undefined;
  const value = partsOf(probe)[field] ?? '';
  return {
    code: 'probe-timing-too-short',
    basis: longer || took !== undefined || granted <= hastySeconds ? 'stated' : 'likely',
    path: `${probe.field}.${field}`,
    observed: value,
    expected: longer
      ? `${partsOf(former.value)[field]} (revision ${former.number})`
      : `more than the start takes${took === undefined ? '' : ` (${took} s in another pod)`}: a startupProbe, or a larger ${field}`,
    says: `it grants ${granted} s to start, and the container is killed after ${ran} s, before it was ready${took === undefined ? '' : `; another pod needed ${took} s`}`,
  };
}

function timeoutVerdict({ probe, failure }: ProbeCase, former: FormerProbe | undefined): ProbeVerdict | undefined {
  if (failure.is !== 'timeout') return undefined;
  const before = former?.differs.has('timeoutSeconds') ? former : undefined;
  const longer = before !== undefined && before.value.timeoutSeconds > probe.timeoutSeconds;
  if (!longer && probe.timeoutSeconds > shortTimeoutSeconds) return undefined;
  return {
    code: 'probe-timing-too-short',
    basis: longer ? 'stated' : 'likely',
    path: `${probe.field}.timeoutSeconds`,
    observed: String(probe.timeoutSeconds),
    expected: longer ? `${before.value.timeoutSeconds} (revision ${before.number})` : 'longer than the answer takes',
    says: `it gives up after ${probe.timeoutSeconds} s without an answer`,
  };
}

function fieldToChange(probe: ProbeSpec, former: FormerProbe | undefined): string {
  const candidates = ['initialDelaySeconds', 'failureThreshold', 'periodSeconds'];
  const changed = former === undefined ? undefined : candidates.find((field) => former.differs.has(field));
  if (changed !== undefined) return changed;
  return probe.field === 'startupProbe' ? 'failureThreshold' : 'initialDelaySeconds';
}

/** The longest time from the start of a container to readiness among the other pods of the workload, in seconds. */
function longestStart({ view }: AnalysisContext, { suspect }: ProbeCase): number | undefined {
  const { workload, status, pod } = suspect;
  if (workload.object === undefined) return undefined;
  const times = view.podsOf(workload.object).flatMap((other) => {
    if (other.metadata.uid === pod.metadata.uid || at(other, 'spec', 'containers') === undefined) return [];
    const since = conditionOf(other, 'Ready');
    const own = containerStatusesOf(other).find(({ name, list }) => name === status.name && list === status.list);
    if (since?.status !== 'True' || since.since === undefined || own?.state.is !== 'running') return [];
    // A pod that lost and regained readiness says nothing of its start.
    return own.restartCount > 0 || own.state.startedAt === undefined
      ? []
      : [Math.round((since.since - own.state.startedAt) / 1000)];
  });
  return times.length === 0 ? undefined : Math.max(...times);
}
