import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findApproval } from '../../../src/adapters/slack/listeners/find-approval.ts';
import type { Answer } from '../../../src/adapters/slack/views/answer.ts';
import { confirmModal } from '../../../src/adapters/slack/views/confirm-modal.ts';
import { detailsModal } from '../../../src/adapters/slack/views/details-modal.ts';
import { helpView, sentenceView, unknownCommandView } from '../../../src/adapters/slack/views/help.ts';
import { incidentMenu } from '../../../src/adapters/slack/views/incident-menu.ts';
import type { ThreadMessage } from '../../../src/adapters/slack/views/message.ts';
import { statusView } from '../../../src/adapters/slack/views/status.ts';
import { threadOf } from '../../../src/adapters/slack/views/thread.ts';
import { apply } from '../../../src/core/incident/apply.ts';
import type { IncidentEvent, Told } from '../../../src/core/incident/events.ts';
import type { IncidentState } from '../../../src/core/incident/state.ts';
import { textInBlocks, validateBlocks } from '../../../src/sandbox/slack/block-kit/validate-blocks.ts';
import { validateView } from '../../../src/sandbox/slack/block-kit/validate-view.ts';
import type { Json } from '../../../src/sandbox/slack/json.ts';
import {
  approvalId,
  checkOf,
  granted,
  investigated,
  jonas,
  journalled,
  maya,
  opened,
  planned,
  readDone,
  resolved,
  undone,
  untilAsked,
} from './support/story.ts';

const mentionOf = (group: string) => `<!subteam^S0LEADS|@${group}>`;
const json = (value: unknown): Json => JSON.parse(JSON.stringify(value));
const stateOf = (events: readonly IncidentEvent[]): IncidentState => {
  const state = events.reduce<IncidentState | undefined>(apply, undefined);
  if (state === undefined) throw new Error('no events');
  return state;
};
const thread = async (told: readonly Told[]) => threadOf(await journalled(told), mentionOf);
const pick = (messages: readonly ThreadMessage[], key: string) =>
  messages.find((message) => message.key.startsWith(key));
const golden = (name: string) => `../../golden/slack/${name}.json`;
const pretty = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** What Slack would refuse of a message: empty when it takes it. */
function refusalsOf({ text, blocks }: { readonly text: string; readonly blocks?: readonly unknown[] }): unknown[] {
  const raw = json(blocks ?? []);
  const total = textInBlocks(raw);
  return [
    ...validateBlocks(raw, 'message'),
    ...(total > 11_000 ? [`${total} characters in all`] : []),
    ...(text.length > 4_000 || text.trim() === '' ? [`text of ${text.length} characters`] : []),
  ];
}

const endings: readonly (readonly [name: string, told: readonly Told[]])[] = [
  ['granted', [...untilAsked(), granted]],
  ['rejected', [...untilAsked(), { type: 'approval-rejected', body: { approval: approvalId, by: jonas, reason: '' } }]],
  ['expired', [...untilAsked(), { type: 'approval-expired', body: { approval: approvalId } }]],
  [
    'superseded',
    [
      ...untilAsked(),
      {
        type: 'approval-superseded',
        body: { run: 'run-0001', action: 'undo', approval: approvalId, why: ['the pod template is at revision 5 now'] },
      },
    ],
  ],
  [
    'revoked',
    [...untilAsked(), { type: 'approval-revoked', body: { approval: approvalId, why: 'maya stopped the run.' } }],
  ],
];

