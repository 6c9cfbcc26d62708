import type { WebClient } from '@slack/web-api';
import { describe, expect, it } from 'vitest';
import { createPeople } from '../../../src/adapters/slack/people.ts';
import { createSlackDirectory } from '../../../src/adapters/slack/slack-directory.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

const team = { teamId: 'T1', enterpriseId: 'E1', botUserId: 'UB', botId: 'B' };
const maya = { id: 'U1', team_id: 'T1', name: 'maya', profile: { display_name: 'Maya' } };

/** The part of a client that these use, answering as told; `asked` is its ledger. */
function fakeClient(answers: { user?: () => unknown; groups?: () => unknown; members?: () => unknown }) {
  const asked: string[] = [];
  const answer = async (what: string, value: (() => unknown) | undefined) => {
    asked.push(what);
    return value?.();
  };
  const client = {
    users: { info: async ({ user }: { user: string }) => ({ user: await answer(user, answers.user) }) },
    usergroups: {
      list: async () => ({ usergroups: await answer('groups', answers.groups) }),
      users: {
        list: async ({ usergroup }: { usergroup: string }) => ({ users: await answer(usergroup, answers.members) }),
      },
    },
  } as unknown as WebClient;
  return { client, asked };
}

const recognise = (user: unknown, teamId: string | null = 'T1', here: typeof team | undefined = team) =>
  createPeople({
    client: fakeClient({ user: () => user }).client,
    clock: createFakeClock(),
    team: () => here,
  }).recognise({
    id: 'U1',
    name: 'payload name',
    teamId,
  });

describe('a person', () => {
  it.each([
    ['their display name', maya, 'Maya'],
    ['their real name', { ...maya, profile: { display_name: ' ', real_name: 'Maya O' } }, 'Maya O'],
    ['what the payload says', { id: 'U1', team_id: 'T1' }, 'payload name'],
  ])('is called by %s', async (_what, user, name) => {
    expect(await recognise(user)).toEqual({ ok: true, value: { id: 'U1', name } });
  });

  it.each<[string, unknown, string | null, string]>([
    ['of another workspace', { ...maya, team_id: 'T2' }, 'T2', 'person.foreign'],
    ['of whom Slack and payload disagree', maya, 'T2', 'person.foreign'],
    ['who is a stranger here', { ...maya, is_stranger: true }, 'T1', 'person.foreign'],
    [
      'of another organisation',
      { ...maya, team_id: 'T3', enterprise_user: { enterprise_id: 'E2', teams: ['T1'] } },
      'T3',
      'person.foreign',
    ],
    ['who is a bot', { ...maya, is_bot: true }, 'T1', 'person.bot'],
    ['who left', { ...maya, deleted: true }, 'T1', 'person.gone'],
    ['who is a guest', { ...maya, is_restricted: true }, 'T1', 'person.guest'],
    ['who is a guest of one channel', { ...maya, is_ultra_restricted: true }, 'T1', 'person.guest'],
    ['without a workspace', { id: 'U1' }, 'T1', 'person.foreign'],
    ['of whom Slack says nothing', undefined, 'T1', 'person.unreadable'],
    ['of whom Slack says nonsense', { id: 7 }, 'T1', 'person.unreadable'],
  ])('%s may do nothing', async (_who, user, teamId, code) => {
    expect(await recognise(user, teamId)).toMatchObject({
      ok: false,
      error: { code, sentence: expect.stringMatching(/nothing was done/i) },
    });
  });

  it.each(['T1', 'E1', 'T9'])(
    'of the same organisation is a member when their workspaces include ours (payload says %s)',
    async (teamId) => {
      const user = { ...maya, team_id: 'T9', enterprise_user: { enterprise_id: 'E1', teams: ['T9', 'T1'] } };
      expect(await recognise(user, teamId)).toMatchObject({ ok: true });
    },
  );

  it('may do nothing before we know who we are', async () => {
    const people = createPeople({
      client: fakeClient({ user: () => maya }).client,
      clock: createFakeClock(),
      team: () => undefined,
    });
    expect(await people.recognise({ id: 'U1', name: '', teamId: 'T1' })).toMatchObject({
      ok: false,
      error: { code: 'person.unreadable' },
    });
  });

  it('is looked up again after a minute: somebody who left is noticed', async () => {
    const clock = createFakeClock();
    let user: object = maya;
    const { client, asked } = fakeClient({ user: () => user });
    const people = createPeople({ client, clock, team: () => team });
    const actor = { id: 'U1', name: '', teamId: 'T1' };
    await people.recognise(actor);
    user = { ...maya, deleted: true };
    await clock.advance(59_000);
    expect((await people.recognise(actor)).ok).toBe(true);
    expect(asked).toHaveLength(1);
    await clock.advance(1_001);
    expect((await people.recognise(actor)).ok).toBe(false);
  });
});

