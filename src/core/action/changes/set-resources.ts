import { fail, ok, problem, type Result } from '../../result.ts';
import type { WriteAction } from '../action.ts';
import type { Captured, PatchOperation, PreparedChange } from '../change.ts';
import type { ChangeProblem } from '../change-problem.ts';
import { type DeploymentView, readDeployment, refusePaused } from './deployment.ts';
import type { Live } from './live.ts';
import { containersOf, type TemplateContainer } from './pod-template.ts';
import {
  diffResources,
  mergeResources,
  requestsBeyondLimits,
  resourcesDigest,
  summarizeResources,
} from './resources.ts';
import { rolloutRadius } from './rollout-radius.ts';
import { type JsonObject, onOneLine } from './wire.ts';

type SetResources = Extract<WriteAction, { kind: 'set-resources' }>;
type CapturedResources = Extract<Captured, { kind: 'resources' }>;

/** Makes new limits or requests of one container concrete; what the action does not name stays as it is. */
export function prepareSetResources(action: SetResources, live: Live): Result<PreparedChange, ChangeProblem> {
  const located = locate(action, live);
  if (!located.ok) return located;
  const { deployment, container } = located.value;
  const going = refusePaused(deployment);
  if (!going.ok) return going;
  const wanted = mergeResources(container.resources, { limits: action.limits, requests: action.requests });
  if (resourcesDigest(wanted) === resourcesDigest(container.resources)) {
    const sentence = `Container ${container.name} of ${deployment.ref} already has these resources (${summarizeResources(container.resources)}). Nothing was changed, and nothing needs to be.`;
    return fail(problem('change.no-change', sentence));
  }
  // Not raised or lowered silently: what was asked for is what people approve.
  const [beyond] = requestsBeyondLimits(wanted);
  if (beyond !== undefined) {
    const { name, request, limit } = beyond;
    const sentence = `Container ${container.name} of ${deployment.ref} would request ${request} of ${name} with a limit of ${limit}, which the API server refuses. Nothing was changed; set a request of at most ${limit}, or a limit of at least ${request}.`;
    return fail(problem('change.bad-resources', sentence));
  }
  const before = summarizeResources(container.resources);
  const rollback = { possible: true, summary: `Set the resources of ${container.name} back to ${before}.` } as const;
  return ok({ ...replaceResources(deployment, container, wanted), rollback });
}

/** Puts the captured resources back, if what was applied is still what is there. */
export function prepareResourcesRollback(
  action: SetResources,
  captured: CapturedResources,
  live: Live,
): Result<PreparedChange, ChangeProblem> {
  const located = locate({ ...action, container: captured.container }, live);
  if (!located.ok) return located;
  const { deployment, container } = located.value;
  const now = resourcesDigest(container.resources);
  const before = captured.before ?? undefined;
  if (now === resourcesDigest(before)) {
    const sentence = `Container ${container.name} of ${deployment.ref} already has the resources from before. Nothing was rolled back, and nothing needs to be.`;
    return fail(problem('change.no-change', sentence));
  }
  if (now !== captured.appliedDigest) {
    const sentence = `The resources of container ${container.name} of ${deployment.ref} are no longer those that were applied: somebody changed them since, they are now ${summarizeResources(container.resources)}. Nothing was rolled back; look at it and decide.`;
    return fail(problem('change.moved-on', sentence));
  }
  const going = refusePaused(deployment);
  if (!going.ok) return going;
  const rollback = { possible: false, why: 'A rollback is not itself rolled back.' } as const;
  return ok({ ...replaceResources(deployment, container, before), rollback });
}

type Located = { readonly deployment: DeploymentView; readonly container: TemplateContainer };

/** The Deployment and the container that an action names. */
export function locate(
  { target, container: name }: Pick<SetResources, 'target' | 'container'>,
  live: Live,
): Result<Located, ChangeProblem> {
  const read = readDeployment(target, live.target);
  if (!read.ok) return read;
  const deployment = read.value;
  const containers = containersOf(deployment.template);
  if (containers === null) {
    const sentence = `The containers of ${deployment.ref} cannot be read. Nothing was changed; look at it with kubectl.`;
    return fail(problem('change.unreadable', sentence));
  }
  const container = containers.find((each) => each.name === name);
  if (container !== undefined) return ok({ deployment, container });
  const known = containers.map((each) => onOneLine(each.name, 63)).join(', ');
  const sentence = `${deployment.ref} has no container ${onOneLine(name, 63)} (it has: ${known}). Nothing was changed; name one of these.`;
  return fail(problem('change.unknown-container', sentence));
}

function replaceResources(
  deployment: DeploymentView,
  container: TemplateContainer,
  to: JsonObject | undefined,
): Omit<PreparedChange, 'rollback'> {
  const from = container.resources;
  const path = `${container.pointer}/resources`;
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
        // Containers are a list: its order may have changed, and then the index would mean another one.
        { op: 'test', path: `${container.pointer}/name`, value: container.name },
        ...operations(deployment, container, path, to),
      ],
    },
    guard: [{ path, digest: resourcesDigest(from), summary: `${container.name}: ${summarizeResources(from)}` }],
    change: diffResources(from, to).map((line) => `${onOneLine(container.name, 63)}: ${line}`),
    blastRadius: rolloutRadius(deployment),
    captured: {
      kind: 'resources',
      container: container.name,
      before: from ?? null,
      appliedDigest: resourcesDigest(to),
    },
  };
}

/** JSON Patch cannot test that a field is absent, so then the whole container is tested instead. */
function operations(
  { template }: DeploymentView,
  container: TemplateContainer,
  path: string,
  to: JsonObject | undefined,
): PatchOperation[] {
  if (container.resources === undefined) {
    return [
      { op: 'test', path: container.pointer, value: rawContainer(template, container) },
      { op: 'add', path, value: to ?? {} },
    ];
  }
  const unchanged = { op: 'test', path, value: container.resources } as const;
  return to === undefined ? [unchanged, { op: 'remove', path }] : [unchanged, { op: 'replace', path, value: to }];
}

function rawContainer(template: JsonObject, { list, index }: TemplateContainer): unknown {
  const spec = template.spec;
  const containers =
    typeof spec === 'object' && spec !== null ? Object.entries(spec).find(([key]) => key === list) : undefined;
  const all: unknown = containers?.[1];
  return Array.isArray(all) ? all[index] : undefined;
}
