import { ok } from '../../../result.ts';
import { readActionSchema } from '../../action.ts';
import { allNamespacesFlag, type Flags, namespaceFlag, selectorFlag } from '../flags.ts';
import { readTarget } from '../operands.ts';
import { complete, incomplete, type Parsed, type ParsedLine, refuse } from '../parsed-line.ts';
import { readFieldSelector, readScope, readSelector, shown } from '../values.ts';
import type { Verb, VerbLine } from '../verb.ts';

const outputs = ['wide', 'json', 'yaml', 'name'] as const;

export const getVerb: Verb = {
  flags: [
    namespaceFlag,
    allNamespacesFlag,
    selectorFlag,
    { name: 'field-selector', type: 'text' },
    { name: 'output', short: 'o', type: 'text' },
    { name: 'sort-by', type: 'text' },
    { name: 'raw', type: 'text' },
  ],
  translate: (verbLine) => (verbLine.flags.has('raw') ? translateRaw(verbLine) : translateGet(verbLine)),
};

function translateGet({ line, flags, operands }: VerbLine): Parsed<ParsedLine> {
  if (operands.length === 0) {
    return incomplete(line, '`kubectl get` does not say what to read. Add a type, such as `kubectl get pods`.');
  }
  const target = readTarget(operands);
  if (!target.ok) return target;
  const { type, names } = target.value;
  const selector = readSelector(flags.get(selectorFlag.name));
  if (!selector.ok) return selector;
  const fieldSelector = readFieldSelector(flags.get('field-selector'));
  if (!fieldSelector.ok) return fieldSelector;
  if (names.length > 0 && (selector.value !== undefined || fieldSelector.value !== undefined)) {
    return refuse('syntax.operands', 'The line gives names and a selector. Give one of them.');
  }
  const sorted = checkSorting(flags, type.resource);
  if (!sorted.ok) return sorted;
  const output = readOutput(flags);
  if (!output.ok) return output;
  const where = readWhere(flags, type.namespaced, names.length > 0);
  if (!where.ok) return where;
  return complete({
    kind: 'get',
    resource: type.resource,
    names: [...names],
    ...where.value,
    ...(selector.value === undefined ? {} : { selector: selector.value }),
    ...(fieldSelector.value === undefined ? {} : { fieldSelector: fieldSelector.value }),
    output: output.value,
  });
}

type Where = { namespace?: string; allNamespaces?: true };

function readWhere(flags: Flags, isNamespaced: boolean, isNamed: boolean): Parsed<Where> {
  const scope = readScope(flags);
  if (!scope.ok) return scope;
  if (!isNamespaced) {
    if (!flags.has(namespaceFlag.name) && !('allNamespaces' in scope.value)) return ok({});
    return refuse('syntax.flag', 'This type lives in no namespace. Leave out -n and -A.');
  }
  if ('allNamespaces' in scope.value && isNamed) {
    return refuse('syntax.operands', 'A name is looked up in one namespace. Write -n NAMESPACE in place of -A.');
  }
  return ok(scope.value);
}

function readOutput(flags: Flags): Parsed<'table' | 'wide' | 'json' | 'yaml' | 'name'> {
  const word = flags.get('output');
  if (word === undefined) return ok('table');
  const found = outputs.find((output) => output === word);
  if (found !== undefined) return ok(found);
  return refuse(
    'syntax.flag-value',
    `-o ${shown(word)} is not understood. Use -o wide, json, yaml or name, and judge columns with \`validate\`.`,
  );
}

// Events are always told in the order of their last occurrence, so this one order is kept, and no other can be asked for.
function checkSorting(flags: Flags, resource: string): Parsed<null> {
  const word = flags.get('sort-by');
  if (word === undefined || (resource === 'events' && (word === '.lastTimestamp' || word === 'lastTimestamp'))) {
    return ok(null);
  }
  return refuse(
    'syntax.flag-value',
    'Sorting is not understood, except `--sort-by=.lastTimestamp` for events. Leave it out: conditions do not depend on the order.',
  );
}

function translateRaw({ flags, operands }: VerbLine): Parsed<ParsedLine> {
  const path = flags.get('raw') ?? '';
  const others = [...flags.keys()].filter((name) => name !== 'raw');
  if (operands.length > 0 || others.length > 0) {
    return refuse('syntax.operands', '--raw reads one path and nothing else. Leave out the rest of the line.');
  }
  const action = readActionSchema.safeParse({ kind: 'raw', path });
  if (action.success) return complete(action.data);
  return refuse(
    'syntax.path',
    `--raw reads only the API server's own health and version paths (/readyz, /livez, /healthz, /version, their checks, ?verbose), and ${shown(path)} is none. Read the object by its type instead.`,
  );
}
