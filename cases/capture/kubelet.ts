import type { CaseContext } from './case-context.ts';
import type { Fields, KubeObject } from './wire.ts';

/**
 * What KWOK cannot play, written as the kubelet 1.35 writes it (pkg/kubelet/kubelet_pods.go, pkg/kubelet/images, pkg/kubelet/events): container statuses through the status
 * subresource, and Events whose involvedObject carries uid and fieldPath. Times are those of the snapshot: the fault began when the pod was made and lasts until the capture.
 */
export type Kubelet = ReturnType<typeof createKubelet>;

type ContainerState =
  | { readonly waiting: { reason: string; message?: string } }
  | { readonly running: { startedAt: string } }
  | { readonly terminated: Fields };

export type EventRequest = {
  readonly type?: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** Name of the container it speaks of; absent for the pod itself. */
  readonly container?: string;
  readonly count?: number;
  /** How long before the capture it was seen last. */
  readonly lastAgoSeconds?: number;
};

export function createKubelet(c: Pick<CaseContext, 'send' | 'at' | 'sinceCreation'>) {
  let written = 0;

  const event = async (
    pod: KubeObject,
    { type = 'Warning', reason, message, container, count = 1, lastAgoSeconds = 20 }: EventRequest,
  ) => {
    const { name, namespace, uid, resourceVersion } = pod.metadata;
    const host = String(pod.spec?.nodeName ?? '');
    const first = c.sinceCreation(pod, 3);
    written++;
    const involvedObject = {
      apiVersion: 'v1',
      kind: pod.kind,
      name,
      namespace,
      uid,
      resourceVersion,
      ...(container === undefined ? {} : { fieldPath: `spec.containers{${container}}` }),
    };
    await c.send('POST', `/api/v1/namespaces/${namespace}/events?fieldManager=kubelet`, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        name: `${name}.${(BigInt(Date.parse(first)) * 1_000_000n + BigInt(written * 7919)).toString(16)}`,
        namespace,
      },
      involvedObject,
      type,
      reason,
      message,
      source: { component: 'kubelet', host },
      reportingComponent: 'kubelet',
      reportingInstance: host,
      count,
      firstTimestamp: first,
      lastTimestamp: count > 1 ? c.at(-lastAgoSeconds) : first,
    });
  };

  const patch = async (pod: KubeObject, status: Fields) => {
    const { name, namespace } = pod.metadata;
    await c.send(
      'PATCH',
      `/api/v1/namespaces/${namespace}/pods/${name}/status?fieldManager=kubelet`,
      { status },
      'application/strategic-merge-patch+json',
    );
  };

  const statuses = (
    pod: KubeObject,
    of: (name: string, index: number) => ContainerState,
    more: (name: string) => Fields,
  ) =>
    containersOf(pod).map(({ name, image }, index) => {
      const state = of(name, index);
      return {
        name,
        image,
        imageID: '',
        ready: 'running' in state,
        started: 'running' in state,
        restartCount: 0,
        state,
        ...more(name),
      };
    });

  const base = (pod: KubeObject) => ({
    startTime: c.sinceCreation(pod, 1),
    hostIP: '10.0.1.21',
    hostIPs: [{ ip: '10.0.1.21' }],
  });
  const podIp = (pod: KubeObject) => {
    const ip = `10.244.9.${2 + (Number.parseInt((pod.metadata.uid ?? '0').slice(0, 4), 16) % 250)}`;
    return { podIP: ip, podIPs: [{ ip }] };
  };
  const conditions = (
    pod: KubeObject,
    { sandbox, ready, initialized = true }: { sandbox: boolean; ready: boolean; initialized?: boolean },
    unready: readonly string[],
  ) => {
    const lastTransitionTime = c.sinceCreation(pod, 1);
    const why = ready
      ? {}
      : { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
    const initContainers = (pod.spec?.initContainers ?? []) as { name: string }[];
    const whyInit = initialized
      ? {}
      : {
          reason: 'ContainersNotInitialized',
          message: `containers with incomplete status: [${initContainers.map(({ name }) => name).join(' ')}]`,
        };
    return [
      { type: 'PodReadyToStartContainers', status: sandbox ? 'True' : 'False', lastTransitionTime },
      { type: 'Initialized', status: initialized ? 'True' : 'False', ...whyInit, lastTransitionTime },
      { type: 'Ready', status: ready ? 'True' : 'False', ...why, lastTransitionTime },
      { type: 'ContainersReady', status: ready ? 'True' : 'False', ...why, lastTransitionTime },
    ];
  };
  const names = (pod: KubeObject) => containersOf(pod).map(({ name }) => name);

  return {
    event,
    patch,
    /** The pod's containers cannot be made: `CreateContainerConfigError`. The others of the pod run. */
    async cannotConfigure(
      pod: KubeObject,
      { container, message, retries = 24 }: { container: string; message: string; retries?: number },
    ) {
      const runs = { running: { startedAt: c.sinceCreation(pod, 3) } };
      const state = (name: string): ContainerState =>
        name === container ? { waiting: { reason: 'CreateContainerConfigError', message } } : runs;
      await patch(pod, {
        phase: 'Pending',
        ...base(pod),
        ...podIp(pod),
        conditions: conditions(pod, { sandbox: true, ready: false }, [container]),
        containerStatuses: statuses(pod, state, () => ({})),
      });
      const { image } = containersOf(pod).find(({ name }) => name === container) ?? { image: '' };
      await event(pod, {
        type: 'Normal',
        reason: 'Pulled',
        message: `Container image "${image}" already present on machine and can be accessed by the pod`,
        container,
        count: retries,
        lastAgoSeconds: 9,
      });
      await event(pod, {
        reason: 'Failed',
        message: `Error: ${message}`,
        container,
        count: retries,
        lastAgoSeconds: 9,
      });
    },
    /** The pod waits for its volumes: no sandbox, all containers `ContainerCreating`. */
    async cannotMount(
      pod: KubeObject,
      messages: readonly string[],
      { reason = 'FailedMount', count = 9 }: { reason?: string; count?: number } = {},
    ) {
      await patch(pod, {
        phase: 'Pending',
        ...base(pod),
        conditions: conditions(
          pod,
          { sandbox: false, ready: false, initialized: pod.spec?.initContainers === undefined },
          names(pod),
        ),
        containerStatuses: statuses(
          pod,
          () => ({ waiting: { reason: 'ContainerCreating' } }),
          () => ({}),
        ),
      });
      for (const message of messages) await event(pod, { reason, message, count, lastAgoSeconds: 35 });
    },
    /** The process ends again and again. */
    async crashes(
      pod: KubeObject,
      {
        container,
        exitCode,
        restarts = 5,
        reason = 'Error',
      }: { container: string; exitCode: number; restarts?: number; reason?: string },
    ) {
      const identity = `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
      const containerID = `containerd://${'4d'.repeat(32)}`;
      const lastState = { terminated: { exitCode, reason, startedAt: c.at(-71), finishedAt: c.at(-70), containerID } };
      const waiting = {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: `back-off 2m40s restarting failed container=${container} pod=${identity}`,
        },
      };
      await patch(pod, {
        phase: 'Running',
        ...base(pod),
        ...podIp(pod),
        conditions: conditions(pod, { sandbox: true, ready: false }, [container]),
        containerStatuses: statuses(
          pod,
          (name) => (name === container ? waiting : { running: { startedAt: c.sinceCreation(pod, 3) } }),
          (name) => (name === container ? { restartCount: restarts, lastState, containerID } : {}),
        ),
      });
      await event(pod, {
        reason: 'BackOff',
        message: `Back-off restarting failed container ${container} in pod ${identity}`,
        container,
        count: restarts * 4,
        lastAgoSeconds: 11,
      });
    },
    /** The pod runs and does not become ready. */
    async isUnready(pod: KubeObject, { container, probe }: { container: string; probe?: string }) {
      await patch(pod, {
        phase: 'Running',
        ...base(pod),
        ...podIp(pod),
        conditions: conditions(pod, { sandbox: true, ready: false }, [container]),
        containerStatuses: statuses(
          pod,
          () => ({ running: { startedAt: c.sinceCreation(pod, 2) } }),
          (name) => ({ ready: name !== container }),
        ),
      });
      if (probe !== undefined)
        await event(pod, {
          reason: 'Unhealthy',
          message: `Readiness probe failed: ${probe}`,
          container,
          count: 31,
          lastAgoSeconds: 6,
        });
    },
    /** The pod runs and is ready, as KWOK would have it: for pods that it was told to leave alone. */
    async isReady(pod: KubeObject) {
      await patch(pod, {
        phase: 'Running',
        ...base(pod),
        ...podIp(pod),
        conditions: conditions(pod, { sandbox: true, ready: true }, []),
        containerStatuses: statuses(
          pod,
          () => ({ running: { startedAt: c.sinceCreation(pod, 2) } }),
          () => ({}),
        ),
      });
    },
  };
}

function containersOf(pod: KubeObject): readonly { name: string; image: string }[] {
  return (pod.spec?.containers ?? []) as { name: string; image: string }[];
}
