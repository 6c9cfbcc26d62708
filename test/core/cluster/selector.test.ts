import { describe, expect, it } from 'vitest';
import {
  matchesLabelMap,
  matchesLabelSelector,
  parseFieldSelector,
  parseLabelSelector,
} from '../../../src/core/cluster/selector.ts';

const labels = { app: 'checkout', tier: 'web', constructor: 'x' };

describe('matchesLabelSelector', () => {
  it.each<[why: string, selector: unknown, matches: boolean]>([
    ['all pairs', { matchLabels: { app: 'checkout', tier: 'web' } }, true],
    ['a wrong value', { matchLabels: { app: 'cart' } }, false],
    ['In', { matchExpressions: [{ key: 'tier', operator: 'In', values: ['web', 'api'] }] }, true],
    ['NotIn', { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['web'] }] }, false],
    ['NotIn of an absent label', { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] }, true],
    ['Exists', { matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, true],
    ['DoesNotExist', { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, false],
    [
      'both parts',
      { matchLabels: { app: 'checkout' }, matchExpressions: [{ key: 'tier', operator: 'In', values: ['api'] }] },
      false,
    ],
    [
      'an unknown operator',
      { matchLabels: { app: 'checkout' }, matchExpressions: [{ key: 'tier', operator: 'Gt', values: ['1'] }] },
      false,
    ],
    ['an empty selector', {}, false],
    ['null', null, false],
    ['a label every object inherits', { matchLabels: { toString: 'x' } }, false],
  ])('decides %s', (_why, selector, matches) => {
    expect(matchesLabelSelector(selector, labels)).toBe(matches);
  });
});

describe('matchesLabelMap', () => {
  it.each<[selector: unknown, matches: boolean]>([
    [{ app: 'checkout' }, true],
    [{ app: 'checkout', zone: 'a' }, false],
    [{}, false],
    [undefined, false],
    [{ app: 5 }, false],
  ])('decides %j', (selector, matches) => {
    expect(matchesLabelMap(selector, labels)).toBe(matches);
  });
});

describe('parseLabelSelector', () => {
  it.each<[text: string, matches: boolean]>([
    ['', true],
    ['app=checkout', true],
    ['app==checkout,tier!=api', true],
    ['app in (cart, checkout)', true],
    ['app notin (cart,checkout)', false],
    ['tier', true],
    ['!tier', false],
    ['zone!=a', true],
    ['app=checkout,tier in (api)', false],
  ])('reads "%s"', (text, matches) => {
    expect(parseLabelSelector(text)?.(labels)).toBe(matches);
  });

  it.each(['app=', '=x', 'app in checkout', 'a b', 'app=a=b', 'app in (a', ',,', 'app>1'])(
    'treats "%s" by its letter',
    (text) => {
      const test = parseLabelSelector(text);
      // `app=` asks for the empty value, which is a selector; the others are none.
      expect(test === undefined || test(labels) === false).toBe(true);
      expect(test === undefined).toBe(text !== 'app=');
    },
  );
});

describe('parseFieldSelector', () => {
  const object = { metadata: { name: 'p', namespace: 'shop' }, spec: { nodeName: 'n1' }, type: 'Warning' };
  it.each<[text: string, matches: boolean]>([
    ['spec.nodeName=n1', true],
    ['type!=Normal', true],
    ['metadata.name=p,metadata.namespace=other', false],
    ['status.phase=', true],
    ['', true],
  ])('reads "%s"', (text, matches) => {
    expect(parseFieldSelector(text)?.(object)).toBe(matches);
  });

  it.each(['spec nodeName', '=n1', 'a.b>c'])('refuses "%s"', (text) => {
    expect(parseFieldSelector(text)).toBeUndefined();
  });
});