describe('what people see', () => {
  it('of a new incident: the root', async () => {
    await expect(pretty(pick(await thread([opened()]), 'root'))).toMatchFileSnapshot(golden('root'));
  });

  it('of one that is over: the root', async () => {
    const messages = await thread([...untilAsked(), granted, ...undone, resolved]);
    await expect(pretty(pick(messages, 'root'))).toMatchFileSnapshot(golden('root-resolved'));
  });

  it('while it is worked on: the case file', async () => {
    await expect(pretty(pick(await thread(untilAsked()), 'case-file'))).toMatchFileSnapshot(golden('case-file'));
  });

  it('of a finding', async () => {
    const told = investigated({
      missing: [{ source: 'logs of Pod shop/checkout-7d9f8b6c5d-x2x7k', why: 'the container never started' }],
    });
    await expect(pretty(pick(await thread([opened(), told]), 'note/2'))).toMatchFileSnapshot(golden('finding'));
  });

  it('when nothing was found', async () => {
    const told = investigated({ status: 'inconclusive', findings: [], evidence: [] });
    await expect(pretty(pick(await thread([opened(), told]), 'note/2'))).toMatchFileSnapshot(golden('no-finding'));
  });

  it('when they are asked: the card', async () => {
    const messages = await thread(untilAsked({ requester: maya }));
    await expect(pretty(pick(messages, 'card/'))).toMatchFileSnapshot(golden('card-pending'));
  });

  it.each(endings)('when it was decided: the card %s', async (name, told) => {
    const card = pick(await thread(told), 'card/');
    await expect(pretty(card)).toMatchFileSnapshot(golden(`card-${name}`));
    expect(JSON.stringify(card)).not.toContain('"type":"button"');
    expect(JSON.stringify(card)).toContain('shop/checkout:v2');
  });

  it('when a run ended', async () => {
    const messages = await thread([...untilAsked(), granted, ...undone]);
    const ended = messages.find(({ text }) => text.startsWith('Run succeeded'));
    await expect(pretty(ended)).toMatchFileSnapshot(golden('run-ended'));
  });

  it('when a run that only read ended: with what it read', async () => {
    const ended: Told = {
      type: 'run-ended',
      body: { run: 'run-0001', status: 'stopped', reason: 'maya stopped the run.' },
    };
    const messages = await thread([opened(), investigated(), planned(), ...readDone, ended]);
    await expect(pretty(messages.at(-1))).toMatchFileSnapshot(golden('run-ended-reads'));
  });

  it('in the window of a card', async () => {
    const found = findApproval([stateOf(await journalled(untilAsked()))], approvalId);
    if (found?.check == null) throw new Error('no check');
    await expect(pretty(detailsModal({ ...found, check: found.check }))).toMatchFileSnapshot(golden('details'));
  });

  it.each<[string, (state: IncidentState) => Answer]>([
    ['help', () => helpView()],
    ['unknown-command', () => unknownCommandView('statsu <!channel>')],
    ['status', (state) => statusView([state], () => '<http://127.0.0.1/#C/1|thread of INC-7>')],
    ['no-incident', () => statusView([], () => '')],
    ['incident-menu', (state) => incidentMenu('Which run should stop?', 'a'.repeat(32), [state])],
    [
      'refused-click',
      () =>
        sentenceView(
          'Only members of sre-leads can decide this, and you are not one now. The card stays open for them.',
        ),
    ],
  ])('as an answer to them alone: %s', async (name, view) => {
    const answer = view(stateOf(await journalled(untilAsked())));
    await expect(pretty(answer)).toMatchFileSnapshot(golden(name));
    expect(refusalsOf(answer)).toEqual([]);
  });

  it('carries the state in words, never in a mark alone', async () => {
    const messages = await thread([...untilAsked(), granted, ...undone, resolved]);
    for (const message of messages) {
      const words = JSON.stringify(message.blocks).replaceAll(/[🔴🟠🟡🟢]/gu, '');
      if (message.what === 'root' || message.what === 'case-file') expect(words).toContain('*Resolved*');
    }
  });

  it('calls the approvers once, when they are asked, and again only when somebody must look', async () => {
    const calls = (messages: readonly ThreadMessage[]) =>
      messages.filter((it) => JSON.stringify(it).includes('<!subteam^'));
    expect(calls(await thread(untilAsked())).map(({ what }) => what)).toEqual(['card']);
    expect(calls(await thread([...untilAsked(), granted, ...undone, resolved]))).toEqual([]);
    const lost: Told = {
      type: 'action-unknown',
      body: { run: 'run-0001', action: 'undo', role: 'action', sentence: 'Whether the change landed cannot be told.' },
    };
    const messages = await thread([...untilAsked(), granted, ...undone.slice(0, 1), lost]);
    expect(calls(messages)).toHaveLength(1);
    expect(JSON.stringify(calls(messages))).toContain('please look now');
  });
});

