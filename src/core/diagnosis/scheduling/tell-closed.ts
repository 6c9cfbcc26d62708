import { refOf } from '../../cluster/object.ts';
import { repellingTaintsOf, sayTaint, type Taint } from '../../cluster/taint.ts';
import { at, recordsAt, textAt, type WireRecord } from '../../cluster/wire.ts';
import { nearestName } from '../nearest-name.ts';
import { fromObject } from '../support.ts';
import { listed, nodeNames, shareDoes, type Telling, type Told } from './told.ts';

/** Nodes that somebody closed to new pods. The object is the first of those that only the cordon closes. */
export function tellCordon({ cause, workload, now }: Telling): Told | undefined {
  const cordoned = cause.closed.filter(({ obstacle }) => obstacle?.is === 'cordon');
  const [first] = cordoned;
  if (first === undefined) return undefined;
  return {
    code: 'nodes-cordoned',
    object: refOf(first.node),
    path: ['spec', 'unschedulable'],
    observed: 'true',
    expected: 'false',
    why: `${shareDoes(cause, 'is', 'are')} cordoned: ${nodeNames(cordoned)}`,
    advice: `Uncordon ${cordoned.length === 1 ? 'it' : 'them'} when the maintenance is over, or add a node.`,
    support: cordoned.slice(0, 3).map(({ node }) => fromObject(node, now, 'it is cordoned (spec.unschedulable)')),
    affects: [workload.ref, ...cordoned.slice(1).map(({ node }) => refOf(node))],
  };
}

/** The taint that most nodes have of those that the pod does not tolerate, with the nodes that have it; a toleration that nearly fits is told as the place to mend. */
export function tellTaint({ cause, podSpec, now }: Telling): Told | undefined {
  const tainted = cause.closed.flatMap(({ node, obstacle }) =>
    obstacle?.is === 'taint' ? [{ node, taint: obstacle.taint }] : [],
  );
  const counts = new Map<string, { taint: Taint; count: number }>();
  for (const { taint } of tainted) {
    const text = sayTaint(taint);
    counts.set(text, { taint, count: (counts.get(text)?.count ?? 0) + 1 });
  }
  const [most] = [...counts.values()].toSorted(
    (a, b) => b.count - a.count || (sayTaint(a.taint) < sayTaint(b.taint) ? -1 : 1),
  );
  if (most === undefined) return undefined;
  const text = sayTaint(most.taint);
  const near = nearToleration(podSpec, most.taint);
  // A node may have several; it is named with each of its own, and with no other.
  const own = tainted.filter(({ node }) => repellingTaintsOf(node).some((taint) => sayTaint(taint) === text));
  const others = [...counts.keys()]
    .filter((each) => each !== text)
    .toSorted()
    .map((each) => `${each} of ${nodeNames(tainted.filter(({ taint }) => sayTaint(taint) === each))}`);
  const also = others.length === 0 ? '' : `, nor ${listed(others)}`;
  return {
    code: 'taint-not-tolerated',
    path: near === undefined ? ['tolerations'] : ['tolerations', near.index, near.field],
    observed: near === undefined ? `no toleration for ${text}` : near.observed,
    expected: near === undefined ? `a toleration for ${text}` : `${near.expected} (taint ${text})`,
    why: `no toleration for the taint ${text} of ${nodeNames(own)}${also}; ${shareDoes(cause, 'is', 'are')} closed by taints`,
    advice: `Add a toleration for ${text} if the workload belongs on ${nodeNames(own)}, or take the taint off.`,
    values: { taint: text },
    support: [...own, ...tainted.filter((each) => !own.includes(each))]
      .slice(0, 3)
      .map(({ node, taint }) => fromObject(node, now, `it has the taint ${sayTaint(taint)}`)),
  };
}

/** A toleration that differs from the taint in one field only. */
function nearToleration(podSpec: unknown, taint: Taint) {
  for (const { index, record } of recordsAt(podSpec, 'tolerations')) {
    const field = differingField(record, taint);
    if (field === undefined) continue;
    const found = at(record, field);
    return { index, field, observed: typeof found === 'string' ? found : '', expected: taint[field] };
  }
  return undefined;
}

function differingField(toleration: WireRecord, taint: Taint): 'key' | 'value' | 'effect' | undefined {
  const key = textAt(toleration, 'key');
  if (key === undefined) return undefined;
  const isEqual = (textAt(toleration, 'operator') ?? 'Equal') === 'Equal';
  const effect = textAt(toleration, 'effect');
  const sameEffect = effect === undefined || effect === taint.effect;
  const sameValue = !isEqual || (textAt(toleration, 'value') ?? '') === taint.value;
  if (key === taint.key) {
    if (!sameEffect) return sameValue ? 'effect' : undefined;
    return sameValue ? undefined : 'value';
  }
  // Every pod tolerates not-ready and unreachable: those are never a misspelt other taint.
  const isSystem = key.startsWith('node.kubernetes.io/');
  return !isSystem && sameEffect && sameValue && nearestName(key, [taint.key]) !== undefined ? 'key' : undefined;
}
