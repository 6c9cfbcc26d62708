import type { ClusterView } from '../../cluster/cluster-view.ts';
import { sayRef, type WireObject } from '../../cluster/object.ts';
import {
  type ContainerSpec,
  type ContainerStatus,
  containerSpecOf,
  containerStatusesOf,
  isTerminating,
} from '../../cluster/pod.ts';
import { parseTime } from '../../cluster/wire.ts';
import {
  containerPath,
  isOfPresentTemplate,
  type Revision,
  revisionsOf,
  templateContainersOf,
  type Workload,
  workloadOf,
} from '../../cluster/workload.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import type { Grounds } from '../confidence.ts';
import { parseImageName } from '../image-name.ts';
import { classifyPullFailure, type PullFailure } from '../pull-failure.ts';
import { eventsWith, fromChange, fromEvents, fromObject } from '../support.ts';

const pullReasons: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'RegistryUnavailable',
]);
const eventReasons: ReadonlySet<string> = new Set(['Failed', 'BackOff', 'InspectFailed', 'ErrImageNeverPull']);

type Case = {
  readonly pod: WireObject;
  readonly status: ContainerStatus;
  readonly spec: ContainerSpec | undefined;
  readonly reason: string;
  readonly message: string | undefined;
  readonly image: string;
};

/** `image-pull-failed`: a container waits now because the kubelet cannot get its image. The object is the workload whose template names the image. */
export function analyzeImagePull(context: AnalysisContext): readonly FindingDraft[] {
  const groups = new Map<string, { workload: Workload; cases: Case[] }>();
  for (const pod of context.scope.pods) {
    for (const found of casesOf(context.view, pod)) {
      const workload = workloadOf(context.view, pod);
      const key = `${sayRef(workload.ref)}\n${found.status.name}\n${found.image}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { workload, cases: [found] });
      else group.cases.push(found);
    }
  }
  return [...groups.values()].flatMap(({ workload, cases: [first, ...rest] }) =>
    first === undefined ? [] : [draft(context, workload, [first, ...rest])],
  );
}

function casesOf(view: ClusterView, pod: WireObject): readonly Case[] {
  if (isTerminating(pod)) return [];
  return containerStatusesOf(pod).flatMap((status) => {
    const { state } = status;
    if (state.is !== 'waiting' || state.reason === undefined || !pullReasons.has(state.reason)) return [];
    const spec = containerSpecOf(pod, status);
    // The spec says what was asked for; the status may name what the runtime made of it.
    const image = spec?.image ?? status.image;
    if (image === undefined) return [];
    const asToday = (template: readonly ContainerSpec[]) =>
      template.some((container) => container.name === status.name && container.image === image);
    if (!isOfPresentTemplate(view, pod, asToday)) return [];
    return [{ pod, status, spec, reason: state.reason, message: state.message, image }];
  });
}

function draft(context: AnalysisContext, workload: Workload, cases: readonly [Case, ...Case[]]): FindingDraft {
  const { view, now } = context;
  const [first] = cases;
  const { image, status } = first;
  const failure = classifyPullFailure(first.reason, messagesOf(view, cases), image);
  const declared = placeOf(workload, first);
  const healthy = lastWorkingRevision(view, workload, first);
  const who = `Container ${status.name} of ${sayRef(workload.ref)}`;
  const events = cases.flatMap(({ pod }) => fromEvents(view, pod, eventReasons, 1)).slice(0, 2);
  const change =
    healthy === undefined
      ? []
      : [
          fromChange(
            healthy.revision.replicaSet,
            now,
            `revision ${healthy.revision.number} runs ${healthy.image} in container ${status.name}, ${healthy.revision.ready} of its pods are ready`,
          ),
        ];
  const starts = cases.flatMap(({ pod }) => parseTime(pod.metadata.creationTimestamp) ?? []);
  return {
    code: 'image-pull-failed',
    object: workload.ref,
    summary: `${who} cannot start: ${saying[failure](image)}. ${count(cases.length, 'pod waits', 'pods wait')} for it.`,
    cause: {
      path: `${declared}.image`,
      observed: image,
      expected:
        healthy === undefined ? expectation[failure](image) : `${healthy.image} (revision ${healthy.revision.number})`,
    },
    recommendation: recommend(failure, image, status.name, healthy),
    support: [
      fromObject(
        first.pod,
        now,
        `container ${status.name} waits with ${first.reason}${first.message === undefined ? '' : `: ${first.message}`}`,
      ),
      ...cases
        .slice(1, 3)
        .map(({ pod, reason }) => fromObject(pod, now, `container ${status.name} waits with ${reason}`)),
      ...events,
      ...change,
    ],
    grounds: groundsOf(failure, cases),
    pods: cases.map(({ pod }) => podKey(pod)),
    since: starts.length === 0 ? undefined : Math.min(...starts),
  };
}

// The kubelet's present message first; its events of this very pod where that says nothing.
function messagesOf(view: ClusterView, cases: readonly Case[]): readonly string[] {
  return [
    ...cases.flatMap(({ message }) => message ?? []),
    ...cases
      .slice(0, 3)
      .flatMap(({ pod }) => eventsWith(view, pod, eventReasons).flatMap(({ message }) => message ?? [])),
  ];
}

function groundsOf(failure: PullFailure, cases: readonly Case[]): Grounds {
  // Back-off means that the kubelet tried before; a name that cannot be read will not be readable the next time.
  const repeated = cases.length > 1 || cases.some(({ reason }) => reason !== 'ErrImagePull');
  return { basis: basisOf[failure], current: true, repeated };
}

// With these the image may be right, and the registry, its credentials or the pace of pulls wrong.
const basisOf: Readonly<Record<PullFailure, Grounds['basis']>> = {
  'invalid-name': 'stated',
  'no-tag': 'stated',
  'no-repository': 'stated',
  'wrong-platform': 'stated',
  unknown: 'likely',
  'no-access': 'inferred',
  'rate-limited': 'inferred',
  'registry-unreachable': 'inferred',
};

const saying: Readonly<Record<PullFailure, (image: string) => string>> = {
  'invalid-name': (image) => `${image} is not a valid image name`,
  'no-tag': (image) => `image ${image} does not exist in its registry (no such tag or digest)`,
  'no-repository': (image) => `image ${image} does not exist: the registry has no such repository`,
  'no-access': (image) => `the registry does not give out image ${image}: it is missing or needs credentials`,
  'wrong-platform': (image) => `image ${image} has no variant for the node's platform`,
  'rate-limited': (image) => `the registry refuses image ${image} for now: too many pulls`,
  'registry-unreachable': (image) => `the registry of image ${image} cannot be reached from the node`,
  unknown: (image) => `image ${image} cannot be pulled`,
};

const expectation: Readonly<Record<PullFailure, (image: string) => string>> = {
  'invalid-name': () => 'a valid image name (registry/repository:tag)',
  'no-tag': (image) => `a tag or digest that exists in ${parseImageName(image).repository}`,
  'no-repository': (image) => `a repository that exists, not ${parseImageName(image).repository}`,
  'no-access': () => 'an image that exists and credentials (imagePullSecrets) that may pull it',
  'wrong-platform': () => 'an image built for the platform of the nodes',
  'rate-limited': () => 'a registry that answers: credentials with a higher limit, or a mirror',
  'registry-unreachable': () => 'a registry that the nodes can reach',
  unknown: () => 'an image that exists and may be pulled',
};

type Healthy = { readonly revision: Revision; readonly image: string };

function recommend(
  failure: PullFailure,
  image: string,
  container: string,
  healthy: Healthy | undefined,
): FindingDraft['recommendation'] {
  const values = { container, image };
  switch (failure) {
    case 'rate-limited':
    case 'registry-unreachable':
      return {
        text: `Look at the registry and the way to it first: the image itself may be right. ${expectation[failure](image)}.`,
        values,
      };
    case 'no-access':
    case 'invalid-name':
    case 'no-tag':
    case 'no-repository':
    case 'wrong-platform':
    case 'unknown':
      if (healthy === undefined)
        return { text: `Set the image of container ${container} to ${expectation[failure](image)}.`, values };
      return {
        text: `Undo the rollout: revision ${healthy.revision.number} runs ${healthy.image}.`,
        values: { ...values, workingImage: healthy.image, revision: healthy.revision.number },
      };
    default:
      return failure satisfies never;
  }
}

/** The newest former revision with another image in this container: one with ready pods before one without. */
function lastWorkingRevision(view: ClusterView, workload: Workload, { status, image }: Case): Healthy | undefined {
  if (workload.object?.kind !== 'Deployment') return undefined;
  const former = revisionsOf(view, workload.object)
    .slice(1)
    .flatMap((revision) => {
      const other = revision.containers.find(({ name }) => name === status.name)?.image;
      return other === undefined || other === image ? [] : [{ revision, image: other }];
    });
  return former.find(({ revision }) => revision.ready > 0) ?? former[0];
}

function placeOf(workload: Workload, { spec, status }: Case): string {
  const declared =
    workload.object === undefined
      ? undefined
      : templateContainersOf(workload.object).find(({ name, list }) => name === status.name && list === status.list);
  return containerPath(workload.ref.kind, declared ?? spec ?? { list: status.list, index: 0 });
}

function count(amount: number, one: string, many: string): string {
  return `${amount} ${amount === 1 ? one : many}`;
}
