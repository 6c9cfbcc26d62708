import type { Scope } from '../diagnosis/investigation.ts';
import type { Person } from '../signal/signal.ts';
import type { NewIncidentEvent } from './events.ts';

type About = { readonly run: string; readonly action: string };

/**
 * Something to be done at the edge for an incident. `key` is deterministic (incident, kind, causing seq): while it is in flight, naming the effect again
 * does no harm. Class of each kind:
 *
 * - repeatable (reads, policy, model): investigate, make-plan, check-preconditions, check-action, perform-read, validate, explain, answer
 * - idempotent (recognised when done twice): record, request-approval, release-targets
 * - once (a write, with its durable intent): execute. Its handler looks first when an intent without a result is already there.
 */
export type Effect = { readonly key: string } & (
  | { readonly kind: 'record'; readonly events: readonly NewIncidentEvent[] }
  | { readonly kind: 'investigate'; readonly scope: Scope; readonly subject: string | null }
  | {
      readonly kind: 'make-plan';
      readonly runbook: string;
      readonly given: Readonly<Record<string, string>>;
      readonly requester: Person | null;
    }
  | { readonly kind: 'check-preconditions'; readonly run: string }
  | ({ readonly kind: 'check-action' } & About)
  | ({ readonly kind: 'request-approval' } & About)
  | ({ readonly kind: 'perform-read' } & About)
  | ({ readonly kind: 'execute'; readonly role: 'action' | 'rollback' } & About)
  | ({ readonly kind: 'validate'; readonly role: 'action' | 'rollback' } & About)
  | { readonly kind: 'release-targets'; readonly run: string }
  | { readonly kind: 'explain'; readonly investigation: number }
  | { readonly kind: 'answer'; readonly question: number; readonly scope: Scope; readonly subject: string | null }
);

export type EffectOf<K extends Effect['kind']> = Extract<Effect, { readonly kind: K }>;
