import { sayPath } from '../../cluster/field-path.ts';
import { sayRef, type WireObject } from '../../cluster/object.ts';
import { isLivePod, readinessOf } from '../../cluster/pod-readiness.ts';
import { matchesLabelMap } from '../../cluster/selector.ts';
import { declaredPortsOf, isHeadless, resolveTargetPort } from '../../cluster/service.ts';
import { textAt } from '../../cluster/wire.ts';
import { type FindingDraft, podKey } from '../analysis.ts';
import { fromObject } from '../support.ts';
import { bareName, looksLike } from './looks-like.ts';
import { byName, type LabelledWorkload, type ServiceFacts } from './service-map.ts';
import { firingAbout, type ServicePathContext, sufferedByCallers, usersOf } from './service-path-context.ts';

type Candidate = {
  readonly workload: LabelledWorkload;
  readonly pods: readonly WireObject[];
  /** Keys of the selector whose value differs, or that the pods do not have. */
  readonly wrong: readonly string[];
  readonly shared: number;
  /** The Service is named for the workload, or the StatefulSet names the Service. */
  readonly named: boolean;
  readonly slip: boolean;
  readonly portFits: boolean | undefined;
  /** Whether another Service leads to the same port of the same pods. */
  readonly servedElsewhere: () => boolean;
};

/**
 * `service-selector-mismatch`: a Service selects no pod, while a workload beside it is obviously meant: named alike, or with labels that differ
 * in one value. Services whose selector fits the template of some workload are no case: their pods are missing for another reason.
 */
export function findSelectorMismatches(context: ServicePathContext): readonly FindingDraft[] {
  return context.scope.list('Service').flatMap((service) => {
    const facts = context.services.of(service);
    const found = mismatchOf(context, facts);
    return found === undefined ? [] : [draft(context, facts, found)];
  });
}

/** The workload a Service was meant for, when its selector misses it. */
export function mismatchOf(context: ServicePathContext, facts: ServiceFacts): Candidate | undefined {
  const { service, selector, endpoints } = facts;
  if (selector === undefined || service.metadata.deletionTimestamp !== undefined) return undefined;
  if (endpoints.ready + endpoints.notReady > 0 && !facts.selectsAny) return undefined;
  const namespace = service.metadata.namespace ?? '';
  if (facts.selectsAny) return strayOf(context, facts);
  if (Object.keys(selector).some((key) => perPodLabel.test(key))) return undefined;
  if (context.services.templatesIn(namespace).some(({ labels }) => matchesLabelMap(selector, labels))) return undefined;
  const candidates = context.services
    .workloadsIn(namespace)
    .map((workload) => candidateOf(context, facts, workload))
    .filter((candidate) => isMeant(context, facts, candidate))
    .toSorted((a, b) => rankOf(b) - rankOf(a));
  const [best, second] = candidates;
  if (best === undefined || !isSeenEmpty(context, facts, best)) return undefined;
  if (second !== undefined && rankOf(second) === rankOf(best)) return undefined;
  return best;
}

/** Pods that are well may not have been read: emptiness needs a whole list, endpoints that say so, or the pods that are passed by. */
function isSeenEmpty({ view }: ServicePathContext, facts: ServiceFacts, best: Candidate): boolean {
  return (
    best.pods.length > 0 || facts.endpoints.objects.length > 0 || view.hasAll('Pod', facts.service.metadata.namespace)
  );
}

/** Labels that controllers give to single pods or revisions: they stand in no template. */
const perPodLabel = /pod-template-hash$|^statefulset\.kubernetes\.io\/pod-name$|^apps\.kubernetes\.io\/pod-index$/;
/** Labels that a running application sets on the pod that leads. */
const leaderLabel = /role|leader|active|primary|master/i;

/** A Service that selects the pods of another workload, although one of its own name stands beside it with nobody to serve it. */
function strayOf(context: ServicePathContext, facts: ServiceFacts): Candidate | undefined {
  const namespace = facts.service.metadata.namespace ?? '';
  const own = context.services
    .workloadsIn(namespace)
    .filter(({ object }) => object.metadata.name === facts.service.metadata.name)
    .map((workload) => candidateOf(context, facts, workload));
  const [meant] = own;
  if (meant === undefined || own.length > 1 || meant.servedElsewhere() || meant.wrong.length === 0) return undefined;
  if (meant.pods.length === 0 || meant.portFits !== true || meant.pods.some((pod) => facts.pods.includes(pod)))
    return undefined;
  // The pods it reaches have a Service of their own, and not the port that this one sends to.
  const othersFit = facts.pods.some((pod) => fitsPorts(facts, pod));
  const served = context.services
    .inNamespace(namespace)
    .some((other) => other.ref.name !== facts.ref.name && facts.pods.every((pod) => other.pods.includes(pod)));
  return served && !othersFit && facts.pods.length > 0 ? meant : undefined;
}

