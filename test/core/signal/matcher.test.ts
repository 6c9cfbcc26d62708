import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allMatch, type Matcher, parseMatcher } from '../../../src/core/signal/matcher.ts';
import { routeFor } from '../../../src/core/signal/route.ts';

function matcher(text: string): Matcher {
  const parsed = parseMatcher(text);
  if (!parsed.ok) throw new Error(parsed.error.sentence);
  return parsed.value;
}

describe('parseMatcher', () => {
  it.each<[text: string, value: string | undefined, matches: boolean]>([
    ['severity="critical"', 'critical', true],
    ['severity=critical', 'critical', true],
    [' severity = "critical" ', 'critical', true],
    ['severity="critical"', 'critical!', false],
    ['severity!="critical"', 'warning', true],
    ['severity!="critical"', undefined, true],
    ['severity=""', undefined, true],
    ['severity=~"crit.*"', 'critical', true],
    ['severity=~"crit"', 'critical', false],
    ['severity=~"a|b"', 'xb', false],
    ['severity!~"crit.*"', 'critical', false],
    ['severity!~"crit.*"', undefined, true],
    ['severity="say \\"hi\\""', 'say "hi"', true],
    ['severity=~".*"', 'x'.repeat(100_000), true],
  ])('%s of %j: %s', (text, value, matches) => {
    expect(allMatch([matcher(text)], value === undefined ? {} : { severity: value })).toBe(matches);
  });

  it.each([
    '',
    'severity',
    '=x',
    'severity=="x"',
    'sev erity="x"',
    'severity="x',
    'severity=~"("',
    '1abc="x"',
    'a="b",c="d"',
  ])('refuses %j with an example', (text) => {
    expect(parseMatcher(text)).toMatchObject({
      ok: false,
      error: { code: 'route.bad-matcher', sentence: expect.any(String) },
    });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        (text, value) => void (parseMatcher(text).ok && allMatch([matcher(text)], { a: value })),
      ),
    );
  });
});

describe('routeFor', () => {
  const route = (channel: string) => ({ channel, approvers: [], autonomy: 'assist' as const });
  const table = {
    rules: [
      { matchers: [matcher('namespace="shop"'), matcher('severity="critical"')], route: route('C-SHOP-LOUD') },
      { matchers: [matcher('namespace="shop"')], route: route('C-SHOP') },
    ],
    fallback: route('C-ALL'),
  };
  it.each([
    [{ namespace: 'shop', severity: 'critical' }, 'C-SHOP-LOUD'],
    [{ namespace: 'shop' }, 'C-SHOP'],
    [{ namespace: 'bank', severity: 'critical' }, 'C-ALL'],
    [{}, 'C-ALL'],
  ])('%j goes to %s', (labels, channel) => {
    expect(routeFor(table, labels as Record<string, string>).channel).toBe(channel);
  });
});
