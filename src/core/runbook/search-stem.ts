/** Cuts common English endings; crude on purpose, since both sides are cut alike. */
export function stem(word: string): string {
  if (word.length <= 3) return word;
  const base = word
    .replace(/(i[sz])(ations?|ing|ed|es?)$/, 'iz')
    .replace(/(ations?|ating|ated|ates?)$/, 'at')
    .replace(/([^aeiou]{2}|[aeiou]t|[aeiou]ct)(ions?)$/, '$1')
    .replace(/(ies|ied)$/, 'y')
    .replace(/(sses)$/, 'ss')
    .replace(/(sh|ch|x)es$/, '$1')
    .replace(/([^su])s$/, '$1')
    .replace(/(ing|ed|ly)$/, '');
  const kept = base.length >= 3 ? base : word;
  // `fill` keeps its second l, or it would be `file`.
  return kept
    .replace(/([bdfgmnprt])\1$/, '$1')
    .replace(/(..[aeiou])ll$/, '$1l')
    .replace(/([^aeiou])e$/, '$1');
}
