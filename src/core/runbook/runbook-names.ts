/** A name as names are compared: letters and digits in lower case, for pages have CamelCase and URLs are lower case. */
export function plainName(name: string): string {
  return name
    .slice(0, 500)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** A URL as URLs are compared: kube-prometheus writes them in lower case, pages have CamelCase; scheme, `www.`, ending and a trailing slash differ by habit. */
export function plainAddress(url: string): string {
  return url
    .slice(0, 2000)
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/^www\./, '')
    .replace(/[#?].*$/, '')
    .replace(/\/+$/, '')
    .replace(/\.(md|html?)$/, '');
}

const namesOfIndexes = new Set(['index', 'readme', 'default']);

/**
 * The names that a runbook URL may mean, as `plainName` gives them, the likeliest first: the last part of its path without `.md` or `.html` (the part before it when the last is an index
 * page), then its anchor, where one page holds many alerts (`runbook.md#alert-name-kubejobfailed`). Scheme, query and a trailing slash do not matter. A `_index` page is no runbook.
 */
export function namesInUrl(url: string): readonly string[] {
  const [address = '', anchor = ''] = url.slice(0, 2000).trim().split('#', 2);
  const parts = (address.split('?', 1)[0] ?? '')
    .replace(/^[a-z][a-z\d+.-]*:\/\//i, '')
    .split('/')
    .map(decoded)
    .filter((part) => part !== '');
  const last = (parts.at(-1) ?? '').replace(/\.(md|markdown|html?)$/i, '');
  if (last.startsWith('_')) return [];
  const page = namesOfIndexes.has(last.toLowerCase()) ? (parts.at(-2) ?? '') : last;
  const named = anchor.replace(/^alert-name-/i, '');
  return [page, named].map(plainName).filter((name) => name !== '');
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Whether a text is one word that looks like a URL or a path, and not a question. */
export function looksLikeUrl(text: string): boolean {
  return /^\S+$/.test(text.trim()) && /\/./.test(text);
}
