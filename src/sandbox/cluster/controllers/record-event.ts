import { createHash } from 'node:crypto';
import type { ObjectStore } from '../store/object-store.ts';
import { edit, timestamp } from '../store/object-writes.ts';
import type { KubeObject, ObjectOf } from '../store/stored-object.ts';

export type Happening = {
  readonly about: KubeObject;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly fieldPath?: string;
  readonly component: string;
  readonly host?: string;
};

export type RecordEvent = (happening: Happening) => void;

/** Writes Events as client-go's recorder does: a repeat of the same happening raises `count` and `lastTimestamp` of the one Event. */
export function createEventRecorder(parts: { store: ObjectStore; now: () => number; uid: () => string }): RecordEvent {
  const { store, now, uid } = parts;
  return (happening) => {
    const { about, component, fieldPath, host, message, reason, type } = happening;
    const { metadata } = about;
    const identity = [about.kind, metadata.uid, type, reason, message, fieldPath, component].join('\n');
    const suffix = createHash('sha256').update(identity).digest('hex').slice(0, 16);
    const namespace = metadata.namespace ?? 'default';
    const name = `${metadata.name}.${suffix}`;
    const at = timestamp(now());
    const repeated = edit(store, 'Event', namespace, name, (event) => {
      event.count = (event.count ?? 1) + 1;
      event.lastTimestamp = at;
    });
    if (repeated !== undefined) return;
    const event: ObjectOf<'Event'> = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace, uid: uid(), creationTimestamp: at },
      involvedObject: {
        apiVersion: about.apiVersion,
        kind: about.kind,
        name: metadata.name,
        ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
        ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
        ...(metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion }),
        ...(fieldPath === undefined ? {} : { fieldPath }),
      },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: at,
      lastTimestamp: at,
      source: { component, ...(host === undefined ? {} : { host }) },
      reportingComponent: component,
      reportingInstance: host ?? '',
    };
    store.insert(event);
  };
}
