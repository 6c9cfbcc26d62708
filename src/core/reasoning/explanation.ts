import { z } from 'zod';
import type { Evidence, Finding, Investigation } from '../diagnosis/investigation.ts';
import { type Dropped, type Grounds, groundsOf, sentencesOf, ungroundedIn, withoutMarkup } from './grounding.ts';
import { outputSchema } from './output-schema.ts';

const explanationSchema = z.strictObject({
  hypothesis: z.string().nullable().describe('Id of the finding that most likely is the cause, or null'),
  otherHypotheses: z.array(z.string()).describe('Ids of other findings that could be'),
  runbook: z.string().nullable().describe('Name of the candidate runbook that fits best, or null'),
  inputs: z
    .array(z.strictObject({ name: z.string(), evidenceId: z.string(), value: z.string() }))
    .describe('Inputs of that runbook, each value copied letter by letter from the evidence it names'),
  explanation: z
    .array(z.strictObject({ sentence: z.string(), evidenceIds: z.array(z.string()) }))
    .describe('Exactly two sentences for people, each with the ids of the evidence it rests on'),
});
export type ExplanationOutput = Readonly<z.infer<typeof explanationSchema>>;
export const explanationOutput = outputSchema(explanationSchema);

/** What is left of a model's reading once everything without ground is out. It offers and explains; it chooses nothing. */
export type Explanation = {
  readonly hypothesis: string | null;
  readonly otherHypotheses: readonly string[];
  readonly runbook: string | null;
  readonly inputs: readonly { readonly name: string; readonly value: string; readonly evidence: string }[];
  readonly sentences: readonly { readonly text: string; readonly evidence: readonly string[] }[];
  readonly dropped: readonly Dropped[];
};

const maxSentences = 2;
const maxInputs = 20;

/** A runbook that may be offered, and the names of its inputs. */
export type Offer = { readonly name: string; readonly inputs: readonly string[] };

/**
 * Keeps of a model's answer what the investigation carries: ids that exist, names that occur in evidence or findings, values copied from them, runbooks among
 * those offered, two sentences that cite. Everything else is dropped and counted. Pure and total. It cannot raise confidence or name a target: neither is in the answer's
 * schema, and a sentence that claims either way is dropped.
 */
export function keepGrounded(
  output: ExplanationOutput,
  investigation: Investigation,
  runbooks: readonly Offer[],
): Explanation {
  const dropped: Dropped[] = [];
  const drop = (what: Dropped['what'], why: string) => void dropped.push({ what, why });
  const findings = new Set(investigation.findings.map(({ id }) => id));
  const isFinding = (id: string) => {
    if (!findings.has(id)) drop('hypothesis', 'it is no finding of this investigation');
    return findings.has(id);
  };
  const hypothesis = output.hypothesis !== null && isFinding(output.hypothesis) ? output.hypothesis : null;
  const otherHypotheses = [...new Set(output.otherHypotheses)].filter((id) => id !== hypothesis && isFinding(id));

  const offer = runbooks.find(({ name }) => name === output.runbook);
  if (output.runbook !== null && offer === undefined) drop('runbook', 'it was not among the candidates');

  return {
    hypothesis,
    otherHypotheses,
    runbook: offer?.name ?? null,
    inputs: keepInputs(output.inputs, offer, investigation, drop),
    sentences: keepSentences(output.explanation, groundsOf(factsOf(investigation, runbooks)), drop),
    dropped,
  };
}

type Drop = (what: Dropped['what'], why: string) => void;

