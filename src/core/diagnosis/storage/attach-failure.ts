import type { ClusterEvent } from '../../cluster/cluster-event.ts';
import { knownRef } from '../../cluster/kinds.ts';
import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { conditionOf } from '../../cluster/pod.ts';
import { booleanAt, listAt, parseTime, recordsAt, textAt } from '../../cluster/wire.ts';
import { workloadOf } from '../../cluster/workload.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { groupBy } from '../group-by.ts';
import { asClause, fromEvent, isOlderThan, oneLine, presentEvents } from '../present-events.ts';
import { fromObject } from '../support.ts';
import { podsUsing, textsOf } from './claim.ts';
import { type PodVolume, podVolumesOf, waitsForVolumes } from './pod-volumes.ts';

const attachReasons: ReadonlySet<string> = new Set(['FailedAttachVolume']);
const patienceMs = 60_000;

type Case = {
  readonly pod: WireObject;
  readonly node: string;
  readonly volume: PodVolume;
  readonly name: string;
  readonly event: ClusterEvent | undefined;
  readonly attachment: WireObject | undefined;
  /** Attachments of the volume to other nodes that hold now. */
  readonly elsewhere: readonly WireObject[];
};

/** `volume-attach-failed`: a pod waits on its node for a volume that cannot be attached there. Decided on VolumeAttachments and CSINodes; the controller's event says the rest. */
export function attachFailures(context: AnalysisContext): readonly FindingDraft[] {
  const pods = context.scope.pods.filter(waitsForVolumes);
  if (pods.length === 0) return [];
  const attachments = groupBy(
    context.view.list('VolumeAttachment'),
    (attachment) => textAt(attachment, 'spec', 'source', 'persistentVolumeName') ?? '',
  );
  const byVolume = new Map(
    attachments.map((group) => [textAt(group[0], 'spec', 'source', 'persistentVolumeName') ?? '', group]),
  );
  const cases = pods.flatMap((pod) => casesOf(context, pod, byVolume));
  return groupBy(cases, ({ name }) => name).map((group) => draft(context, group));
}

function casesOf(
  context: AnalysisContext,
  pod: WireObject,
  byVolume: ReadonlyMap<string, readonly WireObject[]>,
): readonly Case[] {
  const node = textAt(pod, 'spec', 'nodeName');
  if (node === undefined) return [];
  const { view, now } = context;
  const events = presentEvents(view, pod, attachReasons, now);
  return podVolumesOf(context, pod).flatMap((item): readonly Case[] => {
    const { volume, volumeName: name } = item;
    if (name === undefined) return [];
    const attachments = byVolume.get(name) ?? [];
    const attachment = attachments.find((other) => textAt(other, 'spec', 'nodeName') === node);
    // It is attached here by now: what was said before is history.
    if (booleanAt(attachment, 'status', 'attached') === true) return [];
    const elsewhere = attachments.filter(
      (other) => other !== attachment && booleanAt(other, 'status', 'attached') === true,
    );
    const event = events.find(({ message }) => message?.includes(`"${name}"`));
    const isRefused = textAt(attachment, 'status', 'attachError', 'message') !== undefined;
    const isHeld = elsewhere.length > 0 && isForOneNode(volume) && isOlderThan(pod, patienceMs, now);
    return event === undefined && !isRefused && !isHeld
      ? []
      : [{ pod, node, volume: item, name, event, attachment, elsewhere }];
  });
}

function isForOneNode(volume: WireObject | undefined): boolean {
  const modes = textsOf(listAt(volume, 'spec', 'accessModes'));
  return modes.length > 0 && modes.every((mode) => mode === 'ReadWriteOnce' || mode === 'ReadWriteOncePod');
}

type Verdict = Pick<FindingDraft['cause'], 'path' | 'observed' | 'expected'> & {
  readonly says: string;
  readonly advice: string;
  readonly isStated: boolean;
  readonly support: readonly WireObject[];
};

