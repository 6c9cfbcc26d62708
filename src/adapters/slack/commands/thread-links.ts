import type { WebClient } from '@slack/web-api';
import type { IncidentState, Post } from '../../../core/incident/state.ts';
import type { Clock } from '../../../ports/clock.ts';

const maxKept = 1_000;
const withinMs = 800;

export type ThreadLinks = {
  /** `<https://…|INC-7's thread>`, the channel's name when Slack gives no address in time, or a word when nothing is posted yet. Never rejects. */
  linkTo(incident: IncidentState): Promise<string>;
};

type Dependencies = { readonly client: WebClient; readonly clock: Clock };

export function createThreadLinks({ client, clock }: Dependencies): ThreadLinks {
  const known = new Map<string, Promise<string | undefined>>();

  function addressOf({ channel, ts }: Post): Promise<string | undefined> {
    const id = `${channel}/${ts}`;
    const asked = known.get(id);
    if (asked !== undefined) return asked;
    const asking = client.chat.getPermalink({ channel, message_ts: ts }).then(
      ({ permalink }) => (permalink !== undefined && /^https?:\/\/[^\s<>|]+$/.test(permalink) ? permalink : undefined),
      () => {
        known.delete(id);
        return undefined;
      },
    );
    known.set(id, asking);
    const oldest = known.keys().next();
    if (known.size > maxKept && !oldest.done) known.delete(oldest.value);
    return asking;
  }

  return {
    async linkTo({ reference, posts }) {
      if (posts.root === null) return 'its thread is being posted';
      const left = new AbortController();
      const late = clock.sleep(withinMs, left.signal).catch(() => undefined);
      const address = await Promise.race([addressOf(posts.root), late.then(() => undefined)]);
      left.abort();
      return address === undefined ? `in <#${posts.root.channel}>` : `<${address}|thread of ${reference}>`;
    },
  };
}
