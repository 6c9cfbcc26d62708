import { sayRef } from '../../cluster/object.ts';
import { listAt, parseTime, textAt, type WireRecord } from '../../cluster/wire.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import { formerValue } from '../former-value.ts';
import { groupBy } from '../group-by.ts';
import { isOlderThan, oneLine } from '../present-events.ts';
import { liveTermination } from '../restarts.ts';
import { fromChange, fromEvents, fromLog, fromObject } from '../support.ts';
import { recordNamed, type Suspect, sayPods, suspectsOf } from '../suspect.ts';
import { type ExecFailure, execFailureOf } from './exec-failure.ts';
import { mayHaveStartMessage, startMessageOf } from './runtime-message.ts';

const eventReasons: ReadonlySet<string> = new Set(['Failed', 'BackOff']);

type Case = {
  readonly suspect: Suspect;
  readonly failure: ExecFailure;
  readonly said: string;
  readonly isStated: boolean;
  readonly tries: number;
};

/**
 * `command-not-found`: what a container is to execute is not there or cannot be executed. Stated by the runtime's words in the status; by exit codes 126 and
 * 127 only likely, since a shell in the image gives them for any command of its script.
 */
export function commandNotFound(context: AnalysisContext): readonly FindingDraft[] {
  const stated = suspectsOf(context, mayHaveStartMessage).flatMap((suspect): readonly Case[] => {
    const message = startMessageOf(suspect);
    const failure = message === undefined ? undefined : execFailureOf(message.text);
    if (message === undefined || failure === undefined || failure.is === 'wrong-format') return [];
    return [{ suspect, failure, said: message.text, isStated: true, tries: message.tries }];
  });
  const likely = suspectsOf(context, (status) => {
    if (mayHaveStartMessage(status)) return false;
    const end = liveTermination(status, context.now, { single: true })?.end;
    return end?.exitCode === 127 || end?.exitCode === 126;
  }).flatMap((suspect) => shellCase(context, suspect));
  return groupBy(
    [...stated, ...likely],
    ({ suspect: { workload, status } }) => `${sayRef(workload.ref)}\n${status.list}\n${status.name}`,
  ).map((group) => draft(context, group));
}

const shellSays =
  /(?:^|: )([^\s:'"`]{1,256}): (?:command )?not found\s*$|can't open '?([^\s:'"]{1,256})'?|: ([^\s:'"]{1,256}): (?:No such file or directory|Permission denied)\s*$/i;

function shellCase(context: AnalysisContext, suspect: Suspect): readonly Case[] {
  const { status, pod } = suspect;
  const end = liveTermination(status, context.now, { single: true })?.end;
  if (end === undefined || end.reason === 'OOMKilled') return [];
  const lines = textsOf(context, suspect).flatMap((text) => text.slice(-8192).split('\n'));
  // The program was there: it is for another platform, which is told by others, or lacks a library.
  if (lines.some((line) => /exec format error|error while loading shared libraries/i.test(line))) return [];
  const told = lines.map((line) => shellSays.exec(line.slice(0, 1000))).findLast((match) => match !== null);
  const program = told?.[1] ?? told?.[2] ?? told?.[3];
  const is = end.exitCode === 126 ? 'not-executable' : 'not-found';
  const said = `exit code ${end.exitCode}`;
  return [
    { suspect: { ...suspect, pod }, failure: { is, program }, said, isStated: false, tries: status.restartCount },
  ];
}

function textsOf({ view }: AnalysisContext, { pod, status }: Suspect): readonly string[] {
  const message = status.lastEnd?.message ?? (status.state.is === 'terminated' ? status.state.end.message : undefined);
  return [
    view.logOf(pod, status.name, 'current')?.text ?? '',
    view.logOf(pod, status.name, 'previous')?.text ?? '',
    message ?? '',
  ];
}

