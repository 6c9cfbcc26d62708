import type { ClusterView, ContainerLog } from '../../cluster/cluster-view.ts';
import { knownRef } from '../../cluster/kinds.ts';
import { refOf, type WireObject } from '../../cluster/object.ts';
import type { AnalysisContext } from '../analysis.ts';

const maxTextLength = 200_000;
const maxLines = 400;
const maxLineLength = 2000;

// Frames of stack traces say where, not what; they push what was said out of sight.
const frame = /^\s+at |^\s*\.\.\. \d{1,6} (?:more|common frames)|^\s+File "|^\s+from \S|^goroutine \d|^\t/;

// `  severity: 'FATAL',` as Node prints the fields of an error, `  "code": 7` as JSON over several lines has them.
const property =
  /^\s+["']?[A-Za-z_$][\w$.-]{0,60}["']?: (?:["'`].{0,2000}["'`]|-?\d[\d.]{0,20}|true|false|null|undefined|\[.{0,2000}|\{.{0,2000}|<.{0,200}>),?$/;

/** Whether a line is one field of a thing that was printed over several lines: it says nothing by itself. */
export function isPropertyLine(line: string): boolean {
  return property.test(line.slice(0, 2100));
}

/** The last lines of a log without its stack frames, oldest first, each cut to a length. */
export function tailOf(log: ContainerLog): readonly string[] {
  return log.text
    .slice(-maxTextLength)
    .split('\n')
    .slice(-2 * maxLines)
    .filter((line) => line.trim() !== '' && !frame.test(line.slice(0, 200)))
    .slice(-maxLines)
    .map((line) => line.slice(0, maxLineLength).trimEnd());
}

/** The pods of a scope of which some log was read, by namespace and name. The walk is over logs, which are few, not over pods, which may be many. */
export function podsWithLogs({ view, scope }: Pick<AnalysisContext, 'view' | 'scope'>): readonly WireObject[] {
  const pods = new Map<string, WireObject>();
  for (const { namespace, pod: name } of view.logs) {
    const key = `${namespace}/${name}`;
    const pod = pods.has(key) ? undefined : view.get(knownRef('Pod', namespace, name));
    if (pod !== undefined && scope.has(refOf(pod))) pods.set(key, pod);
  }
  return [...pods].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, pod]) => pod);
}

/** The logs of a container that tell of its present trouble, best first: of the run that ended, then of the one that runs. */
export function logsOf(view: ClusterView, pod: WireObject, container: string): readonly ContainerLog[] {
  return (['previous', 'current'] as const).flatMap((which) => {
    const log = view.logOf(pod, container, which);
    return log === undefined || log.text.trim() === '' ? [] : [log];
  });
}
