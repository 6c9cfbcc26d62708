import { describe, expect, it } from 'vitest';
import { didYouMean } from '../../../src/core/runbook/did-you-mean.ts';
import { parseDuration, sayDuration } from '../../../src/core/runbook/duration.ts';
import { fillTemplates, readTemplate } from '../../../src/core/runbook/template.ts';

describe('parseDuration', () => {
  it.each([
    ['5s', 5000],
    ['2m', 120_000],
    ['1m30s', 90_000],
    ['500ms', 500],
    ['1h', 3_600_000],
    ['0s', 0],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
    expect(sayDuration(ms)).toBe(text);
  });
  it.each(['', '5', 's', '5 s', '-5s', '1.5m', '5d', '9999999s', '5s '])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('didYouMean', () => {
  it.each([
    ['tittle', 'title'],
    ['Approvals', 'approvals'],
    ['reviewed_at', undefined],
    ['approvlas', 'approvals'],
    ['x', undefined],
    ['y'.repeat(100_000), undefined],
    ['steps', 'actions'],
  ])('takes %s for %s', (word, meant) => {
    expect(didYouMean(word, ['title', 'approvals', 'actions', 'name'])).toBe(meant);
  });
});

describe('readTemplate', () => {
  it.each([
    ['{{ inputs.a }}', { input: 'a' }],
    ['{{inputs.a}}', { input: 'a' }],
    ['{{ inputs.w.namespace }}', { input: 'w', part: 'namespace' }],
    ['{{ inputs.w.uid }}', undefined],
    [' {{ inputs.a }}', undefined],
    ['{{ inputs.a }}{{ inputs.b }}', undefined],
    ['{{ inputs.a | upper }}', undefined],
    ['{{ before.revision }}', undefined],
    ['{{ inputs.a\n }}', undefined],
    ['{{ inputs.__proto__ }}', undefined],
  ])('reads %j', (text, ref) => {
    expect(readTemplate(text)).toEqual(ref);
  });

  it('puts a value in once, and does not look at what it put in', () => {
    expect(fillTemplates({ a: ['{{ inputs.x }}'] }, () => '{{ inputs.y }}')).toEqual({ a: ['{{ inputs.y }}'] });
  });
});
