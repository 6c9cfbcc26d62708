import { describe, expect, it } from 'vitest';
import { runbookOffers } from '../../../src/adapters/slack/views/runbook-offers.ts';
import type { RunbookMatch } from '../../../src/core/diagnosis/investigation.ts';

const page = (link: string, section = ['Diagnosis', 'Old images'], excerpt = 'Images take space.'): RunbookMatch => ({
  name: 'DiskAlmostFull',
  title: 'Disk Almost Full',
  score: 1,
  why: 'so',
  page: { section, excerpt, link },
});
const typed = { name: 'rollout-bad-image', title: 'Undo a rollout', score: 0.4, why: 'so' };
const textOf = (...args: Parameters<typeof runbookOffers>) => JSON.stringify(runbookOffers(...args));

describe('runbookOffers', () => {
  it('shows a page with its section, its link and its first words', () => {
    expect(runbookOffers([page('https://wiki.example.com/a?b=1&c=2#old-images')], null)).toMatchObject([
      {
        type: 'section',
        text: {
          text: '*Pages to read*\n• *DiskAlmostFull* Disk Almost Full › Diagnosis › Old images: <https://wiki.example.com/a?b=1&amp;c=2#old-images>\n   Images take space.',
        },
      },
    ]);
  });

  it('shows typed ones by name and title while none is chosen', () => {
    expect(textOf([typed], null)).toContain('*rollout-bad-image* Undo a rollout');
    expect(runbookOffers([typed], 'rollout-bad-image')).toEqual([]);
  });

  it.each(['javascript:alert(1)', 'https://x.example/a|<!channel>', 'https://x.example/a b', 'etcd/NoLeader.md'])(
    'makes no link of %s',
    (link) => expect(textOf([page(link)], null)).not.toMatch(/<(https?|javascript|!)/),
  );

  it('lets no mention out of a page', () => {
    const text = textOf([page('a.md', ['<!here>'], '<@U1> *bold* <!channel>')], null);
    expect(text).not.toMatch(/<[@!]/);
  });

  it('says nothing where there is nothing, and never more than three of a kind', () => {
    expect(runbookOffers([], null)).toEqual([]);
    const many = Array.from({ length: 9 }, () => page('a.md'));
    expect(textOf(many, null).split('•')).toHaveLength(4);
  });
});
