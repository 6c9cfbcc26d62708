import { describe, expect, it } from 'vitest';
import { parseFieldSelector, parseLabelSelector, selects } from '../../../src/sandbox/cluster/store/selectors.ts';

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-1', namespace: 'shop', labels: { app: 'web', tier: 'front', empty: '' } },
  spec: { nodeName: 'node-1' },
  status: { phase: 'Running' },
};

describe('parseLabelSelector', () => {
  it.each<[text: string, expected: boolean]>([
    ['', true],
    ['app=web', true],
    ['app==web,tier=front', true],
    ['app=web,tier=back', false],
    ['app!=web', false],
    ['absent!=web', true],
    ['app in (web, api)', true],
    ['app notin (web,api)', false],
    ['absent notin (web)', true],
    ['app', true],
    ['!app', false],
    ['!absent,app', true],
    ['empty=', true],
    ['app.kubernetes.io/name=web', false],
  ])('%s selects: %s', (text, expected) => {
    const matches = parseLabelSelector(text);
    expect(matches.ok && matches.value(pod)).toBe(expected);
  });

  it.each(['app=web,', 'app in web', '=web', 'app=we b', 'app in (web', '!'])('refuses %s', (text) => {
    expect(parseLabelSelector(text).ok).toBe(false);
  });
});

describe('parseFieldSelector', () => {
  it.each<[text: string, expected: boolean]>([
    ['', true],
    ['metadata.name=web-1', true],
    ['metadata.namespace!=shop', false],
    ['spec.nodeName=node-1,status.phase!=Failed', true],
    ['status.phase=Pending', false],
  ])('%s selects: %s', (text, expected) => {
    const matches = parseFieldSelector('Pod', text);
    expect(matches.ok && matches.value(pod)).toBe(expected);
  });

  it.each([
    ['Pod', 'spec.colour=red'],
    ['Pod', 'involvedObject.name=x'],
    ['ConfigMap', 'type=Opaque'],
    ['Pod', 'status.phase'],
  ])('refuses for a %s: %s', (kind, text) => {
    expect(parseFieldSelector(kind, text).ok).toBe(false);
  });
});

describe('selects', () => {
  it.each([
    ['no selector', undefined, false],
    ['an empty selector', {}, true],
    ['labels that match', { matchLabels: { app: 'web' } }, true],
    ['labels that do not', { matchLabels: { app: 'api' } }, false],
    ['an expression that matches', { matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] }, true],
    ['an exclusion', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, false],
    ['existence', { matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, true],
    ['absence', { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, false],
    ['an operator nobody knows', { matchExpressions: [{ key: 'tier', operator: 'Near' }] }, false],
  ])('%s', (_what, selector, expected) => {
    expect(selects(selector, pod.metadata.labels)).toBe(expected);
  });
});