function fitsPorts({ ports }: ServiceFacts, pod: WireObject): boolean {
  const declared = declaredPortsOf('spec' in pod ? pod.spec : undefined);
  return ports.some((port) => {
    const number = resolveTargetPort(port, 'spec' in pod ? pod.spec : undefined);
    return number !== undefined && declared.some((one) => one.number === number);
  });
}

function candidateOf(context: ServicePathContext, facts: ServiceFacts, workload: LabelledWorkload): Candidate {
  const { view, services } = context;
  const { selector = {}, service, ports } = facts;
  const { labels, object, podSpec } = workload;
  const wrong = Object.keys(selector).filter((key) => own(labels, key) !== own(selector, key));
  const name = service.metadata.name;
  const named =
    bareName(name) === bareName(object.metadata.name) ||
    (object.kind === 'StatefulSet' && textAt(object, 'spec', 'serviceName') === name);
  const [only] = wrong;
  const [asked, real] = only === undefined ? [] : [own(selector, only), own(labels, only)];
  const slip =
    wrong.length === 1 && asked !== undefined && real !== undefined && asked !== real && looksLike(asked, real);
  const declared = declaredPortsOf(podSpec);
  const pods = object.kind === 'Pod' ? [object] : view.podsOf(object).filter(isLivePod).toSorted(byName);
  const portFits =
    declared.length === 0 || ports.length === 0
      ? undefined
      : ports.some((port) => {
          const number = resolveTargetPort(port, podSpec);
          return number !== undefined && declared.some((one) => one.number === number);
        });
  const servedElsewhere = () =>
    services
      .inNamespace(service.metadata.namespace ?? '')
      .some(
        (other) =>
          other.service !== service &&
          !isHeadless(other.service) &&
          other.selector !== undefined &&
          matchesLabelMap(other.selector, labels) &&
          ports.some((port) => other.ports.some((theirs) => sameTarget(port.targetPort, theirs.targetPort, podSpec))),
      );
  return {
    workload,
    pods,
    wrong,
    shared: Object.keys(selector).length - wrong.length,
    named,
    slip,
    portFits,
    servedElsewhere,
  };
}

function sameTarget(a: number | string, b: number | string, podSpec: unknown): boolean {
  const numberOf = (target: number | string) =>
    typeof target === 'number' ? target : declaredPortsOf(podSpec).find(({ name }) => name === target)?.number;
  return a === b || (numberOf(a) !== undefined && numberOf(a) === numberOf(b));
}

function isMeant(context: ServicePathContext, facts: ServiceFacts, candidate: Candidate): boolean {
  const { wrong, shared, named, slip, portFits, servedElsewhere, workload } = candidate;
  if (wrong.length === 0 || Object.keys(workload.labels).length === 0) return false;
  // A label that some of the pods have with another value, and the template does not: set while they run, so the pod that would have it is missing.
  const isSetLater = (key: string) => candidate.pods.some((pod) => own(pod.metadata.labels ?? {}, key) !== undefined);
  if (wrong.some((key) => own(workload.labels, key) === undefined && isSetLater(key))) return false;
  const exact = facts.ref.name === workload.object.metadata.name;
  const alike = (named && (portFits !== false || wrong.length === 1)) || (slip && portFits !== false);
  // Services for a stage of a roll-out (`preview`, `canary`) select nobody most of the time, while the workload is reached through another.
  if (alike) return exact || !servedElsewhere() || isMissed(context, facts);
  const agrees = wrong.length === 1 && shared > 0 && portFits === true;
  return agrees && isAlone(context, facts, candidate) && !servedElsewhere();
}

/** Whether the labels that do agree belong to this workload alone, so that they say whom the Service was meant for. */
function isAlone({ services }: ServicePathContext, facts: ServiceFacts, { wrong, workload }: Candidate): boolean {
  const agreed = Object.entries(facts.selector ?? {}).filter(([key]) => !wrong.includes(key));
  return !services
    .workloadsIn(facts.service.metadata.namespace ?? '')
    .some((other) => other.ref !== workload.ref && agreed.every(([key, value]) => own(other.labels, key) === value));
}

