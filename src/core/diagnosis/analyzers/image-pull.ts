import type { ClusterView } from '../../cluster/cluster-view.ts';
import { sayRef } from '../../cluster/object.ts';
import { parseTime, textAt } from '../../cluster/wire.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import type { Grounds } from '../confidence.ts';
import { type FormerValue, formerValue } from '../former-value.ts';
import { groupBy } from '../group-by.ts';
import { differingPart, type ImagePart, registryOf } from '../image-name.ts';
import { asksForLogin, classifyPullFailure, type PullFailure, wasAskedWithoutLogin } from '../pull-failure.ts';
import { type MissingPullSecret, missingPullSecret } from '../start-up/pull-secret.ts';
import { pullWords, wrongPart } from '../start-up/pull-words.ts';
import { eventsWith, fromChange, fromEvents, fromObject } from '../support.ts';
import { recordNamed, type Suspect, suspectsOf } from '../suspect.ts';

const pullReasons: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'RegistryUnavailable',
]);
const eventReasons: ReadonlySet<string> = new Set([
  'Failed',
  'BackOff',
  'InspectFailed',
  'ErrImageNeverPull',
  'FailedToRetrieveImagePullSecret',
]);
// The other events of a pull repeat the kubelet's words; the one about secrets says nothing of the image.
const tellingReasons: ReadonlySet<string> = new Set(['Failed', 'BackOff', 'InspectFailed']);

type Case = Suspect & { readonly reason: string; readonly message: string | undefined; readonly image: string };

/** A container waits now because the kubelet cannot get its image: `image-pull-failed` for a wrong name, and its kin where the image may be right. The object is the workload whose template names the image. */
export function analyzeImagePull(context: AnalysisContext): readonly FindingDraft[] {
  const cases = suspectsOf(
    context,
    ({ state }) => state.is === 'waiting' && pullReasons.has(state.reason ?? ''),
  ).flatMap((suspect): readonly Case[] => {
    const { state } = suspect.status;
    // The spec says what was asked for; the status may name what the runtime made of it.
    const image = textAt(suspect.record, 'image') ?? suspect.status.image;
    if (state.is !== 'waiting' || state.reason === undefined || image === undefined) return [];
    return [{ ...suspect, reason: state.reason, message: state.message, image }];
  });
  return groupBy(
    cases,
    ({ workload, status, image }) => `${sayRef(workload.ref)}\n${status.list}\n${status.name}\n${image}`,
  ).flatMap((group) => draftsOf(context, group));
}

function draftsOf(context: AnalysisContext, cases: readonly [Case, ...Case[]]): readonly FindingDraft[] {
  const { view, now } = context;
  const [first] = cases;
  const { image, status, workload } = first;
  const messages = messagesOf(view, cases);
  const working = formerValue(
    view,
    workload,
    (podSpec) => textAt(recordNamed(podSpec, status)?.record, 'image'),
    (former) => former === image,
  );
  const differs = working === undefined ? undefined : differingPart(image, working.value);
  const failure = withFormer(classifyPullFailure(first.reason, messages, image), messages, image, differs, working);
  if (failure === 'no-space') return [];
  const words = pullWords[failure];
  const secret = failure === 'no-access' ? missingPullSecret(context, first.pod, workload) : undefined;
  const part = wrongPart(failure, image, differs);
  const said =
    secret === undefined
      ? failure === 'no-access' && wasAskedWithoutLogin(messages, image)
        ? `registry ${registryOf(image)} asks for a login, and none was given for image ${image} (no basic auth credentials)`
        : words.says(image, part)
      : `pull secret ${secret.name} does not exist, and the registry does not give out image ${image} without credentials`;
  const starts = cases.flatMap(({ pod }) => parseTime(pod.metadata.creationTimestamp) ?? []);
  return [
    {
      code: words.code,
      object: workload.ref,
      summary: `Container ${status.name} of ${sayRef(workload.ref)} cannot start: ${said}. ${count(cases.length, 'pod waits', 'pods wait')} for it.`,
      cause: causeOf(first, failure, secret, working),
      recommendation: recommend(failure, first, working, part, secret),
      support: [
        fromObject(
          first.pod,
          now,
          `container ${status.name} waits with ${first.reason}${first.message === undefined ? '' : `: ${first.message}`}`,
        ),
        ...cases
          .slice(1, 3)
          .map(({ pod, reason }) => fromObject(pod, now, `container ${status.name} waits with ${reason}`)),
        ...cases.flatMap(({ pod }) => fromEvents(view, pod, eventReasons, 2)).slice(0, 3),
        ...(working === undefined
          ? []
          : [
              fromChange(
                working.object,
                now,
                `revision ${working.number} runs ${working.value} in container ${status.name}, ${working.ready} of its pods are ready`,
              ),
            ]),
      ],
      grounds: {
        basis: basisOf(failure, cases, secret !== undefined || asksForLogin(messages, image)),
        current: true,
        repeated: isRepeated(cases),
      },
      pods: cases.map(({ pod }) => podKey(pod)),
      since: starts.length === 0 ? undefined : Math.min(...starts),
    },
  ];
}

