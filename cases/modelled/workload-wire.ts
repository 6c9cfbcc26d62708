import { fieldsV1 } from './fields-v1.ts';
import { isReady, type PodModel } from './pod-model.ts';
import { isoSeconds, type Owner, ownerReference, type Wire } from './wire.ts';

export type Revision = {
  readonly number: number;
  readonly hash: string;
  readonly template: Wire;
  readonly createdMinutesAgo: number;
  readonly owner: Owner;
  readonly pods: PodModel[];
  /** How many pods it should have; the pods that are there where nothing is said. */
  readonly wanted?: number;
};

/** A Deployment, StatefulSet or DaemonSet before it is written. The last revision is the present one. */
export type WorkloadModel = {
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  replicas: number;
  readonly selector: Record<string, string>;
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly createdMinutesAgo: number;
  readonly changedMinutesAgo: number;
  /** Who wrote the present template. */
  readonly manager: string;
  readonly revisions: Revision[];
  /** Whether the present revision was available once. */
  readonly wasAvailable: boolean;
  readonly deadlineSeconds: number;
  spec: Wire;
  deletion?: { readonly minutesAgo: number };
  finalizers?: readonly string[];
};

type Writing = { readonly nowMs: number; resourceVersion(): string };

export function writeWorkload(model: WorkloadModel, writing: Writing): Wire[] {
  const present = model.revisions.at(-1);
  if (present === undefined) throw new RangeError(`${model.name} has no revision`);
  const object = {
    apiVersion: 'apps/v1',
    kind: model.kind,
    metadata: metadataOf(model, present, writing),
    spec: specOf(model, present),
    status: statusOf(model, present, writing),
  };
  if (model.kind === 'Deployment')
    return [object, ...model.revisions.map((revision) => writeReplicaSet(model, revision, writing))];
  return [object, ...model.revisions.map((revision) => writeControllerRevision(model, revision, writing))];
}

function metadataOf(model: WorkloadModel, present: Revision, { nowMs, resourceVersion }: Writing): Wire {
  const changed = isoSeconds(nowMs - model.changedMinutesAgo * 60_000);
  return {
    name: model.name,
    namespace: model.namespace,
    uid: model.uid,
    resourceVersion: resourceVersion(),
    generation: model.revisions.length + 1,
    creationTimestamp: isoSeconds(nowMs - model.createdMinutesAgo * 60_000),
    ...(model.deletion === undefined
      ? {}
      : { deletionTimestamp: isoSeconds(nowMs - model.deletion.minutesAgo * 60_000), deletionGracePeriodSeconds: 0 }),
    ...(model.finalizers === undefined ? {} : { finalizers: model.finalizers }),
    labels: model.labels,
    annotations: {
      ...(model.kind === 'Deployment' ? { 'deployment.kubernetes.io/revision': String(present.number) } : {}),
      ...(model.kind === 'DaemonSet' ? { 'deprecated.daemonset.template.generation': String(present.number) } : {}),
      ...model.annotations,
    },
    managedFields: [
      {
        manager: model.manager,
        operation:
          model.manager === 'argocd-controller' || model.manager === 'kustomize-controller' ? 'Apply' : 'Update',
        apiVersion: 'apps/v1',
        time: changed,
        fieldsType: 'FieldsV1',
        fieldsV1: fieldsV1({ metadata: { labels: model.labels }, spec: specOf(model, present) }),
      },
      {
        manager: 'kube-controller-manager',
        operation: 'Update',
        apiVersion: 'apps/v1',
        time: isoSeconds(nowMs - Math.max(0.2, model.changedMinutesAgo - 1) * 60_000),
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:status': { 'f:observedGeneration': {}, 'f:replicas': {} } },
        subresource: 'status',
      },
    ],
  };
}

function specOf(model: WorkloadModel, { template }: Revision): Wire {
  const common = { selector: { matchLabels: model.selector }, template, revisionHistoryLimit: 10 };
  switch (model.kind) {
    case 'Deployment':
      return {
        replicas: model.replicas,
        ...common,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
        progressDeadlineSeconds: model.deadlineSeconds,
        ...model.spec,
      };
    case 'StatefulSet':
      return {
        replicas: model.replicas,
        ...common,
        serviceName: model.name,
        podManagementPolicy: 'OrderedReady',
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
        ...model.spec,
      };
    case 'DaemonSet':
      return {
        ...common,
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
        ...model.spec,
      };
  }
}

const live = (pods: readonly PodModel[]) =>
  pods.filter(({ phase, deletion }) => phase !== 'Failed' && phase !== 'Succeeded' && deletion === undefined);
const readyIn = (pods: readonly PodModel[]) => live(pods).filter(isReady).length;

