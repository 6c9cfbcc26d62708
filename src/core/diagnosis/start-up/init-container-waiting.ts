import { sayRef, type WireObject } from '../../cluster/object.ts';
import { type ContainerStatus, conditionOf } from '../../cluster/pod.ts';
import { listAt, textAt } from '../../cluster/wire.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { complaintSignOf } from '../app-configuration/complaint-sign.ts';
import { scriptHostsOf } from '../app-configuration/script-hosts.ts';
import { groupBy } from '../group-by.ts';
import { oneLine } from '../present-events.ts';
import { tailOf } from '../runtime/log-tail.ts';
import { fromLog, fromObject } from '../support.ts';
import { type Suspect, sayPods, suspectsOf } from '../suspect.ts';

const waitsMs = 5 * 60_000;
const leastRepeated = 3;
const lastLines = 40;

/** What an init container shows of waiting: the last of the lines that its log repeats, or what its script does. */
type Waiting = { readonly suspect: Suspect; readonly line: string | undefined; readonly fact: string };

/**
 * `init-container-failing` of one that does not fail but never ends: for minutes it runs and the pod waits for it. That alone is no fault (a migration, a restore take long), so its log must repeat that it
 * cannot reach something, or its script must be a loop that waits. What it waits for is told by those who know configurations, and explains this.
 */
export function initContainerWaiting(context: AnalysisContext): readonly FindingDraft[] {
  const { now } = context;
  const cases = suspectsOf(context, (status, pod) => isLong(status, pod, now)).flatMap((suspect) =>
    textAt(suspect.record, 'restartPolicy') === 'Always' ? [] : waitingOf(context, suspect),
  );
  return groupBy(cases, ({ suspect: { workload, status } }) => `${sayRef(workload.ref)}\n${status.name}`).map((group) =>
    draft(context, group),
  );
}

function isLong({ list, state }: ContainerStatus, pod: WireObject, now: number): boolean {
  return (
    list === 'initContainers' &&
    state.is === 'running' &&
    state.startedAt !== undefined &&
    now - state.startedAt > waitsMs &&
    conditionOf(pod, 'Initialized')?.status === 'False'
  );
}

function waitingOf({ view }: AnalysisContext, suspect: Suspect): readonly Waiting[] {
  const { pod, record, status } = suspect;
  const log = view.logOf(pod, status.name, 'current');
  const tail = log === undefined ? [] : tailOf(log).slice(-lastLines);
  const complaints = tail.filter((line) => ['unresolved', 'unreachable'].includes(complaintSignOf(line)?.kind ?? ''));
  const line = complaints.at(-1);
  if (line !== undefined && complaints.length >= leastRepeated)
    return [{ suspect, line, fact: 'its log repeats that something cannot be reached' }];
  const words = [...listAt(record, 'command'), ...listAt(record, 'args')].filter((word) => typeof word === 'string');
  const script = words.join(' ').slice(0, 4096);
  const hosts = scriptHostsOf(script, pod.metadata.namespace ?? '').map(({ value }) => value);
  const isLoop = /\b(?:until|while)\b[^\n]{0,400}|\bwait-for(?:-it)?(?:\.sh)?\b|\bdockerize\b/.test(script);
  if (!isLoop || (hosts.length === 0 && !/\bsleep\b/.test(script))) return [];
  const what = hosts.length === 0 ? '' : ` for ${oneLine(hosts.slice(0, 3).join(', '), 120)}`;
  return [{ suspect, line: undefined, fact: `its script waits${what}` }];
}

function draft(context: AnalysisContext, cases: readonly [Waiting, ...Waiting[]]): FindingDraft {
  const { view, now } = context;
  const [{ suspect, line, fact }] = cases;
  const { workload, status, path, pod } = suspect;
  const pods = cases.map((one) => one.suspect);
  const starts = pods.flatMap(({ status: { state } }) => (state.is === 'running' ? (state.startedAt ?? []) : []));
  const began = Math.min(...starts);
  const minutes = Math.floor((now - began) / 60_000);
  const log = view.logOf(pod, status.name, 'current');
  return {
    code: 'init-container-failing',
    object: workload.ref,
    summary: `Init container ${status.name} of ${sayRef(workload.ref)} has not ended for ${minutes} min, so the pods' own containers are not started: ${fact}${line === undefined ? '' : ` (${oneLine(line, 160)})`}. Seen in ${sayPods(pods)}.`,
    cause: { path, observed: `running for ${minutes} min: ${fact}`, expected: 'a process that ends with exit code 0' },
    support: [
      fromObject(
        pod,
        now,
        `init container ${status.name} has run for ${minutes} min and the pod waits for it: ${fact}`,
      ),
      ...pods
        .slice(1, 3)
        .map((other) => fromObject(other.pod, now, `init container ${status.name} has not ended either`)),
      ...(log === undefined || log.text.trim() === '' ? [] : [fromLog(pod, log)]),
    ],
    grounds: {
      basis: line === undefined ? 'inferred' : 'likely',
      current: true,
      repeated: line !== undefined || pods.length > 1,
    },
    pods: pods.map((other) => podKey(other.pod)),
    since: began,
  };
}
