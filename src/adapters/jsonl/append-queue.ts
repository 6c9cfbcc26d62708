import { draftEvent, type EventDraft, type SealedEvent, sealDraft } from '../../core/journal/chain.ts';
import { type Head, type JournalEvent, type NewEvent, noPrevious } from '../../core/journal/event.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { AppendProblem, Position } from '../../ports/journal.ts';
import type { PlacedEvent } from './follow-log.ts';
import { renderAppend } from './render-append.ts';
import { systemErrorOf } from './system-error.ts';

type AppendResult = Result<readonly JournalEvent[], AppendProblem>;

type Waiting = {
  readonly stream: string;
  readonly expectedSeq: number;
  readonly drafts: readonly EventDraft[];
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
};

type Decided = { readonly waiting: Waiting; readonly sealed: readonly SealedEvent[] | undefined; readonly at: number };

export type AppendQueue = {
  append(stream: string, expectedSeq: number, events: readonly NewEvent[]): Promise<AppendResult>;
  /** Refuses further appends, and resolves when those before are answered. */
  close(): Promise<void>;
};

export type AppendQueueOptions = {
  readonly now: () => Date;
  readonly head: (stream: string) => Head | undefined;
  /** Stores bytes durably; rejects with the system's error, and then nothing of them is stored. */
  readonly store: (bytes: Uint8Array) => Promise<Position>;
  /** Called with what has become durable, in the order of the log, before the appends resolve. Must not throw. */
  readonly committed: (placed: readonly (PlacedEvent & { readonly bytes: number })[]) => void;
  /** Says where the disk is, for the sentence of a refusal. */
  readonly folder: string;
};

// A group is written in one call; a larger one would only make the first of it wait longer.
const groupBytes = 4 * 1024 * 1024;

/**
 * Group commit: appends that arrive while a write is under way are stored together by the next one. Expected seqs are compared in the order in
 * which appends came, against what is stored plus what the same group stores before them.
 */
export function createAppendQueue(options: AppendQueueOptions): AppendQueue {
  let queue: Waiting[] = [];
  let draining: Promise<void> | undefined;
  let isClosed = false;

  async function drain(): Promise<void> {
    // Appends of the same turn belong in the first group.
    await Promise.resolve();
    while (queue.length > 0) await storeGroup();
    draining = undefined;
  }

  async function storeGroup(): Promise<void> {
    const recordedAt = options.now().toISOString();
    const tips = new Map<string, Head>();
    const group: Decided[] = [];
    let bytes = 0;
    let taken = 0;
    for (const waiting of queue) {
      if (bytes >= groupBytes) break;
      taken += 1;
      const { stream, drafts, expectedSeq } = waiting;
      const tip = tips.get(stream) ?? options.head(stream);
      const at = tip?.seq ?? 0;
      if (at !== expectedSeq) {
        group.push({ waiting, sealed: undefined, at });
        continue;
      }
      try {
        const sealed = sealAll(drafts, { stream, seq: at, prev: tip?.hash ?? noPrevious, recordedAt });
        const last = sealed.at(-1)?.event;
        if (last !== undefined) tips.set(stream, { stream, seq: last.seq, hash: last.hash });
        for (const { line } of sealed) bytes += line.length;
        group.push({ waiting, sealed, at });
      } catch (error) {
        waiting.reject(error);
      }
    }
    queue = queue.slice(taken);
    await answer(group);
  }

  async function answer(group: readonly Decided[]): Promise<void> {
    const rendered = group.map(({ sealed }) =>
      sealed === undefined || sealed.length === 0 ? undefined : renderAppend(sealed),
    );
    const bytes = Buffer.concat(rendered.flatMap((append) => (append === undefined ? [] : [append.bytes])));
    let start: Position;
    try {
      start = bytes.length === 0 ? 0 : await options.store(bytes);
    } catch (error) {
      // A conflict may rest on an event of this group that is not stored now: all of them may be tried again.
      for (const { waiting } of group) waiting.resolve(fail(unavailable(waiting, error)));
      return;
    }
    const placed: (PlacedEvent & { bytes: number })[] = [];
    let offset = start;
    for (const [index, { sealed }] of group.entries()) {
      const append = rendered[index];
      if (append === undefined || sealed === undefined) continue;
      for (const [at, line] of append.lines.entries()) {
        const event = sealed[at]?.event;
        if (event !== undefined) placed.push({ event, position: offset + line.offset, bytes: line.bytes });
      }
      offset += append.bytes.length;
    }
    if (placed.length > 0) options.committed(placed);
    for (const { waiting, sealed, at } of group) {
      waiting.resolve(sealed === undefined ? fail(conflict(waiting, at)) : ok(sealed.map(({ event }) => event)));
    }
  }

  function unavailable({ stream, drafts }: Waiting, error: unknown): AppendProblem {
    const system = systemErrorOf(error);
    const full = system === 'ENOSPC' || system === 'EDQUOT';
    const why = full ? `the disk is full (${system})` : `the disk refused (${system ?? String(error)})`;
    const next = full ? 'Free some space' : 'Check the disk';
    return {
      code: 'journal.unavailable',
      sentence: `The journal in ${options.folder} could not be written: ${why}. ${notStored(drafts.length, stream)}. ${next} and try again; the journal goes on by itself.`,
    };
  }

  return {
    append(stream, expectedSeq, events) {
      // Rendered now: what the caller does with the events afterwards changes nothing.
      const drafts = events.map(draftEvent);
      if (isClosed) {
        return Promise.resolve(
          fail({
            code: 'journal.unavailable',
            sentence: `The journal is closed: ${notStored(drafts.length, stream)}. Try again when the process has started again.`,
          }),
        );
      }
      return new Promise((resolve, reject) => {
        queue.push({ stream, expectedSeq, drafts, resolve, reject });
        draining ??= drain();
      });
    },
    async close() {
      isClosed = true;
      await draining;
    },
  };
}

function sealAll(
  drafts: readonly EventDraft[],
  tip: { readonly stream: string; readonly seq: number; readonly prev: string; readonly recordedAt: string },
): SealedEvent[] {
  let { seq, prev } = tip;
  return drafts.map((draft) => {
    seq += 1;
    const sealed = sealDraft(draft, { stream: tip.stream, seq, prev, recordedAt: tip.recordedAt });
    prev = sealed.event.hash;
    return sealed;
  });
}

function conflict({ stream, expectedSeq, drafts }: Waiting, at: number): AppendProblem {
  return {
    code: 'journal.conflict',
    sentence: `${stream} is at event ${at}, not at ${expectedSeq} as expected: ${notStored(drafts.length, stream)}. Read the stream again and decide anew.`,
  };
}

function notStored(events: number, stream: string): string {
  return events === 1 ? `1 event of ${stream} was not stored` : `${events} events of ${stream} were not stored`;
}
