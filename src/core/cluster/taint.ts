import type { WireObject } from './object.ts';
import { at, recordsAt, textAt, type WireRecord } from './wire.ts';

export type Taint = { readonly key: string; readonly value: string; readonly effect: string };

/** The taints of a node that keep pods away: `NoSchedule` and `NoExecute`. `PreferNoSchedule` is only a wish. */
export function repellingTaintsOf(node: WireObject): readonly Taint[] {
  return recordsAt(node, 'spec', 'taints').flatMap(({ record }) => {
    const [key, effect] = [textAt(record, 'key'), textAt(record, 'effect')];
    if (key === undefined || (effect !== 'NoSchedule' && effect !== 'NoExecute')) return [];
    return [{ key, value: textAt(record, 'value') ?? '', effect }];
  });
}

/** `dedicated=batch:NoSchedule`: a taint as kubectl writes it. */
export function sayTaint({ key, value, effect }: Taint): string {
  return `${key}${value === '' ? '' : `=${value}`}:${effect}`;
}

export function tolerates(podSpec: unknown, taint: Taint): boolean {
  return recordsAt(podSpec, 'tolerations').some(({ record }) => toleratesTaint(record, taint));
}

/** Rules of `Toleration.ToleratesTaint`: no key with `Exists` means every taint, no effect every effect, no operator `Equal`. */
export function toleratesTaint(toleration: WireRecord, taint: Taint): boolean {
  const effect = textAt(toleration, 'effect');
  if (effect !== undefined && effect !== taint.effect) return false;
  const key = textAt(toleration, 'key');
  if (key !== undefined && key !== taint.key) return false;
  const value = textAt(toleration, 'value') ?? '';
  switch (at(toleration, 'operator') ?? 'Equal') {
    case '':
    case 'Equal':
      return key !== undefined && value === taint.value;
    case 'Exists':
      return true;
    case 'Gt':
      return compares(taint.value, value, (have, bound) => have > bound);
    case 'Lt':
      return compares(taint.value, value, (have, bound) => have < bound);
    default:
      return false;
  }
}

function compares(have: string, bound: string, holds: (have: number, bound: number) => boolean): boolean {
  const isWhole = /^-?\d{1,15}$/;
  return isWhole.test(have) && isWhole.test(bound) && holds(Number(have), Number(bound));
}

/**
 * Who put a taint there. `platform`: Kubernetes or the cloud says that the node is not fit now; `control-plane`: the node is kept for the control plane;
 * `dedicated`: somebody decided who may run there.
 */
export type TaintNature = 'platform' | 'control-plane' | 'dedicated';

const controlPlaneKeys: ReadonlySet<string> = new Set([
  'node-role.kubernetes.io/control-plane',
  'node-role.kubernetes.io/master',
]);
const platformKeys: ReadonlySet<string> = new Set([
  'node.cloudprovider.kubernetes.io/uninitialized',
  'node.cloudprovider.kubernetes.io/shutdown',
  'ToBeDeletedByClusterAutoscaler',
]);

export const cordonTaintKey = 'node.kubernetes.io/unschedulable';

export function natureOf({ key }: Taint): TaintNature {
  if (controlPlaneKeys.has(key)) return 'control-plane';
  if (platformKeys.has(key) || (key.startsWith('node.kubernetes.io/') && key !== cordonTaintKey)) return 'platform';
  return 'dedicated';
}
