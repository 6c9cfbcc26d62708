import type { Action } from '../action/action.ts';
import { sayRef } from '../cluster/object.ts';

/** What an action does, for people, when its author gave it no title. */
export function titleOf(action: Action): string {
  switch (action.kind) {
    case 'get':
      return `List ${action.resource}${action.names.length === 0 ? '' : ` ${action.names.join(', ')}`}${within(action)}`;
    case 'describe':
      return `Describe ${action.resource} ${action.name}${within(action)}`;
    case 'logs':
      return `Read ${action.previous === true ? 'the logs before the last restart' : 'the logs'} of ${saySubject(action.of)}`;
    case 'events':
      return `List events${action.for === undefined ? '' : ` of ${sayRef(action.for)}`}${within(action)}`;
    case 'top':
      return `Show what ${action.resource} use${within(action)}`;
    case 'raw':
      return `Ask the API server for ${action.path}`;
    case 'rollout-status':
      return `Look at the rollout of ${sayRef(action.target)}`;
    case 'rollout-history':
      return `List the revisions of ${sayRef(action.target)}`;
    case 'query':
      return `Query ${action.promql.length > 80 ? `${action.promql.slice(0, 79)}…` : action.promql}`;
    case 'rollout-undo':
      return `Roll ${sayRef(action.target)} back to ${action.toRevision === undefined ? 'its previous revision' : `revision ${action.toRevision}`}`;
    case 'set-resources':
      return `Set ${sayResources(action)} of container ${action.container} in ${sayRef(action.target)}`;
    case 'manual':
      return action.text.length > 100 ? `${action.text.slice(0, 99)}…` : action.text;
    default:
      return action satisfies never;
  }
}

function within(scope: {
  readonly namespace?: string | undefined;
  readonly allNamespaces?: boolean | undefined;
}): string {
  if (scope.allNamespaces === true) return ' in all namespaces';
  return scope.namespace === undefined ? '' : ` in ${scope.namespace}`;
}

function saySubject(of: Extract<Action, { kind: 'logs' }>['of']): string {
  switch (of.by) {
    case 'pod':
      return `pod ${of.name}`;
    case 'selector':
      return `pods with ${of.selector}`;
    case 'workload':
      return sayRef(of.workload);
    default:
      return of satisfies never;
  }
}

function sayResources({ limits, requests }: Extract<Action, { kind: 'set-resources' }>): string {
  const say = (what: string, list: typeof limits) =>
    Object.entries(list ?? {}).map(([resource, quantity]) => `${resource} ${what} to ${quantity}`);
  return [...say('limit', limits), ...say('request', requests)].join(', ');
}
