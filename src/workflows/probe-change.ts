import { isWrite } from '../core/action/action.ts';
import { landed } from '../core/action/prepare-change.ts';
import { typeOfKind } from '../core/cluster/kinds.ts';
import type { ActionCheck } from '../core/incident/events.ts';
import type { RunAction } from '../core/incident/state.ts';
import type { ChangeProbe, Landed } from '../ports/change-probe.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterReader } from '../ports/cluster-reader.ts';

type Dependencies = { readonly reader: ClusterReader; readonly clock: Clock };

const deployments = typeOfKind('Deployment');

const everyMs = 500;
/** A request that was sent right before the process died may still be on its way; this long it is waited for before "not applied" is believed. */
const settleMs = 3_000;
/** How long an unreachable cluster is waited for before the answer is "cannot tell". */
const patienceMs = 60_000;

export function createChangeProbe({ reader, clock }: Dependencies): ChangeProbe {
  return {
    async landed({ action }, role, signal) {
      const { planned, state } = action;
      const check = checkOf(state);
      if (!isWrite(planned.action) || check === null || check.captured === null) {
        return { landed: 'cannot-tell', why: 'Nothing was captured before the change to compare with.' };
      }
      const { target } = planned.action;
      const startedMs = clock.monotonicMs();
      for (;;) {
        const live = await reader.get(deployments, target.namespace, target.name, signal);
        const waitedMs = clock.monotonicMs() - startedMs;
        const found: Landed = live.ok
          ? seen(landed(planned.action, check.captured, { target: live.value, uid: check.target?.uid ?? '' }), role)
          : { landed: 'cannot-tell', why: live.error.sentence };
        if (found.landed === 'applied') return found;
        if (live.ok && waitedMs >= settleMs) return found;
        if (!live.ok && (live.error.code === 'cluster.not-found' || waitedMs >= patienceMs)) return found;
        await clock.sleep(everyMs, signal);
      }
    },
  };
}

/** Seen from the rollback, the state of before is what was to be reached. */
function seen(forward: 'applied' | 'not-applied' | 'cannot-tell', role: 'action' | 'rollback'): Landed {
  if (forward === 'cannot-tell')
    return {
      landed: 'cannot-tell',
      why: 'The object is neither as it was before nor as the change would have left it.',
    };
  const wanted = role === 'action' ? 'applied' : 'not-applied';
  return { landed: forward === wanted ? 'applied' : 'not-applied' };
}

function checkOf(state: RunAction['state']): ActionCheck | null {
  return 'check' in state ? state.check : null;
}
