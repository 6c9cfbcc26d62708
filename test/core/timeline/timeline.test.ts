import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IncidentEvent } from '../../../src/core/incident/events.ts';
import { maxAttempts } from '../../../src/core/incident/next.ts';
import { timelineOf } from '../../../src/core/timeline/entries.ts';
import { renderJson, verifyTimelineDocument } from '../../../src/core/timeline/json.ts';
import { renderMarkdown } from '../../../src/core/timeline/markdown.ts';
import { sayDuration, stretchesOf } from '../../../src/core/timeline/phases.ts';
import { askFor, investigation, lukas, openedBody, plan, undoStep, writeCheck } from '../../support/incident-facts.ts';
import {
  approvalId,
  createStory,
  granted,
  intended,
  opened,
  planned,
  type Story,
  undoing,
  waiting,
  yes,
} from '../../support/incident-story.ts';
import { badImage, hostile, hostileFrom, rolledBack } from './stories.ts';

const markdownOf = (story: Story) => renderMarkdown(story.events(), story.head());
const rowsOf = (markdown: string) => markdown.split('\n').filter((line) => /^\| #\d+ \|/.test(line));

describe('the timeline in Markdown', () => {
  it('tells bad-image to somebody who was not there', async () => {
    await expect(markdownOf(badImage())).toMatchFileSnapshot('../../golden/timeline/bad-image.md');
  });

  it('tells a rollback', async () => {
    await expect(markdownOf(rolledBack())).toMatchFileSnapshot('../../golden/timeline/rolled-back.md');
  });

  it.each<[what: string, says: RegExp]>([
    ['what broke', /shop\/checkout:v2 cannot be pulled/],
    ['on which object', /Deployment shop\/checkout/],
    ['who decided', /\*\*Lena\*\* \(sre-leads\) approved/],
    ['who was refused', /Mia clicked and was refused/],
    ['what ran', /image: shop\/checkout:v2 → shop\/checkout:v1/],
    ['how long people took', /waiting for people\) \| 49\.0 s/],
    ['how it ended', /Status \| \*\*resolved\*\*/],
  ])('says %s', (_what, says) => {
    expect(markdownOf(badImage())).toMatch(says);
  });

  it.each<[name: string, story: () => Story]>([
    ['bad-image', badImage],
    ['a rollback', rolledBack],
    ['hostile words', () => hostile('| # x\n| y |')],
  ])('every line of %s cites an event that exists', (_name, story) => {
    const markdown = markdownOf(story());
    const { length } = story().events();
    expect(rowsOf(markdown).length).toBeGreaterThan(5);
    // Escaped signs are words of others, not citations.
    for (const [, seq] of markdown.matchAll(/(?<!\\)#(\d+)/g)) {
      expect(Number(seq)).toBeGreaterThanOrEqual(1);
      expect(Number(seq)).toBeLessThanOrEqual(length);
    }
    for (const section of ['Who decided what', 'How long each phase took']) {
      const lines = sectionOf(markdown, section).filter((line) => /^(- |\| (?!Phase|---))/.test(line));
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) expect(line).toMatch(/#\d+/);
    }
  });

  it('I4: the table is the journal in order, without a gap but for details', () => {
    const story = badImage();
    const told = timelineOf(story.events())
      .filter(({ weight }) => weight !== 'detail')
      .map(({ seq }) => `| #${seq} |`);
    expect(rowsOf(markdownOf(story)).map((row) => row.slice(0, row.indexOf('|', 2) + 1))).toEqual(told);
    expect(timelineOf(story.events()).map(({ seq }) => seq)).toEqual(story.events().map(({ seq }) => seq));
  });

  it('ends with the head that proves it', () => {
    const story = badImage();
    const { seq, hash, stream } = story.head();
    expect(markdownOf(story)).toContain(`\`${hash}\``);
    expect(markdownOf(story)).toContain(`<!-- ${JSON.stringify({ hash, seq, stream })} -->`);
  });

  it('needs at least one event', () => {
    expect(() => renderMarkdown([], { stream: 'incident/INC-1', seq: 0, hash: '0'.repeat(64) })).toThrow(TypeError);
  });
});

describe('T15: words from outside are words', () => {
  const words = fc.oneof(
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        '| a | b |',
        '</td><script>alert(1)</script>',
        '[x](http://evil.example)',
        '![x](//evil.example/p.png)',
        '<http://evil.example>',
        'https://evil.example',
        'ftp://evil.example',
        'www.evil.example',
        '<!channel>',
        '@channel',
        '@here',
        'a@evil.example',
        '`code`',
        '**bold**',
        '# heading',
        '- item',
        '1. item',
        '+ x',
        '\n\n# heading',
        '\r\n| x |',
        '\u202egnp.exe',
        '&lt;b&gt;',
        '&#91;x](y)',
        '\\| x',
        '\\',
        '~~~',
        '```',
        '=====',
        '---',
        '<!--',
        '-->',
      ),
    },
    { weight: 1, arbitrary: fc.string() },
  );
  const text = fc.array(words, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(' '));

  it('whatever is said, the page has the same lines, the same columns and no markup of strangers', () => {
    const pagesOf = (said: string) => [hostile(said), hostileFrom(said)].map(markdownOf).join('\n').split('\n');
    const plain = pagesOf('plain words');
    fc.assert(
      fc.property(text, (said) => {
        const lines = pagesOf(said);
        expect(lines).toHaveLength(plain.length);
        for (const [index, line] of lines.entries()) {
          const bars = (of: string) => of.replace(/\\\\/g, '').replace(/\\\|/g, '').split('|').length;
          expect(bars(line)).toBe(bars(plain[index] ?? ''));
          if (!line.startsWith('<!-- {')) expectNoMarkup(line);
        }
      }),
      { numRuns: 120 },
    );
  });

  it.each<[said: string, shown: string]>([
    ['a | b', 'a \\| b'],
    ['a\nb\r\nc', 'a b c'],
    ['<b>', '\\<b\\>'],
    ['[x](y)', '\\[x\\](y)'],
    ['&lt;b&gt;', '&amp;lt;b&amp;gt;'],
    ['http://x', 'http&#58;//x'],
    ['www.x.example', 'www&#46;x.example'],
    ['@channel', '\\@\u2060channel'],
    ['`x`', '\\`x\\`'],
  ])('%j is shown as %j', (said, shown) => {
    expect(markdownOf(hostile(said))).toContain(shown);
  });

  it('a read’s output cannot leave its fence', () => {
    const story = planned();
    const output = 'ok\n```\n# heading\n````\n<script>\n\u202e';
    story.tell({ type: 'preconditions-checked', body: { run: 'run-1', results: [], holds: true } });
    const about = { run: 'run-1', action: 'look' };
    story.tell({
      type: 'action-checked',
      body: {
        ...about,
        check: {
          ...writeCheck(),
          target: null,
          requestDigest: null,
          verdict: { effect: 'allow', rule: 'r', reasons: ['x'] },
        },
      },
    });
    story.tell({
      type: 'action-executed',
      body: { ...about, role: 'action', observed: false, summary: 'read', output },
    });
    const markdown = markdownOf(story);
    expect(markdown).toContain('`````text\nok\n```\n# heading\n````\n<script>\n\n`````');
  });

  it('a name that is empty or a back-tick does not open a code span', () => {
    const found = investigation();
    const [finding] = found.findings;
    if (finding === undefined) throw new Error('no finding');
    const cause = { ...finding.cause, path: '' };
    const story = opened().tell({
      type: 'investigation-finished',
      body: { investigation: { ...found, findings: [{ ...finding, cause }] }, chosen: null, why: 'none.' },
    });
    expect(markdownOf(story)).not.toContain('``');
  });
});

