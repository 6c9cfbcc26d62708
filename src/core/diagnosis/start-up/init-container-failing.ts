import { sayRef, type WireObject } from '../../cluster/object.ts';
import { type ContainerStatus, conditionOf } from '../../cluster/pod.ts';
import { at, textAt } from '../../cluster/wire.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { beginOf } from '../begin.ts';
import { recentMs } from '../confidence.ts';
import { groupBy } from '../group-by.ts';
import { oneLine } from '../present-events.ts';
import { type LiveTermination, liveTermination } from '../restarts.ts';
import { fromEvents, fromLog, fromObject } from '../support.ts';
import { type Suspect, sayPods, suspectsOf } from '../suspect.ts';

const eventReasons: ReadonlySet<string> = new Set(['BackOff', 'Failed', 'Killing']);

type Case = { readonly suspect: Suspect; readonly live: LiveTermination };

/**
 * `init-container-failing`: an init container ends with an error, so the pod's own containers are never started. One that still runs (it waits for something) is
 * no failure; one that is killed for memory, and sidecars that are declared as init containers, are told by others.
 */
export function initContainerFailing(context: AnalysisContext): readonly FindingDraft[] {
  const cases = suspectsOf(context, (status, pod) => failureOf(context, status, pod) !== undefined).flatMap(
    (suspect): readonly Case[] => {
      const live = failureOf(context, suspect.status, suspect.pod);
      return live === undefined || textAt(suspect.record, 'restartPolicy') === 'Always' ? [] : [{ suspect, live }];
    },
  );
  return groupBy(cases, ({ suspect: { workload, status } }) => `${sayRef(workload.ref)}\n${status.name}`).map((group) =>
    draft(context, group),
  );
}

function failureOf(context: AnalysisContext, status: ContainerStatus, pod: WireObject): LiveTermination | undefined {
  if (status.list !== 'initContainers') return undefined;
  const live = liveTermination(status, context.now, { single: true });
  if (live === undefined || live.end.exitCode === 0 || live.end.reason === 'OOMKilled') return undefined;
  if (live.end.exitCode === undefined) return undefined;
  if (at(pod, 'spec', 'restartPolicy') !== 'Never') return live;
  // It is not tried again in this pod. A Job makes another one: what counts is whether the Job gave up.
  const controller = context.view.controllerOf(pod)?.object;
  return controller === undefined || conditionOf(controller, 'Failed')?.status === 'True' ? live : undefined;
}

function draft(context: AnalysisContext, cases: readonly [Case, ...Case[]]): FindingDraft {
  const { view, now } = context;
  const [{ suspect, live }] = cases;
  const { workload, status, path } = suspect;
  const pods = cases.map(({ suspect: other }) => other);
  const restarts = Math.max(...pods.map((other) => other.status.restartCount));
  const ends = cases.flatMap((other) => other.live.end.finishedAt ?? []);
  const how = sayEnd(live);
  const logs = pods
    .flatMap((other) => {
      const log = view.logOf(other.pod, status.name, 'previous') ?? view.logOf(other.pod, status.name, 'current');
      return log === undefined || log.text.trim() === '' ? [] : [fromLog(other.pod, log)];
    })
    .slice(0, 1);
  return {
    code: 'init-container-failing',
    object: workload.ref,
    summary: `Init container ${status.name} of ${sayRef(workload.ref)} fails with ${how}, so the pods' own containers are not started. Seen in ${sayPods(pods)}, restarts up to ${restarts}.`,
    cause: { path, observed: how, expected: 'a process that ends with exit code 0' },
    support: [
      fromObject(
        suspect.pod,
        now,
        `init container ${status.name} ends with ${how}, restarts ${status.restartCount}${live.end.message === undefined ? '' : ` (${oneLine(live.end.message, 300)})`}`,
      ),
      ...pods
        .slice(1, 3)
        .map((other) =>
          fromObject(other.pod, now, `init container ${status.name} fails too, restarts ${other.status.restartCount}`),
        ),
      ...pods.flatMap((other) => fromEvents(view, other.pod, eventReasons, 1)).slice(0, 2),
      ...logs,
    ],
    grounds: {
      basis: 'stated',
      current: cases.some((other) => other.live.shows === 'now') || ends.some((finished) => now - finished <= recentMs),
      repeated: cases.length > 1 || restarts > 1,
    },
    pods: pods.map((other) => podKey(other.pod)),
    since: beginOf(view, pods),
  };
}

function sayEnd({ end }: LiveTermination): string {
  const reason = end.reason === undefined || end.reason === 'Error' ? '' : ` (${end.reason})`;
  return `exit code ${end.exitCode ?? 'unknown'}${reason}`;
}
