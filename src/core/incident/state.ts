import type { Investigation, Scope } from '../diagnosis/investigation.ts';
import type { Requirement } from '../policy/verdict.ts';
import type { Plan, PlannedAction } from '../runbook/plan.ts';
import type { Alert, Person } from '../signal/signal.ts';
import type { Detection, Escalation, IncidentSources } from './detections.ts';
import type { ActionCheck, BodyOf, Outcome, Route } from './events.ts';
import type { Attempt } from './past-incident.ts';
import type { Reasoning } from './reasoning-state.ts';

export type Phase = 'open' | 'acknowledged' | 'mitigated' | 'resolved';

/** What went wrong with an effect so far, by its key: `next` decides from it whether to try again. */
export type EffectFailure = {
  readonly attempts: number;
  readonly code: string;
  readonly sentence: string;
  readonly notBefore: string;
};

/**
 * Where one action of a run stands. Each member holds only what is true in it.
 *
 * due → checked → (waiting →) cleared → intended → executed → done, and for a write whose validation failed: → undoing → undo-intended → undo-executed → done.
 * `since` is the seq of the event that led here: the causing seq of the effect that comes next.
 */
export type ActionState =
  | { readonly step: 'due'; readonly since: number; readonly supersededTimes: number }
  | { readonly step: 'checked'; readonly since: number; readonly check: ActionCheck; readonly supersededTimes: number }
  | {
      readonly step: 'waiting';
      readonly since: number;
      readonly check: ActionCheck;
      readonly approval: string;
      readonly supersededTimes: number;
    }
  | {
      readonly step: 'cleared';
      readonly since: number;
      readonly check: ActionCheck;
      readonly approval: string | null;
      readonly supersededTimes: number;
    }
  | {
      readonly step: 'intended';
      readonly since: number;
      readonly check: ActionCheck;
      readonly digest: string;
      readonly requestDigest: string;
      readonly approval: string | null;
      readonly clearedSince: number;
      readonly supersededTimes: number;
    }
  | { readonly step: 'executed'; readonly since: number; readonly at: string; readonly check: ActionCheck }
  | { readonly step: 'undoing'; readonly since: number; readonly check: ActionCheck; readonly measured: string }
  | {
      readonly step: 'undo-intended';
      readonly since: number;
      readonly check: ActionCheck;
      readonly digest: string;
      readonly requestDigest: string;
      readonly measured: string;
      readonly undoingSince: number;
    }
  | {
      readonly step: 'undo-executed';
      readonly since: number;
      readonly at: string;
      readonly check: ActionCheck;
      readonly measured: string;
    }
  | {
      readonly step: 'done';
      readonly since: number;
      readonly outcome: Outcome | 'refused' | 'handed-over';
      readonly wrote: boolean;
      readonly rolledBack: 'no' | 'yes' | 'failed' | 'unknown';
      readonly sentence: string;
    };

export type RunAction = { readonly planned: PlannedAction; readonly state: ActionState };

export type RunStatus =
  | 'planned'
  | 'waiting'
  | 'running'
  | 'succeeded'
  | 'failed'
  | 'stopped'
  | 'not-applicable'
  | 'unknown';

export type Run = {
  readonly id: string;
  readonly plan: Plan;
  readonly requester: Person | null;
  readonly status: RunStatus;
  readonly plannedSince: number;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly preconditions: BodyOf<'preconditions-checked'> | null;
  readonly actions: readonly RunAction[];
  readonly stopRequestedBy: Person | null;
  readonly reason: string | null;
  readonly targetsReleased: boolean;
};

export type ApprovalStatus = 'pending' | 'granted' | 'consumed' | 'rejected' | 'expired' | 'superseded' | 'revoked';

export type Decision = {
  readonly by: Person;
  readonly groups: readonly string[];
  readonly at: string;
  readonly seq: number;
};

/** A question to people about one digest. `given` are the yeses so far; `granted` once every requirement is met. */
export type Approval = {
  readonly id: string;
  readonly run: string;
  readonly action: string;
  readonly digest: string;
  readonly require: readonly Requirement[];
  readonly requester: Person | null;
  readonly requestedAt: string;
  readonly expiresAt: string;
  readonly typedConfirmation: boolean;
  readonly status: ApprovalStatus;
  readonly given: readonly Decision[];
  readonly why: string | null;
  readonly endedBy: Person | null;
  readonly endedAt: string | null;
  readonly card: { readonly channel: string; readonly ts: string } | null;
};

