import { dump } from 'js-yaml';

/**
 * What KWOK plays of a kubelet while cases are captured: nodes that report, pods that start, finish and go. An annotation on the pod says what else shall happen; it is
 * taken out again before anything is written.
 *
 * | value | the pod |
 * |---|---|
 * | (none) | becomes Running and ready; a Job's pod then succeeds |
 * | `absent` | is left alone: the script writes its status |
 * | `stays` | becomes Running and ready, also a Job's |
 * | `fails` | becomes Running, then fails with exit code 1 |
 * | `lingers` | becomes Running and ready, and is never taken away |
 */
export const kubeletAnnotation = 'capture.sre-copilot.dev/kubelet';
export type KubeletMode = 'absent' | 'stays' | 'fails' | 'lingers';

const mode = `.metadata.annotations["${kubeletAnnotation}"] // "none"`;

export function kubeletStages(): string {
  const is = (key: string, operator: string, ...values: string[]) => ({
    key,
    operator,
    ...(values.length === 0 ? {} : { values }),
  });
  const stage = (name: string, kind: 'Node' | 'Pod', matchExpressions: object[], next: object, delay?: object) => ({
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'Stage',
    metadata: { name },
    spec: {
      resourceRef: { apiGroup: 'v1', kind },
      selector: { matchExpressions },
      ...(delay === undefined ? {} : { delay }),
      next,
    },
  });
  const isAlive = is('.metadata.deletionTimestamp', 'DoesNotExist');
  const ready = '.status.conditions.[] | select( .type == "Ready" ) | .status';
  const isJobPod = is('.metadata.ownerReferences.[].kind', 'In', 'Job');
  return [
    stage('node-initialize', 'Node', [is(ready, 'NotIn', 'True')], { statusTemplate: nodeStatus }),
    stage(
      'pod-starts',
      'Pod',
      [isAlive, is(mode, 'NotIn', 'absent'), is('.status.phase', 'In', 'Pending'), is(ready, 'NotIn', 'True')],
      { statusTemplate: startedPod },
    ),
    stage('pod-completes', 'Pod', [isAlive, isJobPod, is(mode, 'In', 'none'), is('.status.phase', 'In', 'Running')], {
      statusTemplate: endedPod('Succeeded', 0, 'Completed'),
    }),
    stage(
      'pod-fails',
      'Pod',
      [isAlive, is(mode, 'In', 'fails'), is('.status.phase', 'In', 'Running')],
      { statusTemplate: endedPod('Failed', 1, 'Error') },
      { durationMilliseconds: 700 },
    ),
    stage('pod-goes', 'Pod', [is('.metadata.deletionTimestamp', 'Exists'), is(mode, 'NotIn', 'lingers')], {
      delete: true,
    }),
  ]
    .map((one) => dump(one, { lineWidth: -1 }))
    .join('\n---\n');
}

const nodeStatus = `
{{ $now := Now }}
{{ $since := or .metadata.creationTimestamp $now }}
conditions:
- {type: MemoryPressure, status: "False", reason: KubeletHasSufficientMemory, message: kubelet has sufficient memory available, lastHeartbeatTime: {{ $now | Quote }}, lastTransitionTime: {{ $since | Quote }}}
- {type: DiskPressure, status: "False", reason: KubeletHasNoDiskPressure, message: kubelet has no disk pressure, lastHeartbeatTime: {{ $now | Quote }}, lastTransitionTime: {{ $since | Quote }}}
- {type: PIDPressure, status: "False", reason: KubeletHasSufficientPID, message: kubelet has sufficient PID available, lastHeartbeatTime: {{ $now | Quote }}, lastTransitionTime: {{ $since | Quote }}}
- {type: Ready, status: "True", reason: KubeletReady, message: kubelet is posting ready status, lastHeartbeatTime: {{ $now | Quote }}, lastTransitionTime: {{ $since | Quote }}}
addresses:
{{ YAML .status.addresses 1 }}
allocatable:
{{ YAML .status.allocatable 1 }}
capacity:
{{ YAML .status.capacity 1 }}
daemonEndpoints: {kubeletEndpoint: {Port: 10250}}
nodeInfo:
{{ YAML .status.nodeInfo 1 }}
`;

const startedPod = `
{{ $now := Now }}
{{ $uid := .metadata.uid }}
conditions:
- {type: PodReadyToStartContainers, status: "True", lastTransitionTime: {{ $now | Quote }}}
- {type: Initialized, status: "True", lastTransitionTime: {{ $now | Quote }}}
- {type: Ready, status: "True", lastTransitionTime: {{ $now | Quote }}}
- {type: ContainersReady, status: "True", lastTransitionTime: {{ $now | Quote }}}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: {{ printf "%s@sha256:%s" ( splitList ":" .image | first ) ( .image | sha256sum ) | Quote }}
  containerID: {{ printf "containerd://%s" ( printf "%s%s" $uid .name | sha256sum ) | Quote }}
  ready: true
  started: true
  restartCount: 0
  state: {running: {startedAt: {{ $now | Quote }}}}
{{ end }}
initContainerStatuses:
{{ range .spec.initContainers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: {{ printf "%s@sha256:%s" ( splitList ":" .image | first ) ( .image | sha256sum ) | Quote }}
  containerID: {{ printf "containerd://%s" ( printf "%s%s" $uid .name | sha256sum ) | Quote }}
  ready: true
  started: false
  restartCount: 0
  state: {terminated: {exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}}
{{ end }}
{{ with NodeIPsWith .spec.nodeName }}
hostIP: {{ index . 0 | Quote }}
hostIPs: [{ip: {{ index . 0 | Quote }}}]
{{ end }}
{{ with PodIPsWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) }}
podIP: {{ index . 0 | Quote }}
podIPs: [{ip: {{ index . 0 | Quote }}}]
{{ end }}
phase: Running
startTime: {{ $now | Quote }}
`;

function endedPod(phase: string, exitCode: number, reason: string): string {
  const conditionReason = phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed';
  return `
{{ $now := Now }}
{{ $root := . }}
conditions:
- {type: PodReadyToStartContainers, status: "False", lastTransitionTime: {{ $now | Quote }}}
- {type: Initialized, status: "True", ${phase === 'Succeeded' ? 'reason: PodCompleted, ' : ''}lastTransitionTime: {{ .status.startTime | Quote }}}
- {type: Ready, status: "False", reason: ${conditionReason}, lastTransitionTime: {{ $now | Quote }}}
- {type: ContainersReady, status: "False", reason: ${conditionReason}, lastTransitionTime: {{ $now | Quote }}}
containerStatuses:
{{ range $index, $item := .spec.containers }}
{{ $origin := index $root.status.containerStatuses $index }}
- name: {{ $item.name | Quote }}
  image: {{ $item.image | Quote }}
  imageID: {{ $origin.imageID | Quote }}
  containerID: {{ $origin.containerID | Quote }}
  ready: false
  started: false
  restartCount: 0
  state: {terminated: {exitCode: ${exitCode}, reason: ${reason}, startedAt: {{ $root.status.startTime | Quote }}, finishedAt: {{ $now | Quote }}, containerID: {{ $origin.containerID | Quote }}}}
{{ end }}
phase: ${phase}
`;
}
