import { describe, expect, it } from 'vitest';
import { readManifest } from '../../../src/sandbox/slack/manifest.ts';
import { createSlackWorkspace } from '../../../src/sandbox/slack/workspace.ts';
import { manifest, people } from './local-workspace.ts';

describe('readManifest', () => {
  it('reads commands, shortcuts, scopes and events', () => {
    const read = readManifest(manifest);
    expect(read).toMatchObject({
      ok: true,
      value: {
        botName: 'sre-copilot',
        hasHome: true,
        commands: [{ command: '/sre' }],
        shortcuts: [{ callbackId: 'investigate' }],
      },
    });
    expect(read.ok && read.value.scopes.has('chat:write') && read.value.events.has('app_mention')).toBe(true);
  });

  it('takes a manifest with a name only: no command, no scope, no event', () => {
    const read = readManifest({ display_information: { name: 'bare' } });
    expect(read).toMatchObject({ ok: true, value: { botName: 'bare', hasHome: false, commands: [] } });
  });

  it.each<[what: string, raw: unknown, path: string]>([
    ['nothing', undefined, 'manifest'],
    ['a text', 'display_information', 'manifest'],
    ['a name of 36 characters', { display_information: { name: 'x'.repeat(36) } }, 'display_information.name'],
    [
      'a command without a slash',
      { ...manifest, features: { slash_commands: [{ command: 'sre', description: 'x' }] } },
      'features.slash_commands.0.command',
    ],
    [
      'a command without a description',
      { ...manifest, features: { slash_commands: [{ command: '/sre' }] } },
      'features.slash_commands.0.description',
    ],
    [
      '51 commands',
      {
        ...manifest,
        features: { slash_commands: Array.from({ length: 51 }, () => ({ command: '/sre', description: 'x' })) },
      },
      'features.slash_commands',
    ],
  ])('names the field that is wrong in %s', (_what, raw, path) => {
    const read = readManifest(raw);
    expect(read.ok ? '' : read.error.sentence).toContain(`${path}: `);
  });

  it('stops the workspace from being created', () => {
    expect(() => createSlackWorkspace({ manifest: {}, people, channels: [], usergroups: [] })).toThrow(
      /display_information/,
    );
  });
});
