import type { ClusterView, ViewedKind } from '../../cluster/cluster-view.ts';
import { type ObjectRef, refOf, type WireObject } from '../../cluster/object.ts';
import { refKey } from '../../cluster/topology.ts';
import { at, numberAt, parseTime, recordsAt, stringsAt, textAt, timeAt } from '../../cluster/wire.ts';
import { revisionsOf } from '../../cluster/workload.ts';

/** The release of Helm that an object belongs to, and when Helm last wrote the object. */
export type HelmWrite = { readonly name: string; readonly namespace: string; readonly at: number };

/** One object that a release wrote, and when. */
type Written = { readonly ref: ObjectRef; readonly at: number };

/** What is known of the releases in a view. Nothing is read before somebody asks. */
export interface HelmReleases {
  /** `Helm release checkout (chart checkout-1.4.2 → checkout-1.5.0, app version 1.4.2 → 1.5.0)`: who wrote an object, as far as objects show. */
  say(object: WireObject, write: HelmWrite): string;
  /** The other objects that the release wrote within the same minute. */
  writtenWith(object: ObjectRef, write: HelmWrite): readonly ObjectRef[];
}

/** An upgrade writes its objects one after the other within seconds; pods and ReplicaSets follow at once. */
export const upgradeMs = 60_000;

// The CLI names itself after its file (`helm`, `helm3`); beside it those who use it as a library.
const helmManager = /^helm\d?$|^helm-controller$|^terraform-provider-helm/;
const maxLabel = 63;

/** Helm's last write of an object, by the annotations it leaves on live objects and the manager of the fields. */
export function helmWriteOf(object: WireObject): HelmWrite | undefined {
  const { annotations, namespace: own } = object.metadata;
  const name = annotations?.['meta.helm.sh/release-name'];
  if (name === undefined || name === '') return undefined;
  const times = recordsAt(object, 'metadata', 'managedFields').flatMap(({ record }) =>
    helmManager.test(textAt(record, 'manager') ?? '') && textAt(record, 'subresource') === undefined
      ? (timeAt(record, 'time') ?? [])
      : [],
  );
  if (times.length === 0) return undefined;
  const namespace = annotations?.['meta.helm.sh/release-namespace'] ?? own ?? '';
  return { name: name.slice(0, maxLabel), namespace: namespace.slice(0, maxLabel), at: Math.max(...times) };
}

/** Labels in which a chart tells its version: they differ at every upgrade and say nothing of what else did. */
export const versionLabels = { chart: 'helm.sh/chart', appVersion: 'app.kubernetes.io/version' } as const;

type Step = { readonly before: string | undefined; readonly after: string | undefined };

export function createHelmReleases(view: ClusterView): HelmReleases {
  const byRelease = new Map<string, readonly Written[]>();
  // Annotations are looked at first: of most objects no managed field is read.
  const writtenBy = (release: HelmWrite): readonly Written[] => {
    const key = `${release.namespace}/${release.name}`;
    const known = byRelease.get(key);
    if (known !== undefined) return known;
    const written = releasedKinds.flatMap((kind) =>
      view.list(kind).flatMap((object): Written[] => {
        if (object.metadata.annotations?.['meta.helm.sh/release-name'] !== release.name) return [];
        const write = helmWriteOf(object);
        return write?.namespace === release.namespace ? [{ ref: refOf(object), at: write.at }] : [];
      }),
    );
    byRelease.set(key, written);
    return written;
  };
  const together = (write: HelmWrite): readonly Written[] =>
    writtenBy(write).filter((other) => Math.abs(other.at - write.at) <= upgradeMs);

  /** The versions of the object's own chart; a workload of the same upgrade may still show the former ones. */
  const stepOf = (object: WireObject, write: HelmWrite, label: string): Step => {
    const own = stepIn(view, object, write, label);
    if (own.before !== undefined) return own;
    const chart = object.metadata.labels?.[versionLabels.chart];
    const sibling = together(write)
      .flatMap(({ ref }) => view.get(ref) ?? [])
      .find(
        (other) =>
          other.metadata.labels?.[versionLabels.chart] === chart &&
          stepIn(view, other, write, label).before !== undefined,
      );
    return sibling === undefined ? own : stepIn(view, sibling, write, label);
  };

  return {
    say(object, write) {
      const said = [
        sayStep('chart', stepOf(object, write, versionLabels.chart)),
        sayStep('app version', stepOf(object, write, versionLabels.appVersion)),
      ].filter((text) => text !== undefined);
      const place = write.namespace === object.metadata.namespace ? '' : `${write.namespace}/`;
      return `Helm release ${place}${write.name}${said.length === 0 ? '' : ` (${said.join(', ')})`}`;
    },
    writtenWith: (object, write) =>
      together(write)
        .filter(({ ref }) => refKey(ref) !== refKey(object))
        .map(({ ref }) => ref),
  };
}

const releasedKinds: readonly ViewedKind[] = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'CronJob',
  'Job',
  'ConfigMap',
  'Secret',
  'Service',
  'Ingress',
  'HTTPRoute',
  'Gateway',
  'NetworkPolicy',
  'HorizontalPodAutoscaler',
  'PodDisruptionBudget',
  'PersistentVolumeClaim',
  'ResourceQuota',
  'LimitRange',
  'ServiceAccount',
  'Certificate',
  'StorageClass',
  'PriorityClass',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
];

/**
 * A label's value in the two newest revisions of a workload's template, where the newest was made by this very upgrade; of other objects, and where templates lack
 * the label, the present value alone.
 */
function stepIn(view: ClusterView, object: WireObject, write: HelmWrite, label: string): Step {
  const [current, former] = revisionsIn(view, object);
  const after = labelOf(current?.template, label) ?? object.metadata.labels?.[label];
  // An upgrade that made no revision (of the replicas alone, say) did not take the step that the last one took.
  const isOfUpgrade = current?.at !== undefined && Math.abs(current.at - write.at) <= upgradeMs;
  const before = isOfUpgrade ? labelOf(former?.template, label) : undefined;
  return { after, before: before === after ? undefined : before };
}

function labelOf(template: unknown, label: string): string | undefined {
  return stringsAt(template, 'metadata', 'labels')[label];
}

type Revision = { readonly template: unknown; readonly at: number | undefined };

/** The templates of a workload's revisions and when each was made, newest first. */
function revisionsIn(view: ClusterView, object: WireObject): readonly Revision[] {
  switch (object.kind) {
    case 'Deployment':
      return revisionsOf(view, object).map(({ replicaSet }) => ({
        template: at(replicaSet, 'spec', 'template'),
        at: parseTime(replicaSet.metadata.creationTimestamp),
      }));
    case 'StatefulSet':
    case 'DaemonSet':
      return view
        .controlledBy(object, 'ControllerRevision')
        .toSorted((a, b) => (numberAt(b, 'revision') ?? 0) - (numberAt(a, 'revision') ?? 0))
        .map((revision) => ({
          template: at(revision, 'data', 'spec', 'template'),
          at: parseTime(revision.metadata.creationTimestamp),
        }));
    default:
      return [];
  }
}

function sayStep(what: string, { before, after }: Step): string | undefined {
  if (after === undefined) return undefined;
  return `${what} ${before === undefined ? '' : `${before.slice(0, maxLabel)} → `}${after.slice(0, maxLabel)}`;
}
