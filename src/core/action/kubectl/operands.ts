import { findResourceType, meansSecrets, type ResourceTypeEntry } from '../../cluster/resource-types.ts';
import { ok } from '../../result.ts';
import { type Parsed, refuse } from './parsed-line.ts';
import { readName, shown } from './values.ts';

type Target = { readonly type: ResourceTypeEntry; readonly names: readonly string[] };

/**
 * Reads `TYPE`, `TYPE NAME…` or `TYPE/NAME…` as kubectl's resource builder does, all of one type. Not even the names of Secrets can be
 * asked for; several types at once are several actions.
 */
export function readTarget(operands: readonly string[]): Parsed<Target> {
  const [first = ''] = operands;
  if (operands.some((operand) => meansSecretsAnywhere(operand, operand === first))) {
    return refuse(
      'syntax.secrets',
      'Secrets cannot be read. A missing or wrong key shows in `kubectl describe pod` as the reason a container waits; read that instead.',
    );
  }
  const slashed = operands.filter((operand) => operand.includes('/')).length;
  if (slashed === 0) {
    const type = readType(first);
    if (!type.ok) return type;
    const names = readNames(operands.slice(1));
    return names.ok ? ok({ type: type.value, names: names.value }) : names;
  }
  if (slashed !== operands.length) {
    return refuse(
      'syntax.operands',
      'The line mixes TYPE/NAME with other words. Write all objects as TYPE/NAME, or the type once and then the names.',
    );
  }
  return readSlashed(operands);
}

function readSlashed(operands: readonly string[]): Parsed<Target> {
  let type: ResourceTypeEntry | undefined;
  const names: string[] = [];
  for (const operand of operands) {
    const [typeWord = '', name = '', ...more] = operand.split('/');
    if (more.length > 0) {
      return refuse('syntax.operands', `${shown(operand)} has more than one slash. Write TYPE/NAME.`);
    }
    const found = readType(typeWord);
    if (!found.ok) return found;
    if (type !== undefined && type !== found.value) return refuse('syntax.operands', oneType);
    type = found.value;
    names.push(name);
  }
  if (type === undefined) return refuse('syntax.operands', 'The line names no object.');
  const read = readNames(names);
  return read.ok ? ok({ type, names: read.value }) : read;
}

const oneType = 'The line reads several types at once. Write one action for each type.';

/** Reads one resource type: a word of the closed table. */
function readType(word: string): Parsed<ResourceTypeEntry> {
  if (meansSecrets(word)) return refuse('syntax.secrets', 'Secrets cannot be read, not even by name.');
  if (word.includes(',')) return refuse('syntax.operands', oneType);
  if (word.toLowerCase() === 'all') {
    return refuse(
      'syntax.resource',
      '`all` is no type of its own. Write one action for each type, such as `kubectl get pods`.',
    );
  }
  const type = findResourceType(word);
  if (type !== undefined) return ok(type);
  return refuse(
    'syntax.resource',
    `${shown(word)} is not a type that is read here (custom resources are not, in this version). Check the spelling, or make it a manual action.`,
  );
}

function readNames(words: readonly string[]): Parsed<readonly string[]> {
  if (words.length > 20) {
    return refuse(
      'syntax.operands',
      `The line names ${words.length} objects; at most 20 are read at once. Use a label selector (-l).`,
    );
  }
  const names: string[] = [];
  for (const word of words) {
    const name = readName(word);
    if (!name.ok) return name;
    names.push(name.value);
  }
  return ok(names);
}

// A pod may be called `secret`: the bare word counts only where a type stands.
function meansSecretsAnywhere(operand: string, isFirst: boolean): boolean {
  if (!isFirst && !operand.includes('/')) return false;
  return (operand.split('/')[0] ?? '').split(',').some(meansSecrets);
}
