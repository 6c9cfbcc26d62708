import { sayRef } from '../../cluster/object.ts';
import { containerStatusesOf } from '../../cluster/pod.ts';
import { at, isRecord, numberAt, textAt } from '../../cluster/wire.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { beginOf } from '../begin.ts';
import { casesByWorkload } from '../cases-by-workload.ts';
import { recentMs } from '../confidence.ts';
import { fromEvent, oneLine } from '../present-events.ts';
import { fromObject } from '../support.ts';
import { declaredContainerOf } from './declared-container.ts';
import { sayEnd } from './exit-code.ts';
import { livenessKillOf } from './liveness-kill.ts';

/** `liveness-probe-kills`: the kubelet restarts a container again and again because its liveness probe fails. The object is the workload. Startup probes are told by those who know about starting. */
export function findLivenessProbeKills({ view, scope, now }: AnalysisContext): readonly FindingDraft[] {
  const groups = casesByWorkload(view, scope.pods, (pod) =>
    containerStatusesOf(pod).flatMap((status) => {
      const kill = livenessKillOf(view, pod, status, now);
      return kill?.probe === 'livenessProbe' ? [kill] : [];
    }),
  );
  return groups.map(({ workload, cases }): FindingDraft => {
    const [first] = cases;
    const { name } = first.status;
    const { path, record } = declaredContainerOf(workload, first.pod, first.status);
    const restarts = Math.max(...cases.map(({ status }) => status.restartCount));
    const ends = cases.flatMap(({ live }) => live.end.finishedAt ?? []);
    const said = cases.flatMap(({ unhealthy }) => unhealthy?.message ?? [])[0];
    const inPods = cases.length === 1 ? `pod ${first.pod.metadata.name}` : `${cases.length} pods`;
    const events = cases.flatMap(({ pod, killing, unhealthy }) =>
      [killing, unhealthy].flatMap((event) => (event === undefined ? [] : [fromEvent(event, pod)])),
    );
    return {
      code: 'liveness-probe-kills',
      object: workload.ref,
      summary: `The liveness probe of container ${name} of ${sayRef(workload.ref)} fails and the kubelet restarts it: ${
        said === undefined ? sayEnd(first.live.end) : oneLine(said, 160)
      }. Seen in ${inPods}, restarts up to ${restarts}.`,
      cause: {
        path: `${path}.${first.probe}`,
        observed: `restarted by its liveness probe (${sayProbe(at(record, first.probe))}), ${sayEnd(first.live.end)}`,
        expected: 'a process that answers its probe, and a probe that gives it the time it needs',
      },
      support: [
        fromObject(
          first.pod,
          now,
          `container ${name} restarted ${first.status.restartCount} times, last ended with ${sayEnd(first.live.end)}`,
        ),
        ...events.slice(0, 3),
      ],
      grounds: {
        basis: cases.some(({ killing }) => killing !== undefined) ? 'stated' : 'likely',
        current: cases.some(({ live }) => live.shows === 'now') || ends.some((end) => now - end <= recentMs),
        repeated: cases.length > 1 || restarts > 1,
      },
      pods: cases.map(({ pod }) => podKey(pod)),
      since: beginOf(view, cases),
    };
  });
}

function sayProbe(probe: unknown): string {
  const seconds = (field: string, standard: number) => numberAt(probe, field) ?? standard;
  const timing = `every ${seconds('periodSeconds', 10)} s, timeout ${seconds('timeoutSeconds', 1)} s, ${seconds('failureThreshold', 3)} failures`;
  return `${sayTarget(probe)}, ${timing}`;
}

function sayTarget(probe: unknown): string {
  const [http, tcp, grpc] = [at(probe, 'httpGet'), at(probe, 'tcpSocket'), at(probe, 'grpc')];
  if (isRecord(http)) return `HTTP ${(textAt(http, 'path') ?? '/').slice(0, 80)} on port ${sayPort(http.port)}`;
  if (isRecord(tcp)) return `TCP port ${sayPort(tcp.port)}`;
  if (isRecord(grpc)) return `gRPC port ${sayPort(grpc.port)}`;
  return isRecord(at(probe, 'exec')) ? 'a command' : 'a probe';
}

function sayPort(port: unknown): string {
  return typeof port === 'number' || typeof port === 'string' ? String(port).slice(0, 20) : 'not set';
}
