import { z } from 'zod';

/** Who the installed app is and where. `url` is the workspace's own address, with a slash at its end. */
export type SlackTeam = {
  readonly teamId: string;
  readonly enterpriseId: string | null;
  readonly botUserId: string;
  readonly botId: string;
};

const authTestSchema = z.object({
  team_id: z.string().min(1),
  enterprise_id: z.string().min(1).nullish(),
  user_id: z.string().min(1),
  bot_id: z.string().min(1),
});

/** Reads the answer of `auth.test`. Throws TypeError when it does not say who the bot is: then a token of a person was given. */
export function readTeam(answer: unknown): SlackTeam {
  const parsed = authTestSchema.safeParse(answer);
  if (!parsed.success)
    throw new TypeError(
      'SLACK_BOT_TOKEN is not the token of a bot. Nothing was connected; set the xoxb-… token of the app',
    );
  const { team_id, enterprise_id, user_id, bot_id } = parsed.data;
  return { teamId: team_id, enterpriseId: enterprise_id ?? null, botUserId: user_id, botId: bot_id };
}
