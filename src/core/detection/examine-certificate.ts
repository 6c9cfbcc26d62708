import type { WireObject } from '../cluster/object.ts';
import { conditionOf, isTerminating } from '../cluster/pod.ts';
import { timeAt } from '../cluster/wire.ts';
import { type Sighting, sightingOf } from './sighting.ts';

/** cert-manager renews at `renewalTime` and tries again for an hour after a failure (its documented back-off begins there). */
const renewalGraceMs = 60 * 60_000;

/** A Certificate of cert-manager (cert-manager.io/v1) that has ended, was not renewed when it should have been, or cannot be issued. */
export function examineCertificate(certificate: WireObject, now: number): Sighting | undefined {
  if (isTerminating(certificate)) return undefined;
  const notAfter = timeAt(certificate, 'status', 'notAfter');
  if (notAfter !== undefined && notAfter <= now) {
    return sightingOf(certificate, {
      rule: 'certificate-expired',
      severity: 'critical',
      summary: `The certificate ended at ${new Date(notAfter).toISOString()}.`,
      since: notAfter,
    });
  }
  const ready = conditionOf(certificate, 'Ready');
  const renewal = timeAt(certificate, 'status', 'renewalTime');
  const until = notAfter === undefined ? '' : ` It ends at ${new Date(notAfter).toISOString()}.`;
  if (renewal !== undefined && renewal + renewalGraceMs <= now) {
    return sightingOf(certificate, {
      rule: 'certificate-renewal-overdue',
      severity: 'warning',
      summary: `It was to be renewed at ${new Date(renewal).toISOString()} and was not.${until}`,
      since: renewal,
    });
  }
  if (ready?.status !== 'False') return undefined;
  return sightingOf(certificate, {
    rule: 'certificate-not-ready',
    severity: 'warning',
    summary: `cert-manager says ${ready.reason ?? 'not ready'}: ${ready.message ?? 'no reason given'}.${until}`,
    since: ready.since,
  });
}
