import type { ClusterEvent } from '../../cluster/cluster-event.ts';
import { knownRef } from '../../cluster/kinds.ts';
import { sayRef, type WireObject } from '../../cluster/object.ts';
import { conditionOf, containerStatusesOf, isTerminating, phaseOf } from '../../cluster/pod.ts';
import { podSpecOf, podSpecPath } from '../../cluster/pod-spec.ts';
import { at, isRecord, parseTime } from '../../cluster/wire.ts';
import { isOfPresentTemplate, type Workload, workloadOf } from '../../cluster/workload.ts';
import { type AnalysisContext, type FindingDraft, podKey } from '../analysis.ts';
import type { FindingCode } from '../codes.ts';
import { formerValue } from '../former-value.ts';
import { groupBy } from '../group-by.ts';
import { nearestName } from '../nearest-name.ts';
import { fromEvent, isOlderThan, presentEvents } from '../present-events.ts';
import { ownedKeysOf, secretExistence, secretNamesIn } from '../secret-existence.ts';
import { fromChange, fromObject } from '../support.ts';
import { sayPods } from '../suspect.ts';
import { type ConfigurationRef, configurationRefsOf } from './configuration-refs.ts';
import { type SaidMissing, saidMissing } from './configuration-words.ts';

const eventReasons: ReadonlySet<string> = new Set(['FailedMount', 'Failed']);
/** Every namespace gets it by itself a moment after it was made; a pod that waits for it has no fault of its own. */
const published = 'kube-root-ca.crt';
const settledMs = 30_000;

type Case = {
  readonly pod: WireObject;
  readonly workload: Workload;
  readonly ref: ConfigurationRef;
  /** A reference that names a key may fail for want of the whole object: then `key` is undefined here. */
  readonly key: string | undefined;
  /** What the kubelet says now: a container's status, or an event; undefined where the objects alone show it. */
  readonly said: { readonly text: string; readonly event: ClusterEvent | undefined } | undefined;
};

/** `config-map-missing`, `secret-missing` and their keys: a pod waits now for configuration that is not there. ConfigMaps are looked up, and Secrets where their metadata may be read; else of Secrets only the kubelet knows. */
export function missingConfiguration(context: AnalysisContext): readonly FindingDraft[] {
  const cases = context.scope.pods.flatMap((pod) => casesOf(context, pod));
  return groupBy(
    cases,
    ({ workload, ref, key }) => `${sayRef(workload.ref)}\n${ref.kind}\n${ref.name}\n${key ?? ''}`,
  ).map((group) => draft(context, group));
}

function casesOf(context: AnalysisContext, pod: WireObject): readonly Case[] {
  const waits = waitingFor(pod);
  if (waits === undefined) return [];
  const refs = configurationRefsOf(at(pod, 'spec')).filter(({ name }) => name !== published);
  if (refs.length === 0) return [];
  const found = refs.flatMap((ref) => missingOf(context, pod, ref, waits));
  if (found.length === 0) return [];
  const workload = workloadOf(context.view, pod);
  // One that still is what its workload asks for: the template must ask for the same thing.
  const template = workload.object === undefined ? [] : configurationRefsOf(podSpecOf(workload.object));
  return found.flatMap(({ ref, key, said }) =>
    isOfPresentTemplate(context.view, pod, () => template.some((other) => isSame(other, ref)))
      ? [{ pod, workload, ref: template.find((other) => isSame(other, ref)) ?? ref, key, said }]
      : [],
  );
}

type Waits = {
  /** Containers that the kubelet cannot create for want of their environment, with its words. */
  readonly environments: ReadonlyMap<string, string>;
  /** Whether volumes are still being set up. */
  readonly volumes: boolean;
};

function waitingFor(pod: WireObject): Waits | undefined {
  if (isTerminating(pod) || phaseOf(pod) !== 'Pending') return waitsInRunningPod(pod);
  const environments = environmentsOf(pod);
  // Volumes are mounted before the sandbox is made: once that is ready, a FailedMount is history.
  const volumes =
    at(pod, 'spec', 'nodeName') !== undefined &&
    conditionOf(pod, 'PodReadyToStartContainers')?.status !== 'True' &&
    containerStatusesOf(pod).every(
      ({ state }) =>
        state.is === 'waiting' && (state.reason === 'ContainerCreating' || state.reason === 'PodInitializing'),
    );
  return environments.size === 0 && !volumes ? undefined : { environments, volumes };
}

// One container of several may lack its environment while the others run.
function waitsInRunningPod(pod: WireObject): Waits | undefined {
  if (isTerminating(pod) || phaseOf(pod) !== 'Running') return undefined;
  const environments = environmentsOf(pod);
  return environments.size === 0 ? undefined : { environments, volumes: false };
}

function environmentsOf(pod: WireObject): ReadonlyMap<string, string> {
  return new Map(
    containerStatusesOf(pod).flatMap(({ name, state }): [string, string][] =>
      state.is === 'waiting' && state.reason === 'CreateContainerConfigError' ? [[name, state.message ?? '']] : [],
    ),
  );
}

