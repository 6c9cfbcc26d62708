import { standardPortOf } from '../../cluster/address.ts';
import { knownRef } from '../../cluster/kinds.ts';
import { refOf, sayRef } from '../../cluster/object.ts';
import { conditionOf } from '../../cluster/pod.ts';
import { fromObject } from '../support.ts';
import type { Complaint, ConfigurationContext, Speaker } from './complaints.ts';
import { type Dependency, isDnsDown, type ServicePort } from './dependency.ts';
import type { Conclusion } from './grounds.ts';
import type { AddressSetting } from './settings.ts';
import { namesPort, pointingsOf, type Target, targetsOf } from './target.ts';
import { isWaitedFor } from './waited-for.ts';

/** `dependency-host-wrong`: a process cannot resolve a host, its configuration names that very host, and no Service can be meant by it. */
export function hostsThatDoNotExist(
  context: ConfigurationContext,
  complaints: readonly Complaint[],
): readonly Conclusion[] {
  const isDown = isDnsDown(context.view);
  return complaints.flatMap((complaint) => {
    if (complaint.kind !== 'unresolved' && complaint.kind !== 'unreachable') return [];
    const targets = targetsOf(
      context,
      complaint,
      ({ dependency }) => complaint.kind === 'unresolved' && dependency.is === 'absent',
    );
    return targets.flatMap((target): Conclusion[] => {
      const { dependency, setting, line, times, isNamed } = target;
      if (dependency.is === 'service') return [];
      if (
        dependency.is === 'outside' &&
        (!dependency.isName || isDown || complaint.kind !== 'unresolved' || isTemporary(line.text))
      )
        return [];
      // What cannot be reached may have been resolved: then it is somewhere, if not where we looked.
      if (complaint.kind === 'unreachable' && !(dependency.is === 'absent' && dependency.isSure)) return [];
      const basis =
        dependency.is === 'outside'
          ? 'inferred'
          : dependency.isSure && isNamed && !isDown && complaint.kind === 'unresolved'
            ? 'stated'
            : 'likely';
      return [
        {
          ...hostConclusion(context, complaint.speaker, setting, dependency),
          basis,
          complaint,
          line: line.text,
          times,
        },
      ];
    });
  });
}

function isTemporary(line: string): boolean {
  return /Temporary failure|EAI_AGAIN|server misbehaving|i\/o timeout/i.test(line);
}

/** The words of the finding for a host that nothing answers to. */
export function hostConclusion(
  { view, now }: ConfigurationContext,
  speaker: Complaint['speaker'],
  setting: AddressSetting,
  dependency: Exclude<Dependency, { is: 'service' }>,
): Omit<Conclusion, 'basis' | 'complaint' | 'line' | 'times'> {
  const { host } = setting.address;
  const where =
    dependency.is === 'absent'
      ? `no Service ${dependency.name} ${dependency.isSure ? 'exists' : 'is among those read'} in namespace ${dependency.namespace}`
      : 'its name cannot be resolved';
  const nearest = dependency.is === 'absent' ? dependency.nearest : undefined;
  const [name = '', namespace] = (nearest ?? '').split('.');
  const meant =
    nearest === undefined || dependency.is !== 'absent'
      ? undefined
      : view.get(knownRef('Service', namespace ?? dependency.namespace, name));
  return {
    code: 'dependency-host-wrong',
    object: setting.object,
    summary: `Setting ${setting.name} of ${sayRef(setting.object)} names host ${host} for container ${speaker.status.name}, and ${where}${nearest === undefined ? '' : `; ${nearest} does`}.`,
    cause: {
      path: setting.path,
      observed: host,
      expected:
        nearest ??
        (dependency.is === 'absent'
          ? `the name of a Service that exists in namespace ${dependency.namespace}`
          : 'a host that can be resolved'),
    },
    recommendation: {
      text:
        nearest === undefined
          ? `Set ${setting.name} to a host that exists.`
          : `Set the host in ${setting.name} to ${nearest}.`,
      values: { setting: setting.name, host, ...(nearest === undefined ? {} : { expected: nearest }) },
    },
    speaker,
    facts: [
      fromObject(setting.holder ?? speaker.pod, now, `${setting.name} names host ${host}; ${where}`),
      ...(meant === undefined ? [] : [fromObject(meant, now, 'it exists')]),
    ],
  };
}