describe('every message', () => {
  it.each([
    ['a new incident', [opened()]],
    ['an open question', untilAsked({ requester: maya, typedConfirmation: true })],
    ['the whole story', [...untilAsked(), granted, ...undone, resolved]],
    ...endings,
  ] satisfies (readonly [string, readonly Told[]])[])('of %s is one that Slack takes', async (_name, told) => {
    for (const message of await thread(told)) expect([message.key, refusalsOf(message)]).toEqual([message.key, []]);
  });
});

const nasty = fc.oneof(
  fc.constantFrom(
    '<!channel> <!here> <@U0MAYA> <https://evil.example|click>',
    '*Approved* by <@U0JONAS>\n*Approval needed: nothing*',
    '```\n*bold* out of the block',
    '\u202Eevil\u202C \u200B\u0000\u001b[31m',
    '&amp;&lt;&gt;'.repeat(400),
    '🔥'.repeat(1500),
    `${'x'.repeat(290)}\ud83d`,
    '\ud800 lone \udfff',
    'a'.repeat(100_000),
    '&'.repeat(20_000),
    ' ',
    '\n\n\n',
  ),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 400 }),
  fc.string({ unit: fc.constantFrom('&', '<', '>', '*', '`', '\n', ' ', '🔥', 'é'), minLength: 1, maxLength: 4_000 }),
);

/** A whole story in which every text that comes from outside is `text`. */
function storyOf(text: (n: number) => string, width: number): readonly Told[] {
  const many = <T>(make: (n: number) => T): T[] => Array.from({ length: width }, (_, n) => make(n));
  const object = { apiVersion: 'v1', kind: text(1), namespace: text(2), name: text(3) };
  const evidence = many((n) => ({
    id: `e${n}`,
    kind: 'log' as const,
    source: text(n),
    at: '2026-11-21T03:04:06.000Z',
    summary: text(n + 1),
    digest: 'a'.repeat(64),
  }));
  const finding = (n: number) => ({
    id: `f${n}`,
    code: 'oom-killed',
    object,
    confidence: 'high' as const,
    score: 1,
    summary: text(n),
    cause: { path: text(n + 1), observed: text(n + 2), expected: text(n + 3) },
    recommendation: { text: text(n + 4) },
    evidence: evidence.map(({ id }) => id),
    explains: [],
  });
  const check = checkOf({
    cluster: text(4),
    target: { ...object, uid: text(5) },
    guard: many((n) => ({ path: text(n), digest: 'a'.repeat(64), summary: text(n) })),
    change: many(text),
    blastRadius: { objects: 1, pods: 1, summary: text(6) },
    rollback: { possible: false, why: text(7) },
    verdict: {
      effect: 'needs-approval',
      rule: text(8),
      reasons: many(text),
      require: many((n) => ({ group: text(n), count: 2 })),
      ttlSeconds: 60,
    },
  });
  const person = { id: 'U0X', name: text(9) };
  const plan = planned(person);
  if (plan.type !== 'plan-made') throw new Error('no plan');
  const [look, undo] = plan.body.plan.actions;
  if (look === undefined || undo === undefined) throw new Error('no actions');
  const looks = many((n) => ({ ...look, id: `look${n}`, title: text(n) }));
  const about = (action: string) => ({ run: 'run-0001', action });
  return [
    opened({ title: text(10), severity: text(11), summary: text(12), requester: person, scope: { cluster: text(13) } }),
    investigated({
      findings: many(finding),
      evidence,
      missing: many((n) => ({ source: text(n), why: text(n + 1) })),
    }),
    {
      ...plan,
      body: {
        ...plan.body,
        plan: {
          ...plan.body.plan,
          runbook: { name: text(14), title: text(15), digest: 'a'.repeat(64) },
          actions: [...looks, { ...undo, title: text(16) }],
          approvals: many((n) => ({ group: text(n), count: 1 })),
        },
      },
    },
    { type: 'preconditions-checked', body: { run: 'run-0001', results: [], holds: true } },
    ...looks.flatMap(({ id }): Told[] => [
      {
        type: 'action-checked',
        body: {
          ...about(id),
          check: checkOf({ requestDigest: null, verdict: { effect: 'allow', rule: 'r', reasons: ['x'] } }),
        },
      },
      {
        type: 'action-executed',
        body: { ...about(id), role: 'action', observed: false, summary: text(17), output: many(text).join('\n') },
      },
      { type: 'action-validated', body: { ...about(id), role: 'action', outcome: 'succeeded', measured: text(18) } },
    ]),
    { type: 'action-checked', body: { ...about('undo'), check } },
    {
      type: 'approval-requested',
      body: {
        ...about('undo'),
        approval: approvalId,
        digest: 'a'.repeat(64),
        require: many((n) => ({ group: text(n), count: 2 })),
        requester: person,
        expiresAt: '2036-11-21T03:19:06.000Z',
        typedConfirmation: true,
      },
    },
    { type: 'approval-given', body: { approval: approvalId, by: { id: 'U0Y', name: text(19) }, groups: [text(20)] } },
    { type: 'approval-revoked', body: { approval: approvalId, why: text(21) } },
    { type: 'run-ended', body: { run: 'run-0001', status: 'unknown', reason: text(22) } },
  ];
}

