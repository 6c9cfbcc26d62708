import { z } from 'zod';
import { fail, ok, type Problem, problem, type Result } from '../../core/result.ts';

const command = z.object({
  command: z.string().regex(/^\/[a-z0-9_-]{1,31}$/, 'expected a name such as /sre, at most 32 characters'),
  description: z.string().min(1).max(2000),
  usage_hint: z.string().max(1000).optional(),
  should_escape: z.boolean().optional(),
});
const shortcut = z.object({
  name: z.string().min(1).max(24),
  type: z.enum(['message', 'global']),
  callback_id: z.string().min(1).max(255),
  description: z.string().min(1).max(150),
});
const events = z.object({ bot_events: z.array(z.string()).max(100).default([]) });

// Loose on purpose: Slack's manifest has many fields this workspace has no use for.
const manifestSchema = z.object({
  display_information: z.object({ name: z.string().min(1).max(35), description: z.string().max(140).optional() }),
  features: z
    .object({
      bot_user: z.object({ display_name: z.string().min(1).max(80) }).optional(),
      app_home: z.object({ home_tab_enabled: z.boolean().optional() }).optional(),
      slash_commands: z.array(command).max(50).default([]),
      shortcuts: z.array(shortcut).max(10).default([]),
    })
    .prefault({}),
  oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()).default([]) }).prefault({}) }).prefault({}),
  settings: z
    .object({ event_subscriptions: events.prefault({}), socket_mode_enabled: z.boolean().optional() })
    .prefault({}),
});

type SlashCommand = {
  readonly command: string;
  readonly description: string;
  readonly usageHint: string;
  readonly shouldEscape: boolean;
};
type Shortcut = { readonly name: string; readonly type: 'message' | 'global'; readonly callbackId: string };

/** What the local workspace needs of an app manifest. `hasHome` is false unless the Home tab is switched on, as in Slack. */
export type AppManifest = {
  readonly appName: string;
  readonly botName: string;
  readonly hasHome: boolean;
  readonly commands: readonly SlashCommand[];
  readonly shortcuts: readonly Shortcut[];
  readonly scopes: ReadonlySet<string>;
  readonly events: ReadonlySet<string>;
};

/** Reads a parsed `manifest.yml`. The sentence of a refusal lists every field that is wrong, with its path. */
export function readManifest(raw: unknown): Result<AppManifest, Problem<'manifest.invalid'>> {
  const parsed = manifestSchema.safeParse(raw);
  if (!parsed.success) {
    const wrong = parsed.error.issues
      .map((issue) => `${issue.path.join('.') || 'manifest'}: ${issue.message}`)
      .join('; ');
    return fail(
      problem(
        'manifest.invalid',
        `The Slack app manifest cannot be used: ${wrong}. No workspace was created; correct these fields.`,
      ),
    );
  }
  const { display_information, features, oauth_config, settings } = parsed.data;
  return ok({
    appName: display_information.name,
    botName: features.bot_user?.display_name ?? display_information.name,
    hasHome: features.app_home?.home_tab_enabled ?? false,
    commands: features.slash_commands.map((one) => ({
      command: one.command,
      description: one.description,
      usageHint: one.usage_hint ?? '',
      shouldEscape: one.should_escape ?? false,
    })),
    shortcuts: features.shortcuts.map((one) => ({ name: one.name, type: one.type, callbackId: one.callback_id })),
    scopes: new Set(oauth_config.scopes.bot),
    events: new Set(settings.event_subscriptions.bot_events),
  });
}
