import type { Investigation } from '../core/diagnosis/investigation.ts';
import { parseSubject } from '../core/diagnosis/subject.ts';
import { expressionOf } from '../core/evidence/standard-queries.ts';
import type { EffectOf } from '../core/incident/effect.ts';
import type { Told } from '../core/incident/events.ts';
import { failedBefore, pastOf } from '../core/incident/memory.ts';
import { sayAgo } from '../core/incident/past-incident.ts';
import type { IncidentState } from '../core/incident/state.ts';
import { createMatchLoaded } from '../core/runbook/search.ts';
import type { Clock } from '../ports/clock.ts';
import type { Incidents } from '../ports/incidents.ts';
import type { Investigate } from '../ports/investigate.ts';
import type { RunbookSource } from '../ports/runbook-source.ts';

type Dependencies = {
  readonly investigate: Investigate;
  readonly runbooks: RunbookSource;
  readonly incidents: Pick<Incidents, 'all'>;
  readonly clock: Clock;
  /** Whether a model is to be asked for its reading of what was found. */
  readonly explains: boolean;
};

/**
 * Answers an incident with evidence and a runbook, or an honest "none fits"; beside it, what earlier incidents of the same kind found and tried. A runbook whose change did not
 * help the last time, for the same finding on the same object, is not chosen again by itself; a person can still run it.
 */
export function createInvestigateIncident({ investigate, runbooks, incidents, clock, explains }: Dependencies) {
  const matchLoaded = createMatchLoaded();
  return async (
    { scope, subject: words }: EffectOf<'investigate'>,
    state: IncidentState,
    signal: AbortSignal,
  ): Promise<readonly Told[]> => {
    const { summary, description, runbookUrl } = state.opened;
    const subject = words === null ? undefined : parseSubject(words);
    const expression = scope.alert === undefined ? undefined : expressionOf(state.alerts[0]?.generatorUrl);
    const found = await investigate(
      {
        scope,
        ...(subject?.ok === true ? { subject: subject.value } : {}),
        ...(expression === undefined ? {} : { alert: { expression } }),
      },
      signal,
    );
    const { candidates, chosen, why } = matchLoaded(runbooks.list(), {
      ...(scope.alert === undefined ? {} : { alertname: scope.alert.name, labels: scope.alert.labels }),
      summary,
      description,
      runbookUrl,
      findingCodes: found.findings.map(({ code }) => code),
    });
    const investigation: Investigation = { ...found, runbooks: [...candidates] };
    const known = incidents.all();
    const failed = chosen === null ? undefined : failedBefore(chosen, investigation.findings[0], known);
    const body =
      failed === undefined || chosen === null
        ? { investigation, chosen, why }
        : { investigation, chosen: null, why: sayFailed(chosen, failed, clock.now().toISOString()) };
    const told: Told[] = [{ type: 'investigation-finished', body }];
    const past = pastOf(investigation, state, known);
    if (past.length > 0) told.push({ type: 'history-recalled', body: { past: [...past] } });
    // Without evidence there is nothing that a reading could cite.
    if (explains && investigation.evidence.length > 0)
      told.push({ type: 'explanation-requested', body: { about: 'investigation' } });
    return told;
  };
}

function sayFailed(
  runbook: string,
  { reference, at, said }: NonNullable<ReturnType<typeof failedBefore>>,
  now: string,
) {
  return `${runbook} was tried for the same finding on the same object in ${reference}, ${sayAgo(at, now)}, and did not help: ${said} It is not proposed again by itself; a person can still start it with run ${runbook}.`;
}
