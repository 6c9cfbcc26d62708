import { sayRef } from '../../cluster/object.ts';
import { containerStatusesOf } from '../../cluster/pod.ts';
import { at, textAt } from '../../cluster/wire.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { groupBy } from '../group-by.ts';
import { oneLine } from '../present-events.ts';
import { liveTermination } from '../restarts.ts';
import { fromEvents, fromLog, fromObject } from '../support.ts';
import { recordNamed, type Suspect, sayPods, suspectsOf } from '../suspect.ts';
import { execFailureOf } from './exec-failure.ts';
import { startMessageOf } from './runtime-message.ts';

const eventReasons: ReadonlySet<string> = new Set(['Failed', 'BackOff']);
const wrongFormat = /exec (?:"?(\/?[^\s:"]{1,256})"?: )?[^\n]{0,40}exec format error|exec format error/i;

type Case = {
  readonly suspect: Suspect;
  readonly program: string | undefined;
  readonly isStated: boolean;
  readonly arch: string | undefined;
};

/**
 * `image-platform-mismatch` where the image was pulled and its program cannot be executed: "exec format error". A script without an interpreter line gives
 * the same words, so they decide alone only where pods of the same workload run on nodes of another architecture and none on this one.
 */
export function execFormat(context: AnalysisContext): readonly FindingDraft[] {
  const cases = suspectsOf(
    context,
    (status) =>
      startMessageOf({ status }) !== undefined || liveTermination(status, context.now, { single: true }) !== undefined,
  ).flatMap((suspect) => caseOf(context, suspect));
  return groupBy(
    cases,
    ({ suspect: { workload, status } }) => `${sayRef(workload.ref)}\n${status.list}\n${status.name}`,
  ).flatMap((group) => draftsOf(context, group));
}

function caseOf(context: AnalysisContext, suspect: Suspect): readonly Case[] {
  const { view } = context;
  const { pod, status } = suspect;
  const arch = textAt(view.nodeOf(pod), 'metadata', 'labels', 'kubernetes.io/arch');
  const message = startMessageOf(suspect)?.text;
  const failure = message === undefined ? undefined : execFailureOf(message);
  if (failure?.is === 'wrong-format') return [{ suspect, program: failure.program, isStated: true, arch }];
  const texts = [
    status.lastEnd?.message,
    view.logOf(pod, status.name, 'previous')?.text,
    view.logOf(pod, status.name, 'current')?.text,
  ];
  // A process that cannot be executed prints nothing else: a long log comes from one that ran.
  const line = texts
    .map((text) => (text === undefined || text.length > 2000 ? null : wrongFormat.exec(text)))
    .find((match) => match !== null && match !== undefined);
  return line === undefined || line === null ? [] : [{ suspect, program: line[1], isStated: false, arch }];
}

function draftsOf(context: AnalysisContext, cases: readonly [Case, ...Case[]]): readonly FindingDraft[] {
  const { view, now } = context;
  const [{ suspect, program, arch }] = cases;
  const { workload, status, pod } = suspect;
  const image = textAt(suspect.record, 'image') ?? 'its image';
  const others =
    workload.object === undefined
      ? []
      : view.podsOf(workload.object).filter((other) => runsImage(other, status.name, image));
  const archOf = (other: typeof pod) => textAt(view.nodeOf(other), 'metadata', 'labels', 'kubernetes.io/arch');
  const good = others.find((other) => archOf(other) !== undefined && archOf(other) !== arch);
  // The very image runs on this architecture: the platform is not it.
  if (arch !== undefined && others.some((other) => archOf(other) === arch)) return [];
  if (program !== undefined && /\.(?:sh|bash|py|pl|rb|js)$/.test(program)) return [];
  const isProven = good !== undefined && arch !== undefined;
  const logs = cases.flatMap(({ suspect: { pod: other } }) => {
    const log = view.logOf(other, status.name, 'previous') ?? view.logOf(other, status.name, 'current');
    return log === undefined ? [] : [fromLog(other, log, 3)];
  });
  const node = view.nodeOf(pod);
  const pods = cases.map(({ suspect: other }) => other);
  const nodeSays = `linux/${arch ?? 'unknown'}`;
  return [
    {
      code: 'image-platform-mismatch',
      object: workload.ref,
      summary: `Container ${status.name} of ${sayRef(workload.ref)} cannot be executed on its node (${nodeSays}): exec format error, image ${image} is built for another platform${good === undefined ? '' : ` (it runs on ${archOf(good)})`}. Seen in ${sayPods(pods)}.`,
      cause: {
        path: `${suspect.path}.image`,
        observed: image,
        expected: arch === undefined ? 'an image built for the platform of the node' : `an image built for ${nodeSays}`,
      },
      recommendation: {
        text: `Build the image for ${nodeSays} too, or keep the pods on nodes of the platform it was built for (nodeSelector kubernetes.io/arch).`,
        values: { container: status.name, image, ...(arch === undefined ? {} : { architecture: arch }) },
      },
      support: [
        fromObject(
          pod,
          now,
          `container ${status.name} cannot be executed: ${oneLine(startMessageOf(suspect)?.text ?? 'exec format error')}, restarts ${status.restartCount}`,
        ),
        ...(node === undefined || arch === undefined ? [] : [fromObject(node, now, `kubernetes.io/arch=${arch}`)]),
        ...(good === undefined ? [] : [fromObject(good, now, `runs the same image on ${archOf(good)}`)]),
        ...pods.flatMap((other) => fromEvents(view, other.pod, eventReasons, 1)).slice(0, 1),
        ...logs.slice(0, 1),
      ],
      grounds: {
        basis: isProven ? 'stated' : 'likely',
        current: true,
        repeated: cases.length > 1 || status.restartCount > 1,
      },
      pods: pods.map((other) => podKey(other.pod)),
    },
  ];
}

function runsImage(pod: Suspect['pod'], container: string, image: string): boolean {
  const runs = containerStatusesOf(pod).some(
    ({ name, list, state, restartCount }) =>
      name === container && list === 'containers' && state.is === 'running' && restartCount === 0,
  );
  return runs && recordNamed(at(pod, 'spec'), { list: 'containers', name: container })?.record.image === image;
}
