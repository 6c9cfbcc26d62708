import { sayRef } from '../cluster/object.ts';
import type { Investigation } from '../diagnosis/investigation.ts';
import type { AnswerEvidence } from '../incident/reasoning-events.ts';
import { factsOf } from './explanation.ts';
import { type Dropped, type Grounds, groundsOf, sentencesOf, ungroundedIn, withoutMarkup } from './grounding.ts';

export type Sentence = { readonly text: string; readonly evidence: readonly string[] };

const maxSentences = 6;

// As the instructions ask for them, `[E1, T2]`; round brackets are forgiven.
const citation = /\s*[[(]\s*((?:[ET]\d{1,4})(?:\s*(?:,|;|and)\s*(?:[ET]\d{1,4}))*)\s*[\])]/g;

/** What an answer to a question may be built on: the investigation, what tools read, and the words of the question itself. */
export function answerGrounds(
  investigation: Investigation,
  readings: readonly { readonly id: string; readonly source: string; readonly text: string }[],
  question: string,
): Grounds {
  const { ids, texts } = factsOf(investigation, investigation.runbooks);
  return groundsOf({
    ids: new Set([...ids, ...readings.map(({ id }) => id)]),
    texts: [...texts, ...readings.flatMap(({ source, text }) => [source, text]), question],
  });
}

/**
 * Keeps the sentences of a model's answer that cite evidence which exists and name nothing beyond it. `isWhole`: the text is complete; otherwise its last sentence
 * may still grow and is left out.
 */
export function keepCited(
  text: string,
  grounds: Grounds,
  isWhole = true,
): { readonly sentences: readonly Sentence[]; readonly dropped: readonly Dropped[] } {
  // A citation after the full stop belongs to the sentence before it.
  const joined = withoutMarkup(text).replace(
    /([.!?])(\s*(?:[[(]\s*[ET]\d[^\])]{0,80}[\])]\s*)+)/g,
    (_all, stop: string, cites: string) => ` ${cites.trim()}${stop} `,
  );
  const said = sentencesOf(joined);
  const sentences: Sentence[] = [];
  const dropped: Dropped[] = [];
  for (const sentence of isWhole ? said : said.slice(0, -1)) {
    const cited = [...sentence.matchAll(citation)].flatMap(([, ids = '']) => ids.match(/[ET]\d{1,4}/g) ?? []);
    const known = [...new Set(cited)].filter((id) => grounds.ids.has(id));
    const plain = sentence
      .replace(citation, '')
      .replace(/\s+([.,;:!?])/g, '$1')
      .trim();
    const why =
      sentences.length >= maxSentences
        ? 'it is beyond what an answer should hold'
        : known.length === 0
          ? 'it cites no evidence'
          : ungroundedIn(plain, grounds);
    if (why === undefined) sentences.push({ text: plain, evidence: known });
    else dropped.push({ what: 'sentence', why });
  }
  return { sentences, dropped };
}

/** The answer by rules alone: what the investigation says, in words. */
export function answerByRules({ status, findings, missing, scope }: Investigation): readonly Sentence[] {
  const [first, second] = findings;
  const unread =
    missing.length === 0
      ? []
      : [
          {
            text: `Not readable: ${missing
              .slice(0, 3)
              .map(({ source, why }) => `${source} (${why.replace(/\.$/, '')})`)
              .join('; ')}.`,
            evidence: [],
          },
        ];
  const where = scope.object === undefined ? (scope.namespace ?? scope.cluster) : sayRef(scope.object);
  if (first === undefined) {
    const text = status === 'healthy' ? `Nothing is wrong with ${where} now.` : `No cause was found for ${where}.`;
    return [{ text, evidence: [] }, ...unread];
  }
  const { summary, object, confidence, cause, recommendation, evidence } = first;
  return [
    { text: `${summary.replace(/\.?$/, '.')} It is about ${sayRef(object)} (${confidence} confidence).`, evidence },
    { text: `Observed: ${cause.observed}; expected: ${cause.expected}.`, evidence },
    ...(recommendation === undefined ? [] : [{ text: `Proposed: ${recommendation.text}`, evidence }]),
    ...(second === undefined
      ? []
      : [{ text: `Also found: ${second.summary} (${second.confidence} confidence).`, evidence: second.evidence }]),
    ...unread,
  ];
}

/** The facts that sentences cite, in the order of their ids in the investigation and the readings. */
export function citedEvidence(
  sentences: readonly Sentence[],
  { evidence }: Investigation,
  readings: readonly AnswerEvidence[],
): AnswerEvidence[] {
  const cited = new Set(sentences.flatMap((sentence) => sentence.evidence));
  const own = evidence.map(({ id, kind, source, at, summary, digest }) => ({ id, kind, source, at, summary, digest }));
  return [...own, ...readings].filter(({ id }) => cited.has(id));
}
