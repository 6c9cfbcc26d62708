import type { ClusterView } from '../../cluster/cluster-view.ts';
import { type KnownKind, knownRef } from '../../cluster/kinds.ts';

/** Whether an object does not exist: its whole list was read and it is not in it. */
export function isAbsent(view: ClusterView, kind: KnownKind, namespace: string | undefined, name: string): boolean {
  return view.get(knownRef(kind, namespace, name)) === undefined && view.hasAll(kind, namespace);
}

/** Names of the objects of a kind that were read, of one namespace where the kind has any. */
export function namesOf(view: ClusterView, kind: KnownKind, namespace: string | undefined): readonly string[] {
  return view.list(kind, namespace).map(({ metadata }) => metadata.name);
}

const absentWords =
  /not found|not exist|does ?n[o']t exist|doesn't exist|no such|could not find|couldn't find|no object matching|missing|cannot find|unable to find/i;

/** Whether a sentence says that something of this very name is not there. The name counts as a whole word only, so that a name cannot be found in another. */
export function saysAbsent(message: string, name: string): boolean {
  const text = message.slice(0, 2000);
  return absentWords.test(text.split(name).join(' ')) && hasWord(text, name);
}

function hasWord(text: string, name: string): boolean {
  if (name === '') return false;
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    const [before, after] = [text[at - 1] ?? ' ', text[at + name.length] ?? ' '];
    if (!/[A-Za-z0-9_-]/.test(before) && !/[A-Za-z0-9_-]/.test(after)) return true;
  }
  return false;
}
