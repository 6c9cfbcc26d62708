/**
 * MODELLED, not real: what a kubelet and a container runtime would do to a pod in trouble, played by KWOK.
 *
 * Deployments, ReplicaSets, scheduling, admission and events of those are real. What follows here is not: container
 * statuses, the kubelet's events and its timing. Field names, reasons and sentences are those of the kubelet 1.35
 * (pkg/kubelet/images/image_manager.go, pkg/kubelet/kuberuntime/kuberuntime_manager.go); times are shortened (a crash
 * backs off 3 s instead of 10 s to 5 min, a pull is retried every 10 s), and a fault is always that of the pod's first
 * container. Healthy pods live by the stages that KWOK ships.
 *
 * Every fault is decided by the pod's own spec, so the change that would heal a real pod heals this one:
 *
 * | fault | while | healed by |
 * |---|---|---|
 * | image cannot be pulled | the image ends in `:does-not-exist`, or its tag is in the annotation `missing-tags` | another image, rollout undo |
 * | killed for memory (137) | the container's memory limit is below the annotation `needs-memory` | a higher limit |
 * | crash (exit code 1) | the image ends in `:crashes-at-start`, or its tag is in the annotation `crashing-tags` | another image, rollout undo |
 */
export const faultAnnotations = {
  missingTags: 'test.sre-copilot.dev/missing-tags',
  needsMemory: 'test.sre-copilot.dev/needs-memory',
  crashingTags: 'test.sre-copilot.dev/crashing-tags',
} as const;

/** A Stage of kwok.x-k8s.io/v1alpha1, as its configuration file takes it. */
export type Stage = {
  readonly apiVersion: string;
  readonly kind: 'Stage';
  readonly metadata: { name: string };
  readonly spec: object;
};

