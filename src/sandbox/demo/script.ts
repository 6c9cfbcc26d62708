import type { IncidentState, Run } from '../../core/incident/state.ts';
import type { Incidents } from '../../ports/incidents.ts';
import type { SandboxWorld } from '../scenarios/sandbox-world.ts';
import type { Message } from '../slack/records.ts';
import type { SlackWorkspace } from '../slack/workspace.ts';
import { demoPeople } from './people.ts';

export const decisions = ['approve', 'reject', 'self', 'expire'] as const;
export type Decision = (typeof decisions)[number];

export type Stage = { readonly slack: SlackWorkspace; readonly world: SandboxWorld; readonly incidents: Incidents };

/** A part that scripted people can play: what they do, and how it must end. Each check is a sentence with whether it is true. */
export type Script = {
  readonly scenario: string;
  readonly decide: Decision | null;
  play(stage: Stage): Promise<void>;
  checks(state: IncidentState, stage: Stage): readonly (readonly [sentence: string, holds: boolean])[];
};

/** Deadline of each single wait; the whole play takes less than 20 s. */
const waitMs = 12_000;
const { incidentsChannel: channel, lead } = demoPeople;

/** Every pair of the table in README: scenario and decision. */
export const scripts: readonly Script[] = [
  ...['bad-image', 'oom'].flatMap((scenario): Script[] => [
    {
      scenario,
      decide: 'approve',
      async play(stage) {
        stage.world.startScenario(scenario);
        const card = await cardOf(stage);
        await stage.slack.as(lead.id).click(channel, card.ts, 'approval_approve');
        await until(stage, (state) => state.phase === 'resolved');
      },
      checks: (state) => [
        ['the run succeeded', lastRun(state)?.status === 'succeeded'],
        ['the incident was mitigated', state.mitigatedAt !== null],
        [
          "it was resolved after that by the alert's own end",
          state.phase === 'resolved' && (state.mitigatedAt ?? '~') <= (state.resolvedAt ?? ''),
        ],
        ['the lead approved', consumed(state).some(({ given }) => given.some(({ by }) => by.id === lead.id))],
      ],
    },
    {
      scenario,
      decide: 'reject',
      async play(stage) {
        stage.world.startScenario(scenario);
        const card = await cardOf(stage);
        await stage.slack.as(lead.id).click(channel, card.ts, 'approval_reject');
        await until(stage, (state) => lastRun(state)?.status === 'stopped');
      },
      checks: (state, { world }) => [
        ['the run stopped', lastRun(state)?.status === 'stopped'],
        ['the incident is open', state.phase === 'open'],
        ['nothing was changed', world.cluster.writes().length === 0],
      ],
    },
  ]),
  {
    scenario: 'bad-image',
    decide: 'expire',
    async play(stage) {
      stage.world.startScenario('bad-image');
      await cardOf(stage);
      await until(stage, (state) => lastRun(state)?.status === 'stopped');
    },
    checks: (state, { world }) => [
      ['the approval expired', Object.values(state.approvals).some(({ status }) => status === 'expired')],
      ['the run stopped', lastRun(state)?.status === 'stopped'],
      ['nothing was changed', world.cluster.writes().length === 0],
    ],
  },
  {
    scenario: 'bad-image',
    decide: 'self',
    async play(stage) {
      const hands = stage.slack.as(lead.id);
      stage.world.startScenario('bad-image');
      // The alert's own run is stopped, so that the next one is the lead's: then the lead asks, and may not answer.
      await cardOf(stage);
      await hands.command(channel, '/sre stop');
      await until(stage, (state) => lastRun(state)?.status === 'stopped');
      await hands.command(channel, '/sre run rollout-bad-image');
      const card = await cardOf(stage);
      await hands.click(channel, card.ts, 'approval_approve');
      await until(stage, (state) => refusedClicks(stage) > 0 && state.seq > 0);
      const pending = Object.values((await until(stage, () => true)).approvals).some(
        ({ status }) => status === 'pending',
      );
      if (!pending) throw new Error('the refused click used up the approval');
      await hands.command(channel, '/sre stop');
      await until(stage, (state) => lastRun(state)?.status === 'stopped' && state.runs.length === 2);
    },
    checks: (state, stage) => [
      ['the run was started by /sre from the lead', lastRun(state)?.requester?.id === lead.id],
      ["the lead's own click was refused, to the lead alone", refusedClicks(stage) > 0],
      ['nobody approved anything', Object.values(state.approvals).every(({ given }) => given.length === 0)],
      ['the run stopped', lastRun(state)?.status === 'stopped'],
      ['nothing was changed', stage.world.cluster.writes().length === 0],
    ],
  },
  {
    scenario: 'api-latency',
    decide: null,
    async play(stage) {
      stage.world.startScenario('api-latency');
      await until(stage, (state) => lastRun(state)?.endedAt != null);
      await told(stage, (text) => /readyz/.test(text) && /RESTARTS/.test(text));
    },
    checks: (state, { world }) => [
      ['the run succeeded', lastRun(state)?.status === 'succeeded'],
      ['nobody was asked', Object.keys(state.approvals).length === 0],
      ['nothing was changed', world.cluster.writes().length === 0],
    ],
  },
];

function lastRun(state: IncidentState): Run | undefined {
  return state.runs.at(-1);
}

function consumed(state: IncidentState): IncidentState['approvals'][string][] {
  return Object.values(state.approvals).filter(({ status }) => status === 'consumed');
}

/** What the lead alone was told about a click that does not count. */
function refusedClicks({ slack }: Stage): number {
  return slack.ephemerals(lead.id).filter(({ text }) => /does not count/.test(text)).length;
}

/** Waits until the incident is as wanted; with a deadline, and what it was instead. */
async function until({ incidents }: Stage, wanted: (state: IncidentState) => boolean): Promise<IncidentState> {
  const { promise, resolve, reject } = Promise.withResolvers<IncidentState>();
  const look = () => {
    const state = incidents.all()[0];
    if (state !== undefined && wanted(state)) resolve(state);
  };
  const unwatch = incidents.watch(look);
  // Some of what is waited for happens in Slack and not in the journal.
  const again = setInterval(look, 50);
  const deadline = setTimeout(() => reject(new Error(`it did not happen within ${waitMs / 1000} s`)), waitMs);
  look();
  try {
    return await promise;
  } finally {
    unwatch();
    clearInterval(again);
    clearTimeout(deadline);
  }
}

/** The card that is open in the thread now. */
function cardOf({ slack }: Stage): Promise<Message> {
  return slack.waitFor(
    (workspace) =>
      threadOf(workspace).findLast((message) => JSON.stringify(message.blocks ?? []).includes('"approval_approve"')),
    waitMs,
  );
}

async function told({ slack }: Stage, wanted: (text: string) => boolean): Promise<void> {
  await slack.waitFor((workspace) => (wanted(JSON.stringify(threadOf(workspace))) ? true : undefined), waitMs);
}

/** All messages of the first incident's thread, its root first. */
export function threadOf(workspace: SlackWorkspace): readonly Message[] {
  const root = workspace.messages(channel).find(({ bot_id }) => bot_id !== undefined);
  return root === undefined ? [] : workspace.messages(channel, root.ts);
}
