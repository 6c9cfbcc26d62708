/** A text cut to a length, at the end of a word where one is near, with a sign that it goes on. */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const cut = text.slice(0, maxLength - 1);
  const atWord = /\s/.test(text[maxLength - 1] ?? '') ? cut : cut.replace(/\s+\S{0,40}$/, '');
  return `${atWord.trimEnd()}…`;
}
