import { type ObjectRef, refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { isTerminating } from '../../cluster/pod.ts';
import { readinessOf } from '../../cluster/pod-readiness.ts';
import { podSpecOf } from '../../cluster/pod-spec.ts';
import { matchesLabelMap } from '../../cluster/selector.ts';
import { isHeadless } from '../../cluster/service.ts';
import { refKey } from '../../cluster/topology.ts';
import { numberAt } from '../../cluster/wire.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import { type FindingDraft, podKey } from '../analysis.ts';
import { fromEvent } from '../present-events.ts';
import { fromObject } from '../support.ts';
import { declaredReplicas } from './declared-replicas.ts';
import type { ServiceFacts } from './service-map.ts';
import { firingAbout, type ServicePathContext, sufferedByCallers, usersOf } from './service-path-context.ts';

const kinds = ['Deployment', 'StatefulSet', 'ReplicaSet'] as const;

/** Why somebody misses the pods. `strong` ones are hard to explain when the pods are meant to be away. */
type Symptom = {
  readonly strong: boolean;
  readonly says: string;
  readonly evidence?: EvidenceDraft;
  /** What follows from zero replicas by itself. */
  readonly isImplied?: boolean;
};

/**
 * `workload-scaled-to-zero`: `spec.replicas` is 0 although somebody needs the pods. Zero alone is often meant, so it needs a symptom: callers, an Ingress,
 * a failed check, an alert, an autoscaler that wants more, a manifest that says more, or that it was scaled down just now.
 */
export function findScaledToZero(context: ServicePathContext): readonly FindingDraft[] {
  return kinds.flatMap((kind) =>
    context.scope.list(kind).flatMap((workload) => {
      if (numberAt(workload, 'spec', 'replicas') !== 0 || isTerminating(workload)) return [];
      if (context.view.controllerOf(workload) !== undefined || isPutToSleep(context, workload)) return [];
      const found = draft(context, workload);
      return found === undefined ? [] : [found];
    }),
  );
}

/** Scaled by something that scales up again by itself, or that keeps a note of how to. */
function isPutToSleep({ topology, view }: ServicePathContext, workload: WireObject): boolean {
  const { annotations = {}, labels = {} } = workload.metadata;
  const keys = [...Object.keys(annotations), ...Object.keys(labels)];
  const scalers = topology.neededBy(refOf(workload)).filter(({ by }) => by === 'scales');
  return (
    keys.some((key) =>
      /^(?:serving\.knative\.dev|downscaler|kube-downscaler|sablier|autoscaling\.keda\.sh|scaledobject\.keda\.sh)\b/.test(
        key,
      ),
    ) ||
    keys.includes('autoscaling.keda.sh/paused-replicas') ||
    scalers.some(
      ({ from }) =>
        from.name.startsWith('keda-hpa-') ||
        view.get(from)?.metadata.labels?.['scaledobject.keda.sh/name'] !== undefined,
    )
  );
}

function draft(context: ServicePathContext, workload: WireObject): FindingDraft | undefined {
  const { now } = context;
  const ref = refOf(workload);
  const services = servicesOf(context, workload);
  const symptoms: readonly Symptom[] = [
    // "Why is it not running?"
    ...(context.scope.whole === undefined && context.scope.distance(ref) === 0
      ? [{ strong: true, says: 'it is what was asked about' }]
      : []),
    ...services
      .filter((facts) => context.scope.whole === undefined && context.scope.distance(facts.ref) === 0)
      .map((facts) => ({ strong: true, says: `${sayRef(facts.ref)}, which was asked about, has nobody behind it` })),
    ...services.flatMap((facts) => symptomsOfService(context, facts)),
    ...symptomsOfWorkload(context, workload),
    // One alert may name the workload and its Service alike.
    ...[ref, ...services.map((facts) => facts.ref)]
      .flatMap((one) => firingAbout(context, one))
      .slice(0, 1)
      .map(({ name }) => ({ strong: true, says: `alert ${name} fires about it` })),
  ];
  if (symptoms.length === 0) return undefined;
  const strong = symptoms.filter((symptom) => symptom.strong);
  const declared = declaredReplicas(context, workload);
  const failures = services.flatMap(({ service }) => context.failures.to(service));
  const named = services.map((facts) => sayRef(facts.ref)).slice(0, 3);
  // That its Services have no endpoint is said already by where they lead.
  const reasons = symptoms.filter(({ isImplied }) => isImplied !== true).map(({ says }) => says);
  return {
    code: 'workload-scaled-to-zero',
    object: ref,
    summary: `${sayRef(ref)} is scaled to zero${named.length === 0 ? '' : `, so ${named.join(', ')} ${named.length === 1 ? 'leads' : 'lead'} nowhere`}${reasons.length === 0 ? '' : `: ${reasons.slice(0, 3).join('; ')}`}.`,
    cause: {
      path: 'spec.replicas',
      observed: '0',
      expected: declared !== undefined && declared > 0 ? String(declared) : 'at least 1',
    },
    recommendation: { text: `Scale ${sayRef(ref)} up again, or remove what refers to it.` },
    support: [
      fromObject(workload, now, 'spec.replicas is 0'),
      ...services
        .slice(0, 2)
        .map(({ service, endpoints }) =>
          fromObject(
            service,
            now,
            `it selects the pods of ${sayRef(ref)}${endpoints.objects.length > 0 ? ', and has no endpoint' : ''}`,
          ),
        ),
      ...symptoms.flatMap(({ evidence }) => evidence ?? []).slice(0, 5),
    ],
    grounds: {
      basis: strong.length > 0 ? 'stated' : 'inferred',
      current: true,
      repeated: symptoms.length > 1,
    },
    pods: failures.flatMap(({ from }) => from.pods.map(podKey)),
    affects: services.flatMap(usersOf),
    explains: [...sufferedByCallers, 'hpa-metrics-missing'],
  };
}

function servicesOf({ services }: ServicePathContext, workload: WireObject): readonly ServiceFacts[] {
  const namespace = workload.metadata.namespace ?? '';
  const own = services.workloadsIn(namespace).find(({ object }) => object === workload);
  // A Service with other pods to serve does not miss these.
  return own === undefined
    ? []
    : services
        .inNamespace(namespace)
        .filter(
          ({ selector, pods, endpoints }) =>
            selector !== undefined &&
            matchesLabelMap(selector, own.labels) &&
            pods.length === 0 &&
            endpoints.ready === 0,
        );
}

function symptomsOfService(context: ServicePathContext, facts: ServiceFacts): readonly Symptom[] {
  const { view, now } = context;
  const { service, entries, callers, ref, endpoints } = facts;
  const failures = context.failures.to(service);
  const runs = callers.filter((caller) => isRunning(context, caller));
  const [entry] = entries;
  const routed = entry === undefined ? undefined : view.get(entry);
  return [
    ...(endpoints.objects.length > 0 && !isHeadless(service)
      ? [
          {
            strong: false,
            isImplied: true,
            says: `${sayRef(ref)} has no endpoint`,
            evidence: fromObject(endpoints.objects[0] ?? service, now, 'no endpoint'),
          },
        ]
      : []),
    ...(entry === undefined
      ? []
      : [
          {
            strong: true,
            says: `${sayRef(entry)} sends requests to it`,
            ...(routed === undefined ? {} : { evidence: fromObject(routed, now, `it routes to ${sayRef(ref)}`) }),
          },
        ]),
    ...runs.slice(0, 1).map((caller) => ({ strong: suffers(context, caller), says: `${sayRef(caller)} calls it` })),
    ...failures.slice(0, 2).map((failure) => ({
      strong: true,
      says: `${sayRef(failure.from.ref)} cannot reach it`,
      evidence: failure.evidence,
    })),
  ];
}

function isRunning({ view }: ServicePathContext, caller: ObjectRef): boolean {
  const object = view.get(caller);
  if (object === undefined || podSpecOf(object) === undefined) return false;
  return object.kind === 'Pod' || object.kind === 'CronJob' || view.podsOf(object).some((pod) => !isTerminating(pod));
}

/** A caller that runs well without it does not prove that it is missed. */
function suffers({ view }: ServicePathContext, caller: ObjectRef): boolean {
  const object = view.get(caller);
  if (object === undefined) return false;
  const pods = object.kind === 'Pod' ? [object] : view.podsOf(object);
  return pods.some((pod) => !isTerminating(pod) && readinessOf(pod) === false);
}

// A Deployment says so of itself; a StatefulSet only of each pod that it takes away.
const scaledDown =
  /scaled down replica set \S{1,253} (?:from (\d{1,6}) )?to 0(?: from (\d{1,6}))?|delete Pod \S{1,253} in StatefulSet \S{1,253} successful/i;
const recentMs = 3_600_000;

function symptomsOfWorkload(context: ServicePathContext, workload: WireObject): readonly Symptom[] {
  const { view, topology, now, observations } = context;
  const ref = refOf(workload);
  const declared = declaredReplicas(context, workload);
  const scalers = topology.neededBy(ref).filter(({ by }) => by === 'scales');
  const events = view
    .eventsAbout(workload)
    .filter(
      ({ message, last }) =>
        scaledDown.test((message ?? '').slice(0, 400)) && last !== undefined && now - last <= recentMs,
    )
    .toSorted((a, b) => (b.last ?? 0) - (a.last ?? 0));
  const scaledBy = observations.audit.find(
    ({ object, fields, at, verb }) =>
      refKey(object) === refKey(ref) &&
      (verb === 'patch' || verb === 'update') &&
      fields.some((field) => /replicas$/.test(field)) &&
      now - at <= recentMs * 24,
  );
  return [
    ...(declared !== undefined && declared > 0
      ? [
          {
            strong: true,
            says: `it is declared with ${declared} replicas`,
            evidence: { ...fromObject(workload, now, `declared with ${declared} replicas`), kind: 'change' as const },
          },
        ]
      : []),
    ...scalers.flatMap(({ from }) => {
      const scaler = view.get(from);
      const least = scaler === undefined ? undefined : (numberAt(scaler, 'spec', 'minReplicas') ?? 1);
      return scaler === undefined || least === undefined || least === 0
        ? []
        : [
            {
              strong: true,
              says: `${sayRef(from)} wants at least ${least}, and does not act while it is 0`,
              evidence: fromObject(scaler, now, `minReplicas ${least}`),
            },
          ];
    }),
    ...events.slice(0, 1).map((event) => ({
      strong: false,
      says: 'it was scaled down just now',
      evidence: fromEvent(event, workload),
    })),
    ...(scaledBy === undefined
      ? []
      : [
          {
            strong: false,
            says: `${scaledBy.user} changed its replicas`,
            evidence: {
              kind: 'change' as const,
              source: 'audit log',
              object: ref,
              at: scaledBy.at,
              summary: `${scaledBy.user} changed spec.replicas of ${sayRef(ref)}`,
              from: { ...scaledBy },
            },
          },
        ]),
  ];
}