describe('the directory', () => {
  const groups = [{ id: 'S1', handle: 'sre-leads' }];

  it('finds a group by its own name, or as it is configured, by handle or id', async () => {
    for (const configured of [{}, { 'sre-leads': 'sre-leads' }, { 'sre-leads': 'S1' }]) {
      const { client } = fakeClient({ groups: () => groups, members: () => ['U1'] });
      const directory = createSlackDirectory({ client, clock: createFakeClock(), groups: configured });
      expect(await directory.membersOf('sre-leads')).toEqual({ ok: true, value: ['U1'] });
    }
  });

  it('says of a group that Slack does not have that nobody can approve for it', async () => {
    const { client } = fakeClient({ groups: () => groups });
    const directory = createSlackDirectory({ client, clock: createFakeClock(), groups: { dbas: 'db-leads' } });
    expect(await directory.membersOf('dbas')).toMatchObject({
      ok: false,
      error: { code: 'directory.unknown-group', sentence: expect.stringContaining('no user group db-leads') },
    });
    // A name every object has is no configured group.
    expect(await directory.membersOf('constructor')).toMatchObject({
      ok: false,
      error: { code: 'directory.unknown-group' },
    });
  });

  it('asks once for many who ask at once, again after a while, and does not remember a failure', async () => {
    const clock = createFakeClock();
    let fails = true;
    const members = () => {
      if (fails) throw new Error('down');
      return ['U1'];
    };
    const { client, asked } = fakeClient({ groups: () => groups, members });
    const directory = createSlackDirectory({ client, clock, groups: {} });
    expect(await directory.membersOf('sre-leads')).toMatchObject({
      ok: false,
      error: { code: 'directory.unavailable' },
    });
    fails = false;
    const many = await Promise.all(Array.from({ length: 50 }, () => directory.membersOf('sre-leads')));
    expect(many.every(({ ok }) => ok)).toBe(true);
    expect(asked).toEqual(['groups', 'S1', 'S1']);
    await clock.advance(15_000);
    await directory.membersOf('sre-leads');
    expect(asked).toEqual(['groups', 'S1', 'S1', 'S1']);
  });

  it('mentions a group once it is known, and never lets a configured name become markup', async () => {
    const { client } = fakeClient({ groups: () => groups });
    const directory = createSlackDirectory({ client, clock: createFakeClock(), groups: { evil: '<!channel>' } });
    expect(directory.mentionOf('sre-leads')).toBe('@sre-leads');
    await directory.warm();
    expect(directory.mentionOf('sre-leads')).toBe('<!subteam^S1|@sre-leads>');
    expect(directory.mentionOf('evil')).toBe('@&lt;!channel&gt;');
  });

  it('warms without a word when Slack is down', async () => {
    const { client } = fakeClient({
      groups: () => {
        throw new Error('down');
      },
    });
    await expect(
      createSlackDirectory({ client, clock: createFakeClock(), groups: {} }).warm(),
    ).resolves.toBeUndefined();
  });
});
