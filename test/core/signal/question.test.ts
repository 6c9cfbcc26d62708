import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isQuestion, readQuestion } from '../../../src/core/signal/question.ts';

describe('readQuestion finds what a question is about', () => {
  it.each<[question: string, subject: string | null, namespace: string | null, alert: string | null]>([
    ['why is checkout not running?', 'checkout', null, null],
    ['Why is checkout not running', 'checkout', null, null],
    ["what's wrong with checkout?", 'checkout', null, null],
    ['is payments-api healthy', 'payments-api', null, null],
    ['why does the payments-api deployment keep crashing?', 'deployment/payments-api', null, null],
    ['why does deployment payments-api keep crashing?', 'deployment/payments-api', null, null],
    ['why is the StatefulSet db stuck?', 'statefulset/db', null, null],
    ['what happened to pod checkout-7d9c5b6f4-x2x8k?', 'pod/checkout-7d9c5b6f4-x2x8k', null, null],
    ['why are the checkout pods restarting', 'checkout', null, null],
    ['why is checkout in namespace shop down?', 'shop/checkout', 'shop', null],
    ['why is checkout in the shop namespace down?', 'shop/checkout', 'shop', null],
    ['is deployment checkout in shop ok?', 'deployment/shop/checkout', 'shop', null],
    ['why is shop/checkout not running?', 'shop/checkout', null, null],
    ['look at deployment/shop/checkout please', 'deployment/shop/checkout', null, null],
    ['is node worker-1 ready?', 'node/worker-1', null, null],
    ['why is worker-1 in NotReady?', 'worker-1', null, null],
    ['what is failing in namespace shop?', null, 'shop', null],
    ['why does KubePodCrashLooping fire?', null, null, 'KubePodCrashLooping'],
    ['why does KubePodCrashLooping fire for checkout?', 'checkout', null, 'KubePodCrashLooping'],
    ['why is checkout in CrashLoopBackOff?', 'checkout', null, null],
    ['why is checkout OOMKilled?', 'checkout', null, null],
    ['since when is “checkout” slow?', 'checkout', null, null],
    ["why aren't checkout's pods ready?", 'checkout', null, null],
    ['why?', null, null, null],
    ['what changed?', null, null, null],
    ['what is wrong here and who can help?', null, null, null],
    ['did no pods start?', null, null, null],
    ['', null, null, null],
  ])('%s', (question, subject, namespace, alert) => {
    expect(readQuestion(question)).toEqual({ subject, namespace, alert });
  });

  it('is total, quick, and names nothing that could not be a name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        const { subject, namespace } = readQuestion(text);
        for (const part of [subject, namespace]) if (part !== null) expect(part).toMatch(/^[a-z0-9][a-z0-9./-]*$/);
      }),
    );
    expect(readQuestion('in '.repeat(100_000))).toMatchObject({ subject: null });
  });
});

describe('isQuestion tells a question from a misspelt command', () => {
  it.each<[line: string, is: boolean]>([
    ['why is checkout not running?', true],
    ['why?', true],
    ['checkout?', true],
    ['what changed', true],
    ['tell me more', true],
    ['checkout does not start', true],
    ['show logs', true],
    ['status', false],
    ['investigate deployment/shop/checkout', false],
    ['invstigate deployment/shop/checkout', false],
    ['stauts', false],
    ['resolv INC-7', false],
    ['rnu rollout-bad-image INC-7', false],
    ['what', false],
    ['dance', false],
    ['', false],
    ['?', false],
  ])('%s', (line, is) => {
    expect(isQuestion(line)).toBe(is);
  });
});
