import { type ObjectRef, sayRef } from '../../cluster/object.ts';
import { podSpecOf } from '../../cluster/pod-spec.ts';
import { recordsAt, textAt } from '../../cluster/wire.ts';
import type { Workload } from '../../cluster/workload.ts';
import { oneLine } from '../present-events.ts';
import { fromObject } from '../support.ts';
import type { Complaint, ConfigurationContext } from './complaints.ts';
import type { Conclusion } from './grounds.ts';
import { type AddressSetting, type SecretSetting, type Setting, stemOf } from './settings.ts';
import { mayBeTech, type Target, targetsOf } from './target.ts';

const userWords = /(?:^|[_.-]|[a-z])(?:user|username|login)$/i;
const passwordWords = /pass|pwd|secret|token|credential/i;

/** `dependency-credentials-rejected`: a server that the container's configuration points to refuses its login. Which credentials is told from the container's own declaration. */
export function loginsThatAreRefused(
  context: ConfigurationContext,
  complaints: readonly Complaint[],
): readonly Conclusion[] {
  return complaints.flatMap((complaint) => {
    if (complaint.kind !== 'refused-login') return [];
    return targetsOf(
      context,
      complaint,
      (pointing, line) => line.sign.tech !== 'http' && mayBeTech(pointing, line.sign.tech),
    ).flatMap((target) => {
      // "401" is what a service says to its own callers too: only with the host beside it.
      if (target.line.sign.tech === 'http' && !target.isNamed) return [];
      return conclusion(context, complaint, target);
    });
  });
}

type Given = {
  readonly object: ObjectRef;
  readonly path: string;
  readonly observed: string;
  readonly expected: string;
  readonly basis: Conclusion['basis'];
  readonly fact: string;
  /** What the summary says of it, after a colon. */
  readonly told: string;
};

function conclusion(context: ConfigurationContext, complaint: Complaint, target: Target): readonly Conclusion[] {
  const { now } = context;
  const { speaker } = complaint;
  const { setting, dependency, line, times } = target;
  const server = dependency.is === 'service' ? dependency.workload : undefined;
  const to = dependency.is === 'service' ? sayRef(dependency.ref) : setting.address.host;
  const user = line.sign.named.user;
  const given = credentialsOf(complaint, setting, user, server, to);
  if (given === undefined) return [];
  return [
    {
      code: 'dependency-credentials-rejected',
      object: given.object,
      summary: `${dependency.is === 'service' ? to : `Host ${to}`} refuses the login of container ${speaker.status.name} of ${sayRef(speaker.workload.ref)}${user === undefined || user === '' ? '' : ` as user ${oneLine(user, 60)}`}: ${given.told}.`,
      cause: { path: given.path, observed: given.observed, expected: given.expected },
      speaker,
      complaint,
      line: line.text,
      times,
      basis: given.basis,
      facts: [
        fromObject(speaker.workload.object ?? speaker.pod, now, given.fact),
        ...(dependency.is === 'service' ? [fromObject(dependency.service, now, `${setting.name} points to it`)] : []),
        ...(server?.object === undefined
          ? []
          : [fromObject(server.object, now, 'it is the server that refuses the login')]),
      ],
    },
  ];
}

