import { describe, expect, it } from 'vitest';
import { callsOf, createStage, type Stage, wordsOf } from './support/stage.ts';
import { investigated, jonas, maya, opened, planned, readDone, resolved, untilAsked } from './support/story.ts';

const command = (stage: Stage, line: string, channel = 'C0INC', who = 'U0MAYA') =>
  stage.workspace.as(who).command(channel, line);

async function answerOf(stage: Stage, line: string, channel = 'C0INC', who = 'U0MAYA'): Promise<string> {
  const seen = await command(stage, line, channel, who);
  if (seen.visible !== 'ephemeral') throw new Error(`expected an answer, saw ${JSON.stringify(seen)}`);
  return wordsOf(stage.workspace.ephemerals(who).find(({ ts }) => ts === seen.ts));
}

const inbox = (stage: Stage) => stage.journal.events().filter(({ type }) => type === 'signal-received');

describe('/sre', () => {
  it.each([
    ['/sre', 'What you can ask me'],
    ['/sre help', 'In the thread of an incident'],
    ['/sre hlep', 'Did you mean `help`?'],
    ['/sre dance <!channel>', 'I do not know the command `dance`'],
    ['/sre status', 'No incident is open'],
    ['/sre stop', 'No run is under way. Nothing was stopped.'],
    ['/sre stop INC-9', 'There is no incident INC-9. Nothing was done.'],
    ['/sre timeline', 'There is no incident yet'],
    ['/sre run', 'Which runbook? Nothing was started. There are: `kube-api-latency`'],
    ['/sre run rollout-bad-imaeg', 'Did you mean `rollout-bad-image`?'],
    ['/sre run rollout-bad-image', 'No incident is open, and a run belongs to one.'],
    ['/sre run rollout-bad-image nonsense', '`nonsense` is no input'],
    ['/sre investigate', 'Say what to look at; nothing was started.'],
    ['/sre investigate what!', 'names no object'],
  ])('answers %s', async (line, expected) => {
    const stage = await createStage({ narrate: false });
    expect(await answerOf(stage, line)).toContain(expected);
    expect(inbox(stage)).toEqual([]);
  });

  it('stores an investigation before it is acknowledged, and says what happens now and where', async () => {
    const stage = await createStage();
    const answer = await answerOf(stage, '/sre investigate deployment/shop/checkout');
    expect(answer).toContain('*INC-1*: I look at `deployment/shop/checkout`');
    expect(inbox(stage)[0]).toMatchObject({
      actor: { kind: 'user', id: 'U0MAYA', name: 'Maya Example' },
      body: { signal: { verb: 'investigate', text: 'deployment/shop/checkout', channel: 'C0INC', person: maya } },
    });
    const [root] = await stage.thread('INC-1', 1);
    expect(wordsOf(root)).toContain('Investigation of Deployment shop/checkout');
    const order = stage.workspace.ledger().map(({ kind }) => kind);
    expect(order.indexOf('envelope-acked')).toBeGreaterThan(order.indexOf('envelope-sent'));
  });

  it('stores only redacted text', async () => {
    const stage = await createStage({ narrate: false });
    await command(stage, '/sre investigate shop/hunter2');
    expect(JSON.stringify(stage.journal.events())).not.toContain('hunter2');
  });

  it('leads a second question about the same object to the incident that is open, with a link', async () => {
    const stage = await createStage();
    await command(stage, '/sre investigate deployment/shop/checkout');
    await stage.thread('INC-1', 2);
    const answer = await answerOf(stage, '/sre investigate deployment/shop/checkout', 'C0SHOP', 'U0PRIYA');
    expect(answer).toMatch(
      /\*INC-1\*: I look at .* here: <http:\/\/127\.0\.0\.1:\d+\/#C0INC\/[\d.]+\|thread of INC-1>/,
    );
    expect(stage.incidents.all()).toHaveLength(1);
  });

  it('does not start what it could not tell: the bot is not in the channel', async () => {
    const stage = await createStage({ narrate: false });
    expect(await answerOf(stage, '/sre investigate shop/checkout', 'C0GEN')).toContain('/invite @sre-copilot');
    expect(inbox(stage)).toEqual([]);
  });

  it('says that nothing was stored when the journal takes nothing', async () => {
    const stage = await createStage({ narrate: false });
    stage.refuse({ code: 'journal.unavailable', sentence: 'The disk is full. Make room.' });
    const answer = await answerOf(stage, '/sre investigate shop/checkout');
    expect(answer).toBe(
      'Your command was not stored, so nothing is investigated. The disk is full. Make room.\n'.trim(),
    );
  });

  it.each([
    ['a guest', 'U0GUEST', 'Guests cannot use the co-pilot'],
    ['somebody of another workspace', 'U0FOREIGN', 'You belong to another Slack workspace'],
  ])('does nothing for %s', async (_who, id, expected) => {
    const stage = await createStage({ narrate: false });
    expect(await answerOf(stage, '/sre investigate shop/checkout', 'C0INC', id)).toContain(expected);
    expect(inbox(stage)).toEqual([]);
  });

  it('does nothing for somebody whom Slack does not tell', async () => {
    const stage = await createStage({ narrate: false });
    stage.workspace.faults.fail('users.info', { error: 'internal_error', times: 5 });
    expect(await answerOf(stage, '/sre investigate shop/checkout')).toContain('cannot be read from Slack right now');
    expect(inbox(stage)).toEqual([]);
  });

  it('runs a runbook in the only open incident, with its inputs', async () => {
    const stage = await createStage();
    await stage.happens('INC-1', [opened(), investigated()]);
    await stage.thread('INC-1', 3);
    const answer = await answerOf(stage, '/sre run rollout-bad-image deployment=checkout', 'C0SHOP');
    expect(answer).toContain('your own approval does not count');
    expect(stage.incidents.get('INC-1')?.runWanted).toMatchObject({
      runbook: 'rollout-bad-image',
      given: { deployment: 'checkout' },
    });
  });

  it('does not run a second runbook beside one that runs', async () => {
    const stage = await createStage({ narrate: false });
    await stage.happens('INC-1', untilAsked());
    expect(await answerOf(stage, '/sre run kube-api-latency')).toContain('is under way in INC-1. Nothing was started');
  });

  it('stops the run that is under way, once', async () => {
    const stage = await createStage({ narrate: false });
    await stage.happens('INC-1', untilAsked());
    expect(await answerOf(stage, '/sre stop')).toContain('*INC-1*: the run of rollout-bad-image stops.');
    expect(stage.incidents.get('INC-1')?.runs[0]?.stopRequestedBy).toEqual(maya);
    expect(await answerOf(stage, '/sre stop')).toContain('Maya Example asked to stop this run of INC-1 already');
  });

  it('lets somebody take an incident, and say that it is over', async () => {
    const stage = await createStage({ narrate: false });
    await stage.happens('INC-1', [opened(), investigated()]);
    expect(await answerOf(stage, '/sre ack')).toContain('INC-1 is acknowledged');
    expect(stage.incidents.get('INC-1')?.phase).toBe('acknowledged');
    expect(await answerOf(stage, '/sre ack INC-1')).toContain('INC-1 is acknowledged already. Nothing was done.');
    expect(await answerOf(stage, '/sre resolve')).toContain('INC-1 is resolved.');
    expect(stage.incidents.get('INC-1')?.phase).toBe('resolved');
    expect(await answerOf(stage, '/sre resolve INC-1')).toContain('INC-1 is resolved already. Nothing was done.');
  });

  it('does not resolve what a run is changing', async () => {
    const stage = await createStage({ narrate: false });
    await stage.happens('INC-1', untilAsked());
    expect(await answerOf(stage, '/sre resolve')).toContain('A run is under way in INC-1, so it was not resolved.');
    expect(stage.incidents.get('INC-1')?.phase).toBe('open');
  });

  it('lists open incidents with phase, run, who is asked and a link', async () => {
    const stage = await createStage();
    await stage.happens('INC-1', untilAsked());
    await stage.happens('INC-2', [opened({ group: 'g2', title: 'Other <!channel>' }), resolved]);
    await stage.thread('INC-1', 3);
    const answer = await answerOf(stage, '/sre status');
    expect(answer).toContain('🔴 *Open*  *INC-1*  KubePodNotReady');
    expect(answer).toContain('run of rollout-bad-image: waiting for approval  ·  asked: one of sre-leads');
    expect(answer).toContain('|thread of INC-1>');
    expect(answer).not.toContain('INC-2');
  });

  it('uploads the timeline into the thread of the incident, as Markdown and JSON', async () => {
    const stage = await createStage();
    await stage.happens('INC-1', [opened()]);
    const [root] = await stage.thread('INC-1', 2);
    expect(await answerOf(stage, '/sre timeline')).toContain('the timeline is in its thread');
    expect(stage.workspace.files().map(({ name, channel }) => [name, channel])).toEqual([
      ['INC-1-timeline.md', 'C0INC'],
      ['INC-1-timeline.json', 'C0INC'],
    ]);
    const thread = stage.workspace.messages('C0INC', root?.ts);
    expect(thread.filter(({ files }) => files !== undefined)).toHaveLength(1);
  });

  it('says so when the timeline cannot be uploaded', async () => {
    const stage = await createStage();
    await stage.happens('INC-1', [opened()]);
    await stage.thread('INC-1', 2);
    stage.workspace.faults.fail('files.getUploadURLExternal', { error: 'missing_scope', times: 2 });
    expect(await answerOf(stage, '/sre timeline')).toContain(
      'was not uploaded. Slack did not take a call (missing_scope)',
    );
  });

  it('asks with a menu when several incidents fit, and goes on with the one that is chosen', async () => {
    const stage = await createStage({ narrate: false });
    await stage.happens('INC-1', [opened(), investigated(), planned(), ...readDone]);
    await stage.happens('INC-2', [opened({ group: 'g2' }), investigated(), planned(), ...readDone]);
    const seen = await command(stage, '/sre stop');
    if (seen.visible !== 'ephemeral') throw new Error(JSON.stringify(seen));
    expect(seen.text).toContain('Several incidents fit; nothing was done yet.');
    const other = await stage.workspace.as('U0MAYA').select('C0INC', seen.ts, 'incident_pick', 'INC-2');
    expect(other.visible).toBe('nothing');
    await stage.workspace.waitFor((it) => it.ephemerals('U0MAYA').find(({ text }) => text.includes('*INC-2*')), 3_000);
    expect(stage.incidents.get('INC-2')?.runs[0]?.stopRequestedBy?.id).toBe('U0MAYA');
    expect(stage.incidents.get('INC-1')?.runs[0]?.stopRequestedBy).toBeNull();
  });

  it('does once what is delivered twice, and answers twice the same', async () => {
    const stage = await createStage({ narrate: false });
    await stage.happens('INC-1', [opened(), investigated()]);
    await command(stage, '/sre run rollout-bad-image');
    stage.workspace.faults.redeliver(1);
    await stage.workspace.waitFor((it) => {
      const acks = it.ledger().filter(({ kind }) => kind === 'envelope-acked');
      return acks.length === 2 ? acks : undefined;
    }, 3_000);
    expect(inbox(stage)).toHaveLength(1);
    const payloads = stage.workspace
      .ledger()
      .flatMap((entry) => (entry.kind === 'envelope-acked' ? [entry.payload] : []));
    expect(payloads[0]).toEqual(payloads[1]);
  });

  it('acknowledges in time and answers later when the journal is slow', async () => {
    const gate = Promise.withResolvers<void>();
    const stage = await createStage({
      narrate: false,
      useCases: {
        receive: async () => {
          await gate.promise;
          return { ok: true, value: { signalId: 's' } };
        },
      },
    });
    const seen = await command(stage, '/sre investigate shop/checkout');
    expect(seen).toMatchObject({ visible: 'ephemeral', text: 'I am on it. The answer follows here.' });
    gate.resolve();
    await stage.workspace.waitFor(
      (it) => it.ephemerals('U0MAYA').find(({ text }) => text.includes('Your command is stored')),
      3_000,
    );
  });

  it('tells the person when something of ours breaks', async () => {
    const stage = await createStage({
      narrate: false,
      useCases: {
        subjectProblem: () => {
          throw new Error('secret detail');
        },
      },
    });
    const answer = await answerOf(stage, '/sre investigate shop/checkout');
    expect(answer).toContain('Something went wrong on my side');
    expect(answer).not.toContain('secret detail');
  });
});