function statusOf(model: WorkloadModel, present: Revision, { nowMs }: Writing): Wire {
  const all = model.revisions.flatMap(({ pods }) => pods);
  const replicas = live(all).length;
  const ready = readyIn(all);
  const updated = live(present.pods).length;
  const observedGeneration = model.revisions.length + 1;
  if (model.kind === 'DaemonSet')
    return {
      currentNumberScheduled: replicas,
      numberMisscheduled: 0,
      desiredNumberScheduled: model.replicas,
      numberReady: ready,
      observedGeneration,
      updatedNumberScheduled: updated,
      ...(ready === 0 ? {} : { numberAvailable: ready }),
      ...(ready === model.replicas ? {} : { numberUnavailable: model.replicas - ready }),
    };
  if (model.kind === 'StatefulSet') {
    const first = model.revisions[0] ?? present;
    return {
      observedGeneration,
      replicas,
      ...(ready === 0 ? {} : { readyReplicas: ready }),
      currentReplicas: replicas,
      ...(updated === 0 ? {} : { updatedReplicas: updated }),
      currentRevision: `${model.name}-${(model.revisions.length > 1 && updated < model.replicas ? first : present).hash}`,
      updateRevision: `${model.name}-${present.hash}`,
      collisionCount: 0,
      availableReplicas: ready,
    };
  }
  const at = (minutesAgo: number) => isoSeconds(nowMs - minutesAgo * 60_000);
  const isAvailable = ready >= model.replicas - Math.floor(model.replicas * 0.25);
  const rs = `${model.name}-${present.hash}`;
  const isDone = readyIn(present.pods) >= model.replicas && replicas === updated;
  const isLate = !isDone && !model.wasAvailable && model.changedMinutesAgo * 60 > model.deadlineSeconds + 30;
  const progress: Wire =
    isDone || model.wasAvailable
      ? { status: 'True', reason: 'NewReplicaSetAvailable', message: `ReplicaSet "${rs}" has successfully progressed.` }
      : isLate
        ? {
            status: 'False',
            reason: 'ProgressDeadlineExceeded',
            message: `ReplicaSet "${rs}" has timed out progressing.`,
          }
        : { status: 'True', reason: 'ReplicaSetUpdated', message: `ReplicaSet "${rs}" is progressing.` };
  const available: Wire = isAvailable
    ? { status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
    : {
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
  const turned = isDone
    ? Math.max(0.1, model.changedMinutesAgo - 0.5)
    : isLate
      ? model.changedMinutesAgo - model.deadlineSeconds / 60
      : model.changedMinutesAgo;
  return {
    observedGeneration,
    ...(replicas === 0 ? {} : { replicas }),
    ...(updated === 0 ? {} : { updatedReplicas: updated }),
    ...(ready === 0 ? {} : { readyReplicas: ready, availableReplicas: ready }),
    ...(ready >= model.replicas ? {} : { unavailableReplicas: Math.max(model.replicas, replicas) - ready }),
    conditions: [
      {
        type: 'Progressing',
        ...progress,
        lastUpdateTime: at(turned),
        lastTransitionTime: at(isLate ? turned : model.createdMinutesAgo),
      },
      {
        type: 'Available',
        ...available,
        lastUpdateTime: at(isAvailable ? model.createdMinutesAgo - 1 : Math.min(12, model.changedMinutesAgo)),
        lastTransitionTime: at(isAvailable ? model.createdMinutesAgo - 1 : Math.min(12, model.changedMinutesAgo)),
      },
    ],
  };
}

function writeReplicaSet(model: WorkloadModel, revision: Revision, { nowMs, resourceVersion }: Writing): Wire {
  const replicas = live(revision.pods).length;
  const wanted = revision.wanted ?? replicas;
  const ready = readyIn(revision.pods);
  const created = isoSeconds(nowMs - revision.createdMinutesAgo * 60_000);
  const labels = { ...model.selector, 'pod-template-hash': revision.hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: revision.owner.name,
      namespace: model.namespace,
      uid: revision.owner.uid,
      resourceVersion: resourceVersion(),
      generation: 1,
      creationTimestamp: created,
      labels,
      annotations: {
        'deployment.kubernetes.io/desired-replicas': String(model.replicas),
        'deployment.kubernetes.io/max-replicas': String(model.replicas + Math.ceil(model.replicas * 0.25)),
        'deployment.kubernetes.io/revision': String(revision.number),
      },
      ownerReferences: [
        ownerReference({ apiVersion: 'apps/v1', kind: 'Deployment', name: model.name, uid: model.uid }),
      ],
      managedFields: [
        {
          manager: 'kube-controller-manager',
          operation: 'Update',
          apiVersion: 'apps/v1',
          time: created,
          fieldsType: 'FieldsV1',
          fieldsV1: fieldsV1({ metadata: { labels }, spec: { replicas: wanted, template: {} } }),
        },
      ],
    },
    spec: { replicas: wanted, selector: { matchLabels: labels }, template: withLabels(revision.template, labels) },
    status: {
      replicas,
      ...(replicas === 0 ? {} : { fullyLabeledReplicas: replicas }),
      ...(ready === 0 ? {} : { readyReplicas: ready, availableReplicas: ready }),
      observedGeneration: 1,
    },
  };
}

function withLabels(template: Wire, labels: Record<string, string>): Wire {
  const metadata = (template.metadata ?? {}) as Wire;
  return { ...template, metadata: { ...metadata, labels: { ...((metadata.labels ?? {}) as Wire), ...labels } } };
}

function writeControllerRevision(model: WorkloadModel, revision: Revision, { nowMs, resourceVersion }: Writing): Wire {
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${model.name}-${revision.hash}`,
      namespace: model.namespace,
      uid: revision.owner.uid.replace(/^.{4}/, 'c0de'),
      resourceVersion: resourceVersion(),
      creationTimestamp: isoSeconds(nowMs - revision.createdMinutesAgo * 60_000),
      labels: { ...model.selector, 'controller-revision-hash': revision.hash },
      ownerReferences: [ownerReference({ apiVersion: 'apps/v1', kind: model.kind, name: model.name, uid: model.uid })],
    },
    data: { spec: { template: { ...revision.template, $patch: 'replace' } } },
    revision: revision.number,
  };
}
