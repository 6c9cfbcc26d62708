import { z } from 'zod';
import { sayRef } from '../cluster/object.ts';
import type { Finding } from '../diagnosis/investigation.ts';
import { instantSchema } from '../journal/event.ts';

const resultSchema = z.enum(['helped', 'did-not-help', 'unknown']);
export type TriedResult = z.infer<typeof resultSchema>;

/** An earlier incident of the same fingerprint: what it found, what was tried, and what came of it. */
export const pastIncidentSchema = z.strictObject({
  reference: z.string().min(1),
  at: instantSchema,
  found: z.string().min(1),
  tried: z.array(
    z.strictObject({
      runbook: z.string().min(1),
      result: resultSchema,
      changes: z.array(z.string()),
      said: z.string(),
    }),
  ),
  phase: z.enum(['open', 'acknowledged', 'mitigated', 'resolved']),
});
export type PastIncident = Readonly<z.infer<typeof pastIncidentSchema>>;

/** What a run was made for: the first finding of the investigation that was there when it was planned. */
export type Attempt = {
  readonly run: string;
  readonly code: string;
  readonly object: string;
  readonly summary: string;
};

/** What a run that is planned now is for; undefined when nothing was found. */
export function attemptOf(run: string, finding: Finding | undefined): Attempt | undefined {
  return finding === undefined
    ? undefined
    : { run, code: finding.code, object: sayRef(finding.object), summary: finding.summary };
}

/** `INC-3, 2 days ago: the tag does not exist; rollout-undo helped`. */
export function sayPast({ reference, at, found, tried }: PastIncident, now: string): string {
  const words = { helped: 'helped', 'did-not-help': 'did not help', unknown: 'had no measured result' } as const;
  const done = tried.map(({ changes, runbook, result }) => `${changes.join(' and ')} (${runbook}) ${words[result]}`);
  return `${reference}, ${sayAgo(at, now)}: ${found.replace(/\.$/, '')}; ${done.length === 0 ? 'nothing was changed by me' : done.join('; ')}`;
}

/** `4 minutes ago`, `2 days ago`: how long before, in the largest unit that fits. */
export function sayAgo(then: string, now: string): string {
  const minutes = Math.max(0, Math.floor((Date.parse(now) - Date.parse(then)) / 60_000));
  const [count, unit] =
    minutes < 60
      ? [minutes, 'minute']
      : minutes < 48 * 60
        ? [Math.floor(minutes / 60), 'hour']
        : [Math.floor(minutes / 1440), 'day'];
  return minutes === 0 ? 'just now' : `${count} ${unit}${count === 1 ? '' : 's'} ago`;
}
