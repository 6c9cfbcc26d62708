import type { ClusterView } from '../../cluster/cluster-view.ts';
import { type ObjectRef, refOf, sayRef, type WireObject } from '../../cluster/object.ts';
import { refKey } from '../../cluster/topology.ts';
import { at, parseTime } from '../../cluster/wire.ts';
import { revisionsOf } from '../../cluster/workload.ts';
import type { EvidenceDraft } from '../../evidence/draft.ts';
import type { AnalysisContext } from '../analysis.ts';
import { isHelmRecord } from '../secret-existence.ts';
import { fromChange } from '../support.ts';
import {
  createHelmReleases,
  type HelmReleases,
  type HelmWrite,
  helmWriteOf,
  upgradeMs,
  versionLabels,
} from './helm-release.ts';
import { fieldManagersOf } from './managed-fields.ts';
import { differencesOf, type FieldDifference } from './template-difference.ts';

/** Something that somebody changed: when, who as far as it is known, what. */
export type Change = {
  readonly object: ObjectRef;
  readonly at: number;
  readonly by: string | undefined;
  readonly what: string;
  readonly differences: readonly FieldDifference[];
  /** It did not exist before: then there is nothing to go back to. */
  readonly isNew: boolean;
  readonly evidence: EvidenceDraft;
  /** The release of Helm that wrote it, and the other objects that it wrote within the same minute. */
  readonly release?: { readonly key: string; readonly others: readonly ObjectRef[] } | undefined;
};

const controllers =
  /^(?:kube-controller-manager|kubelet|kube-scheduler|kube-apiserver|kwok|deployment-controller|cert-manager-|cluster-autoscaler|vpa-|before-first-apply)/;
const maxFieldsTold = 3;
const justRestarted = 'its pods were restarted without another change';
const justVersions = 'nothing but the version labels of its chart';
const versionPaths: ReadonlySet<string> = new Set(
  Object.values(versionLabels).map((label) => `metadata.labels.${label}`),
);

/**
 * Changes of the objects in scope that the cluster itself remembers, newest first: revisions of Deployments as differences of their templates, writers of ConfigMaps,
 * Services, policies and other objects by managedFields (of Secrets too, where their metadata may be read), and what the audit log tells. Controllers' own writes
 * are no changes, nor are the records that Helm keeps.
 */
export function changesIn(context: AnalysisContext, since: number): readonly Change[] {
  const { view, scope, now } = context;
  const releases = createHelmReleases(view);
  const found = [
    ...scope.list('Deployment').flatMap((deployment) => rolloutOf(view, deployment, now, releases)),
    ...changedKinds.flatMap((kind) => scope.list(kind).flatMap((object) => writesOf(object, now, releases))),
    ...audited(context),
  ];
  const recent = found
    .filter((change) => change.at >= since && change.at <= now)
    .toSorted((a, b) => b.at - a.at || (refKey(a.object) < refKey(b.object) ? -1 : 1));
  // One line per object and minute: the audit log and managedFields tell the same write.
  const byMinute = new Map<string, Change>();
  for (const change of recent) {
    const key = `${refKey(change.object)}/${Math.round(change.at / 60_000)}`;
    const known = byMinute.get(key);
    // Of the two the release tells more.
    if (known === undefined || (known.release === undefined && change.release !== undefined)) byMinute.set(key, change);
  }
  return [...byMinute.values()];
}

const changedKinds = [
  'ConfigMap',
  'Secret',
  'StatefulSet',
  'DaemonSet',
  'CronJob',
  'Service',
  'Ingress',
  'NetworkPolicy',
  'HorizontalPodAutoscaler',
  'PodDisruptionBudget',
  'ResourceQuota',
  'LimitRange',
  'HTTPRoute',
  'Gateway',
  'Node',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
] as const;

