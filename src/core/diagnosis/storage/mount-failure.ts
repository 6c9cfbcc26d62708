import type { ClusterEvent } from '../../cluster/cluster-event.ts';
import type { ClusterView } from '../../cluster/cluster-view.ts';
import { knownRef } from '../../cluster/kinds.ts';
import { type ObjectRef, refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { conditionOf } from '../../cluster/pod.ts';
import { podSpecPath } from '../../cluster/pod-spec.ts';
import { isRecord, listAt, parseTime, textAt } from '../../cluster/wire.ts';
import { workloadOf } from '../../cluster/workload.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { groupBy } from '../group-by.ts';
import { fromEvent, isOlderThan, oneLine, presentEvents } from '../present-events.ts';
import { startMessageOf } from '../start-up/runtime-message.ts';
import { fromObject } from '../support.ts';
import { type Suspect, suspectsOf } from '../suspect.ts';
import { type MountFailure, readMountFailure } from './mount-words.ts';
import { type PodVolume, podVolumesOf, waitsForVolumes } from './pod-volumes.ts';

const mountReasons: ReadonlySet<string> = new Set(['FailedMount', 'FailedMapVolume']);
const attachReasons: ReadonlySet<string> = new Set(['FailedAttachVolume']);

type Case = {
  readonly pod: WireObject;
  readonly volume: PodVolume;
  readonly failure: MountFailure;
  readonly event: ClusterEvent;
};

/** `volume-mount-failed`: a pod that has its node waits now because the kubelet cannot mount a volume. The object is the PersistentVolume, or the workload where the volume stands in its template. */
export function mountFailures(context: AnalysisContext): readonly FindingDraft[] {
  const cases = context.scope.pods.flatMap((pod) => casesOf(context, pod));
  const mounted = groupBy(
    cases,
    ({ pod, volume, failure }) => `${sayRef(objectOf(context, pod, volume))}\n${volume.name}\n${failure.is}`,
  ).map((group) => draft(context, group));
  return [...mounted, ...placeFailures(context)];
}

function casesOf(context: AnalysisContext, pod: WireObject): readonly Case[] {
  if (!waitsForVolumes(pod)) return [];
  const { view, now } = context;
  const read = presentEvents(view, pod, mountReasons, now).flatMap((event) => {
    const failure = readMountFailure(event.message ?? '');
    return failure === undefined ? [] : [{ event, failure }];
  });
  if (read.length === 0) return [];
  const volumes = podVolumesOf(context, pod);
  // The controller says so of a pod once; while the volume is attached elsewhere it need not say it again.
  const isAttachFailing = (volume: PodVolume) =>
    volume.volumeName !== undefined &&
    (presentEvents(view, pod, attachReasons, now).length > 0 || isAttachedElsewhere(view, pod, volume.volumeName));
  return volumes.flatMap((volume): readonly Case[] => {
    const about = read.filter(
      ({ failure }) =>
        failure.volumes.includes(volume.name) ||
        (volume.volumeName !== undefined && failure.volumes.includes(volume.volumeName)),
    );
    // What says why stands above what only says that time ran out; and that, while it cannot be attached, is a matter of attaching.
    const telling =
      about.find(({ failure }) => failure.is !== 'timeout') ?? (isAttachFailing(volume) ? undefined : about[0]);
    if (telling === undefined || (telling.failure.is === 'timeout' && !isMountable(volume))) return [];
    return [{ pod, volume, ...telling }];
  });
}

function isAttachedElsewhere(view: ClusterView, pod: WireObject, volume: string): boolean {
  const node = textAt(pod, 'spec', 'nodeName');
  const attachments = view
    .list('VolumeAttachment')
    .filter((one) => textAt(one, 'spec', 'source', 'persistentVolumeName') === volume);
  return attachments.length > 0 && attachments.every((one) => textAt(one, 'spec', 'nodeName') !== node);
}

// ConfigMaps, Secrets and tokens wait for other reasons.
function isMountable({ record, claimName }: PodVolume): boolean {
  return (
    claimName !== undefined ||
    ['nfs', 'csi', 'hostPath', 'iscsi', 'cephfs', 'rbd', 'azureFile', 'fc'].some((type) => isRecord(record[type]))
  );
}

function objectOf({ view }: AnalysisContext, pod: WireObject, { volumeName }: PodVolume): ObjectRef {
  return volumeName === undefined ? workloadOf(view, pod).ref : knownRef('PersistentVolume', undefined, volumeName);
}

const fieldFor: Readonly<Record<MountFailure['is'], readonly string[]>> = {
  'server-unknown': ['nfs.server', 'csi.volumeAttributes.server', 'csi.volumeAttributes.source'],
  'server-unreachable': ['nfs.server', 'csi.volumeAttributes.server', 'csi.volumeAttributes.source'],
  'server-denies': ['nfs.path', 'csi.volumeAttributes.share', 'csi.volumeAttributes.source', 'nfs.server'],
  'path-missing': ['nfs.path', 'csi.volumeAttributes.share', 'hostPath.path', 'local.path'],
  'wrong-file-system': ['csi.fsType', 'local.fsType', 'mountOptions'],
  'helper-missing': ['csi.fsType', 'nfs', 'csi.driver'],
  'host-path-type': ['hostPath.path'],
  'driver-missing': ['csi.driver'],
  'device-missing': ['csi.volumeHandle', 'local.path', 'iscsi.targetPortal'],
  busy: ['csi.volumeHandle'],
  timeout: [],
  other: [],
};

const expects: Readonly<Record<MountFailure['is'], string>> = {
  'server-unknown': 'a server whose name the nodes can resolve',
  'server-unreachable': 'a server that the nodes can reach',
  'server-denies': 'an export that the nodes may mount',
  'path-missing': 'a path that is there',
  'wrong-file-system': 'the file system that is on the device, and options that it knows',
  'helper-missing': 'a node with the program that mounts this kind of file system',
  'host-path-type': 'a path of the type that hostPath.type asks for on the node',
  'driver-missing': 'a CSI driver that is registered on the node',
  'device-missing': 'a device that is on the node',
  busy: 'an operation that ends',
  timeout: 'a volume that can be mounted in time',
  other: 'a volume that can be mounted',
};

function draft(context: AnalysisContext, cases: readonly [Case, ...Case[]]): FindingDraft {
  const { view, now } = context;
  const [{ pod, volume, failure, event }] = cases;
  const object = objectOf(context, pod, volume);
  const isInline = volume.volumeName === undefined;
  const source: unknown = isInline ? volume.record : (volume.volume as { spec?: unknown } | undefined)?.spec;
  const base = isInline ? volume.path : 'spec';
  const place = fieldFor[failure.is].find((path) => at(source, path) !== undefined) ?? typeOf(source);
  const value = place === undefined ? undefined : at(source, place);
  const workload = workloadOf(view, pod);
  const server = serverInCluster(context, pod, source);
  const pods = cases.map((item) => item.pod);
  const shown = typeof value === 'string' ? value : (volume.volumeName ?? volume.name);
  const starts = pods.flatMap(({ metadata }) => parseTime(metadata.creationTimestamp) ?? []);
  return {
    code: 'volume-mount-failed',
    object,
    summary: `Volume ${volume.name} of ${sayRef(workload.ref)} cannot be mounted: ${failure.says} (${isInline ? '' : `${sayRef(object)}, `}${shown}). ${pods.length} ${pods.length === 1 ? 'pod waits' : 'pods wait'} for it.`,
    cause: {
      path: place === undefined ? base : `${base}.${place}`,
      observed: `${shown === volume.name ? '' : `${shown}: `}${failure.says}`.slice(0, 300),
      expected: expects[failure.is],
    },
    recommendation: {
      text: `It needs ${expects[failure.is]}.`,
      values: { volume: volume.name, ...(typeof value === 'string' ? { value } : {}) },
    },
    support: [
      fromObject(pod, now, `waits on node ${textAt(pod, 'spec', 'nodeName')} with its volumes not mounted`),
      fromEvent(event, pod),
      ...(volume.volume === undefined
        ? []
        : [
            fromObject(
              volume.volume,
              now,
              `is what volume ${volume.name} of the pod stands for${place === undefined ? '' : `, ${place}${typeof value === 'string' ? ` ${oneLine(value, 120)}` : ''}`}`,
            ),
          ]),
      ...(server === undefined
        ? []
        : [fromObject(server.service, now, `is the server${server.isDown ? ', and none of its pods is ready' : ''}`)]),
      ...pods.slice(1, 3).map((other) => fromObject(other, now, 'waits for the same volume')),
    ],
    grounds: {
      basis: isVague.has(failure.is) || server?.isDown === true ? 'likely' : 'stated',
      current: true,
      repeated: pods.length > 1 || event.count > 1 || isOlderThan(pod, 120_000, now),
    },
    pods: pods.map(podKey),
    affects: [workload.ref, ...(volume.claim === undefined ? [] : [refOf(volume.claim)])],
    since: starts.length === 0 ? undefined : Math.min(...starts),
  };
}

const isVague: ReadonlySet<MountFailure['is']> = new Set(['timeout', 'other', 'busy']);

/** The Service of this cluster that serves an NFS volume, and whether none of its pods is ready: then the fault lies there. */
function serverInCluster({ topology, view }: AnalysisContext, pod: WireObject, source: unknown) {
  const host = at(source, 'nfs.server') ?? at(source, 'csi.volumeAttributes.server');
  if (typeof host !== 'string') return undefined;
  const service =
    topology.serviceOf(host, pod.metadata.namespace ?? '') ??
    view.list('Service').find((other) => textAt(other, 'spec', 'clusterIP') === host);
  if (service === undefined) return undefined;
  const pods = view.podsOf(service);
  const isKnown = pods.length > 0 || view.hasAll('Pod', service.metadata.namespace);
  const isDown = isKnown && !pods.some((other) => conditionOf(other, 'Ready')?.status === 'True');
  return { service, isDown };
}

function typeOf(source: unknown): string | undefined {
  return ['nfs', 'csi', 'hostPath', 'local', 'iscsi', 'cephfs', 'rbd', 'azureFile', 'fc'].find(
    (type) => at(source, type) !== undefined,
  );
}

function at(value: unknown, path: string): unknown {
  let current = value;
  for (const step of path.split('.'))
    current = isRecord(current) && Object.hasOwn(current, step) ? current[step] : undefined;
  return current;
}

const subPathFailed =
  /failed to (?:prepare subPath|create subPath directory) for volumeMount "([^"]{1,253})" of container/;
