import type { Fields, KubeObject } from '../capture/wire.ts';
import type { Case } from './case-files.ts';
import { randomFrom } from './random.ts';
import { rename } from './rename.ts';
import { rewriteTexts } from './rewrite.ts';
import { capturedAtOf, shiftTimes } from './shift-times.ts';
import { scattered, type Varied } from './vary-case.ts';

type Fault = { readonly code: unknown; readonly object: unknown };

/**
 * Whether two cases can be told as two troubles of one cluster: both have a fault, of different families, neither concerns the whole cluster, and putting the pods of the second
 * onto nodes of the first changes neither. At most one of them may be about room on nodes.
 */
export function canCombine(first: Case, second: Case): boolean {
  const [a, b] = [first.expected, second.expected];
  const isAlone = (one: Case) =>
    one.expected.code == null ||
    one.expected.family === 'control-plane' ||
    one.expected.family === 'nodes' ||
    capturedAtOf(one) === undefined;
  if (isAlone(first) || isAlone(second) || a.family === b.family) return false;
  // What is asked of one object alone need not be told when the whole cluster is looked at.
  const isAskedAlone = (one: Case) =>
    /^(?:cron-job-suspended|cron-job-missed|hpa-at-maximum|workload-scaled-to-zero)$/.test(
      String([one.expected.code].flat()[0]),
    );
  if (isAskedAlone(first) || isAskedAlone(second)) return false;
  if (needsItsNodes(second) || JSON.stringify(second.objects).includes('"kind":"DaemonSet"')) return false;
  // Another webhook, policy or class of the whole cluster would reach into the other case.
  return (
    workersOf(first).length > 0 ||
    !second.objects.some(({ kind, spec }) => kind === 'Pod' && spec?.nodeName !== undefined)
  );
}

/** Merges the second case into the first: its names and uids anew, its clock set to the first one's, its pods on the first one's nodes. */
export function combine(first: Case, second: Case, seed: number): Varied {
  const random = randomFrom(seed);
  const [ownTime = 0, otherTime = 0] = [capturedAtOf(first), capturedAtOf(second)];
  const other = ontoNodes(shiftTimes(renamedApart(second, first, seed), ownTime - otherTime), first);
  const isOwnNode = new Set(first.objects.filter(({ kind }) => kind === 'Node').map(({ metadata }) => metadata.name));
  const known = new Set(first.objects.map(identity));
  const objects = [
    ...first.objects,
    ...other.objects.filter(
      (item) =>
        item.kind !== 'Node' &&
        !known.has(identity(item)) &&
        !(item.metadata.namespace === 'kube-node-lease' && !isOwnNode.has(item.metadata.name)) &&
        item.metadata.namespace !== 'kube-system',
    ),
  ];
  const others = new Map([...other.others, ...first.others]);
  // The whole snapshot is asked about: an alert would narrow it to one of the two.
  others.delete('alerts.json');
  for (const path of ['probes.json', 'dependencies.json']) {
    const lists = [first.others.get(path), other.others.get(path)].filter((list) => Array.isArray(list));
    if (lists.length > 0) others.set(path, lists.flat());
  }
  const varied: Case = {
    name: `${first.name}+${second.name}`,
    expected: expectedOf(first.expected, other.expected),
    objects,
    others,
  };
  return { varied, groups: scattered(objects, random) };
}

function expectedOf(a: Fields, b: Fields): Fields {
  const faults = [...faultsOf(a), ...faultsOf(b)];
  const codes = new Set(faults.flatMap(({ code }) => [code].flat()));
  const alsoTrue = [...new Set([...listOf(a.alsoTrue), ...listOf(b.alsoTrue)])];
  const notClaimed = [...listOf(a.notClaimed), ...listOf(b.notClaimed)].filter(
    (claim) => typeof claim !== 'string' || (!codes.has(claim) && !alsoTrue.includes(claim)),
  );
  const [main, ...also] = faults;
  return {
    about: `Two troubles at once. ${a.about} ${b.about}`,
    family: 'two-faults',
    ...main,
    ...(also.length === 0 ? {} : { also }),
    alsoTrue,
    notClaimed,
    ...(a.says === undefined ? {} : { says: a.says }),
  };
}

function faultsOf({ code, object, also }: Fields): readonly Fault[] {
  return [{ code, object }, ...(listOf(also) as Fault[])];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function identity({ apiVersion, kind, metadata }: KubeObject): string {
  return `${apiVersion} ${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
}

/** New names until none of the second case's own objects is called as one of the first: names that cannot be changed safely may clash. */
function renamedApart(second: Case, first: Case, seed: number): Case {
  const renamed = rename(second, randomFrom(seed + 1));
  const taken = new Set(first.objects.map(({ metadata }) => metadata.name));
  const spared = /^(?:default|kube-|system-|control-plane|coredns)/;
  const clash = renamed.objects.find(
    ({ kind, metadata }) =>
      (kind === 'Namespace' || metadata.namespace === undefined) &&
      kind !== 'Node' &&
      taken.has(metadata.name) &&
      !spared.test(metadata.name) &&
      !/^(?:StorageClass|IngressClass|APIService|CSIDriver)$/.test(kind),
  );
  if (clash !== undefined)
    throw new Error(`${second.name} and ${first.name} both have a ${clash.kind} ${clash.metadata.name}`);
  return renamed;
}

/** A scheduler's refusal for what nodes have or are, not for a claim. */
function needsItsNodes({ expected }: Case): boolean {
  return (
    expected.family === 'scheduling' ||
    String([expected.code].flat()[0]).startsWith('node-') ||
    String([expected.code].flat()[0]) === 'volume-node-conflict' ||
    String([expected.code].flat()[0]) === 'volume-attach-failed' ||
    JSON.stringify(expected.object ?? '').includes('Node ')
  );
}

function workersOf({ objects }: Case): readonly KubeObject[] {
  return objects.filter(
    ({ kind, spec }) =>
      kind === 'Node' && !JSON.stringify(spec ?? {}).includes('node-role.kubernetes.io/control-plane'),
  );
}

function ontoNodes(second: Case, first: Case): Case {
  const from = second.objects.filter(({ kind }) => kind === 'Node').map(({ metadata }) => metadata.name);
  const waits = first.expected.family === 'scheduling';
  const controlPlane = first.objects.find(
    ({ kind, metadata }) => kind === 'Node' && !workersOf(first).some((node) => node.metadata.name === metadata.name),
  );
  // Where the first case is about room, the pods of the second must take none of it.
  const to =
    waits && controlPlane !== undefined
      ? [controlPlane.metadata.name]
      : workersOf(first).map(({ metadata }) => metadata.name);
  const map = new Map(from.map((name, index) => [name, to[index % Math.max(1, to.length)] ?? name]));
  if (map.size === 0) return second;
  const pattern = new RegExp(
    `(?<![A-Za-z0-9-])(?:${[...map.keys()].map((name) => name.replace(/[.]/g, '\\.')).join('|')})(?![A-Za-z0-9-])`,
    'g',
  );
  const moved = rewriteTexts(second, (text) => text.replace(pattern, (name) => map.get(name) ?? name));
  if (!waits) return moved;
  const tolerate = { key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' };
  return {
    ...moved,
    objects: moved.objects.map((item) =>
      item.kind === 'Pod' && item.spec?.nodeName !== undefined
        ? { ...item, spec: { ...item.spec, tolerations: [...listOf(item.spec.tolerations), tolerate] } }
        : item,
    ),
  };
}
