import { app } from './recipes.ts';
import type { World } from './world.ts';

const stale: readonly (readonly [string, string, string])[] = [
  [
    'Unhealthy',
    'Readiness probe failed: Get "http://10.244.1.7:8080/ready": dial tcp 10.244.1.7:8080: connect: connection refused',
    'kubelet',
  ],
  ['BackOff', 'Back-off restarting failed container', 'kubelet'],
  ['Failed', 'Error: ImagePullBackOff', 'kubelet'],
  [
    'FailedScheduling',
    '0/4 nodes are available: 4 Insufficient cpu. preemption: 0/4 nodes are available: 4 No preemption victims found for incoming pod.',
    'default-scheduler',
  ],
  [
    'FailedMount',
    'MountVolume.SetUp failed for volume "kube-api-access-x2x4z" : failed to sync configmap cache: timed out waiting for the condition',
    'kubelet',
  ],
  [
    'FailedCreatePodSandBox',
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: plugin type="loopback" failed',
    'kubelet',
  ],
];

/** What is in every cluster and has nothing to do with the matter: other teams' workloads that are well, finished Jobs, events of pods that are gone, a restart of last week. */
export function addNoise(w: World): void {
  const { random, names } = w;
  for (let index = 0; index < random.int(1, 3); index++) {
    const namespace = names.namespace();
    const one = app(w, { namespace, changedMinutesAgo: random.int(2000, 9000) });
    if (random.chance(0.5)) {
      one.pod.states.set(one.container, {
        is: 'running',
        sinceMinutesAgo: random.int(1500, 1900),
        restarts: 1,
        last: { exitCode: random.pick([1, 137, 143]), reason: 'Error', endedMinutesAgo: 1900, ranSeconds: 5000 },
      });
    }
    if (random.chance(0.5))
      app(w, { namespace, before: { image: names.image('old') }, changedMinutesAgo: random.int(1200, 3000) });
    if (random.chance(0.4))
      w.add(
        'v1',
        'ResourceQuota',
        { name: 'compute', namespace },
        {
          spec: { hard: { pods: '40', 'requests.memory': '64Gi' } },
          status: { hard: { pods: '40', 'requests.memory': '64Gi' }, used: { pods: '7', 'requests.memory': '9Gi' } },
        },
      );
    if (random.chance(0.4))
      w.add(
        'policy/v1',
        'PodDisruptionBudget',
        { name: one.name, namespace, generation: 1 },
        {
          spec: { maxUnavailable: 1, selector: { matchLabels: one.selector } },
          status: {
            currentHealthy: one.pods.length,
            desiredHealthy: one.pods.length - 1,
            disruptionsAllowed: 1,
            expectedPods: one.pods.length,
            observedGeneration: 1,
            conditions: [
              {
                type: 'DisruptionAllowed',
                status: 'True',
                reason: 'SufficientPods',
                message: '',
                lastTransitionTime: w.iso(2000),
                observedGeneration: 1,
              },
            ],
          },
        },
      );
    for (let n = 0; n < random.int(0, 3); n++) {
      const [reason, message, component] = random.pick(stale);
      const minutes = random.int(15, 55);
      const hash = one.model?.revisions.at(-1)?.hash ?? 'gone';
      w.event({
        object: {
          apiVersion: 'v1',
          kind: 'Pod',
          namespace,
          name: `${one.name}-${hash}-${random.suffix(5)}`,
          uid: random.uid(),
        },
        type: 'Warning',
        reason,
        message,
        component,
        count: random.int(1, 9),
        fromMinutesAgo: minutes + 4,
        toMinutesAgo: minutes,
      });
    }
    if (random.chance(0.5)) finishedJob(w, namespace, names.workload());
  }
}

function finishedJob(w: World, namespace: string, name: string): void {
  const { random } = w;
  const minutes = random.int(90, 900);
  const job = w.add(
    'batch/v1',
    'Job',
    { name, namespace, createdMinutesAgo: minutes, generation: 1 },
    {
      spec: {
        backoffLimit: 6,
        completions: 1,
        parallelism: 1,
        completionMode: 'NonIndexed',
        suspend: false,
        selector: { matchLabels: { 'batch.kubernetes.io/job-name': name } },
        template: {
          metadata: { labels: { 'batch.kubernetes.io/job-name': name } },
          spec: { restartPolicy: 'Never', containers: [{ name: 'run', image: w.names.image(name) }] },
        },
      },
      status: {
        startTime: w.iso(minutes),
        completionTime: w.iso(minutes - 3),
        succeeded: 1,
        ready: 0,
        terminating: 0,
        uncountedTerminatedPods: {},
        conditions: [
          {
            type: 'SuccessCriteriaMet',
            status: 'True',
            reason: 'CompletionsReached',
            message: 'Reached expected number of succeeded pods',
            lastProbeTime: w.iso(minutes - 3),
            lastTransitionTime: w.iso(minutes - 3),
          },
          {
            type: 'Complete',
            status: 'True',
            reason: 'CompletionsReached',
            message: 'Reached expected number of succeeded pods',
            lastProbeTime: w.iso(minutes - 3),
            lastTransitionTime: w.iso(minutes - 3),
          },
        ],
      },
    },
  );
  const pod = w.workload({
    kind: 'Pod',
    namespace,
    name: `${name}-${random.suffix(5)}`,
    labels: { 'batch.kubernetes.io/job-name': name },
    selector: {},
    podsMinutesAgo: minutes,
    containers: [{ name: 'run', image: w.names.image(name) }],
    pod: { restartPolicy: 'Never' },
    states: { run: { is: 'terminated', end: { exitCode: 0, ranSeconds: 120, endedMinutesAgo: minutes - 3 } } },
  });
  pod.pod.phase = 'Succeeded';
  w.adopt(pod.pod, { apiVersion: 'batch/v1', kind: 'Job', name, uid: job.metadata.uid });
}