function keepInputs(
  inputs: ExplanationOutput['inputs'],
  offer: Offer | undefined,
  { evidence, findings }: Investigation,
  drop: Drop,
): Explanation['inputs'] {
  const kept = new Map<string, Explanation['inputs'][number]>();
  for (const { name, evidenceId, value } of inputs) {
    const cited = evidence.find(({ id }) => id === evidenceId);
    if (offer === undefined || !offer.inputs.includes(name))
      drop('input', 'no offered runbook has an input of that name');
    else if (cited === undefined) drop('input', 'it cites no evidence');
    else if (!isObserved(value, cited, findings)) drop('input', 'its value does not occur in the evidence it cites');
    else if (kept.has(name) || kept.size >= maxInputs) drop('input', 'it was given twice');
    else kept.set(name, { name, value, evidence: evidenceId });
  }
  return [...kept.values()];
}

/** Whether exactly this value stands in the evidence, or is the object or a recommended value of a finding that rests on it. */
function isObserved(value: string, cited: Evidence, findings: readonly Finding[]): boolean {
  if (value.trim() === '' || value !== value.trim()) return false;
  const resting = findings.filter(({ evidence }) => evidence.includes(cited.id));
  const exact = resting.flatMap(({ object, recommendation }) => [
    object.name,
    object.kind,
    ...(object.namespace === undefined ? [] : [object.namespace, `${object.namespace}/${object.name}`]),
    ...Object.values(recommendation?.values ?? {}).map(String),
  ]);
  return exact.includes(value) || standsIn(cited.summary, value);
}

function standsIn(text: string, value: string): boolean {
  const partOfValue = /[\p{L}\p{N}_./:@-]/u;
  for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + 1)) {
    const after = text.slice(at + value.length);
    // A point or colon that only ends the sentence is no part of the value.
    const endsHere = after === '' || !partOfValue.test(after[0] ?? '') || /^[.:]+(?:\s|$)/.test(after);
    if (!partOfValue.test(text[at - 1] ?? ' ') && endsHere) return true;
  }
  return false;
}

function keepSentences(said: ExplanationOutput['explanation'], grounds: Grounds, drop: Drop): Explanation['sentences'] {
  const kept: { text: string; evidence: readonly string[] }[] = [];
  for (const { sentence, evidenceIds } of said) {
    const known = [...new Set(evidenceIds)].filter((id) => grounds.ids.has(id));
    if (known.length < new Set(evidenceIds).size) drop('citation', 'there is no evidence of that id');
    for (const [index, text] of sentencesOf(withoutMarkup(sentence)).entries()) {
      const why =
        index > 0 || kept.length >= maxSentences
          ? 'it is beyond the two sentences'
          : known.length === 0
            ? 'it cites no evidence'
            : ungroundedIn(text, grounds);
      if (why === undefined) kept.push({ text, evidence: known });
      else drop('sentence', why);
    }
  }
  return kept;
}

/** Everything in which a name can occur that may be repeated. Labels of the alert are not in it: whoever sends alerts chooses them. */
export function factsOf(
  { findings, evidence, scope }: Investigation,
  runbooks: readonly Pick<Offer, 'name'>[],
): { readonly ids: ReadonlySet<string>; readonly texts: readonly string[] } {
  const texts = [
    ...evidence.flatMap(({ source, summary, object }) => [source, summary, ...namesOf(object)]),
    ...findings.flatMap(({ id, code, object, summary, cause, recommendation }) => [
      id,
      code,
      summary,
      cause.path,
      cause.observed,
      cause.expected,
      recommendation?.text ?? '',
      ...Object.entries(recommendation?.values ?? {}).flatMap(([name, value]) => [name, String(value)]),
      ...namesOf(object),
    ]),
    ...namesOf(scope.object),
    scope.namespace ?? '',
    scope.cluster,
    scope.alert?.name ?? '',
    ...runbooks.map(({ name }) => name),
  ];
  return { ids: new Set(evidence.map(({ id }) => id)), texts };
}

function namesOf(object: Finding['object'] | undefined): string[] {
  if (object === undefined) return [];
  const { kind, namespace, name } = object;
  return [kind, name, ...(namespace === undefined ? [] : [namespace, `${namespace}/${name}`]), `${kind}/${name}`];
}
