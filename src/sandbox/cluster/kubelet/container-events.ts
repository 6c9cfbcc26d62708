import type { ObjectOf } from '../store/stored-object.ts';
import type { ContainerHappening, ContainerRun } from './container-run.ts';
import { type ImageBehaviour, type Pace, pullError } from './images.ts';

type ContainerEvent = { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string };

/** The Events a kubelet writes about a container (pkg/kubelet/events and kuberuntime of Kubernetes 1.35). */
export function containerEvents(
  pod: ObjectOf<'Pod'>,
  run: ContainerRun,
  happening: ContainerHappening,
  facts: { behaviour: ImageBehaviour | undefined; podIP: string; pace: Pace },
): ContainerEvent[] {
  const normal = (reason: string, message: string): ContainerEvent => ({ type: 'Normal', reason, message });
  const warning = (reason: string, message: string): ContainerEvent => ({ type: 'Warning', reason, message });
  const { image, name } = run;
  switch (happening.type) {
    case 'pull-started':
      return [normal('Pulling', `Pulling image "${image}"`)];
    case 'pulled': {
      const took = `${facts.pace.pullMs}ms`;
      const size = facts.behaviour?.sizeBytes ?? 48_234_496;
      return [
        normal(
          'Pulled',
          `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${size} bytes.`,
        ),
      ];
    }
    case 'already-present':
      return [normal('Pulled', `Container image "${image}" already present on machine`)];
    case 'pull-failed':
      return [
        warning('Failed', `Failed to pull image "${image}": ${pullError(image)}`),
        warning('Failed', 'Error: ErrImagePull'),
      ];
    case 'pull-backed-off':
      return [normal('BackOff', `Back-off pulling image "${image}"`), warning('Failed', 'Error: ImagePullBackOff')];
    case 'started':
      return [normal('Created', `Created container: ${name}`), normal('Started', `Started container ${name}`)];
    case 'crash-backed-off': {
      const { name: podName, namespace = '', uid = '' } = pod.metadata;
      return [
        warning('BackOff', `Back-off restarting failed container ${name} in pod ${podName}_${namespace}(${uid})`),
      ];
    }
    case 'probe-failed':
      return [warning('Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503')];
    case 'ended':
      return [];
    default:
      return happening satisfies never;
  }
}
