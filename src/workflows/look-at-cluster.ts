import { type ObjectRef, refOf, type WireObject } from '../core/cluster/object.ts';
import { resourceTypeOfKind } from '../core/cluster/resource-types.ts';
import { isWellRow } from '../core/cluster/triage-row.ts';
import type { Suspect } from '../core/detection/event-trail.ts';
import { examineCertificate } from '../core/detection/examine-certificate.ts';
import { examineClaim, waitingClasses } from '../core/detection/examine-claim.ts';
import { examineArgoApplication, examineFlux } from '../core/detection/examine-gitops.ts';
import { examineNode } from '../core/detection/examine-node.ts';
import { examinePod, type Owner } from '../core/detection/examine-pod.ts';
import { examineServices } from '../core/detection/examine-services.ts';
import { eventKinds, examineWorkload } from '../core/detection/examine-workload.ts';
import { fingerprintOf, type Sighting } from '../core/detection/sighting.ts';
import { fail, ok, type Problem, type Result } from '../core/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterLooks, Examined, LookOutcome } from '../ports/cluster-looks.ts';
import type { ClusterReader, ReadProblem, ResourceType } from '../ports/cluster-reader.ts';

type Dependencies = {
  readonly reader: ClusterReader;
  readonly clock: Clock;
  /** Only these; all when empty. */
  readonly namespaces: readonly string[];
  readonly ignoreNamespaces: readonly string[];
};

/** Owners do not change; remembered so that a workload with many broken pods is asked for once. */
const maxOwners = 2_000;
const maxOwnerSteps = 4;
const atOnce = 8;
/** Where more pods of a namespace are sick, one list of all is less work than so many reads. */
const maxSickOneByOne = 40;

type Listed = {
  readonly objects: readonly WireObject[];
  readonly unread: ReadonlySet<string> | 'all';
  readonly problem: Problem | undefined;
};

