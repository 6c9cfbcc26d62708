import type { ClusterView } from '../../cluster/cluster-view.ts';
import type { WireObject } from '../../cluster/object.ts';

const listens =
  /listening (?:on|at|for)[^\n]{0,80}?[:\s](\d{2,5})\b|started (?:on|at)[^\n]{0,40}? ?port(?:\(s\))?:? ?(\d{2,5})\b|running (?:on|at) https?:\/\/[^\s/:]{1,64}:(\d{2,5})\b/gi;
const maxLogChars = 32_768;

/** The ports that a container says it listens on, by its present log. */
export function listeningPorts(view: ClusterView, pod: WireObject, container: string): readonly number[] {
  const text = view.logOf(pod, container, 'current')?.text ?? '';
  return [...text.slice(-maxLogChars).matchAll(listens)].map((match) => Number(match[1] ?? match[2] ?? match[3]));
}
