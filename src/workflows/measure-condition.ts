import type { WorkloadRef } from '../core/action/action.ts';
import { typeOfKind } from '../core/cluster/kinds.ts';
import type { WireObject } from '../core/cluster/object.ts';
import { type CelCondition, compileCel, type Measurement } from '../core/runbook/condition.ts';
import { judgePhrase, parsePhrase } from '../core/runbook/phrase.ts';
import type { Condition } from '../core/runbook/plan.ts';
import type { ClusterReader } from '../ports/cluster-reader.ts';
import type { ConditionMeter, Measurable } from '../ports/condition-meter.ts';
import type { MetricsSource } from '../ports/metrics-source.ts';

type Dependencies = { readonly reader: ClusterReader; readonly metrics: MetricsSource | undefined };

const deployments = typeOfKind('Deployment');
const pods = typeOfKind('Pod');

const maxSamplesTold = 3;

export function createConditionMeter({ reader, metrics }: Dependencies): ConditionMeter {
  async function metric(promql: string, signal: AbortSignal): Promise<Measurement> {
    if (metrics === undefined) return errored('no metrics source is configured, so this is unknown');
    const samples = await metrics.query(promql, signal);
    if (!samples.ok) return errored(samples.error.sentence);
    if (samples.value.length > 0) {
      const told = samples.value.slice(0, maxSamplesTold).map(({ value }) => String(value));
      return { outcome: 'succeeded', measured: `the query answers ${told.join(', ')}`, definite: false };
    }
    // An empty answer is "does not hold" only when the series exists at all; one that nobody records says nothing.
    const series = seriesOf(promql);
    const exists = series === undefined ? undefined : await metrics.query(series, signal);
    if (exists === undefined || !exists.ok)
      return errored('the query answers nothing, and whether its series exist could not be told');
    const [first] = exists.value;
    if (first === undefined) return errored(`there is no series ${series}, so this is unknown`);
    return {
      outcome: 'failed',
      measured: `${series} is ${exists.value
        .slice(0, maxSamplesTold)
        .map(({ value }) => value)
        .join(', ')}`,
      definite: false,
    };
  }

  async function cel(
    condition: CelCondition,
    { target, inputs }: Measurable,
    signal: AbortSignal,
  ): Promise<Measurement> {
    const object =
      target === undefined ? undefined : await reader.get(deployments, target.namespace, target.name, signal);
    if (object !== undefined && !object.ok) return errored(object.error.sentence);
    const owned =
      object === undefined || !condition.roots.has('pods') ? undefined : await podsOf(object.value, target, signal);
    if (typeof owned === 'string') return errored(owned);
    return condition.evaluate({
      inputs,
      ...(object === undefined ? {} : { target: object.value }),
      ...(owned === undefined ? {} : { pods: owned }),
    });
  }

  async function podsOf(
    object: WireObject,
    target: WorkloadRef | undefined,
    signal: AbortSignal,
  ): Promise<readonly WireObject[] | string> {
    const labels = matchLabelsOf(object);
    if (target === undefined || labels === undefined) return 'the pods of the object cannot be told from its selector';
    const listed = await reader.list(pods, { namespace: target.namespace, labelSelector: labels, signal });
    return listed.ok ? listed.value : listed.error.sentence;
  }

  return async (condition: Condition, about, signal) => {
    switch (condition.kind) {
      case 'metric':
        return metric(condition.promql, signal);
      case 'phrase': {
        if (about.output === undefined) return errored('a phrase needs the output of a read');
        const phrase = parsePhrase(condition.text);
        if (!phrase.ok) return errored(phrase.error.sentence);
        return { ...judgePhrase(phrase.value, about.output), definite: false };
      }
      case 'cel': {
        const compiled = compileCel(condition.expression);
        return compiled.ok ? cel(compiled.value, about, signal) : errored(compiled.error.sentence);
      }
    }
    return condition satisfies never;
  };
}

/** The one series a simple threshold compares (`name{…} > 1.5` → `name{…}`); anything more complicated has no single series. */
function seriesOf(promql: string): string | undefined {
  return /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*(?:\{[^{}]*\})?)\s*(?:[<>]=?|[!=]=)\s*-?[0-9.eE+]+\s*$/.exec(promql)?.[1];
}

function matchLabelsOf(object: WireObject): string | undefined {
  const spec = 'spec' in object && typeof object.spec === 'object' && object.spec !== null ? object.spec : {};
  const selector =
    'selector' in spec && typeof spec.selector === 'object' && spec.selector !== null ? spec.selector : {};
  const labels =
    'matchLabels' in selector && typeof selector.matchLabels === 'object' && selector.matchLabels !== null
      ? selector.matchLabels
      : {};
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`);
  return pairs.length === 0 ? undefined : pairs.join(',');
}

function errored(measured: string): Measurement {
  return { outcome: 'errored', measured, definite: false };
}