describe('the timeline as entries', () => {
  it('cites, for every event, that event and no other', () => {
    const { length } = badImage().events();
    expect(timelineOf(badImage().events())).toHaveLength(length);
  });

  it.each<[event: string, story: () => Story, says: RegExp]>([
    [
      'an opening that is not the first',
      () => createStory().tell({ type: 'incident-opened', body: openedBody({ previous: 'INC-0' }) }),
      /led to INC-0 before/,
    ],
    [
      'an answer without a finding',
      () =>
        opened().tell({
          type: 'investigation-finished',
          body: {
            investigation: investigation({
              status: 'inconclusive',
              findings: [],
              missing: [{ source: 'pods', why: 'forbidden' }],
            }),
            chosen: null,
            why: 'none fits.',
          },
        }),
      /No cause was found\. Not readable: pods\./,
    ],
    [
      'an answer that nothing is wrong',
      () =>
        opened().tell({
          type: 'investigation-finished',
          body: { investigation: investigation({ status: 'healthy', findings: [] }), chosen: null, why: 'none fits.' },
        }),
      /Nothing is wrong there now/,
    ],
    ['an effect that is tried again', () => failedEffect(1), /may be tried again after/],
    ['an effect that is given up', () => failedEffect(maxAttempts), /It is not tried again/],
    [
      'a change that was seen afterwards',
      () =>
        intended().tell({
          type: 'action-executed',
          body: { ...undoing, role: 'action', observed: true, summary: 'Seen.', output: '' },
        }),
      /seen afterwards, not answered/,
    ],
  ])('%s', (_event, story, says) => {
    expect(timelineOf(story().events()).at(-1)?.text).toMatch(says);
  });

  it('names who it was', () => {
    const who = timelineOf(badImage().events()).map((entry) => entry.who);
    expect(new Set(who)).toEqual(new Set(['sre-copilot', 'Mia', 'Lena', 'Alertmanager']));
  });
});