/** `dependency-port-wrong`: a process cannot connect to a host and port that its configuration names, and the Service of that host has no such port. */
export function portsThatDoNotExist(
  context: ConfigurationContext,
  complaints: readonly Complaint[],
): readonly Conclusion[] {
  const said = complaints.flatMap((complaint) => {
    if (complaint.kind !== 'unreachable') return [];
    return targetsOf(context, complaint, ({ setting, dependency }) => isPortWrong(setting, dependency)).flatMap(
      (target) => {
        const { setting, dependency, line } = target;
        if (dependency.is !== 'service' || !isPortWrong(setting, dependency)) return [];
        const port = portOf(setting);
        // A line that names another port of the host speaks of another connection.
        const other = dependency.ports.some((one) => namesPort(line.text, one.port));
        if (port === undefined || (other && !namesPort(line.text, port))) return [];
        return [portConclusion(context, complaint.speaker, { ...target, complaint }, dependency, port)];
      },
    );
  });
  return [...said, ...portsWaitedFor(context)];
}

/** Ports that the script of an init container has waited for, for minutes, and that the Service of the host does not have. */
function portsWaitedFor(context: ConfigurationContext): readonly Conclusion[] {
  return context.scope.pods.flatMap((pod) => {
    if (conditionOf(pod, 'Initialized')?.status !== 'False' || context.isExplained(pod)) return [];
    return context.speakersOf(pod).flatMap((speaker) =>
      pointingsOf(context, speaker).flatMap(({ setting, dependency }): Conclusion[] => {
        const port = portOf(setting);
        if (dependency.is !== 'service' || dependency.isHeadless || port === undefined) return [];
        if (!isPortWrong(setting, dependency) || !isWaitedFor(speaker, setting, context.now)) return [];
        const told = { setting, complaint: undefined, line: undefined, times: 1, isNamed: false };
        return [portConclusion(context, speaker, told, dependency, port)];
      }),
    );
  });
}

/** Whether a setting names a port that its Service does not have. */
export function isPortWrong(setting: AddressSetting, dependency: Dependency): boolean {
  const port = portOf(setting);
  return (
    dependency.is === 'service' &&
    dependency.ports.length > 0 &&
    port !== undefined &&
    !dependency.ports.some((one) => one.port === port)
  );
}

function portOf({ address }: AddressSetting): number | undefined {
  return address.port ?? standardPortOf(address.scheme);
}

/** A setting with a wrong port, and what was said of it, if anything was. */
type PortTold = Pick<Target, 'setting' | 'isNamed' | 'times'> & {
  readonly line: Target['line'] | undefined;
  readonly complaint: Complaint | undefined;
};

function portConclusion(
  { now }: ConfigurationContext,
  speaker: Speaker,
  { line, times, isNamed, setting, complaint }: PortTold,
  dependency: Extract<Dependency, { is: 'service' }>,
  port: number,
): Conclusion {
  const holder = setting.portFrom ?? setting;
  const ports = dependency.ports.map((one) => one.port).join(', ');
  const meant = meantPort(dependency.ports, port);
  // Without a cluster address there is nobody in between who would refuse the port: only a pod that does not listen there.
  // The very port that is refused, or its host, must stand in the line.
  const isSaid = isNamed || (line !== undefined && namesPort(line.text, port));
  const basis = isSaid && !dependency.isHeadless ? 'stated' : 'likely';
  return {
    code: 'dependency-port-wrong',
    object: holder.object,
    summary: `Setting ${holder.name} of ${sayRef(holder.object)} names port ${port} of ${sayRef(dependency.ref)} for container ${speaker.status.name}, which has ${ports}.`,
    cause: {
      path: holder.path,
      observed: setting.portFrom === undefined ? `${setting.address.host}:${port}` : String(port),
      expected: meant === undefined ? `one of ${ports}` : String(meant),
    },
    recommendation: {
      text: `Set the port in ${holder.name} to ${meant ?? `one of ${ports}`}.`,
      values: { setting: holder.name, port, ...(meant === undefined ? {} : { expected: meant }) },
    },
    speaker,
    complaint,
    line: line?.text,
    times,
    basis,
    facts: [
      fromObject(
        holder.holder ?? speaker.pod,
        now,
        `${holder.name} names port ${port} of host ${setting.address.host}`,
      ),
      fromObject(dependency.service, now, `its ports are ${ports}`),
    ],
    affects: [refOf(speaker.pod)],
  };
}

function meantPort(ports: readonly ServicePort[], wrong: number): number | undefined {
  if (ports.length === 1) return ports[0]?.port;
  // Of several, the one whose digits are the same but for one, if there is just one.
  const near = ports.filter(({ port }) => {
    const [a, b] = [String(port), String(wrong)];
    return a.length === b.length && [...a].filter((digit, index) => digit !== b[index]).length === 1;
  });
  return near.length === 1 ? near[0]?.port : undefined;
}