/** Whether anybody misses the Service now. */
function isMissed(context: ServicePathContext, facts: ServiceFacts): boolean {
  return context.failures.to(facts.service).length > 0 || firingAbout(context, facts.ref).length > 0;
}

function rankOf({ named, wrong, shared, slip, portFits }: Candidate): number {
  return (
    (named ? 100 : 0) +
    (slip ? 40 : 0) +
    (portFits === true ? 20 : 0) +
    5 * Math.min(3, shared) -
    Math.min(9, wrong.length)
  );
}

function draft(context: ServicePathContext, facts: ServiceFacts, candidate: Candidate): FindingDraft {
  const { now } = context;
  const { service, ref, selector = {}, endpoints } = facts;
  const { workload, pods, wrong } = candidate;
  const cause = causeOf(selector, workload.labels, wrong);
  const failures = context.failures.to(service);
  const [firstPod] = pods;
  const isSure =
    (candidate.named || candidate.slip) &&
    (wrong.length === 1 || candidate.portFits === true) &&
    !candidate.servedElsewhere() &&
    !wrong.some((key) => own(workload.labels, key) === undefined && leaderLabel.test(key));
  const ready = pods.filter((pod) => readinessOf(pod) === true).length;
  const what = facts.selectsAny ? 'selects the pods of another workload, and none' : 'selects no pod';
  return {
    code: 'service-selector-mismatch',
    object: ref,
    summary: `${sayRef(ref)} ${what} of ${sayRef(workload.ref)}: it asks for ${cause.asked}, the pods have ${cause.carried}.`,
    cause: { path: cause.path, observed: cause.observed, expected: cause.expected },
    recommendation: {
      text: `Set the selector of ${sayRef(ref)} to the labels of ${sayRef(workload.ref)}: ${cause.carried}.`,
    },
    support: [
      fromObject(service, now, `selector ${sayLabels(selector)}`),
      fromObject(workload.object, now, `its pods are labelled ${sayLabels(workload.labels)}`),
      ...(firstPod === undefined || firstPod === workload.object
        ? []
        : [
            fromObject(
              firstPod,
              now,
              `labels ${sayLabels(firstPod.metadata.labels ?? {})}; ${ready} of ${pods.length} such pods are ready`,
            ),
          ]),
      ...endpoints.objects
        .slice(0, 1)
        .map((object) => fromObject(object, now, `${endpoints.ready} ready endpoints, ${endpoints.notReady} others`)),
      ...failures.slice(0, 2).map(({ evidence }) => evidence),
    ],
    grounds: {
      basis: isSure ? 'stated' : 'likely',
      current: true,
      repeated: pods.length > 0 || endpoints.objects.length > 0 || failures.length > 0,
    },
    pods: failures.flatMap(({ from }) => from.pods.map(podKey)),
    affects: usersOf(facts),
    explains: sufferedByCallers,
  };
}

function causeOf(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
  wrong: readonly string[],
): { path: string; observed: string; expected: string; asked: string; carried: string } {
  const [key] = wrong;
  const asked = sayLabels(Object.fromEntries(wrong.map((label) => [label, own(selector, label) ?? ''])));
  if (wrong.length === 1 && key !== undefined) {
    const path = sayPath(['spec', 'selector', key]);
    const observed = own(selector, key) ?? '';
    const real = own(labels, key);
    if (real !== undefined) return { path, observed, expected: real, asked, carried: `${key}=${real}` };
    const renamed = Object.entries(labels).find(
      ([other, value]) => value === observed && !Object.hasOwn(selector, other),
    );
    return renamed === undefined
      ? { path, observed, expected: `no ${key}: the pods do not have it`, asked, carried: `no label ${key}` }
      : { path, observed, expected: `${renamed[0]}=${renamed[1]}`, asked, carried: `${renamed[0]}=${renamed[1]}` };
  }
  const meant = Object.fromEntries(Object.entries(labels).filter(([label]) => Object.hasOwn(selector, label)));
  const carried = sayLabels(Object.keys(meant).length === 0 ? labels : meant);
  return { path: 'spec.selector', observed: asked, expected: carried, asked, carried };
}

function own(labels: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

export function sayLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const shown = pairs.slice(0, 6).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? 'no label' : `${shown.join(',')}${pairs.length > 6 ? ',…' : ''}`;
}
