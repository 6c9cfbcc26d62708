import { refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { conditionOf } from '../../cluster/pod.ts';
import { isLivePod } from '../../cluster/pod-readiness.ts';
import { numberAt, recordsAt, textAt } from '../../cluster/wire.ts';
import { type FindingDraft, podKey } from '../analysis.ts';
import { fromObject } from '../support.ts';
import { sayCondition, targetOf } from './autoscaler-target.ts';
import { byName } from './service-map.ts';
import { firingAbout, type ServicePathContext } from './service-path-context.ts';

/** The controller tolerates a tenth above the target; beyond it, it would add pods. */
const tolerance = 1.1;
const severe = 1.5;
/** As long as the usual alert about it waits (KubeHpaMaxedOut). */
const lastingMs = 15 * 60_000;

/** `hpa-at-maximum`: it says that it wants more pods than it may have, and what it measures says so too. */
export function atMaximum(context: ServicePathContext, scaler: WireObject): FindingDraft | undefined {
  const { view, now } = context;
  const limited = conditionOf(scaler, 'ScalingLimited');
  const most = numberAt(scaler, 'spec', 'maxReplicas');
  const current = numberAt(scaler, 'status', 'currentReplicas');
  if (limited?.status !== 'True' || limited.reason !== 'TooManyReplicas') return undefined;
  if (most === undefined || current === undefined || current < most) return undefined;
  if (conditionOf(scaler, 'ScalingActive')?.status === 'False') return undefined;
  const pressure = pressureOf(scaler);
  if (pressure === undefined || pressure.ratio <= tolerance) return undefined;
  const target = targetOf(scaler);
  const workload = target?.ref === undefined ? undefined : view.get(target.ref);
  const ref = refOf(scaler);
  const alerts = [...firingAbout(context, ref), ...(target?.ref === undefined ? [] : firingAbout(context, target.ref))];
  const [alert] = alerts;
  const isSevere = pressure.ratio >= severe;
  // A little over the target for a short time is what a maximum is for.
  const lasts = limited.since !== undefined && now - limited.since >= lastingMs;
  if (alert === undefined && !isSevere && !lasts) return undefined;
  const wanted = Math.ceil(most * pressure.ratio);
  return {
    code: 'hpa-at-maximum',
    object: ref,
    summary: `${sayRef(ref)} is at its maximum of ${most} pods and the load asks for about ${wanted}: ${pressure.name} is ${pressure.says}.`,
    cause: { path: 'spec.maxReplicas', observed: String(most), expected: `about ${wanted} at the present load` },
    recommendation: {
      text: `Raise maxReplicas to about ${wanted}, or find why ${pressure.name} is so high.`,
      values: { maxReplicas: wanted },
    },
    support: [
      fromObject(
        scaler,
        now,
        `${current} of at most ${most} pods, ${sayCondition(limited)}; ${pressure.name} ${pressure.says}`,
      ),
      ...(workload === undefined
        ? []
        : [fromObject(workload, now, `${numberAt(workload, 'spec', 'replicas') ?? '?'} replicas`)]),
      ...(alert === undefined
        ? []
        : [
            {
              kind: 'alert' as const,
              source: `alert ${alert.name}`,
              at: alert.startsAt ?? now,
              summary: `Alert ${alert.name} fires`,
              from: { ...alert },
            },
          ]),
    ],
    grounds: {
      basis: alert !== undefined || isSevere ? 'stated' : 'likely',
      current: true,
      repeated: alert !== undefined || isSevere,
    },
    pods: (workload === undefined ? [] : view.podsOf(workload).filter(isLivePod).toSorted(byName)).map(podKey),
    affects: [ref, ...(target?.ref === undefined ? [] : [target.ref])],
    explains: ['readiness-flapping', 'probe-failing', 'liveness-probe-kills'],
    since: limited.since,
  };
}

type Pressure = { readonly name: string; readonly ratio: number; readonly says: string };

/** How far the most pressing metric stands above its target. Only shares (utilization) are compared: they are plain numbers on both sides. */
function pressureOf(scaler: WireObject): Pressure | undefined {
  const targets = recordsAt(scaler, 'spec', 'metrics');
  const found = recordsAt(scaler, 'status', 'currentMetrics').flatMap(({ record }): Pressure[] => {
    for (const source of ['resource', 'containerResource'] as const) {
      const name = textAt(record, source, 'name');
      const current = numberAt(record, source, 'current', 'averageUtilization');
      const target = targets.flatMap(({ record: metric }) =>
        textAt(metric, source, 'name') === name ? (numberAt(metric, source, 'target', 'averageUtilization') ?? []) : [],
      )[0];
      if (name !== undefined && current !== undefined && target !== undefined && target > 0)
        return [{ name, ratio: current / target, says: `${current}% of a target of ${target}%` }];
    }
    return [];
  });
  return found.toSorted((a, b) => b.ratio - a.ratio)[0];
}
