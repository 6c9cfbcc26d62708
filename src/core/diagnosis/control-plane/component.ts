import type { ClusterView } from '../../cluster/cluster-view.ts';
import { knownRef } from '../../cluster/kinds.ts';
import { type ObjectRef, refOf, type WireObject } from '../../cluster/object.ts';
import { conditionOf, containerStatusesOf } from '../../cluster/pod.ts';
import { recordsAt, textAt, timeAt } from '../../cluster/wire.ts';
import { workloadOf } from '../../cluster/workload.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import { fromObject } from '../support.ts';

export type ComponentName = 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'etcd';

const namespace = 'kube-system';
/** Components renew their lease every 2 s and lose it after 15 s (client-go leader election); a capture can take a while. */
const leaseStaleMs = 60_000;

/**
 * What the objects say of one component of the control plane. `witnesses` are facts that say that it does not work now; none means that nothing speaks against it, or
 * that it is hidden (managed clusters). `object` is what must change: its workload, its static pod, or the pod it should have.
 */
export type ComponentState = {
  readonly object: ObjectRef;
  readonly pods: readonly WireObject[];
  readonly unwellPods: readonly WireObject[];
  readonly observed: string;
  readonly witnesses: readonly EvidenceDraft[];
};

/** Looks at a component's pods (static pods by their `component` label, or a Deployment of that name), its lease and its ComponentStatus. */
export function componentState(view: ClusterView, name: ComponentName, now: number): ComponentState {
  const pods = view.list('Pod', namespace).filter((pod) => isPodOf(pod, name));
  const unwellPods = pods.filter(
    (pod) =>
      conditionOf(pod, 'Ready')?.status === 'False' ||
      containerStatusesOf(pod).some(({ state }) => state.is === 'waiting' || state.is === 'terminated'),
  );
  const [first] = unwellPods.length > 0 ? unwellPods : pods;
  const status = componentStatusOf(view, name);
  const lease = view.get(knownRef('Lease', namespace, name));
  const renewed = timeAt(lease, 'spec', 'renewTime');
  const others = view.list('Lease').filter((one) => one !== lease);
  const clock = middleRenewal(others) ?? now;
  const isStale = lease !== undefined && renewed !== undefined && Math.min(clock, now) - renewed > leaseStaleMs;
  // One of several that is unwell leaves the others to do the work.
  const isDown = pods.length > 0 && unwellPods.length === pods.length;
  const witnesses = [
    ...(isDown ? unwellPods.slice(0, 2).map((pod) => fromObject(pod, now, sayUnwell(pod))) : []),
    ...(status === undefined ? [] : [fromObject(status.object, now, `Healthy is ${status.is}: ${status.message}`)]),
    ...(isStale && lease !== undefined
      ? [
          fromObject(
            lease,
            now,
            `last renewed at ${new Date(renewed).toISOString()} by ${textAt(lease, 'spec', 'holderIdentity') ?? 'nobody'}`,
          ),
        ]
      : []),
  ];
  const observed =
    isDown && first !== undefined
      ? sayUnwell(first)
      : status !== undefined
        ? `unhealthy: ${status.message}`
        : isStale
          ? `its lease was last renewed at ${new Date(renewed).toISOString()}`
          : 'running';
  const object =
    first === undefined
      ? knownRef('Pod', namespace, name)
      : first.metadata.ownerReferences?.some(({ kind }) => kind === 'Node') === true
        ? refOf(first)
        : workloadOf(view, first).ref;
  return { object, pods, unwellPods, observed, witnesses };
}

function isPodOf(pod: WireObject, name: ComponentName): boolean {
  const { labels = {} } = pod.metadata;
  return (
    labels.component === name ||
    labels['k8s-app'] === name ||
    labels.app === name ||
    pod.metadata.name === name ||
    new RegExp(`^${name}-[a-z0-9]`).test(pod.metadata.name)
  );
}

/** The time by which most holders of leases have renewed theirs: a capture is not one instant, its clock may be another, and so may that of one node. */
function middleRenewal(leases: readonly WireObject[]): number | undefined {
  const times = leases.flatMap((lease) => timeAt(lease, 'spec', 'renewTime') ?? []).toSorted((a, b) => a - b);
  return times[Math.floor(times.length / 2)];
}

// etcd is listed as etcd-0, etcd-1, …; the others by their short names.
function componentStatusOf(
  view: ClusterView,
  name: ComponentName,
): { readonly object: WireObject; readonly is: string; readonly message: string } | undefined {
  const short = name.replace(/^kube-/, '');
  for (const object of view.list('ComponentStatus')) {
    if (object.metadata.name !== short && !(name === 'etcd' && /^etcd-\d+$/.test(object.metadata.name))) continue;
    const condition = recordsAt(object, 'conditions').find(({ record }) => record.type === 'Healthy')?.record;
    const is = textAt(condition, 'status');
    if (is !== undefined && is !== 'True')
      return {
        object,
        is,
        message: (textAt(condition, 'message') ?? textAt(condition, 'error') ?? 'no message').slice(0, 200),
      };
  }
  return undefined;
}

function sayUnwell(pod: WireObject): string {
  const bad = containerStatusesOf(pod).find(({ ready, state }) => ready !== true || state.is !== 'running');
  if (bad === undefined) return `pod ${pod.metadata.name} is not ready`;
  const { state } = bad;
  const how =
    state.is === 'waiting'
      ? `waits (${state.reason ?? 'no reason'})`
      : state.is === 'terminated'
        ? `ended with exit code ${state.end.exitCode}`
        : 'is not ready';
  const last = bad.lastEnd?.exitCode === undefined ? '' : `, last exit code ${bad.lastEnd.exitCode}`;
  return `pod ${pod.metadata.name}: container ${bad.name} ${how}${last}, restarts ${bad.restartCount}`;
}
