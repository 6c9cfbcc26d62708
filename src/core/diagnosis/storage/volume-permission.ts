import { sayRef } from '../../cluster/object.ts';
import { podSpecOf, podSpecPath } from '../../cluster/pod-spec.ts';
import { at, numberAt, parseTime, recordsAt, textAt } from '../../cluster/wire.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { groupBy } from '../group-by.ts';
import { oneLine } from '../present-events.ts';
import { liveTermination } from '../restarts.ts';
import { fromEvents, fromLog, fromObject } from '../support.ts';
import { type Suspect, sayPods, suspectsOf } from '../suspect.ts';
import { podVolumesOf } from './pod-volumes.ts';

const eventReasons: ReadonlySet<string> = new Set(['BackOff', 'Failed']);
const denied = /permission denied|\bEACCES\b|operation not permitted|\bEPERM\b/i;
const readOnly = /read-only file system|\bEROFS\b/i;

type Case = {
  readonly suspect: Suspect;
  readonly line: string;
  readonly volume: string;
  readonly mountIndex: number;
  readonly mountPath: string;
  readonly isReadOnly: boolean;
};

/**
 * `volume-permission-denied`: a container crashes, its log complains of a right under one of its mounts, and its security context gives the volume to nobody (no fsGroup). The log
 * names the place and never decides alone: at most likely.
 */
export function volumePermissions(context: AnalysisContext): readonly FindingDraft[] {
  const cases = suspectsOf(context, (status) => {
    const end = liveTermination(status, context.now, { single: true })?.end;
    return end !== undefined && end.exitCode !== 0 && end.reason !== 'OOMKilled' && end.reason !== 'StartError';
  }).flatMap((suspect) => caseOf(context, suspect));
  return groupBy(cases, ({ suspect: { workload, path }, volume }) => `${sayRef(workload.ref)}\n${path}\n${volume}`).map(
    (group) => draft(context, group),
  );
}

function caseOf(context: AnalysisContext, suspect: Suspect): readonly Case[] {
  const { view } = context;
  const { pod, status } = suspect;
  const writable = new Set(
    podVolumesOf(context, pod)
      .filter(
        ({ record }) =>
          at(record, 'configMap') === undefined &&
          at(record, 'secret') === undefined &&
          at(record, 'projected') === undefined &&
          at(record, 'downwardAPI') === undefined,
      )
      .map(({ name }) => name),
  );
  const mounts = recordsAt(suspect.declared, 'volumeMounts').flatMap(({ index, record }) => {
    const [name, mountPath] = [textAt(record, 'name'), textAt(record, 'mountPath')];
    return name === undefined || mountPath === undefined || mountPath.length < 2 || !writable.has(name)
      ? []
      : [{ index, name, mountPath, isReadOnly: record.readOnly === true }];
  });
  if (mounts.length === 0) return [];
  const texts = [
    view.logOf(pod, status.name, 'previous')?.text,
    view.logOf(pod, status.name, 'current')?.text,
    status.lastEnd?.message,
  ];
  const lines = texts.flatMap((text) => (text ?? '').slice(-16_384).split('\n')).map((line) => line.slice(0, 1000));
  for (const line of lines.toReversed()) {
    const isReadOnly = readOnly.test(line);
    if (!isReadOnly && !denied.test(line)) continue;
    const mount = mounts
      .toSorted((a, b) => b.mountPath.length - a.mountPath.length)
      .find(({ mountPath }) => namesPath(line, mountPath));
    if (mount === undefined || (isReadOnly && !mount.isReadOnly)) continue;
    return [{ suspect, line, volume: mount.name, mountIndex: mount.index, mountPath: mount.mountPath, isReadOnly }];
  }
  return [];
}

function namesPath(line: string, mountPath: string): boolean {
  const at = line.indexOf(mountPath);
  return at !== -1 && !/[\w.-]/.test(line[at + mountPath.length] ?? '');
}

function draft(context: AnalysisContext, cases: readonly [Case, ...Case[]]): FindingDraft {
  const { view, now } = context;
  const [{ suspect, line, volume, mountIndex, mountPath, isReadOnly }] = cases;
  const { workload, status, path, pod, declared } = suspect;
  const podSpec = workload.object === undefined ? at(pod, 'spec') : podSpecOf(workload.object);
  const base = podSpecPath(workload.ref.kind).join('.');
  const fsGroup = numberAt(podSpec, 'securityContext', 'fsGroup');
  const user = numberAt(declared, 'securityContext', 'runAsUser') ?? numberAt(podSpec, 'securityContext', 'runAsUser');
  const pods = cases.map((item) => item.suspect);
  const restarts = Math.max(...pods.map((item) => item.status.restartCount));
  const log = view.logOf(pod, status.name, 'previous') ?? view.logOf(pod, status.name, 'current');
  const cause = isReadOnly
    ? {
        path: `${path}.volumeMounts[${mountIndex}].readOnly`,
        observed: 'true',
        expected: 'false: the process writes there',
      }
    : {
        path: `${base}.securityContext.fsGroup`,
        observed: fsGroup === undefined ? 'not set' : String(fsGroup),
        expected: 'the group that the process runs with, so that the volume is given to it',
      };
  const starts = pods.flatMap((item) => parseTime(item.pod.metadata.creationTimestamp) ?? []);
  return {
    code: 'volume-permission-denied',
    object: workload.ref,
    summary: `Container ${status.name} of ${sayRef(workload.ref)} may not write to its volume ${volume} at ${mountPath}${isReadOnly ? ' (mounted read-only)' : `, runs as ${user === undefined ? "the image's user" : `user ${user}`}, and ${fsGroup === undefined ? 'no fsGroup is set' : `fsGroup is ${fsGroup}`}`}. Seen in ${sayPods(pods)}.`,
    cause,
    recommendation: {
      text: isReadOnly
        ? `Mount volume ${volume} writable, or let the process write elsewhere.`
        : `Set securityContext.fsGroup of the pod to the group of the process, so that volume ${volume} is given to it.`,
      values: { container: status.name, volume, mountPath },
    },
    support: [
      fromObject(
        pod,
        now,
        `container ${status.name} ends with an error again, restarts ${status.restartCount}; volume ${volume} is mounted at ${mountPath}`,
      ),
      ...pods.flatMap((item) => fromEvents(view, item.pod, eventReasons, 1)).slice(0, 1),
      ...(log === undefined ? [] : [fromLog(pod, { ...log, text: oneLine(line, 300) }, 1)]),
    ],
    grounds: {
      basis: isReadOnly || (user !== undefined && user !== 0 && fsGroup === undefined) ? 'likely' : 'inferred',
      current: true,
      repeated: cases.length > 1 || restarts > 1,
    },
    pods: pods.map((item) => podKey(item.pod)),
    since: starts.length === 0 ? undefined : Math.min(...starts),
  };
}
