import type { WireObject } from '../../cluster/object.ts';
import { numberAt } from '../../cluster/wire.ts';
import type { AnalysisContext } from '../analysis.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** How many replicas somebody declared for a workload: in a manifest, or in what kubectl last applied. Undefined when nothing says. */
export function declaredReplicas({ observations }: AnalysisContext, workload: WireObject): number | undefined {
  const { kind, metadata } = workload;
  const manifest = observations.declared.find(
    (object) =>
      object.kind === kind &&
      object.metadata.name === metadata.name &&
      (object.metadata.namespace ?? metadata.namespace) === metadata.namespace,
  );
  return (
    numberAt(manifest, 'spec', 'replicas') ?? numberAt(parsed(metadata.annotations?.[lastApplied]), 'spec', 'replicas')
  );
}

function parsed(text: string | undefined): unknown {
  if (text === undefined || text.length > 300_000) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
