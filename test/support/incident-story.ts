import { approvalDigest } from '../../src/core/approval/approval-digest.ts';
import { apply } from '../../src/core/incident/apply.ts';
import { type ActionCheck, type IncidentEvent, readIncidentEvent, type Told } from '../../src/core/incident/events.ts';
import { activeRun, findAction, type IncidentState } from '../../src/core/incident/state.ts';
import { headOf, sealEvent } from '../../src/core/journal/chain.ts';
import { type Actor, type Head, type JournalEvent, noPrevious } from '../../src/core/journal/event.ts';
import type { Person } from '../../src/core/signal/signal.ts';
import {
  allow,
  investigation,
  lena,
  openedBody,
  plan as planOf,
  readCheck,
  readStep,
  undoStep,
  writeCheck,
} from './incident-facts.ts';

type More = { readonly actor?: Actor; readonly afterMs?: number; readonly cause?: string };

/** An incident told event by event, each sealed into the chain as a journal does and applied to the state. */
export type Story = {
  tell(told: Told, more?: More): Story;
  state(): IncidentState;
  events(): readonly IncidentEvent[];
  head(): Head;
  /** The instant of the next event. */
  now(): Date;
  /** The same story so far; what is told to one is not told to the other. */
  fork(): Story;
};

const bot: Actor = { kind: 'bot' };

export function createStory({
  reference = 'INC-1',
  start = '2026-11-21T03:04:05.000Z',
  told = [] as readonly IncidentEvent[],
} = {}): Story {
  const events = [...told];
  let state = events.reduce<IncidentState | undefined>(apply, undefined);
  let nowMs = Date.parse(start);
  const story: Story = {
    tell(next, { actor = bot, afterMs = 1_000, cause = 'test' } = {}) {
      nowMs += afterMs;
      const at = new Date(nowMs).toISOString();
      const place = {
        stream: `incident/${reference}`,
        seq: events.length + 1,
        prev: events.at(-1)?.hash ?? noPrevious,
        recordedAt: at,
      };
      const { event } = sealEvent({ ...next, actor, cause, occurredAt: at }, place);
      const read = readIncidentEvent(event);
      state = apply(state, read);
      events.push(read);
      return story;
    },
    state() {
      if (state === undefined) throw new Error('the story has not begun');
      return state;
    },
    events: () => events,
    head: () => headOf(lastOf(events)),
    now: () => new Date(nowMs),
    fork: () => createStory({ reference, start: new Date(nowMs).toISOString(), told: events }),
  };
  return story;
}

function lastOf(events: readonly JournalEvent[]): JournalEvent {
  const last = events.at(-1);
  if (last === undefined) throw new Error('the story has not begun');
  return last;
}

export const runId = 'run-1';
export const approvalId = 'a0'.repeat(16);
export const undoing = { run: runId, action: undoStep.id };

export function opened(more: Parameters<typeof openedBody>[0] = {}): Story {
  return createStory().tell(
    { type: 'incident-opened', body: openedBody(more) },
    { actor: { kind: 'signal', name: 'Alertmanager' } },
  );
}

export function planned(plan = planOf(), requester: Person | null = null): Story {
  const answered: Told = {
    type: 'investigation-finished',
    body: { investigation: investigation(), chosen: plan.runbook.name, why: 'the alert names it.' },
  };
  return opened()
    .tell(answered)
    .tell({ type: 'plan-made', body: { run: runId, plan, requester } });
}

/** Up to the write: preconditions hold, the read was made (when the plan has one). */
export function atTheWrite(plan = planOf(), requester: Person | null = null): Story {
  const story = planned(plan, requester).tell({
    type: 'preconditions-checked',
    body: { run: runId, results: [], holds: true },
  });
  if (plan.actions.some(({ id }) => id === readStep.id)) {
    const about = { run: runId, action: readStep.id };
    story
      .tell({ type: 'action-checked', body: { ...about, check: readCheck() } })
      .tell({
        type: 'action-executed',
        body: { ...about, role: 'action', observed: false, summary: 'Look at the pods: 3 rows', output: 'NAME READY' },
      })
      .tell({
        type: 'action-validated',
        body: { ...about, role: 'action', outcome: 'succeeded', measured: 'It was read.' },
      });
  }
  return story;
}

export function checked(check: ActionCheck = writeCheck(), requester: Person | null = null): Story {
  return atTheWrite(planOf(), requester).tell({ type: 'action-checked', body: { ...undoing, check } });
}

/** The question as `createRequestApproval` puts it. */
export function ask(story: Story, ttlMs = 900_000, approval = approvalId): Story {
  const state = story.state();
  const run = activeRun(state);
  const action = run === undefined ? undefined : findAction(run, undoing.action);
  if (run === undefined || action?.state.step !== 'checked') throw new Error('nothing is to be asked');
  const { check } = action.state;
  const { verdict } = check;
  if (verdict.effect !== 'needs-approval') throw new Error('policy does not ask');
  const expiresAt = new Date(story.now().getTime() + 1_000 + ttlMs).toISOString();
  const digest = approvalDigest({
    incident: state.reference,
    run: run.id,
    runbookDigest: run.plan.runbook.digest,
    planned: action.planned,
    check,
    expiresAt,
  });
  return story.tell({
    type: 'approval-requested',
    body: {
      ...undoing,
      approval,
      digest,
      require: verdict.require,
      requester: run.requester,
      expiresAt,
      typedConfirmation: verdict.typedConfirmation ?? false,
    },
  });
}

export function waiting(check: ActionCheck = writeCheck(), requester: Person | null = null): Story {
  return ask(checked(check, requester));
}

export function yes(story: Story, by: Person = lena, groups: string[] = ['sre-leads'], afterMs = 20_000): Story {
  return story.tell(
    { type: 'approval-given', body: { approval: approvalId, by, groups } },
    { actor: { kind: 'user', id: by.id, name: by.name }, afterMs },
  );
}

export function granted(check: ActionCheck = writeCheck(), requester: Person | null = null): Story {
  return yes(waiting(check, requester));
}

/** Cleared by policy alone, as in `auto`. */
export function clearedUnasked(check: ActionCheck = writeCheck({ verdict: allow })): Story {
  return checked(check);
}

export function intended(story: Story = granted(), role: 'action' | 'rollback' = 'action'): Story {
  const run = activeRun(story.state());
  const at = run === undefined ? undefined : findAction(run, undoing.action);
  const approval = role === 'action' && at?.state.step === 'cleared' ? at.state.approval : null;
  const digest = approval === null ? 'd'.repeat(64) : (story.state().approvals[approval]?.digest ?? '');
  return story.tell({
    type: 'action-intended',
    body: {
      ...undoing,
      role,
      digest,
      requestDigest: 'a'.repeat(64),
      approval,
      summary: 'Undo the rollout of checkout (image: shop/checkout:v2 → shop/checkout:v1)',
    },
  });
}

export function executed(story: Story = intended(), role: 'action' | 'rollback' = 'action'): Story {
  return story.tell({
    type: 'action-executed',
    body: { ...undoing, role, observed: false, summary: 'Changed Deployment shop/checkout.', output: '' },
  });
}

export function validated(
  story: Story,
  outcome: 'succeeded' | 'failed' | 'errored' | 'unknown' = 'succeeded',
  role: 'action' | 'rollback' = 'action',
): Story {
  return story.tell({
    type: 'action-validated',
    body: { ...undoing, role, outcome, measured: '3 of 3 replicas are updated and available' },
  });
}