type Missing = Pick<Case, 'ref' | 'key' | 'said'>;

function missingOf(context: AnalysisContext, pod: WireObject, ref: ConfigurationRef, waits: Waits): readonly Missing[] {
  const message = ref.container === undefined ? undefined : waits.environments.get(ref.container);
  const isAwaited = ref.container === undefined ? waits.volumes : message !== undefined;
  if (!isAwaited) return [];
  const lookedUp = ref.kind === 'ConfigMap' ? lookUp(context, pod, ref) : lookUpSecret(context, pod, ref);
  // The object has what is asked for by now: the kubelet will see it the next time it looks.
  if (lookedUp === 'present') return [];
  const told =
    message === undefined
      ? presentEvents(context.view, pod, eventReasons, context.now).map((event) => ({
          text: event.message ?? '',
          event,
        }))
      : [{ text: message, event: undefined }];
  for (const { text, event } of told) {
    if (ref.volume !== undefined && !speaksOfVolume(text, ref.volume)) continue;
    const match = saidMissing(text).find((said) => means(said, ref));
    if (match !== undefined && isConsistent(match, lookedUp)) return [{ ref, key: match.key, said: { text, event } }];
  }
  // Without the kubelet's words absence must be known, and the pod must have waited for some time.
  if (lookedUp === undefined || lookedUp === 'keys-unknown' || !isOlderThan(pod, settledMs, context.now)) return [];
  if (ref.container !== undefined && message !== '' && message !== undefined) return [];
  if (lookedUp === 'absent')
    return ref.key === undefined || ref.container !== undefined ? [{ ref, key: undefined, said: undefined }] : [];
  return [{ ref, key: ref.key, said: undefined }];
}

type LookedUp = 'present' | 'absent' | 'without-key' | 'keys-unknown' | undefined;

function lookUp({ view }: AnalysisContext, pod: WireObject, ref: ConfigurationRef): LookedUp {
  const { namespace } = pod.metadata;
  const found = view.get(knownRef('ConfigMap', namespace, ref.name));
  if (found === undefined) return view.hasAll('ConfigMap', namespace) ? 'absent' : undefined;
  return ref.key === undefined || keysOf(found).includes(ref.key) ? 'present' : 'without-key';
}

function lookUpSecret({ view }: AnalysisContext, pod: WireObject, ref: ConfigurationRef): LookedUp {
  const known = secretExistence(view, pod.metadata.namespace, ref.name);
  if (known.is !== 'there') return known.is === 'absent' ? 'absent' : undefined;
  // Its contents are not read: that no writer owns a key does not prove that it is not there.
  return ref.key === undefined || ownedKeysOf(known.secret).includes(ref.key) ? 'present' : 'keys-unknown';
}

function isConsistent({ key }: SaidMissing, lookedUp: LookedUp): boolean {
  if (lookedUp === 'absent') return true;
  return lookedUp === undefined || key !== undefined;
}

function keysOf(configMap: WireObject): readonly string[] {
  return ['data', 'binaryData'].flatMap((field) => {
    const map = at(configMap, field);
    return isRecord(map) ? Object.keys(map) : [];
  });
}

function speaksOfVolume(text: string, volume: string): boolean {
  const named = /for volume "([^"]{1,253})"/.exec(text)?.[1];
  return named === undefined || named === volume;
}

function means(said: SaidMissing, ref: ConfigurationRef): boolean {
  if (said.kind !== ref.kind || (said.name !== undefined && said.name !== ref.name)) return false;
  // A reference to a key is also broken by the want of the whole object, but a volume has a reference of its own for that.
  return said.key === undefined ? ref.key === undefined || ref.container !== undefined : said.key === ref.key;
}

function isSame(a: ConfigurationRef, b: ConfigurationRef): boolean {
  return (
    a.kind === b.kind &&
    a.name === b.name &&
    a.key === b.key &&
    a.container === b.container &&
    a.volume === b.volume &&
    a.place === b.place
  );
}

const codes: Readonly<Record<ConfigurationRef['kind'], { readonly whole: FindingCode; readonly key: FindingCode }>> = {
  ConfigMap: { whole: 'config-map-missing', key: 'config-map-key-missing' },
  Secret: { whole: 'secret-missing', key: 'secret-key-missing' },
};

