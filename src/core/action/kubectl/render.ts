import { findResourceType, resourceTypeOfKind } from '../../cluster/resource-types.ts';
import type { ReadAction, WorkloadRef, WriteAction } from '../action.ts';

/** Typed actions that kubectl has a line for. */
export type KubectlAction = Exclude<ReadAction, { kind: 'query' }> | WriteAction;

/**
 * The line a person would type for an action. `parseKubectl` reads it back as the same action, when the action says its namespace and its
 * selector needs no parentheses.
 */
export function renderKubectl(action: KubectlAction): string {
  return ['kubectl', ...wordsOf(action)].map(quoteWord).join(' ');
}

function wordsOf(action: KubectlAction): string[] {
  switch (action.kind) {
    case 'get':
      return [
        'get',
        action.resource,
        ...action.names,
        ...where(action),
        ...flag('--selector', action.selector),
        ...flag('--field-selector', action.fieldSelector),
        ...(action.output === 'table' ? [] : ['-o', action.output]),
      ];
    case 'describe':
      return ['describe', singular(action.resource), action.name, ...where(action)];
    case 'logs':
      return [
        'logs',
        ...logSource(action.of),
        ...where(action),
        ...(action.container === undefined ? [] : ['-c', action.container]),
        ...(action.previous === true ? ['--previous'] : []),
        ...flag('--tail', action.tailLines),
        ...flag('--since', action.sinceSeconds === undefined ? undefined : `${action.sinceSeconds}s`),
      ];
    case 'events':
      return [
        'events',
        ...where(action),
        ...flag('--for', action.for === undefined ? undefined : `${typeWord(action.for.kind)}/${action.for.name}`),
        ...flag('--types', action.types?.join(',')),
      ];
    case 'top':
      return ['top', action.resource, ...where(action), ...flag('--selector', action.selector)];
    case 'raw':
      return ['get', `--raw=${action.path}`];
    case 'rollout-status':
      return ['rollout', 'status', ...workload(action.target)];
    case 'rollout-history':
      return ['rollout', 'history', ...workload(action.target), ...flag('--revision', action.revision)];
    case 'rollout-undo':
      return ['rollout', 'undo', ...workload(action.target), ...flag('--to-revision', action.toRevision)];
    case 'set-resources':
      return [
        'set',
        'resources',
        ...workload(action.target),
        '-c',
        action.container,
        ...flag('--limits', resourceList(action.limits)),
        ...flag('--requests', resourceList(action.requests)),
      ];
    default:
      return action satisfies never;
  }
}

function where(action: {
  readonly namespace?: string | undefined;
  readonly allNamespaces?: boolean | undefined;
}): string[] {
  if (action.allNamespaces === true) return ['-A'];
  return action.namespace === undefined ? [] : ['-n', action.namespace];
}

function flag(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [`${name}=${value}`];
}

function workload(target: WorkloadRef): string[] {
  return [`${typeWord(target.kind)}/${target.name}`, '-n', target.namespace];
}

function logSource(of: Extract<ReadAction, { kind: 'logs' }>['of']): string[] {
  switch (of.by) {
    case 'pod':
      return [of.name];
    case 'selector':
      return ['-l', of.selector];
    case 'workload':
      return [`${typeWord(of.workload.kind)}/${of.workload.name}`];
    default:
      return of satisfies never;
  }
}

function resourceList(list: { readonly cpu?: string | undefined; readonly memory?: string | undefined } | undefined) {
  if (list === undefined) return undefined;
  const parts = [['cpu', list.cpu] as const, ['memory', list.memory] as const];
  const said = parts.flatMap(([name, quantity]) => (quantity === undefined ? [] : [`${name}=${quantity}`]));
  return said.length === 0 ? undefined : said.join(',');
}

function singular(resource: string): string {
  return findResourceType(resource)?.singular ?? resource;
}

function typeWord(kind: string): string {
  return resourceTypeOfKind(kind)?.singular ?? kind.toLowerCase();
}

// What a shell would not leave alone goes into single quotes, so that the shown line can be copied.
function quoteWord(word: string): string {
  return /^[A-Za-z0-9_./:=,@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
