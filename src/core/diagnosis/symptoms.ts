import { knownRef } from '../cluster/kinds.ts';
import { type ObjectRef, refOf, sayRef, type WireObject } from '../cluster/object.ts';
import { isTerminating, phaseOf } from '../cluster/pod.ts';
import { isLivePod } from '../cluster/pod-readiness.ts';
import { serviceSelectorOf } from '../cluster/service.ts';
import { endpointsOf } from '../cluster/service-endpoints.ts';
import { textAt } from '../cluster/wire.ts';
import { alertTargetOf, resolveAlertTarget } from './alert-target.ts';
import { type AnalysisContext, podKey } from './analysis.ts';
import { type Doubt, workloadKey } from './health.ts';
import type { ObservedAlert } from './observations.ts';
import { commonDistance } from './scope-view.ts';
import { createAddressBook } from './service-path/address-book.ts';
import { saysUpstreamFails } from './service-path/dns-answers.ts';
import { ingressBackendsOf } from './service-path/ingress-backends.ts';

const maxEach = 5;

/**
 * What somebody feels although every object looks as it should: checks that fail, Services that lead to nobody, entries to Services that are not there, claims that somebody waits for,
 * alerts that fire. None of it says why; it keeps a scope from being called healthy.
 */
export function symptomsIn(context: AnalysisContext): readonly Doubt[] {
  return [
    ...failedChecks(context),
    ...emptyServices(context),
    ...entriesToNowhere(context),
    ...wantedClaims(context),
    ...firingAlerts(context),
    ...alertsAboutNothingRead(context),
    ...silentNameServers(context),
  ];
}

/** Whether an object is what the question is about; what is common to all workloads is not. */
function isOwn({ scope }: AnalysisContext, ref: ObjectRef): boolean {
  return (scope.distance(ref) ?? commonDistance) < commonDistance;
}

/** The keys of an object, and of the pods and workloads behind it: a finding about one of them speaks of the symptom too. */
function keysOf({ view }: AnalysisContext, object: WireObject): readonly string[] {
  const pods = object.kind === 'Service' ? view.podsOf(object) : [];
  return [
    object.kind === 'Pod' ? podKey(object) : workloadKey(refOf(object)),
    ...pods.flatMap((pod) => [podKey(pod), ...view.ownersOf(pod).map(({ ref }) => workloadKey(ref))]),
  ];
}

function failedChecks(context: AnalysisContext): readonly Doubt[] {
  const { observations, view, topology, scope } = context;
  const failed = observations.probes.filter(({ ok }) => ok === false);
  if (failed.length === 0) return [];
  const book = createAddressBook(view, topology);
  const isEverywhere = scope.whole !== undefined && scope.whole.namespace === undefined;
  return failed
    .flatMap((probe): Doubt[] => {
      const caller = book.callerNamed(probe.from);
      const to = book.find(probe.host, caller?.ref.namespace);
      const ends = [...(caller === undefined ? [] : [caller.ref]), ...(to === undefined ? [] : [refOf(to)])];
      if (!isEverywhere && !ends.some((ref) => isOwn(context, ref))) return [];
      const keys = [
        ...(to === undefined ? [workloadKey({ kind: 'Node', name: probe.host })] : keysOf(context, to)),
        ...(caller === undefined ? [workloadKey({ kind: 'Node', name: probe.from })] : [workloadKey(caller.ref)]),
      ];
      const said = probe.error === undefined ? '' : ` (${probe.error.slice(0, 120)})`;
      const why = `${probe.from.slice(0, 253)} cannot reach ${probe.host.slice(0, 253)}:${probe.port}${said}`;
      return [{ is: 'trouble', source: 'connectivity checks', why, keys }];
    })
    .slice(0, maxEach);
}

/** Services with pods of which none is an endpoint, and the one that was asked about when nobody is behind it at all. */
function emptyServices(context: AnalysisContext): readonly Doubt[] {
  const { scope, view, topology } = context;
  return scope.list('Service').flatMap((service): Doubt[] => {
    const ref = refOf(service);
    if (!isOwn(context, ref) || isTerminating(service) || serviceSelectorOf(service) === undefined) return [];
    const endpoints = endpointsOf(view, topology, service);
    if (endpoints.objects.length === 0 || endpoints.ready > 0) return [];
    const pods = view.podsOf(service).filter(isLivePod);
    const isAsked = scope.whole === undefined && scope.distance(ref) === 0;
    if (pods.length === 0 && !isAsked) return [];
    const why = `it has no ready endpoint${pods.length === 0 ? ', and no pod is behind it' : ` for ${pods.length} pods`}`;
    return [{ is: 'trouble', source: sayRef(ref), why, keys: keysOf(context, service) }];
  });
}

function entriesToNowhere(context: AnalysisContext): readonly Doubt[] {
  const { scope, view } = context;
  return scope.list('Ingress').flatMap((ingress): Doubt[] => {
    const ref = refOf(ingress);
    if (!isOwn(context, ref) || isTerminating(ingress)) return [];
    const absent = ingressBackendsOf(ingress).filter(
      ({ service, port }) =>
        port !== 'use-annotation' && view.get(knownRef('Service', ref.namespace, service)) === undefined,
    );
    const [first] = absent;
    if (first === undefined) return [];
    const why = `it sends requests to Service ${first.service}, which ${view.hasAll('Service', ref.namespace) ? 'does not exist' : 'could not be read'}`;
    return [{ is: 'trouble', source: sayRef(ref), why, keys: [workloadKey(ref)] }];
  });
}

