import type { Json, JsonObject } from './json.ts';
import { createListeners } from './listeners.ts';

/** What happened on the wire or by a person's hand. Tokens are never in it: `token` only says which kind was used. */
export type LedgerFact =
  | {
      readonly kind: 'api-call';
      readonly method: string;
      readonly token: 'bot' | 'app' | 'unknown' | 'none';
      readonly arguments: JsonObject;
      readonly status: number;
      readonly answer: Json;
      readonly fault?: string;
    }
  | {
      readonly kind: 'envelope-sent';
      readonly envelopeId: string;
      readonly type: string;
      readonly attempt: number;
      readonly connection: number;
      readonly payload: JsonObject;
    }
  | {
      readonly kind: 'envelope-acked';
      readonly envelopeId: string;
      readonly elapsedMs: number;
      readonly isLate: boolean;
      readonly payload: Json;
    }
  | {
      readonly kind: 'envelope-lost';
      readonly type: string;
      readonly reason: 'not-acked' | 'not-connected';
      readonly envelopeId?: string;
    }
  | {
      readonly kind: 'response-url';
      readonly use: number;
      readonly body: Json;
      readonly status: number;
      readonly answer: Json;
      readonly fault?: string;
    }
  | {
      readonly kind: 'upload';
      readonly file: string;
      readonly bytes: number;
      readonly status: number;
      readonly fault?: string;
    }
  | {
      readonly kind: 'connection';
      readonly connection: number;
      readonly change: 'opened' | 'closed' | 'disconnect-sent' | 'refused';
      readonly detail?: string;
    }
  | {
      readonly kind: 'hand';
      readonly person: string;
      readonly action: string;
      readonly arguments: JsonObject;
      readonly seen: JsonObject;
    };

/** One line of the record; `at` is RFC 3339 UTC, `seq` counts from 1. */
export type LedgerEntry = LedgerFact & { readonly seq: number; readonly at: string };

export type Ledger = {
  record(fact: LedgerFact): void;
  entries(): readonly LedgerEntry[];
  onEntry(listener: (entry: LedgerEntry) => void): () => void;
};

/** A record of everything that crossed the wire. Facts are copied, so later changes of a message do not rewrite history. */
export function createLedger({ now }: { now: () => number }): Ledger {
  const entries: LedgerEntry[] = [];
  const listeners = createListeners<LedgerEntry>();
  return {
    record(fact) {
      const entry = { ...structuredClone(fact), seq: entries.length + 1, at: new Date(now()).toISOString() };
      entries.push(entry);
      listeners.tell(entry);
    },
    entries: () => entries,
    onEntry: listeners.add,
  };
}