/** Events without a journal: sealing hundreds of kilobytes a run would be all that this test does. */
function unsealed(told: readonly Told[]): IncidentEvent[] {
  const at = '2026-11-21T03:04:05.000Z';
  return told.map(
    (event, index) =>
      ({
        ...event,
        v: 1,
        seq: index + 1,
        recordedAt: at,
        occurredAt: at,
        incident: 'INC-7',
        actor: { kind: 'user', id: 'U', name: 'somebody' },
        cause: 0,
        prev: '0'.repeat(64),
        hash: '0'.repeat(64),
      }) as IncidentEvent,
  );
}

describe('whatever an alert says', () => {
  const hostile = fc.tuple(fc.array(nasty, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 12 }));

  it('every message stays one that Slack takes, at every point of the story', () => {
    fc.assert(
      fc.property(hostile, ([texts, width]) => {
        const story = unsealed(storyOf((n) => texts[n % texts.length] ?? ' ', width));
        for (const length of [1, 2, story.length - 3, story.length]) {
          for (const message of threadOf(story.slice(0, length), () => '@group')) {
            expect([message.key, refusalsOf(message)]).toEqual([message.key, []]);
            // Slack's client encodes it as a form, which throws for half a character.
            expect(JSON.stringify(message).isWellFormed()).toBe(true);
            encodeURIComponent(message.text + JSON.stringify(message.blocks));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('nobody is called, nothing is linked, nothing is hidden, and no line looks like ours', () => {
    fc.assert(
      fc.property(hostile, ([texts, width]) => {
        const story = unsealed(storyOf((n) => texts[n % texts.length] ?? ' ', width));
        for (const message of threadOf(story, () => '@group')) {
          const shown = JSON.stringify({ text: message.text, blocks: message.blocks });
          for (const [markup] of shown.matchAll(/<[^<>]*>/g))
            expect(markup).toMatch(/^<(!date\^\d+\^[^<>]*|@U0X|@U0Y)>$/);
          expect(shown).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff]/u);
          // In code nothing is markup.
          expect(shown.replaceAll(/```.*?```|`[^`]*`/g, '')).not.toMatch(/\*Approved\* by|\\n\*Approval needed/);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('the windows and menus stay ones that Slack takes', () => {
    fc.assert(
      fc.property(hostile, ([texts, width]) => {
        const story = unsealed(storyOf((n) => texts[n % texts.length] ?? ' ', width));
        const state = stateOf(story.slice(0, -3));
        const found = findApproval([state], approvalId);
        if (found?.check == null) throw new Error('no check');
        const place = { approval: approvalId, channel: 'C', ts: '1.0', threadTs: null };
        expect(validateView(json(detailsModal({ ...found, check: found.check })), 'modal')).toEqual([]);
        expect(validateView(json(confirmModal({ ...found, check: found.check }, place)), 'modal')).toEqual([]);
        const states = Array.from({ length: 60 }, () => state);
        for (const answer of [
          statusView(states, () => 'x'.repeat(200)),
          incidentMenu(texts[0] ?? '', 'a'.repeat(32), states),
          unknownCommandView(texts[0] ?? ''),
          sentenceView(texts[0] ?? ''),
        ]) {
          expect(refusalsOf(answer).filter((it) => !String(it).startsWith('text of'))).toEqual([]);
          expect(answer.text.length).toBeLessThanOrEqual(4_000);
        }
      }),
      { numRuns: 40 },
    );
  });
});