function draft(context: AnalysisContext, cases: readonly [Case, ...Case[]]): FindingDraft {
  const { view, now } = context;
  const [{ suspect, failure, said, isStated }] = cases;
  const { workload, status, declared, pod } = suspect;
  const place = placeOf(declared, failure);
  const present = commandText(declared);
  const former = formerValue(
    view,
    workload,
    (podSpec) => {
      const record = recordNamed(podSpec, status)?.record;
      return record === undefined ? undefined : commandText(record);
    },
    (text) => text === present,
  );
  const pods = cases.map(({ suspect: other }) => other);
  const program = failure.program ?? place.value;
  const logs = cases
    .flatMap(({ suspect: { pod: other } }) => {
      const log = view.logOf(other, status.name, 'previous') ?? view.logOf(other, status.name, 'current');
      return log === undefined || log.text.trim() === '' ? [] : [fromLog(other, log, 4)];
    })
    .slice(0, 1);
  const starts = pods.flatMap((other) => parseTime(other.pod.metadata.creationTimestamp) ?? []);
  return {
    code: 'command-not-found',
    object: workload.ref,
    summary: `Container ${status.name} of ${sayRef(workload.ref)} cannot run its command: ${saying[failure.is](program)}${isStated ? '' : ` (${said})`}. Seen in ${sayPods(pods)}.`,
    cause: {
      path: `${suspect.path}${place.path}`,
      observed: place.value,
      expected:
        former === undefined
          ? expectation[failure.is]
          : `${former.value === '' ? "the image's own command" : former.value} (revision ${former.number})`,
    },
    recommendation: {
      text: `Set ${place.path.slice(1)} of container ${status.name} to ${expectation[failure.is]}${former === undefined ? '' : `, as in revision ${former.number}`}.`,
      values: { container: status.name, command: program },
    },
    support: [
      fromObject(
        pod,
        now,
        `container ${status.name} is not started: ${oneLine(said)}, restarts ${status.restartCount}`,
      ),
      ...pods.slice(1, 3).map((other) => fromObject(other.pod, now, `container ${status.name} fails alike`)),
      ...pods.flatMap((other) => fromEvents(view, other.pod, eventReasons, 1)).slice(0, 2),
      ...(former === undefined
        ? []
        : [
            fromChange(
              former.object,
              now,
              `revision ${former.number} runs ${former.value === '' ? "the image's own command" : former.value} in container ${status.name}`,
            ),
          ]),
      ...logs,
    ],
    grounds: {
      basis: isStated ? 'stated' : 'likely',
      current: true,
      // A container that cannot even be created is tried again each few seconds, and its restarts stay at zero.
      repeated: cases.length > 1 || cases.some(({ tries }) => tries > 1) || (isStated && isOlderThan(pod, 60_000, now)),
    },
    pods: pods.map((other) => podKey(other.pod)),
    since: starts.length === 0 ? undefined : Math.min(...starts),
  };
}

const saying: Readonly<Record<ExecFailure['is'], (program: string) => string>> = {
  'not-found': (program) => `${program} is not found in the image`,
  'not-executable': (program) => `${program} may not be executed`,
  'no-command': () => 'neither the container nor the image names a command',
  'no-directory': (program) => `its working directory ${program} is not there`,
  'wrong-format': (program) => `${program} is built for another platform`,
};

const expectation: Readonly<Record<ExecFailure['is'], string>> = {
  'not-found': 'a program that the image has',
  'not-executable': 'a program that the container may execute',
  'no-command': 'a command',
  'no-directory': 'a directory that the image has',
  'wrong-format': 'a program for the platform of the node',
};

/** Where in the container the program is named: the command, else the arguments (which the runtime executes when the image has no entrypoint), else the image's own. */
function placeOf(
  container: WireRecord,
  { is, program }: ExecFailure,
): { readonly path: string; readonly value: string } {
  if (is === 'no-directory')
    return { path: '.workingDir', value: textAt(container, 'workingDir') ?? program ?? 'not set' };
  for (const field of ['command', 'args']) {
    const words = listAt(container, field).filter((word) => typeof word === 'string');
    const exact = words.indexOf(program ?? '');
    const within = program === undefined || program === '' ? -1 : words.findIndex((word) => word.includes(program));
    const index = exact !== -1 ? exact : within;
    const word = words[index];
    if (word !== undefined) return { path: `.${field}[${index}]`, value: oneLine(word, 200) };
  }
  const [first] = listAt(container, 'command');
  if (typeof first === 'string') return { path: '.command[0]', value: oneLine(first, 200) };
  return is === 'no-command'
    ? { path: '.command', value: 'not set' }
    : {
        path: '.image',
        value: `${textAt(container, 'image') ?? 'its image'}${program === undefined ? '' : ` (runs ${program})`}`,
      };
}

function commandText(container: WireRecord): string {
  const words = [...listAt(container, 'command'), ...listAt(container, 'args')].filter(
    (word) => typeof word === 'string',
  );
  return oneLine(words.join(' '), 200);
}
