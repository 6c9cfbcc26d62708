import { describe, expect, it } from 'vitest';
import { createInteractionTokens } from '../../../src/sandbox/slack/interaction-tokens.ts';

const target = { person: 'U1', channel: 'C1' };

function tokensAt(start: number) {
  let time = start;
  return {
    tokens: createInteractionTokens({ now: () => time, urlOf: (id) => id }),
    wait: (ms: number) => {
      time += ms;
    },
  };
}

describe('a trigger', () => {
  it('works once within three seconds', () => {
    const { tokens, wait } = tokensAt(1_000);
    const id = tokens.issueTrigger({ person: 'U1' });
    wait(3_000);
    expect(tokens.useTrigger(id)).toMatchObject({ ok: true, trigger: { person: 'U1' } });
    expect(tokens.useTrigger(id)).toEqual({ ok: false, error: 'exchanged_trigger_id' });
  });

  it('is expired after three seconds, and unknown when nobody issued it', () => {
    const { tokens, wait } = tokensAt(1_000);
    const id = tokens.issueTrigger({ person: 'U1' });
    wait(3_001);
    expect(tokens.useTrigger(id)).toEqual({ ok: false, error: 'expired_trigger_id' });
    expect(tokens.useTrigger('1.2.3')).toEqual({ ok: false, error: 'invalid_trigger_id' });
  });
});

describe('a response_url', () => {
  it('works five times', () => {
    const { tokens } = tokensAt(1_000);
    const id = tokens.issueResponseUrl(target);
    for (let use = 1; use <= 5; use += 1) expect(tokens.useResponseUrl(id)).toEqual({ ok: true, target, use });
    expect(tokens.useResponseUrl(id)).toEqual({ ok: false, error: 'used_url' });
  });

  it('works for thirty minutes', () => {
    const { tokens, wait } = tokensAt(1_000);
    const id = tokens.issueResponseUrl(target);
    wait(30 * 60_000);
    expect(tokens.useResponseUrl(id)).toMatchObject({ ok: true });
    wait(1);
    expect(tokens.useResponseUrl(id)).toEqual({ ok: false, error: 'expired_url' });
  });
});
