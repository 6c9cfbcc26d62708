import { isWrite } from '../core/action/action.ts';
import type { EffectOf } from '../core/incident/effect.ts';
import type { Outcome, Told } from '../core/incident/events.ts';
import { findAction, findRun, type IncidentState } from '../core/incident/state.ts';
import type { Measurement } from '../core/runbook/condition.ts';
import type { Validation } from '../core/runbook/plan.ts';
import type { ChangeProbe } from '../ports/change-probe.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConditionMeter, Measurable } from '../ports/condition-meter.ts';

type Dependencies = { readonly meter: ConditionMeter; readonly probe: ChangeProbe; readonly clock: Clock };

/** What a write is held to when its runbook says nothing: every step is validated. The condition is that of `kubectl rollout status`. */
export const defaultValidation: Validation = {
  until: { kind: 'cel', expression: 'rolloutComplete(target)' },
  everyMs: 2_000,
  forMs: 5_000,
  timeoutMs: 180_000,
};

/**
 * How long a definite failure must stand before it is believed. Kubernetes writes the first status after a change with the conditions of before it
 * (the Deployment controller keeps ProgressDeadlineExceeded until a replica moves), so the first reading after an undo may speak of the old rollout.
 */
const settleMs = 5_000;

/** Holds an applied change to its validation, or looks whether a rollback is in place. The deadline counts from when the change was made, over restarts too. */
export function createValidateAction({ meter, probe, clock }: Dependencies) {
  return async (effect: EffectOf<'validate'>, state: IncidentState, signal: AbortSignal): Promise<readonly Told[]> => {
    const run = findRun(state, effect.run);
    const action = run === undefined ? undefined : findAction(run, effect.action);
    if (run === undefined || action === undefined || !isWrite(action.planned.action)) return [];
    const about = { run: run.id, action: action.planned.id, role: effect.role };
    if (effect.role === 'rollback') {
      const found = await probe.landed({ state, run, action }, 'rollback', signal);
      const [outcome, measured] = undone(found);
      return [{ type: 'action-validated', body: { ...about, outcome, measured } }];
    }
    if (action.state.step !== 'executed') return [];
    const measurable = { inputs: run.plan.inputs, target: action.planned.action.target };
    const result = await hold(
      action.planned.validate ?? defaultValidation,
      Date.parse(action.state.at),
      measurable,
      signal,
    );
    return [{ type: 'action-validated', body: { ...about, ...result } }];
  };

  async function hold(
    { until, everyMs, forMs, timeoutMs }: Validation,
    startedAtMs: number,
    about: Measurable,
    signal: AbortSignal,
  ): Promise<{ readonly outcome: Outcome; readonly measured: string }> {
    // Measured by the monotonic clock from here on. After a restart that came late, the condition still gets the time it must hold: a good change is not rolled
    // back for the time that the co-pilot was away.
    const leftMs = Math.min(timeoutMs, startedAtMs + timeoutMs - clock.now().getTime());
    const endsAtMs = clock.monotonicMs() + Math.max(leftMs, Math.min(timeoutMs, forMs + everyMs));
    let holdsSince: number | undefined;
    let failsSince: number | undefined;
    for (;;) {
      const measurement = await meter(until, about, signal);
      const now = clock.monotonicMs();
      holdsSince = measurement.outcome === 'succeeded' ? (holdsSince ?? now) : undefined;
      failsSince = measurement.definite ? (failsSince ?? now) : undefined;
      if (holdsSince !== undefined && now - holdsSince >= forMs)
        return { outcome: 'succeeded', measured: measurement.measured };
      if (failsSince !== undefined && now - failsSince >= settleMs)
        return { outcome: 'failed', measured: measurement.measured };
      if (now >= endsAtMs) return ranOut(measurement, timeoutMs);
      await clock.sleep(everyMs, signal);
    }
  }
}

function ranOut(
  { outcome, measured }: Measurement,
  timeoutMs: number,
): { readonly outcome: Outcome; readonly measured: string } {
  const within = `within ${Math.round(timeoutMs / 1000)} s`;
  if (outcome === 'errored') return { outcome: 'errored', measured: `It could not be measured ${within}: ${measured}` };
  return { outcome: 'failed', measured: `It did not hold ${within}: ${measured}` };
}

function undone(found: Awaited<ReturnType<ChangeProbe['landed']>>): [Outcome, string] {
  switch (found.landed) {
    case 'applied':
      return ['succeeded', 'The object is as it was before the change.'];
    case 'not-applied':
      return ['failed', 'The object is not as it was before the change.'];
    case 'cannot-tell':
      return ['errored', found.why];
  }
  return found satisfies never;
}
