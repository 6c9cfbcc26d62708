import { isHostName } from '../../cluster/address.ts';
import { conditionOf } from '../../cluster/pod.ts';
import type { Probe } from '../observations.ts';
import { hostConclusion } from './address-wrong.ts';
import type { ConfigurationContext } from './complaints.ts';
import type { Conclusion } from './grounds.ts';
import { pointingsOf } from './target.ts';
import { isWaitedFor } from './waited-for.ts';

/** Exit codes that tell of another trouble than a dependency: not found, killed. */
const otherEnds: ReadonlySet<number | undefined> = new Set([126, 127, 128, 137, 139]);

/**
 * `dependency-host-wrong` without a log: a container that is not well has a setting that names a Service which does not exist in a namespace that was read whole. Never sure: the
 * process may not use it. Silent where a log was read, which would say so; but an init container whose script waits for the host for minutes need say nothing.
 */
export function settingsWithoutService(context: ConfigurationContext): readonly Conclusion[] {
  const { scope, view, observations } = context;
  const failed = observations.probes.filter(({ ok }) => ok === false).slice(0, 500);
  return scope.pods.flatMap((pod) => {
    if (conditionOf(pod, 'Ready')?.status !== 'False' || context.isExplained(pod)) return [];
    return context.speakersOf(pod).flatMap((speaker): Conclusion[] => {
      const { status, suffering } = speaker;
      if (suffering !== 'crashing' && suffering !== 'not-ready') return [];
      const end = status.state.is === 'terminated' ? status.state.end : status.lastEnd;
      if (suffering === 'crashing' && otherEnds.has(end?.exitCode)) return [];
      const hasLog = (['current', 'previous'] as const).some((which) =>
        view.logOf(pod, status.name, which)?.text.trim(),
      );
      return pointingsOf(context, speaker).flatMap(({ setting, dependency }): Conclusion[] => {
        const isAwaited = isWaitedFor(speaker, setting, context.now);
        if (dependency.is !== 'absent' || !(dependency.isSure || isAwaited)) return [];
        const { address, name } = setting;
        // A word that merely looks like a host is none: its name, its scheme or its port must say that it is one.
        if (!isHostName(name) && address.scheme === undefined && address.port === undefined) return [];
        const probe = failed.find(
          ({ host, from }) => host.toLowerCase() === address.host && isFrom(from, pod.metadata.name),
        );
        if (hasLog && probe === undefined && !isAwaited) return [];
        const base = hostConclusion(context, speaker, setting, dependency);
        return [
          {
            ...base,
            basis: probe !== undefined ? 'stated' : isAwaited && dependency.isSure ? 'likely' : 'inferred',
            complaint: undefined,
            line: undefined,
            times: 1,
            facts: [...base.facts, ...(probe === undefined ? [] : [fromProbe(probe, context.now)])],
          },
        ];
      });
    });
  });
}

function isFrom(from: string, pod: string): boolean {
  const name = from.split('/').at(-1) ?? '';
  return name !== '' && (name === pod || pod.startsWith(`${name}-`));
}

function fromProbe(probe: Probe, now: number): Conclusion['facts'][number] {
  return {
    kind: 'metric',
    source: 'connectivity checks',
    at: now,
    summary: `From ${probe.from} to ${probe.host}:${probe.port}: failed.`,
    from: probe,
  };
}
