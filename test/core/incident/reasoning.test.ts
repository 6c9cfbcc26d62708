import { describe, expect, it } from 'vitest';
import type { Told } from '../../../src/core/incident/events.ts';
import { isWanted, maxAttempts, next } from '../../../src/core/incident/next.ts';
import { type PastIncident, sayAgo, sayPast } from '../../../src/core/incident/past-incident.ts';
import { currentExplanation } from '../../../src/core/incident/reasoning-state.ts';
import { timelineOf } from '../../../src/core/timeline/entries.ts';
import { ann, investigation } from '../../support/incident-facts.ts';
import { opened, type Story } from '../../support/incident-story.ts';

const finished: Told = {
  type: 'investigation-finished',
  body: { investigation: investigation(), chosen: null, why: 'none fits' },
};
const wanted: Told = { type: 'explanation-requested', body: { about: 'investigation' } };
const bill = {
  model: 'm',
  usage: { inputTokens: 1, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0 },
  costUsd: 0.001,
  tokensSpent: 3,
  tokensAllowed: 20_000,
  usdSpent: 0.001,
  usdAllowed: 0.5,
};
const given = (seq = 2): Told => ({
  type: 'explanation-given',
  body: {
    investigation: seq,
    sentences: [{ text: 'The image is wrong.', evidence: ['e1'] }],
    hypothesis: 'f1',
    otherHypotheses: [],
    runbook: null,
    inputs: [],
    dropped: [{ what: 'sentence', why: 'it cites no evidence', times: 2 }],
    bill,
  },
});
const failed: Told = {
  type: 'explanation-failed',
  body: { investigation: 2, code: 'model.timeout', sentence: 'It was late.', dropped: [], bill: null },
};
const asking: Told = {
  type: 'question-asked',
  body: { signalId: 'q-1', question: 'why?', by: ann, scope: { cluster: 'test' }, subject: null },
};
const answered = (question = 3): Told => ({
  type: 'question-answered',
  body: {
    question,
    by: 'rules',
    sentences: [{ text: 'Nothing is wrong.', evidence: [] }],
    evidence: [],
    dropped: [],
    withoutModel: null,
    bill: null,
  },
});
const explaining = () => opened().tell(finished).tell(wanted);
const kinds = (story: Story) => next(story.state(), story.now()).map(({ kind }) => kind);
const giveUp = (story: Story) => {
  const key = next(story.state(), story.now())[0]?.key ?? '';
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const body = { key, attempt, code: 'x', sentence: 'It broke.', notBefore: story.now().toISOString() };
    story.tell({ type: 'effect-failed', body });
  }
  return next(story.state(), story.now())[0];
};

describe('an explanation', () => {
  it('is asked for only after it was requested, once', () => {
    expect(kinds(opened().tell(finished))).toEqual([]);
    expect(kinds(explaining())).toEqual(['explain']);
    expect(kinds(explaining().tell(given()))).toEqual([]);
    expect(kinds(explaining().tell(failed))).toEqual([]);
  });

  it('does not hold up the end of an incident', () => {
    const over = explaining().tell({ type: 'incident-resolved', body: { signalId: null, by: 'source', summary: 'x' } });
    expect(kinds(over)).toEqual([]);
    expect(() => over.tell(given())).toThrow(/explanation-given cannot follow/);
  });

  it('of an investigation that was made anew is not waited for any more', () => {
    const story = explaining();
    const key = next(story.state(), story.now())[0]?.key ?? '';
    story.tell({
      type: 'investigation-requested',
      body: { signalId: 's', scope: { cluster: 'test' }, subject: null, requester: ann },
    });
    story.tell(finished);
    expect(isWanted(story.state(), key, story.now())).toBe(false);
    expect(() => story.tell(given())).toThrow(TypeError);
  });

  it('counts for the investigation it is about', () => {
    const { reasoning } = explaining().tell(given()).state();
    expect(currentExplanation(reasoning, 2)?.sentences).toHaveLength(1);
    expect(currentExplanation(reasoning, 9)).toBeNull();
  });

  it.each<[why: string, story: () => Story]>([
    ['without a request', () => opened().tell(finished).tell(given())],
    ['of another investigation', () => explaining().tell(given(7))],
    ['twice', () => explaining().tell(given()).tell(given())],
    ['that failed without a request', () => opened().tell(finished).tell(failed)],
    ['requested before anything was found', () => opened().tell(wanted)],
  ])('cannot be given %s', (_why, story) => expect(story).toThrow(TypeError));

  it('that breaks again and again is given up with one sentence', () => {
    expect(giveUp(explaining())).toMatchObject({
      kind: 'record',
      events: [
        { type: 'explanation-failed', body: { code: 'effect.gave-up', sentence: expect.stringMatching(/It broke/) } },
      ],
    });
  });
});

