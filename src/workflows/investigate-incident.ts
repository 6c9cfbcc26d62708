import type { Investigation } from '../core/diagnosis/investigation.ts';
import { parseSubject } from '../core/diagnosis/subject.ts';
import type { EffectOf } from '../core/incident/effect.ts';
import type { Told } from '../core/incident/events.ts';
import type { IncidentState } from '../core/incident/state.ts';
import { matchRunbooks } from '../core/runbook/search.ts';
import type { Investigate } from '../ports/investigate.ts';
import type { RunbookSource } from '../ports/runbook-source.ts';

type Dependencies = { readonly investigate: Investigate; readonly runbooks: RunbookSource };

/** Answers an incident with evidence and a runbook, or an honest "none fits", in one event. */
export function createInvestigateIncident({ investigate, runbooks }: Dependencies) {
  return async (
    { scope, subject: words }: EffectOf<'investigate'>,
    state: IncidentState,
    signal: AbortSignal,
  ): Promise<readonly Told[]> => {
    const { summary, description, runbookUrl } = state.opened;
    const subject = words === null ? undefined : parseSubject(words);
    const found = await investigate({ scope, ...(subject?.ok === true ? { subject: subject.value } : {}) }, signal);
    const { candidates, chosen, why } = matchRunbooks(runbooks.list().runbooks, {
      ...(scope.alert === undefined ? {} : { alertname: scope.alert.name, labels: scope.alert.labels }),
      summary,
      description,
      runbookUrl,
      findingCodes: found.findings.map(({ code }) => code),
    });
    const investigation: Investigation = { ...found, runbooks: [...candidates] };
    return [{ type: 'investigation-finished', body: { investigation, chosen, why } }];
  };
}
