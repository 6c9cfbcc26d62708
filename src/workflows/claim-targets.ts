import { digestOf } from '../core/digest.ts';
import type { JournalEvent } from '../core/journal/event.ts';
import { fail, ok } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { Claimant, TargetClaims } from '../ports/target-claims.ts';

type Dependencies = {
  readonly journal: Journal;
  readonly clock: Clock;
  /** Whether the run that holds an object is still under way. A claim of one that has ended (it was stopped while it claimed) holds nobody up. */
  readonly isUnderWay: (holder: Claimant) => boolean;
};

const maxTries = 5;

/** Keeps the streams `target/<digest of cluster and uid>`: the last event says who holds the object, or that nobody does. */
export function createTargetClaims({ journal, clock, isUnderWay }: Dependencies): TargetClaims {
  async function holderOf(stream: string): Promise<{ readonly seq: number; readonly holder: Claimant | null }> {
    const last = (await journal.read(stream)).at(-1);
    return { seq: last?.seq ?? 0, holder: last?.type === 'target-claimed' ? claimantOf(last) : null };
  }

  const event = (type: 'target-claimed' | 'target-released', { incident, run }: Claimant) => ({
    type,
    actor: { kind: 'bot' as const },
    cause: `${incident}/${run}`,
    occurredAt: clock.now().toISOString(),
    body: { claimedBy: incident, run },
  });

  return {
    async claim({ cluster, uid }, by) {
      const stream = `target/${digestOf({ cluster, uid }).slice(0, 32)}`;
      for (let tries = 0; tries < maxTries; tries += 1) {
        const { seq, holder } = await holderOf(stream);
        if (holder !== null && isSame(holder, by)) return ok(undefined);
        if (holder !== null && isUnderWay(holder)) {
          return fail({
            code: 'target.busy',
            sentence: `${holder.incident} is changing this object right now. Nothing was changed here. Wait for its run to end, or stop it with /sre stop ${holder.incident}.`,
          });
        }
        const appended = await journal.append(stream, seq, [event('target-claimed', by)]);
        if (appended.ok) return ok(undefined);
        if (appended.error.code === 'journal.unavailable')
          return fail({ ...appended.error, code: 'journal.unavailable' });
      }
      return fail({
        code: 'target.busy',
        sentence: 'Others are claiming this object at this moment. Nothing was changed; try again.',
      });
    },
    async release(by) {
      for (const stream of journal.streams()) {
        if (!stream.startsWith('target/')) continue;
        const { seq, holder } = await holderOf(stream);
        if (holder === null || !isSame(holder, by)) continue;
        const appended = await journal.append(stream, seq, [event('target-released', by)]);
        if (!appended.ok && appended.error.code === 'journal.unavailable')
          return fail({ ...appended.error, code: 'journal.unavailable' });
      }
      return ok(undefined);
    },
  };
}

function claimantOf({ body }: JournalEvent): Claimant {
  return { incident: String(body.claimedBy), run: String(body.run) };
}

function isSame(a: Claimant, b: Claimant): boolean {
  return a.incident === b.incident && a.run === b.run;
}
