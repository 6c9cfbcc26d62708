import type { EffectOf } from '../core/incident/effect.ts';
import type { Told } from '../core/incident/events.ts';
import type { IncidentState } from '../core/incident/state.ts';
import type { TargetClaims } from '../ports/target-claims.ts';

type Dependencies = { readonly claims: TargetClaims };

/** Gives back the objects that a run held, once it has ended. */
export function createReleaseTargets({ claims }: Dependencies) {
  return async ({ run }: EffectOf<'release-targets'>, { reference }: IncidentState): Promise<readonly Told[]> => {
    const released = await claims.release({ incident: reference, run });
    if (!released.ok) throw new Error(released.error.sentence);
    return [{ type: 'targets-released', body: { run } }];
  };
}