describe('a mention', () => {
  const whispers = (stage: Stage, who = 'U0MAYA') =>
    stage.workspace.ephemerals(who).filter(({ from }) => from === 'U0COPILOT');
  const whisper = (stage: Stage, who = 'U0MAYA', count = 1) =>
    stage.workspace.waitFor(
      () => (whispers(stage, who).length >= count ? whispers(stage, who).at(-1) : undefined),
      4_000,
    );

  it('in the thread of an incident is about that incident', async () => {
    const stage = await createStage();
    await stage.happens('INC-1', [opened()]);
    await stage.happens('INC-2', untilAsked());
    const [root] = await stage.thread('INC-2', 4);
    await stage.workspace.as('U0JONAS').say('C0INC', '@sre-copilot stop', root?.ts);
    const answer = await whisper(stage, 'U0JONAS');
    expect(answer).toMatchObject({ thread_ts: root?.ts, isShown: true });
    expect(answer.text).toContain('*INC-2*');
    expect(stage.incidents.get('INC-2')?.runs[0]?.stopRequestedBy).toEqual(jonas);
  });

  it('outside a thread behaves as the slash command in that channel', async () => {
    const stage = await createStage();
    await stage.workspace.as('U0MAYA').say('C0SHOP', 'hey <@U0COPILOT> investigate `deployment/shop/checkout`');
    expect((await whisper(stage)).text).toContain('*INC-1*');
    const [root] = await stage.thread('INC-1', 1);
    expect(root?.channel).toBe('C0SHOP');
  });

  it('in a thread re-investigates without naming anything', async () => {
    const stage = await createStage();
    await stage.happens('INC-1', [opened(), investigated()]);
    const [root] = await stage.thread('INC-1', 3);
    await stage.workspace.as('U0MAYA').say('C0INC', '@sre-copilot investigate', root?.ts);
    await whisper(stage);
    expect(stage.incidents.get('INC-1')?.investigationWanted?.requester).toEqual(maya);
  });

  it('answers an unknown word with a suggestion', async () => {
    const stage = await createStage({ narrate: false });
    await stage.workspace.as('U0MAYA').say('C0INC', '@sre-copilot statsu');
    expect((await whisper(stage)).text).toContain('Did you mean `status`?');
  });

  it('is taken once however often it is delivered', async () => {
    const stage = await createStage();
    await stage.happens('INC-1', [opened(), investigated()]);
    const [root] = await stage.thread('INC-1', 3);
    await stage.workspace.as('U0MAYA').say('C0INC', '@sre-copilot run rollout-bad-image', root?.ts);
    await whisper(stage);
    stage.workspace.faults.redeliver(1);
    await stage.workspace.waitFor((it) => {
      const acks = it.ledger().filter(({ kind }) => kind === 'envelope-acked');
      return acks.length === 2 ? acks : undefined;
    }, 3_000);
    expect(inbox(stage)).toHaveLength(1);
    expect(whispers(stage)).toHaveLength(1);
  });

  it('is acknowledged only once the command is stored', async () => {
    const gate = Promise.withResolvers<void>();
    const stage = await createStage({
      narrate: false,
      useCases: {
        receive: async () => {
          await gate.promise;
          return { ok: true, value: { signalId: 's' } };
        },
      },
    });
    await stage.workspace.as('U0MAYA').say('C0INC', '@sre-copilot investigate shop/checkout');
    await stage.workspace.waitFor(
      (it) => it.ledger().find((entry) => entry.kind === 'api-call' && entry.method === 'conversations.info'),
      3_000,
    );
    expect(stage.workspace.ledger().some(({ kind }) => kind === 'envelope-acked')).toBe(false);
    gate.resolve();
    await stage.workspace.waitFor((it) => it.ledger().find(({ kind }) => kind === 'envelope-acked'), 3_000);
  });

  it('by the bot itself is not heard', async () => {
    const stage = await createStage({ narrate: false });
    await stage.slack.client.chat.postMessage({ channel: 'C0INC', text: '<@U0COPILOT> investigate shop/checkout' });
    await stage.workspace.as('U0MAYA').say('C0INC', '@sre-copilot status');
    await whisper(stage);
    expect(inbox(stage)).toEqual([]);
    expect(callsOf(stage, 'chat.postEphemeral')).toHaveLength(1);
  });
});

describe('a slash command in a thread', () => {
  it('is refused by Slack itself, which is why mentions exist', async () => {
    const stage = await createStage();
    await stage.happens('INC-1', [opened()]);
    const [root] = await stage.thread('INC-1', 2);
    const seen = await stage.workspace.as('U0MAYA').command('C0INC', '/sre stop', root?.ts);
    expect(seen).toMatchObject({ visible: 'failure', text: '/sre is not supported in threads. Sorry!' });
  });
});
