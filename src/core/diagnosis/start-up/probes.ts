import { sayRef } from '../../cluster/object.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { beginOf } from '../begin.ts';
import { groupBy } from '../group-by.ts';
import { fromEvent, isOlderThan } from '../present-events.ts';
import { liveTermination } from '../restarts.ts';
import { fromChange, fromLog, fromObject } from '../support.ts';
import { sayPods } from '../suspect.ts';
import { type ProbeCase, type ProbeVerdict, probeCasesOf } from './probe-case.ts';
import { type FormerProbe, formerProbeOf, partsOf } from './probe-former.ts';
import type { ProbeField } from './probe-spec.ts';
import { verdictOf } from './probe-verdict.ts';

type Judged = { readonly found: ProbeCase; readonly verdict: ProbeVerdict; readonly former: FormerProbe | undefined };

const names: Readonly<Record<ProbeField, string>> = {
  startupProbe: 'startup probe',
  livenessProbe: 'liveness probe',
  readinessProbe: 'readiness probe',
};

/** `probe-port-wrong` and its kin: a probe keeps a container from being ready, or has it killed, for a reason that lies in the probe. `probe-failing` where the reason cannot be told. */
export function probeFindings(context: AnalysisContext): readonly FindingDraft[] {
  const judged = probeCasesOf(context).flatMap((found): readonly Judged[] => {
    const former = formerProbeOf(context, found.suspect, found.probe);
    const verdict = verdictOf(context, found, former);
    return verdict === undefined ? [] : [{ found, verdict, former }];
  });
  const containerOf = ({ found: { suspect } }: Judged) =>
    `${sayRef(suspect.workload.ref)}\n${suspect.status.list}\n${suspect.status.name}`;
  // One cause for several probes of a container is one finding; that a probe fails for an unknown reason adds nothing to one that is known.
  const known = new Set(judged.filter(({ verdict }) => verdict.code !== 'probe-failing').map(containerOf));
  const told = judged.filter(
    (item) =>
      item.verdict.code !== 'probe-failing' ||
      !(known.has(containerOf(item)) || (item.found.killed === undefined && isRestarted(context, item))),
  );
  return groupBy(told, (item) => `${containerOf(item)}\n${item.verdict.code}\n${item.verdict.observed}`).map((group) =>
    draft(context, group),
  );
}

// A container that is being restarted is unready for that reason.
function isRestarted({ now }: AnalysisContext, { found: { suspect } }: Judged): boolean {
  return liveTermination(suspect.status, now, { single: true }) !== undefined;
}

function draft(context: AnalysisContext, judged: readonly [Judged, ...Judged[]]): FindingDraft {
  const { now, view } = context;
  const [{ found, verdict, former }] = judged;
  const { suspect, probe, killed } = found;
  const { workload, status, pod } = suspect;
  const pods = [...new Map(judged.map((item) => [podKey(item.found.suspect.pod), item.found.suspect])).values()];
  const others = [...new Set(judged.map((item) => item.found.probe.field))].slice(1).map((field) => names[field]);
  const events = judged.flatMap((item) =>
    item.found.event === undefined ? [] : [fromEvent(item.found.event, item.found.suspect.pod)],
  );
  const log =
    verdict.basis === 'stated'
      ? undefined
      : view.logOf(pod, status.name, killed === undefined ? 'current' : 'previous');
  const effect = killed === undefined ? 'stays unready' : 'is killed again and again';
  const parts = former === undefined ? {} : partsOf(former.value);
  return {
    code: verdict.code,
    object: workload.ref,
    summary:
      `Container ${status.name} of ${sayRef(workload.ref)} ${effect}: its ${names[probe.field]} cannot succeed, ${verdict.says}${others.length === 0 ? '' : `; the same goes for its ${others.join(' and ')}`}. Seen in ${sayPods(pods)}.`.replace(
        'cannot succeed, it fails',
        'fails',
      ),
    cause: { path: `${suspect.path}.${verdict.path}`, observed: verdict.observed, expected: verdict.expected },
    ...(verdict.code === 'probe-failing'
      ? {}
      : {
          recommendation: {
            text: `Set ${verdict.path} of container ${status.name} to ${verdict.expected}.`,
            values: { container: status.name, probe: probe.field },
          },
        }),
    support: [
      fromObject(
        pod,
        now,
        `container ${status.name} ${killed === undefined ? 'runs and is not ready' : `was ended with exit code ${killed.end.exitCode ?? 'unknown'}, restarts ${status.restartCount}`}; ${names[probe.field]}: ${Object.entries(
          partsOf(probe),
        )
          .map(([key, value]) => `${key} ${value}`)
          .join(', ')
          .slice(0, 300)}`,
      ),
      ...pods.slice(1, 3).map((other) => fromObject(other.pod, now, `container ${status.name} ${effect}`)),
      ...events.slice(0, 3),
      ...(former === undefined
        ? []
        : [
            fromChange(
              former.object,
              now,
              `the ${names[probe.field]} of container ${status.name} was another in revision ${former.number}: ${[
                ...former.differs,
              ]
                .map((key) => `${key} ${parts[key] ?? 'not set'}`)
                .join(', ')
                .slice(0, 300)}`,
            ),
          ]),
      ...(log === undefined || log.text.trim() === '' ? [] : [fromLog(pod, log)]),
    ],
    grounds: {
      basis: verdict.basis,
      current: true,
      repeated:
        pods.length > 1 ||
        judged.some((item) => (item.found.event?.count ?? 1) > 1) ||
        status.restartCount > 1 ||
        (found.event === undefined && verdict.code !== 'probe-failing' && isOlderThan(pod, 60_000, now)),
    },
    pods: pods.map((other) => podKey(other.pod)),
    since: beginOf(view, pods),
  };
}
