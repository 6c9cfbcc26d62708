import { standardPortOf } from '../../cluster/address.ts';
import { knownRef } from '../../cluster/kinds.ts';
import { refOf, sayRef } from '../../cluster/object.ts';
import { fromObject } from '../support.ts';
import type { Complaint, ConfigurationContext } from './complaints.ts';
import { type Dependency, isDnsDown, type ServicePort } from './dependency.ts';
import type { Conclusion } from './grounds.ts';
import type { AddressSetting } from './settings.ts';
import { namesPort, type Target, targetsOf } from './target.ts';

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
      ? `no Service ${dependency.name} exists in namespace ${dependency.namespace}`
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
    summary: `${setting.name} of ${sayRef(setting.object)} names host ${host} for container ${speaker.status.name}, and ${where}${nearest === undefined ? '' : `; ${nearest} does`}.`,
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
  return complaints.flatMap((complaint) => {
    if (complaint.kind !== 'unreachable') return [];
    return targetsOf(context, complaint, ({ setting, dependency }) => isPortWrong(setting, dependency)).flatMap(
      (target) => {
        const { setting, dependency, line } = target;
        if (dependency.is !== 'service' || !isPortWrong(setting, dependency)) return [];
        const port = portOf(setting);
        // A line that names another port of the host speaks of another connection.
        const other = dependency.ports.some((one) => namesPort(line.text, one.port));
        if (port === undefined || (other && !namesPort(line.text, port))) return [];
        return [portConclusion(context, complaint, target, dependency, port)];
      },
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

function portConclusion(
  { now }: ConfigurationContext,
  complaint: Complaint,
  { line, times, isNamed, setting }: Target,
  dependency: Extract<Dependency, { is: 'service' }>,
  port: number,
): Conclusion {
  const holder = setting.portFrom ?? setting;
  const ports = dependency.ports.map((one) => one.port).join(', ');
  const meant = meantPort(dependency.ports, port);
  // Without a cluster address there is nobody in between who would refuse the port: only a pod that does not listen there.
  const basis = isNamed && !dependency.isHeadless ? 'stated' : 'likely';
  return {
    code: 'dependency-port-wrong',
    object: holder.object,
    summary: `${holder.name} of ${sayRef(holder.object)} names port ${port} of ${sayRef(dependency.ref)} for container ${complaint.speaker.status.name}, which has ${ports}.`,
    cause: {
      path: holder.path,
      observed: setting.portFrom === undefined ? `${setting.address.host}:${port}` : String(port),
      expected: meant === undefined ? `one of ${ports}` : String(meant),
    },
    recommendation: {
      text: `Set the port in ${holder.name} to ${meant ?? `one of ${ports}`}.`,
      values: { setting: holder.name, port, ...(meant === undefined ? {} : { expected: meant }) },
    },
    speaker: complaint.speaker,
    complaint,
    line: line.text,
    times,
    basis,
    facts: [
      fromObject(
        holder.holder ?? complaint.speaker.pod,
        now,
        `${holder.name} names port ${port} of host ${setting.address.host}`,
      ),
      fromObject(dependency.service, now, `its ports are ${ports}`),
    ],
    affects: [refOf(complaint.speaker.pod)],
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
