import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from '@slack/bolt';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSlackApp } from '../../../src/adapters/slack/slack-app.ts';
import { createSystemClock } from '../../../src/adapters/system/clock.ts';
import { readManifest } from '../../../src/sandbox/slack/manifest.ts';
import { manifest } from './support/stage.ts';

/** Bot scopes of each Web API method, from Slack's reference. In channels and in private channels alike. */
const scopesOf: Readonly<Record<string, readonly string[]>> = {
  'auth.test': [],
  'assistant.threads.setStatus': ['chat:write'],
  'chat.getPermalink': [],
  'chat.postEphemeral': ['chat:write'],
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'conversations.history': ['channels:history', 'groups:history'],
  'conversations.info': ['channels:read', 'groups:read'],
  'conversations.replies': ['channels:history', 'groups:history'],
  filesUploadV2: ['files:write'],
  'usergroups.list': ['usergroups:read'],
  'usergroups.users.list': ['usergroups:read'],
  'users.info': ['users:read'],
  'views.open': [],
};
const scopesOfEvent: Readonly<Record<string, readonly string[]>> = { app_mention: ['app_mentions:read'] };

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}

function calledMethods(): string[] {
  const calls = sources('src/adapters/slack').flatMap((source) =>
    [...source.matchAll(/\b(?:client|answers|narration|uploads)\s*\.\s*((?:\w+\s*\.\s*)*\w+)\s*\(/g)].map(
      ([, method = '']) => method.replaceAll(/\s/g, ''),
    ),
  );
  // Those of the Socket Mode client, which is no Web API.
  const own = new Set(['listeners', 'removeAllListeners', 'on']);
  return [...new Set(calls)].filter((method) => !own.has(method)).sort();
}

function registered() {
  const names = { command: [] as unknown[], event: [] as unknown[], action: [] as unknown[], view: [] as unknown[] };
  for (const kind of ['command', 'event', 'action', 'view'] as const) {
    vi.spyOn(App.prototype, kind).mockImplementation((name: unknown) => void names[kind].push(name));
  }
  createSlackApp({
    botToken: 'xoxb-test',
    appToken: 'xapp-test',
    clock: createSystemClock(),
    log: { info: () => undefined, warn: () => undefined, debug: () => undefined },
    useCases: {
      receive: () => Promise.reject(new Error('not asked')),
      decide: () => Promise.reject(new Error('not asked')),
      incidents: { get: () => undefined, all: () => [], watch: () => () => undefined },
      exportTimeline: () => Promise.reject(new Error('not asked')),
      subjectProblem: () => null,
      runbookNames: () => [],
      redact: (text) => text,
    },
  });
  return names;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('manifest.yml', () => {
  const read = readManifest(manifest);
  if (!read.ok) throw new Error(read.error.sentence);
  const app = read.value;

  it('asks for the scopes that the code needs, and for no other', () => {
    const needed = new Set([
      'commands',
      ...calledMethods().flatMap((method) => scopesOf[method] ?? [`unknown: ${method}`]),
    ]);
    for (const event of app.events)
      for (const scope of scopesOfEvent[event] ?? [`unknown: ${event}`]) needed.add(scope);
    expect([...app.scopes].sort()).toEqual([...needed].sort());
  });

  it('knows every method that is called, and no method that is not', () => {
    expect(calledMethods()).toEqual(Object.keys(scopesOf).sort());
  });

  it('has the commands and events that are listened to', () => {
    const { command, event } = registered();
    expect(app.commands.map((one) => one.command)).toEqual(command);
    expect([...app.events]).toEqual(event);
  });

  it('has a listener for each button, menu and window that sends something', () => {
    const { action, view } = registered();
    expect(action).toEqual(['approval_approve', 'approval_reject', 'approval_details', 'run_stop', 'incident_pick']);
    expect(view).toEqual(['approval_confirm']);
  });

  it('is within the limits of Slack, in Socket Mode, for one workspace', () => {
    expect(manifest).toMatchObject({
      _metadata: { major_version: 1 },
      settings: { socket_mode_enabled: true, interactivity: { is_enabled: true }, org_deploy_enabled: false },
    });
    expect(app.appName.length).toBeLessThanOrEqual(35);
    for (const { command, description, usageHint } of app.commands) {
      expect(command.length).toBeLessThanOrEqual(32);
      expect(description.length).toBeLessThanOrEqual(2000);
      for (const verb of ['help', 'status', 'investigate', 'run', 'timeline', 'stop', 'ack', 'resolve'])
        expect(usageHint).toContain(verb);
    }
    expect(JSON.stringify(manifest)).not.toMatch(/https?:\/\//);
  });
});