describe('a question', () => {
  it('is asked for until it is answered, also in a resolved incident', () => {
    const story = opened().tell(finished).tell(asking);
    expect(kinds(story)).toEqual(['answer']);
    expect(story.state().signals).toContain('q-1');
    expect(
      kinds(story.fork().tell({ type: 'incident-resolved', body: { signalId: null, by: 'source', summary: 'x' } })),
    ).toEqual(['answer']);
    expect(kinds(story.tell(answered()))).toEqual([]);
  });

  it.each<[why: string, story: () => Story]>([
    ['that nobody asked', () => opened().tell(finished).tell(answered())],
    ['twice', () => opened().tell(finished).tell(asking).tell(answered()).tell(answered())],
  ])('cannot be answered %s', (_why, story) => expect(story).toThrow(TypeError));

  it('that breaks again and again is answered with that', () => {
    expect(giveUp(opened().tell(finished).tell(asking))).toMatchObject({
      kind: 'record',
      events: [
        {
          type: 'question-answered',
          body: { by: 'rules', sentences: [{ text: expect.stringMatching(/could not be answered: It broke/) }] },
        },
      ],
    });
  });
});

describe('the timeline tells', () => {
  it('the reading as the model’s, with what it cost and what was left out', () => {
    const texts = timelineOf(explaining().tell(given()).tell(asking).tell(answered(5)).events()).map(
      ({ text }) => text,
    );
    expect(texts.slice(2)).toEqual([
      'The model is asked for its reading.',
      'The model\'s reading (not a rule): The image is wrong. [e1] It takes "The image shop/checkout:v2 cannot be pulled: the tag does not exist" for the cause. 2 claims of the model were left out: it cites no evidence. m: 3 of 20000 tokens, $0.0010 of $0.50 for this incident.',
      'Ann asked: why?',
      'Answer by rules to #5: Nothing is wrong.',
    ]);
  });

  it('an earlier incident with how long ago it was and what helped', () => {
    const past: PastIncident = {
      reference: 'INC-3',
      at: '2026-11-19T03:00:00.000Z',
      found: 'The tag does not exist.',
      tried: [{ runbook: 'rollout-bad-image', result: 'helped', changes: ['rollout-undo'], said: '' }],
      phase: 'resolved',
    };
    const now = '2026-11-21T04:00:00.000Z';
    expect(sayPast(past, now)).toBe(
      'INC-3, 2 days ago: The tag does not exist; rollout-undo (rollout-bad-image) helped',
    );
    expect(sayPast({ ...past, tried: [] }, now)).toBe(
      'INC-3, 2 days ago: The tag does not exist; nothing was changed by me',
    );
  });

  it.each([
    [20, 'just now'],
    [60, '1 minute ago'],
    [3_599, '59 minutes ago'],
    [7_200, '2 hours ago'],
    [47 * 3_600, '47 hours ago'],
    [72 * 3_600, '3 days ago'],
    [-5, 'just now'],
  ])('%d seconds as %s', (seconds, said) => {
    const then = new Date(Date.UTC(2026, 10, 21) - seconds * 1_000).toISOString();
    expect(sayAgo(then, new Date(Date.UTC(2026, 10, 21)).toISOString())).toBe(said);
  });
});
