import { z } from 'zod';
import { sayRef, type WireObject } from '../../cluster/object.ts';
import { fail, ok, problem, type Result } from '../../result.ts';
import type { WorkloadRef } from '../action.ts';
import type { ChangeProblem } from '../change-problem.ts';
import { templateDigest, withoutHash } from './pod-template.ts';
import { type JsonObject, jsonObjectSchema } from './wire.ts';

const revisionAnnotation = 'deployment.kubernetes.io/revision';
const rollingValue = z.union([z.int(), z.string()]);

// Defaults are those of apps/v1: the API server always fills them in, a hand-written or simulated object may not.
const deploymentSchema = z.object({
  metadata: z.object({ uid: z.string().min(1), generation: z.int().optional() }),
  spec: z.object({
    replicas: z.int().nonnegative().default(1),
    paused: z.boolean().default(false),
    revisionHistoryLimit: z.int().nonnegative().default(10),
    strategy: z
      .object({
        type: z.enum(['RollingUpdate', 'Recreate']).default('RollingUpdate'),
        rollingUpdate: z
          .object({ maxSurge: rollingValue.default('25%'), maxUnavailable: rollingValue.default('25%') })
          .default({ maxSurge: '25%', maxUnavailable: '25%' }),
      })
      .default({ type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } }),
    template: jsonObjectSchema,
  }),
});

/** What a change must know of a Deployment. `template` is exactly as read, `digest` ignores the controller's hash label. */
export type DeploymentView = z.infer<typeof deploymentSchema>['spec'] & {
  readonly ref: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly digest: string;
};

/** Reads the live object as the Deployment that the action names. */
export function readDeployment(target: WorkloadRef, live: WireObject): Result<DeploymentView, ChangeProblem> {
  const ref = sayRef(target);
  const { metadata } = live;
  const same = live.kind === target.kind && metadata.namespace === target.namespace && metadata.name === target.name;
  if (!same || live.apiVersion !== 'apps/v1') {
    const read = `${live.apiVersion} ${sayRef({ ...metadata, kind: live.kind })}`;
    return fail(
      problem(
        'change.wrong-target',
        `The action names ${ref}, but ${read} was read. Nothing was changed; this is a defect.`,
      ),
    );
  }
  if (metadata.deletionTimestamp !== undefined) {
    return fail(
      problem('change.wrong-target', `${ref} is being deleted. Nothing was changed; find out who deletes it.`),
    );
  }
  const parsed = deploymentSchema.safeParse(live);
  if (!parsed.success) {
    const where = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    return fail(
      problem('change.unreadable', `${ref} cannot be read (${where}). Nothing was changed; look at it with kubectl.`),
    );
  }
  const { spec } = parsed.data;
  return ok({
    ...spec,
    ref,
    namespace: target.namespace,
    name: target.name,
    uid: parsed.data.metadata.uid,
    digest: templateDigest(spec.template),
  });
}

/** What a change of a paused Deployment would do: be stored, and reach no pod. */
export function refusePaused({ ref, paused }: DeploymentView): Result<null, ChangeProblem> {
  if (!paused) return ok(null);
  const sentence = `The rollout of ${ref} is paused, so a change would reach no pod. Nothing was changed; resume it first, or ask who paused it.`;
  return fail(problem('change.paused', sentence));
}

/** One template that a Deployment ran, kept as a ReplicaSet. `number` is null when the controller has not numbered it. */
export type Revision = {
  readonly number: number | null;
  readonly replicaSet: string;
  readonly template: JsonObject;
  readonly digest: string;
};

/** The revisions of a Deployment, newest first: ReplicaSets that it owns by uid (a former Deployment of the same name left others) and that are not going away. */
export function revisionsOf({ uid }: DeploymentView, replicaSets: readonly WireObject[]): Revision[] {
  return replicaSets
    .filter(
      ({ kind, metadata }) =>
        kind === 'ReplicaSet' &&
        metadata.deletionTimestamp === undefined &&
        (metadata.ownerReferences ?? []).some((owner) => owner.controller === true && owner.uid === uid),
    )
    .flatMap((replicaSet) => {
      const parsed = replicaSetSchema.safeParse(replicaSet);
      if (!parsed.success) return [];
      const template = withoutHash(parsed.data.spec.template);
      const number = Number(replicaSet.metadata.annotations?.[revisionAnnotation] ?? Number.NaN);
      return [
        {
          number: Number.isSafeInteger(number) && number > 0 ? number : null,
          replicaSet: replicaSet.metadata.name,
          template,
          digest: templateDigest(template),
        },
      ];
    })
    .sort((a, b) => (b.number ?? 0) - (a.number ?? 0));
}

const replicaSetSchema = z.object({ spec: z.object({ template: jsonObjectSchema }) });
