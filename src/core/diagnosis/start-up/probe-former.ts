import type { AnalysisContext } from '../analysis.ts';
import { type FormerValue, formerValue } from '../former-value.ts';
import { recordNamed, type Suspect } from '../suspect.ts';
import { type ProbeSpec, probeOf } from './probe-spec.ts';

/** The parts of a probe that are compared with those of a former revision, by the path under the probe. */
export function partsOf(probe: ProbeSpec): Readonly<Record<string, string>> {
  const { handler } = probe;
  const { by } = handler;
  return {
    kind: by,
    ...(by === 'exec' ? { 'exec.command': handler.command.join(' ') } : { [`${by}.port`]: String(handler.port) }),
    ...(by === 'httpGet' ? { 'httpGet.path': handler.path, 'httpGet.scheme': handler.scheme } : {}),
    initialDelaySeconds: String(probe.initialDelaySeconds),
    periodSeconds: String(probe.periodSeconds),
    timeoutSeconds: String(probe.timeoutSeconds),
    failureThreshold: String(probe.failureThreshold),
  };
}

export type FormerProbe = FormerValue<ProbeSpec> & {
  /** Paths under the probe whose value differs. */
  readonly differs: ReadonlySet<string>;
};

/** The same probe of the same container as the newest former revision had it, where it had it otherwise. */
export function formerProbeOf(context: AnalysisContext, suspect: Suspect, probe: ProbeSpec): FormerProbe | undefined {
  const present = partsOf(probe);
  const former = formerValue(
    context.view,
    suspect.workload,
    (podSpec) => probeOf(recordNamed(podSpec, suspect.status)?.record, probe.field),
    (other) => JSON.stringify(partsOf(other)) === JSON.stringify(present),
  );
  if (former === undefined) return undefined;
  const parts = partsOf(former.value);
  const differs = new Set(
    [...Object.keys(present), ...Object.keys(parts)].filter((key) => present[key] !== parts[key]),
  );
  return { ...former, differs };
}