/** Which of the container's credentials is refused, and what the server itself is set up with, where its environment says so. Values of passwords are never looked at. */
function credentialsOf(
  { speaker }: Complaint,
  setting: AddressSetting,
  user: string | undefined,
  server: Workload | undefined,
  to: string,
): Given | undefined {
  const { plain, secrets } = speaker.settings;
  const stem = stemOf(setting.name);
  const near = <T extends { readonly name: string }>(found: readonly T[]): T | undefined =>
    found.find(({ name }) => stem !== '' && name.toLowerCase().startsWith(stem)) ??
    (found.length === 1 ? found[0] : undefined);
  const userSetting = near(plain.filter(({ name }) => userWords.test(name)));
  const password = near(secrets.filter(({ name }) => passwordWords.test(name)));
  const url = near(secrets.filter(({ name }) => /url|uri|dsn|conn/i.test(name)));
  const whole = secrets.find(({ key }) => key === undefined);
  const isUser = user !== undefined && user !== '' && (userSetting?.value === user || setting.address.user === user);
  const setUp = server === undefined ? undefined : setUpOf(server);
  if (
    userSetting !== undefined &&
    setUp?.user !== undefined &&
    userSetting.value === user &&
    setUp.user !== user &&
    !isSuperuser(user)
  )
    return fromSetting(userSetting, user, setUp.user, to);
  const secret = password ?? url ?? whole;
  if (secret !== undefined) return fromSecret(speaker.workload.ref, secret, setUp?.password, isUser, to);
  if (setting.address.user !== undefined || plain.some(({ name }) => passwordWords.test(name))) {
    const literal = near(plain.filter(({ name }) => passwordWords.test(name))) ?? setting;
    return {
      object: literal.object,
      path: literal.path,
      observed: `credentials in ${literal.name}`,
      expected: `credentials that ${to} accepts`,
      basis: isUser ? 'stated' : 'likely',
      fact: `${literal.name} holds the credentials for ${to}`,
      told: `the credentials stand in ${literal.name}`,
    };
  }
  return {
    object: speaker.workload.ref,
    path: speaker.declared.path,
    observed: 'no credentials in its environment',
    expected: `credentials that ${to} accepts`,
    basis: 'likely',
    told: 'its environment gives it none',
    fact: `no variable of container ${speaker.status.name} gives credentials for ${to}`,
  };
}

function fromSetting(setting: Setting, user: string, expected: string, to: string): Given {
  return {
    object: setting.object,
    path: setting.path,
    observed: `user ${oneLine(user, 60)}`,
    expected: oneLine(expected, 60),
    basis: 'stated',
    told: `${setting.name} names that user, and the server is set up with user ${oneLine(expected, 60)}`,
    fact: `${setting.name} is ${oneLine(user, 60)}; ${to} is set up with user ${oneLine(expected, 60)}`,
  };
}

function fromSecret(
  object: ObjectRef,
  { name, secret, key, path }: SecretSetting,
  setUp: SecretSetting | undefined,
  isUser: boolean,
  to: string,
): Given {
  const said = (one: { secret: string; key: string | undefined }) =>
    `Secret ${one.secret}${one.key === undefined ? '' : ` key ${one.key}`}`;
  const isOther = setUp !== undefined && (setUp.secret !== secret || (setUp.key !== key && key !== undefined));
  return {
    object,
    path,
    observed: `${said({ secret, key })} in ${name}`,
    expected: isOther ? `${said(setUp)}, which the server is set up with` : `credentials that ${to} accepts`,
    basis: isUser || isOther ? 'stated' : 'likely',
    told: `${/url|uri|dsn|conn/i.test(name) ? 'the address with its password' : 'the refused password'} (${name}) comes from ${said({ secret, key })}${isOther ? `, and the server is set up with ${said(setUp)}` : ''}`,
    fact: `${name} comes from ${said({ secret, key })}${isOther ? `; ${to} is set up with ${said(setUp)}` : ''}`,
  };
}

/** The user and the password that a server's own environment gives it when it is set up. */
function setUpOf(server: Workload): {
  readonly user: string | undefined;
  readonly password: SecretSetting | undefined;
} {
  const spec = server.object === undefined ? undefined : podSpecOf(server.object);
  const variables = recordsAt(spec, 'containers').flatMap(({ record }) =>
    recordsAt(record, 'env').map((one) => one.record),
  );
  const isRoot = (name: string) => /root|postgres_initdb|replication|admin/i.test(name);
  const user = variables.find((one) => userWords.test(textAt(one, 'name') ?? '') && !isRoot(textAt(one, 'name') ?? ''));
  const password = variables.find((one) => {
    const name = textAt(one, 'name') ?? '';
    return passwordWords.test(name) && !isRoot(name) && textAt(one, 'valueFrom', 'secretKeyRef', 'name') !== undefined;
  });
  const secret = textAt(password, 'valueFrom', 'secretKeyRef', 'name');
  return {
    user: textAt(user, 'value'),
    password:
      secret === undefined
        ? undefined
        : {
            name: textAt(password, 'name') ?? '',
            secret,
            key: textAt(password, 'valueFrom', 'secretKeyRef', 'key'),
            path: '',
          },
  };
}

// Every server has them, whatever other user it was set up with.
function isSuperuser(user: string): boolean {
  return ['postgres', 'root', 'default', 'admin', 'sa', 'guest'].includes(user);
}
