import { sayRef } from '../cluster/object.ts';
import { alertTargetOf } from '../diagnosis/alert-target.ts';
import type { Finding, Investigation } from '../diagnosis/investigation.ts';
import type { PastIncident, TriedResult } from './past-incident.ts';
import { findRun, hasEnded, type IncidentState, type Run } from './state.ts';

/** By what incidents are the same again. `alert` null: a person asked, which says nothing against any alert. */
export type Fingerprint = {
  readonly alert: string | null;
  readonly object: string | null;
  readonly codes: readonly string[];
};

export function fingerprintOf(investigation: Investigation): Fingerprint {
  const { scope, findings } = investigation;
  const object = findings[0]?.object ?? scope.object ?? alertTargetOf(scope.alert?.labels ?? {}).candidates[0] ?? null;
  return {
    alert: scope.alert?.name ?? null,
    object: object === null ? null : sayRef(object),
    codes: [...new Set(findings.map(({ code }) => code))].sort(),
  };
}

function sameFingerprint(a: Fingerprint, b: Fingerprint): boolean {
  if (a.alert !== null && b.alert !== null && a.alert !== b.alert) return false;
  if (a.object === null || a.object !== b.object) return false;
  return a.codes.length === 0 ? b.codes.length === 0 : a.codes.some((code) => b.codes.includes(code));
}

const maxPast = 5;

/** Earlier incidents with the same fingerprint, newest first. `now` is the incident that asks, and counts as none of them. */
export function pastOf(
  investigation: Investigation,
  now: { readonly reference: string; readonly openedAt: string },
  incidents: readonly IncidentState[],
): readonly PastIncident[] {
  const wanted = fingerprintOf(investigation);
  return incidents
    .filter(({ reference, openedAt }) => reference !== now.reference && openedAt <= now.openedAt)
    .flatMap((state) => (isSame(state, wanted) ? [toPast(state, wanted)] : []))
    .toSorted((a, b) => (a.at < b.at ? 1 : -1))
    .slice(0, maxPast);
}

// Looked at again after its change, an incident is healthy: what its runs were made for tells what it was.
function isSame({ investigation, attempts, opened }: IncidentState, wanted: Fingerprint): boolean {
  const alert = opened.scope.alert?.name ?? null;
  return (
    (investigation !== null && sameFingerprint(fingerprintOf(investigation.document), wanted)) ||
    attempts.some(({ code, object }) => sameFingerprint({ alert, object, codes: [code] }, wanted))
  );
}

function toPast(state: IncidentState, { codes }: Fingerprint): PastIncident {
  const document = state.investigation?.document;
  const found =
    state.attempts.findLast(({ code }) => codes.includes(code))?.summary ??
    document?.findings[0]?.summary ??
    (document?.status === 'healthy' ? 'nothing was wrong' : 'no cause was found');
  return {
    reference: state.reference,
    at: state.openedAt,
    found,
    tried: state.runs.filter(hasEnded).flatMap((run) => {
      const changes = changesOf(run);
      return changes.length === 0
        ? []
        : [{ runbook: run.plan.runbook.name, result: resultOf(run), changes, said: run.reason ?? '' }];
    }),
    phase: state.phase,
  };
}

function changesOf(run: Run): string[] {
  return run.actions.flatMap(({ planned, state }) =>
    state.step === 'done' && state.wrote ? [planned.action.kind] : [],
  );
}

/** Whether what a run changed helped, as far as its validation measured. A run that changed nothing says nothing. */
function resultOf(run: Run): TriedResult {
  if (run.status === 'succeeded') return 'helped';
  const measured = run.actions.some(({ state }) => state.step === 'done' && state.wrote && state.outcome === 'failed');
  return measured ? 'did-not-help' : 'unknown';
}

/**
 * The last time this runbook changed something for this finding on this object, if that did not help: then it is not proposed by itself again. A later success takes it
 * back. Looks at the incident's own runs too.
 */
export function failedBefore(
  runbook: string,
  finding: Finding | undefined,
  incidents: readonly IncidentState[],
): { readonly reference: string; readonly at: string; readonly said: string } | undefined {
  if (finding === undefined) return undefined;
  const object = sayRef(finding.object);
  const tries = incidents
    .flatMap((state) =>
      state.attempts
        .filter((attempt) => attempt.code === finding.code && attempt.object === object)
        .flatMap((attempt) => {
          const run = findRun(state, attempt.run);
          return run === undefined || run.endedAt === null || run.plan.runbook.name !== runbook
            ? []
            : [
                {
                  reference: state.reference,
                  at: run.endedAt,
                  result: resultOf(run),
                  changed: changesOf(run),
                  said: run.reason ?? '',
                },
              ];
        }),
    )
    .filter(({ changed }) => changed.length > 0)
    .toSorted((a, b) => (a.at < b.at ? 1 : -1));
  const [last] = tries;
  return last?.result === 'did-not-help' ? { reference: last.reference, at: last.at, said: last.said } : undefined;
}