function verdictOf(context: AnalysisContext, found: Case): Verdict {
  const { view } = context;
  const { node, volume, name, event, attachment, elsewhere, pod } = found;
  const driver = textAt(volume.volume, 'spec', 'csi', 'driver');
  const csiNode = view.get(knownRef('CSINode', undefined, node));
  const message = textAt(attachment, 'status', 'attachError', 'message') ?? event?.message ?? '';
  const lacksDriver =
    driver !== undefined &&
    csiNode !== undefined &&
    !recordsAt(csiNode, 'spec', 'drivers').some(({ record }) => record.name === driver);
  const saysNoDriver = /CSINode \S{1,253} does not contain driver/.test(message);
  if (driver !== undefined && (lacksDriver || (saysNoDriver && csiNode === undefined))) {
    return {
      path: 'spec.csi.driver',
      observed: `${driver}, not registered on node ${node}`,
      expected: `a node where CSI driver ${driver} runs`,
      says: `CSI driver ${driver} is not registered on node ${node}`,
      advice: `Run the node plugin of CSI driver ${driver} on node ${node}, or the pod on a node that has it.`,
      isStated: true,
      support: csiNode === undefined ? [] : [csiNode],
    };
  }
  const isMulti = /^Multi-Attach error/.test(message) || (elsewhere.length > 0 && isForOneNode(volume.volume));
  if (isMulti) {
    const nodes = elsewhere.map((other) => textAt(other, 'spec', 'nodeName') ?? '').toSorted();
    const claim = volume.claim === undefined ? undefined : refOf(volume.claim);
    const users =
      claim === undefined
        ? []
        : podsUsing(context, claim).filter(
            (other) => other.metadata.name !== pod.metadata.name && textAt(other, 'spec', 'nodeName') !== node,
          );
    const by = users.map((other) => `${other.metadata.namespace ?? ''}/${other.metadata.name}`).toSorted();
    const where =
      nodes.length === 0 ? users.map((other) => textAt(other, 'spec', 'nodeName') ?? '').toSorted()[0] : nodes[0];
    const holder = where === undefined ? undefined : view.get(knownRef('Node', undefined, where));
    // A node that is gone or does not report keeps its volumes: then the fault is there.
    const isHolderWell =
      holder === undefined
        ? where === undefined || !view.hasAll('Node')
        : conditionOf(holder, 'Ready')?.status !== 'False' && conditionOf(holder, 'Ready')?.status !== 'Unknown';
    const modes = textsOf(listAt(volume.volume, 'spec', 'accessModes')).join(', ');
    return {
      path: 'spec.accessModes',
      observed: `${modes === '' ? 'one node at a time' : modes}, ${where === undefined ? 'in use elsewhere' : `attached to node ${where}`}${by.length === 0 ? '' : ` for pod ${by.slice(0, 3).join(', ')}`}`,
      expected: `detached from ${where ?? 'the other node'}, pods on one node, or a volume with ReadWriteMany`,
      says: `it is for one node at a time and still ${where === undefined ? 'attached to another node' : `attached to node ${where}`}${by.length === 0 ? '' : `, where pod ${by.slice(0, 3).join(', ')} uses it`}${isHolderWell ? '' : '; that node is not well'}`,
      advice: `${isHolderWell ? `Let the pod that uses it on ${where ?? 'the other node'} go first, or keep its pods on one node` : `Make sure that node ${where ?? ''} is really off, then remove the Node (or its VolumeAttachment), so that the volume is detached`}; or use a volume with ReadWriteMany.`,
      isStated: isHolderWell,
      support: [...elsewhere.slice(0, 2), ...users.slice(0, 1)],
    };
  }
  const said = oneLine(message.replace(/^AttachVolume\.Attach failed for volume "[^"]{1,253}" ?: ?/, ''), 240);
  const isLimit =
    /limit ?exceeded|maximum number of (?:attachments|volumes)|too many volumes|no available device|attachment limit/i.test(
      said,
    );
  return {
    path: driver === undefined ? 'spec' : 'spec.csi.volumeHandle',
    observed: `${textAt(volume.volume, 'spec', 'csi', 'volumeHandle') ?? name}: ${said}`.slice(0, 300),
    expected: isLimit
      ? `a node with room for one more volume than ${node} has`
      : `a volume that can be attached to node ${node}`,
    says: isLimit
      ? `node ${node} takes no more volumes: ${said}`
      : said === ''
        ? `it is not attached to node ${node}`
        : said,
    advice: isLimit
      ? `Run the pod on a node with room for one more volume than ${node} has, or move other pods with volumes away.`
      : `Mend what keeps the volume from node ${node}: ${said === '' ? 'its VolumeAttachment and the CSI controller say what' : asClause(said)}.`,
    isStated: said !== '',
    support: [],
  };
}

function draft(context: AnalysisContext, cases: readonly [Case, ...Case[]]): FindingDraft {
  const { view, now } = context;
  const [first] = cases;
  const { pod, node, volume, event, attachment } = first;
  const verdict = verdictOf(context, first);
  const workload = workloadOf(view, pod);
  const pods = cases.map((item) => item.pod);
  const starts = pods.flatMap(({ metadata }) => parseTime(metadata.creationTimestamp) ?? []);
  const object = knownRef('PersistentVolume', undefined, first.name);
  return {
    code: 'volume-attach-failed',
    object,
    summary: `${sayRef(object)} cannot be attached to node ${node} for ${sayRef(workload.ref)}: ${verdict.says}. ${pods.length} ${pods.length === 1 ? 'pod waits' : 'pods wait'} for it.`,
    cause: { path: verdict.path, observed: verdict.observed, expected: verdict.expected },
    recommendation: { text: verdict.advice, values: { volume: first.name, node } },
    support: [
      fromObject(pod, now, `waits on node ${node} for its volumes`),
      ...(volume.volume === undefined
        ? []
        : [fromObject(volume.volume, now, `is what volume ${volume.name} of ${sayRef(refOf(pod))} stands for`)]),
      ...(event === undefined ? [] : [fromEvent(event, pod)]),
      ...(attachment === undefined
        ? []
        : [
            fromObject(
              attachment,
              now,
              `is not attached to node ${node}${textAt(attachment, 'status', 'attachError', 'message') === undefined ? '' : `: ${oneLine(textAt(attachment, 'status', 'attachError', 'message') ?? '')}`}`,
            ),
          ]),
      ...verdict.support.map((other) =>
        fromObject(
          other,
          now,
          other.kind === 'VolumeAttachment'
            ? `the volume is attached to node ${textAt(other, 'spec', 'nodeName')}`
            : other.kind === 'CSINode'
              ? 'has no such driver registered'
              : `uses the volume on node ${textAt(other, 'spec', 'nodeName')}`,
        ),
      ),
    ],
    grounds: {
      basis: verdict.isStated ? 'stated' : 'likely',
      current: true,
      repeated: pods.length > 1 || (event?.count ?? 1) > 1 || isOlderThan(pod, 2 * patienceMs, now),
    },
    pods: pods.map(podKey),
    affects: [workload.ref, ...(volume.claim === undefined ? [] : [refOf(volume.claim)])],
    since: starts.length === 0 ? undefined : Math.min(...starts),
  };
}
