import { randomBytes } from 'node:crypto';

const triggerLifeMs = 3_000;
const responseUrlLifeMs = 30 * 60_000;
const responseUrlUses = 5;

/** Where a response_url points: who may see an answer, where, and which message it came from (absent for a slash command). */
export type ResponseTarget = {
  readonly person: string;
  readonly channel: string;
  readonly source?: { readonly kind: 'message' | 'ephemeral'; readonly ts: string };
};

/** What a trigger was given for. `viewId` is the modal in which the person acted. */
type Trigger = { readonly person: string; readonly viewId?: string };

export type InteractionTokens = {
  issueTrigger(trigger: Trigger): string;
  /** Spends a trigger: three seconds, once. */
  useTrigger(
    id: string,
  ):
    | { ok: true; trigger: Trigger }
    | { ok: false; error: 'invalid_trigger_id' | 'expired_trigger_id' | 'exchanged_trigger_id' };
  issueResponseUrl(target: ResponseTarget): string;
  /** Spends one of the five uses within thirty minutes. `use` counts from 1. */
  useResponseUrl(
    id: string,
  ):
    | { ok: true; target: ResponseTarget; use: number }
    | { ok: false; error: 'invalid_url' | 'expired_url' | 'used_url' };
};

/** Issues and spends trigger_ids and response_urls. `urlOf` turns an id into the address the app posts to. */
export function createInteractionTokens({
  now,
  urlOf,
}: {
  now: () => number;
  urlOf: (id: string) => string;
}): InteractionTokens {
  const triggers = new Map<string, { trigger: Trigger; issuedAt: number; isUsed: boolean }>();
  const targets = new Map<string, { target: ResponseTarget; issuedAt: number; uses: number }>();
  return {
    issueTrigger(trigger) {
      const id = `${now()}.${triggers.size + 1}.${randomBytes(16).toString('hex')}`;
      triggers.set(id, { trigger, issuedAt: now(), isUsed: false });
      return id;
    },
    useTrigger(id) {
      const found = triggers.get(id);
      if (found === undefined) return { ok: false, error: 'invalid_trigger_id' };
      if (found.isUsed) return { ok: false, error: 'exchanged_trigger_id' };
      if (now() - found.issuedAt > triggerLifeMs) return { ok: false, error: 'expired_trigger_id' };
      found.isUsed = true;
      return { ok: true, trigger: found.trigger };
    },
    issueResponseUrl(target) {
      const id = randomBytes(16).toString('hex');
      targets.set(id, { target, issuedAt: now(), uses: 0 });
      return urlOf(id);
    },
    useResponseUrl(id) {
      const found = targets.get(id);
      if (found === undefined) return { ok: false, error: 'invalid_url' };
      if (now() - found.issuedAt > responseUrlLifeMs) return { ok: false, error: 'expired_url' };
      if (found.uses >= responseUrlUses) return { ok: false, error: 'used_url' };
      found.uses += 1;
      return { ok: true, target: found.target, use: found.uses };
    },
  };
}
