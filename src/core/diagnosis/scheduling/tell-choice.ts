import { matchesExpression, matchesField, matchesNodeSelector, sayExpression } from '../../cluster/node-selector.ts';
import { refOf } from '../../cluster/object.ts';
import { at, isRecord, listAt, recordsAt, stringsAt, textAt, type WireRecord } from '../../cluster/wire.ts';
import { nearestName } from '../nearest-name.ts';
import { fromObject } from '../support.ts';
import type { NodeLoad } from './cluster-load.ts';
import { labelOf } from './neighbour-checks.ts';
import { requiredNodeAffinity } from './node-checks.ts';
import { listed, nodeNames, share, type Telling, type Told } from './told.ts';
import { zoneConflictOf } from './volume-checks.ts';

/** Labels that no node has: the nearest that nodes do have are told. */
export function tellNodeSelector({ podSpec, load, now }: Telling): Told {
  const pairs = Object.entries(stringsAt(podSpec, 'nodeSelector'));
  const unknown = pairs.find(([key, value]) => !load.nodes.some((node) => labelOf(node, key) === value));
  const all = pairs.map(([key, value]) => `${key}=${value}`).join(', ');
  if (unknown === undefined) {
    return {
      code: 'node-selector-unmatched',
      path: ['nodeSelector'],
      observed: all,
      expected: 'labels that one node has together',
      why: `no node has all of ${all}, though each of them is somewhere`,
      advice: 'Select by labels that some node has together, or label a node.',
    };
  }
  const [key, value] = unknown;
  const { expected, said } = nearestLabels(load.nodes, key, [value]);
  return {
    code: 'node-selector-unmatched',
    path: ['nodeSelector', key],
    observed: `${key}=${value}`,
    expected,
    why: `no node has the label ${key}=${value}; ${said}`,
    advice: `Select a label that nodes have (${expected}), or label a node ${key}=${value}.`,
    support: load.nodes
      .slice(0, 3)
      .map((node) => fromObject(node.object, now, `label ${key} is ${labelOf(node, key) ?? 'not set'}`)),
  };
}

function nearestLabels(nodes: readonly NodeLoad[], key: string, wanted: readonly string[]) {
  const values = valuesOf(nodes, key);
  if (values.length > 0) {
    const near = wanted.flatMap((value) => nearestName(value, values) ?? [])[0];
    const found = listed(values, 5);
    return {
      expected: near === undefined ? `${key}=${found}` : `${key}=${near}`,
      said: `nodes have ${key}=${found}`,
    };
  }
  const keys = [...new Set(nodes.flatMap(({ labels }) => Object.keys(labels)))].toSorted();
  const sameValue = keys.filter((each) => wanted.some((value) => valuesOf(nodes, each).includes(value)));
  const near = nearestName(key, keys) ?? sameValue.find((each) => tailOf(each) === tailOf(key));
  if (near === undefined)
    return { expected: `a node with the label ${key}`, said: `no node has a label ${key} at all` };
  const found = listed(valuesOf(nodes, near), 5);
  return { expected: `${near}=${found}`, said: `no node has a label ${key} at all, but ${near}=${found} is there` };
}

// `topology.kubernetes.io/zone` and `failure-domain.beta.kubernetes.io/zone` mean the same to people.
function tailOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

function valuesOf(nodes: readonly NodeLoad[], key: string): readonly string[] {
  return [...new Set(nodes.flatMap((node) => labelOf(node, key) ?? []))].toSorted();
}

/** A required node affinity that no node fulfils: the expression that fails everywhere is told. */
export function tellNodeAffinity({ podSpec, load, now }: Telling): Told {
  const root = ['affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution'];
  const hopeless = hopelessExpression(requiredNodeAffinity(podSpec), load.nodes);
  if (hopeless === undefined) {
    return {
      code: 'node-affinity-unmatched',
      path: [...root, 'nodeSelectorTerms'],
      observed: sayTerms(requiredNodeAffinity(podSpec)),
      expected: 'a term that one node fulfils',
      why: `no node fulfils its required node affinity (${sayTerms(requiredNodeAffinity(podSpec))})`,
      advice: 'Change the terms so that a node fulfils one of them, or label a node.',
    };
  }
  const { record, path } = hopeless;
  const key = textAt(record, 'key') ?? '';
  const wanted = listAt(record, 'values').filter((value) => typeof value === 'string');
  const names = load.nodes.map(({ name }) => name);
  const nearest = path.includes('matchFields')
    ? { expected: `metadata.name In [${listed(names, 5)}]`, said: `the nodes are ${listed(names, 5)}` }
    : nearestLabels(load.nodes, key, wanted);
  return {
    code: 'node-affinity-unmatched',
    path: [...root, ...path],
    observed: sayExpression(record),
    expected: nearest.expected,
    why: `no node fulfils ${sayExpression(record)} of its required node affinity; ${nearest.said}`,
    advice: `Ask for what nodes have (${nearest.expected}), or label a node.`,
    support: load.nodes
      .slice(0, 3)
      .map((node) => fromObject(node.object, now, `label ${key} is ${labelOf(node, key) ?? 'not set'}`)),
  };
}