function rolloutOf(view: ClusterView, deployment: WireObject, now: number, releases: HelmReleases): readonly Change[] {
  const [current, former] = revisionsOf(view, deployment);
  const when = parseTime(current?.replicaSet.metadata.creationTimestamp);
  if (current === undefined || former === undefined || when === undefined) return [];
  const all = differencesOf(at(former.replicaSet, 'spec', 'template'), at(current.replicaSet, 'spec', 'template'));
  const write = helmWriteOf(deployment);
  const byHelm = write !== undefined && Math.abs(write.at - when) <= upgradeMs;
  const differences = byHelm ? all.filter(({ path }) => !versionPaths.has(path)) : all;
  // Without a difference it was restarted; an undo re-uses an old ReplicaSet, whose age then says nothing of when.
  const by = byHelm
    ? releases.say(deployment, write)
    : fieldManagersOf(deployment).find(({ manager }) => !controllers.test(manager))?.manager;
  const reason = deployment.metadata.annotations?.['kubernetes.io/change-cause'];
  const what = differences.length > 0 ? sayDifferences(differences) : all.length > 0 ? justVersions : justRestarted;
  const text = `revision ${former.number} → ${current.number} at ${new Date(when).toISOString()}${by === undefined ? '' : ` by ${by}`}: ${what}${reason === undefined ? '' : ` (change-cause: ${reason.slice(0, 120)})`}`;
  return [
    {
      object: refOf(deployment),
      at: when,
      by,
      what: `${what} (revision ${former.number} → ${current.number})`,
      differences,
      isNew: false,
      release: byHelm ? releaseOf(releases, deployment, write) : undefined,
      evidence: {
        ...fromChange(deployment, now, text),
        from: { before: at(former.replicaSet, 'spec', 'template'), after: at(current.replicaSet, 'spec', 'template') },
      },
    },
  ];
}

function writesOf(object: WireObject, now: number, releases: HelmReleases): readonly Change[] {
  if (object.kind === 'Secret' && isHelmRecord(object)) return [];
  const [newest] = fieldManagersOf(object).filter(({ manager }) => !controllers.test(manager));
  const created = parseTime(object.metadata.creationTimestamp);
  if (newest === undefined || object.kind === 'Node') return [];
  const isNew = created !== undefined && Math.abs(newest.at - created) < 2_000;
  const fields = newest.fields.filter((field) => !field.startsWith('metadata'));
  const write = helmWriteOf(object);
  const byHelm = write !== undefined && write.at === newest.at;
  const by = byHelm ? releases.say(object, write) : newest.manager;
  const what = isNew
    ? 'it was created'
    : `${fields.length === 0 ? 'its metadata' : fields.slice(0, maxFieldsTold).join(', ')}${fields.length > maxFieldsTold ? ` and ${fields.length - maxFieldsTold} more fields` : ''} last written`;
  return [
    {
      object: refOf(object),
      at: newest.at,
      by,
      what,
      differences: [],
      isNew,
      release: byHelm ? releaseOf(releases, object, write) : undefined,
      evidence: fromChange(object, now, `${what} at ${new Date(newest.at).toISOString()} by ${by}`),
    },
  ];
}

function releaseOf(releases: HelmReleases, object: WireObject, write: HelmWrite): Change['release'] {
  return { key: `${write.namespace}/${write.name}`, others: releases.writtenWith(refOf(object), write) };
}

function audited({ observations, view, scope }: AnalysisContext): readonly Change[] {
  return observations.audit.flatMap(({ at: when, user, verb, object, fields }): Change[] => {
    if (
      !/^(?:create|update|patch|delete|deletecollection)$/.test(verb) ||
      user.startsWith('system:') ||
      fields.some((field) => field.startsWith('status'))
    )
      return [];
    const found = view.get(object);
    // What was deleted is in no scope any more; it counts where its namespace does.
    if (found !== undefined ? !scope.has(object) : verb !== 'delete') return [];
    const what = `${verb}${fields.length === 0 ? '' : ` of ${fields.slice(0, maxFieldsTold).join(', ')}`}`;
    return [
      {
        object,
        at: when,
        by: user,
        what,
        differences: [],
        isNew: verb === 'create',
        evidence: {
          kind: 'change',
          source: 'audit log',
          object,
          at: when,
          summary: `${sayRef(object)}: ${what} by ${user} at ${new Date(when).toISOString()}`,
          from: { when, user, verb, object, fields },
        },
      },
    ];
  });
}

function sayDifferences(differences: readonly FieldDifference[]): string {
  const told = differences.slice(0, maxFieldsTold).map(({ path, before, after }) => `${path}: ${before} → ${after}`);
  return `${told.join('; ')}${differences.length > told.length ? `; and ${differences.length - told.length} more fields` : ''}`;
}
