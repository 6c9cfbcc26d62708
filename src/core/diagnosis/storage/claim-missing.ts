import { sayRef, type WireObject } from '../../cluster/object.ts';
import { conditionOf, containerStatusesOf, isTerminating, phaseOf } from '../../cluster/pod.ts';
import { parseTime } from '../../cluster/wire.ts';
import { workloadOf } from '../../cluster/workload.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { groupBy } from '../group-by.ts';
import { nearestName } from '../nearest-name.ts';
import { fromEvent, isOlderThan, presentEvents } from '../present-events.ts';
import { fromObject } from '../support.ts';
import { type PodVolume, podVolumesOf } from './pod-volumes.ts';

const reasons: ReadonlySet<string> = new Set(['FailedScheduling', 'FailedMount', 'FailedBinding']);
const settledMs = 30_000;

type Case = {
  readonly pod: WireObject;
  readonly volume: PodVolume;
  readonly claimName: string;
  readonly isForeign: boolean;
};

/** `volume-claim-missing`: a pod that cannot start names a claim that does not exist, or one of the same name that was not made for its ephemeral volume. */
export function missingClaims(context: AnalysisContext): readonly FindingDraft[] {
  const cases = context.scope.pods.flatMap((pod) => casesOf(context, pod));
  return groupBy(cases, ({ pod, claimName }) => `${sayRef(workloadOf(context.view, pod).ref)}\n${claimName}`).map(
    (group) => draft(context, group),
  );
}

function casesOf(context: AnalysisContext, pod: WireObject): readonly Case[] {
  if (isTerminating(pod) || phaseOf(pod) !== 'Pending' || !isNotStarted(pod)) return [];
  const { view, now } = context;
  const { namespace } = pod.metadata;
  const scheduled = conditionOf(pod, 'PodScheduled');
  const told = [
    scheduled?.status === 'False' ? (scheduled.message ?? '') : '',
    ...presentEvents(view, pod, reasons, now).map(({ message }) => message ?? ''),
  ];
  return podVolumesOf(context, pod).flatMap((volume): readonly Case[] => {
    const { claimName, claim, record } = volume;
    if (claimName === undefined) return [];
    if (claim !== undefined) {
      // The controller of ephemeral volumes will not take a claim that somebody else made.
      const isForeign =
        record.ephemeral !== undefined &&
        pod.metadata.uid !== undefined &&
        claim.metadata.ownerReferences?.some(({ uid }) => uid === pod.metadata.uid) !== true;
      return isForeign ? [{ pod, volume, claimName, isForeign }] : [];
    }
    // The claim of an ephemeral volume is made by its controller: nobody has to name or create it.
    const isKnown = view.hasAll('PersistentVolumeClaim', namespace) && isOlderThan(pod, settledMs, now);
    const isSaid = told.some((text) => text.includes(`persistentvolumeclaim "${claimName}" not found`));
    return record.ephemeral === undefined && (isKnown || isSaid) ? [{ pod, volume, claimName, isForeign: false }] : [];
  });
}

function isNotStarted(pod: WireObject): boolean {
  return containerStatusesOf(pod).every(
    ({ state }) =>
      state.is === 'waiting' && (state.reason === 'ContainerCreating' || state.reason === 'PodInitializing'),
  );
}

function draft(context: AnalysisContext, cases: readonly [Case, ...Case[]]): FindingDraft {
  const { view, now } = context;
  const [{ pod, volume, claimName, isForeign }] = cases;
  const workload = workloadOf(view, pod);
  const { namespace } = pod.metadata;
  const names = view.list('PersistentVolumeClaim', namespace).map(({ metadata }) => metadata.name);
  const near = isForeign ? undefined : nearestName(claimName, names);
  const own = volume.path.startsWith('spec.volumeClaimTemplates');
  const field = volume.record.ephemeral === undefined ? (own ? '' : '.persistentVolumeClaim.claimName') : '.ephemeral';
  const pods = cases.map((item) => item.pod);
  const scheduled = conditionOf(pod, 'PodScheduled');
  const says = isForeign
    ? `claim ${claimName} exists, but was not made for its ephemeral volume ${volume.name}`
    : `claim ${claimName} of its volume ${volume.name} does not exist`;
  const starts = pods.flatMap(({ metadata }) => parseTime(metadata.creationTimestamp) ?? []);
  return {
    code: 'volume-claim-missing',
    object: workload.ref,
    summary: `${sayRef(workload.ref)} cannot start: ${says}. ${pods.length} ${pods.length === 1 ? 'pod waits' : 'pods wait'}${near === undefined ? '' : `; claim ${near} is there`}.`,
    cause: {
      path: `${volume.path}${field}`,
      observed: claimName,
      expected:
        near ??
        (isForeign
          ? 'a claim that the pod owns: no other of that name'
          : `a PersistentVolumeClaim in namespace ${namespace ?? ''} that exists`),
    },
    recommendation: {
      text: isForeign
        ? `Rename claim ${claimName}, or the volume, so that the pod can have its own.`
        : `Create the claim ${claimName}, or name one that exists${near === undefined ? '' : ` (${near})`}.`,
      values: { claim: claimName, ...(near === undefined ? {} : { near }) },
    },
    support: [
      fromObject(
        pod,
        now,
        scheduled?.status === 'False'
          ? `not scheduled: ${scheduled.message ?? scheduled.reason ?? 'no reason said'}`
          : `waits for volume ${volume.name}`,
      ),
      ...presentEvents(view, pod, reasons, now)
        .slice(0, 1)
        .map((event) => fromEvent(event, pod)),
    ],
    grounds: { basis: 'stated', current: true, repeated: pods.length > 1 || isOlderThan(pod, 60_000, now) },
    pods: pods.map(podKey),
    since: starts.length === 0 ? undefined : Math.min(...starts),
  };
}
