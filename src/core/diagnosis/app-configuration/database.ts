import { knownRef } from '../../cluster/kinds.ts';
import { type ObjectRef, sayRef, type WireObject } from '../../cluster/object.ts';
import { podSpecOf, podSpecPath } from '../../cluster/pod-spec.ts';
import { listAt, recordsAt, stringsAt, textAt } from '../../cluster/wire.ts';
import type { Workload } from '../../cluster/workload.ts';
import { answersAbout, newestOf } from '../observations.ts';
import { fromObject } from '../support.ts';
import { type ComplaintKind, complaintSignOf } from './complaint-sign.ts';
import type { Complaint, ConfigurationContext } from './complaints.ts';
import type { Dependency } from './dependency.ts';
import type { Conclusion } from './grounds.ts';
import { mayBeTech, type Target, targetsOf } from './target.ts';

/** Something a server is told in its own declaration. */
type Knob = { readonly path: string; readonly observed: string };

const connectionKnob =
  /(?:max[_-]?connections|maxclients|max[_-]?client[_-]?conn|maxConns|max-incoming-connections)["']?\s{0,4}[=:\s]\s{0,4}["']?(\d{1,7})/i;
const readOnlyKnob =
  /((?:default_transaction_read_only|read[_-]only|super[_-]read[_-]only|innodb[_-]read[_-]only|replica[_-]read[_-]only|slave[_-]read[_-]only)["']?\s{0,4}[=:\s]\s{0,4}["']?(?:on|1|true|yes)\b|--(?:super-)?read-only(?![=\w-])|--?(?:replicaof|slaveof)\b)/i;
const replicaName =
  /(?:^|-)(?:ro|r|read|readonly|read-only|reader|readers|replica|replicas|secondary|slave|slaves|follower|standby)$/;
const primaryNames = ['rw', 'primary', 'master', 'leader', 'writer', 'write', 'main'];

/** `database-connections-exhausted`: a server that the container's configuration points to takes no more connections. The object is the server. */
export function serversWithoutConnections(
  context: ConfigurationContext,
  complaints: readonly Complaint[],
): readonly Conclusion[] {
  return aboutServers(context, complaints, 'no-connections').map(({ complaint, target, server }): Conclusion => {
    const { dependency, line, times } = target;
    const to = sayTo(dependency, target);
    const knob = server === undefined ? undefined : knobOf(context, server, connectionKnob);
    const callers = new Set(
      complaints.filter(({ kind }) => kind === 'no-connections').map(({ speaker }) => sayRef(speaker.workload.ref)),
    );
    const isAgreed =
      knob !== undefined ||
      callers.size > 1 ||
      serverSaysSo(context, server, 'no-connections') ||
      isMeasuredFull(context);
    return {
      code: 'database-connections-exhausted',
      object: objectOf(dependency, complaint),
      summary: `${to} takes no more connections: container ${complaint.speaker.status.name} of ${sayRef(complaint.speaker.workload.ref)} is turned away${knob === undefined ? '' : ` (${knob.observed})`}.`,
      cause: {
        path:
          knob?.path ??
          (server === undefined ? target.setting.path : `${podSpecPath(server.ref.kind).join('.')}.containers[0]`),
        observed: knob?.observed ?? 'all connections are taken',
        expected: 'more connections than its clients hold open together, or smaller pools',
      },
      speaker: complaint.speaker,
      complaint,
      line: line.text,
      times,
      basis: server === undefined ? 'inferred' : isAgreed ? 'stated' : 'likely',
      facts: factsOf(context, target, server, knob),
      affects: [complaint.speaker.workload.ref],
    };
  });
}

/** `database-read-only`: a container writes to a server that only takes reads: it is set so, or the configuration names the Service of its replicas. */
export function serversThatAreReadOnly(
  context: ConfigurationContext,
  complaints: readonly Complaint[],
): readonly Conclusion[] {
  return aboutServers(context, complaints, 'read-only').map(({ complaint, target, server }): Conclusion => {
    const { dependency, line, times, setting } = target;
    const to = sayTo(dependency, target);
    const primary = dependency.is === 'service' ? primaryOf(context, dependency.ref) : undefined;
    const common = {
      code: 'database-read-only' as const,
      speaker: complaint.speaker,
      complaint,
      line: line.text,
      times,
    };
    if (primary !== undefined && dependency.is === 'service') {
      return {
        ...common,
        object: setting.object,
        summary: `${setting.name} of ${sayRef(setting.object)} names ${to}, a Service of replicas that take no writes, for container ${complaint.speaker.status.name}; ${primary.metadata.name} takes them.`,
        cause: { path: setting.path, observed: setting.address.host, expected: primary.metadata.name },
        recommendation: {
          text: `Set the host in ${setting.name} to ${primary.metadata.name}.`,
          values: { setting: setting.name, expected: primary.metadata.name },
        },
        basis: 'stated',
        facts: [
          ...factsOf(context, target, server, undefined),
          fromObject(primary, context.now, 'it exists beside the one for reads'),
        ],
        affects: [complaint.speaker.workload.ref],
      };
    }
    const knob = server === undefined ? undefined : knobOf(context, server, readOnlyKnob);
    return {
      ...common,
      object: objectOf(dependency, complaint),
      summary: `${to} takes no writes: container ${complaint.speaker.status.name} of ${sayRef(complaint.speaker.workload.ref)} is refused${knob === undefined ? '' : ` (${knob.observed})`}.`,
      cause: {
        path:
          knob?.path ??
          (server === undefined ? setting.path : `${podSpecPath(server.ref.kind).join('.')}.containers[0]`),
        observed: knob?.observed ?? 'read-only',
        expected: 'a server that takes writes',
      },
      basis: server === undefined ? 'inferred' : knob === undefined ? 'likely' : 'stated',
      facts: factsOf(context, target, server, knob),
      affects: [complaint.speaker.workload.ref],
    };
  });
}

type About = { readonly complaint: Complaint; readonly target: Target; readonly server: Workload | undefined };

function aboutServers(
  context: ConfigurationContext,
  complaints: readonly Complaint[],
  kind: ComplaintKind,
): readonly About[] {
  return complaints.flatMap((complaint) => {
    if (complaint.kind !== kind) return [];
    return targetsOf(context, complaint, (pointing, line) => mayBeTech(pointing, line.sign.tech)).flatMap((target) => {
      const { dependency } = target;
      if (dependency.is === 'absent') return [];
      return [{ complaint, target, server: dependency.is === 'service' ? dependency.workload : undefined }];
    });
  });
}

function objectOf(dependency: Dependency, { speaker }: Complaint): ObjectRef {
  return dependency.is === 'service' ? (dependency.workload?.ref ?? dependency.ref) : speaker.workload.ref;
}

function sayTo(dependency: Dependency, { setting }: Target): string {
  return dependency.is === 'service' ? sayRef(dependency.ref) : setting.address.host;
}

function factsOf(
  { now }: ConfigurationContext,
  { setting, dependency }: Target,
  server: Workload | undefined,
  knob: Knob | undefined,
): Conclusion['facts'] {
  return [
    ...(setting.holder === undefined
      ? []
      : [fromObject(setting.holder, now, `${setting.name} points to ${setting.address.host}`)]),
    ...(dependency.is === 'service' ? [fromObject(dependency.service, now, 'the configuration points to it')] : []),
    ...(server?.object === undefined || knob === undefined
      ? []
      : [fromObject(server.object, now, `it is set to ${knob.observed}`)]),
  ];
}

/** Where a server's declaration sets something: an argument, a variable, or a file of a ConfigMap that it mounts. */
function knobOf({ view }: ConfigurationContext, server: Workload, wanted: RegExp): Knob | undefined {
  if (server.object === undefined) return undefined;
  const spec = podSpecOf(server.object);
  const base = podSpecPath(server.ref.kind).join('.');
  for (const { index, record } of recordsAt(spec, 'containers')) {
    const here = `${base}.containers[${index}]`;
    for (const field of ['args', 'command'] as const) {
      const words = listAt(record, field).map((word) => (typeof word === 'string' ? word.slice(0, 2000) : ''));
      for (const [at, word] of words.entries()) {
        // `--maxclients 50` may be one word or two.
        const two = word.startsWith('-') && !/[=\s]/.test(word) ? wanted.exec(`${word} ${words[at + 1] ?? ''}`) : null;
        const found = wanted.exec(word) ?? (two !== null && two.index < word.length ? two : null);
        if (found !== null) return { path: `${here}.${field}[${at}]`, observed: found[0].trim() };
      }
    }
    for (const { index: at, record: variable } of recordsAt(record, 'env')) {
      const found = wanted.exec(`${textAt(variable, 'name') ?? ''}=${(textAt(variable, 'value') ?? '').slice(0, 500)}`);
      if (found !== null) return { path: `${here}.env[${at}].value`, observed: found[0].trim() };
    }
  }
  for (const { index, record } of recordsAt(spec, 'volumes')) {
    const name = textAt(record, 'configMap', 'name');
    const map = name === undefined ? undefined : view.get(knownRef('ConfigMap', server.ref.namespace, name));
    for (const [key, text] of Object.entries(map === undefined ? {} : stringsAt(map, 'data'))) {
      const line = text
        .slice(0, 100_000)
        .split('\n', 3000)
        .find((one) => !/^\s*[#;]/.test(one) && wanted.test(one.slice(0, 500)));
      if (line !== undefined)
        return {
          path: `${base}.volumes[${index}].configMap.name`,
          observed: `${line.trim().slice(0, 100)} in ConfigMap ${name} key ${key}`,
        };
    }
  }
  return undefined;
}

function serverSaysSo({ view }: ConfigurationContext, server: Workload | undefined, kind: ComplaintKind): boolean {
  if (server?.object === undefined) return false;
  const pods = new Set(
    view.podsOf(server.object).map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`),
  );
  return view.logs.some(
    ({ namespace, pod, text }) =>
      pods.has(`${namespace}/${pod}`) &&
      text
        .slice(-20_000)
        .split('\n')
        .slice(-40)
        .some((line) => complaintSignOf(line.slice(0, 1000))?.kind === kind),
  );
}

/** Connections that are open against those that may be, by the exporters of PostgreSQL and MySQL. */
function isMeasuredFull({ observations }: ConfigurationContext): boolean {
  const pairs = [
    ['pg_stat_activity_count', 'pg_settings_max_connections'],
    ['pg_stat_database_numbackends', 'pg_settings_max_connections'],
    ['mysql_global_status_threads_connected', 'mysql_global_variables_max_connections'],
    ['redis_connected_clients', 'redis_config_maxclients'],
  ] as const;
  const sum = (metric: string) =>
    answersAbout(observations, metric)
      .slice(0, 1)
      .flatMap(({ series }) => series.flatMap((one) => newestOf(one) ?? []))
      .reduce((total, value) => total + value, 0);
  return pairs.some(([open, most]) => {
    const limit = sum(most);
    return limit > 0 && sum(open) >= 0.95 * limit;
  });
}

/** The Service for writes beside one whose name says that it is for reads. */
function primaryOf({ view }: ConfigurationContext, ref: ObjectRef): WireObject | undefined {
  if (!replicaName.test(ref.name)) return undefined;
  const stem = ref.name.replace(replicaName, '').replace(/-$/, '');
  const names = [...primaryNames.map((word) => `${stem}-${word}`), stem];
  return names.flatMap((name) => view.get(knownRef('Service', ref.namespace, name)) ?? [])[0];
}
