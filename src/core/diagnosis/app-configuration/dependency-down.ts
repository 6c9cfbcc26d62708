import { type ObjectRef, refOf, sayRef } from '../../cluster/object.ts';
import { conditionOf } from '../../cluster/pod.ts';
import { numberAt, textAt } from '../../cluster/wire.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import { podKey } from '../analysis.ts';
import type { Probe } from '../observations.ts';
import { fromObject } from '../support.ts';
import { isPortWrong } from './address-wrong.ts';
import type { Complaint, ConfigurationContext, Speaker } from './complaints.ts';
import type { Dependency } from './dependency.ts';
import type { Conclusion } from './grounds.ts';
import { pointingsOf, targetsOf } from './target.ts';
import { isWaitedFor } from './waited-for.ts';

type ServiceBehind = Extract<Dependency, { is: 'service' }>;

/**
 * `dependency-down`: what a suffering container depends on has nobody behind it: its log says that it cannot reach it, or a connectivity check failed, or (less surely) its
 * configuration or the call graph names it and the container is not well. The dependency's own trouble, where a rule knows it, explains this one.
 */
export function dependenciesThatAreDown(
  context: ConfigurationContext,
  complaints: readonly Complaint[],
): readonly Conclusion[] {
  const spoken = complaints.flatMap((complaint) => {
    if (complaint.kind !== 'unreachable' && complaint.kind !== 'unresolved') return [];
    return targetsOf(
      context,
      complaint,
      ({ dependency, setting }) => isDown(dependency) && !isPortWrong(setting, dependency),
    ).flatMap(({ dependency, setting, line, times, isNamed }): Conclusion[] => {
      if (dependency.is !== 'service' || !isDown(dependency) || isPortWrong(setting, dependency)) return [];
      // A name with a cluster address resolves even when nobody is behind it.
      if (complaint.kind === 'unresolved' && !dependency.isHeadless) return [];
      const basis = isNamed && context.view.podsOf(dependency.service).length === 0 ? 'stated' : 'likely';
      return [{ ...conclusion(context, complaint.speaker, dependency), basis, complaint, line: line.text, times }];
    });
  });
  const told = new Set(spoken.map(({ speaker }) => podKey(speaker.pod)));
  return [...spoken, ...silentCallers(context, told), ...probed(context)];
}

function isDown(dependency: Dependency): boolean {
  return dependency.is === 'service' && dependency.behind === 'none';
}

function conclusion(
  { now, view }: ConfigurationContext,
  speaker: Speaker,
  dependency: ServiceBehind,
): Omit<Conclusion, 'basis' | 'complaint' | 'line' | 'times'> {
  const { workload, service, ref } = dependency;
  const replicas = workload?.object === undefined ? undefined : numberAt(workload.object, 'spec', 'replicas');
  const pods = view.podsOf(service);
  // Pods that are not well have a trouble of their own, which is told of their workload and stands before this: so it must not share that object.
  const object: ObjectRef = pods.length === 0 ? (workload?.ref ?? ref) : ref;
  const state =
    replicas === 0
      ? 'it is scaled to zero'
      : pods.length === 0
        ? 'it has no pods'
        : pods.length === 1
          ? 'its only pod is not ready'
          : `none of its ${pods.length} pods is ready`;
  return {
    code: 'dependency-down',
    object,
    summary: `${sayRef(speaker.workload.ref)} depends on ${sayRef(ref)}, and nobody stands behind it: ${state}.`,
    cause: {
      path: replicas === 0 ? 'spec.replicas' : object.kind === 'Service' ? 'spec.selector' : 'status.readyReplicas',
      observed: replicas === 0 ? '0' : state,
      expected: 'at least one pod that is ready',
    },
    speaker,
    facts: [
      fromObject(service, now, `nobody stands behind it: ${state}`),
      ...(workload?.object === undefined ? [] : [fromObject(workload.object, now, state)]),
      ...pods
        .slice(0, 2)
        .map((pod) => fromObject(pod, now, `Ready=${conditionOf(pod, 'Ready')?.status ?? 'not said'}`)),
    ],
    affects: pods.length === 0 && workload !== undefined ? [ref, workload.ref] : [],
    // Why nobody stands behind it is a finding of those who should.
    explainedBy: [...(workload === undefined ? [] : [workload.ref]), ...pods.map(refOf)].map((one) => ({
      object: one,
    })),
  };
}

