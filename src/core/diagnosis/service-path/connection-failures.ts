import type { ClusterView } from '../../cluster/cluster-view.ts';
import { type ObjectRef, refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { refKey } from '../../cluster/topology.ts';
import { textAt } from '../../cluster/wire.ts';
import { workloadOf } from '../../cluster/workload.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import type { AnalysisContext } from '../analysis.ts';
import type { Probe } from '../observations.ts';
import { type AddressBook, createAddressBook } from './address-book.ts';
import { howItFailed, type LineFailure, readFailures, saysNoSuchName } from './failure-lines.ts';

/** Somebody tried to reach something and could not. `to` is the Service, or the pod behind an address. */
export type ConnectionFailure = {
  readonly from: { readonly ref: ObjectRef; readonly pods: readonly WireObject[] };
  readonly to: WireObject | undefined;
  readonly host: string;
  readonly port: number | undefined;
  readonly how: LineFailure['how'];
  /** Of a failed lookup: a name server answered that there is no such name. */
  readonly answered: boolean;
  readonly times: number;
  readonly evidence: EvidenceDraft;
};

/** A check that succeeded: what it reached is reachable. */
export type ConnectionSuccess = { readonly from: ObjectRef; readonly to: WireObject; readonly port: number };

/** What connectivity checks and the logs of callers say of the ways between pods. Symptoms: objects decide what is to blame. */
export interface ConnectionFailures {
  readonly all: readonly ConnectionFailure[];
  /** Failures towards a Service, or towards one of its pods. */
  to(object: WireObject): readonly ConnectionFailure[];
  readonly successes: readonly ConnectionSuccess[];
}

export function createConnectionFailures({ view, topology, now, observations }: AnalysisContext): ConnectionFailures {
  const book = createAddressBook(view, topology);
  const all = [
    ...observations.probes.flatMap((probe) => fromProbe(book, probe, now)),
    ...fromLogs(view, book),
  ].toSorted((a, b) => (sayFailure(a) < sayFailure(b) ? -1 : 1));
  const byTarget = new Map<string, ConnectionFailure[]>();
  for (const failure of all) {
    if (failure.to === undefined) continue;
    const key = refKey(refOf(failure.to));
    const list = byTarget.get(key);
    if (list === undefined) byTarget.set(key, [failure]);
    else list.push(failure);
  }
  return {
    all,
    to: (object) => byTarget.get(refKey(refOf(object))) ?? [],
    successes: observations.probes.flatMap((probe) => successOf(book, probe)),
  };
}

function sayFailure({ from, host, port, how, evidence }: ConnectionFailure): string {
  return `${sayRef(from.ref)} ${host} ${port ?? ''} ${how} ${evidence.kind} ${evidence.source}`;
}

function fromProbe(book: AddressBook, probe: Probe, now: number): readonly ConnectionFailure[] {
  if (probe.ok !== false) return [];
  const from = callerOf(book, probe);
  const to = book.find(probe.host, from.ref.namespace);
  const said = (probe.error ?? '').slice(0, 300);
  return [
    {
      from,
      to,
      host: probe.host,
      port: probe.port,
      how: howItFailed(said) ?? 'failed',
      answered: saysNoSuchName(said),
      times: 1,
      evidence: {
        kind: 'metric',
        source: `connectivity check from ${probe.from}`,
        ...(to === undefined ? {} : { object: refOf(to) }),
        at: now,
        summary: `${probe.from} cannot reach ${probe.host}:${probe.port}${said === '' ? '' : `: ${said}`}`,
        from: { ...probe },
      },
    },
  ];
}

/** Who made a check. Whoever is not in the cluster, or not to be told apart, still says what cannot be reached. */
function callerOf(book: AddressBook, probe: Probe): ConnectionFailure['from'] {
  const known = book.callerNamed(probe.from);
  if (known !== undefined) return known;
  const name = probe.from.slice(0, 253) || 'somebody';
  return { ref: { apiVersion: 'v1', kind: 'Client', name }, pods: [] };
}

function successOf(book: AddressBook, probe: Probe): readonly ConnectionSuccess[] {
  if (probe.ok !== true) return [];
  const from = callerOf(book, probe);
  const to = book.find(probe.host, from.ref.namespace);
  return to === undefined ? [] : [{ from: from.ref, to, port: probe.port }];
}

/** All logs together are read up to here; beyond it the rest of each is left out, oldest lines first. */
const maxLogChars = 4_000_000;
const maxCharsPerLog = 16_000;

function fromLogs(view: ClusterView, book: AddressBook): readonly ConnectionFailure[] {
  const perLog = Math.max(500, Math.min(maxCharsPerLog, Math.floor(maxLogChars / Math.max(1, view.logs.length))));
  const found = new Map<string, ConnectionFailure>();
  for (const log of view.logs) {
    const failures = readFailures(log.text.slice(-perLog), log.at);
    if (failures.length === 0) continue;
    const pod = view.get({ apiVersion: 'v1', kind: 'Pod', namespace: log.namespace, name: log.pod });
    if (pod === undefined) continue;
    const ref = workloadOf(view, pod).ref;
    for (const failure of failures) {
      const target = targetOf(book, pod, failure);
      if (target === undefined && failure.how !== 'unresolved') continue;
      const host = target?.host ?? failure.hosts[0]?.host ?? '';
      const port = target?.port;
      const key = [refKey(ref), target === undefined ? host : refKey(refOf(target.to)), port, failure.how].join('\n');
      const known = found.get(key);
      if (known !== undefined) {
        const pods = known.from.pods.includes(pod) ? known.from.pods : [...known.from.pods, pod];
        found.set(key, {
          ...known,
          from: { ref, pods },
          times: known.times + 1,
          answered: known.answered && failure.answered,
        });
        continue;
      }
      found.set(key, {
        from: { ref, pods: [pod] },
        to: target?.to,
        host,
        port,
        how: failure.how,
        answered: failure.answered,
        times: 1,
        evidence: {
          kind: 'log',
          source: `${log.previous ? 'previous log' : 'log'} of ${log.namespace}/${log.pod} container ${log.container}`,
          object: refOf(pod),
          at: log.at,
          summary: `${sayRef(refOf(pod))} logs: ${failure.line}`,
          from: log.text,
        },
      });
    }
  }
  return [...found.values()];
}

function targetOf(
  book: AddressBook,
  pod: WireObject,
  failure: LineFailure,
): { readonly to: WireObject; readonly host: string; readonly port: number | undefined } | undefined {
  const own = textAt(pod, 'status', 'podIP');
  for (const { host, port } of failure.hosts) {
    if (host === own) continue;
    const to = book.find(host, pod.metadata.namespace);
    if (to === undefined || to === pod) continue;
    return { to, host, port: port ?? failure.port };
  }
  return undefined;
}
