import { parseQuantity } from '../../../core/cluster/quantity.ts';
import type { Controller } from '../controllers/control-loop.ts';
import { keyOf, splitKey } from '../controllers/ownership.ts';
import type { RecordEvent } from '../controllers/record-event.ts';
import type { Names } from '../store/names.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { edit } from '../store/object-writes.ts';
import type { ObjectOf } from '../store/stored-object.ts';
import { containerEvents } from './container-events.ts';
import { type LogLine, withLines } from './container-logs.ts';
import {
  type ContainerHappening,
  type ContainerRun,
  isContainerReady,
  nextInstant,
  stepContainer,
  workingSetBytes,
} from './container-run.ts';
import type { Images, Pace } from './images.ts';
import { podStatus } from './pod-status.ts';

type Pod = ObjectOf<'Pod'>;

type ContainerMemory = { run: ContainerRun; log: LogLine[]; previousLog: LogLine[] | undefined };
type PodMemory = { podIP: string; startedAtMs: number; removeAtMs: number | undefined; containers: ContainerMemory[] };

/** What the kubelets of all nodes know and the API does not show. Plain data: a snapshot carries it. */
export type KubeletMemory = {
  pods: Record<string, PodMemory>;
  imagesByNode: Record<string, string[]>;
  addresses: number;
};

export type Usage = { namespace: string; pod: string; container: string; node: string; workingSetBytes: number };

export type Kubelet = Controller & {
  logs(podUid: string, container: string, which: 'current' | 'previous'): readonly LogLine[] | undefined;
  usage(): Usage[];
  memory(): KubeletMemory;
  remember(memory: KubeletMemory): void;
};

function emptyKubeletMemory(): KubeletMemory {
  return { pods: {}, imagesByNode: {}, addresses: 0 };
}

