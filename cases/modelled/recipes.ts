import type { ContainerState, ContainerWire, Ended, PodEvent } from './pod-model.ts';
import type { Wire } from './wire.ts';
import type { AlertPlan, Workload, WorkloadPlan, World } from './world.ts';

export type App = Workload & {
  /** Where the process listens, and the port of the Service before it. */
  readonly port: number;
  readonly servicePort: number;
  readonly container: string;
  readonly image: string;
  readonly service: string;
  readonly host: string;
};

export type AppPlan = Partial<Omit<WorkloadPlan, 'containers' | 'previous' | 'states'>> & {
  /** Fields of its main container. */
  readonly container?: Wire;
  /** Fields of that container in the revision before, and how long ago it was replaced. */
  readonly before?: Wire;
  readonly changedMinutesAgo?: number;
  readonly state?: ContainerState;
  readonly sidecars?: readonly ContainerWire[];
  readonly states?: Record<string, ContainerState>;
  readonly port?: number;
  readonly withService?: boolean;
};

/** A web service like many: one container with a named port, probes and resources, and a Service before it. */
export function app(w: World, plan: AppPlan = {}): App {
  const { random, names } = w;
  const namespace = plan.namespace ?? names.namespace();
  const name = plan.name ?? names.workload();
  const port = plan.port ?? names.port();
  const containerName = random.pick([name, 'app', 'server', 'main']);
  const path = random.pick(['/healthz', '/ready', '/health/ready', '/-/ready', '/status']);
  const standard: ContainerWire = {
    name: containerName,
    image: names.image(name),
    ports: [{ name: 'http', containerPort: port, protocol: 'TCP' }],
    resources: {
      limits: { memory: random.pick(['256Mi', '512Mi', '1Gi']) },
      requests: { cpu: random.pick(['50m', '100m', '200m']), memory: '128Mi' },
    },
    readinessProbe: { httpGet: { path, port: random.chance(0.5) ? 'http' : port }, initialDelaySeconds: 3 },
  };
  const {
    container,
    before,
    changedMinutesAgo,
    state,
    sidecars = [],
    states,
    port: _port,
    withService = true,
    ...rest
  } = plan;
  const main: ContainerWire = { ...standard, ...container };
  const made = w.workload({
    ...rest,
    namespace,
    name,
    containers: [main, ...sidecars],
    ...(before === undefined
      ? {}
      : { previous: { containers: [{ ...standard, ...before }, ...sidecars], minutesAgo: changedMinutesAgo ?? 25 } }),
    // Without a former revision, what never worked was deployed just then; what works had its pods replaced.
    ...(before === undefined && changedMinutesAgo !== undefined
      ? rest.stuck === true
        ? { createdMinutesAgo: changedMinutesAgo }
        : { podsMinutesAgo: changedMinutesAgo }
      : {}),
    states: { ...(state === undefined ? {} : { [containerName]: state }), ...states },
    ...(plan.events === undefined
      ? {}
      : { events: plan.events.map((event) => ({ container: containerName, ...event })) }),
  });
  const servicePort = random.pick([80, 8080, port]);
  const service = withService
    ? w.service({
        namespace,
        name,
        selector: made.selector,
        ports: [{ name: 'http', port: servicePort, targetPort: random.chance(0.5) ? 'http' : port }],
      })
    : { ref: '', host: '' };
  return {
    ...made,
    port,
    servicePort,
    container: containerName,
    image: main.image,
    service: service.ref,
    host: service.host,
  };
}

/** A container that crashes again and again and waits to be started again. */
export function crashing(w: World, end: Ended, restarts = w.random.int(5, 14)): ContainerState {
  return {
    is: 'waiting',
    reason: 'CrashLoopBackOff',
    restarts,
    last: { endedMinutesAgo: w.random.pick([0.5, 1.2, 2.5]), ...end },
  };
}

/** The kubelet waits before it pulls again. */
export function backingOffPull(image: string, error: string): ContainerState {
  return {
    is: 'waiting',
    reason: 'ImagePullBackOff',
    message: `Back-off pulling image "${image}": ErrImagePull: ${error}`,
  };
}

export function unhealthy(
  kind: 'Readiness' | 'Liveness' | 'Startup',
  message: string,
  count: number,
  fromMinutesAgo: number,
  toMinutesAgo = 0.1,
): PodEvent {
  return {
    type: 'Warning',
    reason: 'Unhealthy',
    message: `${kind} probe ${message.startsWith('errored') ? '' : 'failed: '}${message}`,
    count,
    fromMinutesAgo: Math.min(59, fromMinutesAgo),
    toMinutesAgo,
  };
}

/** Alerts of kube-prometheus, with the labels that kube-state-metrics gives. */
export const alerts = {
  crashLooping: (made: Workload, container: string): AlertPlan => ({
    name: 'KubePodCrashLooping',
    labels: {
      namespace: made.namespace,
      pod: made.pod.name,
      container,
      reason: 'CrashLoopBackOff',
      job: 'kube-state-metrics',
      uid: made.pod.uid,
    },
    summary: 'Pod is crash looping.',
  }),
  notReady: (made: Workload): AlertPlan => ({
    name: 'KubePodNotReady',
    labels: { namespace: made.namespace, pod: made.pod.name },
    summary: 'Pod has been in a non-ready state for more than 15 minutes.',
    minutesAgo: 6,
  }),
  mismatch: (made: Workload): AlertPlan => ({
    name: 'KubeDeploymentReplicasMismatch',
    labels: { namespace: made.namespace, deployment: made.name, job: 'kube-state-metrics' },
    summary: 'Deployment has not matched the expected number of replicas.',
  }),
  waiting: (made: Workload, container: string, reason: string): AlertPlan => ({
    name: 'KubeContainerWaiting',
    labels: { namespace: made.namespace, pod: made.pod.name, container, reason },
    summary: 'Pod container waiting longer than 1 hour',
  }),
  node: (name: string, node: string): AlertPlan => ({
    name,
    labels: { node, job: 'kube-state-metrics', condition: 'Ready' },
    summary: 'Node is not ready.',
  }),
};

/** Symptoms that may be told beside a cause: what callers see, and that somebody changed something just before. */
export const serving = ['rollout-stuck', 'service-no-ready-endpoints', 'recent-change'] as const;
export const crashes = [...serving, 'container-crash-looping'] as const;

/** Lines of a log with times in front, as many libraries write them; the last line is the newest. */
export function stamped(w: World, lines: readonly string[], endMinutesAgo = 1): string[] {
  return lines.map(
    (line, index) =>
      `${new Date(w.nowMs - endMinutesAgo * 60_000 - (lines.length - index) * 700).toISOString()} ${line}`,
  );
}
