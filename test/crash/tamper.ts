import canonicalize from 'canonicalize';
import type { LedgerEntry } from '../../src/sandbox/slack/ledger.ts';
import type { Message } from '../../src/sandbox/slack/records.ts';
import type { ClusterRequest } from './crash-world.ts';
import type { Exported, Histories } from './histories.ts';
import { digestOf } from './recorded-events.ts';

/** An event as it is on disk, to be forged. */
type Forged = {
  seq: number;
  recordedAt: string;
  incident: string;
  type: string;
  body: Record<string, unknown>;
  [field: string]: unknown;
};

/** A copy of histories whose log was rewritten by somebody who can also mend the chain: only what it says is wrong then. */
export function forgeEvents(histories: Histories, forge: (event: Forged) => readonly Forged[]): Histories {
  const ends = new Map<string, { seq: number; hash: string }>();
  const journal = histories.journal
    .flatMap((line) => forge(JSON.parse(line)))
    .map((event) => {
      const end = ends.get(event.incident) ?? { seq: 0, hash: '0'.repeat(64) };
      const { hash: _, ...rest } = event;
      const placed = { ...rest, seq: end.seq + 1, prev: end.hash };
      const hash = digestOf(placed);
      ends.set(event.incident, { seq: placed.seq, hash });
      return canonicalize({ ...placed, hash }) ?? '';
    });
  return { ...histories, journal };
}

/** Leaves out the events of a type (of one incident, the inbox or a target). */
export function withoutEvents(
  histories: Histories,
  type: string,
  which: (event: Forged) => boolean = () => true,
): Histories {
  return forgeEvents(histories, (event) => (event.type === type && which(event) ? [] : [event]));
}

/** Changes the body of the events of a type. */
export function withBody(histories: Histories, type: string, change: Record<string, unknown>): Histories {
  return forgeEvents(histories, (event) => [
    event.type === type ? { ...event, body: { ...event.body, ...change } } : event,
  ]);
}

export function withMessages(histories: Histories, forge: (message: Message) => readonly Message[]): Histories {
  return { ...histories, messages: histories.messages.flatMap(forge) };
}

export function withRequests(
  histories: Histories,
  forge: (request: ClusterRequest) => readonly ClusterRequest[],
): Histories {
  const forged = (request: ClusterRequest) =>
    request.method === 'PATCH' && request.query.dryRun === undefined ? forge(request) : [request];
  return { ...histories, requests: histories.requests.flatMap(forged) };
}

export function withExport(histories: Histories, change: (exported: Exported) => Partial<Exported>): Histories {
  return { ...histories, exported: { ...histories.exported, ...change(histories.exported) } };
}

/** The ledger of Slack with one line more. */
export function withWhisper(histories: Histories, text: string, at: string): Histories {
  const entry: LedgerEntry = {
    kind: 'api-call',
    method: 'chat.postEphemeral',
    token: 'bot',
    arguments: { text },
    status: 200,
    answer: { ok: true },
    seq: histories.slack.length + 1,
    at,
  };
  return { ...histories, slack: [...histories.slack, entry] };
}

export function keyOf({ metadata }: Message): string {
  return String(metadata?.event_payload.key);
}
