import { z } from 'zod';
import { objectRefSchema } from '../cluster/object.ts';
import { instantSchema } from '../journal/event.ts';

/** A person as a surface knows them: `id` is the surface's stable id and the only thing decisions use; `name` is for reading. */
export const personSchema = z.strictObject({ id: z.string().min(1), name: z.string().min(1) });
export type Person = Readonly<z.infer<typeof personSchema>>;

const textMap = z.record(z.string(), z.string());

export const alertSchema = z.strictObject({
  fingerprint: z.string().min(1),
  status: z.enum(['firing', 'resolved']),
  labels: textMap,
  annotations: textMap,
  startsAt: instantSchema,
  endsAt: instantSchema.nullable(),
  generatorUrl: z.string(),
});
export type Alert = Readonly<z.infer<typeof alertSchema>>;

/**
 * Something that arrived, normalised and redacted, before anybody decided what to do with it.
 *
 * - `alert-group`: one notification of an alert source. `group` identifies the group over all its notifications (hash of Alertmanager's groupKey),
 *   `status` is `firing` while any alert fires.
 * - `command`: a person asked for something: `/sre …` in a channel or `@sre …` in a thread (then `threadTs` is set). `verb` and `text` are its words; `ask` is a
 *   question in plain words.
 * - `detection`: the co-pilot saw something wrong in the cluster by itself, or sees it no longer. `fingerprint` identifies rule and object over all its signals; `since` is when
 *   it began, `occurrences` how often it began since the last signal of this fingerprint. `related` are objects through which the same problem shows.
 */
export const signalSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('alert-group'),
    source: z.enum(['alertmanager']),
    group: z.string().min(1),
    status: z.enum(['firing', 'resolved']),
    groupLabels: textMap,
    commonLabels: textMap,
    commonAnnotations: textMap,
    alerts: z.array(alertSchema).min(1),
    truncatedAlerts: z.int().nonnegative(),
    externalUrl: z.string(),
  }),
  z.strictObject({
    kind: z.literal('command'),
    source: z.enum(['slack', 'cli', 'api']),
    verb: z.enum(['investigate', 'run', 'stop', 'ack', 'resolve', 'ask']),
    text: z.string(),
    person: personSchema,
    channel: z.string().min(1),
    threadTs: z.string().min(1).optional(),
    incident: z.string().min(1).optional(),
  }),
  z.strictObject({
    kind: z.literal('detection'),
    source: z.enum(['watch', 'scan']),
    rule: z.string().regex(/^[a-z]+(-[a-z]+)*$/),
    object: objectRefSchema,
    namespace: z.string().min(1).optional(),
    related: z.array(objectRefSchema),
    severity: z.string().min(1),
    summary: z.string().min(1),
    fingerprint: z.string().regex(/^[0-9a-f]{32}$/),
    status: z.enum(['firing', 'resolved']),
    at: instantSchema,
    since: instantSchema,
    occurrences: z.int().nonnegative(),
  }),
]);
export type Signal = Readonly<z.infer<typeof signalSchema>>;
export type AlertGroupSignal = Extract<Signal, { kind: 'alert-group' }>;
export type CommandSignal = Extract<Signal, { kind: 'command' }>;
export type DetectionSignal = Extract<Signal, { kind: 'detection' }>;

/** The alert's own name, or a plain word when the source gave none. An empty label is none, as in Prometheus. */
export function alertNameOf(signal: AlertGroupSignal): string {
  return (
    signal.commonLabels.alertname ||
    signal.groupLabels.alertname ||
    signal.alerts[0]?.labels.alertname ||
    'unnamed alert'
  );
}
