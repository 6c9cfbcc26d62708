import type { WireObject } from '../../cluster/object.ts';
import { since } from './cell.ts';
import { describeContainer } from './describe-container.ts';
import { field, fieldsAt, listAt, numberAt, textAt } from './fields.ts';
import { summarisePod } from './pod-summary.ts';
import { type ReadOutput, textOutput } from './read-output.ts';
import { renderReadOutput } from './render-read-output.ts';
import { labelsText, selectorText } from './selector-text.ts';

/**
 * A compact `kubectl describe` of our own: who the object is, its state, conditions, containers and taints, then its events. Values of
 * the environment are masked, annotations and contents of ConfigMaps are left out. `events` undefined: they could not be read, and the
 * reason belongs into `notes`.
 */
export function renderDescribe(
  object: WireObject,
  events: readonly WireObject[] | undefined,
  options: { readonly now: Date; readonly notes?: readonly string[] },
): ReadOutput {
  const lines = [
    ...identityLines(object, options.now),
    ...stateLines(object),
    ...conditionLines(object),
    ...containerLines(object),
    ...taintLines(object),
    ...eventLines(events, options.now),
  ];
  return textOutput(lines.join('\n'), { notes: options.notes ?? [] });
}

function identityLines(object: WireObject, now: Date): string[] {
  const { name, namespace, labels, creationTimestamp = '', deletionTimestamp, ownerReferences = [] } = object.metadata;
  const controller = ownerReferences.find((owner) => owner.controller === true);
  return [
    `Kind: ${object.kind}`,
    `Name: ${name}`,
    ...(namespace === undefined ? [] : [`Namespace: ${namespace}`]),
    `Age: ${since(creationTimestamp, now).text}`,
    ...(deletionTimestamp === undefined ? [] : [`Being deleted since: ${deletionTimestamp}`]),
    `Labels: ${labelsText(labels ?? {}) || '<none>'}`,
    ...(controller === undefined ? [] : [`Controlled By: ${controller.kind}/${controller.name}`]),
  ];
}

function stateLines(object: WireObject): string[] {
  if (object.kind === 'Pod') {
    const { status, ready, containers, restarts } = summarisePod(object);
    const message = textAt(object, 'status', 'message');
    return [
      `Status: ${status}`,
      `Ready: ${ready}/${containers}`,
      `Restarts: ${restarts}`,
      `Node: ${textAt(object, 'spec', 'nodeName') || '<none>'}`,
      ...(message === '' ? [] : [`Message: ${message}`]),
    ];
  }
  const replicas = numberAt(object, 'spec', 'replicas');
  const selector = selectorText(field(object, 'spec', 'selector'));
  const counts = ['updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas'].flatMap((key) => {
    const count = numberAt(object, 'status', key);
    return count === undefined ? [] : [`${count} ${key.replace('Replicas', '')}`];
  });
  const phase = textAt(object, 'status', 'phase');
  return [
    ...(phase === '' ? [] : [`Status: ${phase}`]),
    ...(replicas === undefined ? [] : [`Replicas: ${[`${replicas} desired`, ...counts].join(', ')}`]),
    ...(selector === '' ? [] : [`Selector: ${selector}`]),
    ...(field(object, 'spec', 'unschedulable') === true ? ['Unschedulable: true'] : []),
  ];
}

function conditionLines(object: WireObject): string[] {
  const conditions = listAt(object, 'status', 'conditions');
  if (conditions.length === 0) return [];
  return [
    'Conditions:',
    ...conditions.map((condition) => {
      const because = [textAt(condition, 'reason'), textAt(condition, 'message').replaceAll(/\s+/g, ' ')];
      const detail = because.filter((part) => part !== '').join(': ');
      return `  ${textAt(condition, 'type')}: ${textAt(condition, 'status')}${detail === '' ? '' : ` (${detail})`}`;
    }),
  ];
}

function containerLines(object: WireObject): string[] {
  const isPod = object.kind === 'Pod';
  const spec = isPod ? field(object, 'spec') : field(object, 'spec', 'template', 'spec');
  return (['initContainers', 'containers'] as const).flatMap((key) => {
    const containers = listAt(spec, key);
    if (containers.length === 0) return [];
    const statuses = isPod
      ? listAt(object, 'status', key === 'containers' ? 'containerStatuses' : 'initContainerStatuses')
      : [];
    return [
      key === 'containers' ? 'Containers:' : 'Init Containers:',
      ...containers.flatMap((container) =>
        describeContainer(
          container,
          statuses.find((status) => textAt(status, 'name') === textAt(container, 'name')),
        ),
      ),
    ];
  });
}

function taintLines(object: WireObject): string[] {
  if (object.kind !== 'Node') return [];
  const taints = listAt(object, 'spec', 'taints').map(
    (taint) => `${textAt(taint, 'key')}=${textAt(taint, 'value')}:${textAt(taint, 'effect')}`,
  );
  const allocatable = Object.entries(fieldsAt(object, 'status', 'allocatable'));
  return [
    `Taints: ${taints.join(', ') || '<none>'}`,
    ...(allocatable.length === 0
      ? []
      : [`Allocatable: ${allocatable.map(([name, quantity]) => `${name}=${String(quantity)}`).join(', ')}`]),
  ];
}

function eventLines(events: readonly WireObject[] | undefined, now: Date): string[] {
  if (events === undefined) return ['Events: <could not be read>'];
  if (events.length === 0) return ['Events: <none>'];
  const table = renderReadOutput('Event', events, { wide: false, now });
  return ['Events:', ...table.text.split('\n').map((line) => `  ${line}`)];
}
