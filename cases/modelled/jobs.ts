import type { ContainerState, ContainerWire, PodEvent, PodModel } from './pod-model.ts';
import type { Wire } from './wire.ts';
import type { World } from './world.ts';

export type JobPlan = {
  readonly namespace: string;
  readonly name: string;
  readonly startedMinutesAgo: number;
  readonly container: ContainerWire;
  readonly spec?: Wire;
  readonly status?: Wire;
  readonly conditions?: readonly Wire[];
  /** One entry a pod, oldest first. */
  readonly pods: readonly {
    readonly state: ContainerState;
    readonly minutesAgo: number;
    readonly events?: readonly PodEvent[];
  }[];
  readonly cronJob?: { readonly name: string; readonly uid: string };
  readonly pod?: Wire;
  readonly event?: { readonly reason: string; readonly message: string; readonly minutesAgo: number };
};

export type MadeJob = {
  readonly name: string;
  readonly uid: string;
  readonly ref: string;
  readonly pods: readonly PodModel[];
};

/** A Job with its pods, as the job controller keeps them. */
export function job(w: World, plan: JobPlan): MadeJob {
  const { namespace, name } = plan;
  w.addNamespace(namespace);
  const labels = { 'batch.kubernetes.io/job-name': name, 'job-name': name };
  const made = w.add(
    'batch/v1',
    'Job',
    {
      name,
      namespace,
      createdMinutesAgo: plan.startedMinutesAgo,
      generation: 1,
      labels,
      ...(plan.cronJob === undefined
        ? {}
        : {
            ownerReferences: [
              { apiVersion: 'batch/v1', kind: 'CronJob', ...plan.cronJob, controller: true, blockOwnerDeletion: true },
            ],
          }),
    },
    {
      spec: {
        backoffLimit: 6,
        completions: 1,
        parallelism: 1,
        completionMode: 'NonIndexed',
        suspend: false,
        podReplacementPolicy: 'TerminatingOrFailed',
        selector: { matchLabels: { 'batch.kubernetes.io/job-name': name } },
        template: { metadata: { labels }, spec: { restartPolicy: 'Never', containers: [plan.container], ...plan.pod } },
        ...plan.spec,
      },
      status: {
        startTime: w.iso(plan.startedMinutesAgo),
        ready: 0,
        terminating: 0,
        uncountedTerminatedPods: {},
        ...(plan.conditions === undefined
          ? {}
          : {
              conditions: plan.conditions.map((condition) => ({
                lastProbeTime: w.iso(1),
                lastTransitionTime: w.iso(plan.event?.minutesAgo ?? 3),
                ...condition,
              })),
            }),
        ...plan.status,
      },
    },
  );
  const { uid } = made.metadata;
  const pods = plan.pods.map(({ state, minutesAgo, events }) => {
    const { pod } = w.workload({
      kind: 'Pod',
      namespace,
      name: `${name}-${w.random.suffix(5)}`,
      selector: labels,
      containers: [plan.container],
      pod: { restartPolicy: 'Never', ...plan.pod },
      podsMinutesAgo: minutesAgo,
      states: { [plan.container.name]: state },
      ...(events === undefined ? {} : { events }),
    });
    w.adopt(pod, { apiVersion: 'batch/v1', kind: 'Job', name, uid });
    if (state.is === 'terminated') pod.phase = state.end.exitCode === 0 ? 'Succeeded' : 'Failed';
    return pod;
  });
  if (plan.event !== undefined)
    w.event({
      object: { apiVersion: 'batch/v1', kind: 'Job', namespace, name, uid },
      type: 'Warning',
      component: 'job-controller',
      reason: plan.event.reason,
      message: plan.event.message,
      toMinutesAgo: plan.event.minutesAgo,
    });
  return { name, uid, ref: `Job ${namespace}/${name}`, pods };
}

export function cronJob(
  w: World,
  plan: {
    readonly namespace: string;
    readonly name: string;
    readonly schedule: string;
    readonly spec?: Wire;
    readonly status?: Wire;
    readonly container: ContainerWire;
  },
): { readonly name: string; readonly uid: string; readonly ref: string } {
  w.addNamespace(plan.namespace);
  const made = w.add(
    'batch/v1',
    'CronJob',
    { name: plan.name, namespace: plan.namespace, generation: 2, createdMinutesAgo: 60_000 },
    {
      spec: {
        schedule: plan.schedule,
        concurrencyPolicy: 'Allow',
        suspend: false,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 1,
        jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [plan.container] } } } },
        ...plan.spec,
      },
      status: plan.status ?? {},
    },
  );
  return { name: plan.name, uid: made.metadata.uid, ref: `CronJob ${plan.namespace}/${plan.name}` };
}
