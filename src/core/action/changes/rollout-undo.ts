import { fail, ok, problem, type Result } from '../../result.ts';
import type { WriteAction } from '../action.ts';
import type { Captured, GuardField, PreparedChange, RollbackOutline } from '../change.ts';
import type { ChangeProblem } from '../change-problem.ts';
import { type DeploymentView, type Revision, readDeployment, refusePaused, revisionsOf } from './deployment.ts';
import type { Live } from './live.ts';
import { summarizeTemplate } from './pod-template.ts';
import { rolloutRadius } from './rollout-radius.ts';
import { diffTemplates } from './template-diff.ts';

type Undo = Extract<WriteAction, { kind: 'rollout-undo' }>;
type CapturedTemplate = Extract<Captured, { kind: 'template' }>;

/**
 * Makes a rollout undo concrete: the pod template of an earlier revision in place of the current one, tested to be the current one.
 *
 * Picks like `kubectl rollout undo`: the highest revision below the one that runs, or `toRevision`.
 */
export function prepareRolloutUndo(action: Undo, live: Live): Result<PreparedChange, ChangeProblem> {
  const read = readDeployment(action.target, live.target);
  if (!read.ok) return read;
  const deployment = read.value;
  const going = refusePaused(deployment);
  if (!going.ok) return going;
  const revisions = revisionsOf(deployment, live.replicaSets);
  const current = revisions.find(({ digest }) => digest === deployment.digest);
  const target = pickRevision(action, deployment, revisions, current);
  if (!target.ok) return target;
  if (target.value.digest === deployment.digest) {
    const sentence = `${deployment.ref} already runs the template of ${sayRevision(target.value)}. Nothing was changed, and nothing needs to be.`;
    return fail(problem('change.no-change', sentence));
  }
  return ok({
    ...replaceTemplate(deployment, target.value, current?.number ?? null),
    rollback: outlineRollback(deployment, current),
  });
}

/** Puts the captured template back, from the ReplicaSet that still holds it, if what was applied is still what is there. */
export function prepareUndoRollback(
  action: Undo,
  captured: CapturedTemplate,
  live: Live,
): Result<PreparedChange, ChangeProblem> {
  const read = readDeployment(action.target, live.target);
  if (!read.ok) return read;
  const deployment = read.value;
  if (deployment.digest === captured.beforeDigest) {
    const sentence = `${deployment.ref} already has the template from before (${captured.beforeSummary}). Nothing was rolled back, and nothing needs to be.`;
    return fail(problem('change.no-change', sentence));
  }
  if (deployment.digest !== captured.appliedDigest) {
    const sentence = `The template of ${deployment.ref} is no longer the one that was applied: somebody changed it since, it is now ${summarizeTemplate(deployment.template)}. Nothing was rolled back; look at it and decide.`;
    return fail(problem('change.moved-on', sentence));
  }
  const going = refusePaused(deployment);
  if (!going.ok) return going;
  const revisions = revisionsOf(deployment, live.replicaSets);
  const target = revisions.find(({ digest }) => digest === captured.beforeDigest);
  if (target === undefined) {
    const sentence = `No ReplicaSet of ${deployment.ref} holds the template from before (${captured.beforeSummary}) any more. Nothing was rolled back; put it back by hand.`;
    return fail(problem('change.no-revision', sentence));
  }
  const current = revisions.find(({ digest }) => digest === deployment.digest);
  return ok({
    ...replaceTemplate(deployment, target, current?.number ?? null),
    rollback: { possible: false, why: 'A rollback is not itself rolled back.' },
  });
}

function pickRevision(
  { toRevision }: Undo,
  deployment: DeploymentView,
  revisions: readonly Revision[],
  current: Revision | undefined,
): Result<Revision, ChangeProblem> {
  const { ref } = deployment;
  const numbered = revisions.filter(({ number }) => number !== null);
  if (toRevision !== undefined) {
    const found = numbered.find(({ number }) => number === toRevision);
    if (found !== undefined) return ok(found);
    const known = numbered.map(({ number }) => number).join(', ') || 'none';
    const sentence = `${ref} has no revision ${toRevision} (it has: ${known}). Nothing was changed; choose one of these.`;
    return fail(problem('change.no-revision', sentence));
  }
  // Without it "the one before" has no meaning: going by the annotation, which the controller writes later, would skip a revision.
  if (current?.number == null) {
    const sentence = `The controller has not recorded the current template of ${ref} as a revision, so the one before it is not known. Nothing was changed; try again in a moment, or name a revision.`;
    return fail(problem('change.not-settled', sentence));
  }
  const below = current.number;
  const previous = numbered.find(({ number }) => number !== null && number < below);
  if (previous !== undefined) return ok(previous);
  const sentence = `${ref} has no revision before ${below} to go back to. Nothing was changed; roll forward instead.`;
  return fail(problem('change.no-revision', sentence));
}

function replaceTemplate(
  deployment: DeploymentView,
  to: Revision,
  currentNumber: number | null,
): Omit<PreparedChange, 'rollback'> {
  const guard: GuardField[] = [
    { path: '/spec/template', digest: deployment.digest, summary: summarizeTemplate(deployment.template) },
    {
      path: 'target-revision:/spec/template',
      digest: to.digest,
      summary: `${sayRevision(to)}, ${summarizeTemplate(to.template)}`,
    },
  ];
  return {
    request: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      resource: 'deployments',
      namespace: deployment.namespace,
      name: deployment.name,
      uid: deployment.uid,
      patch: [
        { op: 'test', path: '/metadata/uid', value: deployment.uid },
        { op: 'test', path: '/spec/template', value: deployment.template },
        { op: 'replace', path: '/spec/template', value: to.template },
      ],
    },
    guard,
    change: diffTemplates(deployment.template, to.template),
    blastRadius: rolloutRadius(deployment),
    captured: {
      kind: 'template',
      beforeDigest: deployment.digest,
      beforeSummary: summarizeTemplate(deployment.template),
      revision: currentNumber === null ? null : String(currentNumber),
      appliedDigest: to.digest,
    },
  };
}

/** Whether the template that runs now will still be there to go back to. */
function outlineRollback(deployment: DeploymentView, current: Revision | undefined): RollbackOutline {
  if (deployment.revisionHistoryLimit === 0) {
    return {
      possible: false,
      why: 'The Deployment keeps no old revisions (revisionHistoryLimit is 0), so the template that runs now will be gone.',
    };
  }
  if (current === undefined) {
    return { possible: false, why: 'No ReplicaSet holds the template that runs now, so it could not be put back.' };
  }
  const where = `${sayRevision(current)}, ReplicaSet ${current.replicaSet}`;
  return {
    possible: true,
    summary: `Undo to the template that runs now: ${summarizeTemplate(deployment.template)}, ${where}.`,
  };
}

function sayRevision({ number, replicaSet }: Revision): string {
  return number === null ? `ReplicaSet ${replicaSet}` : `revision ${number}`;
}
