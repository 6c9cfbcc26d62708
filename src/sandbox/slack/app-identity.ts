import type { AppManifest } from './manifest.ts';

/** The bot's user id in every local workspace, so that channels can list it as a member before the workspace exists. */
export const botUserId = 'U0COPILOT';

/** Who the installed app is, as `auth.test` and every payload say it. All ids are made up and fixed. */
export type AppIdentity = {
  readonly teamId: string;
  readonly teamName: string;
  readonly teamDomain: string;
  readonly appId: string;
  readonly botId: string;
  readonly botUserId: string;
  readonly botName: string;
  readonly botToken: string;
  readonly appToken: string;
  readonly verificationToken: string;
};

/** The identity of the app that `manifest` describes, installed in the local workspace. */
export function appIdentity(manifest: AppManifest): AppIdentity {
  return {
    teamId: 'T0LOCAL',
    teamName: 'Local workspace',
    teamDomain: 'local',
    appId: 'A0COPILOT',
    botId: 'B0COPILOT',
    botUserId,
    botName: manifest.botName,
    // Shaped like tokens so that clients accept them, worded so that no one mistakes them for secrets.
    botToken: 'xoxb-local-workspace-not-a-secret',
    appToken: 'xapp-local-workspace-not-a-secret',
    verificationToken: 'local-verification-token',
  };
}