function draft(context: AnalysisContext, cases: readonly [Case, ...Case[]]): FindingDraft {
  const { view, now } = context;
  const [first] = cases;
  const { ref, key, workload, pod, said } = first;
  const { namespace = '' } = pod.metadata;
  const base = podSpecPath(workload.ref.kind).join('.');
  const object = `${ref.kind} ${namespace}/${ref.name}`;
  const places = [...new Set(cases.map((other) => other.ref.place))];
  const pods = [...new Map(cases.map((other) => [podKey(other.pod), other])).values()];
  const configMap = ref.kind === 'ConfigMap' ? view.get(knownRef('ConfigMap', namespace, ref.name)) : undefined;
  const former = formerValue(
    view,
    workload,
    (podSpec) => configurationRefsOf(podSpec).find((other) => other.place === ref.place && other.kind === ref.kind),
    (other) => other.name === ref.name && (key === undefined || other.key === key),
  );
  const secret = ref.kind === 'Secret' ? secretExistence(view, namespace, ref.name) : undefined;
  const near = nearOf(context, first, configMap) ?? (key === undefined ? former?.value.name : former?.value.key);
  const what = key === undefined ? `${object} does not exist` : `${object} has no key ${key}`;
  // The path of a key's reference ends in its name.
  const path = key !== undefined && ref.container !== undefined ? ref.path.replace(/\.name$/, '.key') : ref.path;
  const events = cases.flatMap((other) =>
    other.said?.event === undefined ? [] : [fromEvent(other.said.event, other.pod)],
  );
  const starts = pods.flatMap((other) => parseTime(other.pod.metadata.creationTimestamp) ?? []);
  return {
    code: key === undefined ? codes[ref.kind].whole : codes[ref.kind].key,
    object: workload.ref,
    summary: `${sayRef(workload.ref)} cannot start: ${what}, and ${places.slice(0, 3).join(', ')} ${places.length === 1 ? 'needs' : 'need'} it. ${sayPods(pods).replace(/^pod/, 'Pod')} ${pods.length === 1 ? 'waits' : 'wait'} for it${near === undefined ? '' : `; ${near} is there`}.`,
    cause: {
      path: `${base}.${path}`,
      observed: key ?? ref.name,
      expected: expectation(object, key, near, configMap),
    },
    recommendation: {
      text: `Create ${key === undefined ? object : `key ${key} in ${object}`}, or name one that exists${near === undefined ? '' : ` (${near})`}.`,
      values: {
        kind: ref.kind,
        name: ref.name,
        ...(key === undefined ? {} : { key }),
        ...(near === undefined ? {} : { near }),
      },
    },
    support: [
      fromObject(pod, now, said === undefined ? `waits to be started; ${what}` : stateOf(first)),
      ...pods.slice(1, 3).map((other) => fromObject(other.pod, now, stateOf(other))),
      ...(configMap === undefined
        ? []
        : [fromObject(configMap, now, `has the keys ${keysOf(configMap).slice(0, 20).join(', ') || '(none)'}`)]),
      ...(secret?.is === 'there' ? [fromObject(secret.secret, now, 'exists; its contents were not read')] : []),
      ...(events.length > 0
        ? events.slice(0, 2)
        : presentEvents(view, pod, eventReasons, now)
            .slice(0, 1)
            .map((event) => fromEvent(event, pod))),
      ...(former === undefined
        ? []
        : [
            fromChange(
              former.object,
              now,
              `revision ${former.number} used ${former.value.kind} ${former.value.name}${former.value.key === undefined ? '' : `, key ${former.value.key}`} there`,
            ),
          ]),
    ],
    grounds: {
      basis: 'stated',
      current: true,
      repeated:
        pods.length > 1 ||
        cases.some((other) => (other.said?.event?.count ?? 1) > 1) ||
        isOlderThan(pod, 2 * settledMs, now),
    },
    pods: pods.map((other) => podKey(other.pod)),
    since: starts.length === 0 ? undefined : Math.min(...starts),
  };
}

function stateOf({ pod, ref, said }: Case): string {
  const states = containerStatusesOf(pod).flatMap(({ name, state }) =>
    state.is === 'waiting' && (ref.container === undefined || name === ref.container)
      ? [`container ${name} waits with ${state.reason}${state.message === undefined ? '' : `: ${state.message}`}`]
      : [],
  );
  return states[0] ?? `${ref.place} waits${said === undefined ? '' : ` (${said.text.slice(0, 200)})`}`;
}

function nearOf(context: AnalysisContext, { ref, key, pod }: Case, configMap: WireObject | undefined) {
  const { namespace } = pod.metadata;
  if (ref.kind === 'Secret') {
    const known = secretExistence(context.view, namespace, ref.name);
    if (key !== undefined) return known.is === 'there' ? nearestName(key, ownedKeysOf(known.secret)) : undefined;
    return nearestName(ref.name, secretNamesIn(context.view, namespace));
  }
  if (key !== undefined) return configMap === undefined ? undefined : nearestName(key, keysOf(configMap));
  const names = context.view.list('ConfigMap', namespace).map(({ metadata }) => metadata.name);
  return nearestName(
    ref.name,
    names.filter((name) => name !== ref.name && name !== published),
  );
}

function expectation(
  object: string,
  key: string | undefined,
  near: string | undefined,
  configMap: WireObject | undefined,
): string {
  if (near !== undefined) return near;
  if (key === undefined) return `a name that exists, or ${object} to be created`;
  const keys = configMap === undefined ? [] : keysOf(configMap);
  return keys.length === 0 ? `a key that ${object} has` : `one of ${keys.slice(0, 8).join(', ')}`;
}
