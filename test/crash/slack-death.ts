import type { LedgerEntry } from '../../src/sandbox/slack/ledger.ts';
import type { SlackWorkspace } from '../../src/sandbox/slack/workspace.ts';
import type { CrashPoint, SlackWrite } from './crash-point.ts';

type SlackPoint = Extract<CrashPoint, { at: 'slack' }>;

/** An answer that left the workspace is read within this time by a process on the same machine. */
const answeredMs = 15;
const patienceMs = 120_000;

/** Kills a process at one of its calls to Slack, from the side of Slack. Counts from the call after this one. */
export function killAtSlackCall(
  { what, nth, when }: SlackPoint,
  slack: SlackWorkspace,
  kill: () => void,
): { readonly struck: () => boolean } {
  let isStruck = false;
  const from = slack.ledger().length;
  if (when !== 'after') {
    if (nth > 1) slack.faults.fail(what, { times: nth - 1, delayMs: 0 });
    slack.faults.fail(what, { reset: true, afterProcessing: when === 'unanswered' });
  }
  const strike = () => {
    isStruck = true;
    kill();
  };
  slack
    .waitFor((workspace) => (callsOf(workspace.ledger().slice(from), what) >= nth ? true : undefined), patienceMs)
    .then(
      () => (when === 'after' ? setTimeout(strike, answeredMs) : strike()),
      // Never called: whoever waits for the death sees that it did not come.
      () => undefined,
    );
  return { struck: () => isStruck };
}

export function callsOf(entries: readonly LedgerEntry[], what: SlackWrite): number {
  return entries.filter((entry) => entry.kind === 'api-call' && entry.method === what).length;
}