/** Looks at a cluster through its reader: lists what a look needs, hands it to the rules of core/detection, and says what it could not read. */
export function createLookAtCluster({ reader, clock, namespaces, ignoreNamespaces }: Dependencies): ClusterLooks {
  const owners = new Map<string, Owner>();
  const ignored = new Set(ignoreNamespaces);
  const wanted = new Set(namespaces);

  function isWatched(namespace: string | undefined): boolean {
    if (namespace === undefined) return true;
    return !ignored.has(namespace) && (wanted.size === 0 || wanted.has(namespace));
  }

  /** All watched objects of a type. With `namespaces` named, one list for each: that may be all that the account has a right to. */
  async function list(type: ResourceType, signal: AbortSignal): Promise<Listed> {
    const places = type.namespaced && wanted.size > 0 ? [...wanted].filter(isWatched) : [undefined];
    const answers = await Promise.all(
      places.map(async (namespace) => {
        const options = { ...(namespace === undefined ? {} : { namespace }), signal };
        return { namespace, answer: await reader.list(type, options) };
      }),
    );
    const objects: WireObject[] = [];
    const unread = new Set<string>();
    let problem: Problem | undefined;
    for (const { namespace, answer } of answers) {
      if (answer.ok) for (const object of answer.value) objects.push(object);
      // A custom resource that is not installed: there is nothing of the kind.
      else if (answer.error.code !== 'cluster.not-found') {
        problem ??= answer.error;
        if (namespace === undefined) return { objects: [], unread: 'all', problem };
        unread.add(namespace);
      }
    }
    return { objects: objects.filter(({ metadata }) => isWatched(metadata.namespace)), unread, problem };
  }

  function outcome(sightings: readonly Sighting[], ...lists: readonly Listed[]): LookOutcome {
    const problem = lists.find((one) => one.problem !== undefined)?.problem;
    const covers = (namespace: string | undefined) =>
      lists.every(({ unread }) => unread !== 'all' && (namespace === undefined || !unread.has(namespace)));
    return { sightings: sightings.filter(({ object }) => covers(object.namespace)), covers, problem };
  }

  /** The top of an object's controllers. One that is gone leaves its dependent on top; one that cannot be read is a problem, since a guess would be another identity. */
  async function ownerOf(object: WireObject, signal: AbortSignal): Promise<Result<Owner, ReadProblem>> {
    let top: Owner = { ref: refOf(object), uid: object.metadata.uid, object };
    let current: WireObject | undefined = object;
    const passed: string[] = [];
    for (let step = 0; step < maxOwnerSteps && current !== undefined; step += 1) {
      const above: NonNullable<WireObject['metadata']['ownerReferences']>[number] | undefined =
        current.metadata.ownerReferences?.find(({ controller }) => controller === true);
      // The controller of a static pod is its node, which is not what makes it run.
      if (above === undefined || above.kind === 'Node') break;
      const known = owners.get(above.uid);
      if (known !== undefined) {
        top = known;
        break;
      }
      const { namespace } = current.metadata;
      const ref: ObjectRef = {
        apiVersion: above.apiVersion,
        kind: above.kind,
        ...(namespace === undefined ? {} : { namespace }),
        name: above.name,
      };
      const type = resourceTypeOfKind(above.kind, above.apiVersion);
      if (type === undefined) {
        top = { ref, uid: above.uid };
        break;
      }
      const read = await reader.get(type, namespace, above.name, signal);
      if (!read.ok && read.error.code !== 'cluster.not-found') return fail(read.error);
      current = read.ok && read.value.metadata.uid === above.uid ? read.value : undefined;
      top = { ref, uid: above.uid, object: current };
      // A CronJob's own state is looked at, so it is read each time.
      if (above.kind !== 'Job' && above.kind !== 'CronJob') passed.push(above.uid);
    }
    for (const uid of passed) remember(uid, top);
    return ok(top);
  }

  function remember(uid: string, owner: Owner): void {
    owners.set(uid, { ref: owner.ref, uid: owner.uid });
    const oldest = owners.keys().next();
    if (owners.size > maxOwners && !oldest.done) owners.delete(oldest.value);
  }

  async function sightPod(
    pod: WireObject,
    brokenNodes: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<Result<Sighting | undefined, ReadProblem>> {
    const now = clock.now().getTime();
    // Most pods are well, and their owner need not be known.
    if (examinePod(pod, { ref: refOf(pod), uid: pod.metadata.uid }, now, brokenNodes) === undefined)
      return ok(undefined);
    const owner = await ownerOf(pod, signal);
    return owner.ok ? ok(examinePod(pod, owner.value, now, brokenNodes)) : owner;
  }

  /** Printed tables tell a sick pod from a well one at a hundredth of the bytes; the sick are then read whole, and judged by that alone. */
  async function lookAtPods(brokenNodes: ReadonlySet<string>, signal: AbortSignal): Promise<LookOutcome> {
    const places = wanted.size > 0 ? undefined : await list(knownType('Namespace', 'v1'), signal);
    const names = places?.objects.map(({ metadata }) => metadata.name) ?? [...wanted];
    const sightings: Sighting[] = [];
    const unread = new Set<string>();
    let problem = places?.problem;
    await each(names.filter(isWatched), async (namespace) => {
      const pods = await sickPods(namespace, signal);
      if (!pods.ok) {
        problem ??= pods.error;
        unread.add(namespace);
        return;
      }
      for (const pod of pods.value) {
        const seen = await sightPod(pod, brokenNodes, signal);
        if (seen.ok) sightings.push(...(seen.value === undefined ? [] : [seen.value]));
        else {
          problem ??= seen.error;
          unread.add(namespace);
        }
      }
    });
    return outcome(sightings, { objects: [], unread: places?.unread === 'all' ? 'all' : unread, problem });
  }

  async function sickPods(namespace: string, signal: AbortSignal): Promise<Result<readonly WireObject[], ReadProblem>> {
    const type = knownType('Pod', 'v1');
    const options = { namespace, fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed', signal };
    const table = await reader.table(type, options);
    if (!table.ok) return table.error.code === 'cluster.bad-answer' ? reader.list(type, options) : table;
    const sick = table.value.rows.filter((row) => !isWellRow('Pod', row)).flatMap(({ Name: name }) => name ?? []);
    if (sick.length > maxSickOneByOne) return reader.list(type, options);
    const pods: WireObject[] = [];
    for (const name of sick) {
      const read = await reader.get(type, namespace, name, signal);
      if (read.ok) pods.push(read.value);
      else if (read.error.code !== 'cluster.not-found') return read;
    }
    return ok(pods);
  }

  async function lookAtClaims(signal: AbortSignal): Promise<LookOutcome> {
    const [claims, classes] = await Promise.all([
      list(knownType('PersistentVolumeClaim', 'v1'), signal),
      list(knownType('StorageClass', 'storage.k8s.io/v1'), signal),
    ]);
    const waiting = waitingClasses(classes.objects);
    return outcome(
      claims.objects.flatMap((claim) => examineClaim(claim, waiting) ?? []),
      claims,
      classes,
    );
  }

  async function lookAtServices(signal: AbortSignal): Promise<LookOutcome> {
    const [services, slices, ...workloads] = await Promise.all([
      list(knownType('Service', 'v1'), signal),
      list(knownType('EndpointSlice', 'discovery.k8s.io/v1'), signal),
      list(knownType('Deployment', 'apps/v1'), signal),
      list(knownType('StatefulSet', 'apps/v1'), signal),
      list(knownType('DaemonSet', 'apps/v1'), signal),
    ]);
    const seen = examineServices({
      services: services.objects,
      slices: slices.objects,
      workloads: workloads.flatMap(({ objects }) => objects),
    });
    return outcome(seen, services, slices, ...workloads);
  }

  async function lookAtEach(
    types: readonly ResourceType[],
    examine: (object: WireObject) => Sighting | undefined,
    signal: AbortSignal,
  ): Promise<LookOutcome> {
    const lists = await Promise.all(types.map((type) => list(type, signal)));
    return outcome(
      lists.flatMap(({ objects }) => objects.flatMap((object) => examine(object) ?? [])),
      ...lists,
    );
  }

  async function examineOne(
    suspect: Suspect,
    brokenNodes: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<Result<Sighting | undefined, ReadProblem>> {
    const { kind, namespace, name, uid } = suspect;
    const type = examinable.get(kind);
    if (type === undefined || !isWatched(namespace)) return ok(undefined);
    const read = await reader.get(type, type.namespaced ? namespace : undefined, name, signal);
    if (!read.ok) return read.error.code === 'cluster.not-found' ? ok(undefined) : read;
    const object = read.value;
    // The event of a former object of the same name. A node's events carry its name as uid.
    if (uid !== undefined && kind !== 'Node' && object.metadata.uid !== uid) return ok(undefined);
    if (kind === 'Pod') return sightPod(object, brokenNodes, signal);
    if (kind === 'Node') return ok(examineNode(object));
    if (kind === 'PersistentVolumeClaim') {
      const classes = await list(knownType('StorageClass', 'storage.k8s.io/v1'), signal);
      return ok(classes.problem === undefined ? examineClaim(object, waitingClasses(classes.objects)) : undefined);
    }
    const owner = await ownerOf(object, signal);
    return owner.ok ? ok(examineWorkload(object, owner.value, suspect)) : owner;
  }

  /** What only events had shown: read the object of the detection again, and for a CronJob its Jobs. */
  async function examineHeld(held: Sighting, signal: AbortSignal): Promise<Result<Sighting | undefined, ReadProblem>> {
    const { kind, apiVersion, namespace, name } = held.object;
    const type = resourceTypeOfKind(kind, apiVersion);
    if (type === undefined) return ok(undefined);
    const read = await reader.get(type, namespace, name, signal);
    if (!read.ok) return read.error.code === 'cluster.not-found' ? ok(undefined) : read;
    const object = read.value;
    const owner: Owner = { ref: held.object, uid: object.metadata.uid, object };
    if (kind !== 'CronJob')
      return ok(examineWorkload(object, owner, { reason: 'FailedCreate', message: held.summary }));
    const jobs = await reader.list(knownType('Job', 'batch/v1'), {
      ...(namespace === undefined ? {} : { namespace }),
      signal,
    });
    if (!jobs.ok) return jobs;
    const own = jobs.value.filter(({ metadata }) =>
      metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid),
    );
    const [first] = own.flatMap((job) => examineWorkload(job, owner, { reason: undefined, message: undefined }) ?? []);
    return ok(first);
  }

  return {
    isWatched,
    look(look, { brokenNodes }, signal) {
      switch (look) {
        case 'pods':
          return lookAtPods(brokenNodes, signal);
        case 'claims':
          return lookAtClaims(signal);
        case 'services':
          return lookAtServices(signal);
        case 'nodes':
          return lookAtEach([knownType('Node', 'v1')], examineNode, signal);
        case 'certificates':
          return lookAtEach(
            [knownType('Certificate', 'cert-manager.io/v1')],
            (one) => examineCertificate(one, clock.now().getTime()),
            signal,
          );
        case 'flux':
          return lookAtEach(fluxTypes(), examineFlux, signal);
        case 'argo-cd':
          return lookAtEach([knownType('Application', 'argoproj.io/v1alpha1')], examineArgoApplication, signal);
      }
      return look satisfies never;
    },
    async examine(suspects, { brokenNodes }, signal) {
      const found = await all(suspects, (suspect) => examineOne(suspect, brokenNodes, signal));
      return {
        sightings: found.flatMap(({ seen }) => (seen.ok ? (seen.value ?? []) : [])),
        gone: [],
        problem: problemIn(found),
      };
    },
    async examineAgain(held, signal): Promise<Examined> {
      const found = await all(held, ({ sighting }) => examineHeld(sighting, signal));
      return {
        sightings: found.flatMap(({ seen }) => (seen.ok ? (seen.value ?? []) : [])),
        // Another object of the same name is another detection, and the one that was held is gone.
        gone: found.flatMap(({ one, seen }) =>
          seen.ok && (seen.value === undefined || fingerprintOf(seen.value) !== one.fingerprint)
            ? [one.fingerprint]
            : [],
        ),
        problem: problemIn(found),
      };
    },
  };
}

const examinable: ReadonlyMap<string, ResourceType> = new Map(
  ['Pod', 'Node', 'PersistentVolumeClaim', ...eventKinds].flatMap((kind) => {
    const type = resourceTypeOfKind(kind);
    return type === undefined ? [] : [[kind, type] as const];
  }),
);

function fluxTypes(): ResourceType[] {
  return [
    knownType('Kustomization', 'kustomize.toolkit.fluxcd.io/v1'),
    knownType('HelmRelease', 'helm.toolkit.fluxcd.io/v2'),
    knownType('GitRepository', 'source.toolkit.fluxcd.io/v1'),
  ];
}

function knownType(kind: string, apiVersion: string): ResourceType {
  const type = resourceTypeOfKind(kind, apiVersion);
  if (type === undefined) throw new TypeError(`the table of resources lacks ${apiVersion} ${kind}`);
  return type;
}

type Found<T> = { readonly one: T; readonly seen: Result<Sighting | undefined, ReadProblem> };

function problemIn<T>(found: readonly Found<T>[]): Problem | undefined {
  return found.flatMap(({ seen }) => (seen.ok ? [] : [seen.error]))[0];
}

async function all<T>(items: readonly T[], work: (item: T) => Promise<Found<T>['seen']>): Promise<readonly Found<T>[]> {
  const found: Found<T>[] = [];
  await each(items, async (one) => {
    found.push({ one, seen: await work(one) });
  });
  return found;
}

/** A few at a time: a storm of broken pods must not become a storm of requests. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = rest.next(); !next.done; next = rest.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}