function wantedClaims(context: AnalysisContext): readonly Doubt[] {
  const { scope, topology, view } = context;
  return scope.list('PersistentVolumeClaim').flatMap((claim): Doubt[] => {
    const ref = refOf(claim);
    const phase = textAt(claim, 'status', 'phase');
    if (!isOwn(context, ref) || isTerminating(claim) || (phase !== 'Pending' && phase !== 'Lost')) return [];
    const pods = topology
      .neededBy(ref)
      .filter(({ by, from }) => by === 'mounts' && from.kind === 'Pod')
      .flatMap(({ from }) => view.get(from) ?? [])
      .filter((pod) => !isTerminating(pod) && phaseOf(pod) !== 'Succeeded' && phaseOf(pod) !== 'Failed');
    if (pods.length === 0) return [];
    const why = `it is ${phase}, and ${pods.length} ${pods.length === 1 ? 'pod waits' : 'pods wait'} for it`;
    const keys = [workloadKey(ref), ...pods.flatMap((pod) => keysOf(context, pod))];
    return [{ is: 'trouble', source: sayRef(ref), why, keys }];
  });
}

const quiet: ReadonlySet<string> = new Set(['Watchdog', 'InfoInhibitor', 'DeadMansSwitch']);
// What these alerts say of an object stands in its status: when the status says otherwise, the alert only lags behind.
const toldByStatus =
  /^(?:Kube(?:Pod|Deployment|StatefulSet|DaemonSet|ReplicaSet|Job|CronJob|Node|Container|Hpa|Quota|Pdb)|Node(?:NotReady|Unreachable))/;
const stateExporter = /kube-state-metrics/;

/** Alerts that fire about what was asked, and that no object can contradict: errors and delays that callers measure, checks from outside. */
function firingAlerts(context: AnalysisContext): readonly Doubt[] {
  const { observations, view } = context;
  const { expression, metrics } = observations;
  const answer = expression === undefined ? undefined : metrics.find(({ query }) => query === expression);
  // Its own expression gives nothing any more: it is about to resolve.
  if (answer !== undefined && answer.series.length === 0) return [];
  return observations.alerts
    .filter((alert) => alert.firing && !quiet.has(alert.name) && !isToldByStatus(alert))
    .flatMap((alert): Doubt[] => {
      const target = resolveAlertTarget(view, alertTargetOf(alert.labels));
      const object = target === undefined ? undefined : view.get(target);
      if (target === undefined || object === undefined || !isOwn(context, target)) return [];
      return [
        {
          is: 'trouble',
          source: `alert ${alert.name.slice(0, 200)}`,
          why: `it fires about ${sayRef(target)}`,
          keys: [...keysOf(context, object), ...routesOf(context, target)],
        },
      ];
    })
    .slice(0, maxEach);
}

/** Alerts of a whole namespace or cluster that name none of its objects: what they are about may be anything, so it cannot be called well. */
function alertsAboutNothingRead({ observations, scope, view }: AnalysisContext): readonly Doubt[] {
  const { whole } = scope;
  if (whole === undefined) return [];
  const unknown = observations.alerts.filter((alert) => {
    if (!alert.firing || quiet.has(alert.name) || isToldByStatus(alert)) return false;
    if (resolveAlertTarget(view, alertTargetOf(alert.labels)) !== undefined) return false;
    const namespace = alert.labels.exported_namespace ?? alert.labels.namespace;
    return whole.namespace === undefined || namespace === whole.namespace;
  });
  const [first] = unknown;
  if (first === undefined) return [];
  const why = `alert ${first.name.slice(0, 200)} fires${unknown.length > 1 ? `, and ${unknown.length - 1} more` : ''}, and what it is about was not found`;
  return [{ is: 'gap', source: 'scope', why, keys: [] }];
}

/** Name servers whose own log says that nobody answers them. */
function silentNameServers(context: AnalysisContext): readonly Doubt[] {
  const pod = saysUpstreamFails(context);
  if (pod === undefined || context.scope.distance(refOf(pod)) === undefined) return [];
  const why = 'its log says that the servers it asks do not answer';
  return [{ is: 'trouble', source: sayRef(refOf(pod)), why, keys: keysOf(context, pod) }];
}

function isToldByStatus({ name, labels }: ObservedAlert): boolean {
  return (
    toldByStatus.test(name) ||
    stateExporter.test(labels.job ?? '') ||
    labels.severity === 'none' ||
    labels.severity === 'info'
  );
}

/** A request passes through what stands before an object and what it leads to: a finding about either may be why. */
function routesOf({ topology }: AnalysisContext, ref: ObjectRef): readonly string[] {
  const before = topology.neededBy(ref).filter(({ by }) => by === 'routes-to' || by === 'selects' || by === 'runs');
  const behind = topology.needs(ref).filter(({ by }) => by === 'routes-to' || by === 'selects' || by === 'runs');
  return [...before.map(({ from }) => from), ...behind.map(({ to }) => to)].map((one) =>
    one.kind === 'Pod' ? `${one.namespace ?? ''}/${one.name}` : workloadKey(one),
  );
}
