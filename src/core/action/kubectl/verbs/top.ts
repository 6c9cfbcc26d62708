import { allNamespacesFlag, namespaceFlag, selectorFlag } from '../flags.ts';
import { complete, refuse } from '../parsed-line.ts';
import { readScope, readSelector } from '../values.ts';
import type { Verb } from '../verb.ts';

const oneByOne = 'Use of resources is read for all that a selector leaves. Write -l SELECTOR in place of the name.';

const topPods: Verb = {
  flags: [namespaceFlag, allNamespacesFlag, selectorFlag],
  translate({ flags, operands }) {
    if (operands.length > 0) return refuse('syntax.operands', oneByOne);
    const scope = readScope(flags);
    if (!scope.ok) return scope;
    const selector = readSelector(flags.get(selectorFlag.name));
    if (!selector.ok) return selector;
    return complete({
      kind: 'top',
      resource: 'pods',
      ...scope.value,
      ...(selector.value === undefined ? {} : { selector: selector.value }),
    });
  },
};

const topNodes: Verb = {
  flags: [selectorFlag],
  translate({ flags, operands }) {
    if (operands.length > 0) return refuse('syntax.operands', oneByOne);
    const selector = readSelector(flags.get(selectorFlag.name));
    if (!selector.ok) return selector;
    return complete({
      kind: 'top',
      resource: 'nodes',
      ...(selector.value === undefined ? {} : { selector: selector.value }),
    });
  },
};

export const topVerbs: ReadonlyMap<string, Verb> = new Map([
  ...['pods', 'pod', 'po'].map((word) => [word, topPods] as const),
  ...['nodes', 'node', 'no'].map((word) => [word, topNodes] as const),
]);