describe('the phases', () => {
  it('measure from one event to another, both cited', () => {
    const story = badImage();
    const at = (seq: number) => story.events()[seq - 1]?.recordedAt ?? '';
    const phases = stretchesOf(story.events());
    expect(phases.map(({ name, durationMs }) => [name, durationMs])).toEqual([
      ['Alert began → incident opened (detection)', 246_000],
      ['Incident opened → first answer (diagnosis)', 1_000],
      ['First answer → approval asked (planning and checks)', 7_000],
      ['Approval asked → decided (waiting for people)', 49_000],
      ['Decided → change announced and sent', 1_000],
      ['Change → validated or rolled back', 2_000],
      ['Opened → mitigated', 62_000],
      ['Opened → resolved (whole incident)', 244_000],
    ]);
    for (const { from, to, durationMs } of phases.slice(1)) {
      expect(Date.parse(at(to.seq)) - Date.parse(at(from.seq))).toBe(durationMs);
    }
  });

  it('end with the last yes that was needed', () => {
    const two = writeCheck({ verdict: askFor([{ group: 'sre-leads', count: 2 }]) });
    const story = yes(yes(waiting(two)), lukas, ['sre-leads'], 30_000);
    const asked = stretchesOf(story.events()).find(({ name }) => name.startsWith('Approval asked'));
    expect(asked?.durationMs).toBe(50_000);
  });

  it('do not mix two runs', () => {
    const story = waiting().tell({ type: 'approval-expired', body: { approval: approvalId } });
    story.tell({ type: 'run-ended', body: { run: 'run-1', status: 'stopped', reason: 'x' } });
    story.tell(
      { type: 'plan-made', body: { run: 'run-2', plan: plan([undoStep]), requester: null } },
      { afterMs: 600_000 },
    );
    story.tell({ type: 'preconditions-checked', body: { run: 'run-2', results: [], holds: true } });
    story.tell({ type: 'action-checked', body: { ...undoing, run: 'run-2', check: writeCheck() } });
    askRunTwo(story);
    story.tell(
      { type: 'approval-given', body: { approval: 'b1'.repeat(16), by: lukas, groups: ['sre-leads'] } },
      { afterMs: 5_000 },
    );
    const named = (start: string) => stretchesOf(story.events()).find(({ name }) => name.startsWith(start))?.durationMs;
    expect(named('Approval asked')).toBe(5_000);
  });

  it('leave out what did not begin or end', () => {
    expect(stretchesOf(opened().events()).map(({ name }) => name)).toEqual([
      'Alert began → incident opened (detection)',
    ]);
    expect(stretchesOf([])).toEqual([]);
  });

  it.each([
    [0, '0 ms'],
    [849.6, '850 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [4_249, '4.2 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 0 s'],
    [185_000, '3 min 5 s'],
    [3_599_600, '1 h 0 min'],
    [7_800_000, '2 h 10 min'],
  ])('%d ms is said as %s', (ms, said) => {
    expect(sayDuration(ms)).toBe(said);
  });
});

describe('the timeline as JSON', () => {
  const document = renderJson(badImage().events(), badImage().head());

  it('keeps its shape', () => {
    expect(document).toMatchObject({
      schema: 'sre-copilot/timeline/v1',
      incident: 'INC-1',
      phase: 'resolved',
      mitigatedAt: expect.any(String),
    });
    expect(Object.keys(document)).toEqual([
      'schema',
      'incident',
      'title',
      'severity',
      'phase',
      'openedAt',
      'mitigatedAt',
      'resolvedAt',
      'alerts',
      'investigation',
      'runs',
      'approvals',
      'phases',
      'timeline',
      'events',
      'head',
    ]);
    expect(Object.keys(document.timeline[0] ?? {})).toEqual([
      'seq',
      'at',
      'recordedAt',
      'type',
      'who',
      'text',
      'weight',
      'output',
    ]);
    expect(Object.keys(document.phases[0] ?? {})).toEqual(['name', 'from', 'to', 'durationMs']);
    expect(Object.keys(document.head)).toEqual(['stream', 'seq', 'hash']);
    expect(Object.keys(document.approvals[0] ?? {}).sort()).toEqual([
      'action',
      'card',
      'digest',
      'endedAt',
      'endedBy',
      'expiresAt',
      'given',
      'id',
      'requestedAt',
      'requester',
      'require',
      'run',
      'status',
      'typedConfirmation',
      'why',
    ]);
  });

  it('proves itself', () => {
    expect(verifyTimelineDocument(JSON.parse(JSON.stringify(document)))).toEqual({ ok: true, value: document.head });
  });

  it.each<[what: string, change: (copy: Record<string, unknown>) => void]>([
    [
      'a word of the timeline',
      (copy) => Object.assign((copy.timeline as object[])[3] ?? {}, { text: 'nothing happened' }),
    ],
    [
      'who approved',
      (copy) =>
        Object.assign((copy.approvals as { given: object[] }[])[0]?.given[0] ?? {}, { by: { id: 'x', name: 'x' } }),
    ],
    ['an event', (copy) => Object.assign((copy.events as { body: object }[])[4]?.body ?? {}, { more: 1 })],
    ['an event that is gone', (copy) => (copy.events as unknown[]).pop()],
    ['two events that changed places', (copy) => (copy.events as unknown[]).reverse()],
    ['the head', (copy) => Object.assign(copy.head as object, { hash: '0'.repeat(64) })],
    ['a field more', (copy) => Object.assign(copy, { approved: true })],
    ['no events', (copy) => Object.assign(copy, { events: [] })],
  ])('T21: notices %s', (_what, change) => {
    const copy = JSON.parse(JSON.stringify(document)) as Record<string, unknown>;
    change(copy);
    expect(verifyTimelineDocument(copy)).toMatchObject({ ok: false, error: { sentence: expect.any(String) } });
  });

  it.each([undefined, null, 3, 'x', [], {}])('refuses %j as a document', (given) => {
    expect(verifyTimelineDocument(given).ok).toBe(false);
  });
});

function sectionOf(markdown: string, title: string): string[] {
  const [, after = ''] = markdown.split(`## ${title}\n`);
  return after.split('\n## ')[0]?.split('\n') ?? [];
}

function failedEffect(attempt: number): Story {
  return granted().tell({
    type: 'effect-failed',
    body: {
      key: 'INC-1/execute/3',
      attempt,
      code: 'x',
      sentence: 'The cluster is down.',
      notBefore: '2026-11-21T03:04:05.000Z',
    },
  });
}

function askRunTwo(story: Story): void {
  const before = story.events().find(({ type }) => type === 'approval-requested') as Extract<
    IncidentEvent,
    { type: 'approval-requested' }
  >;
  story.tell({ type: 'approval-requested', body: { ...before.body, run: 'run-2', approval: 'b1'.repeat(16) } });
}

/** No sign that a Markdown renderer (GitHub's, Slack's, Confluence's) would read as more than text, outside what our own page writes. */
function expectNoMarkup(line: string): void {
  // Read from left to right, as a renderer does: an escaped sign is text, and so is a code span, in which nothing is escaped.
  const bare = line.replace(/^> /, '').replace(/`[^`]*`|\\[\\`*_{}[\]<>#|~!@\-+=.)]/g, '');
  expect(bare).not.toMatch(/[<>[\]]|https?:\/\/|ftp:\/\/|\bwww\./i);
  expect(bare.replaceAll('@\u2060', '')).not.toContain('@');
  expect(line).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
}