// Back-off means that the kubelet tried before; a name that cannot be read will not be readable the next time.
function isRepeated(cases: readonly Case[]): boolean {
  return cases.length > 1 || cases.some(({ reason }) => reason !== 'ErrImagePull');
}

function basisOf(
  failure: Exclude<PullFailure, 'no-space'>,
  cases: readonly Case[],
  isAccessSure: boolean,
): Grounds['basis'] {
  if (failure === 'no-access') return isAccessSure ? 'stated' : pullWords[failure].basis;
  // What a registry or the way to it does once may be over with the next try.
  const isPassing = failure === 'rate-limited' || failure === 'registry-unreachable';
  return isPassing && !isRepeated(cases) ? 'likely' : pullWords[failure].basis;
}

/**
 * Registries answer alike for a repository that is closed and one that does not exist. Where only the repository differs from the image that runs
 * from the same registry with the same credentials, it is the name that is wrong.
 */
function withFormer(
  failure: PullFailure,
  messages: readonly string[],
  image: string,
  differs: ImagePart | undefined,
  working: FormerValue<string> | undefined,
): PullFailure {
  const isNameWrong = failure === 'no-access' && differs === 'repository' && (working?.ready ?? 0) > 0;
  return isNameWrong && !asksForLogin(messages, image) ? 'no-repository' : failure;
}

function causeOf(
  { path, image, workload }: Case,
  failure: Exclude<PullFailure, 'no-space'>,
  secret: MissingPullSecret | undefined,
  working: FormerValue<string> | undefined,
): FindingDraft['cause'] {
  if (secret?.path !== undefined) {
    return {
      path: secret.path,
      observed: secret.name,
      expected: `a Secret ${workload.ref.namespace ?? ''}/${secret.name} that may pull from ${registryOf(image)}`,
    };
  }
  if (failure === 'never-pull')
    return { path: `${path}.imagePullPolicy`, observed: 'Never', expected: pullWords[failure].expects(image) };
  const isImageWrong = pullWords[failure].code === 'image-pull-failed' || failure === 'wrong-platform';
  return {
    path: `${path}.image`,
    observed: image,
    expected:
      working === undefined || !isImageWrong
        ? pullWords[failure].expects(image)
        : `${working.value} (revision ${working.number})`,
  };
}

function recommend(
  failure: Exclude<PullFailure, 'no-space'>,
  { status, image }: Case,
  working: FormerValue<string> | undefined,
  part: ImagePart | undefined,
  secret: MissingPullSecret | undefined,
): FindingDraft['recommendation'] {
  const values = { container: status.name, image, ...(part === undefined ? {} : { part }) };
  const expected = pullWords[failure].expects(image);
  switch (failure) {
    case 'rate-limited':
    case 'registry-unreachable':
      return {
        text: `Look at the registry and the way to it first: the image itself may be right. ${expected}.`,
        values: { ...values, registry: registryOf(image) },
      };
    case 'no-access':
      return secret === undefined
        ? { text: `Give the pods ${expected}.`, values: { ...values, registry: registryOf(image) } }
        : {
            text: `Create the Secret ${secret.name} with credentials for ${registryOf(image)}, or name one that exists.`,
            values: { ...values, secret: secret.name },
          };
    case 'invalid-name':
    case 'never-pull':
    case 'no-tag':
    case 'no-repository':
    case 'wrong-platform':
    case 'unknown':
      if (working === undefined) return { text: `Set the image of container ${status.name} to ${expected}.`, values };
      return {
        text: `Undo the rollout: revision ${working.number} runs ${working.value}.`,
        values: { ...values, workingImage: working.value, revision: working.number },
      };
    default:
      return failure satisfies never;
  }
}

// The kubelet's present message first; its events of this very pod where that says nothing, unless they speak of another image.
function messagesOf(view: ClusterView, cases: readonly Case[]): readonly string[] {
  const told = cases
    .slice(0, 3)
    .flatMap(({ pod, image }) =>
      eventsWith(view, pod, tellingReasons).flatMap(({ message = '' }) =>
        message.includes(image) || !/image "/i.test(message) ? [message] : [],
      ),
    );
  return [...cases.flatMap(({ message }) => message ?? []), ...told];
}

function count(amount: number, one: string, many: string): string {
  return `${amount} ${amount === 1 ? one : many}`;
}
