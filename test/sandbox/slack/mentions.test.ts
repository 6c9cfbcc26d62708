import { describe, expect, it } from 'vitest';
import { appIdentity } from '../../../src/sandbox/slack/app-identity.ts';
import { createChannels } from '../../../src/sandbox/slack/channels.ts';
import { readManifest } from '../../../src/sandbox/slack/manifest.ts';
import { encodeTyped, typedBlocks } from '../../../src/sandbox/slack/mentions.ts';
import { createPeople } from '../../../src/sandbox/slack/people.ts';
import { manifest, people } from './local-workspace.ts';

function names() {
  const read = readManifest(manifest);
  if (!read.ok) throw new Error(read.error.sentence);
  const app = appIdentity(read.value);
  return {
    botName: app.botName,
    people: createPeople({
      people,
      usergroups: [{ id: 'S0LEADS', handle: 'sre-leads', name: 'SRE leads', members: [] }],
      app,
    }),
    channels: createChannels({
      channels: [{ id: 'C0INC', name: 'incidents', members: [] }],
      botName: app.botName,
      changed: () => {},
    }),
  };
}

describe('what people type', () => {
  it.each<[typed: string, stored: string]>([
    ['@sre-copilot why?', '<@U0COPILOT> why?'],
    ['ask @lee, or @sre-leads.', 'ask <@U0LEE>, or <!subteam^S0LEADS|@sre-leads>.'],
    ['see #incidents', 'see <#C0INC|incidents>'],
    ['mail ana@lee', 'mail ana@lee'],
    ['@nobody here', '@nobody here'],
    ['a < b && c > d', 'a &lt; b &amp;&amp; c &gt; d'],
    ['<@U0LEE> and <https://example.test|this> & that', '<@U0LEE> and <https://example.test|this> &amp; that'],
    ['<script>', '&lt;script&gt;'],
  ])('stores %j as %j', (typed, stored) => {
    expect(encodeTyped(typed, names())).toBe(stored);
  });

  it('comes with the rich text that Slack adds', () => {
    expect(typedBlocks('<@U0LEE> a &lt; b')).toMatchObject([
      {
        type: 'rich_text',
        elements: [
          {
            type: 'rich_text_section',
            elements: [
              { type: 'user', user_id: 'U0LEE' },
              { type: 'text', text: ' a < b' },
            ],
          },
        ],
      },
    ]);
  });
});
