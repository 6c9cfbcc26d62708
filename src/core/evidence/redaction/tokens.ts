import type { Mask } from './placeholder.ts';

type TokenRule = {
  readonly kind: string;
  /** A text that every match contains: most rules cost no more than looking for it. */
  readonly needle: string;
  readonly pattern: RegExp;
};

/*
 * Tokens that are told by their own shape. Every pattern begins at a border of its own character class (the lookbehind), so that no run of
 * characters is read from more than one place, and nothing follows an unbounded repetition that could make it give back: time stays linear.
 */
const rules: readonly TokenRule[] = [
  // Three base64url parts; the first begins with the encoding of `{"`.
  {
    kind: 'jwt',
    needle: 'eyJ',
    pattern: /(?<![A-Za-z0-9_.-])eyJ[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{8,8192}(?:\.[A-Za-z0-9_-]*)?/g,
  },
  {
    kind: 'aws-key-id',
    needle: 'A',
    pattern: /(?<![A-Za-z0-9_])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9_])/g,
  },
  { kind: 'github-token', needle: 'gh', pattern: /(?<![A-Za-z0-9_])gh[pousr]_[A-Za-z0-9]{30,}/g },
  { kind: 'github-token', needle: 'github_pat_', pattern: /(?<![A-Za-z0-9_])github_pat_[A-Za-z0-9_]{20,}/g },
  {
    kind: 'gitlab-token',
    needle: 'gl',
    pattern: /(?<![A-Za-z0-9_])gl(?:pat|ptt|dt|rt|cbt|ft|soat)-[A-Za-z0-9_-]{16,}/g,
  },
  { kind: 'slack-token', needle: 'xox', pattern: /(?<![A-Za-z0-9_])xox[a-z]-[A-Za-z0-9.-]{8,}/g },
  { kind: 'slack-token', needle: 'xapp-', pattern: /(?<![A-Za-z0-9_])xapp-[A-Za-z0-9-]{8,}/g },
  {
    kind: 'slack-webhook',
    needle: 'hooks.slack',
    pattern: /(?<=hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/)[A-Za-z0-9_/-]{8,}/g,
  },
  { kind: 'anthropic-key', needle: 'sk-ant-', pattern: /(?<![A-Za-z0-9_])sk-ant-[A-Za-z0-9_-]{10,}/g },
  {
    kind: 'openai-key',
    needle: 'sk-',
    pattern: /(?<![A-Za-z0-9_-])sk-(?:proj-|svcacct-|admin-|or-v1-)[A-Za-z0-9_-]{16,}/g,
  },
  { kind: 'openai-key', needle: 'sk-', pattern: /(?<![A-Za-z0-9_-])sk-[A-Za-z0-9]{32,}/g },
  { kind: 'google-key', needle: 'AIza', pattern: /(?<![A-Za-z0-9_-])AIza[A-Za-z0-9_-]{35}/g },
  { kind: 'google-secret', needle: 'GOCSPX-', pattern: /(?<![A-Za-z0-9_-])GOCSPX-[A-Za-z0-9_-]{20,}/g },
  { kind: 'google-token', needle: 'ya29.', pattern: /(?<![A-Za-z0-9_.-])ya29\.[A-Za-z0-9_-]{20,}/g },
  { kind: 'stripe-key', needle: 'k_', pattern: /(?<![A-Za-z0-9_])[rs]k_(?:live|test)_[A-Za-z0-9]{10,}/g },
  { kind: 'stripe-key', needle: 'whsec_', pattern: /(?<![A-Za-z0-9_])whsec_[A-Za-z0-9+/=]{16,}/g },
  { kind: 'npm-token', needle: 'npm_', pattern: /(?<![A-Za-z0-9_])npm_[A-Za-z0-9]{30,}/g },
  { kind: 'pypi-token', needle: 'pypi-', pattern: /(?<![A-Za-z0-9_])pypi-[A-Za-z0-9_-]{32,}/g },
  { kind: 'docker-token', needle: 'dckr_', pattern: /(?<![A-Za-z0-9_])dckr_(?:pat|oat)_[A-Za-z0-9_-]{16,}/g },
  { kind: 'vault-token', needle: 'hv', pattern: /(?<![A-Za-z0-9_.])hv[sbr]\.[A-Za-z0-9_-]{20,}/g },
  { kind: 'sendgrid-key', needle: 'SG.', pattern: /(?<![A-Za-z0-9_.-])SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,}/g },
  { kind: 'digitalocean-token', needle: 'v1_', pattern: /(?<![A-Za-z0-9_])do[opr]_v1_[a-f0-9]{32,}/g },
  { kind: 'shopify-token', needle: 'shp', pattern: /(?<![A-Za-z0-9_])shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32,}/g },
  { kind: 'databricks-token', needle: 'dapi', pattern: /(?<![A-Za-z0-9_])dapi[a-f0-9]{32}(?![A-Za-z0-9])/g },
  { kind: 'grafana-token', needle: 'gl', pattern: /(?<![A-Za-z0-9_])gl(?:sa|c)_[A-Za-z0-9_+/=]{20,}/g },
  { kind: 'huggingface-token', needle: 'hf_', pattern: /(?<![A-Za-z0-9_])hf_[A-Za-z0-9]{30,}/g },
  {
    kind: 'telegram-token',
    needle: ':AA',
    pattern: /(?<![A-Za-z0-9_])[0-9]{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])/g,
  },
  { kind: 'age-key', needle: 'AGE-SECRET-KEY-', pattern: /AGE-SECRET-KEY-1[A-Z0-9]{50,}/g },
];

// A word after "Bearer" is a token only if it does not read like one of a language: a digit or a symbol, or great length.
const bearer =
  /(?<![A-Za-z0-9])(bearer\s{1,4})(?=[A-Za-z._~+/-]{0,40}[0-9]|[A-Za-z0-9._~+/=-]{32})([A-Za-z0-9._~+/=-]{8,})/gi;

/** Masks tokens that can be told by their shape, and what follows `Bearer`. */
export function redactTokens(text: string, mask: Mask): string {
  let current = text;
  for (const { kind, needle, pattern } of rules) {
    if (current.includes(needle)) current = current.replace(pattern, (token) => mask(kind, token));
  }
  return current.replace(bearer, (_match, word: string, token: string) => word + mask('bearer', token));
}
