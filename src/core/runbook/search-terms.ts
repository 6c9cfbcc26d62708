/** Words that carry no subject; a match on them must not look like understanding. */
const stopWords = new Set(
  (
    'a an and any are as at be been but by can cannot could did do does doing for from get gets getting had has have having help how i if in into is it its ' +
    'just me more most my no not now of on or our out over please should so some than that the their them then there these they this those to too ' +
    'up us very was we were what when where which while who why will with would you your alert alerts alerting firing fired runbook runbooks problem problems ' +
    'issue issues happen happens happening keep keeps'
  ).split(' '),
);

const maxTerms = 200;

/**
 * The words of a text as search compares them: camel case and punctuation split (`KubeAPIErrorBudgetBurn`, `kube-api`), lower case, English endings
 * cut off, stop words left out. A text without limits gives at most `maxTerms` words when it is a query.
 */
export function termsOf(text: string): string[] {
  return text
    .normalize('NFKC')
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 1 && word.length <= 60 && !stopWords.has(word))
    .map(stem);
}

/** The distinct words of a question, without what looks like an identifier (`7f9c4`): no runbook is about one. */
export function queryTermsOf(text: string): string[] {
  const words = termsOf(text.slice(0, 4000)).filter(
    (word) => !(/\d/.test(word) && /[a-z]/.test(word) && word.length > 4),
  );
  return [...new Set(words)].slice(0, maxTerms);
}

/** Cuts common English endings; crude on purpose, since both sides are cut alike. */
function stem(word: string): string {
  if (word.length <= 3) return word;
  const base = word
    .replace(/(ations?|ating|ated|ates?)$/, 'at')
    .replace(/(ies|ied)$/, 'y')
    .replace(/(sses)$/, 'ss')
    .replace(/([^s])s$/, '$1')
    .replace(/(ing|ed|ly)$/, '');
  const kept = base.length >= 3 ? base : word;
  return kept.replace(/([bdfglmnprt])\1$/, '$1').replace(/([^aeiou])e$/, '$1');
}