/** Containers that are not well, say nothing that was read, and need a Service that is down. */
function silentCallers(context: ConfigurationContext, told: ReadonlySet<string>): readonly Conclusion[] {
  const { view, scope, topology } = context;
  return scope.pods.flatMap((pod) => {
    if (told.has(podKey(pod)) || context.isExplained(pod) || conditionOf(pod, 'Ready')?.status !== 'False') return [];
    return context.speakersOf(pod).flatMap((speaker): Conclusion[] => {
      const { suffering, status } = speaker;
      if (suffering !== 'crashing' && suffering !== 'not-ready') return [];
      // What its own log says goes before what its configuration might mean; what a script waits for it need not say.
      const isAwaited = pointingsOf(context, speaker).some(
        ({ setting, dependency }) =>
          isDown(dependency) && !isPortWrong(setting, dependency) && isWaitedFor(speaker, setting, context.now),
      );
      if (
        !isAwaited &&
        (view.logOf(pod, status.name, 'current') !== undefined ||
          view.logOf(pod, status.name, 'previous') !== undefined)
      )
        return [];
      const pointed = pointingsOf(context, speaker).flatMap(({ dependency, setting }) =>
        dependency.is === 'service' &&
        !isPortWrong(setting, dependency) &&
        (!isAwaited || isWaitedFor(speaker, setting, context.now))
          ? [dependency]
          : [],
      );
      const called = topology
        .needs(speaker.workload.ref)
        .flatMap(({ to, by }) =>
          by === 'calls' && to.kind === 'Service' ? [context.resolve(`${to.name}.${to.namespace ?? ''}`, pod)] : [],
        )
        .flatMap((dependency) => (dependency.is === 'service' ? [dependency] : []));
      const found = [...pointed, ...called].find((one) => isDown(one));
      return found === undefined
        ? []
        : [
            {
              ...conclusion(context, speaker, found),
              basis: isAwaited ? 'likely' : 'inferred',
              complaint: undefined,
              line: undefined,
              times: 1,
            },
          ];
    });
  });
}

/** Connectivity checks that failed, made from a pod or workload of the scope to a Service that nobody stands behind. */
function probed(context: ConfigurationContext): readonly Conclusion[] {
  const { observations, scope } = context;
  const failed = observations.probes.filter(({ ok }) => ok === false).slice(0, 500);
  if (failed.length === 0) return [];
  return scope.pods.flatMap((pod) => {
    const own = failed.filter((probe) =>
      isFrom(probe, pod.metadata.namespace ?? '', pod.metadata.name, pod.metadata.labels ?? {}),
    );
    if (own.length === 0) return [];
    return context.speakersOf(pod).flatMap((speaker) =>
      pointingsOf(context, speaker).flatMap(({ setting, dependency }): Conclusion[] => {
        const probe = own.find(
          ({ host, port }) =>
            isSameHost(host, setting.address.host, dependency) && (setting.address.port ?? port) === port,
        );
        if (
          probe === undefined ||
          dependency.is !== 'service' ||
          !isDown(dependency) ||
          isPortWrong(setting, dependency)
        )
          return [];
        const base = conclusion(context, speaker, dependency);
        return [
          {
            ...base,
            basis: 'likely',
            complaint: undefined,
            line: undefined,
            times: 2,
            facts: [...base.facts, fromProbe(probe, context.now)],
          },
        ];
      }),
    );
  });
}

function isFrom({ from }: Probe, namespace: string, pod: string, labels: Readonly<Record<string, string>>): boolean {
  const [first = '', second] = from.split('/');
  const name = second ?? first;
  if (second !== undefined && first !== namespace) return false;
  return name === pod || pod.startsWith(`${name}-`) || Object.values(labels).includes(name);
}

function isSameHost(probed: string, host: string, dependency: Dependency): boolean {
  if (probed.toLowerCase() === host) return true;
  if (dependency.is !== 'service') return false;
  const { name, namespace } = dependency.ref;
  return (
    probed === name ||
    probed.startsWith(`${name}.${namespace}`) ||
    probed === textAt(dependency.service, 'spec', 'clusterIP')
  );
}

function fromProbe(probe: Probe, now: number): EvidenceDraft {
  return {
    kind: 'metric',
    source: 'connectivity checks',
    at: now,
    summary: `From ${probe.from} to ${probe.host}:${probe.port}: failed${probe.error === undefined ? '' : ` (${probe.error.slice(0, 200)})`}.`,
    from: probe,
  };
}
