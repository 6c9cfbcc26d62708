import { type KnownKind, kindOfWord } from '../cluster/kinds.ts';
import { parseSubject } from '../diagnosis/subject.ts';
import { didYouMean } from '../runbook/did-you-mean.ts';
import { verbs } from './command-line.ts';

/** What the words of a question name. `subject` as `parseSubject` reads it. All null: the question names nothing. */
export type Named = {
  readonly subject: string | null;
  readonly namespace: string | null;
  readonly alert: string | null;
};

const listOf = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter((word) => word !== ''));

// Words that open a question; a line that begins with one is never a misspelt command.
const openers = listOf(
  `why what whats what's which who whose whom when where how is isn't are aren't was were does doesn't do don't did didn't has hasn't have haven't can can't could should would will
  tell show explain describe list any anything did`,
);

// Everything that stands in a question and names nothing: small words, states, and what people call their trouble.
const notNames = listOf(`
  a about above after again all alright already also although always am an and any anybody anyone anything are aren't around as at available away back bad be because been
  before behind being below better between both broken but by can can't cannot cause caused causes causing change changed changes check clear cluster come comes coming could
  couldn't crash crashed crashes crashing crashlooping dead delayed describe deploy deployed deploying deployments did didn't die died dies different do does doesn't doing don't down due during dying each
  else end ended enough error erroring errors ever every everything exit exited exiting explain fail failed failing fails fast fault few find fine fire fires firing first fix fixed for from full get
  gets getting give go goes going gone good got had hang hanging hangs happen happened happening happens has hasn't have haven't healthy health help here high history how i
  i'm if image in incident inside instead into is isn't it it's its itself just keep keeps kept kill killed killing know last lately latest latency least less let like limit list
  live load loaded log logs long look looking lot low made make many may me mean means memory metrics might missing mode more most much must my near need needed needs
  never new next no nobody none normal not nothing now object of off often ok okay old on once one only onto open or other our out over own pending people please possible
  problem problems pull pulled pulling pulls put quick ran rate reach reachable read reading ready really reason recent recently refuse refused refuses restart restarted
  restarting restarts right rollout root run running runs safe same saw say says schedule scheduled see seem seems seen serve served serves serving several she should shouldn't show since slow so some somebody
  someone something soon sre start started starting starts state status stay stays still stop stopped stopping stops stuck such suddenly sure take takes tell than that
  that's the their them then there there's these they thing things think this those throw throwing through time timeout times to today too traffic tried try trying two unavailable under
  unhealthy until up us use used user users using usage version very wait waiting want was wasn't way we well went were weren't what what's whats when where which while who whole
  whose why will with within without won't work worked working works worse would wrong yesterday yet you your
  cpu disk oom request requests response responses replica replicas version versions evidence runbook runbooks finding findings alert alerts
`);

// What Kubernetes calls states looks like the name of an alert and is none.
const states = listOf(`
  crashloopbackoff imagepullbackoff errimagepull oomkilled containercreating createcontainerconfigerror createcontainererror notready invalidimagename errimageneverpull
  runcontainererror podinitializing failedscheduling failedmount failedcreate backoff evicted
`);

const name = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;
const alertName = /^[A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+$/;

/**
 * Reads what a question in plain words is about, by rules: an object as `kind/namespace/name`, a kind beside a name, a namespace after `in` or `namespace`, the name of
 * an alert in upper camel case, or the first word that is none of the small words of a question. It guesses nothing beyond that: the cluster says whether it exists.
 */
export function readQuestion(text: string): Named {
  const words = text
    .slice(0, 2_000)
    .split(/\s+/)
    .map((word) => word.replace(/^[^\p{L}\p{N}]+|(?:['’]s)?[^\p{L}\p{N}]+$|['’]s$/gu, ''))
    .filter((word) => word !== '');
  const path = words.find((word) => word.includes('/') && parseSubject(word.toLowerCase()).ok);
  if (path !== undefined) return { subject: path.toLowerCase(), namespace: null, alert: alertIn(words) };
  const namespace = namespaceIn(words);
  const rest = namespace === null ? words : words.filter((_word, at) => !namespace.at.has(at));
  const alert = alertIn(rest);
  const placed = (kind: KnownKind | null, found: string): Named => {
    const parts = [kind?.toLowerCase(), kind === 'Node' ? undefined : namespace?.name, found];
    const subject = parts.filter((part) => part !== undefined).join('/');
    return { subject, namespace: namespace?.name ?? null, alert };
  };
  const ofKind = besideKind(rest);
  if (ofKind !== null) return placed(ofKind.kind, ofKind.name);
  const candidates = rest.filter((word) => isName(word));
  // What has a hyphen is somebody's name for something; a plain word may be one.
  const found = candidates.find((word) => word.includes('-')) ?? candidates[0];
  return found === undefined ? { subject: null, namespace: namespace?.name ?? null, alert } : placed(null, found);
}

/** Whether a line that begins with no command is a question, and not a command with a slip of the finger. */
export function isQuestion(line: string): boolean {
  const words = line.trim().split(/\s+/);
  const first = (words[0] ?? '').toLowerCase().replace(/’/g, "'");
  if (verbs.some((verb) => verb === first)) return false;
  if (line.trim().endsWith('?') || (openers.has(first) && words.length > 1)) return words[0] !== '?';
  return words.length >= 3 && didYouMean(first, verbs) === undefined;
}

function isName(word: string): boolean {
  return word.length > 1 && name.test(word) && !notNames.has(word) && /[a-z]/.test(word) && kindOf(word) === null;
}

/** A kind that people write out; short names such as `no` and `ns` are English too. */
function kindOf(word: string): KnownKind | null {
  if (word.length < 3) return null;
  const kind = kindOfWord(word.toLowerCase());
  return kind === undefined || kind === 'Event' || kind === 'Namespace' ? null : kind;
}

function besideKind(words: readonly string[]): { readonly kind: KnownKind; readonly name: string } | null {
  for (const [at, word] of words.entries()) {
    const kind = kindOf(word);
    if (kind === null) continue;
    const beside = [words[at + 1], words[at - 1]].find((one) => one !== undefined && isName(one));
    // `the checkout pods` are the pods of something called checkout: the thing itself is meant.
    if (beside !== undefined && word.toLowerCase() !== 'pods') return { kind, name: beside };
  }
  return null;
}

function alertIn(words: readonly string[]): string | null {
  const found = words.find((word) => alertName.test(word) && kindOf(word) === null && !states.has(word.toLowerCase()));
  return found ?? null;
}

/** `in namespace shop`, `in the shop namespace`, `namespace shop`, `in shop`. `at` are the places of the words that say it. */
function namespaceIn(words: readonly string[]): { readonly name: string; readonly at: ReadonlySet<number> } | null {
  const isNamespaceWord = (word: string | undefined) => /^(?:namespace|ns)$/i.test(word ?? '');
  for (const [at, word] of words.entries()) {
    if (!isNamespaceWord(word)) continue;
    const [before, after] = [words[at - 1], words[at + 1]];
    if (after !== undefined && isName(after)) return { name: after, at: new Set([at, at + 1]) };
    if (before !== undefined && isName(before)) return { name: before, at: new Set([at - 1, at]) };
  }
  // `in prod`, when something else in the question is what is asked about.
  for (const [at, word] of words.entries()) {
    const after = words[at + 1];
    if (!/^in$/i.test(word) || after === undefined || !isName(after)) continue;
    if (words.some((other, place) => place !== at + 1 && (isName(other) || kindOf(other) !== null)))
      return { name: after, at: new Set([at, at + 1]) };
  }
  return null;
}
