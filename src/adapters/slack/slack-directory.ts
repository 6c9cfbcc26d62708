import type { WebClient } from '@slack/web-api';
import { fail, ok, problem } from '../../core/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Directory } from '../../ports/directory.ts';
import { slackFault } from './slack-fault.ts';
import { said } from './views/text.ts';

/** How long answers are believed. Slack allows about 20 calls a minute of each kind for the whole app. */
const membersBelievedMs = 15_000;
const groupsBelievedMs = 60_000;

type Dependencies = {
  /** `slackClient` with `answers`. */
  readonly client: WebClient;
  readonly clock: Clock;
  /** Approver group → handle or id of a Slack user group; a group not named here has its own name as handle. */
  readonly groups: Readonly<Record<string, string>>;
};

export type SlackDirectory = Directory & {
  /** `<!subteam^S…>` of a group that Slack is known to have, else its name. Never asks Slack. */
  mentionOf(group: string): string;
  /** Reads the user groups once, so that the first card can mention them. Never rejects: without it cards say the group's name. */
  warm(): Promise<void>;
};

type Group = { readonly id: string; readonly handle: string };

/**
 * Approver groups as Slack user groups, by id or by the handle that the group has now: a handle that is given to another group takes its approvers along within
 * a minute. That guests and other workspaces' people do not count is decided where people are recognised, before anybody asks here.
 */
export function createSlackDirectory({ client, clock, groups }: Dependencies): SlackDirectory {
  const wantedOf = (group: string) => (Object.hasOwn(groups, group) ? (groups[group] ?? group) : group);
  const isWanted = ({ id, handle }: Group, group: string) => id === wantedOf(group) || handle === wantedOf(group);
  let mentionable: readonly Group[] = [];

  const listGroups = believing(clock, groupsBelievedMs, async () => {
    const { usergroups = [] } = await client.usergroups.list({ include_disabled: false });
    mentionable = usergroups.flatMap(({ id, handle }) =>
      id === undefined || handle === undefined ? [] : [{ id, handle }],
    );
    return mentionable;
  });
  const listMembers = believing(clock, membersBelievedMs, async (id: string): Promise<readonly string[]> => {
    const { users = [] } = await client.usergroups.users.list({ usergroup: id, include_disabled: false });
    return users;
  });

  return {
    async membersOf(group) {
      try {
        const found = (await listGroups('all')).find((one) => isWanted(one, group));
        if (found === undefined) {
          return fail(
            problem(
              'directory.unknown-group',
              `Slack has no user group ${wantedOf(group)}, so nobody can approve for it. Create it, or name another in the configuration under groups.`,
            ),
          );
        }
        return ok(await listMembers(found.id));
      } catch (error) {
        return fail(
          problem('directory.unavailable', `The members of ${group} cannot be read. ${slackFault(error).sentence}`),
        );
      }
    },
    mentionOf(group) {
      const found = mentionable.find((one) => isWanted(one, group));
      return found === undefined
        ? `@${said(wantedOf(group), 80)}`
        : `<!subteam^${found.id}|@${said(found.handle, 80)}>`;
    },
    async warm() {
      await listGroups('all').catch(() => undefined);
    },
  };
}

/** Remembers answers for a while, and asks once for all who ask meanwhile. A failure is not remembered. */
function believing<T>(clock: Clock, forMs: number, ask: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const known = new Map<string, { readonly atMs: number; readonly answer: Promise<T> }>();
  return (key) => {
    const recent = known.get(key);
    if (recent !== undefined && clock.monotonicMs() - recent.atMs < forMs) return recent.answer;
    const answer = ask(key);
    const entry = { atMs: clock.monotonicMs(), answer };
    known.set(key, entry);
    answer.catch(() => {
      if (known.get(key) === entry) known.delete(key);
    });
    return answer;
  };
}
