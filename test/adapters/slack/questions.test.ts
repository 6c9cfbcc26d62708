import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { threadOf } from '../../../src/adapters/slack/views/thread.ts';
import type { Told } from '../../../src/core/incident/events.ts';
import { validateBlocks } from '../../../src/sandbox/slack/block-kit/validate-blocks.ts';
import { callsOf, createStage, type Stage, wordsOf } from './support/stage.ts';
import { investigated, journalled, maya, opened } from './support/story.ts';

const question = 'why is checkout not running?';
const bill = {
  model: 'test-model',
  usage: { inputTokens: 3_000, outputTokens: 120, cacheReadTokens: 0, cacheWriteTokens: 0 },
  costUsd: 0.0108,
  tokensSpent: 3_120,
  tokensAllowed: 20_000,
  usdSpent: 0.0108,
  usdAllowed: 0.5,
};
const asked = (text = question): Told => ({
  type: 'question-asked',
  body: { signalId: 'q-1', question: text, by: maya, scope: { cluster: 'prod' }, subject: null },
});
type Answered = Extract<Told, { type: 'question-answered' }>['body'];
const answered = (more: Partial<Answered> = {}): Told => ({
  type: 'question-answered',
  body: {
    question: 3,
    by: 'model',
    sentences: [
      { text: 'The image of checkout cannot be pulled.', evidence: ['E1'] },
      { text: 'Its tag does not exist.', evidence: ['T1'] },
    ],
    evidence: [
      {
        id: 'T1',
        kind: 'object',
        source: 'deployment shop/checkout',
        at: '2026-11-21T03:04:05.000Z',
        summary: 'Image: v2',
        digest: 'a'.repeat(64),
      },
    ],
    dropped: [{ what: 'sentence', why: 'it cites no evidence', times: 1 }],
    withoutModel: null,
    bill,
    ...more,
  },
});
const given = (more: Partial<Extract<Told, { type: 'explanation-given' }>['body']> = {}): Told => ({
  type: 'explanation-given',
  body: {
    investigation: 2,
    sentences: [{ text: 'The tag does not exist.', evidence: ['E1'] }],
    hypothesis: null,
    otherHypotheses: [],
    runbook: 'rollout-bad-image',
    inputs: [{ name: 'container', value: 'app', evidence: 'E1' }],
    dropped: [],
    bill,
    ...more,
  },
});
const requested: Told = { type: 'explanation-requested', body: { about: 'investigation' } };
const failed = (code: string): Told => ({
  type: 'explanation-failed',
  body: {
    investigation: 2,
    code,
    sentence: `The model failed: ${code}. The rules go on without it.`,
    dropped: [],
    bill: null,
  },
});

const whispers = (stage: Stage) => stage.workspace.ephemerals('U0MAYA');
const whisper = (stage: Stage) => stage.workspace.waitFor(() => whispers(stage).at(-1), 3_000);
const signals = (stage: Stage) =>
  stage.journal.events().flatMap(({ type, body }) => (type === 'signal-received' ? [body.signal] : []));

describe('a question in plain words', () => {
  it('in the thread of an incident is stored as one about it, and is said to be answered there', async () => {
    const stage = await createStage();
    await stage.happens('INC-1', [opened(), investigated()]);
    const [root] = await stage.thread('INC-1', 3);
    await stage.workspace.as('U0MAYA').say('C0INC', `@sre-copilot ${question} token hunter2`, root?.ts);
    expect((await whisper(stage)).text).toMatch(/\*INC-1\*: I look into it\. The answer comes here: </);
    expect(signals(stage)).toMatchObject([{ verb: 'ask', incident: 'INC-1', person: maya }]);
    expect(stage.incidents.get('INC-1')?.reasoning.questions).toMatchObject([
      { asked: { question: `${question} token [REDACTED]`, subject: 'checkout', by: maya } },
    ]);
  });

  it.each([
    [`@sre-copilot ${question}`, 'checkout'],
    ['@sre-copilot what is wrong with deployment/shop/checkout?', 'deployment/shop/checkout'],
  ])('outside of any begins an investigation: %s', async (said, subject) => {
    const stage = await createStage();
    await stage.workspace.as('U0MAYA').say('C0INC', said);
    expect((await whisper(stage)).text).toContain(`I look at \`${subject}\``);
    expect(signals(stage)).toMatchObject([{ verb: 'investigate', text: subject }]);
  });

  it('works after the slash too, and says what to name when it names nothing', async () => {
    const stage = await createStage({ narrate: false });
    const seen = await stage.workspace.as('U0MAYA').command('C0INC', '/sre why?');
    expect(seen.visible).toBe('ephemeral');
    expect(whispers(stage).at(-1)?.text).toContain('Your question names nothing that I could look at');
    expect(signals(stage)).toEqual([]);
  });
});

