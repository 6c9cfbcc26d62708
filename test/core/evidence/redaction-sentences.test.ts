import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../src/core/evidence/redaction.ts';

const { redactText } = createRedactor({ key: 'test' });

describe('what stands behind the word authorization', () => {
  it.each([
    'repository does not exist or may require authorization: authorization failed: no basic auth credentials',
    'may require authorization: server message: insufficient_scope: authorization failed',
    'authorization: failed to fetch anonymous token: unexpected status: 401 Unauthorized',
  ])('stays when it is a sentence: %s', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it.each([
    ['Authorization: Bearer abc', 'abc'],
    ['Authorization: hunterzwei', 'hunterzwei'],
    ['Authorization: hunter two', 'hunter'],
    ['authorization: this is my k3yZq81Vb2 to use', 'k3yZq81Vb2'],
    ['authorization: no basic auth credentials, password=foo12', 'foo12'],
    ['authorization: GenieKey 8f14e45f-ceea-467a-9575-1d2b3c4d5e6f', '8f14e45f'],
  ])('is masked when it is a value: %s', (text, secret) => {
    const once = redactText(text);
    expect(once).not.toContain(secret);
    expect(redactText(once)).toBe(once);
  });
});
