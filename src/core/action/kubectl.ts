import { refuseProgram } from './kubectl/first-word.ts';
import { type FlagSpec, namespaceFlag, splitFlags } from './kubectl/flags.ts';
import { incomplete, type Parsed, type ParsedLine, refuse } from './kubectl/parsed-line.ts';
import { refuseFlag } from './kubectl/refused-flags.ts';
import { refuseVerb } from './kubectl/refused-verbs.ts';
import { shown } from './kubectl/values.ts';
import type { Verb } from './kubectl/verb.ts';
import { cordonVerb, deleteVerb, drainVerb, scaleVerb, uncordonVerb } from './kubectl/verbs/by-hand.ts';
import { describeVerb } from './kubectl/verbs/describe.ts';
import { eventsVerb } from './kubectl/verbs/events.ts';
import { getVerb } from './kubectl/verbs/get.ts';
import { logsVerb } from './kubectl/verbs/logs.ts';
import { rolloutVerbs } from './kubectl/verbs/rollout.ts';
import { setVerbs } from './kubectl/verbs/set.ts';
import { topVerbs } from './kubectl/verbs/top.ts';
import { splitWords } from './kubectl/words.ts';

const verbs: ReadonlyMap<string, Verb | ReadonlyMap<string, Verb>> = new Map<string, Verb | ReadonlyMap<string, Verb>>([
  ['get', getVerb],
  ['describe', describeVerb],
  ['logs', logsVerb],
  ['events', eventsVerb],
  ['top', topVerbs],
  ['rollout', rolloutVerbs],
  ['set', setVerbs],
  ['scale', scaleVerb],
  ['cordon', cordonVerb],
  ['uncordon', uncordonVerb],
  ['drain', drainVerb],
  ['delete', deleteVerb],
]);

/**
 * Reads a kubectl line as syntax for one typed action, without a shell: whole, or not at all. Verbs, flags, types and paths are closed
 * lists, so that whatever is unknown is refused. A line without `-n` means the namespace `default`, which the action then says.
 *
 * Errors: a `syntax.…` problem whose sentence says what was not understood and what to write instead.
 */
export function parseKubectl(line: string): Parsed<ParsedLine> {
  const words = splitWords(line);
  if (!words.ok) return words;
  const [program = '', ...rest] = words.value;
  if (program !== 'kubectl') return refuseProgram(program);
  const text = line.trim();

  const atVerb = skipNamespace(rest);
  if (!atVerb.ok) return atVerb;
  const [verbWord, ...afterVerb] = atVerb.value.rest;
  if (verbWord === undefined)
    return refuse('syntax.verb', 'The line has no verb. Write what kubectl should do, such as `kubectl get pods`.');
  const verb = verbs.get(verbWord);
  if (verb === undefined) return refuseVerb(verbWord);
  if ('translate' in verb) return translate(verb, text, [...atVerb.value.namespace, ...afterVerb]);

  const atSubVerb = skipNamespace(afterVerb);
  if (!atSubVerb.ok) return atSubVerb;
  const [subVerbWord, ...operands] = atSubVerb.value.rest;
  const known = [...verb.keys()].join(', ');
  if (subVerbWord === undefined)
    return incomplete(text, `\`kubectl ${verbWord}\` is not complete. Add one of: ${known}.`);
  const subVerb = verb.get(subVerbWord);
  if (subVerb === undefined) {
    return refuse(
      'syntax.verb',
      `${shown(`kubectl ${verbWord} ${subVerbWord}`)} is not understood. After ${verbWord} comes one of: ${known}.`,
    );
  }
  return translate(subVerb, text, [...atVerb.value.namespace, ...atSubVerb.value.namespace, ...operands]);
}

function translate(verb: Verb, line: string, words: readonly string[]): Parsed<ParsedLine> {
  const split = splitFlags(words, verb.flags);
  return split.ok ? verb.translate({ line, ...split.value }) : split;
}

type AfterNamespace = { readonly namespace: readonly string[]; readonly rest: readonly string[] };

/** Takes the namespace flags that stand before a verb; kubectl allows more there, but no more is needed. */
function skipNamespace(words: readonly string[]): Parsed<AfterNamespace> {
  let at = 0;
  for (let word = words[at]; word?.startsWith('-'); word = words[at]) {
    if (!startsNamespaceFlag(word, namespaceFlag)) {
      const equals = word.indexOf('=');
      return refuseFlag(word.startsWith('--') && equals !== -1 ? word.slice(0, equals) : word);
    }
    at += word === '-n' || word === '--namespace' ? 2 : 1;
  }
  return { ok: true, value: { namespace: words.slice(0, at), rest: words.slice(at) } };
}

function startsNamespaceFlag(word: string, flag: FlagSpec): boolean {
  return word.startsWith(`-${flag.short}`) || word === `--${flag.name}` || word.startsWith(`--${flag.name}=`);
}