describe('the thread', () => {
  it('holds the answer with its evidence, who gave it, and what it cost', async () => {
    const messages = threadOf(await journalled([opened(), investigated(), asked(), answered()]), (group) => group);
    const message = messages.find(({ what }) => what === 'answer');
    const words = wordsOf(message);
    expect(message?.key).toBe('answer/3');
    expect(words).toContain("*Answer to Maya Example* (the model's words, not a rule)");
    expect(words).toContain('The image of checkout cannot be pulled. _(E1)_ Its tag does not exist. _(T1)_');
    expect(words).toContain('• T1 Image: v2 _(deployment shop/checkout)_');
    expect(words).toContain('test-model: 3120 of 20000 tokens, $0.01 of $0.50 for this incident');
    expect(words).toContain('1 claim of the model was left out: it cites no evidence.');
  });

  it('says why it was not the model that answered', async () => {
    const body = {
      by: 'rules',
      bill: null,
      withoutModel: { code: 'model.timeout', sentence: 'The model was late.' },
    } as const;
    const messages = threadOf(await journalled([opened(), investigated(), asked(), answered(body)]), (group) => group);
    const words = wordsOf(messages.find(({ what }) => what === 'answer'));
    expect(words).toContain('(by rules)');
    expect(words).toContain('The model was late.');
  });

  it('shows a reading under the model’s name, in the case file too, with its cost, and offers the runbook only', async () => {
    const messages = threadOf(await journalled([opened(), investigated(), requested, given()]), (group) => group);
    const note = wordsOf(messages.at(-1));
    expect(note).toContain("*The model's reading (not a rule):* The tag does not exist. _(E1)_");
    expect(note).toContain('It suggests the runbook `rollout-bad-image` with `container=app` (E1). It starts nothing');
    const file = wordsOf(messages.find(({ what }) => what === 'case-file'));
    expect(file).toContain("*The model's reading (not a rule):* The tag does not exist.");
    expect(file).toContain('3120 of 20000 tokens');
  });

  it('says once for each reason that there is no reading', async () => {
    const again = [requested, failed('model.over-budget')];
    const told = [opened(), investigated(), ...again, ...again, requested, failed('model.timeout')];
    const messages = threadOf(await journalled(told), (group) => group);
    const notes = messages.filter(({ what }) => what === 'note').map(wordsOf);
    expect(notes.filter((note) => note.includes('No reading of the model'))).toHaveLength(2);
    expect(wordsOf(messages[1])).toContain("*The model's reading:* none. The model failed: model.timeout");
  });

  it('shows what was seen before', async () => {
    const recalled: Told = {
      type: 'history-recalled',
      body: {
        past: [
          {
            reference: 'INC-3',
            at: '2020-01-01T00:00:00.000Z',
            found: 'The tag does not exist.',
            tried: [{ runbook: 'rollout-bad-image', result: 'did-not-help', changes: ['rollout-undo'], said: '' }],
            phase: 'resolved',
          },
        ],
      },
    };
    const [, file] = threadOf(await journalled([opened(), investigated(), recalled]), (group) => group);
    expect(wordsOf(file)).toMatch(
      /\*Seen before:\* INC-3, \d+ days ago: The tag does not exist; rollout-undo \(rollout-bad-image\) did not help/,
    );
  });

  it('grows one message from the first sentence to the whole answer', async () => {
    const stage = await createStage({ speed: 40 });
    await stage.happens('INC-1', [opened(), investigated(), asked()]);
    await stage.thread('INC-1', 3);
    stage.drafts.set('INC-1', 3, [{ text: 'The image of checkout cannot be pulled.', evidence: ['E1'] }]);
    const draft = await stage.thread('INC-1', 4);
    expect(wordsOf(draft[3])).toContain('The image of checkout cannot be pulled. _(E1)_ …');
    expect(wordsOf(draft[3])).toContain('still writing');
    await stage.happens('INC-1', [answered()]);
    stage.drafts.clear('INC-1', 3);
    const whole = await stage.workspace.waitFor((it) => {
      const root = stage.incidents.get('INC-1')?.posts.root;
      const last = root == null ? undefined : it.messages(root.channel, root.ts)[3];
      return wordsOf(last).includes('Its tag does not exist') ? last : undefined;
    }, 5_000);
    expect(whole.ts).toBe(draft[3]?.ts);
    expect(callsOf(stage, 'chat.postMessage')).toHaveLength(4);
    await stage.projection.idle();
  });

  it('stays one that Slack takes, and calls nobody, whatever model and people write', async () => {
    const nasty = fc.oneof(
      fc.constantFrom(
        '<!channel>',
        '<@U1> look',
        '*bold*',
        '`x`',
        'a\nb',
        '<https://evil.example|x>',
        '&lt;',
        '\u202ex',
        '_'.repeat(3_000),
        'x'.repeat(9_000),
      ),
      fc.string({ minLength: 1, unit: 'grapheme' }),
    );
    const sentence = fc.record({ text: nasty, evidence: fc.array(nasty, { minLength: 1, maxLength: 20 }) });
    const events = await journalled([opened(), investigated()]);
    await fc.assert(
      fc.asyncProperty(fc.array(sentence, { minLength: 1, maxLength: 6 }), nasty, async (sentences, text) => {
        const told = [
          requested,
          given({ sentences, runbook: text, inputs: [{ name: text, value: text, evidence: text }] }),
          asked(text),
        ];
        const story = [opened(), investigated(), ...told, answered({ question: 5, sentences })];
        expect(events).toHaveLength(2);
        for (const message of threadOf(await journalled(story), (group) => group)) {
          const raw = JSON.parse(JSON.stringify(message.blocks));
          expect([message.key, validateBlocks(raw, 'message')]).toEqual([message.key, []]);
          expect(message.text.trim()).not.toBe('');
          const shown = JSON.stringify([message.text, message.blocks]);
          for (const [markup] of shown.matchAll(/<[^<>]*>/g)) expect(markup).toMatch(/^<!date\^/);
        }
      }),
      { numRuns: 40 },
    );
  });
});