type Hopeless = { readonly record: WireRecord; readonly path: readonly (string | number)[] };

/** The expression that no node fulfils, in the term that has the fewest such: that term is nearest to being right. */
function hopelessExpression(selector: unknown, nodes: readonly NodeLoad[]): Hopeless | undefined {
  const terms = recordsAt(selector, 'nodeSelectorTerms').map(({ index, record: term }) => [
    ...recordsAt(term, 'matchExpressions')
      .filter(({ record }) => !nodes.some(({ labels }) => matchesExpression(record, labels)))
      .map(({ index: at, record }) => ({ record, path: ['nodeSelectorTerms', index, 'matchExpressions', at] })),
    ...recordsAt(term, 'matchFields')
      .filter(({ record }) => !nodes.some(({ name }) => matchesField(record, name)))
      .map(({ index: at, record }) => ({ record, path: ['nodeSelectorTerms', index, 'matchFields', at] })),
  ]);
  return terms.filter((failing) => failing.length > 0).toSorted((a, b) => a.length - b.length)[0]?.[0];
}

function sayTerms(selector: unknown): string {
  return recordsAt(selector, 'nodeSelectorTerms')
    .slice(0, 3)
    .map(({ record }) =>
      [...recordsAt(record, 'matchExpressions'), ...recordsAt(record, 'matchFields')]
        .map(({ record: expression }) => sayExpression(expression))
        .join(' and '),
    )
    .join(', or ');
}

/** A volume that can be reached only from nodes that the pod may not or cannot use. */
export function tellVolume({ load, cause, workload, now }: Telling): Told | undefined {
  const conflict = cause.closed.flatMap(({ obstacle }) => (obstacle?.is === 'volume' ? [obstacle.volume] : []))[0];
  if (conflict === undefined) return undefined;
  const { name } = conflict.metadata;
  const required = at(conflict, 'spec', 'nodeAffinity', 'required');
  const reached = isRecord(required) ? load.nodes.filter((node) => matchesNodeSelector(required, node)) : [];
  const place = isRecord(required) ? placeOf(required, load.nodes) : zoneOf();
  const elsewhere =
    reached.length === 0
      ? 'no node is there'
      : `only ${listed(reached.map((node) => node.name))} can reach it, and the pod may not run there`;
  return {
    code: 'volume-node-conflict',
    object: refOf(conflict),
    path: place.path,
    observed: place.observed,
    expected: place.expected,
    why: `its volume ${name} is bound to ${place.observed}, and ${elsewhere} (${share(cause)} left out: ${nodeNames(cause.closed)})`,
    advice:
      reached.length === 0
        ? 'Bring back a node where the volume is, or restore its data into a volume that other nodes can reach.'
        : 'Let the pod run where its volume is (its node selector and affinity), or move the data to a volume that its nodes can reach.',
    support: [fromObject(conflict, now, `it can be reached only from ${place.observed}`)],
    affects: [workload.ref],
  };

  function zoneOf() {
    const key =
      cause.closed.flatMap(({ node }) => {
        const known = load.nodeByName.get(node.metadata.name);
        return conflict === undefined || known === undefined ? [] : (zoneConflictOf(conflict, known) ?? []);
      })[0] ?? 'topology.kubernetes.io/zone';
    return {
      path: ['metadata', 'labels', key],
      observed: `${key}=${conflict?.metadata.labels?.[key] ?? ''}`,
      expected: `a zone with nodes: ${listed(valuesOf(load.nodes, key), 5)}`,
    };
  }
}

function placeOf(required: unknown, nodes: readonly NodeLoad[]) {
  const root = ['spec', 'nodeAffinity', 'required'];
  const hopeless = hopelessExpression(required, nodes) ?? firstExpression(required);
  if (hopeless === undefined)
    return { path: root, observed: 'no node', expected: 'a node affinity that some node fulfils' };
  const key = textAt(hopeless.record, 'key') ?? '';
  const values = valuesOf(nodes, key);
  return {
    path: [...root, ...hopeless.path],
    observed: sayExpression(hopeless.record),
    expected: values.length === 0 ? `a node with the label ${key}` : `${key} of a node: ${listed(values, 5)}`,
  };
}

function firstExpression(required: unknown): Hopeless | undefined {
  const [term] = recordsAt(required, 'nodeSelectorTerms');
  const [expression] = recordsAt(term?.record, 'matchExpressions');
  if (term === undefined || expression === undefined) return undefined;
  return { record: expression.record, path: ['nodeSelectorTerms', term.index, 'matchExpressions', expression.index] };
}
