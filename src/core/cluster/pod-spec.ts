import type { WireObject } from './object.ts';
import { at } from './wire.ts';

/** Where in an object of this kind the pod spec stands. */
export function podSpecPath(kind: string): readonly string[] {
  if (kind === 'Pod') return ['spec'];
  if (kind === 'CronJob') return ['spec', 'jobTemplate', 'spec', 'template', 'spec'];
  return ['spec', 'template', 'spec'];
}

/** The pod spec of a pod, or of the template of a workload; undefined for what has none. */
export function podSpecOf(object: WireObject): unknown {
  return at(object, ...podSpecPath(object.kind));
}
