import { allNamespacesFlag, namespaceFlag, selectorFlag } from '../flags.ts';
import { readTarget } from '../operands.ts';
import { complete, incomplete, manual, type Parsed, type ParsedLine, refuse } from '../parsed-line.ts';
import { readScope, readSelector } from '../values.ts';
import type { Verb, VerbLine } from '../verb.ts';

export const describeVerb: Verb = {
  flags: [namespaceFlag, allNamespacesFlag, selectorFlag],
  translate: translateDescribe,
};

function translateDescribe({ line, flags, operands }: VerbLine): Parsed<ParsedLine> {
  if (operands.length === 0) {
    return incomplete(line, '`kubectl describe` names no object. Write `kubectl describe TYPE NAME`.');
  }
  const target = readTarget(operands);
  if (!target.ok) return target;
  const { type, names } = target.value;
  const scope = readScope(flags);
  if (!scope.ok) return scope;
  const selector = readSelector(flags.get(selectorFlag.name));
  if (!selector.ok) return selector;
  const [name, ...others] = names;
  if (others.length > 0) {
    return refuse('syntax.operands', 'One object is described at a time. Write one action for each.');
  }
  const everywhere = 'allNamespaces' in scope.value;
  if (name !== undefined && (everywhere || selector.value !== undefined)) {
    return refuse('syntax.operands', 'A name is looked up in one namespace, without a selector. Leave out -A and -l.');
  }
  if (name === undefined) {
    if (selector.value === undefined && !everywhere) {
      return incomplete(line, `\`kubectl describe ${type.singular}\` names no object. Add the name.`);
    }
    return manual(
      line,
      `One named object is described at a time, so a person does this. \`kubectl get ${type.resource} -o wide\` with the same selector would run by itself.`,
    );
  }
  if (!type.namespaced) {
    if (flags.has(namespaceFlag.name)) return refuse('syntax.flag', 'This type lives in no namespace. Leave out -n.');
    return complete({ kind: 'describe', resource: type.resource, name });
  }
  return complete({ kind: 'describe', resource: type.resource, name, ...scope.value });
}
