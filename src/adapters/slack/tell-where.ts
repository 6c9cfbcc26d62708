import type { Told } from '../../core/incident/events.ts';
import type { IncidentState, Post } from '../../core/incident/state.ts';
import type { Incidents } from '../../ports/incidents.ts';
import type { ThreadMessage } from './views/message.ts';

/**
 * Journals where root, case file and cards stand, unless the journal knows: threads and clicks are recognised by it, and it survives a lost memory. False
 * when the journal took nothing; then it is to be tried again.
 */
export async function tellWhere(
  incidents: Incidents,
  incident: string,
  { key, what, approval }: ThreadMessage,
  at: Post,
  onProblem: (sentence: string) => void,
): Promise<boolean> {
  // A note is not edited, and an answer is found again by its metadata.
  if (what === 'note' || what === 'answer' || isKnown(incidents.get(incident), what, approval, at)) return true;
  const told: Told = { type: 'message-posted', body: { key, what, approval, channel: at.channel, ts: at.ts } };
  const because = { actor: { kind: 'bot' }, cause: `slack/${key}` } as const;
  const stored = await incidents.decide(incident, because, (state) => ({
    events: state === undefined || isKnown(state, what, approval, at) ? [] : [told],
    value: undefined,
  }));
  if (!stored.ok) onProblem(`${incident}: where its message ${key} stands was not stored. ${stored.error.sentence}`);
  return stored.ok;
}

function isKnown(
  state: IncidentState | undefined,
  what: 'root' | 'case-file' | 'card',
  approval: string | null,
  at: Post,
): boolean {
  if (state === undefined) return true;
  const { posts, approvals } = state;
  const asked = approval === null ? undefined : approvals[approval];
  if (what === 'card' && asked === undefined) return true;
  const known = what === 'root' ? posts.root : what === 'case-file' ? posts.caseFile : (asked?.card ?? null);
  return known !== null && known.channel === at.channel && known.ts === at.ts;
}
