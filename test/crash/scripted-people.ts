import { setTimeout as sleep } from 'node:timers/promises';
import { demoPeople } from '../../src/sandbox/demo/people.ts';
import type { Message } from '../../src/sandbox/slack/records.ts';
import type { SlackWorkspace } from '../../src/sandbox/slack/workspace.ts';

const { incidentsChannel: channel, lead, onCall } = demoPeople;
const glanceMs = 40;
/** How long a person waits for an answer before they press again. */
const patienceMs = 700;

/** The thread of the first incident, its root first; empty while there is none. */
export function threadOf(slack: SlackWorkspace): readonly Message[] {
  const root = slack.messages(channel).find(({ bot_id }) => bot_id !== undefined);
  return root === undefined ? [] : slack.messages(channel, root.ts);
}

/**
 * Two people who keep trying whatever happens to the co-pilot: the lead presses Approve on the card that is open until told that it counts, and the one on
 * call starts the run again when the thread says that it failed. They know nothing but what Slack shows them.
 */
export async function playPeople({
  slack,
  mayAct,
  signal,
}: {
  readonly slack: SlackWorkspace;
  /** They look on until this is so. */
  readonly mayAct: () => boolean;
  readonly signal: AbortSignal;
}): Promise<void> {
  const until = (isDone: () => boolean) => waitUntil(isDone, patienceMs, signal);
  const decided = new Set<string>();
  const restarted = new Set<string>();

  async function approve(card: Message): Promise<void> {
    const whispers = () => slack.ephemerals(lead.id).filter(({ text }) => /^(Already a|A)pproved/.test(text)).length;
    const before = whispers();
    const seen = await slack.as(lead.id).click(channel, card.ts, 'approval_approve');
    if (seen.visible === 'failure') return;
    await until(() => whispers() > before || !isOpenCard(messageAt(slack, card.ts)));
    if (whispers() > before) decided.add(card.ts);
  }

  async function runAgain(failed: Message): Promise<void> {
    const seen = await slack.as(onCall.id).command(channel, '/sre run rollout-bad-image INC-1');
    if (seen.visible === 'ephemeral' && /is planned|is under way/.test(seen.text)) restarted.add(failed.ts);
  }

  while (!signal.aborted) {
    await until(mayAct);
    if (!mayAct()) continue;
    const thread = threadOf(slack);
    const card = thread.findLast((message) => isOpenCard(message) && !decided.has(message.ts));
    if (card !== undefined) await approve(card);
    const ended = thread.findLast(({ text }) => text.startsWith('Run '));
    if (ended?.text.startsWith('Run failed') === true && !restarted.has(ended.ts)) await runAgain(ended);
    await sleep(glanceMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Whether the thread says that the incident is over, in every message that says how it stands. */
export function saysResolved(slack: SlackWorkspace): boolean {
  const thread = threadOf(slack);
  const caseFile = thread.find(({ metadata }) => metadata?.event_payload.key === 'case-file');
  const last = thread.at(-1);
  return [thread[0], caseFile, last].every((message) => message?.text.startsWith('Resolved') === true);
}

function isOpenCard(message: Message | undefined): boolean {
  return JSON.stringify(message?.blocks ?? []).includes('"approval_approve"');
}

function messageAt(slack: SlackWorkspace, ts: string): Message | undefined {
  return threadOf(slack).find((message) => message.ts === ts);
}

async function waitUntil(isDone: () => boolean, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!isDone() && performance.now() < end && !signal.aborted)
    await sleep(glanceMs, undefined, { signal }).catch(() => undefined);
}
