import type { EffectOf } from '../core/incident/effect.ts';
import type { Told } from '../core/incident/events.ts';
import type { IncidentState } from '../core/incident/state.ts';
import { bindPlan } from '../core/runbook/bind-plan.ts';
import type { Plan } from '../core/runbook/plan.ts';
import type { Runbook } from '../core/runbook/runbook.ts';
import type { Ids } from '../ports/ids.ts';
import type { RunbookSource } from '../ports/runbook-source.ts';

type Dependencies = { readonly runbooks: RunbookSource; readonly ids: Ids; readonly redact: (text: string) => string };

/**
 * Binds a runbook to the incident. A plan that redaction would change is refused: what people approve and what the journal keeps must be what runs.
 */
export function createMakePlan({ runbooks, ids, redact }: Dependencies) {
  return async (
    { runbook: name, given, requester }: EffectOf<'make-plan'>,
    state: IncidentState,
  ): Promise<readonly Told[]> => {
    const refused = (code: string, sentence: string): readonly Told[] => [
      { type: 'plan-refused', body: { runbook: name, code, sentence } },
    ];
    const runbook = runbooks.list().runbooks.find((one) => one.name === name);
    if (runbook === undefined) {
      const names = runbooks.list().runbooks.map((one) => one.name);
      return refused(
        'plan.unknown-runbook',
        `There is no runbook ${name}. Nothing was run. Known are: ${names.join(', ') || 'none'}.`,
      );
    }
    const plan = bindPlan(runbook, factsOf(state, runbook, given, requester?.id ?? null));
    if (!plan.ok) return refused(plan.error.code, plan.error.sentence);
    if (redactionChanges(plan.value, redact)) {
      return refused(
        'plan.holds-secret',
        `The plan of ${name} holds something that looks like a secret, which may not be journalled. Nothing was run. Take it out of the runbook or its inputs.`,
      );
    }
    return [{ type: 'plan-made', body: { run: ids.next(), plan: plan.value, requester } }];
  };
}

function factsOf(
  state: IncidentState,
  runbook: Runbook,
  given: Readonly<Record<string, string>>,
  requester: string | null,
): Parameters<typeof bindPlan>[1] {
  const document = state.investigation?.document;
  const findings = document?.findings ?? [];
  const finding = findings.find(({ code }) => runbook.match.findings.includes(code)) ?? findings[0];
  return {
    alertLabels: state.opened.scope.alert?.labels ?? {},
    ...(finding === undefined ? {} : { finding }),
    evidence: document?.evidence ?? [],
    given,
    requester,
  };
}

function redactionChanges(plan: Plan, redact: (text: string) => string): boolean {
  const { digest: _digest, runbook: _runbook, ...rest } = plan;
  return textsOf(rest).some((text) => redact(text) !== text);
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [key, ...textsOf(item)]);
}
