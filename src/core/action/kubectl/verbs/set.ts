import { ok } from '../../../result.ts';
import { quantitySchema } from '../../action.ts';
import { namespaceFlag } from '../flags.ts';
import { complete, incomplete, manual, type Parsed, type ParsedLine, refuse } from '../parsed-line.ts';
import { readContainer, shown } from '../values.ts';
import type { Verb, VerbLine } from '../verb.ts';
import { readWorkload } from '../workload.ts';

const resources: Verb = {
  flags: [
    namespaceFlag,
    { name: 'containers', short: 'c', type: 'text' },
    { name: 'limits', type: 'text' },
    { name: 'requests', type: 'text' },
  ],
  translate: translateResources,
};

function translateResources({ line, flags, operands }: VerbLine): Parsed<ParsedLine> {
  const target = readWorkload(operands, flags);
  if (!target.ok) return target;
  const limits = readResourceList('limits', flags.get('limits'));
  if (!limits.ok) return limits;
  const requests = readResourceList('requests', flags.get('requests'));
  if (!requests.ok) return requests;
  const containerWord = flags.get('containers');
  const container = containerWord === undefined ? ok(undefined) : readContainer(containerWord);
  if (!container.ok) return container;
  if (target.value.found === 'nothing') {
    return incomplete(line, '`kubectl set resources` names no object. Add deployment/NAME.');
  }
  if (limits.value === undefined && requests.value === undefined) {
    return incomplete(line, '`kubectl set resources` sets nothing. Add --limits=memory=QUANTITY or --requests=.');
  }
  if (target.value.found === 'other') {
    return manual(line, `Resources of Deployments are known so far; those of a ${target.value.kind} a person sets.`);
  }
  if (container.value === undefined) {
    return incomplete(line, '`kubectl set resources` would change every container. Add -c CONTAINER.');
  }
  return complete({
    kind: 'set-resources',
    target: target.value.workload,
    container: container.value,
    ...(limits.value === undefined ? {} : { limits: limits.value }),
    ...(requests.value === undefined ? {} : { requests: requests.value }),
  });
}

type ResourceList = { cpu?: string; memory?: string };

// A zero would remove the limit, which is another change than the card would show.
const zero = /^0+(\.0+)?[a-zA-Z]*$/;

function readResourceList(flag: string, word: string | undefined): Parsed<ResourceList | undefined> {
  if (word === undefined) return ok(undefined);
  const list: ResourceList = {};
  for (const part of word.split(',')) {
    const [name, quantity = '', ...more] = part.split('=');
    if ((name !== 'cpu' && name !== 'memory') || more.length > 0) {
      return refuse(
        'syntax.flag-value',
        `--${flag} must be cpu=QUANTITY,memory=QUANTITY or one of them, and is ${shown(word)}.`,
      );
    }
    if (list[name] !== undefined) return refuse('syntax.flag-repeated', `--${flag} gives ${name} twice. Give it once.`);
    if (!quantitySchema.safeParse(quantity).success || zero.test(quantity)) {
      return refuse(
        'syntax.flag-value',
        `--${flag} gives ${name} as ${shown(quantity)}, which is not a quantity above zero such as 500m or 512Mi.`,
      );
    }
    list[name] = quantity;
  }
  return ok(list);
}

const imageAssignment = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?=[A-Za-z0-9][A-Za-z0-9._/:@-]*$/;

const image: Verb = {
  flags: [namespaceFlag],
  translate({ line, flags, operands }) {
    const assignments = operands.filter((operand) => operand.includes('='));
    const wrong = assignments.find((assignment) => !imageAssignment.test(assignment));
    if (wrong !== undefined) {
      return refuse('syntax.operands', `${shown(wrong)} is not CONTAINER=IMAGE with one named container. Write it so.`);
    }
    const target = readWorkload(
      operands.filter((operand) => !operand.includes('=')),
      flags,
    );
    if (!target.ok) return target;
    if (target.value.found === 'nothing') {
      return incomplete(line, '`kubectl set image` names no object. Add deployment/NAME CONTAINER=IMAGE.');
    }
    if (assignments.length === 0) return incomplete(line, '`kubectl set image` sets nothing. Add CONTAINER=IMAGE.');
    return manual(line, '`kubectl set image` is understood, but not carried out in this version: a person does it.');
  },
};

export const setVerbs: ReadonlyMap<string, Verb> = new Map([
  ['resources', resources],
  ['image', image],
]);
