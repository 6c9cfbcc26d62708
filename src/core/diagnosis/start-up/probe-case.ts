import type { ClusterEvent } from '../../cluster/cluster-event.ts';
import { booleanAt, recordsAt, textAt } from '../../cluster/wire.ts';
import type { AnalysisContext } from '../analysis.ts';
import type { FindingCode } from '../codes.ts';
import type { Grounds } from '../confidence.ts';
import { presentEvents } from '../present-events.ts';
import { type LiveTermination, liveTermination } from '../restarts.ts';
import { type Suspect, suspectsOf } from '../suspect.ts';
import {
  budgetSeconds,
  declaredPortsOf,
  type ProbeField,
  type ProbeSpec,
  portNumberOf,
  probeFields,
  probeOf,
} from './probe-spec.ts';
import { type ProbeFailure, probeFieldOf, readProbeFailure } from './probe-words.ts';

/** A probe that fails now: the container is not ready because of it, or is killed for it again and again. */
export type ProbeCase = {
  readonly suspect: Suspect;
  readonly probe: ProbeSpec;
  readonly failure: ProbeFailure;
  /** Absent where the objects alone show that the probe cannot succeed. */
  readonly event: ClusterEvent | undefined;
  /** How the run ended that the probe cut off; undefined while the container merely stays unready. */
  readonly killed: LiveTermination | undefined;
};

const unhealthy: ReadonlySet<string> = new Set(['Unhealthy', 'ProbeWarning']);
const killing: ReadonlySet<string> = new Set(['Killing']);
const settleMs = 10_000;
const unheardMs = 5 * 60_000;

/** The probes of the scope's containers that fail in the present state. One failed probe before readiness is none; nor is one of a container that crashes by itself. */
export function probeCasesOf(context: AnalysisContext): readonly ProbeCase[] {
  return suspectsOf(
    context,
    ({ ready, state, restartCount }) =>
      (state.is === 'running' && ready === false) || (restartCount > 0 && state.is !== 'unknown'),
  ).flatMap((suspect) => probeFields.flatMap((field) => caseOf(context, suspect, field)));
}

function caseOf(context: AnalysisContext, suspect: Suspect, field: ProbeField): readonly ProbeCase[] {
  const probe = probeOf(suspect.record, field);
  if (probe === undefined) return [];
  const killed = field === 'readinessProbe' ? undefined : killedBy(context, suspect, probe);
  if (killed === undefined && !failsWhileRunning(context, suspect, probe)) return [];
  const { state } = suspect.status;
  // What was said of a former run of the container is history, unless that run was ended by this very probe.
  const since = killed === undefined ? (state.is === 'running' ? state.startedAt : undefined) : heardSince(killed);
  const event = eventsOf(context, suspect, field, since)[0];
  if (event !== undefined)
    return [{ suspect, probe, killed, event, failure: readProbeFailure(event.message ?? '', probe.handler.by) }];
  if (hasUnknownPort(probe, suspect)) return [{ suspect, probe, killed, event, failure: { is: 'unresolved-port' } }];
  return isUnheard(context, suspect) ? [{ suspect, probe, killed, event, failure: { is: 'unheard' } }] : [];
}

/** No events were kept at all, and for minutes the container is not ready: that its probe fails is all that can be, and why must be told by the objects and the log. */
function isUnheard({ view, now }: AnalysisContext, { status }: Suspect): boolean {
  if (status.state.is !== 'running' || view.list('Event').length > 0) return false;
  return now - (status.state.startedAt ?? now) >= unheardMs;
}

/** A port by a name that the container does not declare: the kubelet cannot even try. */
export function hasUnknownPort({ handler }: ProbeSpec, { record }: Suspect): boolean {
  return (
    handler.by !== 'exec' &&
    typeof handler.port === 'string' &&
    portNumberOf(handler.port, declaredPortsOf(record)) === undefined
  );
}

function failsWhileRunning(context: AnalysisContext, suspect: Suspect, probe: ProbeSpec): boolean {
  const { status, pod } = suspect;
  if (status.state.is !== 'running' || status.ready !== false || probe.field === 'livenessProbe') return false;
  const started = startedOf(suspect);
  // Until the startup probe succeeds the others are not tried.
  if (probe.field === 'startupProbe' ? started !== false : started === false) return false;
  const { startedAt } = status.state;
  if (startedAt === undefined) return false;
  const runsForMs = context.now - startedAt;
  const patienceMs = hasUnknownPort(probe, suspect) ? settleMs : budgetSeconds(probe) * 1000 + settleMs;
  if (runsForMs < (probe.field === 'startupProbe' ? settleMs : patienceMs)) return false;
  const crashed = liveTermination(status, context.now, { single: true });
  return (
    crashed === undefined ||
    probeFields.some((field) => {
      const other = probeOf(suspect.record, field);
      return other !== undefined && killedBy(context, { ...suspect, pod }, other) !== undefined;
    })
  );
}

/** The end of a container's last run, when this probe brought it about: the kubelet says so, or the process was ended by a signal while the probe failed. */
function killedBy(context: AnalysisContext, suspect: Suspect, probe: ProbeSpec): LiveTermination | undefined {
  if (probe.field === 'readinessProbe' || suspect.status.restartCount < 1) return undefined;
  const live = liveTermination(suspect.status, context.now, { single: true });
  if (live === undefined || live.end.reason === 'OOMKilled') return undefined;
  const failed = eventsOf(context, suspect, probe.field, heardSince(live));
  if (failed.length === 0) return undefined;
  const word = probe.field === 'livenessProbe' ? 'failed liveness probe' : 'failed startup probe';
  const isSaid = presentEvents(context.view, suspect.pod, killing, context.now).some(
    (event) => event.message?.includes(word) && isAbout(event, suspect),
  );
  const bySignal = live.end.exitCode === 137 || live.end.exitCode === 143;
  return isSaid || bySignal ? live : undefined;
}

// One run of a loop is like the next, and the recorder may have dropped what was said of the last one.
function heardSince({ end }: LiveTermination): number | undefined {
  return end.startedAt === undefined ? undefined : end.startedAt - unheardMs;
}

function eventsOf(
  context: AnalysisContext,
  suspect: Suspect,
  field: ProbeField,
  since: number | undefined,
): readonly ClusterEvent[] {
  return presentEvents(context.view, suspect.pod, unhealthy, context.now, since).filter(
    (event) => probeFieldOf(event.message ?? '') === field && isAbout(event, suspect, field),
  );
}

// Events of containers carry the place; where one does not, it can only mean the one container that has such a probe.
function isAbout(event: ClusterEvent, { status, pod }: Suspect, field?: ProbeField): boolean {
  const place = textAt(event.object, 'involvedObject', 'fieldPath') ?? textAt(event.object, 'regarding', 'fieldPath');
  if (place !== undefined) return place === `spec.${status.list}{${status.name}}`;
  const having = recordsAt(pod, 'spec', 'containers').filter(
    ({ record }) => field === undefined || record[field] !== undefined,
  );
  return having.length <= 1;
}

function startedOf({ pod, status }: Suspect): boolean | undefined {
  const field = status.list === 'containers' ? 'containerStatuses' : 'initContainerStatuses';
  const own = recordsAt(pod, 'status', field).find(({ record }) => record.name === status.name);
  return booleanAt(own?.record, 'started');
}

/** What is wrong with a probe. `path` is under the container. */
export type ProbeVerdict = {
  readonly code: FindingCode;
  readonly basis: Grounds['basis'];
  readonly path: string;
  readonly observed: string;
  readonly expected: string;
  readonly says: string;
};
