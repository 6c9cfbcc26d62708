import { onTestFinished } from 'vitest';
import type { LedgerEntry } from '../../../src/sandbox/slack/ledger.ts';
import {
  createSlackWorkspace,
  type SlackWorkspace,
  type SlackWorkspaceOptions,
} from '../../../src/sandbox/slack/workspace.ts';

export const manifest = {
  display_information: { name: 'sre-copilot' },
  features: {
    bot_user: { display_name: 'sre-copilot' },
    app_home: { home_tab_enabled: true },
    slash_commands: [{ command: '/sre', description: 'Investigate', usage_hint: 'status' }],
    shortcuts: [
      { name: 'Investigate this', type: 'message', callback_id: 'investigate', description: 'Investigate an alert' },
    ],
  },
  oauth_config: {
    scopes: {
      bot: [
        'commands',
        'chat:write',
        'app_mentions:read',
        'channels:history',
        'channels:read',
        'users:read',
        'users:read.email',
        'usergroups:read',
        'files:write',
        'reactions:write',
        'pins:write',
      ],
    },
  },
  settings: {
    event_subscriptions: {
      bot_events: ['app_mention', 'app_home_opened', 'message.channels', 'member_joined_channel'],
    },
  },
};

export const people = [
  { id: 'U0ANA', name: 'ana', realName: 'Ana Ruiz', email: 'ana@example.test', title: 'engineer on call' },
  { id: 'U0LEE', name: 'lee', realName: 'Lee Moor', email: 'lee@example.test', title: 'lead who may approve' },
  { id: 'U0OUT', name: 'out', realName: 'Ola Out', email: 'ola@example.test', teamId: 'T0OTHER', isGuest: true },
];

export type Started = Awaited<ReturnType<SlackWorkspace['start']>>;

/** A started workspace with a channel the bot is in (C0INC) and one it is not in (C0GEN); stopped when the test ends. */
export async function startWorkspace(
  options: Partial<SlackWorkspaceOptions> = {},
): Promise<{ workspace: SlackWorkspace; at: Started }> {
  const workspace = createSlackWorkspace({
    manifest,
    people,
    channels: [
      { id: 'C0INC', name: 'incidents', topic: 'Production incidents', members: ['U0ANA', 'U0LEE', 'sre-copilot'] },
      { id: 'C0GEN', name: 'general', members: ['U0ANA'] },
    ],
    usergroups: [{ id: 'S0LEADS', handle: 'sre-leads', name: 'SRE leads', members: ['U0LEE'] }],
    ...options,
  });
  const at = await workspace.start();
  onTestFinished(() => workspace.stop());
  return { workspace, at };
}

export type ApiAnswer = { readonly ok: boolean; readonly error?: string; readonly [key: string]: unknown };

/** Calls the Web API as `@slack/web-api` does: a form whose lists and objects are JSON text. */
export function caller(
  at: Started,
  token = at.botToken,
): (method: string, args?: Record<string, unknown>) => Promise<ApiAnswer & { readonly status: number }> {
  return async (method, args = {}) => {
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries(args))
      form.set(name, typeof value === 'string' ? value : JSON.stringify(value));
    const response = await fetch(`${at.apiUrl}${method}`, {
      method: 'POST',
      body: form,
      headers: { authorization: `Bearer ${token}` },
    });
    return { status: response.status, ...((await response.json()) as ApiAnswer) };
  };
}

/** The ledger entries of one kind. */
export function entriesOf<K extends LedgerEntry['kind']>(
  workspace: SlackWorkspace,
  kind: K,
): Extract<LedgerEntry, { kind: K }>[] {
  return workspace.ledger().filter((entry): entry is Extract<LedgerEntry, { kind: K }> => entry.kind === kind);
}

export const plain = (text: string) => ({ type: 'plain_text', text });
export const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });
export const button = (actionId: string, value = 'v') => ({
  type: 'button',
  action_id: actionId,
  value,
  text: plain(actionId),
});
