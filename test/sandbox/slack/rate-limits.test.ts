import { describe, expect, it } from 'vitest';
import { createRateLimits } from '../../../src/sandbox/slack/rate-limits.ts';

function limitsAt() {
  let time = 0;
  const limits = createRateLimits({ now: () => time });
  return {
    limits,
    wait: (ms: number) => {
      time += ms;
    },
  };
}

describe('rate limits', () => {
  it('let a short burst of messages pass, then one a second per channel', () => {
    const { limits, wait } = limitsAt();
    const post = (channel: string) => limits.secondsToWait('chat.postMessage', 'message', channel);
    expect([1, 2, 3, 4, 5].map(() => post('C1'))).toEqual([undefined, undefined, undefined, undefined, undefined]);
    expect(post('C1')).toBe(1);
    expect(post('C2')).toBeUndefined();
    wait(1_000);
    expect(post('C1')).toBeUndefined();
    expect(post('C1')).toBe(1);
  });

  it('count 20 calls a minute per method in tier 2, and say how long to wait', () => {
    const { limits, wait } = limitsAt();
    const list = () => limits.secondsToWait('usergroups.list', 'T2', '');
    for (let call = 0; call < 20; call += 1) expect(list()).toBeUndefined();
    wait(10_000);
    expect(list()).toBe(50);
    expect(limits.secondsToWait('usergroups.users.list', 'T2', '')).toBeUndefined();
    wait(50_000);
    expect(list()).toBeUndefined();
  });
});