/** Plays the kubelets of all nodes: pulls, starts, kills and restarts containers, and reports what it did. */
export function createKubelet(parts: {
  store: ObjectStore;
  names: Names;
  now: () => number;
  recordEvent: RecordEvent;
  images: () => Images;
  pace: Pace;
}): Kubelet {
  const { store, names, now, recordEvent, images, pace } = parts;
  let memory = emptyKubeletMemory();

  const inputFor = (pod: Pod, run: ContainerRun) => ({
    nowMs: now(),
    behaviour: images()[run.image],
    isPresent:
      memory.imagesByNode[pod.spec?.nodeName ?? '']?.includes(run.image) === true && pullsOnlyWhenAbsent(pod, run.name),
    restartPolicy: pod.spec?.restartPolicy ?? 'Always',
    pace,
  });

  function reconcile(key: string): number | undefined {
    const pod = store.get('Pod', ...splitKey(key));
    if (pod?.spec?.nodeName === undefined || pod.metadata.uid === undefined) return undefined;
    const known = memory.pods[pod.metadata.uid] ?? admit(pod, pod.metadata.uid);
    if (pod.metadata.deletionTimestamp !== undefined) return terminate(pod, known);
    restartChangedImages(pod, known);
    for (const container of known.containers) advance(pod, container);
    writeStatus(pod, known);
    const instants = known.containers.flatMap(({ run }) => nextInstant(run, inputFor(pod, run)) ?? []);
    return instants.length === 0 ? undefined : Math.min(...instants);
  }

  function admit(pod: Pod, uid: string): PodMemory {
    memory.addresses += 1;
    const podIP = `10.244.${Math.floor(memory.addresses / 250) % 250}.${(memory.addresses % 250) + 2}`;
    const containers = (pod.spec?.containers ?? []).map(({ image = '', name, resources }): ContainerMemory => {
      const limitBytes = parseQuantity(resources?.limits?.memory);
      const state = { at: 'creating', untilMs: now() } as const;
      const run = {
        name,
        image,
        limitBytes,
        pullAttempts: 0,
        restarts: 0,
        state,
        last: undefined,
        hasFailedProbe: false,
      };
      return { run, log: [], previousLog: undefined };
    });
    const admitted: PodMemory = { podIP, startedAtMs: now(), removeAtMs: undefined, containers };
    memory.pods[uid] = admitted;
    return admitted;
  }

  function terminate(pod: Pod, known: PodMemory): number | undefined {
    if (known.removeAtMs === undefined) {
      known.removeAtMs = now() + pace.terminateMs;
      for (const { run } of known.containers.filter(({ run }) => run.state.at === 'running')) {
        const message = `Stopping container ${run.name}`;
        recordEvent({
          ...kubeletOf(pod),
          about: pod,
          type: 'Normal',
          reason: 'Killing',
          message,
          fieldPath: fieldPathOf(run),
        });
      }
    }
    if (known.removeAtMs > now()) return known.removeAtMs;
    store.remove('Pod', pod.metadata.namespace, pod.metadata.name);
    return undefined;
  }

  /** A pod's images may be changed in place; the container is then started anew from the other image. */
  function restartChangedImages(pod: Pod, known: PodMemory): void {
    for (const container of known.containers) {
      const wanted = pod.spec?.containers.find(({ name }) => name === container.run.name)?.image ?? container.run.image;
      if (wanted === container.run.image) continue;
      const restarts = container.run.restarts + (container.run.state.at === 'running' ? 1 : 0);
      container.run = {
        ...container.run,
        image: wanted,
        restarts,
        pullAttempts: 0,
        state: { at: 'creating', untilMs: now() },
      };
    }
  }

  function advance(pod: Pod, container: ContainerMemory): void {
    const newContainerId = (): string => `containerd://${names.hex(64)}`;
    for (;;) {
      const step = stepContainer(container.run, { ...inputFor(pod, container.run), newContainerId });
      if (step === undefined) return;
      container.run = step.run;
      if (step.happening !== undefined) follow(pod, container, step.happening);
    }
  }

  function follow(pod: Pod, container: ContainerMemory, happening: ContainerHappening): void {
    const { run } = container;
    const behaviour = images()[run.image];
    if (happening.type === 'pulled') {
      const node = pod.spec?.nodeName ?? '';
      memory.imagesByNode[node] = [...new Set([...(memory.imagesByNode[node] ?? []), run.image])];
    }
    if (happening.type === 'started') {
      if (run.restarts > 0) container.previousLog = container.log;
      container.log = withLines([], behaviour?.startLog ?? [], now());
      const isTooSmall = run.limitBytes !== undefined && (behaviour?.memoryMi ?? 0) * 2 ** 20 > run.limitBytes;
      if (isTooSmall) container.log = withLines(container.log, outOfMemoryLines(run, behaviour), now());
    }
    if (happening.type === 'ended' && happening.termination.reason === 'Error') {
      container.log = withLines(container.log, behaviour?.exits?.log ?? [], now());
    }
    const facts = { behaviour, podIP: memory.pods[pod.metadata.uid ?? '']?.podIP ?? '', pace };
    for (const event of containerEvents(pod, run, happening, facts)) {
      recordEvent({ ...kubeletOf(pod), about: pod, fieldPath: fieldPathOf(run), ...event });
    }
  }

  function outOfMemoryLines(run: ContainerRun, behaviour: Images[string] | undefined): string[] {
    const limitMi = Math.floor((run.limitBytes ?? 0) / 2 ** 20);
    const values: Record<string, number> = {
      limitMi,
      memoryMi: behaviour?.memoryMi ?? 0,
      workingSetMi: Math.floor(limitMi * 0.97),
    };
    return (behaviour?.outOfMemoryLog ?? []).map((line) =>
      line.replace(/\{(\w+)\}/g, (all, name) => String(values[name] ?? all)),
    );
  }

  function writeStatus(pod: Pod, known: PodMemory): void {
    const { namespace, name } = pod.metadata;
    const containers = known.containers.map(({ run }) => ({ run, isReady: isContainerReady(run, inputFor(pod, run)) }));
    const node = store.get('Node', undefined, pod.spec?.nodeName ?? '');
    const hostIP = node?.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '192.0.2.1';
    const current = store.get('Pod', namespace, name) ?? pod;
    const view = { pod: current, containers, hostIP, podIP: known.podIP, startedAtMs: known.startedAtMs, nowMs: now() };
    const status = podStatus(view);
    edit(store, 'Pod', namespace, name, (draft) => {
      draft.status = status;
    });
  }

  return {
    name: 'kubelet',
    wakes({ object, type }) {
      if (object.kind !== 'Pod') return [];
      if (type !== 'DELETED') return [keyOf(object)];
      delete memory.pods[object.metadata.uid ?? ''];
      return [];
    },
    reconcile,
    logs(podUid, name, which) {
      const container = memory.pods[podUid]?.containers.find(({ run }) => run.name === name);
      if (which === 'current') return container?.log;
      // Between two runs the log of the one that ended is the current one, and the previous one as well.
      const hasEnded = container?.run.last !== undefined && container.run.state.at !== 'running';
      return hasEnded ? container?.log : container?.previousLog;
    },
    usage() {
      return store.list('Pod').flatMap((pod) =>
        (memory.pods[pod.metadata.uid ?? '']?.containers ?? [])
          .filter(({ run }) => run.state.at === 'running')
          .map(({ run }) => ({
            namespace: pod.metadata.namespace ?? '',
            pod: pod.metadata.name,
            container: run.name,
            node: pod.spec?.nodeName ?? '',
            workingSetBytes: workingSetBytes(run, inputFor(pod, run)),
          })),
      );
    },
    memory: () => memory,
    remember(restored) {
      memory = structuredClone(restored);
    },
  };
}

function fieldPathOf(run: ContainerRun): string {
  return `spec.containers{${run.name}}`;
}

function kubeletOf(pod: Pod): { component: string; host: string } {
  return { component: 'kubelet', host: pod.spec?.nodeName ?? '' };
}

function pullsOnlyWhenAbsent(pod: Pod, container: string): boolean {
  return pod.spec?.containers.find(({ name }) => name === container)?.imagePullPolicy !== 'Always';
}