type Match = { key: string; operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'; values?: string[] };
type Step =
  | { apply: { template: string } }
  | { patch: { subresource: string; root: string; type: string; template: string } };

const pullRetrySeconds = 10;

/** The fault stages; they go into kwok's configuration after the stages that kwok ships. */
export function faultStages(): Stage[] {
  return [
    ...imagePullStages(),
    ...crashStages({ fault: 'oom', isFaulty: memoryLimitTooLow, exitCode: 137, reason: 'OOMKilled' }),
    ...crashStages({
      fault: 'crash',
      isFaulty: imageTagIs(':crashes-at-start', faultAnnotations.crashingTags),
      exitCode: 1,
      reason: 'Error',
    }),
  ];
}

function imagePullStages(): Stage[] {
  const isFaulty = imageTagIs(':does-not-exist', faultAnnotations.missingTags);
  const isPending: Match = { key: '.status.phase', operator: 'In', values: ['Pending'] };
  const pull = [
    kubeletEvent({
      slug: 'pulling',
      type: 'Normal',
      reason: 'Pulling',
      message: 'printf "Pulling image %q" $image',
      count: pullCount,
    }),
    kubeletEvent({
      slug: 'failed',
      type: 'Warning',
      reason: 'Failed',
      message: 'printf "Failed to pull image %q: %s" $image $pullError',
      count: pullCount,
    }),
    kubeletEvent({
      slug: 'errimagepull',
      type: 'Warning',
      reason: 'Failed',
      message: '"Error: ErrImagePull"',
      count: pullCount,
    }),
    statusPatch(waitingForImage('ErrImagePull', '$pullError')),
  ];
  return [
    stage('image-pull-fails', {
      when: [isFaulty, isPending, waitingReason('NotIn', ['ErrImagePull', 'ImagePullBackOff'])],
      delayMs: 300,
      steps: pull,
    }),
    stage('image-pull-backs-off', {
      when: [isFaulty, isPending, waitingReason('In', ['ErrImagePull'])],
      delayMs: 1_000,
      steps: [
        kubeletEvent({
          slug: 'backoff',
          type: 'Normal',
          reason: 'BackOff',
          message: 'printf "Back-off pulling image %q" $image',
          count: pullCount,
        }),
        kubeletEvent({
          slug: 'imagepullbackoff',
          type: 'Warning',
          reason: 'Failed',
          message: '"Error: ImagePullBackOff"',
          count: pullCount,
        }),
        statusPatch(
          waitingForImage('ImagePullBackOff', 'printf "Back-off pulling image %q: ErrImagePull: %s" $image $pullError'),
        ),
      ],
    }),
    // Also what holds the pod here: without a match of ours, the shipped stage pod-ready would make it Ready.
    stage('image-pull-is-retried', {
      when: [isFaulty, isPending, waitingReason('In', ['ImagePullBackOff'])],
      delayMs: pullRetrySeconds * 1_000,
      steps: pull,
    }),
  ];
}

// Four states in a circle: starts, dies, backs off, is restarted. Never Ready: it dies before a readiness probe would pass.
function crashStages({
  fault,
  isFaulty,
  exitCode,
  reason,
}: {
  fault: string;
  isFaulty: Match;
  exitCode: number;
  reason: string;
}): Stage[] {
  const isRunning: Match = { key: '.status.phase', operator: 'In', values: ['Running'] };
  const terminated = (startedAt: string) =>
    `terminated: {exitCode: ${exitCode}, reason: ${reason}, startedAt: {{ ${startedAt} | Quote }}, finishedAt: {{ $now | Quote }}}`;
  return [
    stage(`${fault}-starts`, {
      when: [isFaulty, { key: '.status.phase', operator: 'In', values: ['Pending'] }],
      delayMs: 200,
      steps: [
        kubeletEvent({
          slug: 'pulled',
          type: 'Normal',
          reason: 'Pulled',
          message: 'printf "Container image %q already present on machine" $image',
        }),
        kubeletEvent({ slug: 'created', type: 'Normal', reason: 'Created', message: '"Container created"' }),
        kubeletEvent({ slug: 'started', type: 'Normal', reason: 'Started', message: '"Container started"' }),
        statusPatch(
          `${podStarted('Running')}${conditionsOf('False')}${containerStatuses('started: true\n  restartCount: 0\n  state: {running: {startedAt: {{ $now | Quote }}}}')}`,
        ),
      ],
    }),
    stage(`${fault}-dies`, {
      when: [isFaulty, isRunning, { key: '.status.containerStatuses[0].state.running.startedAt', operator: 'Exists' }],
      delayMs: 1_500,
      steps: [
        statusPatch(
          `${conditionsTurnedFalse}${containerStatuses(`started: false\n  restartCount: {{ $restarts }}\n  state: {${terminated('$first.state.running.startedAt')}}\n  {{ if $first.lastState }}lastState: {{ YAML $first.lastState 2 }}{{ end }}`)}`,
        ),
      ],
    }),
    stage(`${fault}-backs-off`, {
      when: [
        isFaulty,
        isRunning,
        { key: '.status.containerStatuses[0].state.terminated.finishedAt', operator: 'Exists' },
      ],
      delayMs: 300,
      steps: [
        kubeletEvent({
          slug: 'backoff',
          type: 'Warning',
          reason: 'BackOff',
          message: 'printf "Back-off restarting failed container %s in pod %s" $container $podFormat',
          count: 'add 1 $restarts',
        }),
        statusPatch(
          containerStatuses(
            `started: false\n  restartCount: {{ $restarts }}\n  state: {waiting: {reason: CrashLoopBackOff, message: {{ printf "back-off %s restarting failed container=%s pod=%s" $backoff $container $podFormat | Quote }}}}\n  lastState: {{ YAML $first.state 2 }}`,
          ),
        ),
      ],
    }),
    stage(`${fault}-is-restarted`, {
      when: [isFaulty, isRunning, waitingReason('In', ['CrashLoopBackOff'])],
      delayMs: 3_000,
      steps: [
        kubeletEvent({
          slug: 'pulled',
          type: 'Normal',
          reason: 'Pulled',
          message: 'printf "Container image %q already present on machine" $image',
          count: 'add 2 $restarts',
        }),
        kubeletEvent({
          slug: 'created',
          type: 'Normal',
          reason: 'Created',
          message: '"Container created"',
          count: 'add 2 $restarts',
        }),
        kubeletEvent({
          slug: 'started',
          type: 'Normal',
          reason: 'Started',
          message: '"Container started"',
          count: 'add 2 $restarts',
        }),
        statusPatch(
          containerStatuses(
            'started: true\n  restartCount: {{ add 1 $restarts }}\n  state: {running: {startedAt: {{ $now | Quote }}}}\n  lastState: {{ YAML $first.lastState 2 }}',
          ),
        ),
      ],
    }),
  ];
}

// Weight 1 beats every shipped stage (weight 0) that matches at the same time.
function stage(name: string, { when, delayMs, steps }: { when: Match[]; delayMs: number; steps: Step[] }): Stage {
  const isNotDeleted: Match = { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' };
  return {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'Stage',
    metadata: { name: `fault-${name}` },
    spec: {
      resourceRef: { apiGroup: 'v1', kind: 'Pod' },
      weight: 1,
      selector: { matchExpressions: [isNotDeleted, ...when] },
      delay: { durationMilliseconds: delayMs },
      steps,
    },
  };
}

function waitingReason(operator: 'In' | 'NotIn', values: string[]): Match {
  return { key: '.status.containerStatuses[0].state.waiting.reason', operator, values };
}

// Keys are jq; a comparison gives true or false, and kwok compares those as words.
function imageTagIs(ending: string, annotation: string): Match {
  const tags = `((.metadata.annotations["${annotation}"] // "") | gsub(" "; "") | split(","))`;
  const tag = '(.spec.containers[0].image | split(":") | last)';
  return {
    key: `(.spec.containers[0].image | endswith("${ending}")) or (${tag} as $tag | any(${tags}[]; . == $tag))`,
    operator: 'In',
    values: ['true'],
  };
}

const memoryLimitTooLow: Match = {
  key: [
    'def bytes: capture("^(?<n>[0-9.]+)(?<unit>[A-Za-z]*)$")',
    '| (.n | tonumber) * ({"": 1, "k": 1000, "M": 1000000, "G": 1000000000, "Ki": 1024, "Mi": 1048576, "Gi": 1073741824}[.unit]);',
    `.metadata.annotations["${faultAnnotations.needsMemory}"] as $need | .spec.containers[0].resources.limits.memory as $limit`,
    '| ($need != null) and ($limit != null) and (($limit | bytes) < ($need | bytes))',
  ].join(' '),
  operator: 'In',
  values: ['true'],
};

// What the templates below share. A reference without a registry is resolved as the runtime does, for its error message.
const variables = `
{{ $now := Now }}
{{ $root := . }}
{{ $spec := index .spec.containers 0 }}
{{ $container := $spec.name }}
{{ $image := $spec.image }}
{{ $first := dict }}
{{ if .status.containerStatuses }}{{ $first = index .status.containerStatuses 0 }}{{ end }}
{{ $restarts := int ( or $first.restartCount 0 ) }}
{{ $backoff := index ( list "10s" "20s" "40s" "1m20s" "2m40s" "5m0s" ) ( min $restarts 5 | int ) }}
{{ $podFormat := printf "%s_%s(%s)" .metadata.name .metadata.namespace .metadata.uid }}
{{ $host := splitList "/" $image | first }}
{{ $reference := $image }}
{{ if not ( contains "/" $image ) }}{{ $reference = printf "docker.io/library/%s" $image }}
{{ else if not ( or ( contains "." $host ) ( contains ":" $host ) ) }}{{ $reference = printf "docker.io/%s" $image }}{{ end }}
{{ $pullError := printf "rpc error: code = NotFound desc = failed to pull and unpack image %q: failed to resolve reference %q: %s: not found" $reference $reference $reference }}
{{ $since := $now }}
{{ if .status.startTime }}{{ $since = .status.startTime }}{{ end }}
{{ $age := sub ( now | unixEpoch | int64 ) ( toDate "2006-01-02T15:04:05Z07:00" $since | unixEpoch | int64 ) }}
`;

const pullCount = `add 1 ( div $age ${pullRetrySeconds} )`;

// An Event as the kubelet writes it; written again under the same name, it becomes the same event with a higher count.
function kubeletEvent(event: {
  slug: string;
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  count?: string;
}): Step {
  const { slug, type, reason, message, count = '1' } = event;
  return {
    apply: {
      template: `${variables}
{{ $seconds := dateInZone "2006-01-02T15:04:05Z" now "UTC" }}
apiVersion: v1
kind: Event
metadata:
  name: {{ printf "%s.%s" .metadata.name ( printf "%s ${slug}" .metadata.uid | sha1sum | trunc 16 ) | Quote }}
  namespace: {{ .metadata.namespace | Quote }}
involvedObject:
  apiVersion: v1
  kind: Pod
  namespace: {{ .metadata.namespace | Quote }}
  name: {{ .metadata.name | Quote }}
  uid: {{ .metadata.uid | Quote }}
  resourceVersion: {{ .metadata.resourceVersion | Quote }}
  fieldPath: {{ printf "spec.containers{%s}" $container | Quote }}
type: ${type}
reason: ${reason}
message: {{ ${message} | Quote }}
source: {component: kubelet, host: {{ .spec.nodeName | Quote }}}
reportingComponent: kubelet
reportingInstance: {{ .spec.nodeName | Quote }}
count: {{ ${count} }}
firstTimestamp: {{ or .status.startTime $seconds | Quote }}
lastTimestamp: {{ $seconds | Quote }}
`,
    },
  };
}

function statusPatch(template: string): Step {
  return { patch: { subresource: 'status', root: 'status', type: 'strategic', template: `${variables}${template}` } };
}

function podStarted(phase: 'Pending' | 'Running'): string {
  return `
phase: ${phase}
startTime: {{ $since | Quote }}
{{ with NodeIPsWith .spec.nodeName }}
hostIP: {{ index . 0 | Quote }}
hostIPs: [{ip: {{ index . 0 | Quote }}}]
{{ end }}
{{ if not .status.podIP }}
{{ with PodIPsWith .spec.nodeName ( or .spec.hostNetwork false ) .metadata.uid .metadata.name .metadata.namespace }}
podIP: {{ index . 0 | Quote }}
podIPs: [{ip: {{ index . 0 | Quote }}}]
{{ end }}
{{ end }}
`;
}

function conditionsOf(ready: 'False'): string {
  const unready = `status: "${ready}", reason: ContainersNotReady, message: {{ printf "containers with unready status: [%s]" $container | Quote }}, lastTransitionTime: {{ $since | Quote }}`;
  return `
conditions:
- {type: PodReadyToStartContainers, status: "True", lastTransitionTime: {{ $since | Quote }}}
- {type: Initialized, status: "True", lastTransitionTime: {{ $since | Quote }}}
- {type: Ready, ${unready}}
- {type: ContainersReady, ${unready}}
`;
}

// Only for a pod that was Ready: a transition time must not move while the condition stays as it is.
const conditionsTurnedFalse = `
{{ $wasReady := false }}
{{ range .status.conditions }}{{ if and ( eq .type "Ready" ) ( eq .status "True" ) }}{{ $wasReady = true }}{{ end }}{{ end }}
{{ if $wasReady }}
{{ $since = $now }}
${conditionsOf('False')}
{{ end }}
`;

function waitingForImage(reason: string, message: string): string {
  const first = `started: false\n  restartCount: 0\n  state: {waiting: {reason: ${reason}, message: {{ ${message} | Quote }}}}`;
  return `${podStarted('Pending')}${conditionsOf('False')}${containerStatuses(first)}`;
}

// The list is replaced as a whole by a patch, so the other containers are named too: as they were, or running.
function containerStatuses(first: string): string {
  return `
containerStatuses:
- name: {{ $container | Quote }}
  image: {{ $image | Quote }}
  imageID: ""
  ready: false
  ${first}
{{ range $index, $other := .spec.containers }}
{{ if gt $index 0 }}
{{ if $root.status.containerStatuses }}
- {{ YAML ( index $root.status.containerStatuses $index ) 1 }}
{{ else }}
- name: {{ $other.name | Quote }}
  image: {{ $other.image | Quote }}
  imageID: ""
  ready: true
  started: true
  restartCount: 0
  state: {running: {startedAt: {{ $now | Quote }}}}
{{ end }}
{{ end }}
{{ end }}
`;
}
