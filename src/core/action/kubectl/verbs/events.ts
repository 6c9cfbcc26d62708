import { ok } from '../../../result.ts';
import { allNamespacesFlag, namespaceFlag } from '../flags.ts';
import { readTarget } from '../operands.ts';
import { complete, type Parsed, type ParsedLine, refuse } from '../parsed-line.ts';
import { readScope, shown } from '../values.ts';
import type { Verb, VerbLine } from '../verb.ts';

export const eventsVerb: Verb = {
  flags: [namespaceFlag, allNamespacesFlag, { name: 'for', type: 'text' }, { name: 'types', type: 'text' }],
  translate: translateEvents,
};

function translateEvents({ flags, operands }: VerbLine): Parsed<ParsedLine> {
  if (operands.length > 0) {
    return refuse(
      'syntax.operands',
      '`kubectl events` takes no names. Write --for=TYPE/NAME to read those of one object.',
    );
  }
  const scope = readScope(flags);
  if (!scope.ok) return scope;
  const about = readFor(flags.get('for'));
  if (!about.ok) return about;
  if (about.value !== undefined && 'allNamespaces' in scope.value) {
    return refuse(
      'syntax.operands',
      '--for names one object, which lives in one namespace. Write -n NAMESPACE in place of -A.',
    );
  }
  const types = readTypes(flags.get('types'));
  if (!types.ok) return types;
  return complete({
    kind: 'events',
    ...scope.value,
    ...(about.value === undefined ? {} : { for: about.value }),
    ...(types.value === undefined ? {} : { types: types.value }),
  });
}

function readFor(word: string | undefined): Parsed<{ kind: string; name: string } | undefined> {
  if (word === undefined) return ok(undefined);
  if (!word.includes('/')) {
    return refuse('syntax.flag-value', `--for must be TYPE/NAME, such as --for=pod/checkout-1, and is ${shown(word)}.`);
  }
  const target = readTarget([word]);
  if (!target.ok) return target;
  const [name = ''] = target.value.names;
  return ok({ kind: target.value.type.kind, name });
}

function readTypes(word: string | undefined): Parsed<('Normal' | 'Warning')[] | undefined> {
  if (word === undefined) return ok(undefined);
  const types: ('Normal' | 'Warning')[] = [];
  for (const each of word.split(',')) {
    if ((each !== 'Normal' && each !== 'Warning') || types.includes(each)) {
      return refuse('syntax.flag-value', `--types must be Warning, Normal or both, each once, and is ${shown(word)}.`);
    }
    types.push(each);
  }
  return ok(types);
}
