import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import { fail, ok, type Problem, problem, type Result } from '../../core/result.ts';
import type { Person } from '../../core/signal/signal.ts';
import type { Clock } from '../../ports/clock.ts';
import { slackFault } from './slack-fault.ts';
import type { SlackTeam } from './team.ts';

/** How long what Slack says of a person is believed. */
const believedMs = 60_000;
const maxRemembered = 2_000;

/** Whoever acted, as the payload says. */
export type Actor = { readonly id: string; readonly name: string; readonly teamId: string | null };

export type PersonProblem = Problem<
  'person.foreign' | 'person.guest' | 'person.bot' | 'person.gone' | 'person.unreadable'
>;

export type People = {
  /**
   * The person behind a command or click, when they may use the co-pilot at all: a full member of the installed workspace. Fails closed: somebody of whom
   * nothing can be read may do nothing. What they may approve is decided elsewhere, by their id.
   */
  recognise(actor: Actor): Promise<Result<Person, PersonProblem>>;
};

const userSchema = z.object({
  id: z.string(),
  team_id: z.string().nullish(),
  deleted: z.boolean().nullish(),
  is_bot: z.boolean().nullish(),
  is_restricted: z.boolean().nullish(),
  is_ultra_restricted: z.boolean().nullish(),
  is_stranger: z.boolean().nullish(),
  name: z.string().nullish(),
  real_name: z.string().nullish(),
  profile: z.object({ display_name: z.string().nullish(), real_name: z.string().nullish() }).nullish(),
  enterprise_user: z.object({ enterprise_id: z.string().nullish(), teams: z.array(z.string()).nullish() }).nullish(),
});
type User = z.infer<typeof userSchema>;

type Dependencies = {
  readonly client: WebClient;
  readonly clock: Clock;
  readonly team: () => SlackTeam | undefined;
};

const nothing = 'Nothing was done.';

export function createPeople({ client, clock, team }: Dependencies): People {
  const believed = new Map<string, { readonly atMs: number; readonly user: User }>();

  async function read(id: string): Promise<User> {
    const recent = believed.get(id);
    if (recent !== undefined && clock.monotonicMs() - recent.atMs < believedMs) return recent.user;
    const { user } = await client.users.info({ user: id });
    const parsed = userSchema.parse(user);
    believed.delete(id);
    believed.set(id, { atMs: clock.monotonicMs(), user: parsed });
    const oldest = believed.keys().next();
    if (believed.size > maxRemembered && !oldest.done) believed.delete(oldest.value);
    return parsed;
  }

  return {
    async recognise(actor) {
      const here = team();
      if (here === undefined)
        return fail(
          problem('person.unreadable', `The co-pilot is not connected to Slack yet. ${nothing} Try again in a minute.`),
        );
      const homes = [here.teamId, here.enterpriseId];
      const foreign = problem(
        'person.foreign',
        `You belong to another Slack workspace. Only members of this one can use the co-pilot. ${nothing}`,
      );
      let user: User;
      try {
        user = await read(actor.id);
      } catch (error) {
        return fail(
          problem(
            'person.unreadable',
            `Who you are cannot be read from Slack right now (${slackFault(error).code}), so ${nothing.toLowerCase()} Try again in a minute.`,
          ),
        );
      }
      // On an Enterprise Grid people carry their own workspace's or the organisation's id: the list of their workspaces decides.
      const isMember =
        user.team_id === here.teamId ||
        (here.enterpriseId !== null &&
          user.enterprise_user?.enterprise_id === here.enterpriseId &&
          user.enterprise_user.teams?.includes(here.teamId) === true);
      const isSaidForeign = actor.teamId !== null && !homes.includes(actor.teamId) && actor.teamId !== user.team_id;
      if (!isMember || isSaidForeign || user.is_stranger === true) return fail(foreign);
      if (user.is_bot === true) return fail(problem('person.bot', `Bots cannot use the co-pilot. ${nothing}`));
      if (user.deleted === true)
        return fail(problem('person.gone', `This account is deactivated and cannot use the co-pilot. ${nothing}`));
      if (user.is_restricted === true || user.is_ultra_restricted === true)
        return fail(problem('person.guest', `Guests cannot use the co-pilot; ask a full member. ${nothing}`));
      // The full name first: the journal is read by people who were not there. What counts is the id.
      const names = [user.profile?.real_name, user.real_name, user.profile?.display_name, user.name, actor.name];
      return ok({ id: actor.id, name: names.find((name) => name != null && name.trim() !== '')?.trim() ?? actor.id });
    },
  };
}
