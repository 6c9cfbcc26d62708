import { type FlagSpec, namespaceFlag } from '../flags.ts';
import { readTarget } from '../operands.ts';
import { incomplete, manual, type Parsed, type ParsedLine, refuse } from '../parsed-line.ts';
import { readInteger, readName, readNamespace } from '../values.ts';
import type { Verb } from '../verb.ts';
import { readWorkload } from '../workload.ts';

const maxReplicas = 100_000;

export const scaleVerb: Verb = {
  flags: [namespaceFlag, { name: 'replicas', type: 'text' }, { name: 'current-replicas', type: 'text' }],
  translate({ line, flags, operands }) {
    const target = readWorkload(operands, flags);
    if (!target.ok) return target;
    const replicas = readInteger(flags, 'replicas', 0, maxReplicas);
    if (!replicas.ok) return replicas;
    const current = readInteger(flags, 'current-replicas', 0, maxReplicas);
    if (!current.ok) return current;
    if (target.value.found === 'nothing') {
      return incomplete(line, '`kubectl scale` names no object. Add deployment/NAME --replicas=N.');
    }
    if (target.value.found === 'other' && !scales(target.value.kind)) {
      return refuse(
        'syntax.operands',
        `A ${target.value.kind} is not scaled. Name a Deployment, StatefulSet or ReplicaSet.`,
      );
    }
    if (replicas.value === undefined) return incomplete(line, '`kubectl scale` gives no number. Add --replicas=N.');
    return notCarriedOut('scale', line);
  },
};

function scales(kind: string): boolean {
  return ['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController'].includes(kind);
}

export const cordonVerb = onNode('cordon', []);
export const uncordonVerb = onNode('uncordon', []);
export const drainVerb = onNode('drain', [
  { name: 'ignore-daemonsets', type: 'boolean' },
  { name: 'delete-emptydir-data', type: 'boolean' },
]);

function onNode(verb: string, flags: readonly FlagSpec[]): Verb {
  return {
    flags,
    translate({ line, operands }) {
      const [first, ...others] = operands;
      if (first === undefined) return incomplete(line, `\`kubectl ${verb}\` names no node. Add its name.`);
      if (others.length > 0)
        return refuse('syntax.operands', `\`kubectl ${verb}\` is for one node. Write one action for each.`);
      const slashed = /^(?:node|nodes|no)\/(.*)$/.exec(first);
      const name = readName(slashed?.[1] ?? first);
      return name.ok ? notCarriedOut(verb, line) : name;
    },
  };
}

export const deleteVerb: Verb = {
  flags: [
    namespaceFlag,
    { name: 'grace-period', type: 'text' },
    { name: 'ignore-not-found', type: 'boolean' },
    { name: 'wait', type: 'boolean' },
  ],
  translate({ line, flags, operands }) {
    const namespace = readNamespace(flags);
    if (!namespace.ok) return namespace;
    const grace = readInteger(flags, 'grace-period', 1, 3600);
    if (!grace.ok) return grace;
    if (operands.length === 0)
      return incomplete(line, '`kubectl delete` names no object. Write `kubectl delete pod NAME`.');
    const target = readTarget(operands);
    if (!target.ok) return target;
    const { type, names } = target.value;
    if (type.kind !== 'Pod' && type.kind !== 'Job') {
      return refuse(
        'syntax.resource',
        `Deleting a ${type.kind} is refused. Pods and Jobs are deleted one by one, by name.`,
      );
    }
    if (names.length === 0) {
      return incomplete(
        line,
        `\`kubectl delete ${type.singular}\` names no ${type.singular}: add the name of the one to delete.`,
      );
    }
    if (names.length > 1) {
      return refuse(
        'syntax.operands',
        'The line deletes several objects. Write one action for each, so that each is checked by itself.',
      );
    }
    return notCarriedOut(`delete ${type.singular}`, line);
  },
};

function notCarriedOut(verb: string, line: string): Parsed<ParsedLine> {
  return manual(line, `\`kubectl ${verb}\` is understood, but not carried out in this version: a person does it.`);
}
