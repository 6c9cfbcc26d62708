import { isRead } from '../core/action/action.ts';
import type { EffectOf } from '../core/incident/effect.ts';
import type { Told } from '../core/incident/events.ts';
import { findAction, findRun, type IncidentState } from '../core/incident/state.ts';
import type { ActionReader } from '../ports/action-reader.ts';
import type { ConditionMeter } from '../ports/condition-meter.ts';

type Dependencies = { readonly read: ActionReader; readonly meter: ConditionMeter };

/** Longest output of a read that is journalled and shown; the rest is counted. */
const maxOutput = 6_000;

/** Performs one read of a run and holds its output to what the runbook expects of it. Both are told in one append. */
export function createPerformStep({ read, meter }: Dependencies) {
  return async (
    effect: EffectOf<'perform-read'>,
    state: IncidentState,
    signal: AbortSignal,
  ): Promise<readonly Told[]> => {
    const run = findRun(state, effect.run);
    const action = run === undefined ? undefined : findAction(run, effect.action);
    if (run === undefined || action?.state.step !== 'cleared' || !isRead(action.planned.action)) return [];
    const about = { run: run.id, action: action.planned.id, role: 'action' } as const;
    const { planned } = action;
    const timeout = AbortSignal.any([signal, AbortSignal.timeout(planned.timeoutMs)]);
    const output = await read(action.planned.action, timeout);
    if (!output.ok) {
      const { code, sentence } = output.error;
      return [{ type: 'action-failed', body: { ...about, code, sentence } }];
    }
    const rows = output.value.rows.length;
    const summary = rows === 0 ? planned.title : `${planned.title}: ${rows} ${rows === 1 ? 'row' : 'rows'}`;
    const executed: Told = {
      type: 'action-executed',
      body: { ...about, observed: false, summary, output: bound(output.value.text) },
    };
    const { failure } = output.value;
    if (failure !== undefined)
      return [executed, { type: 'action-validated', body: { ...about, outcome: 'failed', measured: failure } }];
    if (planned.validate === undefined)
      return [
        executed,
        { type: 'action-validated', body: { ...about, outcome: 'succeeded', measured: 'It was read.' } },
      ];
    const { outcome, measured } = await meter(
      planned.validate.until,
      { inputs: run.plan.inputs, output: output.value },
      timeout,
    );
    return [executed, { type: 'action-validated', body: { ...about, outcome, measured } }];
  };
}

function bound(text: string): string {
  if (text.length <= maxOutput) return text.toWellFormed();
  return `${text.slice(0, maxOutput).toWellFormed()}\n… ${text.length - maxOutput} more characters`;
}
