import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { pino } from 'pino';
import { exportTimeline } from '../../src/composition/export-timeline.ts';
import { type Copilot, startCopilot } from '../../src/composition/start-copilot.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Approval, IncidentState } from '../../src/core/incident/state.ts';
import type { JournalEvent } from '../../src/core/journal/event.ts';
import { threadText } from '../../src/sandbox/demo/thread-text.ts';
import type { Ephemeral, Message, Person } from '../../src/sandbox/slack/records.ts';
import type { Seen } from '../../src/sandbox/slack/seen.ts';
import { createSlackWorkspace, type SlackWorkspace } from '../../src/sandbox/slack/workspace.ts';

const root = join(import.meta.dirname, '..', '..');
const channel = 'C0INCIDENT';
const anyWebhook = { port: 0, token: 'a-webhook-token-of-tests' };

const person = (id: string, name: string, realName: string): Person => ({
  id,
  name,
  realName,
  email: `${name}@example.com`,
});

/** Who is in the workspace: two may approve, one may not. */
export const people = {
  onCall: person('U0ONCALL01', 'maya', 'Maya Okafor'),
  lead: person('U0LEAD0001', 'jonas', 'Jonas Lindqvist'),
  otherLead: person('U0LEAD0002', 'ines', 'Ines Ferreira'),
  developer: person('U0DEVEL001', 'priya', 'Priya Raman'),
} as const;
type Who = keyof typeof people;

/** The whole product in this process, over one cluster, with a local Slack workspace in which people can act. */
export type CopilotOnCluster = {
  readonly slack: SlackWorkspace;
  readonly copilot: Copilot;
  readonly webhook: { readonly url: string; readonly token: string };
  /** The only incident, or the newest. Throws when there is none. */
  incident(): IncidentState;
  /** Waits until the newest incident is as wanted; tells at the deadline how it was instead. */
  until(
    what: string,
    wanted: (state: IncidentState) => boolean | undefined,
    timeoutMs?: number,
  ): Promise<IncidentState>;
  /** Waits for the card of the approval that is pending and was not among `seen`. */
  card(
    seen?: readonly string[],
    timeoutMs?: number,
  ): Promise<{ readonly message: Message; readonly approval: Approval }>;
  click(who: Who, message: Message, button: 'approve' | 'reject'): Promise<Seen>;
  command(who: Who, typed: string): Promise<Seen>;
  /** What was said to this person alone so far. */
  toldAlone(who: Who): readonly Ephemeral[];
  events(): Promise<readonly JournalEvent[]>;
  /** Waits until the thread says all that the journal says, and gives it as text. */
  thread(): Promise<string>;
  exported(): Promise<{ readonly markdown: string; readonly json: string; readonly lines: string }>;
  stop(): Promise<void>;
};

/**
 * Starts the product as `serve` does: journal on disk, the compiled policy, kubeconfigs, Slack by Socket Mode. Only Slack is the local one.
 *
 * @param kubeconfigs Paths; what investigates gets the reader's and nothing else.
 * @param webhook Port and token of the webhooks; a free port and a token of its own when left out.
 * @param runbooks A folder; the shipped ones when left out.
 */