export type Wanted = {
  readonly since: number;
  readonly scope: Scope;
  readonly subject: string | null;
  readonly requester: Person | null;
};
export type RunWanted = {
  readonly since: number;
  readonly runbook: string;
  readonly given: Readonly<Record<string, string>>;
  readonly requester: Person | null;
};

/** Everything about one incident, folded from its stream. Derived, never stored. */
export type IncidentState = {
  readonly reference: string;
  readonly seq: number;
  readonly hash: string;
  readonly opened: BodyOf<'incident-opened'>;
  readonly openedAt: string;
  readonly phase: Phase;
  readonly mitigatedAt: string | null;
  readonly resolvedAt: string | null;
  /** The alert group this incident belongs to; an incident that a person opened gets it when the alert follows. */
  readonly group: string | null;
  readonly alerts: readonly Alert[];
  /** What each alert group and each detection of this incident said last, by its id. */
  readonly sources: IncidentSources;
  /** What the co-pilot saw by itself, by fingerprint. */
  readonly detections: Readonly<Record<string, Detection>>;
  /** When the people of the route are called; null where nobody asked for it. */
  readonly escalation: Escalation | null;
  /** They were called, once. */
  readonly escalated: { readonly seq: number; readonly at: string; readonly why: 'persistent' | 'recurring' } | null;
  /** Seq of the signal by which the source said that it is over; the incident is resolved once no write is in mid-air. */
  readonly sourceResolvedAt: number | null;
  readonly route: Route;
  /** An investigation that was asked for and has not finished. */
  readonly investigationWanted: Wanted | null;
  readonly investigation: {
    readonly seq: number;
    readonly at: string;
    readonly document: Investigation;
    readonly chosen: string | null;
    readonly why: string;
  } | null;
  /** A run that was asked for, by rule or by a person, and has no plan yet. */
  readonly runWanted: RunWanted | null;
  readonly planRefused: { readonly seq: number; readonly body: BodyOf<'plan-refused'> } | null;
  readonly runs: readonly Run[];
  /** What each run was made for: by it memory knows what was tried for which finding. */
  readonly attempts: readonly Attempt[];
  readonly reasoning: Reasoning;
  readonly approvals: Readonly<Record<string, Approval>>;
  readonly failures: Readonly<Record<string, EffectFailure>>;
  readonly posts: { readonly root: Post | null; readonly caseFile: Post | null };
  /** Ids of signals already taken in: a signal is consumed once. */
  readonly signals: readonly string[];
};

export type Post = { readonly channel: string; readonly ts: string };

const ended: readonly RunStatus[] = ['succeeded', 'failed', 'stopped', 'not-applicable', 'unknown'];

export function hasEnded(run: Run): boolean {
  return ended.includes(run.status);
}

/** Whether a change was announced, or made and not yet brought to its end: a run may not be ended over it. */
export function inMidAir({ step }: ActionState): boolean {
  switch (step) {
    case 'intended':
    case 'executed':
    case 'undoing':
    case 'undo-intended':
    case 'undo-executed':
      return true;
    case 'due':
    case 'checked':
    case 'waiting':
    case 'cleared':
    case 'done':
      return false;
  }
  return step satisfies never;
}

/** The run that is under way; an incident has at most one. */
export function activeRun(state: IncidentState): Run | undefined {
  return state.runs.find((run) => !hasEnded(run));
}

/** The action a run is at: the first that is not done. */
export function currentAction(run: Run): RunAction | undefined {
  return run.actions.find(({ state }) => state.step !== 'done');
}

export function findRun(state: IncidentState, id: string): Run | undefined {
  return state.runs.find((run) => run.id === id);
}

export function findAction(run: Run, id: string): RunAction | undefined {
  return run.actions.find(({ planned }) => planned.id === id);
}

/** The questions that nobody has answered yet. */
export function pendingApprovals(state: IncidentState): Approval[] {
  return Object.values(state.approvals).filter(({ status }) => status === 'pending');
}
