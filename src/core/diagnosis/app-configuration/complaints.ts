import type { ContainerLog } from '../../cluster/cluster-view.ts';
import type { WireObject } from '../../cluster/object.ts';
import type { ContainerStatus } from '../../cluster/pod.ts';
import { type Workload, workloadOf } from '../../cluster/workload.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { stageOf } from '../codes.ts';
import { crashSignOf, ownFaults } from '../runtime/crash-sign.ts';
import { type DeclaredContainer, declaredContainerOf } from '../runtime/declared-container.ts';
import { isPropertyLine, logsOf, podsWithLogs, tailOf } from '../runtime/log-tail.ts';
import { containerStatesOf, type Suffering } from '../runtime/suffering.ts';
import { type ComplaintKind, type ComplaintSign, complaintSignOf } from './complaint-sign.ts';
import { createResolve, type Resolve } from './dependency.ts';
import { type Settings, settingsOf } from './settings.ts';
import { isWaitingInit } from './waited-for.ts';

/** One line that complains, with what its format says. */
export type ComplaintLine = { readonly text: string; readonly sign: ComplaintSign };

/** What a container complains of now: all lines of one kind in one of its logs, oldest first. */
export type Complaint = {
  readonly kind: ComplaintKind;
  readonly lines: readonly [ComplaintLine, ...ComplaintLine[]];
  readonly log: ContainerLog;
  readonly speaker: Speaker;
};

/** A container that may have something to say, and what it is configured with. */
export type Speaker = {
  readonly pod: WireObject;
  readonly status: ContainerStatus;
  readonly suffering: Suffering;
  readonly workload: Workload;
  readonly declared: DeclaredContainer;
  readonly settings: Settings;
};

const linesLookedAt = 150;
/** A single complaint must be among the last lines of a container that suffers: an earlier one was got over. */
const lastLines = 15;
const lastLinesOfRepeated = 40;
const leastRepeated = 3;

/**
 * The complaints that hold now: of containers that suffer, at the end of their log; of those that are well, only what repeats to the end of the present log. Start-up noise,
 * which was got over, is left out.
 */
export function complaintsOf(context: ConfigurationContext): readonly Complaint[] {
  return speakersWithLogs(context).flatMap((speaker) => {
    const logs = logsOf(context.view, speaker.pod, speaker.status.name);
    const ordered = speaker.suffering === 'crashing' ? logs : logs.toReversed();
    const found = new Map<ComplaintKind, Complaint>();
    for (const log of ordered) {
      if (speaker.suffering === 'well' && log.previous) continue;
      for (const complaint of complaintsIn(log, speaker))
        if (!found.has(complaint.kind)) found.set(complaint.kind, complaint);
    }
    return [...found.values()];
  });
}

function complaintsIn(log: ContainerLog, speaker: Speaker): readonly Complaint[] {
  const tail = tailOf(log).slice(-linesLookedAt);
  const byKind = new Map<ComplaintKind, { lines: [ComplaintLine, ...ComplaintLine[]]; last: number }>();
  for (const [index, text] of tail.entries()) {
    const sign = complaintSignOf(text);
    if (sign === undefined) continue;
    if (isPassedOver(tail, index, sign.kind)) continue;
    const known = byKind.get(sign.kind);
    if (known === undefined) byKind.set(sign.kind, { lines: [{ text, sign }], last: index });
    else {
      // The properties of an error are printed below it; it is the error that says what is wrong.
      if (!isPropertyLine(text)) known.lines.push({ text, sign });
      known.last = index;
    }
  }
  return [...byKind].flatMap(([kind, { lines, last }]): Complaint[] => {
    const fromEnd = tail.length - 1 - last;
    const isRepeated = lines.length >= leastRepeated;
    const holds =
      speaker.suffering === 'well'
        ? isRepeated && fromEnd < 5
        : fromEnd < lastLines || (isRepeated && fromEnd < lastLinesOfRepeated);
    return holds ? [{ kind, lines, log, speaker }] : [];
  });
}

const mildWords = /^[^a-z]{0,60}\bwarn(?:ing)?\b|\blevel["']?[=:]\s?["']?warn/i;

/** A mere warning that something cannot be reached, after which the process came to an end of another kind: it had gone on without. */
function isPassedOver(tail: readonly string[], index: number, kind: ComplaintKind): boolean {
  if (kind !== 'unreachable' && kind !== 'unresolved') return false;
  if (!mildWords.test((tail[index] ?? '').slice(0, 300))) return false;
  const later = crashSignOf(tail.slice(index + 1));
  return later !== undefined && ownFaults.has(later.is);
}

/** Containers of the scope whose logs were read. */
function speakersWithLogs(context: ConfigurationContext): readonly Speaker[] {
  return podsWithLogs(context)
    .flatMap((pod) => context.speakersOf(pod))
    .filter(({ pod, status }) => logsOf(context.view, pod, status.name).length > 0);
}

/** What the rules about configuration share: each pod is read once, each host resolved once. */
export type ConfigurationContext = AnalysisContext & {
  readonly resolve: Resolve;
  /** The containers of a pod, with their settings. */
  readonly speakersOf: (pod: WireObject) => readonly Speaker[];
  /** Pods whose trouble another family has traced to what somebody declared: of them nothing is guessed from their configuration alone. */
  readonly isExplained: (pod: WireObject) => boolean;
};

export function createConfigurationContext(
  context: AnalysisContext,
  soFar: readonly FindingDraft[],
): ConfigurationContext {
  const explained = new Set(
    soFar
      .filter(({ code }) => stageOf(code) === 'declared' || stageOf(code) === 'platform')
      .flatMap(({ pods }) => pods),
  );
  const known = new Map<WireObject, readonly Speaker[]>();
  return {
    ...context,
    resolve: createResolve(context),
    isExplained: (pod) => explained.has(podKey(pod)),
    speakersOf(pod) {
      const found = known.get(pod) ?? readSpeakers(context, pod);
      known.set(pod, found);
      return found;
    },
  };
}

function readSpeakers({ view, now }: AnalysisContext, pod: WireObject): readonly Speaker[] {
  const speakers = containerStatesOf(view, pod, now).map(({ status, suffering }): Speaker => {
    const workload = workloadOf(view, pod);
    const declared = declaredContainerOf(workload, pod, status);
    return { pod, status, suffering, workload, declared, settings: settingsOf(view, workload, pod, declared) };
  });
  // An init container that waits and is told nothing waits for what the containers after it need.
  const later = speakers
    .filter(({ status }) => status.list === 'containers')
    .flatMap(({ settings }) => settings.addresses);
  return speakers.map((speaker) =>
    speaker.settings.addresses.length === 0 && isWaitingInit(speaker, now)
      ? { ...speaker, settings: { ...speaker.settings, addresses: later } }
      : speaker,
  );
}
