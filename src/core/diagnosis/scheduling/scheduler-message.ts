import type { Constraint } from './obstacle.ts';

/** What the scheduler last said of a pod: how many nodes it looked at, and on how many each constraint failed. */
export type SchedulerMessage = {
  readonly nodeCount: number | undefined;
  readonly constraints: ReadonlyMap<Constraint, number>;
  /** It speaks of claims and volumes that are not bound: what holds the pod is told by the rules of storage. */
  readonly speaksOfStorage: boolean;
};

const sentences: readonly (readonly [RegExp, readonly Constraint[]])[] = [
  [/^node\(s\) were unschedulable$/, ['cordon']],
  [/^node\(s\) had untolerated taint/, ['taint', 'platform-taint', 'control-plane-taint']],
  [/^node\(s\) had taints? /, ['taint', 'platform-taint', 'control-plane-taint']],
  [/^node\(s\) didn't match Pod's node affinity/, ['node-selector', 'node-affinity']],
  [/^node\(s\) didn't match node (selector|affinity)/, ['node-selector', 'node-affinity']],
  [/^Too many pods$/, ['pod-limit']],
  [/^node\(s\) didn't have free ports/, ['host-port']],
  [/^node\(s\) didn't match pod affinity/, ['pod-affinity']],
  [/^node\(s\) didn't match pod anti-affinity/, ['pod-anti-affinity']],
  [/^node\(s\) didn't satisfy existing pods anti-affinity/, ['foreign-anti-affinity']],
  [/^node\(s\) didn't match pod topology spread constraints/, ['topology-spread']],
  [/^node\(s\) had volume node affinity conflict/, ['volume']],
  [/^node\(s\) didn't match PersistentVolume's node affinity/, ['volume']],
  [/^node\(s\) had no available volume zone/, ['volume']],
  [/^node\(s\) exceed max volume count/, ['attach-limit']],
];
const storageSentence =
  /unbound immediate PersistentVolumeClaims|^persistentvolumeclaim |^node\(s\) (didn't find available persistent volumes|did not have enough free storage|unavailable due to one or more pvc)/;
const resourceName = /^Insufficient ([A-Za-z0-9][A-Za-z0-9./_-]{0,250})$/;

/**
 * Reads the message of a PodScheduled condition or a FailedScheduling event: `0/3 nodes are available: 1 node(s) had untolerated taint {a: b},
 * 2 Insufficient cpu. preemption: …` (`FitError.Error()` of kube-scheduler). Names in it (taints) stand in braces, which are taken out first.
 * Undefined for other texts.
 */
export function readSchedulerMessage(message: string | undefined): SchedulerMessage | undefined {
  if (message === undefined) return undefined;
  const text = message.slice(0, 20_000).replace(/\{[^{}]{0,400}\}/g, '');
  const head = /^(\d{1,6})\/(\d{1,6}) nodes are available(?::|$)/.exec(text);
  if (head === null) {
    if (/^no nodes available to schedule pods/.test(text))
      return { nodeCount: 0, constraints: new Map(), speaksOfStorage: false };
    return storageSentence.test(text)
      ? { nodeCount: undefined, constraints: new Map(), speaksOfStorage: true }
      : undefined;
  }
  const [body = ''] = text.slice(head[0].length).split(/\.? ?preemption: /);
  const constraints = new Map<Constraint, number>();
  let speaksOfStorage = false;
  for (const part of body.split(/, |\. /)) {
    const match = /^ ?(?:(\d{1,6}) )?(.{1,400}?)\.? ?$/.exec(part);
    if (match === null) continue;
    const [, count, sentence = ''] = match;
    if (storageSentence.test(sentence)) speaksOfStorage = true;
    for (const constraint of constraintsOf(sentence.trim()))
      constraints.set(constraint, (constraints.get(constraint) ?? 0) + Number(count ?? 1));
  }
  return { nodeCount: Number(head[2]), constraints, speaksOfStorage };
}

function constraintsOf(sentence: string): readonly Constraint[] {
  const resource = resourceName.exec(sentence)?.[1];
  if (resource !== undefined) return [`resource ${resource}`];
  return sentences.find(([pattern]) => pattern.test(sentence))?.[1] ?? [];
}