const fileOverDirectory = /error mounting \\?"([^"\\]{1,600})\\?" to rootfs at \\?"([^"\\]{1,600})\\?"/;

/** A volume is there, and cannot be put where a container wants it: told by the container's present status. */
function placeFailures(context: AnalysisContext): readonly FindingDraft[] {
  const found = suspectsOf(context, (status) => startMessageOf({ status }) !== undefined).flatMap((suspect) => {
    const text = startMessageOf(suspect)?.text ?? '';
    const sub = subPathFailed.exec(text)?.[1];
    const target = fileOverDirectory.exec(text)?.[2];
    const mounts = listAt(suspect.declared, 'volumeMounts');
    const index = mounts.findIndex(
      (mount) =>
        (sub !== undefined && textAt(mount, 'name') === sub && textAt(mount, 'subPath') !== undefined) ||
        (target !== undefined && textAt(mount, 'mountPath')?.replace(/\/$/, '') === target.replace(/\/$/, '')),
    );
    return index === -1 ? [] : [{ suspect, text, index, field: sub === undefined ? 'mountPath' : 'subPath' }];
  });
  return groupBy(found, ({ suspect, index }) => `${sayRef(suspect.workload.ref)}\n${suspect.path}\n${index}`).map(
    ([first, ...rest]): FindingDraft => {
      const { suspect, text, index, field } = first;
      const { status, workload, declared, path, pod } = suspect;
      const value = textAt(listAt(declared, 'volumeMounts')[index], field) ?? '';
      const says =
        field === 'subPath'
          ? `its subPath ${value} cannot be prepared`
          : `what it mounts at ${value} cannot be put there (a directory and a file in each other's place)`;
      const pods = [suspect, ...rest.map((item) => item.suspect)].map((item: Suspect) => item.pod);
      return {
        code: 'volume-mount-failed',
        object: workload.ref,
        summary: `Container ${status.name} of ${sayRef(workload.ref)} cannot be started: ${says}.`,
        cause: {
          path: `${path}.volumeMounts[${index}].${field}`,
          observed: value,
          expected:
            field === 'subPath'
              ? 'a subPath that is in the volume, or may be made there'
              : 'a directory over a directory, a file (by subPath) over a file',
        },
        recommendation: {
          text: `Look at volumeMounts[${index}] of container ${status.name} (${podSpecPath(workload.ref.kind).join('.')}).`,
          values: { container: status.name },
        },
        support: [
          fromObject(pod, context.now, `container ${status.name} is not started: ${oneLine(text)}`),
          ...presentEvents(context.view, pod, new Set(['Failed', 'BackOff']), context.now)
            .slice(0, 1)
            .map((event) => fromEvent(event, pod)),
        ],
        grounds: { basis: 'stated', current: true, repeated: pods.length > 1 || isOlderThan(pod, 60_000, context.now) },
        pods: pods.map(podKey),
      };
    },
  );
}
