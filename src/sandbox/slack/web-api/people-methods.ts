import type { JsonObject } from '../json.ts';
import type { Usergroup } from '../records.ts';
import { flag, type Method, page, refused, requireText, type Services } from './method.ts';

const readsEmail = (services: Services): boolean => services.manifest.scopes.has('users:read.email');

/** `users.*` and `usergroups.*`: who people are. */
export const peopleMethods: Readonly<Record<string, Method>> = {
  'users.info': {
    tier: 'T4',
    scopes: ['users:read'],
    run(args, services) {
      const user = requireText(args, 'user');
      if (!user.ok) return user.answer;
      if (user.value === services.app.botUserId) return { ok: true, user: services.people.bot() };
      const person = services.people.find(user.value);
      if (person === undefined) return refused('user_not_found');
      return { ok: true, user: services.people.wire(person, { withEmail: readsEmail(services) }) };
    },
  },
  'users.list': {
    tier: 'T2',
    scopes: ['users:read'],
    run(args, services) {
      const withEmail = readsEmail(services);
      const everybody = [
        ...services.people.all().map((person) => services.people.wire(person, { withEmail })),
        services.people.bot(),
      ];
      const { items, response_metadata } = page(everybody, args);
      return { ok: true, members: items, response_metadata };
    },
  },
  'users.lookupByEmail': {
    tier: 'T3',
    scopes: ['users:read.email'],
    run(args, services) {
      const email = requireText(args, 'email');
      if (!email.ok) return email.answer;
      const person = services.people.byEmail(email.value);
      return person === undefined
        ? refused('users_not_found')
        : { ok: true, user: services.people.wire(person, { withEmail: true }) };
    },
  },
  'usergroups.list': {
    tier: 'T2',
    scopes: ['usergroups:read'],
    run(args, services) {
      const withUsers = flag(args, 'include_users');
      return {
        ok: true,
        usergroups: services.people.usergroups().map((group) => wireGroup(group, services.app.teamId, withUsers)),
      };
    },
  },
  'usergroups.users.list': {
    tier: 'T2',
    scopes: ['usergroups:read'],
    run(args, services) {
      const id = requireText(args, 'usergroup');
      if (!id.ok) return id.answer;
      const group = services.people.usergroup(id.value);
      return group === undefined ? refused('no_such_subteam') : { ok: true, users: group.members };
    },
  },
};

function wireGroup(group: Usergroup, teamId: string, withUsers: boolean): JsonObject {
  return {
    id: group.id,
    team_id: teamId,
    is_usergroup: true,
    handle: group.handle,
    name: group.name,
    user_count: group.members.length,
    ...(withUsers ? { users: group.members } : {}),
  };
}