export async function startCopilotOnCluster({
  kubeconfigs,
  cluster,
  prometheusUrl,
  runbooks = join(root, 'runbooks'),
  webhook = anyWebhook,
  settings = {},
  secrets = {},
}: {
  readonly kubeconfigs: { readonly reader: string; readonly operator: string };
  readonly cluster: string;
  readonly prometheusUrl?: string;
  readonly runbooks?: string;
  readonly webhook?: { readonly port: number; readonly token: string };
  /** More of the configuration file, and of the environment. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly secrets?: Readonly<Record<string, string>>;
}): Promise<CopilotOnCluster> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sre-copilot-data-'));
  const members = Object.values(people).map(({ id }) => id);
  const slack = createSlackWorkspace({
    manifest: load(await readFile(join(root, 'manifest.yml'), 'utf8')),
    people: Object.values(people),
    channels: [{ id: channel, name: 'incidents', topic: 'Alerts land here', members: [...members, 'sre-copilot'] }],
    usergroups: [
      {
        id: 'S0LEADS001',
        handle: 'sre-leads',
        name: 'SRE leads',
        members: [people.lead.id, people.otherLead.id],
      },
    ],
  });
  const workspace = await slack.start();
  const undo = async () => {
    await slack.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  const config = readConfig(
    {
      dataDir,
      runbooks,
      policies: join(root, 'policies'),
      listen: { host: '127.0.0.1', port: webhook.port },
      cluster: { name: cluster, kubeconfig: kubeconfigs.reader, writer: { kubeconfig: kubeconfigs.operator } },
      ...(prometheusUrl === undefined ? {} : { prometheus: { url: prometheusUrl } }),
      slack: { apiUrl: workspace.apiUrl },
      defaultRoute: { channel, autonomy: 'assist' },
      ...settings,
    },
    {
      SLACK_BOT_TOKEN: workspace.botToken,
      SLACK_APP_TOKEN: workspace.appToken,
      SRE_COPILOT_WEBHOOK_TOKEN: webhook.token,
      ...secrets,
    },
  );
  if (!config.ok) throw new TypeError(`the configuration of a test is refused: ${config.error.join('; ')}`);
  const started = await startCopilot(config.value, pino({ level: 'silent' }));
  if (!started.ok) {
    await undo();
    throw new Error(started.error.sentence);
  }
  const copilot = started.value;
  const newest = () => copilot.incidents.all().at(-1);
  const names = new Map(Object.values(people).map(({ id, realName }) => [id, realName]));
  const threadOf = (workspace: SlackWorkspace): readonly Message[] => {
    const first = newest()?.posts.root ?? null;
    return first === null ? [] : workspace.messages(first.channel, first.ts);
  };
  const said = () => threadText(threadOf(slack), (id) => names.get(id) ?? 'sre-copilot');

  const under: CopilotOnCluster = {
    slack,
    copilot,
    webhook: { url: `${copilot.url}/webhooks/alertmanager`, token: webhook.token },
    incident() {
      const state = newest();
      if (state === undefined) throw new Error('there is no incident');
      return state;
    },
    async until(what, wanted, timeoutMs = 30_000) {
      const { promise, resolve, reject } = Promise.withResolvers<IncidentState>();
      const look = () => {
        const state = newest();
        if (state !== undefined && wanted(state) === true) resolve(state);
      };
      const unwatch = copilot.incidents.watch(look);
      const deadline = setTimeout(
        () =>
          reject(
            new Error(`waited ${timeoutMs / 1000} s for ${what}; this is how it stood:\n${how(newest())}\n${said()}`),
          ),
        timeoutMs,
      );
      look();
      try {
        return await promise;
      } finally {
        unwatch();
        clearTimeout(deadline);
      }
    },
    async card(seen = [], timeoutMs = 30_000) {
      const isNew = ({ id, status }: Approval) => status === 'pending' && !seen.includes(id);
      const state = await under.until(
        'a pending approval',
        ({ approvals }) => Object.values(approvals).some(isNew),
        timeoutMs,
      );
      const approval = Object.values(state.approvals).find(isNew);
      if (approval === undefined) throw new Error('the pending approval is gone');
      const message = await slack.waitFor(
        (workspace) =>
          threadOf(workspace).find(({ blocks }) => {
            const text = JSON.stringify(blocks ?? []);
            return text.includes('"approval_approve"') && text.includes(approval.id);
          }),
        timeoutMs,
      );
      return { message, approval };
    },
    click: (who, message, button) => slack.as(people[who].id).click(channel, message.ts, `approval_${button}`),
    command: (who, typed) => slack.as(people[who].id).command(channel, typed),
    toldAlone: (who) => slack.ephemerals(people[who].id),
    events: () => copilot.journal.read(`incident/${under.incident().reference}`),
    async thread() {
      await within(10_000, 'the thread to say what the journal says', copilot.idle());
      return said();
    },
    async exported() {
      const exported = await exportTimeline(copilot.journal, under.incident().reference);
      if (!exported.ok) throw new Error(exported.error.sentence);
      return exported.value;
    },
    async stop() {
      await copilot.stop();
      await undo();
    },
  };
  return under;
}

/** The state in a few lines, for the sentence of a wait that ran out. */
function how(state: IncidentState | undefined): string {
  if (state === undefined) return 'no incident was opened';
  const runs = state.runs.map(
    ({ status, reason, actions }) =>
      `run ${status} (${reason ?? 'no reason yet'}), actions ${actions.map(({ planned, state: at }) => `${planned.id} ${at.step}`).join(', ')}`,
  );
  const approvals = Object.values(state.approvals).map(({ status, why }) => `approval ${status} ${why ?? ''}`);
  const failures = Object.entries(state.failures).map(([key, { sentence }]) => `${key}: ${sentence}`);
  return [`${state.reference} is ${state.phase}`, ...runs, ...approvals, ...failures].join('\n');
}

async function within<T>(timeoutMs: number, what: string, waited: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`waited ${timeoutMs / 1000} s for ${what}`)), timeoutMs);
  try {
    return await Promise.race([waited, promise]);
  } finally {
    clearTimeout(timer);
  }
}
